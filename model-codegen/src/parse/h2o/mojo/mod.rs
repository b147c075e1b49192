//! H2O's MOJO archive (`model.zip`): the model itself, of which the JSON dump is a print.
//!
//! Beside what the dump has, the archive keeps the bit set of every categorical split, so that nothing has to be guessed;
//! the threshold, both class distributions, and the names of all columns, of the response and of the offset.
//! What the numbers mean is the same ([`super`]); here is what differs:
//!
//! - A categorical value goes in the missing direction when it is missing or outside the range of the split's bit set; else
//!   right where its bit is set, left where it is not.
//! - A tree that a group does not have for a class adds nothing.
//! - `_genmodel_encoding` says what H2O's scorer makes of a row's categories before the trees see them. Only what leaves them as they
//!   are is read: other encodings make other columns of them, which no record has.

mod archive;
mod tree;

use super::{answer, ensemble, params::Params, refuse_positional_keys};
use crate::{
    configuration::Configuration,
    ir::{Column, ColumnId, ColumnKind, Feature, Number, Output, OutputId, Tree},
    limits::NODES_MAX,
    parse::Parsed,
    problem::Problem,
};
use archive::{Archive, Ini};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

const EXPORT_AGAIN: &str = "export the model again with download_mojo";

/// Reads an archive, or says all that is wrong with it.
pub(crate) fn parse(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let mut archive = Archive::open(dump).map_err(|problem| vec![problem])?;
    let ini = archive.ini().map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    refuse_encoding(&ini, &mut problems);
    let columns = Columns::read(&mut archive, &ini, &mut problems);
    let params = params(&ini, &columns, &mut problems);
    let completed = completed(configuration, &ini, &columns, params.as_ref(), &mut problems);
    let answer =
        params.as_ref().and_then(|params| answer::read(params, &completed, &mut warnings, &mut problems));
    refuse_positional_keys(&completed, &columns.features, &mut problems);
    let trees = params
        .as_ref()
        .map_or_else(Vec::new, |params| trees(&mut archive, params, &columns.features, &mut problems));
    rename_places(&mut problems);
    let (Some(params), Some(answer), true) = (params, answer, problems.is_empty()) else {
        return Err(problems);
    };
    let features = columns.features.iter().enumerate().map(|(index, column)| {
        let id = ColumnId::new(index);
        match column.kind {
            ColumnKind::Numeric => Feature::Number(Number::exact(id)),
            ColumnKind::Categorical(_) => Feature::Level(id),
        }
    });
    let features = features.collect();
    let ensemble = ensemble(&params, answer, columns.features, features, trees, &completed)?;
    Ok(Parsed { ensemble, warnings, configuration: completed })
}

/// The encodings under which trees test a category as it is. An archive that does not name one has the first.
const ENCODINGS: [&str; 3] = ["AUTO", "Enum", "SortByResponse"];

/// Refuses trees that test what H2O's scorer computes of categories.
fn refuse_encoding(ini: &Ini, problems: &mut Vec<Problem>) {
    let name = "_genmodel_encoding";
    if let Some(encoding) = ini.get(name).filter(|encoding| !ENCODINGS.contains(encoding)) {
        let found = format!(
            "the categories are encoded by `{encoding}`, so that the trees test other columns than a record has"
        );
        let advice = "train with categorical_encoding=\"AUTO\"";
        problems.push(Problem::new(found, advice).at(format!("model.ini {name}")));
    }
}

/// The columns that the trees read, and the response.
#[derive(Debug)]
struct Columns {
    features: Vec<Column>,
    response: Option<Column>,
}

impl Columns {
    fn read(archive: &mut Archive<'_>, ini: &Ini, problems: &mut Vec<Problem>) -> Self {
        let mut all: Vec<Column> =
            ini.columns.iter().map(|name| Column { name: name.clone(), kind: ColumnKind::Numeric }).collect();
        for line in &ini.domains {
            match archive.domain(line, ini) {
                Ok((column, levels)) if column < all.len() => {
                    let mut seen = HashSet::new();
                    if let Some(twice) = levels.iter().find(|level| !seen.insert(level.as_str())) {
                        let found =
                            format!("the level {twice:?} of `{}` stands there twice", all[column].name);
                        problems.push(Problem::new(found, EXPORT_AGAIN).at("model.ini [domains]"));
                    }
                    all[column].kind = ColumnKind::Categorical(levels);
                }
                Ok((column, _)) => {
                    let found = format!("a domain is of column {column} of {}", all.len());
                    problems.push(Problem::new(found, EXPORT_AGAIN).at("model.ini [domains]"));
                }
                Err(problem) => problems.push(problem),
            }
        }
        let mut names = HashSet::new();
        if let Some(twice) = all.iter().find(|column| !names.insert(column.name.as_str())) {
            let found = format!("two columns are called `{}`", twice.name);
            problems.push(Problem::new(found, EXPORT_AGAIN).at("model.ini [columns]"));
        }
        let count = ini.get("n_features").and_then(|count| count.parse::<usize>().ok());
        let Some(count) = count.filter(|count| *count <= all.len()) else {
            let found = format!("`n_features` is {:?} of {} columns", ini.get("n_features"), all.len());
            problems.push(Problem::new(found, EXPORT_AGAIN).at("model.ini"));
            return Self { features: all, response: None };
        };
        // Offsets, weights and the like stand between the features and the response.
        let response = all.drain(count..).next_back();
        Self { features: all, response }
    }
}

/// What an archive calls what a dump has in `params`.
const NAMES: [(&str, &str); 11] = [
    ("h2o_version", "h2o_version"),
    ("algo", "algo"),
    ("category", "model_category"),
    ("n_classes", "nclasses"),
    ("n_trees", "n_tree_groups"),
    ("n_trees_per_class", "n_trees_in_group"),
    ("init_f", "base_score"),
    ("balance_classes", "balance_classes"),
    ("distribution", "family"),
    ("link_function", "link_function"),
    ("[domains]", "class_labels"),
];

fn params(ini: &Ini, columns: &Columns, problems: &mut Vec<Problem>) -> Option<Params> {
    let mut fields = Map::new();
    for (name, field) in NAMES {
        let Some(text) = ini.get(name) else { continue };
        // A number or a flag reads as JSON; all else is a text.
        let value = match field {
            "h2o_version" | "algo" | "model_category" | "family" | "link_function" => json!(text),
            _ => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        };
        fields.insert(field.to_owned(), value);
    }
    let is_classifier = fields.get("model_category").is_some_and(|category| *category != "Regression");
    if let (true, Some(ColumnKind::Categorical(labels))) =
        (is_classifier, columns.response.as_ref().map(|response| &response.kind))
    {
        fields.insert("class_labels".to_owned(), json!(labels));
    }
    Params::read(Some(&Value::Object(fields)), problems)
}

/// What is said of a dump's parameter is said of the line that it came from.
fn rename_places(problems: &mut [Problem]) {
    for problem in problems {
        let place = problem.place.as_deref().and_then(|place| place.strip_prefix("params."));
        let name = NAMES.iter().find(|(_, field)| Some(*field) == place).map(|(name, _)| name);
        if let Some(name) = name {
            problem.place = Some(format!("model.ini {name}"));
        }
    }
}

/// The trees, group by group; those that are ill-formed are missing, and `problems` says why.
fn trees(
    archive: &mut Archive<'_>,
    params: &Params,
    columns: &[Column],
    problems: &mut Vec<Problem>,
) -> Vec<Tree> {
    let count = params.groups.saturating_mul(params.trees_in_group);
    if count > NODES_MAX {
        let found = format!("there are {count} trees, and {NODES_MAX} is the most that is read");
        problems.push(Problem::new(found, "train fewer trees").at("model.ini n_trees"));
        return Vec::new();
    }
    let mut trees = Vec::new();
    for index in 0..count {
        let (group, class) = (index / params.trees_in_group, index % params.trees_in_group);
        let file = format!("trees/t{class:02}_{group:03}.bin");
        let output = Output::One(OutputId::new(class));
        let tree = match archive.bytes(&file) {
            Ok(Some(bytes)) => tree::read(&bytes, columns, output),
            Ok(None) => Ok(tree::nothing(output)),
            Err(problem) => Err(problem),
        };
        match tree {
            Ok(tree) => trees.push(tree),
            Err(problem) => problems.push(Problem { tree: Some(index), ..problem.at(file) }),
        }
    }
    trees
}

/// The configuration, with what the archive knows where it says nothing.
fn completed(
    configuration: &Configuration,
    ini: &Ini,
    columns: &Columns,
    params: Option<&Params>,
    problems: &mut Vec<Problem>,
) -> Configuration {
    let mut completed = configuration.clone();
    let response = columns.response.as_ref().map(|response| response.name.clone());
    completed.response = completed.response.or(response);
    let offset = ini.get("offset_column").map(str::to_owned);
    if configuration.offset_column.is_some() && configuration.offset_column != offset {
        let found = match &offset {
            Some(offset) => format!("the model's offset is called `{offset}`"),
            None => "the model was trained without an offset".into(),
        };
        let advice = "remove the key; [aliases] says where the column stands in a record";
        problems.push(Problem::new(found, advice).at_key("offset_column"));
    }
    completed.offset_column = offset;
    let numbers = |name: &str| ini.get(name).and_then(|text| serde_json::from_str::<Vec<f64>>(text).ok());
    if params.is_some_and(Params::is_binomial) {
        let threshold = ini.get("default_threshold").and_then(|text| text.parse().ok());
        completed.threshold = completed.threshold.or(threshold);
    }
    if params.is_some_and(|params| params.balance_classes) {
        let prior = || numbers("prior_class_distrib");
        completed.prior_class_distribution = completed.prior_class_distribution.or_else(prior);
        let model = || numbers("model_class_distrib");
        completed.model_class_distribution = completed.model_class_distribution.or_else(model);
    }
    completed
}
