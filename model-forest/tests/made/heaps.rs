//! Trees filled up to one depth, eight and eight.

use super::{Asked, Input, Node, Shape, Tree, leak};
use model_forest::{Compare, Heaps, Input as Described, Questions, Views};

const GROUP_TREES: usize = 8;

pub(super) fn lay_out(shape: &Shape, sets: &[Vec<Vec<bool>>], trees: &[Vec<Tree>]) -> (Heaps, Vec<f64>) {
    let slots = Slots::new(shape);
    let (mut asked, mut leaves, mut groups, mut tails) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for trees in trees {
        let mut numbers = Vec::new();
        for trees in trees.chunks(GROUP_TREES) {
            let depth = trees.iter().map(Tree::depth).max().unwrap_or(0).max(1);
            let first = leaves.len();
            numbers.extend([depth as u32, trees.len() as u32, first as u32, tails]);
            tails += match depth {
                0..=4 => 0,
                5 => 8 * 8,
                6 => 8 * 16,
                7 => 8 * 8 * 4,
                8 => 8 * 16 * 4,
                _ => unreachable!("heaps have at most eight levels"),
            };
            asked.resize(first + (GROUP_TREES << depth), None);
            leaves.resize(first + (GROUP_TREES << depth), -0.0);
            for (place, tree) in trees.iter().enumerate() {
                let places = first + (place << depth)..first + ((place + 1) << depth);
                fill(tree, depth, &mut asked[places.clone()], &mut leaves[places]);
            }
        }
        groups.push(leak(numbers));
    }
    let mask = |asked: &Option<(usize, Asked)>| asked.map_or(0, |(input, asked)| slots.mask(input, asked));
    let nodes: Vec<u16> = asked.iter().map(mask).collect();
    let inputs = shape.inputs.iter().zip(&slots.first).zip(sets).map(|((input, first), sets)| Described {
        first: *first as u32,
        questions: match *input {
            Input::Ranks(most) => Questions::Ranks(u32::from(most)),
            Input::RanksOrMissing(_) => Questions::RanksOrMissing {
                missing: leak(sets[0].iter().map(|is_right| u8::from(*is_right)).collect()),
            },
            Input::Classes { classes, sets: count } => Questions::Classes {
                sets: count as u32,
                members: leak(
                    (0..usize::from(classes))
                        .flat_map(|class| {
                            sets.chunks(8).map(move |sets| {
                                sets.iter().rev().fold(0, |byte, set| byte << 1 | u8::from(set[class]))
                            })
                        })
                        .collect(),
                ),
            },
        },
    });
    let heaps = Heaps {
        inputs: leak(inputs.collect()),
        masks: slots.count,
        compare: compare(shape, sets, &slots, &groups, &asked),
        groups: leak(groups),
        nodes: leak(nodes),
    };
    leaves.resize(leaves.len() + Heaps::LEAVES_BEHIND, 0.0);
    (heaps, leaves)
}

/// Where an input's masks and bytes begin.
struct Slots {
    first: Vec<usize>,
    first_byte: Vec<usize>,
    count: usize,
    bytes: usize,
}

impl Slots {
    fn new(shape: &Shape) -> Self {
        let mut slots = Self { first: Vec::new(), first_byte: Vec::new(), count: 0, bytes: 0 };
        for input in &shape.inputs {
            slots.first.push(slots.count);
            slots.first_byte.push(slots.bytes);
            let (count, bytes) = match *input {
                Input::Ranks(most) => (1 + usize::from(most), bytes(most)),
                Input::RanksOrMissing(most) => (1 + usize::from(most), 2 * bytes(most)),
                Input::Classes { sets, .. } => (1 + sets, sets),
            };
            slots.count += count;
            slots.bytes += bytes;
        }
        assert!(slots.count <= 1 << 16, "a shape of at most so many masks");
        slots
    }

    fn mask(&self, input: usize, asked: Asked) -> u16 {
        let within = match asked {
            Asked::Rank(rank) => usize::from(rank),
            Asked::Set(set) => 1 + set,
        };
        (self.first[input] + within) as u16
    }

    /// Where a byte stands in a view.
    fn place_in_view(&self, byte: usize, view: usize) -> usize {
        (byte + 7 * view) % self.bytes
    }

    /// A node's byte, and the least value that goes right. Where what is missing goes right has bytes of its own.
    fn byte(&self, input: usize, asked: Asked, sets: &[Vec<bool>]) -> (usize, u8) {
        match asked {
            Asked::Rank(rank) => {
                let index = usize::from(rank - 1);
                let before = match sets.first() {
                    Some(missing) if missing[index] => bytes(missing.len() as u16),
                    _ => 0,
                };
                (self.first_byte[input] + before + index / 255, (index % 255 + 1) as u8)
            }
            Asked::Set(set) => (self.first_byte[input] + set, 1),
        }
    }
}

/// How many bytes hold ranks up to this.
fn bytes(most: u16) -> usize {
    usize::from(most).div_ceil(255)
}

type Nodes = [Option<(usize, Asked)>];

fn compare(
    shape: &Shape,
    sets: &[Vec<Vec<bool>>],
    slots: &Slots,
    groups: &[&[u32]],
    asked: &Nodes,
) -> Option<Compare> {
    if slots.bytes > 256 {
        return None;
    }
    let (mut nodes, mut tails) = (Vec::new(), Vec::new());
    let all = groups.concat();
    for (index, [depth, _, first, _]) in all.as_chunks().0.iter().enumerate() {
        let width = Compare::width(*depth);
        let (mut places, mut bounds) = (Vec::new(), Vec::new());
        for tree in 0..GROUP_TREES {
            let asked = &asked[*first as usize + (tree << depth)..][..1 << depth];
            let at = |node: usize| {
                let asked = asked.get(node).copied().flatten();
                let (byte, least) =
                    asked.map_or((0, 1), |(input, asked)| slots.byte(input, asked, &sets[input]));
                let place = slots.place_in_view(byte, index / shape.part_groups.unwrap_or(usize::MAX));
                (Compare::place(slots.bytes, place as u8), (least - 1) ^ 0x80)
            };
            places.extend((0..width).map(|node| at(node).0));
            bounds.extend((0..width).map(|node| at(node).1));
            if *depth > 4 {
                let levels = if *depth > 6 { 4 } else { 2 };
                for end in width..2 * width {
                    let mut heap = vec![end];
                    for parent in 0..(1 << (levels - 1)) - 1 {
                        heap.extend([2 * heap[parent], 2 * heap[parent] + 1]);
                    }
                    let unused = [(9, 9)].into_iter();
                    let (places, bounds): (Vec<u8>, Vec<u8>) = unused.chain(heap.into_iter().map(at)).unzip();
                    tails.extend(
                        [places, bounds].concat().as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)),
                    );
                }
            }
        }
        for (places, bounds) in places.chunks(64).zip(bounds.chunks(64)) {
            nodes.extend([places, bounds].concat());
        }
    }
    if !tails.is_empty() {
        tails.resize(tails.len() + Compare::TAILS_BEHIND, 0);
    }
    let is_plain = shape.part_groups.is_none()
        && shape.inputs.iter().all(|input| matches!(input, Input::Ranks(most) if *most <= 255));
    let count = if is_plain { 0 } else { all.len() / 4 / shape.part_groups.unwrap_or(usize::MAX) + 1 };
    Some(Compare {
        bytes: slots.bytes,
        views: views(shape, sets, slots, count),
        parts: parts(shape, groups),
        nodes: leak(nodes),
        tails: leak(tails),
    })
}

/// So many views. All hold all bytes, but each at places of its own.
fn views(shape: &Shape, sets: &[Vec<Vec<bool>>], slots: &Slots, count: usize) -> Views {
    let (mut inputs, mut positions, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (input, (kind, sets)) in shape.inputs.iter().zip(sets).enumerate() {
        let (bytes, ranks) = match *kind {
            Input::Ranks(most) => (bytes(most), usize::from(most) + 1),
            Input::RanksOrMissing(most) => (2 * bytes(most), usize::from(most) + 1),
            Input::Classes { classes, sets } => (sets, usize::from(classes)),
        };
        inputs.extend([input, count * bytes, values.len()].map(|number| number as u32));
        for view in 0..count {
            positions.extend((0..bytes).map(|byte| {
                let index = slots.place_in_view(slots.first_byte[input] + byte, view);
                (view * Compare::stride(slots.bytes) + index) as u32
            }));
        }
        for rank in 0..ranks {
            for _ in 0..count {
                values.extend((0..bytes).map(|byte| value(*kind, sets, byte, rank) ^ 0x80));
            }
        }
    }
    Views { count, inputs: leak(inputs), positions: leak(positions), values: leak(values) }
}

/// What an input's byte is for a rank or a class.
fn value(kind: Input, sets: &[Vec<bool>], byte: usize, rank: usize) -> u8 {
    match kind {
        Input::Ranks(_) => rank.saturating_sub(255 * byte).min(255) as u8,
        Input::RanksOrMissing(most) => {
            let (is_missing, count) = (rank == usize::from(most), bytes(most));
            if is_missing && byte < count {
                0
            } else {
                rank.saturating_sub(255 * (byte % count)).min(255) as u8
            }
        }
        Input::Classes { .. } => u8::from(sets[byte][rank]),
    }
}

/// The parts of each output: every so many groups of all outputs the next view begins.
fn parts(shape: &Shape, groups: &[&[u32]]) -> &'static [&'static [u32]] {
    let mut index = 0;
    let of_output = groups.iter().map(|groups| {
        let mut parts: Vec<[u32; 2]> = Vec::new();
        for _ in 0..groups.len() / 4 {
            let view = (index / shape.part_groups.unwrap_or(usize::MAX)) as u32;
            index += 1;
            match parts.last_mut() {
                Some([count, last]) if *last == view => *count += 1,
                _ => parts.push([1, view]),
            }
        }
        leak(parts.concat())
    });
    leak(of_output.collect())
}

/// Fills a tree's places; a leaf that stands higher takes the places of all that could be below it.
fn fill(tree: &Tree, depth: usize, asked: &mut Nodes, leaves: &mut [f64]) {
    let mut open = vec![(0, 1, 0)];
    while let Some((at, place, level)) = open.pop() {
        match &tree.0[at] {
            Node::Leaf(leaf) => {
                let first = (place << (depth - level)) - (1 << depth);
                leaves[first..first + (1 << (depth - level))].fill(*leaf);
            }
            Node::Split { input, asked: question, children } => {
                asked[place] = Some((*input, *question));
                open.extend([0, 1].map(|side| (children[side], 2 * place + side, level + 1)));
            }
        }
    }
}
