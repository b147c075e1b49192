//! How groups of trees pass from their answers to the sums.
//!
//! They pass in blocks: the answers of a block's first levels; the walk through these; for deeper trees answers of the levels
//! below, and the walk through those. What is done next to one group waits for none of the block's others, and the leaves of
//! a block are added while the next one is answered, as each sum waits for the one before it.
//!
//! No instruction of a [`Machine`] stands in a closure: that may be compiled for any processor and called.

use super::{Bytes, Lanes, Line, Machine, NODES, Nodes, Tail};
use crate::{
    forest::{Compare, Group, Heaps},
    kernels::GROUP_TREES,
    number::Number,
};
use std::{marker::PhantomData, mem::take};

/// The most groups of a block: with fewer they wait for one another (of L one row took a seventh more with three), and five or
/// seven gained nothing.
const BLOCK: usize = 4;

/// Some groups of one depth, as the numbers that state them.
type Block<'a> = &'a [[u32; Group::NUMBERS]];

/// How many tails, of a word or of four, are looked at from where a group's begin.
const TAILS: usize = Compare::TAILS_BEHIND / 4;

/// An output's trees.
pub(super) struct Trees<'a, N> {
    pub groups: &'a [[u32; Group::NUMBERS]],
    pub parts: &'a [[u32; 2]],
    /// Those of the groups, and then those of the next outputs.
    pub nodes: &'a [Nodes],
    pub tails: &'a [u64],
    pub leaves: &'a [N],
}

/// An output's trees on the way to a row's sum.
pub(super) struct Pipeline<'a, M: Machine, N> {
    trees: Trees<'a, N>,
    /// The row's views.
    views: &'a [Bytes],
    /// The lines of each.
    lines: usize,
    /// The answers of a block's groups.
    answers: [[u64; 2]; BLOCK],
    /// The nodes below the first levels that its trees have come to, counted from the first of their level.
    ends: [Line; BLOCK],
    /// The leaves that the trees of the block before have come to.
    places: [Line; BLOCK],
    /// That block.
    before: Block<'a>,
    machine: PhantomData<M>,
}

impl<'a, M: Machine, N: Number> Pipeline<'a, M, N> {
    #[inline(always)]
    pub fn new(trees: Trees<'a, N>, views: &'a [Bytes], lines: usize) -> Self {
        let empty = [Line([0; GROUP_TREES]); BLOCK];
        Self {
            trees,
            views,
            lines,
            answers: [[0; 2]; BLOCK],
            ends: empty,
            places: empty,
            before: &[],
            machine: PhantomData,
        }
    }

    /// Adds the trees; what is left are the nodes of the next outputs.
    #[inline(always)]
    pub fn add(mut self, sum: &mut N) -> &'a [Nodes] {
        let mut groups = self.trees.groups;
        for [count, view] in self.trees.parts {
            let row = M::row(&self.views[*view as usize * self.lines..]);
            let (mut of_part, behind) = groups.split_at(*count as usize);
            groups = behind;
            while let Some([depth, ..]) = of_part.first() {
                let is_alike = |[other, ..]: &&[u32; Group::NUMBERS]| other == depth;
                let count = of_part.iter().take(BLOCK).take_while(is_alike).count();
                let (block, behind) = of_part.split_at(count);
                of_part = behind;
                // Those that trainers are asked for most: compilers take their time over each depth.
                match depth {
                    5 => self.pass::<5>(block, &row, sum),
                    6 => self.pass::<6>(block, &row, sum),
                    8 => self.pass::<8>(block, &row, sum),
                    _ => self.pass::<0>(block, &row, sum),
                }
            }
        }
        self.add_block_before(sum);
        self.trees.nodes
    }

    /// Walks the trees of a block to their leaves, and adds those of the block before. The depth is known unless it is said to
    /// be 0.
    #[inline(always)]
    fn pass<const DEPTH: u32>(&mut self, block: Block<'a>, row: &M::Row, sum: &mut N) {
        let Some([depth, ..]) = block.first() else { return };
        if self.before.first().is_some_and(|[before, ..]| before != depth) {
            self.add_block_before(sum);
        }
        let depth = if DEPTH == 0 { *depth } else { DEPTH };
        let below = Compare::below(depth);
        self.answer(block, depth, row);
        self.walk_first(block, depth);
        for slot in 0..BLOCK {
            if let Some(numbers) = self.before.get(slot) {
                self.add_leaves(slot, Group { depth, ..Group::of(*numbers) }, sum);
            }
            if let Some(numbers) = block.get(slot) {
                let group = Group { depth, ..Group::of(*numbers) };
                match below {
                    0 => self.places[slot] = self.ends[slot],
                    2 => self.go_two_below(slot, group, row),
                    _ => self.answer_below(slot, group, row),
                }
            }
        }
        if below == 4 {
            self.walk_below(block, depth);
        }
        self.before = block;
    }

    /// Answers the nodes of a block's first levels.
    #[inline(always)]
    fn answer(&mut self, block: Block<'a>, depth: u32, row: &M::Row) {
        for answers in self.answers.iter_mut().take(block.len()) {
            for answers in answers.iter_mut().take(Compare::width(depth) * GROUP_TREES / NODES) {
                let Some(([places, bounds], behind)) = self.trees.nodes.split_first() else { return };
                self.trees.nodes = behind;
                *answers = M::answers(row, places, bounds);
            }
        }
    }

    /// Walks through a block's first levels, and where four levels lie below asks for their nodes: these may be in a distant cache.
    #[inline(always)]
    fn walk_first(&mut self, block: Block<'a>, depth: u32) {
        let (below, width) = (Compare::below(depth), Compare::width(depth));
        for (ends, answers) in self.ends.iter_mut().zip(&self.answers).take(block.len()) {
            let answers =
                if width == 8 { M::Lanes::of_bytes(answers[0]) } else { M::Lanes::of_halves(*answers) };
            *ends = walk(answers, depth - below).store();
        }
        if below < 4 {
            return;
        }
        // Not right after each store: a compiler would take the numbers out of registers one by one, which takes longer.
        for (numbers, ends) in block.iter().zip(&self.ends) {
            let tails = self.tails(Group::of(*numbers));
            for tree in 0..GROUP_TREES {
                M::prefetch(&tails[tree * width + index(ends, tree)]);
            }
        }
    }

    /// Walks through a block's four levels below, and asks for the leaves.
    #[inline(always)]
    fn walk_below(&mut self, block: Block<'a>, depth: u32) {
        let walked = self.places.iter_mut().zip(&self.ends).zip(&self.answers).take(block.len());
        for ((places, ends), answers) in walked {
            let below = walk(M::Lanes::of_halves(*answers), 4);
            *places = M::Lanes::load(ends).shifted::<4>().xor(below).store();
        }
        for (numbers, places) in block.iter().zip(&self.places) {
            let leaves = self.leaves(Group::of(*numbers));
            for tree in 0..GROUP_TREES {
                M::prefetch(&leaves[(tree << depth) + index(places, tree)]);
            }
        }
    }

    /// Goes two levels on, to the leaves.
    #[inline(always)]
    fn go_two_below(&mut self, slot: usize, group: Group, row: &M::Row) {
        let width = Compare::width(group.depth);
        let tails = &self.trees.tails[group.tails as usize..][..TAILS];
        let ends = &self.ends[slot];
        let mut words = [0; GROUP_TREES];
        for (tree, word) in words.iter_mut().enumerate() {
            *word = tails[tree * width + index(ends, tree)];
        }
        let below = M::ends_of_words(row, &words);
        self.places[slot] = M::Lanes::load(ends).shifted::<2>().xor(below).store();
    }

    /// Answers the four levels below.
    #[inline(always)]
    fn answer_below(&mut self, slot: usize, group: Group, row: &M::Row) {
        let width = Compare::width(group.depth);
        let tails = self.tails(group);
        let ends = &self.ends[slot];
        for (half, answers) in self.answers[slot].iter_mut().enumerate() {
            let mut four = [&tails[0]; 4];
            for (place, tail) in four.iter_mut().enumerate() {
                let tree = 4 * half + place;
                *tail = &tails[tree * width + index(ends, tree)];
            }
            *answers = M::answers_below(row, four);
        }
    }

    /// Adds the leaves that a group of the block before has come to.
    #[inline(always)]
    fn add_leaves(&self, slot: usize, group: Group, sum: &mut N) {
        let (leaves, places) = (self.leaves(group), &self.places[slot]);
        for tree in 0..GROUP_TREES {
            *sum += leaves[(tree << group.depth) + index(places, tree)];
        }
    }

    /// Adds the leaves of the block before.
    #[inline(always)]
    fn add_block_before(&mut self, sum: &mut N) {
        for (slot, numbers) in take(&mut self.before).iter().enumerate() {
            self.add_leaves(slot, Group::of(*numbers), sum);
        }
    }

    /// The tails of a group's trees, of four levels, and what stands behind them.
    #[inline(always)]
    fn tails(&self, group: Group) -> &'a [Tail] {
        &self.trees.tails[group.tails as usize..].as_chunks().0[..TAILS]
    }

    /// The leaves of a group's trees, and what stands behind them: whatever a byte says is then within.
    #[inline(always)]
    fn leaves(&self, group: Group) -> &'a [N] {
        &self.trees.leaves[group.first as usize..][..Heaps::LEAVES_BEHIND]
    }
}

/// Walks so many levels down from the roots; to which of the nodes there each tree leads.
#[inline(always)]
fn walk<L: Lanes>(answers: L, levels: u32) -> L {
    let mut nodes = L::all(1);
    for _ in 0..levels {
        nodes = nodes.next(answers);
    }
    nodes.xor(L::all(1 << levels))
}

/// A tree's number as an index: of at most 255, as each is.
#[inline(always)]
fn index(Line(numbers): &Line, tree: usize) -> usize {
    usize::from(numbers[tree] as u8)
}
