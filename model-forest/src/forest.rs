//! A model's tables, as generated code states them.

use crate::{kernels::Kernels, scratch::with_scratch};

/// A model in the ranked form.
#[derive(Debug)]
pub struct Forest {
    /// How many numbers a flat row holds.
    pub columns: usize,
    /// What a row is turned into, in order.
    pub inputs: &'static [Input],
    /// Writes, for each of these flat rows, a rank or class for each of [`Self::inputs`].
    pub ranks: fn(rows: &[f64], ranks: &mut [u16]),
    /// How many masks there are, the slots of ranks and classes included.
    pub masks: usize,
    /// The trees.
    pub trees: Trees,
    /// How they add up.
    pub sums: Sums,
}

/// One thing that splits ask about, and where its masks are.
#[derive(Debug)]
pub struct Input {
    /// The slot of rank or class 0; the others follow.
    pub first: u32,
    /// What is asked.
    pub questions: Questions,
}

/// What splits ask about an input.
#[derive(Debug)]
pub enum Questions {
    /// Whether its rank is `k` or more, for `k` from 1 to this: the mask in slot `k`.
    Ranks(u32),
    /// Whether its class is in a set.
    Classes {
        /// How many classes there are. The sets' masks stand behind their slots.
        classes: u32,
        /// The classes of each set.
        sets: &'static [&'static [u16]],
        /// For each class, and in it for each set, whether the class is in the set: 0 or 1.
        members: &'static [u8],
    },
}

/// Trees in groups of eight.
#[derive(Clone, Copy, Debug)]
pub enum Trees {
    /// Leaves and sums are 64-bit floats.
    F64(Output<f64>),
    /// Leaves and sums are 32-bit floats.
    F32(Output<f32>),
}

/// The trees' nodes and leaves, group after group.
///
/// A tree of depth `d` takes `1 << d` places of both: its nodes by heap index, 1 the root, `2n` the left and `2n + 1`
/// the right child of `n`; and its leaves from left to right.
#[derive(Clone, Copy, Debug)]
pub struct Output<N: 'static> {
    /// The groups of each output, in the order in which they are added.
    pub groups: &'static [&'static [Group]],
    /// Each node's mask: a row where it is set goes right.
    pub nodes: &'static [u16],
    /// The leaves, with 256 places more behind the last.
    pub leaves: &'static [N],
}

/// Eight trees of one depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Splits on every way through the trees: 1 to 8.
    pub depth: u8,
    /// How many of the trees are real; the others are leaves of -0.0, which change no sum.
    pub trees: u8,
    /// Where the first tree's places begin.
    pub first: u32,
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
    /// Writes a margin for each row and output, by the kernels that the thread uses.
    ///
    /// # Panics
    /// If `rows` are no whole rows, or `margins` do not hold a number for each row and output.
    pub fn margins(&self, rows: &[f64], margins: &mut [f64]) {
        let outputs = self.sums.start.len();
        assert!(
            rows.len().is_multiple_of(self.columns) && rows.len() / self.columns * outputs == margins.len(),
            "margins have a number for each row and output"
        );
        with_scratch(|scratch| Kernels::of_this_thread().score(self, rows, margins, scratch));
    }
}
