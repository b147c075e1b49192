//! A model as both notations hold it.

use serde_json::Value;

/// The whole file.
#[derive(Debug)]
pub(super) struct Model {
    pub header: Header,
    pub trees: Vec<RawTree>,
}

/// What stands before the trees, and the data frame's categories behind them.
#[derive(Debug)]
pub(super) struct Header {
    pub version: String,
    pub num_class: usize,
    pub num_tree_per_iteration: usize,
    pub objective: Option<String>,
    pub average_output: bool,
    /// Whether leaves are predictions already, as in random forests of releases before 2.2.
    pub are_predictions: bool,
    pub feature_names: Vec<String>,
    /// What is known of each column.
    pub infos: Vec<Info>,
    pub pandas_categorical: Option<Vec<Vec<Value>>>,
}

/// What the training data held in a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Info {
    /// One value, so that nothing is known of it.
    Constant,
    /// Numbers from the least to the greatest.
    Numbers(f64, f64),
    /// Categories by their codes; -1 is what was missing.
    Categories(Vec<i64>),
    /// The file does not tell: as the JSON of old releases.
    Unknown,
}

/// A tree's nodes; the first is the root.
#[derive(Debug)]
pub(super) struct RawTree {
    /// Where it stands in the file.
    pub place: String,
    pub nodes: Vec<RawNode>,
}

#[derive(Debug)]
pub(super) enum RawNode {
    Split(RawSplit),
    Leaf(RawLeaf),
}

#[derive(Debug)]
pub(super) struct RawSplit {
    /// The number that the file gives it.
    pub index: usize,
    pub feature: usize,
    pub question: Question,
    pub default_left: bool,
    pub missing: Missing,
    pub children: [usize; 2],
}

#[derive(Debug)]
pub(super) enum Question {
    /// What goes left is at most this.
    Threshold(f64),
    /// What goes left is one of these.
    Categories(Vec<usize>),
}

/// What a numeric split takes for missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Nothing,
    Zero,
    NaN,
}

#[derive(Debug)]
pub(super) struct RawLeaf {
    /// The number that the file gives it.
    pub index: usize,
    pub value: f64,
    pub linear: Option<RawLinear>,
}

#[derive(Debug)]
pub(super) struct RawLinear {
    pub constant: f64,
    /// Columns and coefficients.
    pub terms: Vec<(usize, f64)>,
}
