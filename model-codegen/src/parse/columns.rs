//! Columns of formats that know them by position: their names, their levels, and the features that splits test.

use crate::{
    configuration::Configuration,
    ir::{Code, Column, ColumnId, ColumnKind, Feature, FeatureId, Number},
    problem::Problem,
};
use std::collections::HashSet;

/// The columns by position, and the features made of them so far.
#[derive(Debug)]
pub(super) struct Columns {
    pub all: Vec<Column>,
    pub features: Vec<Feature>,
    /// The features of each column, few as they are.
    of_column: Vec<Vec<FeatureId>>,
}

/// A column of a dump.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The levels of a categorical column, where the dump has them.
    pub levels: Option<Vec<String>>,
    /// Whether its numbers are category codes.
    pub has_codes: bool,
}

impl Columns {
    /// Columns with the names that the dump gives them or the configuration, else `prefix` and their index.
    pub(super) fn new(
        known: Vec<Known>,
        names: Option<Vec<String>>,
        prefix: &str,
        configuration: &Configuration,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let names = named(known.len(), names, prefix, configuration, problems);
        refuse_unknown_categories(&names, &known, configuration, problems);
        let all = names.into_iter().zip(known).map(|(name, known)| {
            let given = configuration.categories.get(&name).filter(|_| known.has_codes);
            let levels = known.levels.as_ref().or(given);
            if let Some(problem) = levels.and_then(|levels| equal_levels(&name, levels)) {
                problems.push(match known.levels {
                    Some(_) => problem.at(format!("the categories of `{name}`")),
                    None => problem.at_key(format!("categories.{name}")),
                });
            }
            let kind = levels.map_or(ColumnKind::Numeric, |levels| ColumnKind::Categorical(levels.clone()));
            Column { name, kind }
        });
        let all: Vec<Column> = all.collect();
        let of_column = vec![Vec::new(); all.len()];
        Self { all, features: Vec::new(), of_column }
    }

    /// The column's number as `number` says; the column is given by id in it.
    pub(super) fn number(&mut self, number: Number) -> Option<FeatureId> {
        match self.all[number.column.index()].kind {
            ColumnKind::Numeric => Some(self.feature(number.column, Feature::Number(number))),
            ColumnKind::Categorical(_) => None,
        }
    }

    /// The column's category: a level where levels are known, else the code.
    pub(super) fn category(&mut self, code: Code) -> FeatureId {
        match self.all[code.column.index()].kind {
            ColumnKind::Numeric => self.feature(code.column, Feature::Code(code)),
            ColumnKind::Categorical(_) => self.feature(code.column, Feature::Level(code.column)),
        }
    }

    /// How many levels the column has, where they are known.
    pub(super) fn levels(&self, column: ColumnId) -> Option<usize> {
        match &self.all[column.index()].kind {
            ColumnKind::Numeric => None,
            ColumnKind::Categorical(levels) => Some(levels.len()),
        }
    }

    fn feature(&mut self, column: ColumnId, feature: Feature) -> FeatureId {
        let known = &mut self.of_column[column.index()];
        if let Some(id) = known.iter().find(|id| self.features[id.index()] == feature) {
            return *id;
        }
        let id = FeatureId::new(self.features.len());
        known.push(id);
        self.features.push(feature);
        id
    }
}

fn named(
    count: usize,
    names: Option<Vec<String>>,
    prefix: &str,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let numbered = || (0..count).map(|index| format!("{prefix}{index}")).collect();
    let given = configuration.features.as_ref();
    let names = match (names, given) {
        (Some(names), Some(given)) if names != *given => {
            let found = "the dump names its columns itself, and otherwise";
            problems.push(Problem::new(found, "remove the key from the .toml").at_key("features"));
            names
        }
        (Some(names), _) => names,
        (None, Some(given)) if given.len() == count => given.clone(),
        (None, Some(given)) => {
            let found = format!("there are {} names for {count} columns", given.len());
            let advice = "give a name for each column of the training data, in order";
            problems.push(Problem::new(found, advice).at_key("features"));
            return numbered();
        }
        (None, None) => return numbered(),
    };
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
        let problem =
            Problem::new(format!("two columns are called `{twice}`"), "give each a name of its own");
        problems.push(if given.is_some() { problem.at_key("features") } else { problem.at("feature_names") });
    }
    names
}

fn refuse_unknown_categories(
    names: &[String],
    known: &[Known],
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) {
    for (name, levels) in &configuration.categories {
        let found = match names.iter().position(|known| known == name) {
            None => "the model has no column of this name",
            // Said twice is no harm.
            Some(column) if known[column].levels.as_ref() == Some(levels) => continue,
            Some(column) if known[column].levels.is_some() => "the dump names this column's levels itself",
            Some(column) if !known[column].has_codes => "no split asks for a category of this column",
            Some(_) => continue,
        };
        problems
            .push(Problem::new(found, "remove the key from the .toml").at_key(format!("categories.{name}")));
    }
}

fn equal_levels(name: &str, levels: &[String]) -> Option<Problem> {
    let mut seen = HashSet::new();
    let twice = levels.iter().find(|level| !seen.insert(level.as_str()))?;
    let found = format!("the level {twice:?} of `{name}` stands there twice");
    Some(Problem::new(found, "name each level once, in the order of their codes"))
}

/// A category that a data frame holds, as a record writes it: a text as it is, a number without a fraction of 0.
pub(super) fn level_text(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Bool(boolean) => Some(boolean.to_string()),
        serde_json::Value::Number(number) if number.is_f64() => {
            number.as_f64().map(|number| number.to_string())
        }
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
