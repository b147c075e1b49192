//! A dump's trees as the IR's, or all that is wrong with them.

use super::{
    columns::{Columns, whole},
    lossy,
    raw::{Child, RawNode, RawTree, Scalar, Side},
};
use crate::{
    ir::{
        CategorySet, Direction, FeatureId, Leaf, LeafId, Node, NodeId, Output, OutputId, Split, Test, Tree,
    },
    problem::Problem,
};

/// The trees, and how often the dump left a level's way to a guess.
#[derive(Debug, Default)]
pub(super) struct Converted {
    pub trees: Vec<Tree>,
    pub guesses: usize,
}

/// Converts all trees; those that are ill-formed are missing, and `problems` says why.
pub(super) fn convert(
    trees: &[RawTree],
    has_trees: bool,
    columns: &Columns,
    trees_in_group: usize,
    problems: &mut Vec<Problem>,
) -> Converted {
    if trees.is_empty() {
        let found = if has_trees { "there are 0 trees" } else { "there is no list `trees`" };
        problems.push(Problem::new(found, "export a trained model, and the whole of it").at("trees"));
    }
    let mut converted = Converted::default();
    for (index, tree) in trees.iter().enumerate() {
        let Some(root) = tree.root.as_ref().filter(|root| !root.0.is_empty()) else {
            let problem = Problem::new("the tree has no root", EXPORT_AGAIN).at(format!("trees[{index}]"));
            problems.push(Problem { tree: Some(index), ..problem });
            continue;
        };
        let output = Output::One(OutputId::new(index % trees_in_group));
        let reader = TreeReader { index, raw: &root.0, columns, problems };
        if let Some((tree, strays)) = reader.read(output) {
            converted.guesses += lossy::guesses(&tree, &strays, columns);
            converted.trees.push(tree);
        }
    }
    converted
}

const EXPORT_AGAIN: &str = "export the model again";

/// For each node that looks levels up, those that stand in neither child's list.
pub(super) type Strays = Vec<(NodeId, CategorySet)>;

struct TreeReader<'a> {
    index: usize,
    raw: &'a [RawNode],
    columns: &'a Columns,
    problems: &'a mut Vec<Problem>,
}

impl TreeReader<'_> {
    fn read(mut self, output: Output) -> Option<(Tree, Strays)> {
        let problems_before = self.problems.len();
        let (mut nodes, mut leaves, mut strays) = (Vec::new(), Vec::new(), Vec::new());
        // Breadth first: a node's id is its place in this order.
        let mut order = vec![0_usize];
        while nodes.len() < order.len() {
            let raw = order[nodes.len()];
            let id = NodeId::new(nodes.len());
            if self.raw[raw].is_leaf() {
                let leaf = LeafId::new(leaves.len());
                leaves.push(Leaf::Value(self.leaf_value(raw)));
                nodes.push(Node::Leaf(leaf));
                continue;
            }
            let children = self.children(raw);
            let question = self.question(raw);
            let (Some([left, right]), Some((feature, test, missing, stray))) = (children, question) else {
                // The problems say why; what is left of the tree is read for more of them.
                order.extend(self.raw[raw].existing_children());
                nodes.push(Node::Leaf(LeafId::new(0)));
                continue;
            };
            let (left_id, right_id) = (NodeId::new(order.len()), NodeId::new(order.len() + 1));
            order.extend([left, right]);
            strays.extend(stray.filter(|stray| !stray.words().is_empty()).map(|stray| (id, stray)));
            nodes.push(Node::Split(Split { feature, test, missing, left: left_id, right: right_id }));
        }
        if self.problems.len() > problems_before {
            return None;
        }
        match Tree::new(nodes, leaves, output) {
            Ok(tree) => Some((tree, strays)),
            Err(error) => {
                self.refuse(0, format!("the nodes are no tree ({error:?})"), EXPORT_AGAIN);
                None
            }
        }
    }

    fn children(&mut self, raw: usize) -> Option<[usize; 2]> {
        let node = &self.raw[raw];
        let mut children = [None, None];
        for (slot, (key, child)) in
            children.iter_mut().zip([("leftChild", node.left), ("rightChild", node.right)])
        {
            match child {
                Child::Node(child) => *slot = Some(child),
                Child::Absent => self.refuse(raw, format!("the split has no `{key}`"), EXPORT_AGAIN),
                Child::NoObject => self.refuse(raw, format!("`{key}` is no node"), EXPORT_AGAIN),
            }
        }
        Some([children[0]?, children[1]?])
    }

    fn question(&mut self, raw: usize) -> Option<(FeatureId, Test, Direction, Option<CategorySet>)> {
        let node = &self.raw[raw];
        let column = self.columns.index(&node.col_id);
        if column.is_none() {
            let found = format!("the split's colId is {} and its colName {}", node.col_id, node.col_name);
            self.refuse(raw, found, "a split names its column by both; export the model again");
        }
        let leftward = self.flag(raw, "leftward", &node.leftward);
        let is_categorical = self.flag(raw, "isCategorical", &node.is_categorical);
        let (column, leftward, is_categorical) = (column?, leftward?, is_categorical?);
        let missing = Direction::left_if(leftward);
        let (test, stray) = match (&node.split_value, self.columns.levels(column)) {
            (Scalar::Absent, None) if is_categorical => {
                let found = "a categorical split tests a column that has no domain";
                self.refuse(raw, found.into(), EXPORT_AGAIN);
                return None;
            }
            (Scalar::Absent, Some(levels)) if is_categorical => {
                let (left, stray) = self.level_lists(raw, levels, missing)?;
                (Test::Member { set: left, members: Direction::Left }, Some(stray))
            }
            (Scalar::Absent, _) => (Test::Present, None),
            (_, None) => (Test::Less(self.threshold(raw)?), None),
            (_, Some(levels)) => {
                let threshold = self.threshold(raw)?;
                let set = (0..levels).filter(|level| (*level as f64) < threshold).collect();
                (Test::Member { set, members: Direction::Left }, None)
            }
        };
        Some((FeatureId::new(column), test, missing, stray))
    }

    /// The levels that go left, and those that stand in neither list.
    fn level_lists(
        &mut self,
        raw: usize,
        levels: usize,
        missing: Direction,
    ) -> Option<(CategorySet, CategorySet)> {
        let (Child::Node(left), Child::Node(right)) = (self.raw[raw].left, self.raw[raw].right) else {
            return None;
        };
        let left = self.level_list(left, levels);
        let right = self.level_list(right, levels);
        let (mut left, right) = (left?, right?);
        if let Some(level) = left.iter().find(|level| right.contains(*level)) {
            self.refuse(raw, format!("level {level} goes to both children"), EXPORT_AGAIN);
            return None;
        }
        let stray: CategorySet =
            (0..levels).filter(|level| !left.contains(*level) && !right.contains(*level)).collect();
        if missing == Direction::Left {
            stray.iter().for_each(|level| left.insert(level));
        }
        Some((left, stray))
    }

    fn level_list(&mut self, child: usize, levels: usize) -> Option<CategorySet> {
        let Some(list) = &self.raw[child].match_values else {
            let found = "a categorical split's child has no `matchValues`";
            self.refuse(child, found.into(), "export the model again, with the PrintMojo of a later H2O");
            return None;
        };
        let mut set = CategorySet::default();
        for scalar in list {
            match whole(scalar).filter(|level| *level < levels) {
                Some(level) => set.insert(level),
                None => {
                    let found = format!("`matchValues` holds {scalar}, and the column has {levels} levels");
                    self.refuse(child, found, "each is the index of a level; export the model again");
                    return None;
                }
            }
        }
        Some(set)
    }

    fn threshold(&mut self, raw: usize) -> Option<f64> {
        let scalar = &self.raw[raw].split_value;
        let threshold = single(scalar).filter(|threshold| threshold.is_finite());
        if threshold.is_none() {
            let found = format!("`splitValue` is {scalar}, no finite 32-bit float");
            self.refuse(raw, found, "train the model on finite numbers, or export it again");
        }
        threshold
    }

    fn leaf_value(&mut self, raw: usize) -> f64 {
        let scalar = &self.raw[raw].pred_value;
        if *scalar == Scalar::Absent {
            return f64::NAN;
        }
        let value = single(scalar).filter(|value| value.is_finite());
        value.unwrap_or_else(|| {
            let found = format!("`predValue` is {scalar}, no finite 32-bit float");
            self.refuse(raw, found, EXPORT_AGAIN);
            f64::NAN
        })
    }

    fn flag(&mut self, raw: usize, key: &str, scalar: &Scalar) -> Option<bool> {
        if let Scalar::Boolean(flag) = scalar {
            return Some(*flag);
        }
        self.refuse(raw, format!("`{key}` is {scalar} where true or false is expected"), EXPORT_AGAIN);
        None
    }

    fn refuse(&mut self, raw: usize, found: String, advice: &str) {
        let number = match &self.raw[raw].node_number {
            Scalar::Absent => "without nodeNumber".to_owned(),
            number => number.to_string(),
        };
        self.problems.push(Problem {
            tree: Some(self.index),
            node: Some(number),
            ..Problem::new(found, advice).at(self.path(raw))
        });
    }

    fn path(&self, raw: usize) -> String {
        let mut sides = Vec::new();
        let mut at = raw;
        while let Some((parent, side)) = self.raw[at].parent {
            sides.push(if side == Side::Left { "leftChild" } else { "rightChild" });
            at = parent;
        }
        let mut path = format!("trees[{}].root", self.index);
        for (depth, side) in sides.iter().rev().enumerate() {
            match depth {
                0..PATH_STEPS_MAX => path.extend([".", side]),
                PATH_STEPS_MAX => {
                    path.extend([".…".to_owned(), format!(" ({} more)", sides.len() - PATH_STEPS_MAX)]);
                }
                _ => break,
            }
        }
        path
    }
}

/// A longer path is cut: the node's number finds it sooner.
const PATH_STEPS_MAX: usize = 24;

impl RawNode {
    /// Whether nothing of a split is there.
    fn is_leaf(&self) -> bool {
        let fields = [&self.col_id, &self.col_name, &self.split_value, &self.leftward, &self.is_categorical];
        self.left == Child::Absent
            && self.right == Child::Absent
            && fields.into_iter().all(|field| *field == Scalar::Absent)
    }

    fn existing_children(&self) -> impl Iterator<Item = usize> {
        [self.left, self.right].into_iter().filter_map(|child| match child {
            Child::Node(child) => Some(child),
            Child::Absent | Child::NoObject => None,
        })
    }
}

/// A number of the dump as the 32-bit float that H2O holds, widened.
fn single(scalar: &Scalar) -> Option<f64> {
    match scalar {
        Scalar::Number(number) => Some(f64::from(*number as f32)),
        _ => None,
    }
}
