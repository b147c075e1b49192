//! A value's rank: how many of a feature's thresholds it reaches. Exact, for any number; NaN has
//! rank 0, or as many as it is to reach.

/// Sorted thresholds with a table that leads to the few of them that are near a value.
///
/// The range is cut into equal cells. A value's cell grows with the value, whatever is rounded on the way, so that the
/// thresholds of lower cells are all reached and those of higher cells are not. Those of the value's own cell are among the
/// `NEAR` that follow the lower ones: where these are few the value is compared with each, else they are bisected, and `NEAR` is
/// one less than a power of two.
#[derive(Clone, Copy, Debug)]
pub struct Cells<const NEAR: usize> {
    least: f64,
    scale: f64,
    last: f64,
    start: &'static [u16],
    thresholds: &'static [f64],
}

impl<const NEAR: usize> Cells<NEAR> {
    /// Up to so many thresholds near a value are compared each. With 9 for 5 one row took 4 % longer with 500 trees and 250 to 1,350
    /// thresholds a feature, 2 % with 775 trees and up to 3,900; with 3 it took as long as with 9 (AMD EPYC of the third generation).
    pub const COMPARED_MAX: usize = 5;

    /// Up to so many are bisected.
    pub const BISECTED_MAX: usize = 255;

    /// The first cell begins at `least`, and `scale` cells are one unit. For each cell `start` has the number of thresholds
    /// in lower ones; `thresholds` are in ascending order, and behind them stand `NEAR` times NaN.
    ///
    /// # Panics
    /// If there is no cell, or one that begins behind the thresholds; if `NEAR` is more than [`Self::COMPARED_MAX`], but not 7, 15,
    /// 31, 63, 127 or 255; or if thresholds and NaN are more than 16 bits count. In a static it does not compile.
    pub const fn new(least: f64, scale: f64, start: &'static [u16], thresholds: &'static [f64]) -> Self {
        assert!(!start.is_empty(), "a table of cells has one at least");
        assert!(
            NEAR <= Self::COMPARED_MAX || (NEAR + 1).is_power_of_two() && NEAR <= Self::BISECTED_MAX,
            "bisected are one less than a power of two, and 255 at most"
        );
        assert!(thresholds.len() <= u16::MAX as usize, "ranks have 16 bits");
        let mut cell = 0;
        while cell < start.len() {
            assert!(start[cell] as usize + NEAR <= thresholds.len(), "a cell begins behind the thresholds");
            cell += 1;
        }
        Self { least, scale, last: (start.len() - 1) as f64, start, thresholds }
    }

    /// How many thresholds the value reaches.
    ///
    /// ```
    /// use model_forest::Cells;
    ///
    /// static CELLS: Cells<2> = Cells::new(1.0, 1.0, &[0, 2], &[1.0, 1.5, 2.5, f64::NAN, f64::NAN]);
    /// let ranks = [0.9, 1.0, 1.4, 1.5, 2.4, 2.5, 1e300, f64::INFINITY, f64::NAN].map(|value| CELLS.rank(value));
    /// assert_eq!(ranks, [0, 1, 1, 2, 2, 3, 3, 3, 0]);
    /// ```
    #[inline]
    pub fn rank(&self, value: f64) -> u16 {
        // NaN fails the first comparison and has cell 0. Each is one instruction, and no branch.
        let cell = (value - self.least) * self.scale;
        let cell = if cell > 0.0 { cell } else { 0.0 };
        let cell = if cell < self.last { cell } else { self.last };
        self.rank_from(cell, value)
    }

    /// The same, but NaN reaches as many thresholds as lie in cells before the last one: all, where the last one has none.
    ///
    /// ```
    /// use model_forest::Cells;
    ///
    /// static CELLS: Cells<1> = Cells::new(1.0, 1.0, &[0, 1, 2], &[1.0, 2.5, f64::NAN]);
    /// let ranks = [0.9, 1.0, 2.4, 2.5, 3.0, f64::INFINITY, f64::NAN].map(|value| CELLS.rank_or_last(value));
    /// assert_eq!(ranks, [0, 1, 1, 2, 2, 2, 2]);
    /// ```
    #[inline]
    pub fn rank_or_last(&self, value: f64) -> u16 {
        // Here NaN fails the comparison with the last one.
        let cell = (value - self.least) * self.scale;
        let cell = if cell < self.last { cell } else { self.last };
        let cell = if cell > 0.0 { cell } else { 0.0 };
        self.rank_from(cell, value)
    }

    /// The rank of a value in this cell, from 0 to the last.
    #[inline]
    fn rank_from(&self, cell: f64, value: f64) -> u16 {
        debug_assert!(cell >= 0.0 && cell <= self.last, "a cell from the first to the last");
        // SAFETY: both callers have seen to it that the cell is one from 0 to the last. `new` has seen that there is one, and
        // that so many thresholds follow each start.
        unsafe {
            let start = *self.start.get_unchecked(cell.to_int_unchecked::<i64>() as usize);
            if NEAR <= Self::COMPARED_MAX {
                let near = self.thresholds.get_unchecked(usize::from(start)..usize::from(start) + NEAR);
                return near.iter().fold(start, |rank, threshold| rank + u16::from(value >= *threshold));
            }
            let (mut rank, mut step) = (start, const { (NEAR as u16).div_ceil(2) });
            while step > 0 {
                // The steps, halves of a power of two down to 1, come to `NEAR`, so that none looks farther than that.
                let threshold = self.thresholds.get_unchecked(usize::from(rank + step - 1));
                rank += step * u16::from(value >= *threshold);
                step /= 2;
            }
            rank
        }
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

#[cfg(test)]
mod tests {
    use super::{Cells, bisect};

    /// Checks a table of so many cells with `NEAR` thresholds each, and a last one with an infinite threshold if that may be near.
    fn check<const NEAR: usize>(cells: usize) {
        let of_cell = |cell| (0..NEAR).map(move |index| cell as f64 + index as f64 / NEAR as f64);
        let thresholds: Vec<f64> =
            (0..cells).flat_map(of_cell).chain((NEAR > 0).then_some(f64::INFINITY)).collect();
        let padded = [&thresholds[..], &[f64::NAN; NEAR]].concat();
        let start: Vec<u16> = (0..=cells).map(|cell| (cell * NEAR) as u16).collect();
        let table = Cells::<NEAR>::new(0.0, 1.0, start.leak(), padded.leak());
        let beside = |threshold: &f64| [threshold.next_down(), *threshold, threshold.next_up()];
        let values = thresholds.iter().step_by(1 + thresholds.len() / 500).flat_map(beside);
        for value in values.chain([f64::NEG_INFINITY, -1.0, 1e300, f64::INFINITY, f64::NAN]) {
            assert_eq!(table.rank(value), bisect(&thresholds, value), "{NEAR} near {value:e}, {cells} cells");
        }
        assert_eq!(usize::from(table.rank_or_last(f64::NAN)), cells * NEAR);
    }

    #[test]
    fn ranks_are_those_of_bisecting_all_however_many_thresholds_are_near() {
        // With 255 a cell as many as a rank counts; Miri takes its time.
        for cells in [1, 3, if cfg!(miri) { 9 } else { 250 }] {
            check::<0>(cells);
            check::<1>(cells);
            check::<2>(cells);
            check::<5>(cells);
            check::<7>(cells);
            check::<15>(cells);
            check::<31>(cells);
            check::<63>(cells);
            check::<127>(cells);
            check::<255>(cells);
        }
    }

    #[test]
    #[should_panic(expected = "ranks have 16 bits")]
    fn more_thresholds_than_a_rank_counts_are_refused() {
        let _ = Cells::<1>::new(0.0, 1.0, &[0], vec![f64::NAN; 1 << 16].leak());
    }

    #[test]
    #[should_panic(expected = "one less than a power of two")]
    fn cells_that_cannot_be_bisected_are_refused() {
        let _ = Cells::<8>::new(0.0, 1.0, &[0], &[f64::NAN; 8]);
    }

    #[test]
    #[should_panic(expected = "has one at least")]
    fn no_cells_are_refused() {
        let _ = Cells::<0>::new(0.0, 1.0, &[], &[]);
    }

    #[test]
    #[should_panic(expected = "begins behind the thresholds")]
    fn a_cell_whose_thresholds_are_not_there_is_refused() {
        let _ = Cells::<2>::new(0.0, 1.0, &[0, 1], &[1.0, f64::NAN]);
    }
}
