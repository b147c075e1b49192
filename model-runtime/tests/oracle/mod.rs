//! Reading records the slow way: `serde_json` parses, a visitor picks the fields out, and each rule is spelled out once
//! more. It shares no code with the reader, so that the two can judge each other.
//!
//! The fuzz target `record` includes it too.

mod cell;
mod visitor;

use cell::Cell;
use model_runtime::record::{JsonType, Layout, Reader, RecordError};
use model_runtime::{Column, ColumnKind, Metadata, UnseenCategory};
use serde::de::DeserializeSeed;
use std::ops::Range;
use visitor::{Findings, Place, ValueSeed, Way};

/// The reader may name a place so many bytes from the one that `serde_json` names: the start of an escape or of a
/// number and its end are both right.
const PLACE_BYTES_APART_MAX: usize = 24;

/// What a record holds for a model.
#[derive(Debug, PartialEq)]
struct Reading {
    /// The row's bits.
    row: Vec<u64>,
    /// Where the values of the located fields stand.
    places: Vec<Option<Range<usize>>>,
    closing_brace: usize,
    has_fields: bool,
    /// How many values are missing, by column.
    missing: Vec<u64>,
    /// How many levels are unseen, by column.
    unseen: Vec<u64>,
}

/// A reader beside the slow reading of the same records.
pub struct Judge {
    reader: Reader,
    metadata: &'static Metadata,
    located: &'static [&'static str],
}

impl Judge {
    /// A judge of records for one model.
    pub fn new(metadata: &'static Metadata, located: &'static [&'static str]) -> Self {
        let reader = Reader::new(metadata, located).expect("located");
        Self { reader, metadata, located }
    }

    /// Whether both accept the record. Panics where they differ in anything that they find in it or say of it.
    pub fn judge(&mut self, record: &[u8]) -> bool {
        let (found, expected) = (self.read(record), read(self.metadata, self.located, record));
        let accepted = expected.is_ok();
        let alike = match (&found, &expected) {
            (Err(found), Err(expected)) => said_alike(found, expected, record),
            (found, expected) => found == expected,
        };
        assert!(alike, "{:?}\nread as {found:?}\ninstead of {expected:?}", String::from_utf8_lossy(record));
        accepted
    }

    fn read(&mut self, record: &[u8]) -> Result<Reading, RecordError> {
        let before = (self.reader.missing().to_vec(), self.reader.unseen_categories().to_vec());
        let mut row = vec![0.5; self.metadata.columns.len()];
        let outcome = self.reader.read(record, &mut row);
        let missing = added(&before.0, self.reader.missing());
        let unseen = added(&before.1, self.reader.unseen_categories());
        match outcome {
            Ok(layout) => Ok(Reading::new(&row, &layout, self.located.len(), missing, unseen)),
            Err(error) => {
                assert!(missing.into_iter().chain(unseen).all(|count| count == 0), "counted, but refused");
                Err(error)
            }
        }
    }
}

fn added(before: &[u64], after: &[u64]) -> Vec<u64> {
    after.iter().zip(before).map(|(after, before)| after - before).collect()
}

/// The words for what is not JSON may differ, and the place a little.
fn said_alike(found: &RecordError, expected: &RecordError, record: &[u8]) -> bool {
    let offset = |error: &RecordError| match *error {
        RecordError::NotJson { line, column, .. } => {
            let lines = record.split_inclusive(|byte| *byte == b'\n');
            Some(lines.take(line - 1).map(<[u8]>::len).sum::<usize>() + column)
        }
        _ => None,
    };
    match (offset(found), offset(expected)) {
        (Some(found), Some(expected)) => found.abs_diff(expected) <= PLACE_BYTES_APART_MAX,
        _ => found == expected,
    }
}

impl Reading {
    fn new(row: &[f64], layout: &Layout, located: usize, missing: Vec<u64>, unseen: Vec<u64>) -> Self {
        Self {
            row: row.iter().map(|number| number.to_bits()).collect(),
            places: (0..located).map(|index| layout.value(index)).collect(),
            closing_brace: layout.closing_brace,
            has_fields: layout.has_fields,
            missing,
            unseen,
        }
    }
}

/// Reads one record.
fn read(metadata: &'static Metadata, located: &[&str], record: &[u8]) -> Result<Reading, RecordError> {
    let text =
        std::str::from_utf8(record).map_err(|error| RecordError::NotUtf8 { offset: error.valid_up_to() })?;
    let columns = metadata.columns;
    let findings = parse(columns, located, text)?;
    if let Some(found) = other_than_object(text) {
        return Err(RecordError::NotAnObject { found });
    }
    if let Some(index) = findings.places.iter().position(|place| *place == Place::Twice) {
        return Err(RecordError::DuplicateField { field: located[index].to_owned() });
    }
    let cells = &findings.cells;
    refuse_without_fields(columns, cells)?;
    let numbers: Result<Vec<f64>, RecordError> =
        columns.iter().zip(cells).map(|(column, cell)| number(column, cell)).collect();
    Ok(Reading {
        row: numbers?.into_iter().map(f64::to_bits).collect(),
        places: findings.places.iter().map(Place::range).collect(),
        closing_brace: text.rfind('}').expect("an object ends in its brace"),
        has_fields: findings.fields > 0,
        missing: cells.iter().map(|cell| u64::from(matches!(cell, Cell::Absent | Cell::Missing))).collect(),
        unseen: cells.iter().map(|cell| u64::from(*cell == Cell::Unseen)).collect(),
    })
}

fn parse(columns: &'static [Column], located: &[&str], text: &str) -> Result<Findings, RecordError> {
    let ways = columns.iter().enumerate().map(|(index, column)| Way::of_column(index, column));
    let ways: Vec<Way> =
        ways.chain(located.iter().enumerate().map(|(index, field)| Way::of_located(index, field))).collect();
    let mut findings = Findings::new(columns.len(), located.len());
    let mut json = serde_json::Deserializer::from_str(text);
    let seed = ValueSeed { ways, columns, findings: &mut findings, text };
    match seed.deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => Ok(findings),
        Err(error) => Err(refusal(&error, findings.reading.map(|index| columns[index].field))),
    }
}

/// Only numbers that are read meet their range: it is the one of the column that came last.
fn refusal(error: &serde_json::Error, reading: Option<&'static str>) -> RecordError {
    match reading {
        Some(field) if error.to_string().starts_with("number out of range") => {
            RecordError::NotANumber { field }
        }
        _ => RecordError::NotJson { problem: "any", line: error.line(), column: error.column() },
    }
}

fn other_than_object(text: &str) -> Option<JsonType> {
    match text.trim_start().as_bytes().first() {
        Some(b'{') => None,
        Some(b'[') => Some(JsonType::Array),
        Some(b'"') => Some(JsonType::String),
        Some(b't' | b'f') => Some(JsonType::Boolean),
        Some(b'n') => Some(JsonType::Null),
        _ => Some(JsonType::Number),
    }
}

fn refuse_without_fields(columns: &'static [Column], cells: &[Cell]) -> Result<(), RecordError> {
    let inputs = columns.iter().zip(cells).filter(|(column, _)| !matches!(column.kind, ColumnKind::Offset));
    let mut absent = inputs.clone().filter(|(_, cell)| **cell == Cell::Absent);
    match absent.next() {
        Some((first, _)) if absent.count() + 1 == inputs.count() => {
            Err(RecordError::NoField { first: first.field, columns: columns.len() })
        }
        _ => Ok(()),
    }
}

fn number(column: &Column, cell: &Cell) -> Result<f64, RecordError> {
    let field = column.field;
    let unseen_is_error =
        matches!(column.kind, ColumnKind::Categorical { unseen: UnseenCategory::Error, .. });
    match *cell {
        Cell::Number(number) => Ok(number),
        Cell::Absent | Cell::Missing if matches!(column.kind, ColumnKind::Offset) => {
            Err(RecordError::MissingOffset { field })
        }
        Cell::Unseen if unseen_is_error => Err(RecordError::UnseenCategory { field }),
        Cell::Absent | Cell::Missing | Cell::Unseen => Ok(f64::NAN),
        Cell::NotANumber => Err(RecordError::NotANumber { field }),
        Cell::WrongType { found, expected } => Err(RecordError::WrongType { field, found, expected }),
    }
}
