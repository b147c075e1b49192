//! All splits of a tree at once: a row's bytes are looked up for 64 nodes and compared with what they have to be more than to go
//! right. The word of answers then leads to a leaf without a branch.
//!
//! The [`pipeline`] lets a group of trees pass stages that overlap.

mod pipeline;

use self::pipeline::{LAST, LAST_ABOVE, Pipeline, Trees};
use super::GROUP_TREES;
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

/// What 64 nodes look up, and what that has to be more than to go right.
type Nodes = [[u8; ENDS]; 2];

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

    /// A group's trees under way, level by level.
    type Descent: Copy;

    /// Takes each tree's answers, and stands at its root.
    fn begin(answers: &Line) -> Self::Descent;

    /// Goes on from this level to the next one: from 0 at the roots to 5.
    fn next(descent: Self::Descent, level: usize) -> Self::Descent;

    /// The nodes, by heap index, that the row has come to.
    fn end(descent: Self::Descent) -> Line;

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
    let mut nodes = compare.nodes.as_chunks::<ENDS>().0.as_chunks::<2>().0;
    for (output, numbers) in heaps.groups.iter().enumerate() {
        let mut sums = [N::default(); R];
        for (sum, row) in sums.iter_mut().zip(rows.chunks_exact(forest.columns)) {
            *sum = forest.sums.start(output, forest.offset(row));
        }
        let trees = Trees { groups: numbers.as_chunks().0, nodes, tails: compare.tails, leaves };
        // Rows side by side keep a processor busy as they are, and one pipeline for both is compiled sooner.
        nodes = if R > 1 || trees.groups.iter().any(|group| Group::of(*group).depth > TOP) {
            Pipeline::<M, N, R, LAST, 8>::new(trees, bytes).add(&mut sums)
        } else {
            Pipeline::<M, N, R, LAST_ABOVE, 4>::new(trees, bytes).add(&mut sums)
        };
        let margins = margins.iter_mut().skip(output).step_by(outputs);
        for ((sum, row), margin) in sums.iter().zip(rows.chunks_exact(forest.columns)).zip(margins) {
            *margin = forest.sums.finish(output, *sum, forest.offset(row));
        }
    }
}
