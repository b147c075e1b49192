//! All splits of a tree at once: a row's bytes are looked up for 64 nodes and compared with what they have to be more than to go
//! right. The word of answers then leads to a leaf without a branch.
//!
//! The [`pipeline`] lets a group of trees pass stages that overlap.

mod pipeline;

use self::pipeline::{LAST, LAST_ABOVE, Pipeline, Trees};
use super::GROUP_TREES;
use crate::{
    forest::{Compare, Forest, Group, Heaps, Layout, Leaves},
    number::Number,
    scratch::{Scratch, take},
};

/// The most bytes of a view of a row.
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

/// Bytes of a view of a row.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Bytes(pub [u8; LINE]);

/// How many bytes stand side by side.
const LINE: usize = 64;

impl Default for Bytes {
    fn default() -> Self {
        Self([0; LINE])
    }
}

/// What differs from processor to processor.
pub(super) trait Machine {
    /// A view of a row in registers.
    type Row: Copy;

    /// How many bytes these hold.
    const BYTES: usize;

    /// In how many lines these stand before.
    const LINES: usize = Self::BYTES.div_ceil(LINE);

    /// Takes them from these lines.
    fn row(bytes: &[Bytes]) -> Self::Row;

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
    let lines = compare.views.bytes.len().max(1) * M::LINES;
    let views = take(&mut scratch.buffers.views, R * lines);
    let rows = rows.chunks(R * forest.columns);
    for (rows, margins) in rows.zip(margins.chunks_mut(R * outputs)) {
        (forest.ranks)(rows, &mut ranks[..R * forest.inputs]);
        let count = if R == 1 { 1 } else { rows.len() / forest.columns };
        for row in 0..count {
            write::<M>(compare, &ranks[row * forest.inputs..], &mut views[row * lines..][..lines]);
        }
        match &forest.leaves {
            Leaves::F64(leaves) => add::<M, f64, R>(forest, heaps, compare, leaves, rows, views, margins),
            Leaves::F32(leaves) => add::<M, f32, R>(forest, heaps, compare, leaves, rows, views, margins),
        }
    }
}

/// Bytes that are made of ranks at once.
const CHUNK: usize = 32;

/// Writes a row's bytes, view after view.
#[inline(always)]
fn write<M: Machine>(compare: &Compare, ranks: &[u16], views: &mut [Bytes]) {
    if compare.views.bytes.is_empty() {
        // As many as registers hold, in whole chunks: no node names those behind the last input's.
        for (line, ranks) in views.iter_mut().zip(ranks.chunks(LINE)) {
            let chunks = line.0[..M::BYTES.min(LINE)].as_chunks_mut::<CHUNK>().0;
            for (bytes, ranks) in chunks.iter_mut().zip(ranks.as_chunks::<CHUNK>().0) {
                // Made apart and stored at once: of single bytes a processor would have to wait for all before it loads them.
                let mut chunk = [0; CHUNK];
                for (byte, rank) in chunk.iter_mut().zip(ranks) {
                    *byte = *rank as u8 ^ Compare::FLIPPED;
                }
                *bytes = chunk;
            }
        }
        return;
    }
    let mut sources = compare.views.sources.as_chunks::<2>().0;
    for (count, view) in compare.views.bytes.iter().zip(views.chunks_exact_mut(M::LINES)) {
        let (of_view, behind) = sources.split_at(*count as usize);
        for (line, sources) in view.iter_mut().zip(of_view.chunks(LINE)) {
            for (byte, [input, first]) in line.0.iter_mut().zip(sources) {
                *byte = compare.views.values[*first as usize + usize::from(ranks[*input as usize])];
            }
        }
        sources = behind;
    }
}

#[inline(always)]
fn add<M: Machine, N: Number, const R: usize>(
    forest: &Forest,
    heaps: &Heaps,
    compare: &Compare,
    leaves: &[N],
    rows: &[f64],
    views: &[Bytes],
    margins: &mut [f64],
) {
    let outputs = forest.outputs();
    let mut nodes = compare.nodes.as_chunks::<ENDS>().0.as_chunks::<2>().0;
    for (output, (numbers, parts)) in heaps.groups.iter().zip(compare.parts).enumerate() {
        let mut sums = [N::default(); R];
        for (sum, row) in sums.iter_mut().zip(rows.chunks_exact(forest.columns)) {
            *sum = forest.sums.start(output, forest.offset(row));
        }
        let trees = Trees {
            groups: numbers.as_chunks().0,
            parts: parts.as_chunks().0,
            nodes,
            tails: compare.tails,
            leaves,
        };
        // Rows side by side keep a processor busy as they are, and one pipeline for both is compiled sooner.
        nodes = if R > 1 || trees.groups.iter().any(|group| Group::of(*group).depth > TOP) {
            Pipeline::<M, N, R, LAST, 8>::new(trees, views).add(&mut sums)
        } else {
            Pipeline::<M, N, R, LAST_ABOVE, 4>::new(trees, views).add(&mut sums)
        };
        let margins = margins.iter_mut().skip(output).step_by(outputs);
        for ((sum, row), margin) in sums.iter().zip(rows.chunks_exact(forest.columns)).zip(margins) {
            *margin = forest.sums.finish(output, *sum, forest.offset(row));
        }
    }
}
