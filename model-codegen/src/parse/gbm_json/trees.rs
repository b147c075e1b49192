//! A file's trees as the IR's, or all that is wrong with them.

use super::{
    READ_DOCUMENT,
    raw::{Dump, Numbers, RawLeaf, RawNode, RawTree},
};
use crate::{
    ir::{
        Code, ColumnId, Direction, FeatureId, Leaf, LeafId, Node, NodeId, Number, Output, OutputId,
        Precision, Split, Test, Tree,
    },
    parse::columns::Columns,
    problem::Problem,
};

/// The trees with their weights, and the columns with the features that they test.
#[derive(Debug)]
pub(super) struct Converted {
    pub trees: Vec<Tree>,
    /// None where all weights are 1.
    pub weights: Option<Vec<f64>>,
    pub columns: Columns,
}

/// Converts all trees; those that are ill-formed are missing, and `problems` says why.
pub(super) fn convert(
    dump: &Dump,
    outputs: usize,
    columns: Columns,
    problems: &mut Vec<Problem>,
) -> Converted {
    if dump.trees.is_empty() {
        problems.push(Problem::new("there are 0 trees", "write a trained model").at("trees"));
    }
    let precision = match dump.numbers {
        Numbers::Float32 => Precision::F32,
        Numbers::Float64 => Precision::F64,
    };
    let mut converted = Converted { trees: Vec::new(), weights: None, columns };
    for (index, raw) in dump.trees.iter().enumerate() {
        let columns = &mut converted.columns;
        let mut reader = Reader { index, raw, outputs, precision, columns, problems };
        let tree = reader.read();
        converted.trees.extend(tree);
    }
    if dump.trees.iter().any(|tree| tree.weight.is_some()) {
        converted.weights = Some(dump.trees.iter().map(|tree| tree.weight.unwrap_or(1.0)).collect());
    }
    converted
}

struct Reader<'a> {
    index: usize,
    raw: &'a RawTree,
    outputs: usize,
    precision: Precision,
    columns: &'a mut Columns,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self) -> Option<Tree> {
        let problems_before = self.problems.len();
        let output = self.output()?;
        let (mut nodes, mut leaves) = (Vec::new(), Vec::new());
        // Breadth first: a node's id is its place in this order.
        let mut order = vec![0_usize];
        let mut is_reached = vec![false; self.raw.nodes.len()];
        while nodes.len() < order.len() {
            let at = order[nodes.len()];
            let Some(node) = self.raw.nodes.get(at) else {
                self.refuse(at, format!("there is no such node among {}", self.raw.nodes.len()));
                return None;
            };
            if std::mem::replace(&mut is_reached[at], true) {
                self.refuse(at, "two splits lead to the node".into());
                return None;
            }
            if let Some(leaf) = &node.leaf {
                nodes.push(Node::Leaf(LeafId::new(leaves.len())));
                leaves.extend(self.leaf(at, node, leaf, output));
                continue;
            }
            let (feature, test) = self.question(at, node)?;
            let (Some(left), Some(right)) = (node.left, node.right) else {
                self.refuse(at, "the split has no `left` and `right`".into());
                return None;
            };
            nodes.push(Node::Split(Split {
                feature,
                test,
                missing: Direction::left_if(node.missing_left == Some(true)),
                left: NodeId::new(order.len()),
                right: NodeId::new(order.len() + 1),
            }));
            order.extend([left, right]);
        }
        if let Some(stray) = is_reached.iter().position(|is_reached| !is_reached) {
            self.refuse(stray, "no split leads to the node".into());
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

    /// All margins where the leaves are arrays, else one.
    fn output(&mut self) -> Option<Output> {
        if let Some(weight) = self.raw.weight.filter(|weight| !weight.is_finite()) {
            self.refuse_tree("weight", format!("the weight is {weight}"));
        }
        let is_vector = self.raw.nodes.iter().any(|node| matches!(node.leaf, Some(RawLeaf::All(_))));
        let output = self.raw.output.unwrap_or(0);
        if is_vector && self.raw.output.is_some() {
            self.refuse_tree("output", "the leaves are arrays, which add to all margins".into());
            return None;
        }
        if !is_vector && output >= self.outputs {
            self.refuse_tree("output", format!("there is no margin {output} of {}", self.outputs));
            return None;
        }
        Some(if is_vector { Output::All } else { Output::One(OutputId::new(output)) })
    }

    fn question(&mut self, at: usize, node: &RawNode) -> Option<(FeatureId, Test)> {
        let column = self.column(at, node)?;
        let name = &self.columns.all[column.index()].name;
        match (node.at_most, node.below, &node.levels) {
            (Some(threshold), None, None) => {
                let test = Test::LessOrEqual(at_most(threshold.0, self.precision));
                Some((self.number(at, column)?, test))
            }
            (None, Some(threshold), None) => {
                let test = Test::Less(below(threshold.0, self.precision));
                Some((self.number(at, column)?, test))
            }
            (None, None, Some(levels)) => {
                let Some(count) = self.columns.levels(column) else {
                    let found = format!("the split asks for levels of `{name}`, which has none");
                    self.refuse(at, found);
                    return None;
                };
                if let Some(level) = levels.iter().find(|level| **level >= count) {
                    self.refuse(at, format!("the split asks for level {level} of {count}"));
                    return None;
                }
                let code =
                    Code { column, precision: Precision::F64, limit: 0, negative_fraction_is_zero: false };
                let set = levels.iter().copied().collect();
                Some((self.columns.category(code), Test::Member { set, members: Direction::Left }))
            }
            _ => {
                self.refuse(at, "a node has one of `at_most`, `below`, `levels` and `leaf`".into());
                None
            }
        }
    }

    fn column(&mut self, at: usize, node: &RawNode) -> Option<ColumnId> {
        let count = self.columns.all.len();
        match node.column {
            Some(column) if column < count => Some(ColumnId::new(column)),
            Some(column) => {
                self.refuse(at, format!("the split tests column {column} of {count}"));
                None
            }
            None => {
                self.refuse(at, "the node is no leaf and tests no column".into());
                None
            }
        }
    }

    fn number(&mut self, at: usize, column: ColumnId) -> Option<FeatureId> {
        let feature = self.columns.number(Number { precision: self.precision, ..Number::exact(column) });
        if feature.is_none() {
            let name = &self.columns.all[column.index()].name;
            let found = format!("the split compares `{name}`, which has levels, with a number");
            self.refuse(at, found);
        }
        feature
    }

    fn leaf(&mut self, at: usize, node: &RawNode, leaf: &RawLeaf, output: Output) -> Option<Leaf> {
        let of_split = node.column.is_some()
            || node.at_most.is_some()
            || node.below.is_some()
            || node.levels.is_some()
            || node.missing_left.is_some()
            || node.left.is_some()
            || node.right.is_some();
        if of_split {
            self.refuse(at, "the leaf has keys of a split".into());
        }
        match leaf {
            RawLeaf::One(number) if output != Output::All => Some(Leaf::Value(*number)),
            RawLeaf::All(numbers) if numbers.len() == self.outputs => {
                Some(Leaf::Vector(numbers.as_slice().into()))
            }
            RawLeaf::One(_) => {
                self.refuse(at, "the leaf is a number and another of this tree an array".into());
                None
            }
            RawLeaf::All(numbers) => {
                let found = format!("the leaf has {} numbers for {} margins", numbers.len(), self.outputs);
                self.refuse(at, found);
                None
            }
        }
    }

    fn refuse(&mut self, at: usize, found: String) {
        let place = format!("trees[{}].nodes[{at}]", self.index);
        self.problems.push(Problem::new(found, READ_DOCUMENT).at(place));
    }

    fn refuse_tree(&mut self, key: &str, found: String) {
        let place = format!("trees[{}].{key}", self.index);
        self.problems.push(Problem::new(found, READ_DOCUMENT).at(place));
    }
}

/// The threshold that a number of this precision is at most where it is at most the given one.
fn at_most(threshold: f64, precision: Precision) -> f64 {
    let rounded = precision.round(threshold);
    if rounded > threshold { f64::from((rounded as f32).next_down()) } else { rounded }
}

/// The threshold that a number of this precision is below where it is below the given one.
fn below(threshold: f64, precision: Precision) -> f64 {
    let rounded = precision.round(threshold);
    if rounded < threshold { f64::from((rounded as f32).next_up()) } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Single-precision neighbours around a threshold that lies between two of them, and at the ends.
    #[test]
    fn thresholds_part_the_same_single_precision_numbers_as_before() {
        let thresholds = [
            0.1,
            -0.1,
            0.0,
            1e-50,
            -1e-50,
            1e300,
            -1e300,
            f64::INFINITY,
            f64::NEG_INFINITY,
            2240.5,
            1.0 / 3.0,
            f64::from(f32::MAX),
            f64::from(f32::MAX) * 1.000_000_01,
        ];
        for threshold in thresholds {
            let near = threshold as f32;
            let numbers = [
                near,
                near.next_up(),
                near.next_down(),
                0.0,
                -0.0,
                f32::MAX,
                f32::MIN,
                f32::INFINITY,
                f32::NEG_INFINITY,
                1e-45,
                -1e-45,
            ];
            for number in numbers.map(f64::from) {
                let (most, least) = (at_most(threshold, Precision::F32), below(threshold, Precision::F32));
                assert_eq!(number <= most, number <= threshold, "{number} at most {threshold}");
                assert_eq!(number < least, number < threshold, "{number} below {threshold}");
                assert!(Precision::F32.round(most) == most && Precision::F32.round(least) == least);
            }
        }
    }

    #[test]
    fn thresholds_of_doubles_stay_as_they_are() {
        assert_eq!((at_most(0.1, Precision::F64), below(0.1, Precision::F64)), (0.1, 0.1));
    }
}
