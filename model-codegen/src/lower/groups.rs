//! Trees as tables: filled up to one depth, eight and eight, their leaves times their weights.

use super::{
    masks::{Masks, Way},
    ranked::{GROUP_TREES, TreeGroup, TreeTables},
};
use crate::ir::{Accumulation, Direction, Ensemble, Leaf, Node, NodeId, Output, Tree};

/// The deepest trees that tables are made of: a leaf's place is a byte.
pub(super) const DEPTH_MAX: usize = 8;

/// What stands where there is no tree: no sum changes by it, not even one of -0.0.
const NOTHING: f64 = -0.0;

/// The places of so many trees of this depth, filled up.
pub(super) fn places(trees: usize, depth: usize) -> usize {
    trees.next_multiple_of(GROUP_TREES) << depth.max(1)
}

/// Lays out the trees of an ensemble whose leaves are numbers or vectors and whose depth is [`DEPTH_MAX`] at most.
pub(super) fn lay_out(ensemble: &Ensemble, masks: &Masks) -> TreeTables {
    let mut tables = TreeTables::default();
    for output in 0..ensemble.outputs() {
        let adds = |tree: &Tree| match tree.output() {
            Output::One(one) => one.index() == output,
            Output::All => true,
        };
        let trees: Vec<(usize, &Tree)> =
            ensemble.trees().iter().enumerate().filter(|(_, tree)| adds(tree)).collect();
        let mut groups = Vec::new();
        for trees in trees.chunks(GROUP_TREES) {
            let depth = trees.iter().map(|(_, tree)| tree.depth()).max().unwrap_or(0).max(1);
            let first = tables.leaves.len();
            groups.push(TreeGroup { depth, trees: trees.len(), first });
            tables.nodes.resize(first + (GROUP_TREES << depth), 0);
            tables.leaves.resize(first + (GROUP_TREES << depth), NOTHING);
            for (place, (index, tree)) in trees.iter().enumerate() {
                let first = first + (place << depth);
                let places = first..first + (1 << depth);
                let number = |leaf: &Leaf| term(ensemble.accumulation(), *index, leaf, output);
                let (nodes, leaves) = (&mut tables.nodes[places.clone()], &mut tables.leaves[places]);
                fill(tree, depth, masks, number, nodes, leaves);
            }
        }
        tables.groups.push(groups);
    }
    tables
}

/// What a leaf adds to an output.
fn term(accumulation: &Accumulation, tree: usize, leaf: &Leaf, output: usize) -> f64 {
    let number = match leaf {
        Leaf::Value(number) => *number,
        Leaf::Vector(numbers) => numbers[output],
        Leaf::Linear(_) => unreachable!("linear leaves have no tables"),
    };
    match &accumulation.weights {
        Some(weights) => accumulation.precision.round(number * weights[tree]),
        None => number,
    }
}

/// Fills a tree's places. A leaf that stands higher than `depth` takes the places of all that could be below it.
fn fill(
    tree: &Tree,
    depth: usize,
    masks: &Masks,
    number: impl Fn(&Leaf) -> f64,
    nodes: &mut [u16],
    leaves: &mut [f64],
) {
    let mut open = vec![(NodeId::new(0), 1_usize, 0_usize)];
    while let Some((mut node, place, level)) = open.pop() {
        loop {
            match tree.node(node) {
                Node::Leaf(leaf) => {
                    let width = 1 << (depth - level);
                    let first = (place << (depth - level)) - (1 << depth);
                    leaves[first..first + width].fill(number(tree.leaf(*leaf)));
                    break;
                }
                Node::Split(split) => match masks.way(split) {
                    Way::Always(Direction::Left) => node = split.left,
                    Way::Always(Direction::Right) => node = split.right,
                    Way::Mask(mask) => {
                        nodes[place] = mask;
                        open.push((split.left, 2 * place, level + 1));
                        open.push((split.right, 2 * place + 1, level + 1));
                        break;
                    }
                    Way::NotMask(mask) => {
                        nodes[place] = mask;
                        open.push((split.right, 2 * place, level + 1));
                        open.push((split.left, 2 * place + 1, level + 1));
                        break;
                    }
                },
            }
        }
    }
}
