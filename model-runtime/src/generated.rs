//! What generated code names: kept small, and documented for whoever reads a generated module.

use crate::{
    ShapeError,
    forest::{Forest, Scratch},
};

/// The level that a flat row's number stands for, if it is the index of one of `levels`.
///
/// ```
/// use model_runtime::generated::level;
///
/// assert_eq!(level(&["no", "yes"], 1.0), Some("yes"));
/// assert_eq!(level(&["no", "yes"], 2.0), None);
/// assert_eq!(level(&["no", "yes"], 0.5), None);
/// assert_eq!(level(&["no", "yes"], f64::NAN), None);
/// ```
#[inline]
pub fn level<Level: Copy>(levels: &[Level], index: f64) -> Option<Level> {
    // The cast saturates and takes NaN to 0, so the comparison refuses all that is no index.
    let at = index as usize;
    if at as f64 == index { levels.get(at).copied() } else { None }
}

/// A number, NaN where it is missing.
#[inline]
pub fn number(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

/// A level's index as a flat row holds it, NaN where it is missing.
#[inline]
pub fn index(level: Option<u32>) -> f64 {
    level.map_or(f64::NAN, f64::from)
}

/// A set of category codes, a bit each.
#[derive(Clone, Copy, Debug)]
pub struct CategorySet<const WORDS: usize>(pub [u64; WORDS]);

impl<const WORDS: usize> CategorySet<WORDS> {
    /// Whether the code is in the set; codes past its end are not.
    ///
    /// ```
    /// use model_runtime::generated::CategorySet;
    ///
    /// let set = CategorySet([0b101]);
    /// assert!(set.contains(0) && !set.contains(1) && set.contains(2) && !set.contains(1_000_000));
    /// ```
    #[inline]
    pub fn contains(&self, code: u32) -> bool {
        self.0.get(code as usize / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
    }
}

/// A number with those up to a magnitude taken for zero, and NaN where that is missing too.
#[inline]
pub fn double(number: f64, zero_magnitude: f64, zero_is_missing: bool) -> f64 {
    let number = if number.abs() <= zero_magnitude { 0.0 } else { number };
    if zero_is_missing && number == 0.0 { f64::NAN } else { number }
}

/// The same of a number rounded to a 32-bit float first.
#[inline]
pub fn single(number: f64, zero_magnitude: f64, zero_is_missing: bool) -> f32 {
    double(f64::from(number as f32), zero_magnitude, zero_is_missing) as f32
}

/// The code of a number that stands for a category: its integral part. NaN is [`MISSING_CODE`]; a number that is
/// negative, or `limit` and more, is [`OTHER_CODE`], which is in no set. Whether -0.5 is 0 or negative is the caller's.
///
/// ```
/// use model_runtime::generated::{MISSING_CODE, OTHER_CODE, category_code};
///
/// assert_eq!(category_code(2.7, 10, false), 2);
/// assert_eq!(category_code(-0.5, 10, false), OTHER_CODE);
/// assert_eq!(category_code(-0.5, 10, true), 0);
/// assert_eq!(category_code(f64::NAN, 10, true), MISSING_CODE);
/// ```
#[inline]
pub fn category_code(number: f64, limit: u32, negative_fraction_is_zero: bool) -> u32 {
    let least = if negative_fraction_is_zero { number.trunc() } else { number };
    if number.is_nan() {
        MISSING_CODE
    } else if least < 0.0 || number >= f64::from(limit) {
        OTHER_CODE
    } else {
        number as u32
    }
}

/// The code of a missing category.
pub const MISSING_CODE: u32 = u32::MAX;

/// The code of a number that is no category.
pub const OTHER_CODE: u32 = u32::MAX - 1;

/// The number that stands in a table, sorted by key, at the polynomial of these parts: from 0 on,
/// `key = multiplier * (key + multiplier * part)`, wrapping. None where a part is missing or the key is not there.
#[inline]
pub fn lookup(table: &[(u64, f64)], multiplier: u64, parts: &[Option<u64>]) -> Option<f64> {
    let mut key = 0_u64;
    for part in parts {
        key = multiplier.wrapping_mul(key.wrapping_add(multiplier.wrapping_mul((*part)?)));
    }
    table.binary_search_by_key(&key, |entry| entry.0).ok().map(|at| table[at].1)
}

/// The class of a category code: by code in a table, or one of two that stand for no category and for missing.
///
/// ```
/// use model_runtime::generated::{MISSING_CODE, OTHER_CODE, class_of_code};
///
/// assert_eq!([0, 1, 2, OTHER_CODE, MISSING_CODE].map(|code| class_of_code(&[4, 5], code, 6, 7)), [4, 5, 6, 6, 7]);
/// ```
#[inline]
pub fn class_of_code(classes: &[u16], code: u32, other: u16, missing: u16) -> u16 {
    match classes.get(code as usize) {
        Some(class) => *class,
        None if code == MISSING_CODE => missing,
        None => other,
    }
}

/// Scores flat rows by a forest's kernels; what [`Model::margins`](crate::Model::margins) of a model in the ranked form
/// does.
pub fn score_forest(forest: &Forest, rows: &[f64], margins: &mut [f64]) -> Result<(), ShapeError> {
    ShapeError::rows(rows, forest.columns, margins, forest.outputs())?;
    forest.margins_in_thread(rows, margins);
    Ok(())
}

/// As [`score_forest`], with buffers that the caller keeps.
pub fn score_forest_with(
    forest: &Forest,
    rows: &[f64],
    margins: &mut [f64],
    scratch: &mut Scratch,
) -> Result<(), ShapeError> {
    ShapeError::rows(rows, forest.columns, margins, forest.outputs())?;
    forest.margins(rows, margins, scratch);
    Ok(())
}

/// Scores flat rows one by one; what a generated model's [`Model::margins`](crate::Model::margins) does.
pub fn score<const COLUMNS: usize, const MARGINS: usize>(
    rows: &[f64],
    margins: &mut [f64],
    score: impl Fn(&[f64; COLUMNS]) -> [f64; MARGINS],
) -> Result<(), ShapeError> {
    let count = ShapeError::rows(rows, COLUMNS, margins, MARGINS)?;
    for index in 0..count {
        // The buffers hold so many whole rows by the check above.
        if let Some(row) = rows[index * COLUMNS..].first_chunk() {
            margins[index * MARGINS..][..MARGINS].copy_from_slice(&score(row));
        }
    }
    Ok(())
}
