//! Which fields of a record mean something, and the pass that picks them out.

use super::{Cell, JsonType, LOCATED_MAX, Place, Scratch};
use crate::metadata::Column;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use std::fmt;

/// The fields of one object, sorted by name.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, Target)>);

#[derive(Debug)]
enum Target {
    Column(usize),
    Located(usize),
    Inner(Fields),
}

impl Fields {
    /// The fields that `columns` stand in, and those to locate; or the name of one that can't be both.
    pub(super) fn new(columns: &[Column], located: &[String]) -> Result<Self, String> {
        let mut fields = Self::default();
        for (index, column) in columns.iter().enumerate() {
            let path: Vec<String> = match column.field.strip_prefix('/') {
                Some(pointer) => pointer.split('/').map(unescaped).collect(),
                None => vec![column.field.to_owned()],
            };
            fields.insert(&path, Target::Column(index)).map_err(|()| column.field.to_owned())?;
        }
        for (index, field) in located.iter().enumerate() {
            let inserted = fields.insert(std::slice::from_ref(field), Target::Located(index));
            inserted.ok().filter(|()| index < LOCATED_MAX).ok_or_else(|| field.clone())?;
        }
        Ok(fields)
    }

    fn insert(&mut self, path: &[String], target: Target) -> Result<(), ()> {
        let Some((name, rest)) = path.split_first() else { return Err(()) };
        match (self.0.binary_search_by(|(field, _)| field.cmp(name)), rest.is_empty()) {
            (Err(at), true) => self.0.insert(at, (name.clone(), target)),
            (Err(at), false) => {
                let mut inner = Self::default();
                inner.insert(rest, target)?;
                self.0.insert(at, (name.clone(), Target::Inner(inner)));
            }
            (Ok(at), false) => match &mut self.0[at].1 {
                Target::Inner(inner) => inner.insert(rest, target)?,
                Target::Column(_) | Target::Located(_) => return Err(()),
            },
            (Ok(_), true) => return Err(()),
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&Target> {
        let at = self.0.binary_search_by(|(field, _)| field.as_str().cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    fn fill(&self, cells: &mut [Cell], cell: Cell) {
        for (_, target) in &self.0 {
            match target {
                Target::Column(index) => cells[*index] = cell,
                Target::Inner(inner) => inner.fill(cells, cell),
                Target::Located(_) => {}
            }
        }
    }
}

/// A token of a JSON pointer (RFC 6901) as the name that it stands for.
fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Reads an object, or an array by its indices, into the scratch.
pub(super) struct ObjectSeed<'a> {
    pub(super) fields: &'a Fields,
    pub(super) columns: &'static [Column],
    pub(super) scratch: &'a mut Scratch,
    pub(super) record: &'a str,
}

impl<'a> ObjectSeed<'a> {
    /// The seed of a value that stands where `target` says.
    fn value<'b>(&'b mut self, target: Option<&'a Target>) -> ValueSeed<'b>
    where
        'a: 'b,
    {
        ValueSeed { target, columns: self.columns, scratch: self.scratch, record: self.record }
    }

    /// Something stands where the model's fields would have an object or an array around them.
    fn leave(self, found: JsonType) {
        let cell = match found {
            JsonType::Null => Cell::Missing,
            found => Cell::WrongType { found, expected: "a place inside an object or an array" },
        };
        self.fields.fill(&mut self.scratch.cells, cell);
    }
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(target) = map.next_key_seed(KeySeed(self.fields))? {
            self.scratch.fields += 1;
            map.next_value_seed(self.value(target))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        while sequence.next_element_seed(self.value(self.fields.get(&index.to_string())))?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.leave(JsonType::Null);
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.leave(JsonType::Boolean);
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.leave(JsonType::Number);
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.leave(JsonType::Number);
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.leave(JsonType::Number);
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.leave(JsonType::String);
        Ok(())
    }
}

/// What the field of a key means.
struct KeySeed<'a>(&'a Fields);

impl<'de, 'a> DeserializeSeed<'de> for KeySeed<'a> {
    type Value = Option<&'a Target>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for KeySeed<'a> {
    type Value = Option<&'a Target>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.get(name))
    }
}

/// Reads one value as its target asks.
struct ValueSeed<'a> {
    target: Option<&'a Target>,
    columns: &'static [Column],
    scratch: &'a mut Scratch,
    record: &'a str,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { target, columns, scratch, record } = self;
        match target {
            None => {
                deserializer.deserialize_ignored_any(IgnoredAny)?;
            }
            Some(Target::Column(index)) => {
                scratch.reading = Some(*index);
                let seed = CellSeed { column: &columns[*index], text: &mut scratch.text };
                scratch.cells[*index] = deserializer.deserialize_any(seed)?;
            }
            Some(Target::Located(index)) => {
                let raw = <&'de RawValue>::deserialize(deserializer)?.get();
                // The value is borrowed from the record, so its address tells its offset.
                let start = raw.as_ptr() as usize - record.as_ptr() as usize;
                let place = &mut scratch.places[*index];
                *place = match place {
                    Place::Absent => Place::At(start, start + raw.len()),
                    Place::At(..) | Place::Twice => Place::Twice,
                };
            }
            Some(Target::Inner(fields)) => {
                // Of two objects under one key the last counts, whatever the first one held.
                fields.fill(&mut scratch.cells, Cell::Absent);
                scratch.reading = None;
                ObjectSeed { fields, columns, scratch, record }.deserialize(deserializer)?;
            }
        }
        Ok(())
    }
}

/// Reads a column's value.
struct CellSeed<'a> {
    column: &'static Column,
    text: &'a mut String,
}

impl<'de> Visitor<'de> for CellSeed<'_> {
    type Value = Cell;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Cell, E> {
        Ok(Cell::Missing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::boolean(self.column, value))
    }

    // An integer names its level by its own digits, of which a double would round those past 2^53.

    fn visit_i64<E: Error>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::number(self.column, value as f64, value, self.text))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Cell, E> {
        Ok(Cell::number(self.column, value as f64, value, self.text))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Cell, E> {
        // Adding 0.0 makes -0.0, which is also how `-0` arrives, the `0` that it equals.
        Ok(Cell::number(self.column, value, value + 0.0, self.text))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::text(self.column, value))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::wrong_type(self.column, JsonType::Object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Cell, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::wrong_type(self.column, JsonType::Array))
    }
}
