//! The intermediate representation: an ensemble of trees as exact as its trainer's own, knowing no format.
//!
//! Comparison, missing direction, unknown categories, precision, order of addition and base margin are explicit, because
//! the last bit depends on each. Parsers absorb the quirks of their sources; past them nothing is ill-formed.

mod dump;
mod ensemble;
mod feature;
mod ids;
mod interpret;
mod tree;

pub use dump::dump;
pub use ensemble::{
    Accumulation, BasePosition, Decision, Ensemble, EnsembleError, Link, Offset, Order, Parts, Probabilities,
    Task, Trainer, Transform,
};
pub use feature::{Code, Column, ColumnKind, Feature, KeyPart, Lookup, Number, Precision};
pub use ids::{ColumnId, FeatureId, LeafId, NodeId, OutputId, TreeId};
pub use interpret::{Interpreter, RowError};
pub use tree::{CategorySet, Direction, Leaf, Linear, Node, Output, Split, Test, Tree, TreeError};
