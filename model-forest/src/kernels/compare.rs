//! All splits of a tree at once: a row's bytes are looked up for 64 nodes and compared with what they have to be more than to go
//! right. The word of answers then leads to a leaf without a branch.
//!
//! A group passes five stages (answers, six levels, the nodes below, two levels more, sums), each a step after the one
//! before it, so that what one stage stores is not waited for by the next, and sums are added while others compare.

use super::{GROUP_TREES, groups};
use crate::{
    forest::{Compare, Forest, Group, Heaps, Layout, Leaves, Questions},
    number::Number,
    scratch::{Scratch, take},
};

/// The most bytes of a row.
const BYTES_MAX: usize = 256;

/// Levels that a word of answers holds, and nodes below them.
const TOP: u32 = 6;
const ENDS: usize = 1 << TOP;

/// A number for each tree of a group.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line(pub [u64; GROUP_TREES]);

/// A row's bytes.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Bytes(pub [u8; BYTES_MAX]);

/// What differs from processor to processor.
pub(super) trait Machine {
    /// A row's bytes in registers.
    type Row: Copy;

    /// How many bytes these hold.
    const BYTES: usize;

    /// Takes them there.
    fn row(bytes: &Bytes) -> Self::Row;

    /// For each of 64 nodes, given as places and what their bytes have to be more than, whether the row goes right.
    fn answers(row: &Self::Row, places: &[u8; ENDS], bounds: &[u8; ENDS]) -> u64;

    /// For each tree's answers the node, by heap index, that the row comes to after so many levels, six at most.
    fn descend<const LEVELS: usize>(answers: &Line) -> Line;

    /// For each tree's three nodes which of their four ends the row comes to.
    fn tails(row: &Self::Row, nodes: &Line) -> Line;
}

/// Scores rows, `R` at once.
#[inline(always)]
pub(super) fn score<M: Machine, const R: usize>(
    forest: &Forest,
    rows: &[f64],
    margins: &mut [f64],
    scratch: &mut Scratch,
) {
    let Layout::Heaps(heaps) = &forest.layout else { return };
    let Some(compare) = &heaps.compare else { return };
    let outputs = forest.outputs();
    // What lies behind a row's ranks is read as well.
    let ranks = take(&mut scratch.buffers.ranks, R * forest.inputs + BYTES_MAX);
    let rows = rows.chunks(R * forest.columns);
    for (rows, margins) in rows.zip(margins.chunks_mut(R * outputs)) {
        (forest.ranks)(rows, &mut ranks[..R * forest.inputs]);
        let mut bytes = [Bytes([0; BYTES_MAX]); R];
        for (row, bytes) in bytes.iter_mut().enumerate() {
            write::<M>(heaps, compare, &ranks[row * forest.inputs..], bytes);
        }
        match &forest.leaves {
            Leaves::F64(leaves) => add::<M, f64, R>(forest, heaps, compare, leaves, rows, &bytes, margins),
            Leaves::F32(leaves) => add::<M, f32, R>(forest, heaps, compare, leaves, rows, &bytes, margins),
        }
    }
}

/// What is flipped of each byte that is compared.
const FLIPPED: u8 = 0x80;

/// Bytes that are made of ranks at once.
const CHUNK: usize = 32;

/// Writes a row's bytes. Of a row that is not there ranks may be anything; its bytes mean nothing then.
#[inline(always)]
fn write<M: Machine>(heaps: &Heaps, compare: &Compare, ranks: &[u16], bytes: &mut Bytes) {
    if compare.is_plain {
        // As many as registers hold, in whole chunks: no node names those behind the last input's.
        let chunks = bytes.0[..M::BYTES].as_chunks_mut::<CHUNK>().0;
        for (bytes, ranks) in chunks.iter_mut().zip(ranks.as_chunks::<CHUNK>().0) {
            for (byte, rank) in bytes.iter_mut().zip(ranks) {
                *byte = *rank as u8 ^ FLIPPED;
            }
        }
        return;
    }
    let mut at = 0;
    for (input, rank) in heaps.inputs.iter().zip(ranks) {
        match &input.questions {
            Questions::Ranks(count) => {
                let mut rest = *rank;
                for byte in &mut bytes.0[at..at + (*count as usize).div_ceil(255)] {
                    let counted = rest.min(255);
                    *byte = counted as u8 ^ FLIPPED;
                    rest -= counted;
                }
                at += (*count as usize).div_ceil(255);
            }
            Questions::Classes { sets, members, .. } => {
                let sets = *sets as usize;
                let first = usize::from(*rank) * sets;
                if let Some(members) = members.get(first..first + sets) {
                    for (byte, member) in bytes.0[at..at + sets].iter_mut().zip(members) {
                        *byte = member ^ FLIPPED;
                    }
                }
                at += sets;
            }
        }
    }
}

#[inline(always)]
fn add<M: Machine, N: Number, const R: usize>(
    forest: &Forest,
    heaps: &Heaps,
    compare: &Compare,
    leaves: &[N],
    rows: &[f64],
    bytes: &[Bytes; R],
    margins: &mut [f64],
) {
    let outputs = forest.outputs();
    let mut nodes = compare.nodes;
    for (output, numbers) in heaps.groups.iter().enumerate() {
        let mut sums = [N::default(); R];
        for (sum, row) in sums.iter_mut().zip(rows.chunks_exact(forest.columns)) {
            *sum = forest.sums.start(output, forest.offset(row));
        }
        let count = groups(numbers).count();
        let (here, behind) = nodes.split_at(count * GROUP_TREES * 2 * ENDS);
        nodes = behind;
        add_groups::<M, N, R>(numbers, here, compare.tails, leaves, bytes, &mut sums);
        let margins = margins.iter_mut().skip(output).step_by(outputs);
        for ((sum, row), margin) in sums.iter().zip(rows.chunks_exact(forest.columns)).zip(margins) {
            *margin = forest.sums.finish(output, *sum, forest.offset(row));
        }
    }
}

/// [`Machine::descend`], six levels at most. A number of levels that the compiler knows shows it that no shift is by more
/// bits than a word has; else it guards each.
#[inline(always)]
fn descend<M: Machine>(answers: &Line, levels: u32) -> Line {
    match levels {
        1 => M::descend::<1>(answers),
        2 => M::descend::<2>(answers),
        3 => M::descend::<3>(answers),
        4 => M::descend::<4>(answers),
        5 => M::descend::<5>(answers),
        _ => M::descend::<6>(answers),
    }
}

/// What stages hand on to the next one: for each group under way and each row a line.
const RING: usize = 8;

#[inline(always)]
fn add_groups<M: Machine, N: Number, const R: usize>(
    numbers: &[u32],
    nodes: &[u8],
    tails: &[u64],
    leaves: &[N],
    bytes: &[Bytes; R],
    sums: &mut [N; R],
) {
    let registers = bytes.each_ref().map(M::row);
    let mut ring = [[Line([0; GROUP_TREES]); R]; RING];
    let mut words = [[Line([0; GROUP_TREES]); R]; RING];
    let group_numbers = numbers.as_chunks::<{ Group::NUMBERS }>().0;
    let group = |step: usize, stage: usize| {
        group_numbers.get(step.wrapping_sub(stage)).map(|numbers| Group::of(*numbers))
    };
    let nodes = nodes.as_chunks::<ENDS>().0.as_chunks::<2>().0.as_chunks::<GROUP_TREES>().0;
    for step in 0..group_numbers.len() + 4 {
        if let Some(trees) = nodes.get(step) {
            for (tree, [places, bounds]) in trees.iter().enumerate() {
                for (line, row) in ring[step % RING].iter_mut().zip(&registers) {
                    line.0[tree] = M::answers(row, places, bounds);
                }
            }
        }
        if let Some(group) = group(step, 1) {
            for line in &mut ring[(step - 1) % RING] {
                *line = descend::<M>(line, group.depth);
            }
        }
        if let Some(group) = group(step, 2).filter(|group| group.depth > TOP) {
            let tails = &tails[group.tails as usize..][..GROUP_TREES * ENDS];
            for (line, words) in ring[(step - 2) % RING].iter().zip(&mut words[(step - 2) % RING]) {
                for (tree, (node, word)) in line.0.iter().zip(&mut words.0).enumerate() {
                    // After six levels a node's heap index is one of 64 to 127.
                    *word = tails[tree * ENDS + *node as usize % ENDS];
                }
            }
        }
        if let Some(group) = group(step, 3).filter(|group| group.depth > TOP) {
            let slot = (step - 3) % RING;
            for (row, (line, words)) in ring[slot].iter_mut().zip(&words[slot]).enumerate() {
                let ends = M::tails(&registers[row], words);
                // A tree of seven levels has one more node below each end, and that one's right and left are ends 2 and 0.
                let unused = TOP + 2 - group.depth;
                for (node, end) in line.0.iter_mut().zip(ends.0) {
                    *node = (4 * *node + end) >> unused;
                }
            }
        }
        if let Some(group) = group(step, 4) {
            let depth = group.depth;
            let leaves = &leaves[group.first as usize..][..GROUP_TREES << depth];
            for (line, sum) in ring[(step - 4) % RING].iter().zip(&mut *sums) {
                for (tree, node) in line.0.iter().enumerate() {
                    *sum += leaves[(tree << depth) + (*node as usize & ((1 << depth) - 1))];
                }
            }
        }
    }
}
