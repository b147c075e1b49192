//! What generated code names: kept small, and documented for whoever reads a generated module.

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

/// The code of a number that stands for a category: its integral part; NaN is [`MISSING_CODE`], anything below 0 or
/// from `limit` on is [`OTHER_CODE`], which is in no set.
#[inline]
pub fn category_code(number: f64, limit: u32) -> u32 {
    if number.is_nan() {
        MISSING_CODE
    } else if number >= f64::from(limit) || number.trunc() < 0.0 {
        OTHER_CODE
    } else {
        number as u32
    }
}

/// The code of a missing category.
pub const MISSING_CODE: u32 = u32::MAX;

/// The code of a number that is no category.
pub const OTHER_CODE: u32 = u32::MAX - 1;

/// The value that stands beside `key` in a table sorted by key.
#[inline]
pub fn lookup(table: &[(u64, f64)], key: u64) -> Option<f64> {
    table.binary_search_by_key(&key, |entry| entry.0).ok().map(|at| table[at].1)
}
