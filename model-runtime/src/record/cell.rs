//! One column's value in one record, before the record is known to be sound.

use super::JsonType;
use super::number::Number;
use crate::metadata::{Column, ColumnKind, Domain};
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

impl Cell {
    #[inline]
    pub(super) fn text(column: &Column, text: &str) -> Self {
        match &column.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => Self::numeric_text(text),
            ColumnKind::Categorical { domain, .. } => Self::level(domain, text),
        }
    }

    /// A number's own text names its level; `scratch` holds it while the level is looked up.
    #[inline]
    pub(super) fn number(column: &Column, number: Number, scratch: &mut String) -> Self {
        match &column.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => Self::Number(number.double()),
            ColumnKind::Categorical { domain, .. } => {
                scratch.clear();
                // Writing to a `String` can't fail.
                let _ = write!(scratch, "{number}");
                Self::level(domain, scratch)
            }
        }
    }

    #[inline]
    pub(super) fn boolean(column: &Column, value: bool) -> Self {
        match &column.kind {
            ColumnKind::Categorical { domain, .. } => match domain.booleans {
                Some(levels) => Self::Number(f64::from(levels[usize::from(value)])),
                None => Self::WrongType(JsonType::Boolean),
            },
            ColumnKind::Numeric { .. } | ColumnKind::Offset => Self::WrongType(JsonType::Boolean),
        }
    }

    fn level(domain: &Domain, text: &str) -> Self {
        domain.level(text).map_or(Self::Unseen, |level| Self::Number(f64::from(level)))
    }

    fn numeric_text(text: &str) -> Self {
        match text.trim() {
            "" | "NaN" => Self::Missing,
            "Infinity" | "+Infinity" => Self::Number(f64::INFINITY),
            "-Infinity" => Self::Number(f64::NEG_INFINITY),
            // `parse` also takes `inf` and `nan` in any case, and makes an infinity of 1e999.
            text => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Self::Number(number),
                _ => Self::NotANumber,
            },
        }
    }
}
