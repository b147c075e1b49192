//! What happens to sums before the first tree and after the last.

use crate::{
    forest::{Forest, Offset, Sums},
    number::Number,
};

impl Forest {
    /// The offset of this flat row, where it has one.
    #[inline(always)]
    pub(crate) fn offset(&self, row: &[f64]) -> Option<f64> {
        self.sums.offset.and_then(|_| row.last().copied())
    }
}

impl Sums {
    /// What the sum of an output starts from.
    #[inline(always)]
    pub(crate) fn start<N: Number>(&self, output: usize, offset: Option<f64>) -> N {
        match (self.offset, offset) {
            (Some(Offset::Start), Some(offset)) => N::of(offset),
            _ => N::of(self.start[output]),
        }
    }

    /// The margin that a sum becomes.
    #[inline(always)]
    pub(crate) fn finish<N: Number>(&self, output: usize, mut sum: N, offset: Option<f64>) -> f64 {
        if let Some(scale) = self.scale {
            sum = sum * N::of(scale);
        }
        if let Some(end) = self.end {
            sum += N::of(end[output]);
        }
        if let (Some(Offset::End), Some(offset)) = (self.offset, offset) {
            sum += N::of(offset);
        }
        sum.widened()
    }
}
