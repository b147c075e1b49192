//! A file's trees as the IR's, or all that is wrong with them.

use super::{
    SAVE_AGAIN,
    raw::{Model, RawTree},
};
use crate::{
    ir::{
        CategorySet, Code, ColumnId, Direction, FeatureId, Leaf, LeafId, Node, NodeId, Number, Output,
        OutputId, Precision, Split, Test, Tree,
    },
    parse::columns::Columns,
    problem::Problem,
};

/// The first number that is no category's code: a 32-bit float holds no more integers in a row.
const CODES: u32 = 1 << 24;

/// What all trees of a file have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// How many margins there are.
    pub outputs: usize,
    /// Whether each tree has a weight.
    pub is_weighted: bool,
    /// Whether vector leaves have rows of their own, or share those that every node has.
    pub has_leaf_rows: bool,
}

/// The trees, and the columns with the features that they test.
#[derive(Debug)]
pub(super) struct Converted {
    pub trees: Vec<Tree>,
    pub columns: Columns,
}

/// Converts trees; those that are ill-formed are missing, and `problems` says why.
pub(super) fn convert(
    trees: &[RawTree],
    model: &Model,
    layout: Layout,
    columns: Columns,
    problems: &mut Vec<Problem>,
) -> Converted {
    if trees.is_empty() {
        let problem = Problem::new("there are 0 trees", "save a trained model");
        problems.push(problem.at("learner.gradient_booster.model.trees"));
    }
    let mut converted = Converted { trees: Vec::new(), columns };
    for (index, raw) in trees.iter().enumerate() {
        let place = format!("learner.gradient_booster.model.trees[{index}]");
        let columns = &mut converted.columns;
        let mut reader = Reader { index, place, raw, layout, columns, problems };
        let tree = reader.read(model.tree_info.get(index).copied());
        converted.trees.extend(tree);
    }
    converted
}

struct Reader<'a> {
    index: usize,
    place: String,
    raw: &'a RawTree,
    layout: Layout,
    columns: &'a mut Columns,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, output: Option<usize>) -> Option<Tree> {
        let problems_before = self.problems.len();
        let output = self.output(output);
        self.check_lengths();
        if self.problems.len() > problems_before {
            return None;
        }
        let (mut nodes, mut leaves) = (Vec::new(), Vec::new());
        // Breadth first: a node's id is its place in this order. Nodes that pruning left behind are never reached.
        let mut order = vec![0_usize];
        let mut reached = vec![false; self.raw.left_children.len()];
        while nodes.len() < order.len() {
            let raw = order[nodes.len()];
            if reached[raw] {
                self.refuse(raw, "two splits lead to the node".into());
                return None;
            }
            reached[raw] = true;
            if self.raw.is_leaf(raw) {
                nodes.push(Node::Leaf(LeafId::new(leaves.len())));
                leaves.push(self.leaf(raw, output?));
                continue;
            }
            let question = self.question(raw);
            let (Some([left, right]), Some((feature, test))) = (self.children(raw), question) else {
                return None;
            };
            let (left_id, right_id) = (NodeId::new(order.len()), NodeId::new(order.len() + 1));
            order.extend([left, right]);
            let missing = Direction::left_if(self.raw.default_left[raw].0);
            nodes.push(Node::Split(Split { feature, test, missing, left: left_id, right: right_id }));
        }
        if self.problems.len() > problems_before {
            return None;
        }
        let tree = Tree::new(nodes, leaves, output?);
        if let Err(error) = &tree {
            self.refuse(0, format!("the nodes are no tree ({error:?})"));
        }
        tree.ok()
    }

    fn output(&mut self, output: Option<usize>) -> Option<Output> {
        let size = self.raw.tree_param.size_leaf_vector.0;
        if size > 1 {
            if size != self.layout.outputs {
                self.refuse(0, format!("leaves hold {size} numbers for {} margins", self.layout.outputs));
                return None;
            }
            if !self.layout.has_leaf_rows && !self.raw.leaf_weights.is_empty() {
                self.refuse(
                    0,
                    "`leaf_weights` stands there, which the release of `version` does not write".into(),
                );
                return None;
            }
            return Some(Output::All);
        }
        if !self.raw.leaf_weights.is_empty() {
            self.refuse(0, "`leaf_weights` holds vectors, and `size_leaf_vector` tells of none".into());
            return None;
        }
        let output = output.filter(|output| *output < self.layout.outputs);
        if output.is_none() {
            let found = format!("`tree_info` gives the tree none of the {} margins", self.layout.outputs);
            self.refuse(0, found);
        }
        output.map(|output| Output::One(OutputId::new(output)))
    }

    fn check_lengths(&mut self) {
        let raw = self.raw;
        let nodes = raw.left_children.len();
        let lengths = [
            ("right_children", raw.right_children.len()),
            ("split_indices", raw.split_indices.len()),
            ("split_conditions", raw.split_conditions.len()),
            ("default_left", raw.default_left.len()),
        ];
        if nodes == 0 {
            self.refuse(0, "the tree has no node".into());
        }
        for (key, length) in lengths.into_iter().filter(|(_, length)| *length != nodes) {
            self.refuse(0, format!("`{key}` is of {length} nodes and `left_children` of {nodes}"));
        }
        let lists = raw.categories_nodes.len();
        if raw.categories_segments.len() != lists || raw.categories_sizes.len() != lists {
            self.refuse(0, "the lists of categories are not of the same nodes".into());
        }
    }

    fn children(&mut self, raw: usize) -> Option<[usize; 2]> {
        let nodes = self.raw.left_children.len();
        let children = [self.raw.left_children[raw], self.raw.right_children[raw]];
        let known = children.map(|child| usize::try_from(child).ok().filter(|child| *child < nodes));
        if let [Some(left), Some(right)] = known {
            return Some([left, right]);
        }
        self.refuse(raw, format!("the children are {} and {} of {nodes} nodes", children[0], children[1]));
        None
    }

    fn question(&mut self, raw: usize) -> Option<(FeatureId, Test)> {
        let column = self.raw.split_indices[raw] as usize;
        let count = self.columns.all.len();
        if column >= count {
            self.refuse(raw, format!("the split tests column {column} of {count}"));
            return None;
        }
        let column = ColumnId::new(column);
        if self.raw.is_categorical(raw) {
            let set = self.categories(raw, column)?;
            let feature = self.columns.category(Code {
                column,
                precision: Precision::F32,
                limit: CODES,
                negative_fraction_is_zero: false,
            });
            return Some((feature, Test::Member { set, members: Direction::Right }));
        }
        let threshold = self.raw.split_conditions[raw];
        if !threshold.is_finite() {
            self.refuse(raw, format!("the threshold is {threshold}, no finite 32-bit float"));
            return None;
        }
        let feature = self.columns.number(Number { precision: Precision::F32, ..Number::exact(column) });
        if feature.is_none() {
            let name = &self.columns.all[column.index()].name;
            let found = format!("a split compares `{name}`, which has categories, with a number");
            self.refuse(raw, found);
        }
        Some((feature?, Test::Less(f64::from(threshold))))
    }

    /// The categories that go right.
    fn categories(&mut self, raw: usize, column: ColumnId) -> Option<CategorySet> {
        let tree = self.raw;
        let list = tree.categories_nodes.iter().position(|node| *node == raw).and_then(|at| {
            let (start, size) = (tree.categories_segments[at], tree.categories_sizes[at]);
            tree.categories.get(start..start.checked_add(size)?)
        });
        let Some(list) = list else {
            self.refuse(raw, "the split asks for a category and has no list of them".into());
            return None;
        };
        let limit = self.columns.levels(column).unwrap_or(CODES as usize);
        if let Some(code) = list.iter().find(|code| **code as usize >= limit) {
            let found = format!("the split asks for category {code} of {limit}");
            self.refuse(raw, found);
            return None;
        }
        Some(list.iter().map(|code| *code as usize).collect())
    }

    fn leaf(&mut self, raw: usize, output: Output) -> Leaf {
        if output == Output::All {
            let (key, weights, row) = if self.layout.has_leaf_rows {
                ("leaf_weights", &self.raw.leaf_weights, usize::try_from(self.raw.right_children[raw]).ok())
            } else {
                ("base_weights", &self.raw.base_weights, Some(raw))
            };
            let start = row.and_then(|row| row.checked_mul(self.layout.outputs));
            let numbers = start.and_then(|start| weights.get(start..)?.get(..self.layout.outputs));
            let Some(numbers) = numbers.filter(|numbers| numbers.iter().all(|number| number.is_finite()))
            else {
                self.refuse(raw, format!("the leaf has no row of finite numbers in `{key}`"));
                return Leaf::Vector(Box::default());
            };
            return Leaf::Vector(numbers.iter().map(|number| self.widened(*number)).collect());
        }
        let number = self.raw.split_conditions[raw];
        if !number.is_finite() {
            self.refuse(raw, format!("the leaf is {number}, no finite 32-bit float"));
        }
        Leaf::Value(self.widened(number))
    }

    /// A leaf's number. Where trees have weights, `XGBoost` adds it to 0 first, which makes 0 of -0.
    fn widened(&self, number: f32) -> f64 {
        if self.layout.is_weighted { f64::from(number) + 0.0 } else { f64::from(number) }
    }

    fn refuse(&mut self, raw: usize, found: String) {
        self.problems.push(Problem {
            tree: Some(self.index),
            node: Some(raw.to_string()),
            ..Problem::new(found, SAVE_AGAIN).at(self.place.clone())
        });
    }
}
