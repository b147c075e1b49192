//! Scores a forest whose every threshold is known when it is compiled: the ranked form of a generated model.
//!
//! In goes, for each row, the rank of each of its values among the thresholds that the trees compare it with; out comes, for each
//! output, the sum of the leaves that the row falls into, tree after tree. A split then is a bit of the row, its
//! *mask*: whether the rank is above the threshold's. All trees share the masks, and no branch depends on a value.
//!
//! - [`Cells`], [`bisect`]: a value's rank, exactly;
//! - [`Forest`]: a model's tables, as generated code states them;
//! - [`Kernels`]: the code that scores them, for any processor and for AVX2 and AVX-512; every one gives the same bits.
//!
//! Nothing here allocates once a thread has scored a batch of the model.

mod accumulate;
mod batch;
mod forest;
mod kernels;
mod number;
mod rank;
mod row;
mod scratch;
#[allow(unsafe_code, reason = "reads numbers where their bytes were included")]
mod tables;

pub use forest::{Forest, Group, Input, Offset, Output, Questions, Sums, Trees};
pub use kernels::Kernels;
pub use rank::{Cells, bisect};
pub use tables::Tables;
