//! Many rows at once: a mask holds a bit for each row, and a tree becomes a selection among masks.
//!
//! Each rank sets one bit; masks are completed once for all trees. A tree's root mask is the first bit of every row's leaf;
//! the second comes from the left or the right child's mask, as the first says, and so on.

use super::{GROUP_TREES, groups};
use crate::{
    forest::{Forest, Group, Heaps, Input, Layout, Leaves, Questions},
    number::Number,
    scratch::{Scratch, take},
};

/// Rows of one word of a mask.
pub(super) const WORD_ROWS: usize = 64;

/// The greatest depth of a group.
pub(super) const DEPTH_MAX: usize = 8;

/// The leaves that a byte can name.
pub(super) const PAGE: usize = 256;

/// What differs from processor to processor.
pub(super) trait Machine {
    /// Adds `value` at each place whose bit is set.
    fn add_where_set(bits: u64, value: u8, places: &mut [u8; WORD_ROWS]);
}

/// Scores rows in blocks of at most `W` words.
#[inline(always)]
pub(super) fn score<M: Machine, const W: usize>(
    forest: &Forest,
    rows: &[f64],
    margins: &mut [f64],
    scratch: &mut Scratch,
) {
    let Layout::Heaps(heaps) = &forest.layout else { return };
    let outputs = forest.outputs();
    let buffers = &mut scratch.buffers;
    let rows = rows.chunks(W * WORD_ROWS * forest.columns);
    for (rows, margins) in rows.zip(margins.chunks_mut(W * WORD_ROWS * outputs)) {
        let ranks = take(&mut buffers.ranks, WORD_ROWS * forest.inputs);
        let masks = take(&mut buffers.masks, W * heaps.masks).as_chunks_mut::<W>().0;
        masks.fill([0; W]);
        scatter(forest, heaps, rows, ranks, masks);
        heaps.inputs.iter().for_each(|input| complete(input, masks));
        match &forest.leaves {
            Leaves::F64(leaves) => add::<M, f64, W>(forest, heaps, leaves, rows, masks, margins),
            Leaves::F32(leaves) => add::<M, f32, W>(forest, heaps, leaves, rows, masks, margins),
        }
    }
}

/// Sets each row's bit in the slots of its ranks and classes.
#[inline(always)]
fn scatter<const W: usize>(
    forest: &Forest,
    heaps: &Heaps,
    rows: &[f64],
    ranks: &mut [u16],
    masks: &mut [[u64; W]],
) {
    for (word, rows) in rows.chunks(WORD_ROWS * forest.columns).enumerate().take(W) {
        (forest.ranks)(rows, ranks);
        let count = rows.len() / forest.columns;
        for (row, ranks) in ranks.chunks_exact(forest.inputs).enumerate().take(count) {
            let bit = 1 << row;
            for (input, rank) in heaps.inputs.iter().zip(ranks) {
                masks[input.first as usize + usize::from(*rank)][word] |= bit;
            }
        }
    }
}

/// Turns slots into masks.
#[inline(always)]
fn complete<const W: usize>(input: &Input, masks: &mut [[u64; W]]) {
    let first = input.first as usize;
    match &input.questions {
        Questions::Ranks(count) => {
            let mut above = [0; W];
            for mask in masks[first + 1..][..*count as usize].iter_mut().rev() {
                or(&mut above, mask);
                *mask = above;
            }
        }
        Questions::Classes { classes, sets, members } => {
            let (slots, masks) = masks[first..].split_at_mut(*classes as usize);
            let masks = &mut masks[..*sets as usize];
            for (slot, members) in slots.iter().zip(members.chunks_exact(masks.len())) {
                // A class that no row of the block is of is in no set's mask.
                if *slot != [0; W] {
                    for (member, mask) in members.iter().zip(&mut *masks) {
                        let is_member = u64::from(*member).wrapping_neg();
                        or(mask, &slot.map(|word| word & is_member));
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn or<const W: usize>(into: &mut [u64; W], from: &[u64; W]) {
    for word in 0..W {
        into[word] |= from[word];
    }
}

#[inline(always)]
fn add<M: Machine, N: Number, const W: usize>(
    forest: &Forest,
    heaps: &Heaps,
    leaves: &[N],
    rows: &[f64],
    masks: &[[u64; W]],
    margins: &mut [f64],
) {
    let outputs = forest.outputs();
    let words = (rows.len() / forest.columns).div_ceil(WORD_ROWS);
    for (output, numbers) in heaps.groups.iter().enumerate() {
        let mut sums = [[N::default(); WORD_ROWS]; W];
        for (row, sum) in rows.chunks_exact(forest.columns).zip(sums.as_flattened_mut()) {
            *sum = forest.sums.start(output, forest.offset(row));
        }
        for group in groups(numbers) {
            add_group::<M, N, W>(group, heaps.nodes, leaves, masks, &mut sums[..words]);
        }
        let margins = margins.iter_mut().skip(output).step_by(outputs);
        let rows = rows.chunks_exact(forest.columns);
        for ((row, sum), margin) in rows.zip(sums.as_flattened()).zip(margins) {
            *margin = forest.sums.finish(output, *sum, forest.offset(row));
        }
    }
}

/// Adds a group's trees to the sums of so many words of rows.
#[inline(always)]
fn add_group<M: Machine, N: Number, const W: usize>(
    group: Group,
    nodes: &[u16],
    leaves: &[N],
    masks: &[[u64; W]],
    sums: &mut [[N; WORD_ROWS]],
) {
    let (depth, first) = (group.depth as usize, group.first as usize);
    let mut planes = [[[0; W]; DEPTH_MAX]; GROUP_TREES];
    let mut level = [[0; W]; PAGE / 4];
    for (tree, planes) in planes.iter_mut().enumerate().take(group.trees as usize) {
        leaf_bits(&nodes[first + (tree << depth)..][..1 << depth], masks, planes, &mut level);
    }
    let leaves = &leaves[first..];
    let trees_of_page = if depth <= 5 { GROUP_TREES } else { PAGE >> depth };
    for (word, sums) in sums.iter_mut().enumerate() {
        let mut slots = [[0_u8; WORD_ROWS]; GROUP_TREES];
        for (tree, (slots, planes)) in slots.iter_mut().zip(&planes).enumerate() {
            slots.fill(((tree % trees_of_page) << depth) as u8);
            for (plane, words) in planes[..depth].iter().enumerate() {
                M::add_where_set(words[word], 1 << (depth - 1 - plane), slots);
            }
        }
        match depth {
            6 => add_leaves::<N, 2>(leaves, &slots, sums),
            7 => add_leaves::<N, 4>(leaves, &slots, sums),
            8 => add_leaves::<N, 8>(leaves, &slots, sums),
            _ => add_leaves::<N, 1>(leaves, &slots, sums),
        }
    }
}

/// The bits of every row's leaf, the first decision first.
#[inline(always)]
fn leaf_bits<const W: usize>(
    nodes: &[u16],
    masks: &[[u64; W]],
    planes: &mut [[u64; W]; DEPTH_MAX],
    level: &mut [[u64; W]; PAGE / 4],
) {
    let mask = |node: u16| &masks[usize::from(node)];
    planes[0] = *mask(nodes[1]);
    let mut width = 2;
    let mut depth = 1;
    while width < nodes.len() {
        // The last decision chooses between neighbours, the one before between what is left, and so on.
        for (pair, chosen) in nodes[width..2 * width].as_chunks::<2>().0.iter().zip(level.iter_mut()) {
            *chosen = choose(&planes[depth - 1], mask(pair[0]), mask(pair[1]));
        }
        let mut left = width / 2;
        for plane in planes[..depth - 1].iter().rev() {
            left /= 2;
            for place in 0..left {
                level[place] = choose(plane, &level[2 * place], &level[2 * place + 1]);
            }
        }
        planes[depth] = level[0];
        width *= 2;
        depth += 1;
    }
}

/// The right mask where the bit is set, else the left.
#[inline(always)]
fn choose<const W: usize>(bits: &[u64; W], left: &[u64; W], right: &[u64; W]) -> [u64; W] {
    let mut chosen = [0; W];
    for word in 0..W {
        chosen[word] = left[word] ^ (bits[word] & (left[word] ^ right[word]));
    }
    chosen
}

/// Adds the leaves at these places, tree after tree, where the trees lie on so many pages.
#[inline(always)]
fn add_leaves<N: Number, const PAGES: usize>(
    leaves: &[N],
    places: &[[u8; WORD_ROWS]; GROUP_TREES],
    sums: &mut [N; WORD_ROWS],
) {
    let Some(pages) = leaves.as_chunks::<PAGE>().0.first_chunk::<PAGES>() else { return };
    for (row, sum) in sums.iter_mut().enumerate() {
        let mut total = *sum;
        for (tree, places) in places.iter().enumerate() {
            total += pages[tree * PAGES / GROUP_TREES][usize::from(places[row])];
        }
        *sum = total;
    }
}
