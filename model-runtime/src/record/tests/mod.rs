//! Every rule of reading records, by what it is about.

mod errors;
mod extremes;
mod layout;
mod pointers;
mod values;

use super::*;
use crate::link::Link;
use crate::metadata::{Decision, Domain, Output, Task};
use crate::transform::Transform;

/// A model of these columns, which nobody scores.
fn metadata(columns: Vec<Column>) -> &'static Metadata {
    // Tests make few models, so that each may live for ever.
    Box::leak(Box::new(Metadata {
        name: "test",
        source_file: "test.json",
        source_digest: "",
        configuration_digest: None,
        generator: "",
        trainer: "",
        trainer_version: "",
        algorithm: "",
        objective: "",
        trees: 0,
        leaves: 0,
        depth_max: 0,
        is_ranked: false,
        columns: Vec::leak(columns),
        margins: 1,
        transform: Transform::Value { divisor: None, link: Link::Identity },
        task: Task::Classification { classes: &[], decision: Decision::Largest },
        response: "y",
        output: Output::Number,
    }))
}

fn numeric(field: &'static str) -> Column {
    Column { name: field, field, kind: ColumnKind::Numeric { thresholds: None }, splits: 1 }
}

fn offset(field: &'static str) -> Column {
    Column { name: field, field, kind: ColumnKind::Offset, splits: 0 }
}

fn categorical(field: &'static str, levels: &'static [&'static str]) -> Column {
    let mut sorted: Vec<u32> = (0..).take(levels.len()).collect();
    sorted.sort_by_key(|&level| levels[level as usize]);
    let booleans = levels
        .iter()
        .position(|level| level.eq_ignore_ascii_case("no"))
        .zip(levels.iter().position(|level| level.eq_ignore_ascii_case("yes")))
        .map(|(no, yes)| [no as u32, yes as u32]);
    let domain = Domain { levels, sorted: Vec::leak(sorted), booleans };
    let kind = ColumnKind::Categorical { domain, unseen: UnseenCategory::Missing };
    Column { name: field, field, kind, splits: 1 }
}

/// The same column, whose unseen levels are errors.
fn strict(mut column: Column) -> Column {
    if let ColumnKind::Categorical { unseen, .. } = &mut column.kind {
        *unseen = UnseenCategory::Error;
    }
    column
}

/// A record's row, with `None` for missing.
fn read(columns: Vec<Column>, record: &str) -> Result<Vec<Option<f64>>, RecordError> {
    let mut reader = Reader::new(metadata(columns), &[]).expect("nothing to locate");
    row(&mut reader, record.as_bytes())
}

fn row(reader: &mut Reader, record: &[u8]) -> Result<Vec<Option<f64>>, RecordError> {
    let mut row = vec![0.25; reader.columns.len()];
    reader.read(record, &mut row)?;
    Ok(row.into_iter().map(|number| (!number.is_nan()).then_some(number)).collect())
}

/// What a numeric column `x` reads of a JSON value.
fn number(json: &str) -> Result<Option<f64>, RecordError> {
    read(vec![numeric("x")], &format!("{{\"x\": {json}}}")).map(|row| row[0])
}

/// The text of the level that a categorical column reads of a JSON value.
fn level(levels: &'static [&'static str], json: &str) -> Result<Option<&'static str>, RecordError> {
    let row = read(vec![categorical("c", levels)], &format!("{{\"c\": {json}}}"))?;
    Ok(row[0].map(|level| levels[level as usize]))
}
