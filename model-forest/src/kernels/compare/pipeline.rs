//! How groups of trees pass from their answers to the sums.
//!
//! A group passes stages, each a step or two after the one before it: answers; six levels; for deeper trees the nodes below
//! are asked for, fetched, and walked two levels more; sums. So what one stage stores is not waited for by the next, and sums
//! are added while others compare.
//!
//! No instruction of a [`Machine`] stands in a closure: that may be compiled for any processor and called.

use super::{Bytes, ENDS, Line, Machine, Nodes, TOP};
use crate::{
    forest::{Compare, Group},
    kernels::GROUP_TREES,
    number::Number,
};
use std::ops::Range;

/// The stage at which leaves are added.
pub(super) const LAST: usize = 6;

/// The same where no tree has more than six levels.
pub(super) const LAST_ABOVE: usize = 3;

/// The stage at which caches are asked for what lies below the first six levels of deeper trees, and for its leaves.
const ASK: usize = 2;

/// The stage at which the nodes below are fetched.
const FETCH: usize = 3;

/// The stage at which they are walked to the leaves: two steps on, as eight stores must have arrived before they are read as
/// one.
const BELOW: usize = 5;

/// An output's trees.
pub(super) struct Trees<'a, N> {
    pub groups: &'a [[u32; Group::NUMBERS]],
    pub parts: &'a [[u32; 2]],
    /// Those of the groups, and then those of the next outputs.
    pub nodes: &'a [Nodes],
    pub tails: &'a [u64],
    pub leaves: &'a [N],
}

/// What the parts view of `R` rows: the lines of one row's views, then those of the next.
#[derive(Clone, Copy)]
struct Views<'a, const R: usize> {
    bytes: &'a [Bytes],
    /// The lines of each view.
    lines: usize,
}

impl<const R: usize> Views<'_, R> {
    /// The rows by this view.
    #[inline(always)]
    fn rows<M: Machine>(self, view: usize) -> [M::Row; R] {
        let of_row = self.bytes.len() / R;
        let mut rows = [M::row(&self.bytes[view * self.lines..]); R];
        for (index, row) in rows.iter_mut().enumerate().skip(1) {
            *row = M::row(&self.bytes[index * of_row + view * self.lines..]);
        }
        rows
    }
}

/// An output's trees on the way to the sums of `R` rows.
pub(super) struct Pipeline<'a, M: Machine, N, const R: usize, const LAST: usize, const RING: usize> {
    trees: Trees<'a, N>,
    views: Views<'a, R>,
    /// The rows as the part views them whose trees are walked below their first six levels; the parts behind it, and the first
    /// of their groups.
    rows_below: [M::Row; R],
    parts_below: &'a [[u32; 2]],
    group_below: usize,
    /// The depth of the newest group, and how many groups up to it have that depth in a row.
    depth: u32,
    alike: usize,
    /// Answers, and then nodes, of each group under way and for each row.
    lines: [[Line; R]; RING],
    /// The nodes below the first six levels.
    words: [[Line; R]; RING],
}

impl<'a, M: Machine, N: Number, const R: usize, const LAST: usize, const RING: usize>
    Pipeline<'a, M, N, R, LAST, RING>
{
    /// The stage of the first six levels: later where steps are short, as what the one before stored must have arrived.
    const LEVELS: usize = if LAST == self::LAST { 1 } else { 2 };

    #[inline(always)]
    pub fn new(trees: Trees<'a, N>, bytes: &'a [Bytes], lines: usize) -> Self {
        // Each stage's group has lines of its own.
        const { assert!(RING > LAST && RING.is_power_of_two() && Self::LEVELS < LAST) };
        const { assert!(LAST != self::LAST || Self::LEVELS < ASK && ASK < FETCH && FETCH < BELOW && BELOW < LAST) };
        let views = Views { bytes, lines };
        let empty = [[Line([0; GROUP_TREES]); R]; RING];
        Self {
            rows_below: views.rows::<M>(0),
            parts_below: trees.parts,
            group_below: 0,
            depth: 0,
            alike: 0,
            trees,
            views,
            lines: empty,
            words: empty,
        }
    }

    /// Adds the trees; what is left are the nodes of the next outputs.
    #[inline(always)]
    pub fn add(mut self, sums: &mut [N; R]) -> &'a [Nodes] {
        let (mut step, mut end) = (0, 0);
        for (index, [groups, view]) in self.trees.parts.iter().enumerate() {
            let rows = self.views.rows::<M>(*view as usize);
            end += *groups as usize;
            // Behind the last part's groups stand the steps in which the last of them pass the other stages.
            let is_last = index + 1 == self.trees.parts.len();
            while step < end + if is_last { LAST } else { 0 } {
                self.see_below(step);
                // Of several rows the chains are mixed as they are; and compilers take their time over each depth.
                match (if R == 1 { self.depth_of_all(step) } else { 0 }, LAST) {
                    (5, LAST_ABOVE) => self.all_stages::<5, 4>(step, &rows, sums),
                    (6, LAST_ABOVE) => self.all_stages::<6, 8>(step, &rows, sums),
                    (8, self::LAST) => self.all_stages::<8, 8>(step, &rows, sums),
                    _ => self.stage_by_stage(step, &rows, sums),
                }
                step += 1;
            }
        }
        self.trees.nodes
    }

    /// Views the rows as the group does that has come to the nodes below the first six levels.
    #[inline(always)]
    fn see_below(&mut self, step: usize) {
        if LAST == self::LAST
            && step == self.group_below + BELOW
            && let Some(([groups, view], behind)) = self.parts_below.split_first()
        {
            self.rows_below = self.views.rows::<M>(*view as usize);
            self.parts_below = behind;
            self.group_below += *groups as usize;
        }
    }

    /// The depth of the groups in this step, if every stage has one and they have the same; else 0. It counts on, and so is to
    /// be called once in each step.
    #[inline(always)]
    fn depth_of_all(&mut self, step: usize) -> u32 {
        let Some(Group { depth, .. }) = self.group(step, 0) else { return 0 };
        self.alike = if depth == self.depth { self.alike + 1 } else { 1 };
        self.depth = depth;
        if self.alike > LAST { depth } else { 0 }
    }

    /// The group that has come to a stage.
    #[inline(always)]
    fn group(&self, step: usize, stage: usize) -> Option<Group> {
        self.trees.groups.get(step.wrapping_sub(stage)).map(|numbers| Group::of(*numbers))
    }

    /// Where the lines are of the group that has come to a stage.
    #[inline(always)]
    fn slot(step: usize, stage: usize) -> usize {
        step.wrapping_sub(stage) % RING
    }

    #[inline(always)]
    fn stage_by_stage(&mut self, step: usize, rows: &[M::Row; R], sums: &mut [N; R]) {
        if let Some(group) = self.group(step, 0) {
            match group.depth {
                1..=3 => self.answer::<1>(step, rows),
                4 => self.answer::<2>(step, rows),
                5 => self.answer::<4>(step, rows),
                _ => self.answer::<8>(step, rows),
            }
        }
        if let Some(group) = self.group(step, Self::LEVELS) {
            for line in &mut self.lines[Self::slot(step, Self::LEVELS)] {
                let mut descent = M::begin(line);
                for level in 0..group.depth.min(TOP) as usize {
                    descent = M::next(descent, level);
                }
                *line = M::end(descent);
            }
        }
        let is_deep = |group: &Group| LAST == self::LAST && group.depth > TOP;
        if let Some(group) = self.group(step, ASK).filter(is_deep) {
            let (tails, leaves) = (self.tails(group), self.leaves(group));
            ask_below::<M, N, R>(
                &self.lines[Self::slot(step, ASK)],
                tails,
                leaves,
                group.depth,
                0..GROUP_TREES,
            );
        }
        if let Some(group) = self.group(step, FETCH).filter(is_deep) {
            let (slot, tails) = (Self::slot(step, FETCH), self.tails(group));
            fetch_below(&self.lines[slot], &mut self.words[slot], tails, 0..GROUP_TREES);
        }
        if let Some(group) = self.group(step, BELOW).filter(is_deep) {
            self.go_below(step, group.depth);
        }
        if let Some(group) = self.group(step, LAST) {
            let leaves = self.leaves(group);
            add_leaves(&self.lines[Self::slot(step, LAST)], leaves, group.depth, 0..GROUP_TREES, sums);
        }
    }

    /// A step in which each stage has a group, all of one depth, whose nodes take `CHUNKS` times 64 places. The stages'
    /// instructions are mixed: a stage is a chain of instructions that wait for one another, and a processor looks ahead for
    /// so many alone.
    #[inline(always)]
    fn all_stages<const DEPTH: u32, const CHUNKS: usize>(
        &mut self,
        step: usize,
        rows: &[M::Row; R],
        sums: &mut [N; R],
    ) {
        const { assert!(CHUNKS >= 4 && Compare::width(DEPTH) * GROUP_TREES == CHUNKS * ENDS) };
        let (Some((chunks, behind)), Some(last)) =
            (self.trees.nodes.split_first_chunk::<CHUNKS>(), self.group(step, LAST))
        else {
            return;
        };
        self.trees.nodes = behind;
        // Looked up once, as is where lines are, and not in each part, where that would take as long as the rest of it.
        let leaves = self.leaves(Group { depth: DEPTH, ..last });
        let below = if DEPTH > TOP {
            let (Some(ask), Some(fetch)) = (self.group(step, ASK), self.group(step, FETCH)) else { return };
            self.go_below(step, DEPTH);
            Some((self.tails(ask), self.leaves(Group { depth: DEPTH, ..ask }), self.tails(fetch)))
        } else {
            None
        };
        let [slot_answers, slot_levels, slot_last] =
            [Self::slot(step, 0), Self::slot(step, Self::LEVELS), Self::slot(step, LAST)];
        let [slot_ask, slot_fetch] = [Self::slot(step, ASK), Self::slot(step, FETCH)];
        let mut descents = [M::begin(&self.lines[slot_levels][0]); R];
        for (descent, line) in descents.iter_mut().zip(&self.lines[slot_levels]) {
            *descent = M::begin(line);
        }
        let levels = DEPTH.min(TOP) as usize;
        // As a loop it may not be unrolled.
        macro_rules! parts {
            ($($chunk:literal)+) => {$({
                answer_chunk::<M, R, CHUNKS>(&mut self.lines[slot_answers], $chunk, &chunks[$chunk], rows);
                for level in $chunk * levels / CHUNKS..($chunk + 1) * levels / CHUNKS {
                    for descent in &mut descents {
                        *descent = M::next(*descent, level);
                    }
                }
                let trees = $chunk * GROUP_TREES / CHUNKS..($chunk + 1) * GROUP_TREES / CHUNKS;
                if let Some((tails_asked, leaves_asked, tails_fetched)) = below {
                    let (lines, trees) = (&self.lines[slot_ask], trees.clone());
                    ask_below::<M, N, R>(lines, tails_asked, leaves_asked, DEPTH, trees.clone());
                    fetch_below(&self.lines[slot_fetch], &mut self.words[slot_fetch], tails_fetched, trees);
                }
                add_leaves(&self.lines[slot_last], leaves, DEPTH, trees, sums);
            })+};
        }
        parts!(0 1 2 3);
        if CHUNKS > 4 {
            parts!(4 5 6 7);
        }
        for (descent, line) in descents.iter().zip(&mut self.lines[slot_levels]) {
            *line = M::end(*descent);
        }
    }

    /// The nodes below the first six levels of a group's trees.
    #[inline(always)]
    fn tails(&self, group: Group) -> &'a [u64] {
        &self.trees.tails[group.tails as usize..][..GROUP_TREES * ENDS]
    }

    /// The leaves of a group's trees.
    #[inline(always)]
    fn leaves(&self, group: Group) -> &'a [N] {
        &self.trees.leaves[group.first as usize..][..GROUP_TREES << group.depth]
    }

    /// Answers the nodes of a group, which take so many times 64 places.
    #[inline(always)]
    fn answer<const CHUNKS: usize>(&mut self, step: usize, rows: &[M::Row; R]) {
        let Some((chunks, behind)) = self.trees.nodes.split_first_chunk::<CHUNKS>() else { return };
        self.trees.nodes = behind;
        let lines = &mut self.lines[Self::slot(step, 0)];
        for (index, chunk) in chunks.iter().enumerate() {
            answer_chunk::<M, R, CHUNKS>(lines, index, chunk, rows);
        }
    }

    /// Goes on to the leaves of deeper trees.
    #[inline(always)]
    fn go_below(&mut self, step: usize, depth: u32) {
        let slot = Self::slot(step, BELOW);
        for ((row, line), words) in self.rows_below.iter().zip(&mut self.lines[slot]).zip(&self.words[slot]) {
            let ends = M::tails(row, words);
            // A tree of seven levels has one more node below each end, and that one's right and left are ends 2 and 0.
            let unused = TOP + 2 - depth;
            for (node, end) in line.0.iter_mut().zip(ends.0) {
                *node = (4 * *node + end) >> unused;
            }
        }
    }
}

/// Answers 64 nodes: those of one tree or of several.
#[inline(always)]
fn answer_chunk<M: Machine, const R: usize, const CHUNKS: usize>(
    lines: &mut [Line; R],
    chunk: usize,
    [places, bounds]: &Nodes,
    rows: &[M::Row; R],
) {
    let trees = GROUP_TREES / CHUNKS;
    for (line, row) in lines.iter_mut().zip(rows) {
        let answers = M::answers(row, places, bounds);
        for tree in 0..trees {
            line.0[chunk * trees + tree] =
                answers >> (tree * ENDS / trees) & (u64::MAX >> (64 - ENDS / trees));
        }
    }
}

/// Asks for what these trees will need below the nodes that the first six levels led to: it may lie in a distant cache.
#[inline(always)]
fn ask_below<M: Machine, N, const R: usize>(
    lines: &[Line; R],
    tails: &[u64],
    leaves: &[N],
    depth: u32,
    trees: Range<usize>,
) {
    for line in lines {
        for tree in trees.clone() {
            let end = end_of_top(line, tree);
            M::prefetch(&tails[tree * ENDS + end]);
            M::prefetch(&leaves[(tree << depth) + (end << (depth - TOP))]);
        }
    }
}

/// Fetches the nodes below those that the first six levels led to.
#[inline(always)]
fn fetch_below<const R: usize>(lines: &[Line; R], words: &mut [Line; R], tails: &[u64], trees: Range<usize>) {
    for (line, words) in lines.iter().zip(words) {
        for tree in trees.clone() {
            words.0[tree] = tails[tree * ENDS + end_of_top(line, tree)];
        }
    }
}

/// To which end of its first six levels a tree led: the node's heap index is one of 64 to 127.
#[inline(always)]
fn end_of_top(line: &Line, tree: usize) -> usize {
    line.0[tree] as usize % ENDS
}

/// Adds the leaves that these trees have come to.
#[inline(always)]
fn add_leaves<N: Number, const R: usize>(
    lines: &[Line; R],
    leaves: &[N],
    depth: u32,
    trees: Range<usize>,
    sums: &mut [N; R],
) {
    for (line, sum) in lines.iter().zip(sums) {
        for tree in trees.clone() {
            *sum += leaves[(tree << depth) + (line.0[tree] as usize & ((1 << depth) - 1))];
        }
    }
}
