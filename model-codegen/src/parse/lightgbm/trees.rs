//! A file's trees as the IR's, or all that is wrong with them.

use super::{
    SAVE_AGAIN,
    model::{Missing, Question, RawLeaf, RawNode, RawSplit, RawTree},
};
use crate::{
    ir::{
        Code, ColumnId, Direction, FeatureId, Leaf, LeafId, Linear, Node, NodeId, Number, Output, OutputId,
        Precision, Split, Test, Tree,
    },
    parse::columns::Columns,
    problem::Problem,
};

/// Up to this magnitude a number is 0: `1e-35f`, widened.
pub(super) const ZERO_MAGNITUDE: f64 = 1.000_000_018_002_509_5e-35;

/// The first number that is no category's code: codes are 32-bit integers.
pub(super) const CODES: u32 = 1 << 31;

/// The trees, and the columns with the features that they test.
#[derive(Debug)]
pub(super) struct Converted {
    pub trees: Vec<Tree>,
    pub columns: Columns,
}

/// Converts all trees; those that are ill-formed are missing, and `problems` says why.
pub(super) fn convert(
    trees: &[RawTree],
    outputs: usize,
    columns: Columns,
    problems: &mut Vec<Problem>,
) -> Converted {
    let mut converted = Converted { trees: Vec::new(), columns };
    for (index, raw) in trees.iter().enumerate() {
        let mut reader = Reader { index, raw, columns: &mut converted.columns, problems };
        let tree = reader.read(Output::One(OutputId::new(index % outputs)));
        converted.trees.extend(tree);
    }
    converted
}

struct Reader<'a> {
    index: usize,
    raw: &'a RawTree,
    columns: &'a mut Columns,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, output: Output) -> Option<Tree> {
        let problems_before = self.problems.len();
        let (mut nodes, mut leaves) = (Vec::new(), Vec::new());
        // Breadth first: a node's id is its place in this order.
        let mut order = vec![0_usize];
        while nodes.len() < order.len() {
            let at = order[nodes.len()];
            let split = match self.raw.nodes.get(at) {
                None => {
                    self.refuse(at, format!("there is no node {at} of {}", self.raw.nodes.len()));
                    return None;
                }
                Some(RawNode::Leaf(leaf)) => {
                    nodes.push(Node::Leaf(LeafId::new(leaves.len())));
                    leaves.push(self.leaf(at, leaf));
                    continue;
                }
                Some(RawNode::Split(split)) => split,
            };
            let (feature, test, missing) = self.question(at, split)?;
            let (left, right) = (NodeId::new(order.len()), NodeId::new(order.len() + 1));
            order.extend(split.children);
            if order.len() > self.raw.nodes.len() {
                self.refuse(at, "two splits lead to one node".into());
                return None;
            }
            nodes.push(Node::Split(Split { feature, test, missing, left, right }));
        }
        if self.problems.len() > problems_before {
            return None;
        }
        let tree = Tree::new(nodes, leaves, output);
        if let Err(error) = &tree {
            self.refuse(0, format!("the nodes are no tree ({error:?})"));
        }
        tree.ok()
    }

    fn question(&mut self, at: usize, split: &RawSplit) -> Option<(FeatureId, Test, Direction)> {
        let column = self.column(at, split.feature)?;
        match &split.question {
            Question::Threshold(threshold) if threshold.is_nan() => {
                self.refuse(at, "the threshold is NaN".into());
                None
            }
            Question::Threshold(threshold) => {
                let missing = match split.missing {
                    // NaN counts as 0, and is never missing.
                    Missing::Nothing => Direction::left_if(0.0 <= *threshold),
                    Missing::Zero | Missing::NaN => Direction::left_if(split.default_left),
                };
                if let Some(levels) = self.columns.levels(column) {
                    // An ordered category is compared by its code, of which 0 may count as missing.
                    let goes_left = |code: &usize| match split.missing {
                        Missing::Zero if *code == 0 => split.default_left,
                        _ => *code as f64 <= *threshold,
                    };
                    let set = (0..levels).filter(goes_left).collect();
                    let test = Test::Member { set, members: Direction::Left };
                    return Some((self.category(column), test, missing));
                }
                let feature = self.number(at, column, split.missing == Missing::Zero)?;
                Some((feature, Test::LessOrEqual(*threshold), missing))
            }
            Question::Categories(codes) => {
                let limit = self.columns.levels(column).unwrap_or(CODES as usize);
                if let Some(code) = codes.iter().find(|code| **code >= limit) {
                    self.refuse(at, format!("the split asks for category {code} of {limit}"));
                    return None;
                }
                let set = codes.iter().copied().collect();
                Some((
                    self.category(column),
                    Test::Member { set, members: Direction::Left },
                    Direction::Right,
                ))
            }
        }
    }

    fn leaf(&mut self, at: usize, leaf: &RawLeaf) -> Leaf {
        if !leaf.value.is_finite() {
            self.refuse(at, format!("the leaf is {}", leaf.value));
        }
        let Some(linear) = &leaf.linear else { return Leaf::Value(leaf.value) };
        if !linear.constant.is_finite() || !linear.terms.iter().all(|(_, factor)| factor.is_finite()) {
            self.refuse(at, "a number of the linear leaf is not finite".into());
        }
        let mut terms = Vec::new();
        for (column, coefficient) in &linear.terms {
            let column = self.column(at, *column);
            let feature = column.and_then(|column| self.number(at, column, false));
            terms.extend(feature.map(|feature| (feature, *coefficient)));
        }
        Leaf::Linear(Box::new(Linear { constant: linear.constant, terms, otherwise: leaf.value }))
    }

    fn column(&mut self, at: usize, column: usize) -> Option<ColumnId> {
        let count = self.columns.all.len();
        if column >= count {
            self.refuse(at, format!("it reads column {column} of {count}"));
            return None;
        }
        Some(ColumnId::new(column))
    }

    fn category(&mut self, column: ColumnId) -> FeatureId {
        self.columns.category(Code {
            column,
            precision: Precision::F64,
            limit: CODES,
            negative_fraction_is_zero: true,
        })
    }

    fn number(&mut self, at: usize, column: ColumnId, zero_is_missing: bool) -> Option<FeatureId> {
        let number = Number { zero_magnitude: ZERO_MAGNITUDE, zero_is_missing, ..Number::exact(column) };
        let feature = self.columns.number(number);
        if feature.is_none() {
            let name = &self.columns.all[column.index()].name;
            let found = format!("it takes `{name}`, which has categories, for a number");
            self.refuse(at, found);
        }
        feature
    }

    fn refuse(&mut self, at: usize, found: String) {
        let node = match self.raw.nodes.get(at) {
            Some(RawNode::Split(split)) => Some(format!("split {}", split.index)),
            Some(RawNode::Leaf(leaf)) => Some(format!("leaf {}", leaf.index)),
            None => None,
        };
        let problem = Problem::new(found, SAVE_AGAIN).at(self.raw.place.clone());
        self.problems.push(Problem { tree: Some(self.index), node, ..problem });
    }
}
