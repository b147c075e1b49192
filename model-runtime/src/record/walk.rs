//! The one pass over a record: what the model reads goes to its cell, what is to be replaced is located, the rest is
//! passed over.

use super::cell::Cell;
use super::fields::{Fields, Meaning, Target};
use super::problem::Problem;
use super::scan::Scanner;
use super::skip::Container;
use super::{JsonType, Place, RecordError};
use crate::metadata::Column;

/// Scratch of at most so many bytes is kept from one record to the next: a huge record must not hold its memory for
/// ever.
const SCRATCH_BYTES_MAX: usize = 64 * 1024;

/// What the pass finds, by column and by located field.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) cells: Vec<Cell>,
    pub(super) places: Vec<Place>,
    /// Whether the record has any field.
    pub(super) has_fields: bool,
    /// Where the record's value ends, whitespace aside.
    pub(super) end: usize,
    /// The column whose number is out of range, where that ended the pass.
    out_of_range: Option<usize>,
    /// Text without its escapes.
    text: String,
    /// The containers around the value that is passed over.
    open: Vec<Container>,
}

impl Findings {
    pub(super) fn new(columns: usize, located: usize) -> Self {
        Self {
            cells: vec![Cell::Absent; columns],
            places: vec![Place::Absent; located],
            has_fields: false,
            end: 0,
            out_of_range: None,
            text: String::new(),
            open: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn scratch_bytes(&self) -> usize {
        self.text.capacity() + self.open.capacity()
    }

    fn clear(&mut self) {
        self.cells.fill(Cell::Absent);
        self.places.fill(Place::Absent);
        self.has_fields = false;
        self.out_of_range = None;
        self.text.clear();
        self.text.shrink_to(SCRATCH_BYTES_MAX);
        self.open.clear();
        self.open.shrink_to(SCRATCH_BYTES_MAX);
    }
}

/// Reads all of `text`, which is JSON or refused.
pub(super) fn walk(
    text: &str,
    fields: &mut Fields,
    columns: &'static [Column],
    findings: &mut Findings,
) -> Result<(), RecordError> {
    findings.clear();
    let mut walk = Walk { scanner: Scanner::new(text), columns, findings };
    match walk.record(fields) {
        Ok(()) => Ok(()),
        Err(problem) => Err(walk.refusal(problem)),
    }
}

struct Walk<'a> {
    scanner: Scanner<'a>,
    columns: &'static [Column],
    findings: &'a mut Findings,
}

impl Walk<'_> {
    fn record(&mut self, fields: &mut Fields) -> Result<(), Problem> {
        self.place(fields)?;
        self.findings.end = self.scanner.at;
        if self.scanner.token().is_some() { Err(Problem::TrailingCharacters) } else { Ok(()) }
    }

    #[cold]
    fn refusal(&self, problem: Problem) -> RecordError {
        match self.findings.out_of_range {
            Some(index) => RecordError::NotANumber { field: self.columns[index].field },
            None => problem.refusal(self.scanner.text, self.scanner.at),
        }
    }

    /// Reads what should be an object or an array with these fields.
    fn place(&mut self, fields: &mut Fields) -> Result<(), Problem> {
        let found = match self.scanner.token() {
            Some(b'{') => return self.object(fields),
            Some(b'[') => return self.array(fields),
            Some(b'"') => self.scanner.string(&mut self.findings.text).map(|_| JsonType::String)?,
            Some(b'-' | b'0'..=b'9') => self.scanner.number().map(|_| JsonType::Number)?,
            Some(b't') => self.scanner.word("true").map(|()| JsonType::Boolean)?,
            Some(b'f') => self.scanner.word("false").map(|()| JsonType::Boolean)?,
            Some(b'n') => self.scanner.word("null").map(|()| JsonType::Null)?,
            Some(_) => return Err(Problem::ExpectedValue),
            None => return Err(Problem::EndInValue),
        };
        let cell = if found == JsonType::Null { Cell::Missing } else { Cell::Astray(found) };
        fields.fill(&mut self.findings.cells, cell);
        Ok(())
    }

    fn object(&mut self, fields: &mut Fields) -> Result<(), Problem> {
        fields.restart();
        self.scanner.at += 1;
        match self.scanner.token() {
            Some(b'"') => self.findings.has_fields = true,
            Some(b'}') => {
                self.scanner.at += 1;
                return Ok(());
            }
            Some(_) => return Err(Problem::ExpectedKey),
            None => return Err(Problem::EndInObject),
        }
        loop {
            let meaning = self.key(fields)?;
            self.value(fields, meaning)?;
            match self.scanner.token() {
                Some(b',') => self.scanner.at += 1,
                Some(b'}') => {
                    self.scanner.at += 1;
                    return Ok(());
                }
                Some(_) => return Err(Problem::ExpectedCommaOrBrace),
                None => return Err(Problem::EndInObject),
            }
            match self.scanner.token() {
                Some(b'"') => {}
                Some(b'}') => return Err(Problem::TrailingComma),
                Some(_) => return Err(Problem::ExpectedKey),
                None => return Err(Problem::EndInValue),
            }
        }
    }

    fn array(&mut self, fields: &mut Fields) -> Result<(), Problem> {
        self.scanner.at += 1;
        if self.scanner.token() == Some(b']') {
            self.scanner.at += 1;
            return Ok(());
        }
        for index in 0.. {
            let meaning = fields.element(index, &mut self.findings.text);
            self.value(fields, meaning)?;
            match self.scanner.token() {
                Some(b',') => self.scanner.at += 1,
                Some(b']') => break,
                Some(_) => return Err(Problem::ExpectedCommaOrBracket),
                None => return Err(Problem::EndInArray),
            }
            if self.scanner.token() == Some(b']') {
                return Err(Problem::TrailingComma);
            }
        }
        self.scanner.at += 1;
        Ok(())
    }

    /// Passes over the key that comes next, up to its value, and tells what it means.
    #[inline]
    fn key(&mut self, fields: &mut Fields) -> Result<Option<Meaning>, Problem> {
        match fields.expect(self.scanner.rest()) {
            Some((length, meaning)) => {
                self.scanner.at += length;
                Ok(meaning)
            }
            None => self.unexpected_key(fields),
        }
    }

    #[cold]
    fn unexpected_key(&mut self, fields: &mut Fields) -> Result<Option<Meaning>, Problem> {
        let start = self.scanner.at;
        let name = self.scanner.string(&mut self.findings.text)?;
        let meaning = fields.meaning(name);
        self.scanner.colon()?;
        fields.learn(&self.scanner.text.as_bytes()[start..self.scanner.at], meaning);
        Ok(meaning)
    }

    /// Reads a value as its meaning asks.
    #[inline]
    fn value(&mut self, fields: &mut Fields, meaning: Option<Meaning>) -> Result<(), Problem> {
        let Some(meaning) = meaning else { return self.scanner.skip(&mut self.findings.open) };
        match fields.target(meaning) {
            Target::Column(index) => self.column(*index),
            Target::Located(index) => self.locate(*index),
            Target::Inner(inner) => {
                // Of two objects under one key the last counts, whatever the first one held.
                inner.fill(&mut self.findings.cells, Cell::Absent);
                self.place(inner)
            }
        }
    }

    #[inline]
    fn column(&mut self, index: usize) -> Result<(), Problem> {
        let Self { scanner, columns, findings } = self;
        let column = &columns[index];
        let text = &mut findings.text;
        let cell = match scanner.token() {
            Some(b'-' | b'0'..=b'9') => match scanner.number() {
                Ok(number) => Cell::number(column, number, text),
                Err(problem) => {
                    if problem == Problem::NumberOutOfRange {
                        findings.out_of_range = Some(index);
                    }
                    return Err(problem);
                }
            },
            Some(b'"') => Cell::text(column, scanner.string(text)?),
            Some(b't') => scanner.word("true").map(|()| Cell::boolean(column, true))?,
            Some(b'f') => scanner.word("false").map(|()| Cell::boolean(column, false))?,
            Some(b'n') => scanner.word("null").map(|()| Cell::Missing)?,
            Some(b'[') => {
                self.array(&mut Fields::default())?;
                Cell::WrongType(JsonType::Array)
            }
            Some(b'{') => {
                self.object(&mut Fields::default())?;
                Cell::WrongType(JsonType::Object)
            }
            Some(_) => return Err(Problem::ExpectedValue),
            None => return Err(Problem::EndInValue),
        };
        self.findings.cells[index] = cell;
        Ok(())
    }

    fn locate(&mut self, index: usize) -> Result<(), Problem> {
        self.scanner.token();
        let start = self.scanner.at;
        self.scanner.skip(&mut self.findings.open)?;
        let place = &mut self.findings.places[index];
        *place = match place {
            Place::Absent => Place::At(start, self.scanner.at),
            Place::At(..) | Place::Twice => Place::Twice,
        };
        Ok(())
    }
}
