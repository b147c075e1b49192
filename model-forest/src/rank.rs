//! A value's rank: how many of a feature's thresholds it reaches. Exact, for any value; NaN has rank 0.

/// Sorted thresholds with a table that leads to the few of them that are near a value.
///
/// The range is cut into equal cells. A value's cell grows with the value, whatever is rounded on the way, so that the
/// thresholds of lower cells are all reached and those of higher cells are not; those of the value's own cell are
/// compared.
#[derive(Clone, Copy, Debug)]
pub struct Cells {
    /// Where the first cell begins.
    pub least: f64,
    /// Cells a unit.
    pub scale: f64,
    /// For each cell, the number of thresholds in lower ones.
    pub start: &'static [u16],
    /// The thresholds in ascending order, and behind them as many NaN as a value is compared with.
    pub thresholds: &'static [f64],
}

impl Cells {
    /// How many thresholds the value reaches, where no cell holds more than `COMPARES`.
    ///
    /// ```
    /// use model_forest::Cells;
    ///
    /// static CELLS: Cells =
    ///     Cells { least: 1.0, scale: 1.0, start: &[0, 2], thresholds: &[1.0, 1.5, 2.5, f64::NAN, f64::NAN] };
    /// let ranks = [0.9, 1.0, 1.4, 1.5, 2.4, 2.5, 1e300, f64::INFINITY, f64::NAN].map(|value| CELLS.rank::<2>(value));
    /// assert_eq!(ranks, [0, 1, 1, 2, 2, 3, 3, 3, 0]);
    /// ```
    #[inline]
    pub fn rank<const COMPARES: usize>(&self, value: f64) -> u16 {
        // The cast saturates and takes NaN to 0.
        let cell = ((value - self.least) * self.scale) as i32;
        let start = self.start[(cell.max(0) as usize).min(self.start.len() - 1)];
        let mut rank = start;
        for threshold in &self.thresholds[usize::from(start)..][..COMPARES] {
            rank += u16::from(value >= *threshold);
        }
        rank
    }
}

/// How many of these thresholds, in ascending order and fewer than 65,536, the value reaches.
///
/// ```
/// use model_forest::bisect;
///
/// let ranks = [f64::NAN, 0.5, 1.0, 2.0, f64::INFINITY].map(|value| bisect(&[1.0, 1.5, 2.5], value));
/// assert_eq!(ranks, [0, 0, 1, 2, 3]);
/// ```
#[inline]
pub fn bisect(thresholds: &[f64], value: f64) -> u16 {
    thresholds.partition_point(|threshold| value >= *threshold) as u16
}
