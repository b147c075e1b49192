//! From masks to leaves, and to sums: each tree's decisions are selected level by level, and turned into a byte for each row.

use super::{BYTE_ROWS, Places, WORD_ROWS, transpose};
use crate::{
    forest::{Forest, Group, Heaps},
    kernels::{GROUP_TREES, PAGE, groups},
    number::Number,
};

/// The greatest depth of a group: a leaf's number is a byte.
const DEPTH_MAX: usize = 8;

/// What a processor can do beside what compilers find by themselves.
pub(in crate::kernels) trait Adder<N: Number> {
    /// [`Self::add`] takes trees of at most so many leaves.
    const LEAVES_MAX: usize = 0;

    /// Adds the leaves of a block's rows, tree after tree.
    fn add<const W: usize>(
        _: &[&[N; PAGE]; GROUP_TREES],
        _: &[Places<W>; GROUP_TREES],
        _: &mut [[N; WORD_ROWS]; W],
    ) {
        unreachable!("no tree has as few leaves as none")
    }
}

/// Nothing: each row's leaves are loaded one by one.
pub(in crate::kernels) struct OneByOne;

impl<N: Number> Adder<N> for OneByOne {}

/// Adds up each row's leaves of all trees, and writes the margins.
#[inline(always)]
pub(super) fn add<A: Adder<N>, N: Number, const W: usize>(
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
            add_group::<A, N, W>(group, heaps.nodes, leaves, masks, words, &mut sums);
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
fn add_group<A: Adder<N>, N: Number, const W: usize>(
    group: Group,
    nodes: &[u16],
    leaves: &[N],
    masks: &[[u64; W]],
    words: usize,
    sums: &mut [[N; WORD_ROWS]; W],
) {
    let (depth, first) = (group.depth as usize, group.first as usize);
    let mut places = [[[[0; BYTE_ROWS]; W]; WORD_ROWS / BYTE_ROWS]; GROUP_TREES];
    let mut open = [[0; W]; PAGE / 4];
    for (tree, places) in places.iter_mut().enumerate().take(group.trees as usize) {
        let nodes = &nodes[first + (tree << depth)..][..1 << depth];
        let bits = leaf_bits(depth, nodes, masks, &mut open);
        write(&bits, places);
    }
    // Behind the last group's leaves stand as many as a group has at most.
    let Some(leaves) = leaves[first..].first_chunk::<{ Heaps::LEAVES_BEHIND }>() else {
        unreachable!("leaves of another model")
    };
    let mut pages = [&leaves.as_chunks::<PAGE>().0[0]; GROUP_TREES];
    for (tree, page) in pages.iter_mut().enumerate() {
        let Some(leaves) = leaves[tree << depth..].first_chunk() else { return };
        *page = leaves;
    }
    if 1 << depth <= A::LEAVES_MAX {
        A::add(&pages, &places, sums);
    } else {
        add_leaves(pages, &places, &mut sums[..words]);
    }
}

/// The bits of every row's leaf in a tree of so many levels, the last decision's first.
#[inline(always)]
fn leaf_bits<const W: usize>(
    depth: usize,
    nodes: &[u16],
    masks: &[[u64; W]],
    open: &mut [[u64; W]; PAGE / 4],
) -> [[u64; W]; DEPTH_MAX] {
    let mut bits = [[0; W]; DEPTH_MAX];
    bits[depth - 1] = masks[usize::from(nodes[1])];
    macro_rules! levels {
        ($($level:literal in $open:expr;)+) => {$(
            if depth > $level {
                bits[depth - 1 - $level] = decide::<$level, W>(nodes, masks, &bits[depth - $level..], $open);
            }
        )+};
    }
    // What registers hold has no place in memory; what they do not hold is not made anew for each tree.
    levels! {
        1 in &mut [[0; W]; 1];
        2 in &mut [[0; W]; 2];
        3 in &mut [[0; W]; 4];
        4 in &mut [[0; W]; 8];
        5 in open;
        6 in open;
        7 in open;
    }
    bits
}

/// The decision on this level, given those above it, the last one first.
#[inline(always)]
fn decide<const LEVEL: usize, const W: usize>(
    nodes: &[u16],
    masks: &[[u64; W]],
    above: &[[u64; W]],
    open: &mut [[u64; W]],
) -> [u64; W] {
    let mask = |node: u16| &masks[usize::from(node)];
    // The decision before chooses between neighbours, the one before that between what is left, and so on.
    let neighbours = nodes[1 << LEVEL..2 << LEVEL].as_chunks::<2>().0;
    for (chosen, [left, right]) in open.iter_mut().zip(neighbours) {
        *chosen = choose(&above[0], mask(*left), mask(*right));
    }
    for (level, bits) in above[1..LEVEL].iter().enumerate() {
        for place in 0..1 << (LEVEL - 2 - level) {
            open[place] = choose(bits, &open[2 * place], &open[2 * place + 1]);
        }
    }
    open[0]
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

/// Bytes whose bits these masks have, the first mask the lowest.
#[inline(always)]
fn write<const W: usize>(bits: &[[u64; W]; DEPTH_MAX], places: &mut Places<W>) {
    let mut bits = *bits;
    transpose(&mut bits);
    // No closure, which would be compiled for any processor and called.
    for (places, words) in places.iter_mut().zip(bits) {
        for (places, word) in places.iter_mut().zip(words) {
            *places = word.to_le_bytes();
        }
    }
}

/// Adds each row's leaves, tree after tree.
#[inline(always)]
fn add_leaves<N: Number, const W: usize>(
    pages: [&[N; PAGE]; GROUP_TREES],
    places: &[Places<W>; GROUP_TREES],
    sums: &mut [[N; WORD_ROWS]],
) {
    for (word, sums) in sums.iter_mut().enumerate().take(W) {
        let sums = sums.as_chunks_mut::<BYTE_ROWS>().0;
        // Not row after row: sums that stand side by side would be gathered in vectors, which takes longer.
        for row in 0..BYTE_ROWS {
            for (eight, sums) in sums.iter_mut().enumerate() {
                let mut total = sums[row];
                for (page, places) in pages.iter().zip(places) {
                    total += page[usize::from(places[eight][word][row])];
                }
                sums[row] = total;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{is_set, place},
        BYTE_ROWS, DEPTH_MAX, WORD_ROWS, write,
    };
    use fastrand::Rng;

    fn bits_become_bytes<const W: usize>(random: &mut Rng) {
        let mut bits = [[0; W]; DEPTH_MAX];
        bits.as_flattened_mut().fill_with(|| random.u64(..));
        let mut places = [[[0; BYTE_ROWS]; W]; WORD_ROWS / BYTE_ROWS];
        write(&bits, &mut places);
        for row in 0..W * WORD_ROWS {
            let [eight, word, byte] = place(row);
            let expected = (0..DEPTH_MAX).map(|bit| u8::from(is_set(&bits[bit], row)) << bit).sum();
            assert_eq!(places[eight][word][byte], expected, "{W} words, row {row}");
        }
    }

    #[test]
    fn blocks_of_any_width_have_the_rows_in_one_order() {
        let mut random = Rng::with_seed(7);
        bits_become_bytes::<1>(&mut random);
        bits_become_bytes::<4>(&mut random);
        bits_become_bytes::<8>(&mut random);
    }
}
