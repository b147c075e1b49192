//! The ranked form as planned: what a row is turned into, and the trees as tables of masks.

use std::fmt;

/// How a module scores.
#[derive(Debug)]
pub enum Form {
    /// A function a tree.
    StraightLine,
    /// Ranks, and tables that `model_forest` walks.
    Ranked(Ranked),
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
    /// How many masks there are, the slots of ranks and classes included.
    pub masks: usize,
    /// The trees.
    pub tables: TreeTables,
}

/// A rank or a class of one of the program's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedInput {
    /// What its tables are called.
    pub name: String,
    /// The field of `Inputs`.
    pub input: String,
    /// The slot of rank or class 0.
    pub first: usize,
    /// What splits ask about it.
    pub questions: Questions,
}

/// What splits ask about an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Questions {
    /// Whether the input reaches a threshold.
    Thresholds {
        /// In ascending order, none twice. The mask of the one at index `k` is in slot `k + 1`.
        thresholds: Vec<f64>,
        /// Whether the input is a 32-bit float.
        single: bool,
        /// Whether a missing input goes right, so that it reaches all of them; its own mask stands behind theirs.
        missing_is_right: bool,
        /// How the rank is found.
        search: Search,
    },
    /// Whether the input is in a set of categories.
    Classes(Classes),
}

/// Categories that no set tells apart are one class.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    /// The class of each category.
    pub of_category: Vec<u16>,
    /// The class of a code that is no category, where the input is a code.
    pub other: Option<u16>,
    /// The class of a missing input.
    pub missing: u16,
    /// How many there are.
    pub count: usize,
    /// For each set the classes that go right, in ascending order. The sets' masks stand behind the classes' slots.
    pub sets: Vec<Vec<u16>>,
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
        /// For each cell the number of thresholds in lower ones.
        start: Vec<u16>,
        /// The most thresholds of one cell.
        compares: usize,
    },
    /// By bisection.
    Bisection,
}

/// The trees in groups of eight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TreeTables {
    /// The groups of each output.
    pub groups: Vec<Vec<TreeGroup>>,
    /// Each node's mask, by heap index within a tree's places.
    pub nodes: Vec<u16>,
    /// The leaves, from left to right within a tree's places.
    pub leaves: Vec<f64>,
}

/// Eight trees of one depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeGroup {
    /// Splits on every way through them.
    pub depth: usize,
    /// How many are real.
    pub trees: usize,
    /// Where the places of the first begin.
    pub first: usize,
}

impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::StraightLine => "straight-line",
            Self::Ranked(_) => "ranked",
        })
    }
}

impl Ranked {
    /// The plan as text: what `--stage program` prints of it.
    pub(super) fn write(&self, text: &mut String) -> fmt::Result {
        use fmt::Write;
        for RankedInput { name, input, first, questions } in &self.inputs {
            writeln!(text, "ranks {name} of {input} from slot {first} on: {questions:?}")?;
        }
        for (output, groups) in self.tables.groups.iter().enumerate() {
            for TreeGroup { depth, trees, first } in groups {
                writeln!(text, "group of output {output}: {trees} trees of depth {depth}")?;
                let places = *first..first + (GROUP_TREES << depth);
                writeln!(text, "  nodes {:?}", &self.tables.nodes[places.clone()])?;
                writeln!(text, "  leaves {:?}", &self.tables.leaves[places])?;
            }
        }
        writeln!(text, "masks {}", self.masks)
    }
}

/// The trees of a group: as many as the kernels walk side by side.
pub(super) const GROUP_TREES: usize = 8;
