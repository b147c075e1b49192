//! From a JSON object to a flat row, in one pass over the bytes and without a tree of values.
//!
//! - Numeric column: a number; or text, trimmed and read as an `f64`, where `""` and `"NaN"` are missing and
//!   `"Infinity"` and `"-Infinity"` are numbers.
//! - Categorical column: text, matched as it stands; a number, by its shortest text (`3.0` is `3`); a boolean,
//!   where the domain has a pair like no and yes.
//! - `null` and an absent field are missing; unknown fields are skipped; of duplicate keys the last counts.
//! - Text of any depth, escape or length is read; a record that is not UTF-8 is refused.

mod cell;
mod error;
mod fields;

pub use error::{JsonType, RecordError};

use crate::metadata::{Column, ColumnKind, Metadata, UnseenCategory};
use cell::Cell;
use fields::{Fields, ObjectSeed};
use serde::de::DeserializeSeed;
use std::{fmt, ops::Range};

/// The most fields that a [`Reader`] locates for replacement: the response, its probabilities and the margin.
pub const LOCATED_MAX: usize = 3;

/// Turns JSON objects into a model's flat rows. Holds its scratch, so that reading a record seldom allocates.
#[derive(Debug)]
pub struct Reader {
    columns: &'static [Column],
    fields: Fields,
    located: Vec<String>,
    scratch: Scratch,
    unseen: Vec<u64>,
}

/// What one pass over a record finds, by column and by located field.
#[derive(Debug)]
struct Scratch {
    cells: Vec<Cell>,
    places: Vec<Place>,
    fields: usize,
    /// The column whose value was read last, to name the field of a number that is out of range.
    reading: Option<usize>,
    text: String,
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
        let scratch = Scratch {
            cells: vec![Cell::Absent; columns.len()],
            places: vec![Place::Absent; located.len()],
            fields: 0,
            reading: None,
            text: String::new(),
        };
        Ok(Self { columns, fields, located, scratch, unseen: vec![0; columns.len()] })
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
        self.parse(text)?;
        refuse_other_than_object(text)?;
        let layout = self.layout(text)?;
        self.refuse_without_fields()?;
        for (index, place) in row.iter_mut().enumerate() {
            *place = self.value(index)?;
        }
        self.count_unseen();
        Ok(layout)
    }

    fn parse(&mut self, text: &str) -> Result<(), RecordError> {
        self.scratch.cells.fill(Cell::Absent);
        self.scratch.places.fill(Place::Absent);
        self.scratch.fields = 0;
        self.scratch.reading = None;
        let mut json = serde_json::Deserializer::from_str(text);
        let seed = ObjectSeed {
            fields: &self.fields,
            columns: self.columns,
            scratch: &mut self.scratch,
            record: text,
        };
        seed.deserialize(&mut json).and_then(|()| json.end()).map_err(|error| self.refusal(&error))
    }

    fn refusal(&self, error: &serde_json::Error) -> RecordError {
        // The message of a syntax error is one of serde_json's own fixed texts, followed by the place.
        let message = error.to_string();
        let problem = message.split(" at line ").next().unwrap_or_default();
        match self.scratch.reading {
            // Only numbers that are read meet their range: it is the one of the column that came last.
            Some(index) if problem == "number out of range" => {
                RecordError::NotANumber { field: self.columns[index].field }
            }
            _ => RecordError::NotJson {
                problem: problem.to_owned(),
                line: error.line(),
                column: error.column(),
            },
        }
    }

    fn layout(&self, text: &str) -> Result<Layout, RecordError> {
        if let Some(index) = self.scratch.places.iter().position(|place| *place == Place::Twice) {
            return Err(RecordError::DuplicateField { field: self.located[index].clone() });
        }
        let mut places = [Place::Absent; LOCATED_MAX];
        places[..self.scratch.places.len()].copy_from_slice(&self.scratch.places);
        // A text that was parsed as an object ends in its brace.
        let closing_brace = text.trim_end().len() - 1;
        Ok(Layout { places, closing_brace, has_fields: self.scratch.fields > 0 })
    }

    fn refuse_without_fields(&self) -> Result<(), RecordError> {
        let mut inputs =
            self.columns.iter().zip(&self.scratch.cells).filter(|(column, _)| !column.is_offset());
        let Some((first, _)) = inputs.clone().next() else { return Ok(()) };
        if inputs.all(|(_, cell)| *cell == Cell::Absent) {
            return Err(RecordError::NoField { first: first.field, columns: self.columns.len() });
        }
        Ok(())
    }

    fn value(&self, index: usize) -> Result<f64, RecordError> {
        let column = &self.columns[index];
        let field = column.field;
        match self.scratch.cells[index] {
            Cell::Number(number) => Ok(number),
            Cell::Absent | Cell::Missing if column.is_offset() => Err(RecordError::MissingOffset { field }),
            Cell::Unseen if column.refuses_unseen() => Err(RecordError::UnseenCategory { field }),
            Cell::Absent | Cell::Missing | Cell::Unseen => Ok(f64::NAN),
            Cell::NotANumber => Err(RecordError::NotANumber { field }),
            Cell::WrongType { found, expected } => Err(RecordError::WrongType { field, found, expected }),
        }
    }

    /// Counts once the record is accepted: a refused one has nothing that was read as missing.
    fn count_unseen(&mut self) {
        for (count, cell) in self.unseen.iter_mut().zip(&self.scratch.cells) {
            *count += u64::from(*cell == Cell::Unseen);
        }
    }
}

impl Column {
    fn is_offset(&self) -> bool {
        matches!(self.kind, ColumnKind::Offset)
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
