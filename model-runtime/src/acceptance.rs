//! Acceptance rows: what a trainer predicted for some records, against what the compiled model predicts for them.
//!
//! They stand beside a dump as `NAME.expected.jsonl`, a line a record, with what the trainer recorded of it:
//!
//! ```text
//! {"row": {"sqft": 2342.0, "has_pool": "no"}, "margin": [8280.0], "prediction": 290591.7}
//! {"row": {"age": 37.0}, "prediction": "yes", "probabilities": {"no": 0.25, "yes": 0.75}}
//! ```
//!
//! A row is read as any record is. Margins, and predictions whose link is the identity, have to agree in every bit;
//! a linked prediction within 2 units in the last place, because exponentials differ from platform to platform; a
//! probability within these or 2.3e-16, because `1 - p` amplifies such a unit; a label and the names of the classes
//! exactly. JSON has no number for a margin that is not finite: `"NaN"`, `"Infinity"` and `"-Infinity"` stand for
//! these. A file that checks nothing fails.

mod agreement;
mod line;
mod mismatch;

pub use mismatch::{Failure, Mismatch};

use crate::link::Link;
use crate::metadata::Metadata;
use crate::model::{Model, Prediction};
use crate::record::Reader;
use crate::transform::Transform;
use agreement::Agreement;
use line::{Line, Number, Recorded};
use mismatch::Problem;
use std::path::Path;
use std::{fmt, fs, io};

/// What the name of a file of acceptance rows adds to its model's.
const EXTENSION: &str = "expected.jsonl";

/// Checks the rows of every model that has some in `folder`, where the dumps stand.
///
/// ```no_run
/// let report = model_runtime::acceptance::check_folder(model_runtime::models::ALL, "models".as_ref());
/// match report {
///     Ok(report) => print!("{report}"),
///     Err(failures) => failures.iter().for_each(|failure| println!("{failure}")),
/// }
/// ```
pub fn check_folder(models: &[&'static dyn Model], folder: &Path) -> Result<Report, Vec<Failure>> {
    let mut report = Report::default();
    let mut failures = files_of_no_model(models, folder);
    for model in models {
        let name = model.metadata().name;
        let file = expected_file(model.metadata());
        let rows = match fs::read_to_string(folder.join(&file)) {
            Ok(text) => check(*model, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                report.unchecked.push((name, file));
                continue;
            }
            Err(error) => Err(Mismatch::of_file(Problem::Unreadable(error))),
        };
        match rows {
            Ok(rows) => report.checked.push((name, rows)),
            Err(mismatch) => failures.push(Failure { file, mismatch }),
        }
    }
    if failures.is_empty() { Ok(report) } else { Err(failures) }
}

/// Checks the lines of one model's acceptance file; gives their number, or the first that differs.
pub fn check(model: &dyn Model, expected: &str) -> Result<usize, Mismatch> {
    let metadata = model.metadata();
    let mut reader =
        Reader::new(metadata, &[]).map_err(|error| Mismatch::of_file(Problem::Reader(error.to_string())))?;
    let mut row = vec![0.0; metadata.columns.len()];
    let mut rows = 0;
    for (index, line) in expected.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        check_line(model, &mut reader, &mut row, line)
            .map_err(|problem| Mismatch::of_line(index + 1, problem))?;
        rows += 1;
    }
    if rows == 0 { Err(Mismatch::of_file(Problem::NoRows)) } else { Ok(rows) }
}

/// Which models were checked, and on how many rows.
#[derive(Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The models whose rows all agree, each with their number.
    pub checked: Vec<(&'static str, usize)>,
    /// The models without acceptance rows, each with the name of the file that could hold some.
    pub unchecked: Vec<(&'static str, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (model, rows) in &self.checked {
            writeln!(formatter, "{model}: {rows} expected rows agree")?;
        }
        for (model, file) in &self.unchecked {
            writeln!(formatter, "{model}: not checked, there is no {file}")?;
        }
        Ok(())
    }
}

/// The name of a model's acceptance file.
fn expected_file(metadata: &Metadata) -> String {
    Path::new(metadata.source_file).with_extension(EXTENSION).to_string_lossy().into_owned()
}

/// A misspelled file name, or another folder than the models', must not pass for a check.
fn files_of_no_model(models: &[&'static dyn Model], folder: &Path) -> Vec<Failure> {
    let known: Vec<String> = models.iter().map(|model| expected_file(model.metadata())).collect();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let mismatch = Mismatch::of_file(Problem::Unreadable(error));
            return vec![Failure { file: folder.display().to_string(), mismatch }];
        }
    };
    let mut files: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|file| file.ends_with(&format!(".{EXTENSION}")) && !known.contains(file))
        .collect();
    files.sort();
    let failure = |file| Failure { file, mismatch: Mismatch::of_file(Problem::NoModel) };
    files.into_iter().map(failure).collect()
}

fn check_line(model: &dyn Model, reader: &mut Reader, row: &mut [f64], text: &str) -> Result<(), Problem> {
    let line = Line::parse(text)?;
    reader.read(line.row.get().as_bytes(), row)?;
    let metadata = model.metadata();
    match model.predict(row)? {
        Prediction::Value { margin, value } => {
            check_margins(&[margin], line.margin.as_deref())?;
            if line.probabilities.is_some() {
                return Err(Problem::ProbabilitiesOfRegression);
            }
            line.prediction.map_or(Ok(()), |recorded| check_value(metadata, value, &recorded))
        }
        Prediction::Values { margins, values } => {
            check_margins(&margins, line.margin.as_deref())?;
            if line.probabilities.is_some() {
                return Err(Problem::ProbabilitiesOfRegression);
            }
            line.prediction.map_or(Ok(()), |recorded| check_values(metadata, &values, &recorded))
        }
        Prediction::Class { margins, label, probabilities } => {
            check_margins(&margins, line.margin.as_deref())?;
            if let Some(recorded) = &line.probabilities {
                check_probabilities(metadata, &probabilities, recorded)?;
            }
            line.prediction.map_or(Ok(()), |recorded| check_label(label, recorded))
        }
    }
}

fn check_margins(found: &[f64], recorded: Option<&[Number]>) -> Result<(), Problem> {
    let Some(recorded) = recorded else { return Ok(()) };
    if recorded.len() != found.len() {
        return Err(Problem::MarginCount { found: found.len(), recorded: recorded.len() });
    }
    for (index, (&found, recorded)) in found.iter().zip(recorded).enumerate() {
        Agreement::Bits.check(found, recorded.0, || format!("margin {index}"))?;
    }
    Ok(())
}

fn check_value(metadata: &Metadata, found: f64, recorded: &Recorded) -> Result<(), Problem> {
    let recorded = recorded.number().ok_or(Problem::PredictionType {
        expected: "a number (or \"NaN\", \"Infinity\", \"-Infinity\")",
        task: "regression",
    })?;
    agreement(metadata).check(found, recorded, || "the prediction".to_owned())
}

fn check_values(metadata: &Metadata, found: &[f64], recorded: &Recorded) -> Result<(), Problem> {
    let expected = "an array with a number for each target";
    let Recorded::Numbers(recorded) = recorded else {
        return Err(Problem::PredictionType { expected, task: "regression of several targets" });
    };
    if recorded.len() != found.len() {
        return Err(Problem::PredictionType { expected, task: "regression of several targets" });
    }
    for (target, (&found, recorded)) in found.iter().zip(recorded).enumerate() {
        agreement(metadata).check(found, recorded.0, || format!("the prediction of target {target}"))?;
    }
    Ok(())
}

/// How near a regression's values have to be.
fn agreement(metadata: &Metadata) -> Agreement {
    match metadata.transform {
        Transform::Value { link: Link::Identity, .. } => Agreement::Bits,
        _ => Agreement::Linked,
    }
}

fn check_probabilities(metadata: &Metadata, found: &[f64], recorded: &line::Named) -> Result<(), Problem> {
    let classes = metadata.classes();
    let missing = classes.iter().find(|class| recorded.get(class).is_none());
    let unknown = recorded.names().find(|name| !classes.contains(name));
    if let Some(class) = missing.copied().or(unknown) {
        return Err(Problem::ClassNames {
            differing: class.to_owned(),
            found: classes,
            recorded: recorded.names().map(str::to_owned).collect(),
        });
    }
    for (class, &found) in classes.iter().zip(found) {
        let recorded = recorded.get(class).unwrap_or(f64::NAN);
        Agreement::Probability.check(found, recorded, || format!("the probability of {class:?}"))?;
    }
    Ok(())
}

fn check_label(found: &'static str, recorded: Recorded) -> Result<(), Problem> {
    match recorded {
        Recorded::Text(recorded) if recorded == found => Ok(()),
        Recorded::Text(recorded) => Err(Problem::Label { found, recorded }),
        Recorded::Number(_) | Recorded::Numbers(_) => {
            Err(Problem::PredictionType { expected: "the label's text", task: "classification" })
        }
    }
}

#[cfg(test)]
mod tests;
