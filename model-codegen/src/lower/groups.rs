//! Trees as tables: filled up to one depth, eight and eight, their leaves times their weights.

use super::{
    compare::{self, Groups},
    masks::{Masks, Way},
    ranked::{Heaps, Missing, Questions},
    tables::{Section, Tables},
};
use crate::ir::{Accumulation, Direction, Ensemble, Leaf, Node, NodeId, Output, Tree};

/// The trees of a group: as many as the kernels walk side by side.
pub(super) const GROUP_TREES: usize = 8;

/// Past the last tree's leaves: kernels look at this many leaves at once, wherever a group of trees begins.
const LEAVES_BEHIND: usize = GROUP_TREES * 256;

/// Most masks: a node names one by 16 bits.
const MASKS_MAX: usize = 1 << 16;

/// Tables with more than so many places a node hold little but filling.
const PLACES_PER_NODE_MAX: usize = 8;

/// Tables with up to so many places are small whatever they hold.
const PLACES_SMALL: usize = 1 << 16;

/// Views of at most so many bytes are looked up 16 at once: which 16 is in a place's highest two bits.
const PLACES_MAX: usize = 64;

/// Views begin at multiples of so many bytes.
const LINE: usize = 64;

/// The deepest trees that tables are made of: a leaf's place is a byte.
pub(super) const DEPTH_MAX: usize = 8;

/// What stands where there is no tree: no sum changes by it, not even one of -0.0.
const NOTHING: f64 = -0.0;

/// Says why trees of such shapes can't be laid out so, if they can't.
pub(super) fn check_shapes(ensemble: &Ensemble) -> Result<(), String> {
    let depth = ensemble.depth();
    if depth > DEPTH_MAX {
        return Err(format!("trees are {depth} splits deep, and {DEPTH_MAX} is the most of filled ones"));
    }
    let places = ensemble.trees().len().next_multiple_of(GROUP_TREES) << depth.max(1);
    let nodes = ensemble.node_count();
    if places > PLACES_SMALL && places > nodes * PLACES_PER_NODE_MAX {
        return Err(format!("{nodes} nodes would take {places} places in filled trees"));
    }
    Ok(())
}

/// Says why so many masks are too many, if they are.
pub(super) fn check_masks(masks: &Masks) -> Result<(), String> {
    if masks.count > MASKS_MAX {
        return Err(format!("{} questions are more than {MASKS_MAX}", masks.count));
    }
    Ok(())
}

/// Lays out the trees of an ensemble whose leaves are numbers or vectors, and which was checked; and their leaves.
pub(super) fn lay_out(ensemble: &Ensemble, masks: &Masks, tables: &mut Tables) -> (Heaps, Section) {
    let (mut nodes, mut leaves) = (Vec::new(), Vec::new());
    let mut groups = Vec::new();
    let mut tails = 0;
    for output in 0..ensemble.outputs() {
        let adds = |tree: &Tree| match tree.output() {
            Output::One(one) => one.index() == output,
            Output::All => true,
        };
        let trees: Vec<(usize, &Tree)> =
            ensemble.trees().iter().enumerate().filter(|(_, tree)| adds(tree)).collect();
        let mut of_output = Vec::new();
        for trees in trees.chunks(GROUP_TREES) {
            let depth = trees.iter().map(|(_, tree)| tree.depth()).max().unwrap_or(0).max(1);
            let first = leaves.len();
            of_output.push([depth as u32, trees.len() as u32, first as u32, tails]);
            tails += tails_of(depth as u32) as u32;
            nodes.resize(first + (GROUP_TREES << depth), 0);
            leaves.resize(first + (GROUP_TREES << depth), NOTHING);
            for (place, (index, tree)) in trees.iter().enumerate() {
                let first = first + (place << depth);
                let places = first..first + (1 << depth);
                let number = |leaf: &Leaf| term(ensemble.accumulation(), *index, leaf, output);
                fill(tree, depth, masks, number, &mut nodes[places.clone()], &mut leaves[places]);
            }
        }
        groups.push(of_output);
    }
    let answers = masks.inputs.iter().map(|input| match &input.questions {
        Questions::Thresholds { missing: Missing::Reaches(_), .. } => None,
        Questions::Thresholds { missing: Missing::GoesEitherWay(is_right), .. } => {
            let is_right: Vec<u8> = is_right.iter().copied().map(u8::from).collect();
            Some(tables.bytes(&is_right))
        }
        Questions::Classes(classes) => Some(tables.bytes(&classes.members())),
    });
    let answers = answers.collect();
    let compare = compare::compare(&Groups { of_output: &groups, nodes: &nodes, masks }, tables);
    let heaps = Heaps {
        masks: masks.count,
        answers,
        groups: groups.iter().map(|groups| tables.u32s(groups.as_flattened())).collect(),
        nodes: tables.u16s(&nodes),
        compare,
    };
    leaves.resize(leaves.len() + LEAVES_BEHIND, 0.0);
    (heaps, tables.leaves(&leaves, ensemble.accumulation().precision))
}

/// How a node names the byte with this index: as `model_forest::Compare::place` does. A generator that depended on the kernels
/// would have them compiled for build scripts as well, so a test compares these.
pub(super) fn place(bytes: usize, index: u8) -> u8 {
    if bytes <= PLACES_MAX { index | (index & 16) << 3 | (index & 32) << 1 } else { index }
}

/// How far apart views stand of which the largest has so many bytes: as `model_forest::Compare::stride` says.
pub(super) fn stride(bytes: usize) -> usize {
    bytes.max(1).next_multiple_of(LINE)
}

/// How many levels of a tree are below the first ones: as `model_forest::Compare::below` says.
pub(super) fn below(depth: u32) -> u32 {
    match depth {
        0..=4 => 0,
        5..=6 => 2,
        _ => 4,
    }
}

/// How many places the first levels of a tree take: as `model_forest::Compare::width` says.
pub(super) fn width(depth: u32) -> usize {
    1 << (depth - below(depth)).max(3)
}

/// How many words the levels below take of each group.
fn tails_of(depth: u32) -> usize {
    GROUP_TREES * width(depth) * ((1 << below(depth)) / 4)
}

/// What a leaf adds to an output.
pub(super) fn term(accumulation: &Accumulation, tree: usize, leaf: &Leaf, output: usize) -> f64 {
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
                        nodes[place] = mask as u16;
                        open.push((split.left, 2 * place, level + 1));
                        open.push((split.right, 2 * place + 1, level + 1));
                        break;
                    }
                    Way::NotMask(mask) => {
                        nodes[place] = mask as u16;
                        open.push((split.right, 2 * place, level + 1));
                        open.push((split.left, 2 * place + 1, level + 1));
                        break;
                    }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DEPTH_MAX, GROUP_TREES, LEAVES_BEHIND, PLACES_MAX, below, place, stride, width};
    use crate::lower::{
        cells,
        compare::{FLIPPED, NODES, TAILS_BEHIND},
        ranked::BYTE_SETS,
    };
    use model_forest::{Cells, Compare, Heaps, Questions};

    #[test]
    fn tables_are_laid_out_as_the_kernels_read_them() {
        assert_eq!(PLACES_MAX, Compare::PLACES_MAX);
        assert_eq!(FLIPPED, Compare::FLIPPED);
        assert_eq!(TAILS_BEHIND, Compare::TAILS_BEHIND);
        assert_eq!(LEAVES_BEHIND, Heaps::LEAVES_BEHIND);
        assert_eq!(BYTE_SETS, Questions::BYTE_SETS);
        assert_eq!(cells::COMPARED_MAX, Cells::<0>::COMPARED_MAX);
        assert_eq!(cells::BISECTED_MAX, Cells::<0>::BISECTED_MAX);
        for bytes in 0..=256 {
            for index in 0..bytes {
                let index = index as u8;
                assert_eq!(place(bytes, index), Compare::place(bytes, index), "{index} of {bytes} bytes");
            }
            assert_eq!(stride(bytes), Compare::stride(bytes), "{bytes} bytes");
        }
        for depth in 1..=DEPTH_MAX as u32 {
            assert_eq!(below(depth), Compare::below(depth), "depth {depth}");
            assert_eq!(width(depth), Compare::width(depth), "depth {depth}");
            assert!((width(depth) * GROUP_TREES).is_multiple_of(NODES), "whole chunks at depth {depth}");
        }
    }
}
