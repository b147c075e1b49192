//! The one pass over a record: what the model reads goes to its cell, what is to be replaced is located, the rest is
//! passed over.

use super::cell::{Cell, CellMaker};
use super::fields::{Fields, Meaning, Target};
use super::number::Number;
use super::problem::Problem;
use super::scan::Scanner;
use super::skip::Container;
use super::{JsonType, Place, RecordError};

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
    columns: &[CellMaker],
    findings: &mut Findings,
) -> Result<(), RecordError> {
    findings.clear();
    let mut scanner = Scanner::new(text);
    let mut walk = Walk { columns, findings };
    match walk.record(&mut scanner, fields) {
        Ok(()) => Ok(()),
        Err(problem) => Err(walk.refusal(&scanner, problem)),
    }
}

struct Walk<'a> {
    columns: &'a [CellMaker],
    findings: &'a mut Findings,
}

impl Walk<'_> {
    fn record(&mut self, scanner: &mut Scanner<'_>, fields: &mut Fields) -> Result<(), Problem> {
        self.place(scanner, fields)?;
        self.findings.end = scanner.at;
        if scanner.token().is_some() { Err(Problem::TrailingCharacters) } else { Ok(()) }
    }

    #[cold]
    fn refusal(&self, scanner: &Scanner<'_>, problem: Problem) -> RecordError {
        match self.findings.out_of_range {
            Some(index) => RecordError::NotANumber { field: self.columns[index].column.field },
            None => problem.refusal(scanner.text, scanner.at),
        }
    }

    /// Reads what should be an object or an array with these fields.
    fn place(&mut self, scanner: &mut Scanner<'_>, fields: &mut Fields) -> Result<(), Problem> {
        let found = match scanner.token() {
            Some(b'{') => return self.object(scanner, fields),
            Some(b'[') => return self.array(scanner, fields),
            Some(b'"') => scanner.string(&mut self.findings.text).map(|_| JsonType::String)?,
            Some(b'-' | b'0'..=b'9') => scanner.any_number().map(|_| JsonType::Number)?,
            Some(b't' | b'f') => scanner.boolean().map(|_| JsonType::Boolean)?,
            Some(b'n') => scanner.word("null").map(|()| JsonType::Null)?,
            Some(_) => return Err(Problem::ExpectedValue),
            None => return Err(Problem::EndInValue),
        };
        let cell = if found == JsonType::Null { Cell::Missing } else { Cell::Astray(found) };
        fields.fill(&mut self.findings.cells, cell);
        Ok(())
    }

    fn object(&mut self, scanner: &mut Scanner<'_>, fields: &mut Fields) -> Result<(), Problem> {
        fields.restart();
        scanner.at += 1;
        match scanner.token() {
            Some(b'"') => self.findings.has_fields = true,
            Some(b'}') => {
                scanner.at += 1;
                return Ok(());
            }
            Some(_) => return Err(Problem::ExpectedKey),
            None => return Err(Problem::EndInObject),
        }
        // No function but this one sees the copy, so that its cursor stays in a register.
        let mut local = *scanner;
        let result = self.members(&mut local, fields);
        *scanner = local;
        result
    }

    #[inline(always)]
    fn members(&mut self, scanner: &mut Scanner<'_>, fields: &mut Fields) -> Result<(), Problem> {
        loop {
            let meaning = match fields.expect(scanner.rest()) {
                Some((length, meaning)) => {
                    scanner.at += length;
                    meaning
                }
                None => scanner.aside(|scanner| self.unexpected_key(scanner, fields))?,
            };
            self.value(scanner, fields, meaning)?;
            match scanner.token() {
                Some(b',') => scanner.at += 1,
                Some(b'}') => {
                    scanner.at += 1;
                    return Ok(());
                }
                Some(_) => return Err(Problem::ExpectedCommaOrBrace),
                None => return Err(Problem::EndInObject),
            }
            match scanner.token() {
                Some(b'"') => {}
                Some(b'}') => return Err(Problem::TrailingComma),
                Some(_) => return Err(Problem::ExpectedKey),
                None => return Err(Problem::EndInValue),
            }
        }
    }

    fn array(&mut self, scanner: &mut Scanner<'_>, fields: &mut Fields) -> Result<(), Problem> {
        scanner.at += 1;
        if scanner.token() == Some(b']') {
            scanner.at += 1;
            return Ok(());
        }
        for index in 0.. {
            let meaning = fields.element(index, &mut self.findings.text);
            self.value(scanner, fields, meaning)?;
            match scanner.token() {
                Some(b',') => scanner.at += 1,
                Some(b']') => break,
                Some(_) => return Err(Problem::ExpectedCommaOrBracket),
                None => return Err(Problem::EndInArray),
            }
            if scanner.token() == Some(b']') {
                return Err(Problem::TrailingComma);
            }
        }
        scanner.at += 1;
        Ok(())
    }

    /// Passes over a key that was not to be expected, up to its value, and tells what it means.
    #[cold]
    fn unexpected_key(
        &mut self,
        scanner: &mut Scanner<'_>,
        fields: &mut Fields,
    ) -> Result<Option<Meaning>, Problem> {
        let start = scanner.at;
        let name = scanner.string(&mut self.findings.text)?;
        let meaning = fields.meaning(name);
        scanner.colon()?;
        fields.learn(&scanner.text.as_bytes()[start..scanner.at], meaning);
        Ok(meaning)
    }

    /// Reads a value as its meaning asks.
    #[inline(always)]
    fn value(
        &mut self,
        scanner: &mut Scanner<'_>,
        fields: &mut Fields,
        meaning: Option<Meaning>,
    ) -> Result<(), Problem> {
        let Some(meaning) = meaning else { return scanner.skip(&mut self.findings.open) };
        match fields.target(meaning) {
            Target::Column(index) => self.column(scanner, *index),
            Target::Located(index) => scanner.aside(|scanner| self.locate(scanner, *index)),
            Target::Inner(inner) => {
                // Of two objects under one key the last counts, whatever the first one held.
                inner.fill(&mut self.findings.cells, Cell::Absent);
                scanner.aside(|scanner| self.place(scanner, inner))
            }
        }
    }

    #[inline(always)]
    fn column(&mut self, scanner: &mut Scanner<'_>, index: usize) -> Result<(), Problem> {
        let column = &self.columns[index];
        let Findings { cells, text, .. } = &mut *self.findings;
        // Each way writes the cell by itself: one that is put together first is written twice and waited for.
        let cell = &mut cells[index];
        match scanner.token() {
            Some(b'-' | b'0'..=b'9') => match scanner.short_number() {
                Some(number) => *cell = column.number(Number::Double(number), text),
                None => scanner.aside(|scanner| self.any_number(scanner, index))?,
            },
            Some(b'"') => *cell = column.text(scanner.string(text)?),
            Some(b't' | b'f') => *cell = column.boolean(scanner.boolean()?),
            Some(b'n') => {
                scanner.word("null")?;
                *cell = Cell::Missing;
            }
            Some(b'[') => {
                scanner.aside(|scanner| self.array(scanner, &mut Fields::default()))?;
                self.findings.cells[index] = Cell::WrongType(JsonType::Array);
            }
            Some(b'{') => {
                scanner.aside(|scanner| self.object(scanner, &mut Fields::default()))?;
                self.findings.cells[index] = Cell::WrongType(JsonType::Object);
            }
            Some(_) => return Err(Problem::ExpectedValue),
            None => return Err(Problem::EndInValue),
        }
        Ok(())
    }

    #[inline(never)]
    fn any_number(&mut self, scanner: &mut Scanner<'_>, index: usize) -> Result<(), Problem> {
        match scanner.any_number() {
            Ok(number) => {
                self.findings.cells[index] = self.columns[index].number(number, &mut self.findings.text);
                Ok(())
            }
            Err(problem) => {
                if problem == Problem::NumberOutOfRange {
                    self.findings.out_of_range = Some(index);
                }
                Err(problem)
            }
        }
    }

    fn locate(&mut self, scanner: &mut Scanner<'_>, index: usize) -> Result<(), Problem> {
        scanner.token();
        let start = scanner.at;
        scanner.skip(&mut self.findings.open)?;
        let place = &mut self.findings.places[index];
        *place = match place {
            Place::Absent => Place::At(start, scanner.at),
            Place::At(..) | Place::Twice => Place::Twice,
        };
        Ok(())
    }
}
