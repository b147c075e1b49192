//! The visitor that picks a record's fields out: at each key, the ways that go on there are followed.

use super::cell::{Cell, CellVisitor};
use model_runtime::Column;
use model_runtime::record::JsonType;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;

/// What the visitor finds.
pub struct Findings {
    pub cells: Vec<Cell>,
    pub places: Vec<Place>,
    pub fields: usize,
    /// The column whose value was read last.
    pub reading: Option<usize>,
}

impl Findings {
    pub fn new(columns: usize, located: usize) -> Self {
        Self {
            cells: vec![Cell::Absent; columns],
            places: vec![Place::Absent; located],
            fields: 0,
            reading: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Absent,
    At(Range<usize>),
    Twice,
}

impl Place {
    pub fn range(&self) -> Option<Range<usize>> {
        if let Self::At(range) = self { Some(range.clone()) } else { None }
    }
}

/// The names that lead to a target.
#[derive(Clone, Debug)]
pub struct Way {
    names: Vec<String>,
    target: Target,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    Column(usize),
    Located(usize),
}

impl Way {
    pub fn of_column(index: usize, column: &Column) -> Self {
        let names = match column.field.strip_prefix('/') {
            Some(pointer) => {
                pointer.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
            }
            None => vec![column.field.to_owned()],
        };
        Self { names, target: Target::Column(index) }
    }

    pub fn of_located(index: usize, field: &str) -> Self {
        Self { names: vec![field.to_owned()], target: Target::Located(index) }
    }
}

/// Reads a value to which ways lead, or none.
pub struct ValueSeed<'a> {
    pub ways: Vec<Way>,
    pub columns: &'static [Column],
    pub findings: &'a mut Findings,
    pub text: &'a str,
}

impl ValueSeed<'_> {
    /// The seed of what stands under `name` in this value.
    fn under(&mut self, name: &str) -> ValueSeed<'_> {
        let ways = self.ways.iter().filter(|way| way.names[0] == name);
        let ways = ways.map(|way| Way { names: way.names[1..].to_vec(), target: way.target }).collect();
        ValueSeed { ways, columns: self.columns, findings: self.findings, text: self.text }
    }

    fn fill(&mut self, cell: Cell) {
        for way in &self.ways {
            if let Target::Column(index) = way.target {
                self.findings.cells[index] = cell;
            }
        }
    }

    fn astray(mut self, found: JsonType) {
        self.fill(Cell::WrongType { found, expected: "a place inside an object or an array" });
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<(), D::Error> {
        let target = self.ways.first().filter(|way| way.names.is_empty()).map(|way| way.target);
        match target {
            None if self.ways.is_empty() => {
                deserializer.deserialize_ignored_any(IgnoredAny)?;
            }
            None => {
                self.fill(Cell::Absent);
                self.findings.reading = None;
                deserializer.deserialize_any(self)?;
            }
            Some(Target::Column(index)) => {
                self.findings.reading = Some(index);
                self.findings.cells[index] =
                    deserializer.deserialize_any(CellVisitor(&self.columns[index]))?;
            }
            Some(Target::Located(index)) => {
                let raw = <&'de RawValue>::deserialize(deserializer)?.get();
                // The value is borrowed from the record, so its address tells its offset.
                let start = raw.as_ptr() as usize - self.text.as_ptr() as usize;
                let place = &mut self.findings.places[index];
                *place = match place {
                    Place::Absent => Place::At(start..start + raw.len()),
                    Place::At(_) | Place::Twice => Place::Twice,
                };
            }
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            self.findings.fields += 1;
            map.next_value_seed(self.under(&name))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        while sequence.next_element_seed(self.under(&index.to_string()))?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.fill(Cell::Missing);
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.astray(JsonType::Boolean);
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.astray(JsonType::Number);
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.astray(JsonType::Number);
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.astray(JsonType::Number);
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.astray(JsonType::String);
        Ok(())
    }
}
