//! How large a model may be. Each limit is far above what trainers make, and low enough that generating and compiling
//! ends; past it a model is refused with the limit's name and number.

/// Splits between a root and a leaf. Trainers stop at tens; a chain of this length still takes only megabytes of stack
/// to read.
pub const DEPTH_MAX: usize = 20_000;

/// Nodes of all trees together. Straight-line code of so many takes the compiler about ten minutes and tens of
/// gigabytes.
pub const NODES_MAX: usize = 2_000_000;

/// Nodes from which on a build warns of its length: the compiler takes about a second for 4,000.
pub const NODES_WARNING: usize = 100_000;

/// Columns of a row. Each is a field of a struct, and rows of this length are past what a Kafka record carries.
pub const COLUMNS_MAX: usize = 10_000;

/// Levels of a categorical column. Each is a variant of an enum, and rustc's memory grows with their square: 2 GB and 5 s
/// here, 10 GB and 26 s at twice as many.
pub const LEVELS_MAX: usize = 10_000;

/// Classes of a classification. Each is a variant of an enum, and has trees of its own; H2O itself stops at 1,000.
pub const CLASSES_MAX: usize = 10_000;

/// Levels of all categorical columns of a model together.
pub const LEVELS_TOTAL_MAX: usize = 100_000;
