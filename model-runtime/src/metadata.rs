//! What a compiled model says of itself: where it came from, what it reads, what it answers.

use crate::transform::Transform;

/// A model's description, compiled in beside its trees.
#[derive(Debug, PartialEq)]
pub struct Metadata {
    /// The registry's name: the dump's file name as a Rust module name.
    pub name: &'static str,
    /// The dump's file name.
    pub source_file: &'static str,
    /// SHA-256 of the dump, in lower-case hexadecimal.
    pub source_digest: &'static str,
    /// SHA-256 of `NAME.toml` in lower-case hexadecimal, where there is one.
    pub configuration_digest: Option<&'static str>,
    /// The program that generated this model, and its version.
    pub generator: &'static str,
    /// The library that trained the model, such as `H2O`.
    pub trainer: &'static str,
    /// That library's version as the dump states it.
    pub trainer_version: &'static str,
    /// The trainer's word for the algorithm, such as `gbm`.
    pub algorithm: &'static str,
    /// The trainer's word for the objective, such as `gaussian`.
    pub objective: &'static str,
    /// How many trees the model has.
    pub trees: usize,
    /// How many leaves its trees have together.
    pub leaves: usize,
    /// The most splits between a root and a leaf.
    pub depth_max: usize,
    /// Whether it is scored by ranks and tables, else by a function a tree.
    pub is_ranked: bool,
    /// The columns of a flat row, in order.
    pub columns: &'static [Column],
    /// How many margins a row has: what the trees add up to, before any link.
    pub margins: usize,
    /// From margins to predictions.
    pub transform: Transform,
    /// What the predictions mean.
    pub task: Task,
    /// The field that a prediction is written to: the trained column's name, else `prediction`.
    pub response: &'static str,
    /// How a regression's prediction is written to a record.
    pub output: Output,
}

impl Metadata {
    /// The class labels, in the order of the probabilities; none for a regression.
    pub fn classes(&self) -> &'static [&'static str] {
        match self.task {
            Task::Regression => &[],
            Task::Classification { classes, .. } => classes,
        }
    }

    /// How many numbers a row's prediction has: one for each margin of a regression, one for each class otherwise.
    pub fn predictions(&self) -> usize {
        match self.task {
            Task::Regression => self.margins,
            Task::Classification { classes, .. } => classes.len().max(1),
        }
    }

    /// The index of the class that `probabilities` call for; none for a regression.
    ///
    /// An exact tie goes to the lowest index.
    pub fn label(&self, probabilities: &[f64]) -> Option<usize> {
        match self.task {
            Task::Regression => None,
            Task::Classification { decision: Decision::Threshold(threshold), .. } => {
                Some(usize::from(probabilities.get(1).is_some_and(|&p1| p1 >= threshold)))
            }
            Task::Classification { decision: Decision::Largest, .. } => {
                let mut best = 0;
                for (class, &probability) in probabilities.iter().enumerate() {
                    if probability > probabilities[best] {
                        best = class;
                    }
                }
                Some(best)
            }
        }
    }
}

/// A column of a flat row.
#[derive(Debug, PartialEq)]
pub struct Column {
    /// The column's name in the training data.
    pub name: &'static str,
    /// Where it stands in a record: a field's name or, from a slash on, a JSON pointer.
    pub field: &'static str,
    /// What its values are.
    pub kind: ColumnKind,
    /// How many splits test it.
    pub splits: usize,
}

/// What a column's values are, in a record and in a flat row.
#[derive(Debug, PartialEq)]
pub enum ColumnKind {
    /// A number; NaN is missing.
    Numeric {
        /// The least and the greatest threshold that a split compares it with, where any does.
        thresholds: Option<(f64, f64)>,
    },
    /// One of a domain's levels; a flat row holds its index. NaN and any other number are missing.
    Categorical {
        /// The levels.
        domain: Domain,
        /// What a record's level outside the domain means.
        unseen: UnseenCategory,
    },
    /// A number added to the margin (H2O `offset_column`). It must be given: without it the margin is NaN.
    Offset,
}

/// The levels of a categorical column.
#[derive(Debug, PartialEq)]
pub struct Domain {
    /// The levels' texts, by index.
    pub levels: &'static [&'static str],
    /// The levels' indices, in the order of their texts.
    pub sorted: &'static [u32],
    /// The levels that JSON's `false` and `true` stand for, where the domain has such a pair: no and yes, false
    /// and true, 0 and 1, n and y, in any case.
    pub booleans: Option<[u32; 2]>,
}

impl Domain {
    /// The index of the level with this very text.
    ///
    /// ```
    /// use model_runtime::Domain;
    ///
    /// let flooring = Domain { levels: &["tile", "carpet"], sorted: &[1, 0], booleans: None };
    /// assert_eq!(flooring.level("carpet"), Some(1));
    /// assert_eq!(flooring.level("Carpet"), None);
    /// ```
    pub fn level(&self, text: &str) -> Option<u32> {
        let at = self.sorted.binary_search_by(|&level| self.levels[level as usize].cmp(text)).ok()?;
        Some(self.sorted[at])
    }
}

/// What a level that training never saw means in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnseenCategory {
    /// It is counted and scored as missing.
    Missing,
    /// The record is refused.
    Error,
}

/// What a model's predictions mean.
#[derive(Debug, PartialEq)]
pub enum Task {
    /// A number for each margin: one, or several targets.
    Regression,
    /// A probability for each class, and a label.
    Classification {
        /// The labels' texts, in the order of the probabilities.
        classes: &'static [&'static str],
        /// How the label is chosen.
        decision: Decision,
    },
}

/// How probabilities become a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// Two classes: the second where its probability is at least this.
    Threshold(f64),
    /// The class of the largest probability.
    Largest,
}

/// How a regression's prediction is written to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// As the double that it is.
    Number,
    /// Without its fraction, cut off towards zero.
    Integer,
}
