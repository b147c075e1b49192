//! Random flat rows for any model, made from its metadata alone.

use fastrand::Rng;
use model_runtime::{Column, ColumnKind};

/// So many that a branch predictor can't learn them by heart.
pub const ROWS: usize = 20_000;

/// How many rows are scored at once.
pub const BATCHES: [usize; 4] = [1, 64, 512, ROWS];

/// The same rows every time.
const SEED: u64 = 20_000;

const MISSING_SHARE: f64 = 0.1;

/// How far numbers reach beyond a column's thresholds, as a share of what lies between these.
const MARGIN: f64 = 0.1;

/// [`ROWS`] rows, one after the other.
#[derive(Debug)]
pub struct Rows {
    width: usize,
    numbers: Vec<f64>,
}

impl Rows {
    /// Rows for a model with these columns. They differ from one another as far as its columns allow.
    pub fn random(columns: &[Column]) -> Self {
        let mut random = Rng::with_seed(SEED);
        let mut numbers = Vec::with_capacity(ROWS * columns.len());
        for _ in 0..ROWS {
            numbers.extend(columns.iter().map(|column| value(&column.kind, &mut random)));
        }
        Self { width: columns.len(), numbers }
    }

    /// These numbers as [`ROWS`] rows.
    ///
    /// # Panics
    /// If the rows are not all as wide.
    pub fn new(numbers: Vec<f64>) -> Self {
        assert!(numbers.len().is_multiple_of(ROWS), "{} numbers are not {ROWS} rows", numbers.len());
        Self { width: numbers.len() / ROWS, numbers }
    }

    /// So many rows from this one on.
    pub fn slice(&self, first: usize, count: usize) -> &[f64] {
        &self.numbers[first * self.width..][..count * self.width]
    }

    /// The row with this index.
    pub fn row(&self, index: usize) -> &[f64] {
        self.slice(index, 1)
    }
}

fn value(kind: &ColumnKind, random: &mut Rng) -> f64 {
    match kind {
        // A missing offset is not a row that a model scores.
        ColumnKind::Offset => random.f64(),
        _ if random.f64() < MISSING_SHARE => f64::NAN,
        ColumnKind::Numeric { thresholds } => number(thresholds.unwrap_or((0.0, 1.0)), random.f64()),
        ColumnKind::Categorical { domain, .. } => random.usize(..domain.levels.len().max(1)) as f64,
    }
}

/// A number between a column's thresholds or not far beyond; `share` is where.
fn number((least, greatest): (f64, f64), share: f64) -> f64 {
    let span = if least < greatest { greatest - least } else { least.abs().max(1.0) };
    let low = (least - MARGIN * span).max(f64::MIN);
    let high = (greatest + MARGIN * span).min(f64::MAX);
    // Weighted so, and not by the difference, it stays finite for any thresholds.
    low * (1.0 - share) + high * share
}

#[cfg(test)]
mod tests {
    use super::{ROWS, Rows, number};
    use model_runtime::{Column, ColumnKind};
    use std::collections::HashSet;

    #[test]
    fn numbers_lie_between_the_thresholds_and_a_tenth_beyond() {
        assert_eq!([number((0.0, 10.0), 0.0), number((0.0, 10.0), 1.0)], [-1.0, 11.0]);
        assert_eq!([number((5.0, 5.0), 0.0), number((5.0, 5.0), 1.0)], [4.5, 5.5]);
        assert!(number((f64::MIN, f64::MAX), 0.5).is_finite());
    }

    #[test]
    fn rows_are_the_same_each_time_differ_and_lack_a_tenth() {
        let kind = ColumnKind::Numeric { thresholds: Some((1.0, 2.0)) };
        let columns = [Column { name: "x", field: "x", kind, splits: 1 }];
        let (rows, again) = (Rows::random(&columns), Rows::random(&columns));
        let bits = |rows: &Rows| rows.numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&rows), bits(&again));
        let missing = rows.numbers.iter().filter(|number| number.is_nan()).count();
        assert!((ROWS / 11..ROWS / 9).contains(&missing), "{missing} of {ROWS}");
        let distinct: HashSet<u64> = bits(&rows).into_iter().collect();
        assert_eq!(distinct.len(), ROWS - missing + 1);
    }
}
