//! Prints how near predictions come to their trainers' own: a line for each fixture, then one for each trainer.
//!
//! In: folders (by default `tests/fixtures` and what `scripts/test-export` recorded) with a folder for each format or trainer; in it
//! `NAME.json` or the like, and `NAME.golden.jsonl` or `NAME.expected.jsonl`. Out: a table in Markdown. It fails where a margin
//! differs in any bit.

use model_codegen::{
    Source,
    ir::{ColumnKind, Ensemble, Interpreter, Link, Task, Transform},
    understand,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Where rows of trainers lie, from this package on.
const FOLDERS: [&str; 2] = ["tests/fixtures", "../export/tests/recorded"];

/// What a prediction may differ by where it is no margin: in its last bits, or as a probability.
const ULPS_MAX: u64 = 2;
const PROBABILITY_DIFFERENCE_MAX: f64 = 2.3e-16;

/// What comparing rows showed.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    files: usize,
    rows: usize,
    margins: usize,
    margins_identical: usize,
    predictions: usize,
    predictions_identical: usize,
    /// Predictions that are neither near in their last bits nor near at all.
    far_off: usize,
    ulp_max: u64,
}

fn main() -> ExitCode {
    let mut folders: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if folders.is_empty() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        folders = FOLDERS.iter().map(|folder| package.join(folder)).collect();
    }
    println!("| Trainer | Fixture | Kind | Rows | Margins identical | Predictions identical |");
    println!("|---|---|---|---|---|---|");
    let mut trainers: BTreeMap<String, Tally> = BTreeMap::new();
    for path in folders.iter().flat_map(|folder| dumps(folder)) {
        let ensemble = match ensemble(&path) {
            Ok(ensemble) => ensemble,
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        };
        let tally = match compared(&path, &ensemble) {
            Ok(tally) => tally,
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        };
        let trainer = ensemble.trainer();
        let name = format!("{} {}", trainer.name, trainer.version);
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        println!("| {name} | {file} | {} {} {}", trainer.algorithm, trainer.objective, tally.shown());
        trainers.entry(name).or_default().add(tally);
    }
    println!("\n| Trainer | Fixtures | Rows | Margins identical | Predictions identical |");
    println!("|---|---|---|---|---|");
    for (name, tally) in &trainers {
        println!("| {name} | {} {}", tally.files, tally.shown());
    }
    let all_right =
        trainers.values().all(|tally| tally.margins_identical == tally.margins && tally.far_off == 0);
    if all_right && !trainers.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.rows += other.rows;
        self.margins += other.margins;
        self.margins_identical += other.margins_identical;
        self.predictions += other.predictions;
        self.predictions_identical += other.predictions_identical;
        self.far_off += other.far_off;
        self.ulp_max = self.ulp_max.max(other.ulp_max);
    }

    /// The table's last cells.
    fn shown(&self) -> String {
        let share = |identical: usize, all: usize| match all {
            0 => "none recorded".to_owned(),
            all if all == identical => format!("all {all}"),
            all => format!("{identical} of {all}"),
        };
        let predictions = share(self.predictions_identical, self.predictions);
        let rest =
            if self.ulp_max > 0 { format!(", others within {} ulp", self.ulp_max) } else { String::new() };
        format!("| {} | {} | {predictions}{rest} |", self.rows, share(self.margins_identical, self.margins))
    }
}

/// The files that rows are recorded for.
fn dumps(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut files: Vec<PathBuf> = list(folder).iter().flat_map(|format| list(format)).collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|ending| ["json", "ubj", "txt", "zip"].iter().any(|known| ending == *known))
            && rows_of(file).is_some()
    });
    files.sort();
    files
}

/// The rows beside a dump.
fn rows_of(dump: &Path) -> Option<PathBuf> {
    let files = ["golden.jsonl", "expected.jsonl"].map(|ending| dump.with_extension(ending));
    files.into_iter().find(|file| file.exists())
}

fn ensemble(path: &Path) -> Result<Ensemble, String> {
    let dump = fs::read(path).map_err(|error| error.to_string())?;
    let configuration = fs::read_to_string(path.with_extension("toml")).ok();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let source = Source { name: "model", file: &file, dump: &dump, configuration: configuration.as_deref() };
    Ok(understand(&source).map_err(|problems| problems.to_string())?.ensemble)
}

/// Compares all rows beside a dump, or says which of them can't be.
fn compared(path: &Path, ensemble: &Ensemble) -> Result<Tally, String> {
    let mut tally = Tally { files: 1, ..Tally::default() };
    let interpreter = Interpreter::new(ensemble);
    let rows = rows_of(path).ok_or("there are no rows beside it")?;
    let text = fs::read_to_string(rows).map_err(|error| error.to_string())?;
    for (index, line) in text.lines().enumerate() {
        let problem = |problem: &dyn std::fmt::Display| format!("line {} of its rows: {problem}", index + 1);
        let line: Value = serde_json::from_str(line).map_err(|error| problem(&error))?;
        let row = row(&line, ensemble);
        let found = interpreter.margins(&row).map_err(|error| problem(&error))?;
        let predicted = interpreter.predict(&row).map_err(|error| problem(&error))?;
        tally.rows += 1;
        let is_identity =
            matches!(ensemble.transform(), Transform::Value { divisor: None, link: Link::Identity });
        let (margins, predictions) = match &line["preds"] {
            Value::Array(values) => {
                let numbers: Vec<f64> = values.iter().map(number).collect();
                let first = usize::from(matches!(ensemble.task(), Task::Classification { .. }));
                let numbers = numbers.get(first..first + predicted.len()).unwrap_or_default().to_vec();
                // H2O records no margin but that which a prediction is.
                (if is_identity { numbers.clone() } else { Vec::new() }, numbers)
            }
            // A label stands beside the probabilities that it follows from.
            _ if line["probabilities"].is_object() => (numbers(&line["margin"]), of_classes(&line, ensemble)),
            _ => (numbers(&line["margin"]), numbers(&line["prediction"])),
        };
        let as_recorded = as_recorded(&predicted, predictions.len());
        let counts =
            [(margins.len(), found.len(), "margins"), (predictions.len(), as_recorded.len(), "predictions")];
        for (recorded, found, what) in counts {
            if recorded != 0 && recorded != found {
                return Err(problem(&format!("{recorded} {what} are recorded, and the model has {found}")));
            }
        }
        tally.margins += margins.len();
        tally.margins_identical += found.iter().zip(&margins).filter(|(a, b)| ulps(**a, **b) == 0).count();
        for (found, recorded) in as_recorded.iter().zip(&predictions) {
            let distance = ulps(*found, *recorded);
            tally.far_off +=
                usize::from(distance > ULPS_MAX && (found - recorded).abs() > PROBABILITY_DIFFERENCE_MAX);
            tally.predictions += 1;
            tally.predictions_identical += usize::from(distance == 0);
            tally.ulp_max = tally.ulp_max.max(distance);
        }
    }
    Ok(tally)
}

/// The recorded probabilities in the order of the classes.
fn of_classes(line: &Value, ensemble: &Ensemble) -> Vec<f64> {
    match ensemble.task() {
        Task::Regression => Vec::new(),
        Task::Classification { classes, .. } => {
            classes.iter().map(|class| number(&line["probabilities"][class.as_str()])).collect()
        }
    }
}

/// What the trainer gives as its prediction: of two classes the second's probability, or the label.
fn as_recorded(predicted: &[f64], recorded: usize) -> Vec<f64> {
    match predicted.len() {
        2 if recorded == 1 => vec![predicted[1]],
        count if recorded == 1 && count > 1 => {
            let largest = (0..count).rev().max_by(|a, b| predicted[*a].total_cmp(&predicted[*b]));
            vec![largest.unwrap_or(0) as f64]
        }
        _ => predicted.to_vec(),
    }
}

fn row(line: &Value, ensemble: &Ensemble) -> Vec<f64> {
    let texts = line["categories"].as_array().into_iter().flatten();
    let values: Vec<&Value> = line["x"].as_array().into_iter().flatten().chain(texts).collect();
    let columns = ensemble.columns().iter().enumerate().map(|(index, column)| {
        let value = if line["row"].is_object() { &line["row"][&column.name] } else { values[index] };
        match (&column.kind, value) {
            (_, Value::Null) => f64::NAN,
            (ColumnKind::Numeric, value) => number(value),
            (ColumnKind::Categorical(levels), value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                levels.iter().position(|level| *level == text).map_or(f64::NAN, |level| level as f64)
            }
        }
    });
    columns.chain(ensemble.offset().map(|_| number(&line["offset"]))).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        // A margin that is missing is no recorded one; NaN in a list is.
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().map(number).collect(),
        value => vec![number(value)],
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap_or(f64::NAN),
        value => value.as_f64().unwrap_or(f64::NAN),
    }
}

/// How many doubles lie between two, counting one end; the zeros are two.
fn ulps(a: f64, b: f64) -> u64 {
    let ordinal = |number: f64| {
        let magnitude = number.abs().to_bits().cast_signed();
        if number.is_sign_negative() { -magnitude - 1 } else { magnitude }
    };
    if a.is_nan() && b.is_nan() { 0 } else { ordinal(a).abs_diff(ordinal(b)) }
}
