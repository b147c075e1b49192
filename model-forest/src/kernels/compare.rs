//! Many splits of a tree at once: a row's bytes are looked up for 64 nodes and compared with what they have to be more than to go
//! right. These answers then lead to a leaf without a branch; in deeper trees to a node below which two or four levels more are
//! answered.
//!
//! The [`pipeline`] lets groups of trees pass in blocks that overlap.

mod pipeline;

use self::pipeline::{Pipeline, Trees};
use super::GROUP_TREES;
use crate::{
    forest::{Compare, Forest, Heaps, Layout, Leaves, Views},
    number::Number,
    scratch::{Scratch, take},
};

/// The most bytes of a view of a row.
const BYTES_MAX: usize = 256;

/// Nodes that are answered at once.
const NODES: usize = 64;

/// What so many nodes look up, and what that has to be more than to go right.
type Nodes = [[u8; NODES]; 2];

/// A tree's four levels of nodes below its first ones: 16 places by heap index, and 16 bytes that have to be exceeded.
pub(super) type Tail = [u64; 4];

/// A number for each tree of a group; aligned, so that it lies in one line of cache.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub(super) struct Line(pub [u32; GROUP_TREES]);

/// How many bytes stand side by side.
const LINE: usize = Compare::LINE;

/// Bytes of a view of a row.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Bytes(pub [u8; LINE]);

impl Bytes {
    /// Lines as the bytes that they are.
    #[inline(always)]
    fn flat(lines: &mut [Self]) -> &mut [u8] {
        let count = size_of_val(lines);
        // SAFETY: a line is 64 bytes and nothing else, as its size is its alignment; no one else has them as long as these
        // are borrowed.
        unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), count) }
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self([0; LINE])
    }
}

/// What differs from processor to processor.
pub(super) trait Machine {
    /// A number for each tree of a group.
    type Lanes: Lanes;

    /// A view of a row in registers.
    type Row: Copy;

    /// How many bytes these hold.
    const BYTES: usize;

    /// Takes them from these lines, from as many as there are and it holds.
    fn row(bytes: &[Bytes]) -> Self::Row;

    /// For each of 64 nodes, given as places and what their bytes have to be more than, whether the row goes right.
    fn answers(row: &Self::Row, places: &[u8; NODES], bounds: &[u8; NODES]) -> u64;

    /// The same for the tails of four trees, 16 answers each.
    fn answers_below(row: &Self::Row, tails: [&Tail; 4]) -> u64;

    /// To which of four ends the row comes in each tree's tail of two levels, whose places are the low bytes of a word.
    fn ends_of_words(row: &Self::Row, tails: &[u64; GROUP_TREES]) -> Self::Lanes;

    /// Asks for what lies there, so that it need not be waited for later.
    fn prefetch<T>(place: &T);
}

/// A number for each tree of a group, in registers.
pub(super) trait Lanes: Copy {
    /// Eight answers of each tree.
    fn of_bytes(answers: u64) -> Self;

    /// Sixteen answers of each tree.
    fn of_halves(answers: [u64; 2]) -> Self;

    /// The same number for each.
    fn all(number: u32) -> Self;

    /// The nodes, by heap index, that follow these by these answers.
    fn next(self, answers: Self) -> Self;

    /// Of each the bits that differ.
    fn xor(self, other: Self) -> Self;

    /// Each times 2 to the power of `LEVELS`.
    fn shifted<const LEVELS: i32>(self) -> Self;

    /// From memory.
    fn load(line: &Line) -> Self;

    /// To memory.
    fn store(self) -> Line;
}

/// Scores rows one by one.
#[inline(always)]
pub(super) fn score<M: Machine>(forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
    let Layout::Heaps(heaps) = &forest.layout else { return };
    let Some(compare) = &heaps.compare else { return };
    let outputs = forest.outputs();
    // What lies behind a row's ranks is read as well.
    let ranks = take(&mut scratch.buffers.ranks, forest.inputs + BYTES_MAX);
    let lines = compare.views.count.max(1) * lines_of_view(compare);
    let views = take(&mut scratch.buffers.views, lines);
    let (mut rows_behind, mut margins_behind) = (rows, margins);
    // Taken off, as chunks would be counted, by a division, which takes as long as two trees.
    while !rows_behind.is_empty() {
        let row = rows_behind.split_off(..forest.columns);
        let margins = margins_behind.split_off_mut(..outputs);
        // `Forest::margins` has seen that rows are whole, and that each has its margins.
        let (Some(row), Some(margins)) = (row, margins) else { return };
        (forest.ranks)(row, &mut ranks[..forest.inputs]);
        write::<M>(compare, ranks, views);
        match &forest.leaves {
            Leaves::F64(leaves) => add::<M, f64>(forest, heaps, compare, leaves, row, views, margins),
            Leaves::F32(leaves) => add::<M, f32>(forest, heaps, compare, leaves, row, views, margins),
        }
    }
}

/// Bytes that are made of ranks at once.
const CHUNK: usize = 32;

/// In how many lines each view of a row stands.
#[inline(always)]
fn lines_of_view(compare: &Compare) -> usize {
    Compare::stride(compare.bytes) / LINE
}

/// Writes a row's bytes: those of all its views, input by input.
#[inline(always)]
fn write<M: Machine>(compare: &Compare, ranks: &[u16], views: &mut [Bytes]) {
    if compare.views.count == 0 {
        // As many as the lines and registers hold, in whole chunks: no node names those behind the last input's.
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
    let Views { inputs, mut positions, values, .. } = compare.views;
    let (inputs, bytes) = (inputs.as_chunks::<3>().0, Bytes::flat(views));
    // Values of many views lie in a distant cache: each input's first ones are asked for before any is waited for.
    for input in inputs {
        if let Some(value) = values_of(input, ranks, values).first() {
            M::prefetch(value);
        }
    }
    for input in inputs {
        let values = values_of(input, ranks, values);
        let (of_input, behind) = positions.split_at(values.len());
        positions = behind;
        for (position, value) in of_input.iter().zip(values) {
            bytes[*position as usize] = *value;
        }
    }
}

/// What an input's bytes are in all views, by its rank.
#[inline(always)]
fn values_of<'a>([input, count, first]: &[u32; 3], ranks: &[u16], values: &'a [u8]) -> &'a [u8] {
    let count = *count as usize;
    &values[*first as usize + count * usize::from(ranks[*input as usize])..][..count]
}

#[inline(always)]
fn add<M: Machine, N: Number>(
    forest: &Forest,
    heaps: &Heaps,
    compare: &Compare,
    leaves: &[N],
    row: &[f64],
    views: &[Bytes],
    margins: &mut [f64],
) {
    let (lines, offset) = (lines_of_view(compare), forest.offset(row));
    let mut nodes = compare.nodes.as_chunks::<NODES>().0.as_chunks::<2>().0;
    for (output, (numbers, parts)) in heaps.groups.iter().zip(compare.parts).enumerate() {
        let mut sum: N = forest.sums.start(output, offset);
        let trees = Trees {
            groups: numbers.as_chunks().0,
            parts: parts.as_chunks().0,
            nodes,
            tails: compare.tails,
            leaves,
        };
        nodes = Pipeline::<M, N>::new(trees, views, lines).add(&mut sum);
        margins[output] = forest.sums.finish(output, sum, offset);
    }
}
