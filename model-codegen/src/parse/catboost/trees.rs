//! A file's trees as the IR's, or all that is wrong with them.

use super::{
    SAVE_AGAIN,
    features::Features,
    raw::{Bias, Dump, ObliviousTree, RawNode, RawSplit},
};
use crate::{
    ir::{Leaf, LeafId, Node, NodeId, Output, OutputId, Split, Tree},
    problem::Problem,
};

/// Converts all trees; those that are ill-formed are missing, and `problems` says why.
pub(super) fn convert(
    dump: &Dump,
    outputs: usize,
    features: &Features,
    problems: &mut Vec<Problem>,
) -> Vec<Tree> {
    let reader = Reader { outputs, features };
    let mut trees = Vec::new();
    let mut keep = |place: String, index: usize, tree: Result<Tree, String>| match tree {
        Ok(tree) => trees.push(tree),
        Err(found) => {
            let problem = Problem { tree: Some(index), ..Problem::new(found, SAVE_AGAIN) };
            problems.push(problem.at(place));
        }
    };
    for (index, tree) in dump.oblivious_trees.iter().flatten().enumerate() {
        keep(format!("oblivious_trees[{index}]"), index, reader.symmetric(tree));
    }
    for (index, root) in dump.trees.iter().flatten().enumerate() {
        keep(format!("trees[{index}]"), index, reader.tree(root));
    }
    if trees.is_empty() && problems.is_empty() {
        problems.push(Problem::new("there are 0 trees", "save a trained model").at("trees"));
    }
    trees
}

struct Reader<'a> {
    outputs: usize,
    features: &'a Features,
}

impl Reader<'_> {
    /// Every split of a level is the same: the tree of all ways through them, the first split at the root.
    fn symmetric(&self, tree: &ObliviousTree) -> Result<Tree, String> {
        let splits = tree.splits.as_deref().unwrap_or_default();
        let leaves =
            u32::try_from(splits.len()).ok().and_then(|depth| 1_usize.checked_shl(depth)).unwrap_or(0);
        if leaves.checked_mul(self.outputs) != Some(tree.leaf_values.len()) {
            let (found, depth) = (tree.leaf_values.len(), splits.len());
            return Err(format!("there are {found} numbers for {depth} splits and {} margins", self.outputs));
        }
        let mut nodes = Vec::new();
        for (level, split) in splits.iter().enumerate() {
            for at in 0..1_usize << level {
                // Nodes stand level by level, so that those of the next begin behind all of this one.
                let left = (2 << level) - 1 + 2 * at;
                nodes.push(self.split(split, left)?);
            }
        }
        let mut numbers = Vec::new();
        for at in 0..leaves {
            nodes.push(Node::Leaf(LeafId::new(at)));
            // From left to right the last split's bit turns first, and it is the highest of the index.
            let index = (0..splits.len()).fold(0, |index, level| index << 1 | at >> level & 1);
            numbers.push(self.leaf(&tree.leaf_values[index * self.outputs..][..self.outputs])?);
        }
        Tree::new(nodes, numbers, self.output()).map_err(|error| format!("the nodes are no tree ({error:?})"))
    }

    fn tree(&self, root: &RawNode) -> Result<Tree, String> {
        let (mut nodes, mut leaves) = (Vec::new(), Vec::new());
        // Breadth first: a node's id is its place in this order.
        let mut order = vec![root];
        while let Some(node) = order.get(nodes.len()) {
            match (&node.split, &node.left, &node.right, &node.value) {
                (Some(split), Some(left), Some(right), None) => {
                    nodes.push(self.split(split, order.len())?);
                    order.extend([left.as_ref(), right.as_ref()]);
                }
                (None, None, None, Some(value)) => {
                    nodes.push(Node::Leaf(LeafId::new(leaves.len())));
                    leaves.push(match value {
                        Bias::One(number) => self.leaf(&[*number])?,
                        Bias::List(numbers) => self.leaf(numbers)?,
                    });
                }
                _ => return Err("a node is neither a split with two children nor a leaf with a value".into()),
            }
        }
        Tree::new(nodes, leaves, self.output()).map_err(|error| format!("the nodes are no tree ({error:?})"))
    }

    fn split(&self, split: &RawSplit, left: usize) -> Result<Node, String> {
        let splits = &self.features.splits;
        let question = splits.get(split.split_index).ok_or_else(|| {
            format!("`split_index` is {} and there are {} splits", split.split_index, splits.len())
        })?;
        Ok(Node::Split(Split {
            feature: question.feature,
            test: question.test.clone(),
            missing: question.missing,
            left: NodeId::new(left),
            right: NodeId::new(left + 1),
        }))
    }

    fn leaf(&self, numbers: &[f64]) -> Result<Leaf, String> {
        if numbers.len() != self.outputs {
            return Err(format!("a leaf has {} numbers for {} margins", numbers.len(), self.outputs));
        }
        Ok(match numbers {
            [number] => Leaf::Value(*number),
            numbers => Leaf::Vector(numbers.into()),
        })
    }

    fn output(&self) -> Output {
        if self.outputs == 1 { Output::One(OutputId::new(0)) } else { Output::All }
    }
}
