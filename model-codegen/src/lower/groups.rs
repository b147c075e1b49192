//! Trees as tables: filled up to one depth, eight and eight, their leaves times their weights.

use super::{
    masks::{Asked, Masks, Way},
    ranked::{Compare, Heaps, Members, Questions},
    tables::{Section, Tables},
};
use crate::ir::{Accumulation, Direction, Ensemble, Leaf, Node, NodeId, Output, Tree};

/// The trees of a group: as many as the kernels walk side by side.
const GROUP_TREES: usize = 8;

/// Past the last tree's leaves: kernels look at this many leaves at once, wherever a group of trees begins.
const LEAVES_BEHIND: usize = 2_048;

/// Most masks: a node names one by 16 bits.
const MASKS_MAX: usize = 1 << 16;

/// Most bytes that say, for each class and each set, whether the one is in the other: what fits a second-level cache.
const MEMBERS_MAX: usize = 1 << 20;

/// Tables with more than so many places a node hold little but filling.
const PLACES_PER_NODE_MAX: usize = 8;

/// Tables with up to so many places are small whatever they hold.
const PLACES_SMALL: usize = 1 << 16;

/// Most bytes of a row that kernels look up at once.
const BYTES_MAX: usize = 256;

/// Thresholds that a byte counts.
const BYTE_MAX: usize = 255;

/// What is flipped of a byte that is compared, as kernels compare signed bytes.
const FLIPPED: u8 = 0x80;

/// Rows of at most so many bytes are looked up 16 at once: which 16 is in a place's highest two bits.
const PLACES_MAX: usize = 64;

/// Levels of a tree, and nodes, that are compared at once.
const TOP: usize = 6;
const ENDS: usize = 1 << TOP;

/// The deepest trees that tables are made of: a leaf's place is a byte.
pub(super) const DEPTH_MAX: usize = 8;

/// What stands where there is no tree: no sum changes by it, not even one of -0.0.
const NOTHING: f64 = -0.0;

/// Why the trees can't be laid out so, if they can't.
pub(super) fn refusal(ensemble: &Ensemble, masks: &Masks) -> Option<String> {
    let depth = ensemble.depth();
    if depth > DEPTH_MAX {
        return Some(format!("trees are {depth} splits deep, and {DEPTH_MAX} is the most of filled ones"));
    }
    let places = ensemble.trees().len().next_multiple_of(GROUP_TREES) << depth.max(1);
    let nodes = ensemble.node_count();
    if places > PLACES_SMALL && places > nodes * PLACES_PER_NODE_MAX {
        return Some(format!("{nodes} nodes would take {places} places in filled trees"));
    }
    if masks.count > MASKS_MAX {
        return Some(format!("{} questions are more than {MASKS_MAX}", masks.count));
    }
    let members: usize = masks.inputs.iter().map(|input| input.questions.members()).sum();
    (members > MEMBERS_MAX).then(|| format!("{members} answers about classes are more than {MEMBERS_MAX}"))
}

/// Lays out the trees of an ensemble whose leaves are numbers or vectors, unless there is a [`refusal`]; and their leaves.
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
            tails += if depth > TOP { (GROUP_TREES * ENDS) as u32 } else { 0 };
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
    let members = masks.inputs.iter().map(|input| match &input.questions {
        Questions::Thresholds { .. } => None,
        Questions::Classes(classes) => {
            Some(Members { sets: classes.sets.len(), of_class: tables.bytes(&classes.members()) })
        }
    });
    let members = members.collect();
    let compare = compare(&groups.concat(), &nodes, masks, tables);
    let heaps = Heaps {
        masks: masks.count,
        members,
        groups: groups.iter().map(|groups| tables.u32s(groups.as_flattened())).collect(),
        nodes: tables.u16s(&nodes),
        compare,
    };
    leaves.resize(leaves.len() + LEAVES_BEHIND, 0.0);
    (heaps, tables.leaves(&leaves, ensemble.accumulation().precision))
}

/// The nodes as bytes, where rows have not too many.
fn compare(groups: &[[u32; 4]], nodes: &[u16], masks: &Masks, tables: &mut Tables) -> Compare {
    let mut first_bytes = Vec::new();
    let mut bytes = 0;
    for input in &masks.inputs {
        first_bytes.push(bytes);
        bytes += match &input.questions {
            Questions::Thresholds { .. } => input.questions.rank_max().div_ceil(BYTE_MAX),
            Questions::Classes(classes) => classes.sets.len(),
        };
    }
    if bytes > BYTES_MAX {
        return Compare::TooWide { bytes, most: BYTES_MAX };
    }
    let is_plain = bytes == masks.inputs.len()
        && masks.inputs.iter().all(|input| matches!(input.questions, Questions::Thresholds { .. }));
    // A node's place, and what a byte has to be more than to go right, as the kernels compare it.
    let place_and_bound = |mask: u16| {
        let (index, least) = match masks.asked(usize::from(mask)) {
            // Filling: either way leads to the same leaf.
            (_, Asked::Nothing) => (0, 1),
            (input, Asked::Rank(rank)) => {
                (first_bytes[input] + (rank - 1) / BYTE_MAX, (rank - 1) % BYTE_MAX + 1)
            }
            (input, Asked::Set(set)) => (first_bytes[input] + set, 1),
        };
        (place(bytes, index as u8), (least - 1) as u8 ^ FLIPPED)
    };
    let (mut tops, mut tails) = (Vec::new(), Vec::new());
    for [depth, _, first, _] in groups {
        let width = width(*depth);
        let (mut places, mut bounds) = (Vec::new(), Vec::new());
        for tree in 0..GROUP_TREES {
            let nodes = &nodes[*first as usize + (tree << depth)..][..1 << depth];
            let at = |node: usize| place_and_bound(nodes.get(node).copied().unwrap_or(0));
            places.extend((0..width).map(|node| at(node).0));
            bounds.extend((0..width).map(|node| at(node).1));
            if *depth as usize > TOP {
                tails.extend((ENDS..2 * ENDS).map(|end| {
                    let [one, left, right] = [end, 2 * end, 2 * end + 1].map(at);
                    u64::from_le_bytes([one.0, left.0, right.0, 0, one.1, left.1, right.1, 0])
                }));
            }
        }
        for (places, bounds) in places.chunks(ENDS).zip(bounds.chunks(ENDS)) {
            tops.extend_from_slice(places);
            tops.extend_from_slice(bounds);
        }
    }
    Compare::Tables { bytes, is_plain, nodes: tables.bytes(&tops), tails: tables.u64s(&tails) }
}

/// How a node names the byte with this index: as `model_forest::Compare::place` does.
fn place(bytes: usize, index: u8) -> u8 {
    if bytes <= PLACES_MAX { index | (index & 16) << 3 | (index & 32) << 1 } else { index }
}

/// How many of 64 places a tree takes: as `model_forest::Compare::width` says.
fn width(depth: u32) -> usize {
    (1 << depth).clamp(ENDS / GROUP_TREES, ENDS)
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
