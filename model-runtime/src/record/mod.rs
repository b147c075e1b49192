//! From a JSON object to a flat row, in one pass over the bytes and without a tree of values.
//!
//! - Numeric column: a number; or text, trimmed and read as an `f64`, where `""` and `"NaN"` are missing and
//!   `"Infinity"` and `"-Infinity"` are numbers.
//! - Categorical column: text, matched as it stands; a number, by its shortest text (`3.0` is `3`); a boolean,
//!   where the domain has a pair like no and yes.
//! - `null` and an absent field are missing; unknown fields are passed over; of duplicate keys the last counts.
//! - Text of any depth, escape or length is read; a record that is not UTF-8 is refused.
//!
//! A field *is read* if a column stands in it, *located* if the prediction is to replace it, and else *passed over*.
//! What becomes of records that are not as one would wish, by the reason's name:
//!
//! | In a record | Its fate |
//! |---|---|
//! | no byte at all, or whitespace alone | `not_json`; the loop calls an empty value and a tombstone `no_value` |
//! | `null`, a boolean, a number, text or an array in place of the object | `not_an_object` |
//! | bytes that are not UTF-8, wherever they stand | `not_utf8`, with their offset |
//! | what JSON does not have: `NaN`, `Infinity`, `01`, `+1`, `.5`, `'a'`, a trailing comma, a comment, a byte order mark, a control character within text, a second object | `not_json`, with line and column |
//! | `"NaN"`, `""` or blank text in a numeric column | missing |
//! | `"Infinity"`, `"+Infinity"`, `"-Infinity"` in a numeric column | that number |
//! | other text in a numeric column, such as `"inf"`, `"nan"`, `"1,5"`, `"1e999"` | `not_a_number` |
//! | a number too large for a double, such as `1e400`, in a field that is read | `not_a_number`, even if the key comes again; elsewhere it is passed over |
//! | a number too small for a double, or of many digits | the nearest double |
//! | a level that training never saw | missing and counted as unseen, or `unseen_category` if the model asks for it |
//! | an array or object in a column's field, or a boolean that names no level | `wrong_type` |
//! | a scalar where a JSON pointer would go on | `wrong_type`; `null` there is missing |
//! | the same key again | the last one counts as a whole, whatever the others held; located twice: `duplicate_field` |
//! | half of a surrogate pair (`"\ud800"`) in a key or in text that is read | `not_json`; in a value that is passed over or located it does no harm |
//! | nesting of any depth | as at any other depth: it costs heap, a byte a level, and never stack |
//! | a value or a record of any length, such as 10 MB | as of any other length, in linear time |
//! | none of the model's fields | `no_field` |
//! | no offset, though the model has an offset column | `missing_offset` |

mod cell;
mod error;
mod fields;
mod number;
mod order;
mod problem;
mod scan;
mod skip;
mod walk;
mod word;

pub use error::{JsonType, RecordError};

use crate::metadata::{Column, ColumnKind, Metadata, UnseenCategory};
use cell::{Cell, CellMaker};
use fields::Fields;
use std::{fmt, ops::Range};
use walk::{Findings, walk};

/// The most fields that a [`Reader`] locates for replacement: the response, its probabilities and the margin.
pub const LOCATED_MAX: usize = 3;

/// Turns JSON objects into a model's flat rows. Holds its scratch, so that reading a record seldom allocates.
#[derive(Debug)]
pub struct Reader {
    columns: &'static [Column],
    cell_makers: Vec<CellMaker>,
    fields: Fields,
    located: Vec<String>,
    findings: Findings,
    missing: Vec<u64>,
    unseen: Vec<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Place {
    #[default]
    Absent,
    At(usize, usize),
    Twice,
}

/// Where a record's own bytes end and where its located fields stand, for splicing a prediction in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    places: [Place; LOCATED_MAX],
    /// The offset of the object's closing brace.
    pub closing_brace: usize,
    /// Whether the object has any field.
    pub has_fields: bool,
}

impl Layout {
    /// Where the value of the located field with this index stands, if it is there.
    pub fn value(&self, located: usize) -> Option<Range<usize>> {
        match self.places.get(located)? {
            Place::At(start, end) => Some(*start..*end),
            Place::Absent | Place::Twice => None,
        }
    }
}

/// A field can't be located: the model reads it, it is named twice, or there are more than [`LOCATED_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedFieldError {
    field: String,
}

impl fmt::Display for LocatedFieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field } = self;
        write!(
            formatter,
            "`{field}` can't be written to a record: the model reads a field of this name, it is named twice, or \
             it is beyond the {LOCATED_MAX} that can be located"
        )
    }
}

impl std::error::Error for LocatedFieldError {}

impl Reader {
    /// A reader for one model's records, which also notes where the `located` top-level fields stand.
    ///
    /// ```no_run
    /// use model_runtime::{models, record::Reader};
    ///
    /// let model = models::get("house_prices").expect("compiled in");
    /// let mut reader = Reader::new(model.metadata(), &[])?;
    /// let mut row = vec![0.0; model.metadata().columns.len()];
    /// reader.read(br#"{"sqft": 2342, "has_pool": false}"#, &mut row)?;
    /// println!("{:?}", model.predict(&row)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(metadata: &'static Metadata, located: &[&str]) -> Result<Self, LocatedFieldError> {
        let located: Vec<String> = located.iter().map(ToString::to_string).collect();
        let fields = Fields::new(metadata.columns, &located).map_err(|field| LocatedFieldError { field })?;
        let columns = metadata.columns;
        let findings = Findings::new(columns.len(), located.len());
        let counts = vec![0; columns.len()];
        let cell_makers = columns.iter().map(CellMaker::new).collect();
        Ok(Self { columns, cell_makers, fields, located, findings, missing: counts.clone(), unseen: counts })
    }

    /// How many values were missing in the accepted records so far, by column: an absent field, `null`, or text
    /// that a numeric column reads as missing. Levels outside the domain are counted as unseen instead.
    pub fn missing(&self) -> &[u64] {
        &self.missing
    }

    /// How many levels outside the domain were read as missing so far, by column.
    pub fn unseen_categories(&self) -> &[u64] {
        &self.unseen
    }

    /// Reads one record into `row`, which has a place for each of the model's columns.
    ///
    /// # Panics
    /// If `row` has another length than the model has columns.
    pub fn read(&mut self, record: &[u8], row: &mut [f64]) -> Result<Layout, RecordError> {
        assert_eq!(row.len(), self.columns.len(), "a row has a place for each column");
        let text = std::str::from_utf8(record)
            .map_err(|error| RecordError::NotUtf8 { offset: error.valid_up_to() })?;
        walk(text, &mut self.fields, &self.cell_makers, &mut self.findings)?;
        refuse_other_than_object(text)?;
        let layout = self.layout()?;
        self.refuse_without_fields()?;
        if self.fill(row)? {
            self.count();
        }
        Ok(layout)
    }

    fn layout(&self) -> Result<Layout, RecordError> {
        let Findings { places: found, end, has_fields, .. } = &self.findings;
        if let Some(index) = found.iter().position(|place| *place == Place::Twice) {
            return Err(RecordError::DuplicateField { field: self.located[index].clone() });
        }
        let mut places = [Place::Absent; LOCATED_MAX];
        places[..found.len()].copy_from_slice(found);
        // An object ends in its brace.
        Ok(Layout { places, closing_brace: end - 1, has_fields: *has_fields })
    }

    fn refuse_without_fields(&self) -> Result<(), RecordError> {
        let mut inputs =
            self.columns.iter().zip(&self.findings.cells).filter(|(column, _)| !column.is_offset());
        let Some((first, _)) = inputs.clone().next() else { return Ok(()) };
        if inputs.all(|(_, cell)| *cell == Cell::Absent) {
            return Err(RecordError::NoField { first: first.field, columns: self.columns.len() });
        }
        Ok(())
    }

    /// Fills the row, and tells whether anything in it is missing or unseen.
    fn fill(&self, row: &mut [f64]) -> Result<bool, RecordError> {
        let mut has_gaps = false;
        for (index, (place, cell)) in row.iter_mut().zip(&self.findings.cells).enumerate() {
            *place = match cell {
                Cell::Number(number) => *number,
                _ => {
                    has_gaps = true;
                    self.gap(index)?
                }
            };
        }
        Ok(has_gaps)
    }

    /// What a row holds where the record has no number or level.
    fn gap(&self, index: usize) -> Result<f64, RecordError> {
        let column = &self.columns[index];
        let field = column.field;
        match self.findings.cells[index] {
            Cell::Number(number) => Ok(number),
            Cell::Absent | Cell::Missing if column.is_offset() => Err(RecordError::MissingOffset { field }),
            Cell::Unseen if column.refuses_unseen() => Err(RecordError::UnseenCategory { field }),
            Cell::Absent | Cell::Missing | Cell::Unseen => Ok(f64::NAN),
            Cell::NotANumber => Err(RecordError::NotANumber { field }),
            Cell::WrongType(found) => {
                Err(RecordError::WrongType { field, found, expected: column.expected() })
            }
            Cell::Astray(found) => {
                Err(RecordError::WrongType { field, found, expected: "a place inside an object or an array" })
            }
        }
    }

    /// Counts once the record is accepted: a refused one has nothing that was read as missing.
    fn count(&mut self) {
        let counts = self.missing.iter_mut().zip(&mut self.unseen);
        for ((missing, unseen), cell) in counts.zip(&self.findings.cells) {
            *missing += u64::from(matches!(cell, Cell::Absent | Cell::Missing));
            *unseen += u64::from(*cell == Cell::Unseen);
        }
    }
}

impl Column {
    fn is_offset(&self) -> bool {
        matches!(self.kind, ColumnKind::Offset)
    }

    /// What a record may hold for it.
    fn expected(&self) -> &'static str {
        match self.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => "a number or numeric text",
            ColumnKind::Categorical { .. } => "one of its levels as text",
        }
    }

    fn refuses_unseen(&self) -> bool {
        matches!(self.kind, ColumnKind::Categorical { unseen: UnseenCategory::Error, .. })
    }
}

fn refuse_other_than_object(text: &str) -> Result<(), RecordError> {
    let found = match text.trim_start().as_bytes().first() {
        Some(b'{') => return Ok(()),
        Some(b'[') => JsonType::Array,
        Some(b'"') => JsonType::String,
        Some(b't' | b'f') => JsonType::Boolean,
        Some(b'n') => JsonType::Null,
        _ => JsonType::Number,
    };
    Err(RecordError::NotAnObject { found })
}

#[cfg(test)]
mod tests;
