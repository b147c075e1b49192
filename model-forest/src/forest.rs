//! A model's tables, as generated code states them.

use crate::{
    kernels::{GROUP_TREES, Kernels, PAGE},
    scratch::Scratch,
};

/// A model in the ranked form.
#[derive(Debug)]
pub struct Forest {
    /// How many numbers a flat row holds.
    pub columns: usize,
    /// How many ranks and classes a row is turned into.
    pub inputs: usize,
    /// Writes, for each of these flat rows, its ranks and classes.
    pub ranks: fn(rows: &[f64], ranks: &mut [u16]),
    /// The trees.
    pub layout: Layout,
    /// What they add.
    pub leaves: Leaves,
    /// How it adds up.
    pub sums: Sums,
}

/// How the trees are laid out.
#[derive(Debug)]
pub enum Layout {
    /// Filled up to one depth, of 8 at most.
    Heaps(Heaps),
    /// Of any shape.
    Paths(Paths),
}

/// The trees' leaves, and the floats that sums are made of. Behind those of [`Heaps`] stand [`Heaps::LEAVES_BEHIND`] numbers
/// more, since kernels look at so many from where a group's leaves begin.
#[derive(Clone, Copy, Debug)]
pub enum Leaves {
    /// 64-bit floats.
    F64(&'static [f64]),
    /// 32-bit floats.
    F32(&'static [f32]),
}

/// Trees in groups of eight, a group's trees filled up to one depth. Every question that splits ask is asked once of a
/// row; its answer is a *mask*: a bit for each row.
///
/// A tree of depth `d` takes `1 << d` places of both its nodes and its leaves: nodes by heap index, 1 the root, `2n` the
/// left and `2n + 1` the right child of `n`; leaves from left to right.
#[derive(Debug)]
pub struct Heaps {
    /// What each rank or class answers.
    pub inputs: &'static [Input],
    /// How many masks there are, the slots that answer nothing included.
    pub masks: usize,
    /// The groups of each output, in the order in which they are added; [`Group`] says what the numbers are.
    pub groups: &'static [&'static [u32]],
    /// Each node's mask: a row where it is set goes right.
    pub nodes: &'static [u16],
    /// The nodes for kernels that compare many of a tree at once, where there are not too many inputs for that.
    pub compare: Option<Compare>,
}

/// A rank or a class, and where its masks are.
#[derive(Debug)]
pub struct Input {
    /// A slot that answers nothing: that of rank 0. The masks of what is asked, of ranks from 1 on or of sets, follow.
    pub first: u32,
    /// What is asked.
    pub questions: Questions,
}

/// What splits ask about an input.
#[derive(Debug)]
pub enum Questions {
    /// Whether its rank is `k` or more, for `k` from 1 to this: the mask in slot `k`.
    Ranks(u32),
    /// The same of a number that may be missing, which then has the greatest rank and goes either way.
    RanksOrMissing {
        /// For `k` from 1 to the greatest rank whether what is missing goes right, 0 or 1; the last one is 1.
        missing: &'static [u8],
    },
    /// Whether its class is in a set.
    Classes {
        /// How many sets there are.
        sets: u32,
        /// For each class a bit for each set, 1 where it is in the set: [`Questions::BYTE_SETS`] a byte, the first in the lowest
        /// bit, as many bytes for each class as hold all sets.
        members: &'static [u8],
    },
}

impl Questions {
    /// How many sets a byte of `members` speaks of.
    pub const BYTE_SETS: usize = 8;
}

/// Eight trees of one depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Splits on every way through the trees: 1 to 8.
    pub depth: u32,
    /// How many of the trees are real; the others are leaves of -0.0, which change no sum.
    pub trees: u32,
    /// Where the first tree's places begin.
    pub first: u32,
    /// Where the group's [`Compare::tails`] begin.
    pub tails: u32,
}

impl Group {
    /// How many numbers a group is written as.
    pub(crate) const NUMBERS: usize = 4;

    pub(crate) fn of([depth, trees, first, tails]: [u32; Self::NUMBERS]) -> Self {
        Self { depth, trees, first, tails }
    }
}

/// Nodes as bytes: one of a row's bytes, and what it has to be more than on the way to the right.
///
/// The trees are cut into parts, runs of groups, and each part has a view of a row: a byte for each input that its trees ask
/// for. The byte is the input's rank among the thresholds that these trees compare it with, or several bytes where these are more
/// than 255: each then counts the next 255. A number whose missing values go either way has bytes for the thresholds where they go
/// left, which are 0 if it is missing, and others for those where they go right. A set of classes is a byte, 0 or 1. All bytes that
/// are compared have their highest bit flipped, as many processors compare signed bytes alone.
#[derive(Clone, Copy, Debug)]
pub struct Compare {
    /// How many bytes the largest view has: 256 at most.
    pub bytes: usize,
    /// The views; without any there is one, in which each input is a byte, its rank.
    pub views: Views,
    /// The parts of each output, in the order in which they are added, as pairs: how many groups a part has, and its view.
    pub parts: &'static [&'static [u32]],
    /// The first levels of the trees: for 64 nodes their places, each [`Compare::place`] of a byte's index, and 64 bytes that
    /// the rows' have to be more than to go right; and so on. A tree's nodes stand by heap index and take
    /// [`Compare::width`] places.
    pub nodes: &'static [u8],
    /// The levels below, [`Compare::below`] of them: for each tree that has any, and each end of its first levels, places by
    /// heap index, of which 0 means nothing, and then what the bytes there have to be more than. These are the bytes of a word, or
    /// of four. Behind those of the last group, where there are any, stand [`Compare::TAILS_BEHIND`] words more, since kernels look
    /// at so many from where a group's begin.
    pub tails: &'static [u64],
}

/// What some trees look at of a row, one view after the other, [`Compare::stride`] bytes apart.
///
/// They are written input by input, so that an input's bytes in all views are read at once.
#[derive(Clone, Copy, Debug)]
pub struct Views {
    /// How many there are.
    pub count: usize,
    /// For each input that they look at three numbers: its index, how many bytes of all views are its own, and where their values
    /// begin.
    pub inputs: &'static [u32],
    /// Where each of these bytes stands, input by input, counted from the first view's first.
    pub positions: &'static [u32],
    /// For each rank or class of an input what these bytes are, the highest bit flipped.
    pub values: &'static [u8],
}

impl Heaps {
    /// How many numbers stand behind the last leaves: those of a group's eight trees, with as many leaves each as a byte counts.
    pub const LEAVES_BEHIND: usize = GROUP_TREES * PAGE;
}

impl Compare {
    /// What is flipped of each byte that is compared, and of what it is compared with.
    pub const FLIPPED: u8 = 0x80;

    /// Views of at most so many bytes are looked up by places that differ from indices.
    pub const PLACES_MAX: usize = 64;

    /// Views begin at multiples of so many bytes.
    pub const LINE: usize = 64;

    /// How many words stand behind the last tails, where there are any: those of a group's eight trees, with 16 ends each, and of
    /// as many ends more as a byte counts, at four words an end.
    pub const TAILS_BEHIND: usize = (GROUP_TREES * 16 + PAGE) * 4;

    /// How far apart views stand of which the largest has so many bytes.
    pub const fn stride(bytes: usize) -> usize {
        if bytes == 0 { Self::LINE } else { bytes.next_multiple_of(Self::LINE) }
    }

    /// How many levels of a tree whose group has this depth are below the first ones.
    pub const fn below(depth: u32) -> u32 {
        match depth {
            0..=4 => 0,
            5..=6 => 2,
            _ => 4,
        }
    }

    /// How many places the first levels take of a tree whose group has this depth.
    pub const fn width(depth: u32) -> usize {
        if depth - Self::below(depth) <= 3 { 8 } else { 16 }
    }

    /// How nodes name the one with this index of a view's bytes, of which the largest has so many: where there are few, bits 4 and
    /// 5 of the index stand in bits 7 and 6 as well, as instructions that look up 16 bytes read whether from the place's highest
    /// bit.
    pub const fn place(bytes: usize, index: u8) -> u8 {
        if bytes <= Self::PLACES_MAX { index | (index & 16) << 3 | (index & 32) << 1 } else { index }
    }
}

/// Trees of any shape, all their nodes in one table.
///
/// A node is its index of an input in bits 32 to 47, the least rank that goes right in bits 48 to 63, and in the low 32
/// bits the node on the left, behind which stands the one on the right. A leaf is a node that leads to itself: its input
/// is one of those that are 0, and its number, from 1 on, is what its "rank" says. Of the inputs behind the last, each
/// stands for 65,535 leaves more.
#[derive(Debug)]
pub struct Paths {
    /// Inputs behind the last whose rank is always 0.
    pub zeros: usize,
    /// The nodes. Where there are sets of classes a node takes two places, and in the second stands where its set
    /// begins, in bits; that of a node that asks for no set lies before as many zeros as an input can be large.
    pub nodes: &'static [u64],
    /// The sets of classes, a bit a class; none where no split asks for any.
    pub sets: &'static [u32],
    /// The trees of each output, in the order in which they are added; [`Path`] says what the numbers are.
    pub trees: &'static [&'static [u32]],
}

/// A tree of [`Paths`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// Its root.
    pub root: u32,
    /// The most splits on a way through it.
    pub depth: u32,
    /// Where its leaves begin.
    pub leaves: u32,
    /// How many nodes it has, half of them, rounded up, leaves. They stand from the root on.
    pub nodes: u32,
}

impl Path {
    /// How many numbers a tree is written as.
    pub(crate) const NUMBERS: usize = 4;

    pub(crate) fn of([root, depth, leaves, nodes]: [u32; Self::NUMBERS]) -> Self {
        Self { root, depth, leaves, nodes }
    }
}

/// How the trees add up, beside themselves.
#[derive(Debug)]
pub struct Sums {
    /// What each sum starts from.
    pub start: &'static [f64],
    /// A factor for the sums.
    pub scale: Option<f64>,
    /// What is added to each sum after the trees and the scale, where anything is.
    pub end: Option<&'static [f64]>,
    /// What the row's last number does, if it is an offset.
    pub offset: Option<Offset>,
}

/// What an offset does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// It is what sums start from.
    Start,
    /// It is added to the sums after the trees and the scale.
    End,
}

impl Forest {
    /// How many margins a row has.
    pub fn outputs(&self) -> usize {
        self.sums.start.len()
    }

    /// Writes a margin for each row and output, by the kernels that the scratch was made for.
    ///
    /// # Panics
    /// If `rows` are no whole rows, or `margins` do not hold a number for each row and output.
    pub fn margins(&self, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
        // A single row spares the division, which takes as long as two trees.
        let count = if rows.len() == self.columns { 1 } else { rows.len() / self.columns };
        assert!(
            rows.len() == count * self.columns && margins.len() == count * self.outputs(),
            "margins have a number for each row and output"
        );
        scratch.kernels().score(self, count, rows, margins, scratch);
    }

    /// As [`Self::margins`], with buffers that the thread keeps, by the kernels that [`Kernels::best`] chooses.
    ///
    /// # Panics
    /// If `rows` are no whole rows, or `margins` do not hold a number for each row and output.
    pub fn margins_in_thread(&self, rows: &[f64], margins: &mut [f64]) {
        Scratch::of_thread(|scratch| self.margins(rows, margins, scratch));
    }

    /// The kernel by which this many rows are scored at once: what a report says of it.
    pub fn kernel_name(&self, kernels: &Kernels, rows: usize) -> &'static str {
        kernels.kernel_of(self, rows).0
    }
}
