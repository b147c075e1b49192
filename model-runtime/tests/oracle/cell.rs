//! One column's value in one record.

use model_runtime::record::JsonType;
use model_runtime::{Column, ColumnKind};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    Absent,
    Missing,
    Number(f64),
    Unseen,
    NotANumber,
    WrongType { found: JsonType, expected: &'static str },
}

/// Reads a column's value.
pub struct CellVisitor(pub &'static Column);

impl CellVisitor {
    fn text(&self, text: &str) -> Cell {
        let ColumnKind::Categorical { domain, .. } = &self.0.kind else { return numeric_text(text) };
        let level = domain.levels.iter().position(|level| *level == text);
        level.map_or(Cell::Unseen, |level| Cell::Number(level as f64))
    }

    fn number(&self, number: f64, text: &str) -> Cell {
        match self.0.kind {
            ColumnKind::Categorical { .. } => self.text(text),
            _ => Cell::Number(number),
        }
    }

    fn wrong_type(&self, found: JsonType) -> Cell {
        let expected = match self.0.kind {
            ColumnKind::Categorical { .. } => "one of its levels as text",
            _ => "a number or numeric text",
        };
        Cell::WrongType { found, expected }
    }
}

fn numeric_text(text: &str) -> Cell {
    match text.trim() {
        "" | "NaN" => Cell::Missing,
        "Infinity" | "+Infinity" => Cell::Number(f64::INFINITY),
        "-Infinity" => Cell::Number(f64::NEG_INFINITY),
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Cell::Number(number),
            _ => Cell::NotANumber,
        },
    }
}

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Cell, E> {
        Ok(Cell::Missing)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Cell, E> {
        let levels = match &self.0.kind {
            ColumnKind::Categorical { domain, .. } => domain.booleans,
            _ => None,
        };
        Ok(match levels {
            Some(levels) => Cell::Number(f64::from(levels[usize::from(value)])),
            None => self.wrong_type(JsonType::Boolean),
        })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Cell, E> {
        Ok(self.number(value as f64, &value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Cell, E> {
        Ok(self.number(value as f64, &value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Cell, E> {
        let text = if value == 0.0 { "0".to_owned() } else { value.to_string() };
        Ok(self.number(value, &text))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Cell, E> {
        Ok(self.text(value))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.wrong_type(JsonType::Object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Cell, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.wrong_type(JsonType::Array))
    }
}
