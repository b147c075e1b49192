//! One row: a byte for each mask, eight trees walked side by side without a branch.

use super::{GROUP_TREES, groups};
use crate::{
    forest::{Forest, Group, Heaps, Input, Layout, Leaves, Questions},
    number::Number,
    scratch::{Scratch, take},
};

/// Bytes that are written at once, past an input's last mask too.
const CHUNK: usize = 32;

/// A row's masks: every one that 16 bits can name, and what a last chunk is written past them.
const BITS: usize = (1 << 16) + CHUNK;

/// Scores rows one by one.
#[inline(always)]
pub(super) fn score(forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
    let Layout::Heaps(heaps) = &forest.layout else { return };
    let buffers = &mut scratch.buffers;
    let ranks = take(&mut buffers.ranks, forest.inputs);
    let Some(bits) = take(&mut buffers.bits, BITS).first_chunk_mut() else { return };
    for (row, margins) in rows.chunks_exact(forest.columns).zip(margins.chunks_exact_mut(forest.outputs())) {
        (forest.ranks)(row, ranks);
        for (input, rank) in heaps.inputs.iter().zip(&*ranks) {
            write(input, usize::from(*rank), bits);
        }
        match &forest.leaves {
            Leaves::F64(leaves) => add(forest, heaps, leaves, row, bits, margins),
            Leaves::F32(leaves) => add(forest, heaps, leaves, row, bits, margins),
        }
    }
}

/// Ones and then zeros.
static STEP: [u8; 2 * CHUNK] = {
    let mut step = [0; 2 * CHUNK];
    let mut place = 0;
    while place < CHUNK {
        step[place] = 1;
        place += 1;
    }
    step
};

/// Writes an input's masks.
#[inline(always)]
fn write(input: &Input, rank: usize, bits: &mut [u8; BITS]) {
    match &input.questions {
        Questions::Ranks(count) => write_ranks(input, *count as usize, rank, bits),
        Questions::RanksOrMissing { missing } if rank == missing.len() => {
            bits[input.first as usize + 1..][..missing.len()].copy_from_slice(missing);
        }
        Questions::RanksOrMissing { missing } => write_ranks(input, missing.len(), rank, bits),
        Questions::Classes { sets, members } => {
            let count = (*sets as usize).div_ceil(Questions::BYTE_SETS);
            let masks = bits[input.first as usize + 1..].as_chunks_mut::<{ Questions::BYTE_SETS }>().0;
            for (masks, members) in masks.iter_mut().zip(&members[rank * count..][..count]) {
                *masks = spread(*members);
            }
        }
    }
}

/// A byte for each bit, 0 or 1.
#[inline(always)]
fn spread(bits: u8) -> [u8; size_of::<u64>()] {
    // Each byte keeps a bit of its own, and what is added carries any such bit into its highest.
    let alone = u64::from_ne_bytes([bits; size_of::<u64>()]) & 0x8040_2010_0804_0201;
    ((alone + 0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101).to_le_bytes()
}

/// Writes the masks of so many ranks.
#[inline(always)]
fn write_ranks(input: &Input, count: usize, rank: usize, bits: &mut [u8; BITS]) {
    let masks = &mut bits[input.first as usize + 1..];
    for begin in (0..count).step_by(CHUNK) {
        // As many ones as the rank reaches into this chunk.
        let ones = rank.saturating_sub(begin).min(CHUNK);
        masks[begin..begin + CHUNK].copy_from_slice(&STEP[CHUNK - ones..][..CHUNK]);
    }
}

#[inline(always)]
fn add<N: Number>(
    forest: &Forest,
    heaps: &Heaps,
    leaves: &[N],
    row: &[f64],
    bits: &[u8; BITS],
    margins: &mut [f64],
) {
    let offset = forest.offset(row);
    for (output, (numbers, margin)) in heaps.groups.iter().zip(margins).enumerate() {
        let mut sum: N = forest.sums.start(output, offset);
        for group in groups(numbers) {
            sum = match group.depth {
                1 => add_group::<N, 1>(group, heaps.nodes, leaves, bits, sum),
                2 => add_group::<N, 2>(group, heaps.nodes, leaves, bits, sum),
                3 => add_group::<N, 3>(group, heaps.nodes, leaves, bits, sum),
                4 => add_group::<N, 4>(group, heaps.nodes, leaves, bits, sum),
                5 => add_group::<N, 5>(group, heaps.nodes, leaves, bits, sum),
                6 => add_group::<N, 6>(group, heaps.nodes, leaves, bits, sum),
                7 => add_group::<N, 7>(group, heaps.nodes, leaves, bits, sum),
                _ => add_group::<N, 8>(group, heaps.nodes, leaves, bits, sum),
            };
        }
        *margin = forest.sums.finish(output, sum, offset);
    }
}

/// Adds a group's trees, all of this depth, to a sum.
#[inline(always)]
fn add_group<N: Number, const DEPTH: usize>(
    group: Group,
    nodes: &[u16],
    leaves: &[N],
    bits: &[u8; BITS],
    mut sum: N,
) -> N {
    let places = group.first as usize..group.first as usize + (GROUP_TREES << DEPTH);
    let (nodes, leaves) = (&nodes[places.clone()], &leaves[places]);
    // All eight are walked level by level, so that one tree's loads are not waited for by another.
    let mut node = [1_usize; GROUP_TREES];
    for _ in 0..DEPTH {
        for (tree, node) in node.iter_mut().enumerate() {
            let mask = nodes[(tree << DEPTH) + *node];
            *node = 2 * *node + usize::from(bits[usize::from(mask)]);
        }
    }
    for (tree, node) in node.iter().enumerate() {
        // The last step left the tree: its places begin anew with the leaves.
        sum += leaves[(tree << DEPTH) + *node - (1 << DEPTH)];
    }
    sum
}
