//! One column's value in one record, before the record is known to be sound.

use super::JsonType;
use crate::metadata::{Column, ColumnKind, Domain};
use std::fmt::{Display, Write};

/// What a record holds for a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    Absent,
    Missing,
    Number(f64),
    Unseen,
    NotANumber,
    WrongType { found: JsonType, expected: &'static str },
}

const NUMBER: &str = "a number or numeric text";
const LEVEL: &str = "one of its levels as text";

impl Cell {
    pub(super) fn text(column: &Column, text: &str) -> Self {
        match &column.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => Self::numeric_text(text),
            ColumnKind::Categorical { domain, .. } => Self::level(domain, text),
        }
    }

    /// `text` is what names the number's level; `scratch` holds it while the level is looked up.
    pub(super) fn number(column: &Column, number: f64, text: impl Display, scratch: &mut String) -> Self {
        match &column.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => Self::Number(number),
            ColumnKind::Categorical { domain, .. } => {
                scratch.clear();
                // Writing to a `String` can't fail.
                let _ = write!(scratch, "{text}");
                Self::level(domain, scratch)
            }
        }
    }

    pub(super) fn boolean(column: &Column, value: bool) -> Self {
        let found = JsonType::Boolean;
        match &column.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => Self::WrongType { found, expected: NUMBER },
            ColumnKind::Categorical { domain, .. } => match domain.booleans {
                Some(levels) => Self::Number(f64::from(levels[usize::from(value)])),
                None => Self::WrongType { found, expected: LEVEL },
            },
        }
    }

    pub(super) fn wrong_type(column: &Column, found: JsonType) -> Self {
        let expected = match &column.kind {
            ColumnKind::Numeric { .. } | ColumnKind::Offset => NUMBER,
            ColumnKind::Categorical { .. } => LEVEL,
        };
        Self::WrongType { found, expected }
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
