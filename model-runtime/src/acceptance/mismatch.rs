//! Why an acceptance file does not pass: the file, the line, and both numbers.

use crate::model::ShapeError;
use crate::record::RecordError;
use std::{fmt, io};

/// A file that does not pass.
#[derive(Debug)]
pub struct Failure {
    pub(super) file: String,
    pub(super) mismatch: Mismatch,
}

impl Failure {
    /// The acceptance file's name.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Where and how it differs.
    pub fn mismatch(&self) -> &Mismatch {
        &self.mismatch
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, mismatch: Mismatch { line, problem } } = self;
        match line {
            Some(line) => write!(formatter, "{file}:{line}: {problem}"),
            None => write!(formatter, "{file}: {problem}"),
        }
    }
}

impl std::error::Error for Failure {}

/// The first line of a file that differs, or what ails the whole of it.
#[derive(Debug)]
pub struct Mismatch {
    line: Option<usize>,
    problem: Problem,
}

impl Mismatch {
    pub(super) fn of_file(problem: Problem) -> Self {
        Self { line: None, problem }
    }

    pub(super) fn of_line(line: usize, problem: Problem) -> Self {
        Self { line: Some(line), problem }
    }

    /// The line's number, from 1; none where the file as a whole is at fault.
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "line {line}: {}", self.problem),
            None => self.problem.fmt(formatter),
        }
    }
}

impl std::error::Error for Mismatch {}

/// What is wrong.
#[derive(Debug)]
pub(super) enum Problem {
    NoModel,
    Unreadable(io::Error),
    Reader(String),
    NoRows,
    NotALine(serde_json::Error),
    NothingExpected,
    Record(RecordError),
    Shape(ShapeError),
    ProbabilitiesOfRegression,
    PredictionType { expected: &'static str, task: &'static str },
    MarginCount { found: usize, recorded: usize },
    Number { what: String, found: f64, recorded: f64, ulp: Option<u64>, rule: &'static str },
    Label { found: &'static str, recorded: String },
    ClassNames { differing: String, found: &'static [&'static str], recorded: Vec<String> },
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<ShapeError> for Problem {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}

const ONE_TRAINING: &str = "the dump and its expected rows have to come from one and the same trained model";

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoModel => {
                formatter.write_str("no model has this name; call the file as the dump, with .expected.jsonl")
            }
            Self::Unreadable(error) => write!(formatter, "it can't be read: {error}"),
            Self::Reader(error) => formatter.write_str(error),
            Self::NoRows => formatter.write_str("it has no rows; record some, or remove the file"),
            Self::NotALine(error) => {
                // The parser saw one line of the file, so that its own line number would mislead.
                let text = error.to_string();
                let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem);
                write!(formatter, "no row with its expectations: {problem} at column {}", error.column())
            }
            Self::NothingExpected => formatter
                .write_str("nothing to check; give a margin, a prediction or probabilities beside the row"),
            Self::Record(error) => write!(formatter, "the row is refused: {error}"),
            Self::Shape(error) => error.fmt(formatter),
            Self::ProbabilitiesOfRegression => {
                formatter.write_str("probabilities are recorded, but the model is a regression; remove them")
            }
            Self::PredictionType { expected, task } => {
                write!(formatter, "the prediction of a {task} is recorded as {expected}")
            }
            Self::MarginCount { found, recorded } => {
                write!(formatter, "{recorded} margins are recorded, but the model has {found}")
            }
            Self::Number { what, found, recorded, ulp, rule } => {
                write!(formatter, "{what} is {found:?}, recorded as {recorded:?}")?;
                if let Some(ulp) = ulp {
                    write!(formatter, ", {ulp} ulp apart")?;
                }
                write!(formatter, " ({rule}); {ONE_TRAINING}")
            }
            Self::Label { found, recorded } => write!(
                formatter,
                "the label is {found:?}, recorded as {recorded:?}; of two classes, the trainer's `threshold` in NAME.toml \
                 decides"
            ),
            Self::ClassNames { differing, found, recorded } => write!(
                formatter,
                "the classes are {found:?}, recorded as {recorded:?}: {differing:?} is not in both"
            ),
        }
    }
}
