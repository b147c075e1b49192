//! Where a record holds a model's columns, and under what name the answer goes out.

use crate::{
    configuration::{Configuration, Output, UnseenCategory},
    ir::{Ensemble, Task},
    problem::{Problem, nearest},
};

/// A model's side towards records.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    /// For each column and the offset behind them, a field's name or a JSON pointer.
    pub fields: Vec<String>,
    /// The field that a prediction is written to.
    pub response: String,
    pub output: Output,
    pub unseen_category: UnseenCategory,
    pub offset_column: Option<String>,
}

/// The field where the response's name is not known.
const RESPONSE_DEFAULT: &str = "prediction";

/// Reads the configuration's names against the model's, and says where they don't fit.
pub(super) fn resolve(
    ensemble: &Ensemble,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Interface {
    let offset_column = configuration.offset_column.clone().filter(|_| ensemble.offset().is_some());
    let columns: Vec<&str> = ensemble
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .chain(offset_column.as_deref())
        .collect();
    refuse_unknown_aliases(configuration, &columns, problems);
    let fields: Vec<String> = columns
        .iter()
        .map(|column| configuration.aliases.get(*column).cloned().unwrap_or_else(|| plain_field(column)))
        .collect();
    let response = configuration.response.clone().unwrap_or_else(|| RESPONSE_DEFAULT.into());
    let mut written = vec![response.clone()];
    if matches!(ensemble.task(), Task::Classification { .. }) {
        written.push(format!("{response}_probabilities"));
    }
    refuse_conflicts(&columns, &fields, &written, problems);
    Interface {
        fields,
        response,
        output: configuration.output,
        unseen_category: configuration.unseen_category,
        offset_column,
    }
}

/// A column's own name as a field: one that begins with a slash would be taken for a pointer.
fn plain_field(column: &str) -> String {
    if column.starts_with('/') {
        format!("/{}", column.replace('~', "~0").replace('/', "~1"))
    } else {
        column.to_owned()
    }
}

fn refuse_unknown_aliases(configuration: &Configuration, columns: &[&str], problems: &mut Vec<Problem>) {
    for (column, field) in &configuration.aliases {
        let place = format!("aliases.{column}");
        if !columns.contains(&column.as_str()) {
            let advice = nearest(column, columns.iter().copied()).map_or_else(
                || "remove it, or name a column that the model reads".to_owned(),
                |near| format!("write `{near}`, or remove it"),
            );
            problems.push(Problem::new("the model has no column of this name", advice).at_key(place));
        } else if field.is_empty()
            || field.replace("~0", "").replace("~1", "").contains('~') && field.starts_with('/')
        {
            let advice = "write a field's name, or a JSON pointer such as \"/house/sqft\"";
            problems.push(
                Problem::new(format!("{field:?} is neither a field nor a JSON pointer"), advice)
                    .at_key(place),
            );
        }
    }
}

fn refuse_conflicts(columns: &[&str], fields: &[String], written: &[String], problems: &mut Vec<Problem>) {
    let mut places: Vec<(Vec<String>, &str)> =
        fields.iter().zip(columns).map(|(field, column)| (tokens(field), *column)).collect();
    places.sort();
    for pair in places.windows(2) {
        if pair[1].0.starts_with(&pair[0].0) {
            let found = format!(
                "the columns `{}` and `{}` stand at the same place of a record",
                pair[0].1, pair[1].1
            );
            problems.push(Problem::new(found, "give each a field of its own").at_key("aliases"));
        }
    }
    for name in written {
        if let Some((_, column)) = places.iter().find(|(place, _)| place.first() == Some(name)) {
            let found = format!(
                "the prediction would replace the field `{name}`, which the column `{column}` is read from"
            );
            problems.push(Problem::new(found, "choose another response in the .toml").at_key("response"));
        }
    }
}

/// A field's place as the names on the way to it.
fn tokens(field: &str) -> Vec<String> {
    match field.strip_prefix('/') {
        Some(pointer) => {
            pointer.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
        }
        None => vec![field.to_owned()],
    }
}
