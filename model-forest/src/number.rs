//! What trees add up: 32-bit or 64-bit floats, as the trainer did.

use std::ops::{Add, AddAssign, Mul};

/// A float that leaves and sums are made of.
pub(crate) trait Number:
    Copy + Default + Add<Output = Self> + Mul<Output = Self> + AddAssign + 'static
{
    /// The nearest number of this width.
    fn of(number: f64) -> Self;

    /// The same number as a 64-bit float.
    fn widened(self) -> f64;
}

impl Number for f64 {
    #[inline(always)]
    fn of(number: f64) -> Self {
        number
    }

    #[inline(always)]
    fn widened(self) -> f64 {
        self
    }
}

impl Number for f32 {
    #[inline(always)]
    fn of(number: f64) -> Self {
        number as f32
    }

    #[inline(always)]
    fn widened(self) -> f64 {
        f64::from(self)
    }
}
