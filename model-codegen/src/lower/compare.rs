//! Nodes as bytes, for kernels that compare many nodes of a tree at once: runs of groups, and what each looks at of a row.
//!
//! Of a row there is a byte for each input, or for every 255 thresholds of an input that has more, and for each set of
//! classes; an input whose missing values go either way has bytes of its own for each way. Where these are many the trees are
//! cut into parts, each with a view that holds only what the part asks for.

use super::{
    groups::{self, GROUP_TREES},
    masks::{Asked, Masks},
    ranked::{Compare, Missing, Questions, RankedInput, Views},
    tables::Tables,
};
use std::collections::BTreeMap;

/// Most bytes of a view, and what it takes to compare 64 nodes by one of so many and to walk on, in tenths of a nanosecond with
/// AVX2 (AMD EPYC of the third generation). That 64 bytes take 7 to 10 more than 32 was measured with one model both ways; the
/// last, where only AVX-512 holds them and AVX2 does without, is twice the first, as it was of the kernels before.
const WIDTHS: [(usize, usize); 3] = [(32, 70), (64, 78), (BYTES_MAX, 140)];
const BYTES_MAX: usize = 256;

/// What it takes, in the same unit, to write a byte of a view that is not an input's rank as it is: 12 where there are eight
/// views, 17 where there are two.
const BYTE_COST: usize = 16;

/// Most bytes that say what a rank is in each view: with more, looking them up would drive the trees out of the caches. With 1.2 MB
/// one row of 775 trees took a third of what walking masks took.
const VALUES_MAX: usize = 1 << 21;

/// Thresholds that a byte counts.
pub(super) const BYTE_MAX: usize = 255;

/// What is flipped of a byte that is compared, as kernels compare signed bytes.
pub(super) const FLIPPED: u8 = 0x80;

/// Nodes that stand side by side: their places, and then what the bytes there have to be more than.
pub(super) const NODES: usize = 64;

/// Behind the last tails: kernels look at this many words at once, wherever those of a group begin.
pub(super) const TAILS_BEHIND: usize = (GROUP_TREES * 16 + 256) * 4;

/// The groups of each output, their nodes, and the masks that these name.
pub(super) struct Groups<'a> {
    pub of_output: &'a [Vec<[u32; 4]>],
    pub nodes: &'a [u16],
    pub masks: &'a Masks,
}

/// The trees in parts.
struct Cut {
    /// Whether there is one part, and each input a byte of its view.
    is_plain: bool,
    parts: Vec<Part>,
}

/// A run of groups, and the masks that its view answers, in ascending order.
struct Part {
    groups: usize,
    asked: Vec<u16>,
}

/// The tables for such kernels, where no group asks for too much: in the parts that take the least time.
pub(super) fn compare(groups: &Groups<'_>, tables: &mut Tables) -> Compare {
    let asked: Vec<Vec<u16>> = groups.all().map(|group| groups.asked(*group)).collect();
    let cuts = WIDTHS.iter().filter_map(|(bytes_max, _)| groups.cut(&asked, *bytes_max));
    let cuts = groups.uncut().into_iter().chain(cuts);
    match cuts.min_by_key(|cut| groups.cost(cut)) {
        Some(cut) => groups.lay_out(&cut, tables),
        None => Compare::TooWide { bytes_max: BYTES_MAX, values_max: VALUES_MAX },
    }
}

impl Groups<'_> {
    fn all(&self) -> impl Iterator<Item = &[u32; 4]> {
        self.of_output.iter().flatten()
    }

    /// The masks that a group asks for.
    fn asked(&self, [depth, _, first, _]: [u32; 4]) -> Vec<u16> {
        let mut asked = self.nodes[first as usize..][..GROUP_TREES << depth].to_vec();
        asked.sort_unstable();
        asked.dedup();
        asked.retain(|mask| self.masks.asked(usize::from(*mask)).1 != Asked::Nothing);
        asked
    }

    /// The bytes of a view that answers these masks: those that each answers.
    fn bytes(&self, asked: &[u16]) -> Vec<Vec<u16>> {
        let input = |mask: &u16| self.masks.asked(usize::from(*mask)).0;
        let mut bytes = Vec::new();
        for masks in asked.chunk_by(|one, other| input(one) == input(other)) {
            let RankedInput { first, questions, .. } = &self.masks.inputs[input(&masks[0])];
            match questions {
                Questions::Classes(_) => bytes.extend(masks.iter().map(|mask| vec![*mask])),
                Questions::Thresholds { missing: Missing::Reaches(_), .. } => {
                    bytes.extend(masks.chunks(BYTE_MAX).map(<[u16]>::to_vec));
                }
                Questions::Thresholds { missing: Missing::GoesEitherWay(is_right), .. } => {
                    // What is missing goes one way at all masks of a byte.
                    let (right, left): (Vec<u16>, Vec<u16>) =
                        masks.iter().partition(|mask| is_right[usize::from(**mask) - first - 1]);
                    bytes.extend(left.chunks(BYTE_MAX).chain(right.chunks(BYTE_MAX)).map(<[u16]>::to_vec));
                }
            }
        }
        bytes
    }

    /// How many ranks or classes an input has.
    fn ranks(&self, input: usize) -> usize {
        match &self.masks.inputs[input].questions {
            questions @ Questions::Thresholds { .. } => questions.rank_max() + 1,
            Questions::Classes(classes) => classes.count,
        }
    }

    /// All groups as one part, if each input is a byte at most.
    fn uncut(&self) -> Option<Cut> {
        let inputs = &self.masks.inputs;
        let is_byte = |questions: &Questions| {
            let is_rank = matches!(questions, Questions::Thresholds { missing: Missing::Reaches(_), .. });
            is_rank && questions.rank_max() <= BYTE_MAX
        };
        if inputs.len() > BYTES_MAX || !inputs.iter().all(|input| is_byte(&input.questions)) {
            return None;
        }
        let ranks =
            inputs.iter().flat_map(|input| (1..=input.questions.rank_max()).map(|rank| input.first + rank));
        let part = Part { groups: self.all().count(), asked: ranks.map(|mask| mask as u16).collect() };
        Some(Cut { is_plain: true, parts: vec![part] })
    }

    /// The fewest parts whose views have so many bytes at most, unless a group asks for more.
    fn cut(&self, asked: &[Vec<u16>], bytes_max: usize) -> Option<Cut> {
        let mut parts: Vec<Part> = Vec::new();
        for of_group in asked {
            if let Some(part) = parts.last_mut() {
                let mut both = [&part.asked[..], of_group].concat();
                both.sort_unstable();
                both.dedup();
                if self.bytes(&both).len() <= bytes_max {
                    *part = Part { groups: part.groups + 1, asked: both };
                    continue;
                }
            }
            if self.bytes(of_group).len() > bytes_max {
                return None;
            }
            parts.push(Part { groups: 1, asked: of_group.clone() });
        }
        let values =
            parts.iter().flat_map(|part| self.bytes(&part.asked)).map(|masks| self.ranks(self.input(&masks)));
        (values.sum::<usize>() <= VALUES_MAX).then_some(Cut { is_plain: false, parts })
    }

    /// The input that a byte's masks belong to.
    fn input(&self, masks: &[u16]) -> usize {
        self.masks.asked(usize::from(masks[0])).0
    }

    /// What a row takes.
    fn cost(&self, cut: &Cut) -> usize {
        let bytes = cut.parts.iter().map(|part| self.bytes(&part.asked).len());
        let widest = bytes.clone().max().unwrap_or(0);
        let of_nodes = WIDTHS.iter().find(|(bytes_max, _)| widest <= *bytes_max).map_or(0, |(_, cost)| *cost);
        let compared = |depth: u32| match groups::below(depth) {
            0 => groups::width(depth),
            below => groups::width(depth) + (1 << below),
        };
        let nodes: usize = self.all().map(|[depth, ..]| GROUP_TREES * compared(*depth)).sum();
        let written = if cut.is_plain { 0 } else { bytes.sum() };
        nodes / NODES * of_nodes + written * BYTE_COST
    }

    /// Writes the tables.
    fn lay_out(&self, cut: &Cut, tables: &mut Tables) -> Compare {
        let views: Vec<Vec<Vec<u16>>> = cut.parts.iter().map(|part| self.bytes(&part.asked)).collect();
        let bytes = views.iter().map(Vec::len).max().unwrap_or(0);
        let (mut nodes, mut tails) = (Vec::new(), Vec::new());
        let mut groups = self.all();
        for (part, view) in cut.parts.iter().zip(&views) {
            // Filling: either way leads to the same leaf.
            let mut looks = vec![(0, FLIPPED); self.masks.count];
            for (index, masks) in view.iter().enumerate() {
                for (bound, mask) in masks.iter().enumerate() {
                    looks[usize::from(*mask)] = (groups::place(bytes, index as u8), bound as u8 ^ FLIPPED);
                }
            }
            for group in groups.by_ref().take(part.groups) {
                self.write(*group, &looks, &mut nodes, &mut tails);
            }
        }
        if !tails.is_empty() {
            tails.resize(tails.len() + TAILS_BEHIND, 0);
        }
        Compare::Tables {
            bytes,
            views: self.views(if cut.is_plain { &[] } else { &views }, groups::stride(bytes), tables),
            parts: self.parts(&cut.parts).iter().map(|parts| tables.u32s(parts.as_flattened())).collect(),
            nodes: tables.bytes(&nodes),
            tails: tables.u64s(&tails),
        }
    }

    /// Writes a group's nodes, each as these looks at a row have it: a place, and what the byte has to be more than.
    fn write(
        &self,
        [depth, _, first, first_tail]: [u32; 4],
        looks: &[(u8, u8)],
        tops: &mut Vec<u8>,
        tails: &mut Vec<u64>,
    ) {
        debug_assert_eq!(tails.len(), first_tail as usize, "tails stand where the group says");
        let (mut places, mut bounds) = (Vec::new(), Vec::new());
        for tree in 0..GROUP_TREES {
            let nodes = &self.nodes[first as usize + (tree << depth)..][..1 << depth];
            let at = |node: usize| looks[usize::from(nodes.get(node).copied().unwrap_or(0))];
            let width = groups::width(depth);
            places.extend((0..width).map(|node| at(node).0));
            bounds.extend((0..width).map(|node| at(node).1));
            let below = groups::below(depth);
            if below == 0 {
                continue;
            }
            for end in width..2 * width {
                // A heap of its own, whose root is the end.
                let of_tail = (0..1_usize << below).map(|node| match node.checked_ilog2() {
                    Some(level) => at((end << level) + node - (1 << level)),
                    None => (0, FLIPPED),
                });
                let (tail_places, tail_bounds): (Vec<u8>, Vec<u8>) = of_tail.unzip();
                let bytes = [tail_places, tail_bounds].concat();
                tails.extend(bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)));
            }
        }
        for (places, bounds) in places.chunks(NODES).zip(bounds.chunks(NODES)) {
            tops.extend_from_slice(places);
            tops.extend_from_slice(bounds);
        }
    }

    /// What each byte of the views is, input by input.
    fn views(&self, views: &[Vec<Vec<u16>>], stride: usize, tables: &mut Tables) -> Views {
        let mut of_inputs: BTreeMap<usize, Vec<(usize, &[u16])>> = BTreeMap::new();
        for (view, bytes) in views.iter().enumerate() {
            for (index, masks) in bytes.iter().enumerate() {
                of_inputs.entry(self.input(masks)).or_default().push((view * stride + index, masks));
            }
        }
        let (mut inputs, mut positions, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (input, bytes) in of_inputs {
            inputs.extend([input as u32, bytes.len() as u32, values.len() as u32]);
            positions.extend(bytes.iter().map(|(position, _)| *position as u32));
            for rank in 0..self.ranks(input) {
                values.extend(bytes.iter().map(|(_, masks)| self.value(input, masks, rank) ^ FLIPPED));
            }
        }
        let (inputs, positions) = (tables.u32s(&inputs), tables.u32s(&positions));
        Views { count: views.len(), inputs, positions, values: tables.bytes(&values) }
    }

    /// The byte of these masks where their input has this rank or class.
    fn value(&self, input: usize, masks: &[u16], rank: usize) -> u8 {
        let RankedInput { first, questions, .. } = &self.masks.inputs[input];
        match questions {
            // What is missing reaches all masks, or none, as it does the first.
            Questions::Thresholds { missing: Missing::GoesEitherWay(is_right), .. }
                if rank == is_right.len() && !is_right[usize::from(masks[0]) - first - 1] =>
            {
                0
            }
            // A byte has 255 masks at most.
            Questions::Thresholds { .. } => {
                masks.partition_point(|mask| usize::from(*mask) <= first + rank) as u8
            }
            Questions::Classes(classes) => {
                let set = usize::from(masks[0]) - first - 1;
                u8::from(classes.is_member(rank, set))
            }
        }
    }

    /// The parts of each output: how many groups of its each has, and its view.
    fn parts(&self, parts: &[Part]) -> Vec<Vec<[u32; 2]>> {
        let views = parts.iter().zip(0..).flat_map(|(part, view)| std::iter::repeat_n(view, part.groups));
        let views: Vec<u32> = views.collect();
        let mut behind = &views[..];
        let of_output = self.of_output.iter().map(|groups| {
            let (these, others) = behind.split_at(groups.len());
            behind = others;
            these.chunk_by(|one, other| one == other).map(|run| [run.len() as u32, run[0]]).collect()
        });
        of_output.collect()
    }
}
