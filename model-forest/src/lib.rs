//! Scores a forest whose every threshold is known when it is compiled: the ranked form of a generated model.
//!
//! In goes, for each row, the rank of each of its values among the thresholds that the trees compare it with; out comes, for each
//! output, the sum of the leaves that the row falls into, tree after tree. No branch decides between left and right.
//!
//! - [`Cells`], [`bisect`]: a value's rank, exactly;
//! - [`Forest`]: a model's tables, as generated code states them, in one of two layouts: [`Heaps`] of trees that are filled up
//!   to one depth, or [`Paths`] for trees of any shape;
//! - [`Kernels`]: the code that scores them, for any processor and for AVX2 and AVX-512; every one gives the same bits;
//! - [`Scratch`]: the buffers that the caller owns. With it nothing allocates once a model has been scored.

mod accumulate;
mod forest;
#[allow(
    unsafe_code,
    reason = "instructions that were found at run time, and indices that were checked before"
)]
mod kernels;
mod number;
#[allow(unsafe_code, reason = "indices that were checked when the tables were made")]
mod rank;
mod scratch;

pub use forest::{
    Compare, Forest, Group, Heaps, Input, Layout, Leaves, Offset, Path, Paths, Questions, Sums, Views,
};
pub use kernels::{Kernels, Tables};
pub use rank::{Cells, bisect};
pub use scratch::Scratch;
