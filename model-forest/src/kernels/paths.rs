//! Trees of any shape: walked side by side, sixteen trees of one row, or sixteen rows through one tree.

use crate::{
    forest::{Forest, Layout, Leaves, Path, Paths},
    number::Number,
    scratch::{Scratch, take},
};
use std::hint::black_box;

/// How many ways are walked side by side, so that none waits for another's loads.
const LANES: usize = 16;

/// Rows whose ranks are kept while one tree after the other is walked, at most.
const BLOCK_ROWS: usize = 512;

/// Where rows are wide, so many are kept all the same.
const BLOCK_ROWS_LEAST: usize = 64;

/// Of more rows the ranks take at most so many places of 16 bits: about what a second-level cache holds. With 500 inputs, which just fit
/// 512 rows, blocks of 64 or 128 were no quicker.
const BLOCK_RANKS: usize = 1 << 18;

/// From so many rows on a tree is read from one end to the other before they walk through it, where it has at most [`READ_LINES_MAX`]
/// lines of nodes a row: they come to many of these, which a processor foresees in this order alone. Trees of 1,000 leaves gained from
/// 48 rows on.
const READ_ROWS_MIN: usize = 48;

/// A tree of more lines of nodes a row is not read before, since rows come to few of them. The more rows, the fewer lines a row: trees
/// of 40,000 leaves gained from 22 lines a row down, of 12,000 from 33, of 4,000 from more than 31, and 24 lies between (AMD EPYC of
/// the third generation). 512 rows took 0.9, 0.4 and 0.5 of the time, with 1,000 leaves 0.7.
const READ_LINES_MAX: usize = 24;

/// Numbers of 64 bits in a line of any cache.
const LINE: usize = 8;

/// After so many steps it is seen whether all ways have ended.
const STEPS: usize = 4;

/// Leaves that an input behind the last stands for.
const LEAVES_OF_ZERO: usize = 65_535;

/// Scores rows.
#[inline(always)]
pub(super) fn score(forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
    let Layout::Paths(paths) = &forest.layout else { return };
    match (&forest.leaves, paths.sets.is_empty()) {
        (Leaves::F64(leaves), true) => score_of::<f64, false>(forest, paths, leaves, rows, margins, scratch),
        (Leaves::F64(leaves), false) => score_of::<f64, true>(forest, paths, leaves, rows, margins, scratch),
        (Leaves::F32(leaves), true) => score_of::<f32, false>(forest, paths, leaves, rows, margins, scratch),
        (Leaves::F32(leaves), false) => score_of::<f32, true>(forest, paths, leaves, rows, margins, scratch),
    }
}

#[inline(always)]
fn score_of<N: Number, const SETS: bool>(
    forest: &Forest,
    paths: &Paths,
    leaves: &[N],
    rows: &[f64],
    margins: &mut [f64],
    scratch: &mut Scratch,
) {
    let (outputs, width) = (forest.outputs(), forest.inputs + paths.zeros);
    let walk = Walk { nodes: paths.nodes, sets: paths.sets, inputs: forest.inputs, width };
    let block = block_rows(width);
    let blocks = rows.chunks(block * forest.columns);
    for (rows, margins) in blocks.zip(margins.chunks_mut(block * outputs)) {
        let ranks = take(&mut scratch.buffers.ranks, rows.len() / forest.columns * width);
        for (row, ranks) in rows.chunks_exact(forest.columns).zip(ranks.chunks_exact_mut(width)) {
            let (ranks, zeros) = ranks.split_at_mut(forest.inputs);
            (forest.ranks)(row, ranks);
            zeros.fill(0);
        }
        let count = rows.len() / forest.columns;
        let offset = |row: usize| forest.offset(&rows[row * forest.columns..][..forest.columns]);
        for (output, trees) in paths.trees.iter().enumerate() {
            let trees = trees.as_chunks::<{ Path::NUMBERS }>().0;
            let side_by_side = rows_side_by_side(count, trees.len());
            if side_by_side > 0 {
                let mut sums = [N::default(); BLOCK_ROWS];
                let sums = &mut sums[..side_by_side];
                for (row, sum) in sums.iter_mut().enumerate() {
                    *sum = forest.sums.start(output, offset(row));
                }
                for tree in trees {
                    walk.rows::<N, SETS>(Path::of(*tree), ranks, leaves, sums);
                }
                for (row, sum) in sums.iter().enumerate() {
                    margins[row * outputs + output] = forest.sums.finish(output, *sum, offset(row));
                }
            }
            for (row, ranks) in ranks.chunks_exact(width).enumerate().skip(side_by_side) {
                let mut sum: N = forest.sums.start(output, offset(row));
                walk.trees::<N, SETS>(trees, ranks, leaves, &mut sum);
                margins[row * outputs + output] = forest.sums.finish(output, sum, offset(row));
            }
        }
    }
}

/// How many rows of so many ranks make a block: sixteens, as they walk side by side.
fn block_rows(width: usize) -> usize {
    (BLOCK_RANKS / width / LANES * LANES).clamp(BLOCK_ROWS_LEAST, BLOCK_ROWS)
}

/// How many rows walk through one tree side by side: sixteens, and what is left over unless it takes as few walks or fewer to have each
/// of these rows walk through sixteen trees at once. Where trees may be read before, all do, while these are in the caches.
fn rows_side_by_side(rows: usize, trees: usize) -> usize {
    let left_over = rows % LANES;
    let is_row_by_row = rows < READ_ROWS_MIN && left_over * trees.div_ceil(LANES) <= trees;
    if is_row_by_row { rows - left_over } else { rows }
}

/// Whether a tree is read before so many rows walk through it, whose nodes are so many numbers.
fn is_read(rows: usize, numbers: usize) -> bool {
    rows >= READ_ROWS_MIN && numbers.div_ceil(LINE) <= rows * READ_LINES_MAX
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    nodes: &'a [u64],
    sets: &'a [u32],
    /// The ranks of a row, and all that it has, the zeros included.
    inputs: usize,
    width: usize,
}

impl Walk<'_> {
    /// Has a tree's nodes and leaves in the caches, where so many rows gain by that.
    #[inline(always)]
    fn read<N: Number, const SETS: bool>(self, tree: Path, leaves: &[N], rows: usize) {
        let stride = stride::<SETS>();
        let nodes = &self.nodes[tree.root as usize * stride..][..tree.nodes as usize * stride];
        if !is_read(rows, nodes.len()) {
            return;
        }
        for node in nodes.iter().step_by(LINE) {
            black_box(*node);
        }
        let count = tree.nodes.div_ceil(2) as usize;
        for leaf in leaves[tree.leaves as usize..][..count].iter().step_by(LINE) {
            black_box(*leaf);
        }
    }

    /// Adds to each row's sum its leaf of a tree.
    #[inline(always)]
    fn rows<N: Number, const SETS: bool>(self, tree: Path, ranks: &[u16], leaves: &[N], sums: &mut [N]) {
        self.read::<N, SETS>(tree, leaves, sums.len());
        for (index, sums) in sums.chunks_mut(LANES).enumerate() {
            // Lanes without a row repeat the last one.
            let mut first = [0; LANES];
            for (lane, first) in first.iter_mut().enumerate() {
                *first = (index * LANES + lane.min(sums.len() - 1)) * self.width;
            }
            let mut at = [tree.root; LANES];
            self.walk::<SETS>(ranks, &first, &mut at, tree.depth as usize);
            for (sum, at) in sums.iter_mut().zip(at) {
                *sum += leaves[tree.leaves as usize + self.leaf::<SETS>(at)];
            }
        }
    }

    /// Adds to a row's sum its leaves of these trees.
    #[inline(always)]
    fn trees<N: Number, const SETS: bool>(
        self,
        trees: &[[u32; Path::NUMBERS]],
        ranks: &[u16],
        leaves: &[N],
        sum: &mut N,
    ) {
        for trees in trees.chunks(LANES) {
            let mut at = [0; LANES];
            let mut depth = 0;
            for (lane, at) in at.iter_mut().enumerate() {
                // Lanes without a tree repeat the last one.
                let tree = Path::of(trees[lane.min(trees.len() - 1)]);
                *at = tree.root;
                depth = depth.max(tree.depth as usize);
            }
            self.walk::<SETS>(ranks, &[0; LANES], &mut at, depth);
            for (tree, at) in trees.iter().zip(at) {
                *sum += leaves[Path::of(*tree).leaves as usize + self.leaf::<SETS>(at)];
            }
        }
    }

    /// Walks on, `depth` steps at most, from each lane's node, by the ranks that begin at its `first`.
    #[inline(always)]
    fn walk<const SETS: bool>(
        self,
        ranks: &[u16],
        first: &[usize; LANES],
        at: &mut [u32; LANES],
        depth: usize,
    ) {
        for _ in 0..depth.div_ceil(STEPS) {
            let before = *at;
            for _ in 0..STEPS {
                for (at, first) in at.iter_mut().zip(first) {
                    let node = self.node::<SETS>(*at);
                    let rank = ranks[first + usize::from((node >> 32) as u16)];
                    let mut is_right = u32::from(rank >= (node >> 48) as u16);
                    if SETS {
                        let bit =
                            self.nodes[*at as usize * stride::<SETS>() + 1] as usize + usize::from(rank);
                        is_right |= self.sets[bit / 32] >> (bit % 32) & 1;
                    }
                    *at = node as u32 + is_right;
                }
            }
            if *at == before {
                break;
            }
        }
    }

    #[inline(always)]
    fn node<const SETS: bool>(self, at: u32) -> u64 {
        self.nodes[at as usize * stride::<SETS>()]
    }

    /// A leaf's number within its tree.
    #[inline(always)]
    fn leaf<const SETS: bool>(self, at: u32) -> usize {
        let node = self.node::<SETS>(at);
        let zero = usize::from((node >> 32) as u16).wrapping_sub(self.inputs);
        // Numbers begin with 1, as a rank of 0 would lead to the right.
        zero.wrapping_mul(LEAVES_OF_ZERO).wrapping_add(usize::from((node >> 48) as u16)).wrapping_sub(1)
    }
}

/// How many numbers a node is written as.
const fn stride<const SETS: bool>() -> usize {
    if SETS { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::{block_rows, is_read, rows_side_by_side};

    #[test]
    fn rows_that_are_left_over_walk_alone_where_that_takes_as_few_walks() {
        for (rows, trees, expected) in [
            (0, 50, 0),
            (1, 1, 0),
            (1, 0, 0),
            (12, 50, 0),
            (13, 50, 13),
            (16, 50, 16),
            (28, 50, 16),
            (29, 50, 29),
            (5, 5, 0),
            (6, 5, 6),
            (47, 1_000, 32),
            (47, 16, 32),
            (48, 50, 48),
            (49, 50, 49),
        ] {
            assert_eq!(rows_side_by_side(rows, trees), expected, "{rows} rows, {trees} trees");
        }
    }

    #[test]
    fn trees_are_read_from_48_rows_on_and_up_to_24_lines_a_row() {
        assert!(!is_read(47, 1) && is_read(48, 1));
        let numbers = 8 * 24 * 100;
        assert!(is_read(100, numbers) && !is_read(100, numbers + 1));
    }

    #[test]
    fn blocks_are_sixteens_from_64_to_512_rows() {
        for (width, expected) in
            [(1, 512), (512, 512), (513, 496), (701, 368), (4_096, 64), (4_097, 64), (65_536, 64)]
        {
            assert_eq!(block_rows(width), expected, "{width} ranks");
        }
    }
}
