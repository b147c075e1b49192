//! One column's value in one record, before the record is known to be sound.

use super::JsonType;
use super::number::Number;
use crate::metadata::{Column, ColumnKind};
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// What a record holds for a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    Absent,
    Missing,
    /// A number or a level's index; never NaN.
    Number(f64),
    Unseen,
    NotANumber,
    WrongType(JsonType),
    /// This stands where a JSON pointer would go on into an object or an array.
    Astray(JsonType),
}

/// Makes a column's cells of JSON's scalars.
#[derive(Debug)]
pub(super) struct CellMaker {
    pub(super) column: &'static Column,
    /// The levels' indices by their texts, where there are levels. [`Domain::level`](crate::Domain::level) finds the
    /// same without a table of its own, by halving, whose comparisons no processor foresees.
    levels: FxHashMap<&'static str, u32>,
}

impl CellMaker {
    pub(super) fn new(column: &'static Column) -> Self {
        let levels = match &column.kind {
            ColumnKind::Categorical { domain, .. } => domain.levels.iter().copied().zip(0..).collect(),
            ColumnKind::Numeric { .. } | ColumnKind::Offset => FxHashMap::default(),
        };
        Self { column, levels }
    }

    #[inline(always)]
    pub(super) fn text(&self, text: &str) -> Cell {
        match self.column.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => numeric_text(text),
            ColumnKind::Categorical { .. } => self.level(text),
        }
    }

    /// A number's own text names its level; `scratch` holds it while the level is looked up.
    #[inline(always)]
    pub(super) fn number(&self, number: Number, scratch: &mut String) -> Cell {
        match self.column.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => Cell::Number(number.double()),
            ColumnKind::Categorical { .. } => {
                scratch.clear();
                // Writing to a `String` can't fail.
                let _ = write!(scratch, "{number}");
                self.level(scratch)
            }
        }
    }

    #[inline(always)]
    pub(super) fn boolean(&self, value: bool) -> Cell {
        match &self.column.kind {
            ColumnKind::Categorical { domain, .. } => match domain.booleans {
                Some(levels) => Cell::Number(f64::from(levels[usize::from(value)])),
                None => Cell::WrongType(JsonType::Boolean),
            },
            ColumnKind::Numeric { .. } | ColumnKind::Offset => Cell::WrongType(JsonType::Boolean),
        }
    }

    #[inline(always)]
    fn level(&self, text: &str) -> Cell {
        self.levels.get(text).map_or(Cell::Unseen, |&level| Cell::Number(f64::from(level)))
    }
}

fn numeric_text(text: &str) -> Cell {
    match text.trim() {
        "" | "NaN" => Cell::Missing,
        "Infinity" | "+Infinity" => Cell::Number(f64::INFINITY),
        "-Infinity" => Cell::Number(f64::NEG_INFINITY),
        // `parse` also takes `inf` and `nan` in any case, and makes an infinity of 1e999.
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Cell::Number(number),
            _ => Cell::NotANumber,
        },
    }
}
