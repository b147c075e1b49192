//! What rows hold ([`Column`]) and what splits test ([`Feature`]).
//!
//! Every trainer prepares a row's values before it compares them, and each in its own way: a feature states that way,
//! so that a split need not.

use super::{ColumnId, Direction, FeatureId, Test};

/// A column of the training data: what a row holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name in the training data.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
}

/// What a column's values are.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    /// Numbers; NaN is missing.
    Numeric,
    /// One of these levels; a row holds its index, and any other number is missing.
    Categorical(Vec<String>),
}

/// How exact a number is before it is compared, or a sum between two additions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Rounded to the nearest 32-bit float.
    F32,
    /// Kept as the 64-bit float that it is.
    F64,
}

impl Precision {
    /// The number as it stands at this precision.
    pub fn round(self, number: f64) -> f64 {
        match self {
            Self::F32 => f64::from(number as f32),
            Self::F64 => number,
        }
    }
}

/// What a split tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Feature {
    /// A numeric column.
    Number(Number),
    /// A categorical column's level.
    Level(ColumnId),
    /// A numeric column that holds category codes.
    Code(Code),
    /// A number looked up by what other features hold.
    Lookup(Lookup),
}

/// A numeric column as a trainer prepares it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// Where the number comes from.
    pub column: ColumnId,
    /// What it is rounded to.
    pub precision: Precision,
    /// A magnitude up to which it counts as zero (`LightGBM` `kZeroThreshold`); 0.0 for none.
    pub zero_magnitude: f64,
    /// Whether zero is missing as well (`LightGBM` `zero_as_missing`).
    pub zero_is_missing: bool,
}

impl Number {
    /// A column as it stands.
    pub fn exact(column: ColumnId) -> Self {
        Self { column, precision: Precision::F64, zero_magnitude: 0.0, zero_is_missing: false }
    }
}

/// A numeric column that holds category codes, cut towards zero. NaN is missing; a number outside `0..limit` is in no
/// category set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Code {
    /// Where the number comes from.
    pub column: ColumnId,
    /// What it is rounded to before it is cut.
    pub precision: Precision,
    /// The first code that is none.
    pub limit: u32,
    /// Whether a number between -1 and 0 is code 0 (`LightGBM`) or no code (`XGBoost`).
    pub negative_fraction_is_zero: bool,
}

/// A number looked up in a table (`CatBoost`'s target statistics).
///
/// The parts give a 64-bit number each, and the key is a polynomial of them in wrapping arithmetic: starting from 0,
/// `key = multiplier * (key + multiplier * part)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// The polynomial's factor.
    pub multiplier: u64,
    /// What the key is made of, in order.
    pub parts: Vec<KeyPart>,
    /// Numbers by key, in ascending order of key.
    pub table: Vec<(u64, f64)>,
    /// The number where the key is not in the table, or a level is missing.
    pub otherwise: f64,
}

/// One part of a lookup's key.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyPart {
    /// A number for each level of a categorical feature.
    Level {
        /// A [`Feature::Level`].
        feature: FeatureId,
        /// The numbers by level.
        numbers: Vec<u64>,
    },
    /// 1 where a value goes right, else 0.
    Bit {
        /// A feature that is no lookup.
        feature: FeatureId,
        /// The test, as a split would make it.
        test: Test,
        /// Where a missing value goes.
        missing: Direction,
    },
}

impl Feature {
    /// The column it comes from, if it comes from one.
    pub fn column(&self) -> Option<ColumnId> {
        match self {
            Self::Number(Number { column, .. }) | Self::Level(column) | Self::Code(Code { column, .. }) => {
                Some(*column)
            }
            Self::Lookup(_) => None,
        }
    }

    /// Whether it is compared with thresholds; a category is looked up in sets instead.
    pub fn is_numeric(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Lookup(_))
    }

    /// Whether it can be tested so.
    pub fn takes(&self, test: &Test) -> bool {
        match (self, test) {
            (Self::Number(number), Test::Less(threshold) | Test::LessOrEqual(threshold)) => {
                !threshold.is_nan() && number.precision.round(*threshold) == *threshold
            }
            (Self::Lookup(_), Test::Less(threshold) | Test::LessOrEqual(threshold)) => !threshold.is_nan(),
            (_, Test::Present) | (Self::Level(_) | Self::Code(_), Test::Member { .. }) => true,
            _ => false,
        }
    }
}

impl KeyPart {
    /// The feature that it reads.
    pub fn feature(&self) -> FeatureId {
        match self {
            Self::Level { feature, .. } | Self::Bit { feature, .. } => *feature,
        }
    }
}
