//! Rust names: what a column, a level or a class is called in the generated code.

use super::{
    domains::lookups,
    interface::Interface,
    program::{Column, Field, FieldType, Level},
};
use crate::ir::{self, ColumnId, ColumnKind, Ensemble, Feature, Task, Test};
use std::collections::HashSet;

/// The names of one module.
#[derive(Debug)]
pub(super) struct Names {
    /// The fields of `Row`: the columns', and the offset's behind them.
    pub fields: Vec<Field>,
    /// The fields of `Inputs`, by feature.
    pub inputs: Vec<String>,
    /// The variants of `Class`.
    pub classes: Vec<Level>,
}

/// Types that a generated module has or names.
const TYPES_TAKEN: [&str; 8] =
    ["Row", "Inputs", "Class", "Prediction", "Compiled", "Option", "Result", "Self"];

/// Names everything.
pub(super) fn assign(ensemble: &Ensemble, interface: &Interface) -> Names {
    let mut taken = HashSet::new();
    let mut types: HashSet<String> = TYPES_TAKEN.iter().map(ToString::to_string).collect();
    let mut fields: Vec<Field> = Vec::new();
    for (index, column) in ensemble.columns().iter().enumerate() {
        let name = unique(&snake(&column.name, &format!("column_{index}")), "_", &mut taken);
        let kind = match &column.kind {
            ColumnKind::Numeric => FieldType::Number,
            ColumnKind::Categorical(levels) => FieldType::Level {
                name: unique(&camel(&column.name, &format!("Column{index}")), "", &mut types),
                levels: variants(levels),
                lookups: lookups(levels),
            },
        };
        fields.push(Field { name, kind });
    }
    let inputs = name_inputs(ensemble, &fields);
    if let Some(offset) = &interface.offset_column {
        fields
            .push(Field { name: unique(&snake(offset, "offset"), "_", &mut taken), kind: FieldType::Offset });
    }
    let classes = match ensemble.task() {
        Task::Regression => Vec::new(),
        Task::Classification { classes, .. } => variants(classes),
    };
    Names { fields, inputs, classes }
}

impl Names {
    /// The columns of a row with all that is said of them.
    pub(super) fn columns(&self, ensemble: &Ensemble, interface: &Interface) -> Vec<Column> {
        let names = ensemble.columns().iter().map(|column| column.name.as_str());
        let names = names.chain(interface.offset_column.as_deref());
        let mut columns: Vec<Column> = names
            .zip(self.fields.iter().zip(&interface.fields))
            .map(|(name, (field, record_field))| Column {
                name: name.to_owned(),
                field: field.clone(),
                record_field: record_field.clone(),
                splits: 0,
                thresholds: None,
            })
            .collect();
        for split in ensemble.trees().iter().flat_map(ir::Tree::splits) {
            let Some(column) = ensemble.features()[split.feature.index()].column().map(ColumnId::index)
            else {
                continue;
            };
            let column = &mut columns[column];
            column.splits += 1;
            if let Test::Less(threshold) | Test::LessOrEqual(threshold) = split.test {
                let (least, greatest) = column.thresholds.unwrap_or((threshold, threshold));
                column.thresholds = Some((least.min(threshold), greatest.max(threshold)));
            }
        }
        columns
    }
}

/// An input is called as its column is, with what was made of it behind where a column has several.
fn name_inputs(ensemble: &Ensemble, fields: &[Field]) -> Vec<String> {
    // Inputs are prepared as locals beside the row that they come from.
    let mut taken = HashSet::from(["row".to_owned()]);
    let features = ensemble.features().iter().enumerate();
    let base = |index: usize, feature: &Feature| match feature.column() {
        Some(column) => fields[column.index()].name.clone(),
        None => format!("lookup_{index}"),
    };
    features.map(|(index, feature)| unique(&base(index, feature), "_", &mut taken)).collect()
}

fn variants(texts: &[String]) -> Vec<Level> {
    let mut taken = HashSet::from(["Self".to_owned()]);
    let named = texts.iter().enumerate().map(|(index, text)| Level {
        variant: unique(&camel(text, &format!("Level{index}")), "", &mut taken),
        text: text.clone(),
    });
    named.collect()
}

/// `text` as a field's name, or `fallback` where nothing of it can stand in one.
fn snake(text: &str, fallback: &str) -> String {
    let name = words(text).join("_").to_ascii_lowercase();
    match name.chars().next() {
        None => fallback.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("column_{name}"),
        Some(_) if !is_identifier(&name) => format!("{name}_"),
        Some(_) => name,
    }
}

/// Whether Rust takes it as a name. A keyword does not parse as one, but for the youngest, which syn does not know.
pub(crate) fn is_identifier(name: &str) -> bool {
    syn::parse_str::<syn::Ident>(name).is_ok() && name != "gen"
}

/// `text` as a type's or a variant's name, or `fallback` where nothing of it can stand in one.
fn camel(text: &str, fallback: &str) -> String {
    let mut name = String::new();
    for word in words(text) {
        let (first, rest) = word.split_at(1);
        // Two numbers side by side would run together: 1.5 is `1_5`.
        if name.ends_with(|last: char| last.is_ascii_digit())
            && first.starts_with(|next: char| next.is_ascii_digit())
        {
            name.push('_');
        }
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(&if rest.chars().any(|c| c.is_ascii_lowercase()) {
            rest.to_owned()
        } else {
            rest.to_ascii_lowercase()
        });
    }
    match name.chars().next() {
        None => fallback.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("Level{name}"),
        Some(_) => name,
    }
}

/// The runs of ASCII letters and digits; `sqftLiving` is two.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            if !previous.is_ascii_alphanumeric()
                || (previous.is_ascii_lowercase() && character.is_ascii_uppercase())
            {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(character);
            }
        }
        previous = character;
    }
    words
}

/// The name, or with the first number behind it that makes it differ from all that are taken.
fn unique(name: &str, separator: &str, taken: &mut HashSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        // A keyword's name ends in a separator already.
        candidate = format!("{}{separator}{number}", name.trim_end_matches('_'));
        number += 1;
    }
    candidate
}
