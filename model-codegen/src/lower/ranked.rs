//! The ranked form as planned: what a row is turned into, and the trees as tables.

use super::tables::Section;
use std::fmt;

/// How many sets a byte of [`Classes::members`] speaks of.
pub(super) const BYTE_SETS: usize = 8;

/// How a module scores.
#[derive(Debug)]
pub enum Form {
    /// A function a tree.
    StraightLine,
    /// Ranks, and tables that `model_forest` walks.
    Ranked(Box<Ranked>),
}

/// A form as chosen, and why.
#[derive(Debug)]
pub struct Choice {
    /// The form.
    pub form: Form,
    /// Why it and not the other.
    pub reason: String,
}

/// The plan of a module in the ranked form.
#[derive(Debug)]
pub struct Ranked {
    /// What a row is turned into.
    pub inputs: Vec<RankedInput>,
    /// The trees.
    pub layout: Layout,
    /// Their leaves.
    pub leaves: Section,
    /// All sections.
    pub tables: Vec<u8>,
}

/// How the trees are laid out.
#[derive(Debug)]
pub enum Layout {
    /// Filled up to one depth.
    Heaps(Heaps),
    /// As they are.
    Paths {
        /// The tables.
        paths: Paths,
        /// Why they are not filled up.
        reason: String,
    },
}

/// A rank or a class of one of the program's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedInput {
    /// What its tables are called; an input with the same name is found by the same tables.
    pub name: String,
    /// The field of `Inputs`.
    pub input: String,
    /// A slot that answers nothing: that of rank 0, where there are ranks. Nodes that only fill a tree up name the first input's. The
    /// masks of what splits ask follow.
    pub first: usize,
    /// What splits ask about it.
    pub questions: Questions,
}

/// What splits ask about an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Questions {
    /// Whether the input reaches a threshold.
    Thresholds {
        /// In ascending order. The mask of the one at index `k` is in slot `k + 1`.
        thresholds: Vec<f64>,
        /// Whether the input is a 32-bit float. Where it could be and is not, the thresholds have the rounding in them.
        single: bool,
        /// What a missing input does.
        missing: Missing,
        /// How the rank is found.
        search: Search,
    },
    /// Whether the input is in a set of categories.
    Classes(Classes),
}

/// What a missing input does. Where its rank is one more than there are thresholds, whether the input is missing has a slot as
/// well, behind theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It goes as numbers of this rank do.
    Reaches(usize),
    /// It has a rank of its own, one more than there are thresholds, and for each from 1 on this says whether it goes right
    /// where that is to be reached.
    GoesEitherWay(Vec<bool>),
}

/// Categories that no set tells apart are one class.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    /// The class of each category as 16 bits, unless each is its own.
    pub of_category: Option<Section>,
    /// The class of a code that is no category, where the input is a code.
    pub other: Option<u16>,
    /// The class of a missing input.
    pub missing: u16,
    /// How many there are.
    pub count: usize,
    /// For each set a bit for each class, 1 where it goes right. The mask of the one at index `k` is in slot `k + 1`.
    pub sets: Vec<Vec<u32>>,
}

/// How a rank is found.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    /// Each threshold is compared.
    Each,
    /// A cell leads to the thresholds that are compared.
    Cells {
        /// Where the first cell begins.
        least: f64,
        /// Cells a unit.
        scale: f64,
        /// For each cell the number of thresholds in lower ones, as 16 bits.
        start: Section,
        /// The thresholds, and behind them as many NaN as are near a value at most.
        thresholds: Section,
        /// The `NEAR` of `model_forest::Cells`: the most thresholds of a cell, or from six on the next number that is one less than a
        /// power of two.
        near: usize,
        /// Whether the number of thresholds before the last cell is the rank of a missing input.
        missing_is_last: bool,
    },
    /// By bisection of these thresholds.
    Bisection(Section),
}

/// Trees in groups of eight, filled up to one depth.
#[derive(Clone, Debug, PartialEq)]
pub struct Heaps {
    /// How many masks there are, the slots that answer nothing included.
    pub masks: usize,
    /// For each input some answers, if it has any: for each class a bit for each set, in whole bytes; or what missing values answer
    /// that go either way, 0 or 1.
    pub answers: Vec<Option<Section>>,
    /// The groups of each output, four numbers each.
    pub groups: Vec<Section>,
    /// Each node's mask.
    pub nodes: Section,
    /// The nodes as bytes.
    pub compare: Compare,
}

/// Nodes as bytes, for kernels that compare many nodes of a tree at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The tables.
    Tables {
        /// How many bytes the largest view of a row has.
        bytes: usize,
        /// The views; none where each input is a byte of the only one.
        views: Views,
        /// The parts of each output, two numbers each.
        parts: Vec<Section>,
        /// The first levels of each tree, 64 nodes and their bounds at a time.
        nodes: Section,
        /// The levels below them.
        tails: Section,
    },
    /// There are none: eight trees ask for too much of a row.
    TooWide {
        /// The most bytes that they can look at.
        bytes_max: usize,
        /// The most bytes that can say what a rank is in each view.
        values_max: usize,
    },
}

/// What parts of the trees look at of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Views {
    /// How many there are.
    pub count: usize,
    /// Three numbers for each input: which it is, how many bytes of all views are its own, and where their values begin.
    pub inputs: Section,
    /// Where each of these bytes stands.
    pub positions: Section,
    /// For each rank or class of an input what its bytes are.
    pub values: Section,
}

/// Trees of any shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Paths {
    /// Inputs behind the last that are always 0.
    pub zeros: usize,
    /// The nodes.
    pub nodes: Section,
    /// The sets of classes.
    pub sets: Section,
    /// The trees of each output, four numbers each.
    pub trees: Vec<Section>,
}

impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::StraightLine => "straight-line",
            Self::Ranked(_) => "ranked",
        })
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heaps(Heaps { masks, compare, .. }) => {
                write!(formatter, "trees filled up to one depth; {masks} masks for batches; ")?;
                match compare {
                    Compare::Tables { bytes, views, .. } => {
                        write!(formatter, "single rows compare {bytes} bytes")?;
                        if views.count > 1 {
                            write!(formatter, " at most, by {} parts of the trees", views.count)?;
                        }
                        write!(formatter, " (AVX2 takes up to 64, AVX-512 up to 256, others walk masks)")
                    }
                    Compare::TooWide { bytes_max, values_max } => write!(
                        formatter,
                        "single rows walk masks by the portable kernel: to compare, some trees would need more than \
                         {bytes_max} bytes of a row, or all more than {values_max} to make them of ranks"
                    ),
                }
            }
            Self::Paths { reason, .. } => {
                write!(formatter, "trees of any shape, walked side by side: {reason}")
            }
        }
    }
}

impl Questions {
    /// The greatest rank.
    pub fn rank_max(&self) -> usize {
        match self {
            Self::Thresholds { thresholds, missing, .. } => thresholds.len().max(missing.rank()),
            Self::Classes(_) => 0,
        }
    }

    /// How many slots there are: one that answers nothing, and those of ranks or sets.
    pub(super) fn slots(&self) -> usize {
        1 + match self {
            Self::Thresholds { .. } => self.rank_max(),
            Self::Classes(classes) => classes.sets.len(),
        }
    }
}

impl Missing {
    /// The rank of a missing input.
    pub fn rank(&self) -> usize {
        match self {
            Self::Reaches(rank) => *rank,
            Self::GoesEitherWay(is_right) => is_right.len(),
        }
    }
}

impl Classes {
    /// For each class a bit for each set, from a byte's lowest on, in whole bytes.
    pub(super) fn members(&self) -> Vec<u8> {
        let mut members = Vec::new();
        for class in 0..self.count {
            members.extend(self.sets.chunks(BYTE_SETS).map(|sets| {
                let bits = sets.iter().rev().map(|set| set[class / 32] >> (class % 32) & 1);
                bits.fold(0, |byte, bit| byte << 1 | bit as u8)
            }));
        }
        members
    }

    /// Whether the class is in the set.
    pub(super) fn is_member(&self, class: usize, set: usize) -> bool {
        self.sets[set][class / 32] >> (class % 32) & 1 == 1
    }
}

impl Ranked {
    /// The plan as text: what `--stage program` prints of it.
    pub(super) fn write(&self, text: &mut String) -> fmt::Result {
        use fmt::Write;
        for RankedInput { name, input, first, questions } in &self.inputs {
            writeln!(text, "ranks {name} of {input} from slot {first} on: {questions:?}")?;
        }
        writeln!(text, "layout {}", self.layout)?;
        writeln!(text, "leaves {:?}, tables of {} bytes", self.leaves, self.tables.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Classes;

    #[test]
    fn members_are_a_bit_a_set_in_whole_bytes_for_each_class() {
        // The first class is in the first and the ninth set, the second in the second, the last in all.
        let mut sets = vec![vec![0b100]; 9];
        sets[0] = vec![0b101];
        sets[1] = vec![0b110];
        sets[8] = vec![0b101];
        let classes = Classes { of_category: None, other: None, missing: 0, count: 3, sets };
        assert_eq!(classes.members(), [0b0000_0001, 1, 0b0000_0010, 0, 0b1111_1111, 1]);
    }
}
