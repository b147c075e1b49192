//! Many rows at once: a mask holds a bit for each row, and a tree becomes a selection among masks.
//!
//! There is a mask for each rank that is asked for, made once for all trees: the rows that reach it. A tree's root mask is the
//! first bit of every row's leaf; the second comes from the left or the right child's mask, as the first says, and so on. These
//! bits, eight masks at most, are then transposed to a byte for each row: its leaf.
//!
//! A mask's bits are in such an order that both ways, from ranks to masks and from masks to leaves, take eight rows at once: bit
//! `8 * b + e` of a word is row `8 * e + b` of its 64.

mod leaves;

pub(super) use leaves::{Adder, OneByOne};

use crate::{
    forest::{Forest, Heaps, Input, Layout, Leaves, Questions},
    scratch::{Scratch, take},
};
use leaves::add;

/// Rows of one word of a mask.
pub(super) const WORD_ROWS: usize = 64;

/// Rows of one byte of a word.
pub(super) const BYTE_ROWS: usize = 8;

/// A byte for each row, eight rows after eight, and of each eight those of one word after those of the other.
pub(super) type Places<const W: usize> = [[[u8; BYTE_ROWS]; W]; WORD_ROWS / BYTE_ROWS];

/// Where an input has at most so many ranks beside 0, rows are compared with each of them: that takes less than a bit set for
/// each row. For four words it was 134 ns a row with 96 (100 trees, 28 inputs, AVX2), and 138 with 60 or with 127.
const fn compared_max(words: usize) -> u32 {
    let max = 24 * words as u32;
    // A byte's highest bit is in use.
    if max < 128 { max } else { 127 }
}

/// Scores rows in blocks of at most `W` words.
#[inline(always)]
pub(super) fn score<A: Adder<f64> + Adder<f32>, const W: usize>(
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
        let columns = take(&mut buffers.columns, W * WORD_ROWS * forest.inputs);
        let columns = columns.as_chunks_mut::<BYTE_ROWS>().0.as_chunks_mut::<W>().0;
        let columns = columns.as_chunks_mut::<{ WORD_ROWS / BYTE_ROWS }>().0;
        let masks = take(&mut buffers.masks, W * heaps.masks).as_chunks_mut::<W>().0;
        masks.fill([0; W]);
        for (word, rows) in rows.chunks(WORD_ROWS * forest.columns).enumerate().take(W) {
            (forest.ranks)(rows, ranks);
            // Whatever stands for rows that are not there has to be a rank.
            ranks[rows.len() / forest.columns * forest.inputs..].fill(0);
            for eight in 0..WORD_ROWS / BYTE_ROWS {
                let of_eight = BYTE_ROWS * forest.inputs;
                let ranks = &ranks[eight * of_eight..][..of_eight];
                note(heaps, ranks, eight, word, columns, masks);
            }
            for (index, input) in heaps.inputs.iter().enumerate() {
                if let Questions::Classes { sets, members } = input.questions {
                    let masks = &mut masks[input.first as usize + 1..][..sets as usize];
                    look_up(ranks.iter().skip(index).step_by(forest.inputs), members, word, masks);
                }
            }
        }
        for (input, column) in heaps.inputs.iter().zip(columns) {
            complete(input, column, masks);
        }
        match &forest.leaves {
            Leaves::F64(leaves) => add::<A, f64, W>(forest, heaps, leaves, rows, masks, margins),
            Leaves::F32(leaves) => add::<A, f32, W>(forest, heaps, leaves, rows, masks, margins),
        }
    }
}

/// Whether an input's ranks are compared, and not set bit by bit.
#[inline(always)]
fn is_compared<const W: usize>(input: &Input) -> bool {
    let max = const { compared_max(W) };
    match input.questions {
        Questions::Ranks(count) => count <= max,
        Questions::RanksOrMissing { missing } => missing.len() <= max as usize,
        Questions::Classes { .. } => false,
    }
}

/// Writes the ranks of eight rows down, or sets each row's bit in the slots of its ranks.
#[inline(always)]
fn note<const W: usize>(
    heaps: &Heaps,
    ranks: &[u16],
    eight: usize,
    word: usize,
    columns: &mut [Places<W>],
    masks: &mut [[u64; W]],
) {
    let inputs = ranks.len() / BYTE_ROWS;
    let mut rows = [&ranks[..inputs]; BYTE_ROWS];
    for (index, row) in rows.iter_mut().enumerate() {
        *row = &ranks[index * inputs..][..inputs];
    }
    for index in 0..inputs {
        let (Some(input), Some(column)) = (heaps.inputs.get(index), columns.get_mut(index)) else { return };
        if is_compared::<W>(input) {
            for (place, ranks) in column[eight][word].iter_mut().zip(rows) {
                *place = ranks[index] as u8;
            }
        } else if !matches!(input.questions, Questions::Classes { .. }) {
            let slots = &mut masks[input.first as usize..];
            for (row, ranks) in rows.iter().enumerate() {
                slots[usize::from(ranks[index])][word] |= 1 << (row * 8 + eight);
            }
        }
    }
}

/// Writes a word of each set's mask: which of these rows' classes are in it. A byte of `members` speaks of eight sets.
#[inline(always)]
fn look_up<'a, const W: usize>(
    classes: impl Iterator<Item = &'a u16>,
    members: &[u8],
    word: usize,
    masks: &mut [[u64; W]],
) {
    let count = masks.len().div_ceil(Questions::BYTE_SETS);
    let mut first = [0; WORD_ROWS];
    for (first, class) in first.iter_mut().zip(classes) {
        *first = usize::from(*class) * count;
    }
    for (index, masks) in masks.chunks_mut(Questions::BYTE_SETS).enumerate() {
        let members = &members[index..];
        let mut eights = [[0]; WORD_ROWS / BYTE_ROWS];
        for ([eight], first) in eights.iter_mut().zip(first.as_chunks::<BYTE_ROWS>().0) {
            for (row, first) in first.iter().enumerate() {
                *eight |= u64::from(members[*first]) << (8 * row);
            }
        }
        transpose(&mut eights);
        for (mask, [rows]) in masks.iter_mut().zip(eights) {
            mask[word] = rows;
        }
    }
}

/// Bit `b` of a byte of mask `m` becomes bit `m` of the same byte of mask `b`: blocks of bits are exchanged, each time half as wide.
#[inline(always)]
fn transpose<const W: usize>(masks: &mut [[u64; W]; 8]) {
    macro_rules! exchange {
        ($distance:literal, $lower:literal: $($first:literal)+) => {$({
            let (first, second) = (masks[$first], masks[$first + $distance]);
            (masks[$first], masks[$first + $distance]) = exchange::<W, $distance>(first, second, $lower);
        })+};
    }
    exchange!(4, 0x0f0f_0f0f_0f0f_0f0f: 0 1 2 3);
    exchange!(2, 0x3333_3333_3333_3333: 0 1 4 5);
    exchange!(1, 0x5555_5555_5555_5555: 0 2 4 6);
}

/// Exchanges the first mask's bits that stand so far above `lower` with the second's in `lower`.
#[inline(always)]
fn exchange<const W: usize, const DISTANCE: u32>(
    mut first: [u64; W],
    mut second: [u64; W],
    lower: u64,
) -> ([u64; W], [u64; W]) {
    for word in 0..W {
        let different = ((first[word] >> DISTANCE) ^ second[word]) & lower;
        first[word] ^= different << DISTANCE;
        second[word] ^= different;
    }
    (first, second)
}

/// Turns ranks into masks.
#[inline(always)]
fn complete<const W: usize>(input: &Input, column: &Places<W>, masks: &mut [[u64; W]]) {
    let first = input.first as usize;
    match &input.questions {
        Questions::Ranks(count) => {
            let masks = &mut masks[first + 1..][..*count as usize];
            if is_compared::<W>(input) {
                compare(column, masks);
                return;
            }
            let mut above = [0; W];
            for mask in masks.iter_mut().rev() {
                or(&mut above, mask);
                *mask = above;
            }
        }
        Questions::RanksOrMissing { missing } => {
            let masks = &mut masks[first + 1..][..missing.len()];
            let is_compared = is_compared::<W>(input);
            if is_compared {
                compare(column, masks);
            }
            let Some((rows_missing, masks)) = masks.split_last_mut() else { return };
            let mut above = *rows_missing;
            for (mask, is_right) in masks.iter_mut().zip(*missing).rev() {
                if is_compared {
                    above = *mask;
                } else {
                    or(&mut above, mask);
                }
                let is_right = u64::from(*is_right).wrapping_neg();
                for ((mask, above), missing) in mask.iter_mut().zip(above).zip(*rows_missing) {
                    *mask = above & (is_right | !missing);
                }
            }
        }
        // Their masks are looked up.
        Questions::Classes { .. } => {}
    }
}

/// The rows whose ranks reach 1, 2, and so on.
#[inline(always)]
fn compare<const W: usize>(column: &Places<W>, masks: &mut [[u64; W]]) {
    for (mask, rank) in masks.iter_mut().zip(1..) {
        *mask = reach(column, rank);
    }
}

/// The rows whose ranks reach this one; all are less than 128.
#[inline(always)]
fn reach<const W: usize>(column: &Places<W>, rank: u8) -> [u64; W] {
    const HIGHEST: u64 = 0x8080_8080_8080_8080;
    let rank = u64::from_le_bytes([rank; BYTE_ROWS]);
    let mut reached = [0; W];
    for ranks in column {
        for (reached, ranks) in reached.iter_mut().zip(ranks) {
            // With its highest bit set no byte borrows of another; it keeps that bit if it is large enough.
            let difference = (u64::from_le_bytes(*ranks) | HIGHEST) - rank;
            *reached = *reached >> 1 | difference & HIGHEST;
        }
    }
    reached
}

#[inline(always)]
fn or<const W: usize>(into: &mut [u64; W], from: &[u64; W]) {
    for word in 0..W {
        into[word] |= from[word];
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTE_ROWS, WORD_ROWS, compared_max, look_up, note, reach};
    use crate::forest::{Heaps, Input, Questions};
    use fastrand::Rng;

    /// Where a row's byte is: which eight, which word, and which of the eight.
    pub(super) fn place(row: usize) -> [usize; 3] {
        [row % WORD_ROWS / BYTE_ROWS, row / WORD_ROWS, row % BYTE_ROWS]
    }

    pub(super) fn is_set<const W: usize>(mask: &[u64; W], row: usize) -> bool {
        let [eight, word, byte] = place(row);
        mask[word] >> (8 * byte + eight) & 1 == 1
    }

    fn ranks_become_masks<const W: usize>(random: &mut Rng) {
        for greatest in [compared_max(W), compared_max(W) + 1] {
            let is_right: Vec<u8> =
                (1..=greatest).map(|rank| u8::from(rank == greatest || random.bool())).collect();
            let is_right: &'static [u8] = is_right.leak();
            let inputs: &'static [Input] = Box::leak(Box::new([
                Input { first: 0, questions: Questions::Ranks(greatest) },
                Input { first: greatest + 1, questions: Questions::Ranks(1) },
                Input { first: greatest + 3, questions: Questions::RanksOrMissing { missing: is_right } },
            ]));
            let masks = 2 * greatest as usize + 4;
            let heaps = Heaps { inputs, masks, groups: &[], nodes: &[], compare: None };
            let ranks: Vec<u16> = (0..W * WORD_ROWS).map(|_| random.u16(..=greatest as u16)).collect();
            let rows: Vec<u16> = ranks.iter().flat_map(|rank| [*rank, rank % 2, *rank]).collect();
            let mut columns = vec![[[[0; BYTE_ROWS]; W]; WORD_ROWS / BYTE_ROWS]; inputs.len()];
            let mut masks = vec![[0; W]; heaps.masks];
            for (index, rows) in rows.chunks(inputs.len() * BYTE_ROWS).enumerate() {
                note(&heaps, rows, index % BYTE_ROWS, index / BYTE_ROWS, &mut columns, &mut masks);
            }
            for (input, column) in inputs.iter().zip(&columns) {
                super::complete(input, column, &mut masks);
            }
            for (row, rank) in ranks.iter().enumerate() {
                for asked in 1..=greatest {
                    let mask = &masks[asked as usize];
                    assert_eq!(is_set(mask, row), u32::from(*rank) >= asked, "{W} words, row {row}: {asked}");
                    let mask = &masks[greatest as usize + 3 + asked as usize];
                    let answer = if u32::from(*rank) == greatest {
                        is_right[asked as usize - 1] == 1
                    } else {
                        u32::from(*rank) >= asked
                    };
                    assert_eq!(is_set(mask, row), answer, "{W} words, row {row}: {asked}, or missing");
                }
                assert_eq!(is_set(&masks[greatest as usize + 2], row), rank % 2 == 1, "{W} words, row {row}");
            }
        }
    }

    #[test]
    fn blocks_of_any_width_have_the_rows_in_one_order() {
        let mut random = Rng::with_seed(7);
        ranks_become_masks::<1>(&mut random);
        ranks_become_masks::<4>(&mut random);
        ranks_become_masks::<8>(&mut random);
    }

    #[test]
    fn a_word_holds_which_classes_are_in_each_set() {
        let mut random = Rng::with_seed(8);
        for sets in [1_usize, 7, 8, 9, 64] {
            let count = sets.div_ceil(Questions::BYTE_SETS);
            let members: Vec<u8> = (0..33 * count).map(|_| random.u8(..)).collect();
            let classes: Vec<u16> = (0..WORD_ROWS).map(|_| random.u16(..33)).collect();
            let mut masks = vec![[u64::MAX; 2]; sets];
            look_up(classes.iter(), &members, 1, &mut masks);
            for (row, class) in classes.iter().enumerate() {
                for (set, mask) in masks.iter().enumerate() {
                    let is_member = members[usize::from(*class) * count + set / 8] >> (set % 8) & 1 == 1;
                    assert_eq!(is_set(mask, WORD_ROWS + row), is_member, "row {row}, set {set} of {sets}");
                    assert!(is_set(mask, row), "the other word stays");
                }
            }
        }
    }

    #[test]
    fn ranks_reach_those_below_them_up_to_what_a_byte_holds() {
        let column = [[[127, 0, 1, 126, 64, 63, 127, 2]]; WORD_ROWS / BYTE_ROWS];
        for (rank, expected) in [(1, 0b1111_1101_u8), (2, 0b1111_1001), (64, 0b0101_1001), (127, 0b0100_0001)]
        {
            let [mask] = reach(&column, rank);
            let eight: u8 = (0..BYTE_ROWS).map(|byte| u8::from(is_set(&[mask], byte)) << byte).sum();
            assert_eq!(eight, expected, "{rank}");
        }
    }
}
