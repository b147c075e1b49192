//! Compiled models of every trainer predict what it recorded, margins to the bit: from flat rows, in each form, by every
//! kernel and in batches, and from records that name their fields.

use acceptance::{bits, trainers, trainers_other_forms};
use model_runtime::{
    Column, ColumnKind, Link, Metadata, Model, Scratch, Transform, forest::Kernels, record::Reader,
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, fs, path::Path};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../model-codegen/tests/fixtures");

/// The models that have recorded rows, without extensions: some are there in two formats.
fn recorded() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for format in fs::read_dir(FIXTURES).expect("fixtures") {
        let format = format.expect("an entry");
        for file in fs::read_dir(format.path()).expect("a folder") {
            let path = Path::new(&format.file_name()).join(file.expect("an entry").file_name());
            names.extend(path.to_str().expect("ASCII").strip_suffix(".golden.jsonl").map(str::to_owned));
        }
    }
    names
}

/// The rows that a model's trainer scored.
fn golden(metadata: &Metadata) -> Vec<Value> {
    let path = Path::new(FIXTURES).join(metadata.source_file).with_extension("golden.jsonl");
    let text = fs::read_to_string(path).expect("rows");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A row as a record: what the trainer knew by position gets the model's names, and its offset the column's. A row without any
/// of the columns is no record, so that its values are null.
fn record(line: &Value, metadata: &Metadata) -> Value {
    if let Some(named) = line["row"].as_object() {
        let is_empty = !metadata.columns.iter().any(|column| named.contains_key(column.name));
        let nulls = metadata.columns.iter().filter(|_| is_empty).map(|column| (column.name, Value::Null));
        let is_offset = |column: &&Column| matches!(column.kind, ColumnKind::Offset);
        let offset =
            metadata.columns.iter().find(is_offset).map(|column| (column.name, line["offset"].clone()));
        let mut record = named.clone();
        record.extend(nulls.chain(offset).map(|(name, value)| (name.to_owned(), value)));
        return Value::Object(record);
    }
    let texts = line["categories"].as_array().into_iter().flatten();
    let values = line["x"].as_array().expect("values").iter().chain(texts);
    let columns = metadata.columns.iter().zip(values);
    Value::Object(
        columns.map(|(column, value)| (column.name.to_owned(), value.clone())).collect::<Map<_, _>>(),
    )
}

/// The same as a flat row, not by way of the reader.
fn flat(record: &Value, metadata: &Metadata) -> Vec<f64> {
    let cell = |column: &Column| match (&column.kind, &record[column.name]) {
        (_, Value::Null) => f64::NAN,
        (ColumnKind::Categorical { domain, .. }, value) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let level = domain.levels.iter().position(|level| *level == text);
            level.map_or(f64::NAN, |level| level as f64)
        }
        (_, Value::String(text)) => text.parse().expect("an infinity"),
        (_, value) => value.as_f64().expect("a number"),
    };
    metadata.columns.iter().map(cell).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| match value {
        Value::Null => f64::NAN,
        Value::String(text) => text.parse().expect("an infinity"),
        value => value.as_f64().expect("a number"),
    };
    value.as_array().map_or_else(|| vec![number(value)], |values| values.iter().map(number).collect())
}

fn margins(model: &dyn Model, row: &[f64]) -> Vec<f64> {
    let mut margins = vec![0.0; model.metadata().margins];
    model.margins(row, &mut margins).expect("one row");
    margins
}

/// The models in each form that can hold them.
fn every_form() -> Vec<&'static dyn Model> {
    [trainers::ALL, trainers_other_forms::ALL].concat()
}

#[test]
fn compiled_models_score_as_their_trainers_do_in_each_form_by_every_kernel_in_batches() {
    let mut rows_checked = 0;
    for model in every_form() {
        let metadata = model.metadata();
        let lines = golden(metadata);
        let rows: Vec<f64> = lines.iter().flat_map(|line| flat(&record(line, metadata), metadata)).collect();
        // Those of straight-line code are all the same.
        for kernels in Kernels::supported().take(if metadata.is_ranked { usize::MAX } else { 1 }) {
            for batch in BATCHES {
                let (margins, predictions) = scored(model, &rows, batch, &mut Scratch::with_kernels(kernels));
                let margins = margins.chunks(metadata.margins);
                let predictions = predictions.chunks(metadata.predictions());
                assert_eq!(margins.len(), lines.len());
                for ((line, margins), prediction) in lines.iter().zip(margins).zip(predictions) {
                    let what = || format!("{}: {kernels:?}, batches of {batch}", metadata.name);
                    check(metadata, line, margins, prediction, what);
                }
            }
        }
        rows_checked += lines.len();
    }
    let file = |model: &&dyn Model| Path::new(model.metadata().source_file).with_extension("");
    let compiled = trainers::ALL.iter().map(|model| file(model).to_str().expect("ASCII").to_owned());
    assert_eq!(compiled.collect::<BTreeSet<_>>(), recorded(), "every fixture is compiled");
    assert!(trainers::ALL.len() >= 173 && trainers_other_forms::ALL.len() >= 163, "fixtures are there");
    assert!(rows_checked >= 47_712, "{rows_checked}");
}

/// Sizes of batches that different kernels score.
const BATCHES: [usize; 4] = [1, 7, 64, 1_000];

/// Margins and predictions for rows, so many of them at once.
fn scored(model: &dyn Model, rows: &[f64], batch: usize, scratch: &mut Scratch) -> (Vec<f64>, Vec<f64>) {
    let metadata = model.metadata();
    let (mut all_margins, mut all_predictions) = (Vec::new(), Vec::new());
    for rows in rows.chunks(batch * metadata.columns.len()) {
        let count = rows.len() / metadata.columns.len();
        let mut margins = vec![0.0; count * metadata.margins];
        let mut predictions = vec![0.0; count * metadata.predictions()];
        model.predictions_with(rows, &mut margins, &mut predictions, scratch).expect("whole rows");
        all_margins.extend(margins);
        all_predictions.extend(predictions);
    }
    (all_margins, all_predictions)
}

/// Checks a row's margins to the bit and its prediction, as far as they were recorded: H2O's own scorer gives predictions only.
fn check(metadata: &Metadata, line: &Value, margins: &[f64], prediction: &[f64], what: impl Fn() -> String) {
    if !line["margin"].is_null() {
        let expected = numbers(&line["margin"]);
        assert_eq!(bits(margins), bits(&expected), "{}: {margins:?} {expected:?}", what());
    }
    let expected = match (&line["preds"], &line["prediction"]) {
        (Value::Null, Value::Null) => {
            assert!(!line["margin"].is_null(), "{}: nothing was recorded", what());
            return;
        }
        (Value::Null, recorded) => numbers(recorded),
        // A value with a nought behind it, or a class and its probabilities.
        (recorded, _) if prediction.len() == 1 => numbers(recorded)[..1].to_vec(),
        (recorded, _) => numbers(recorded)[1..].to_vec(),
    };
    let label = prediction.iter().enumerate().rev().max_by(|one, other| one.1.total_cmp(other.1));
    let label = [label.map_or(f64::NAN, |(class, _)| class as f64)];
    let found = match (prediction, &expected[..]) {
        // Of two classes the second one's probability, of several the most probable one.
        ([_, second], [_]) => std::slice::from_ref(second),
        ([_, _, _, ..], [_]) => &label,
        _ => prediction,
    };
    assert_eq!(found.len(), expected.len(), "{}", what());
    for (found, expected) in found.iter().zip(&expected) {
        assert!(agree(metadata, *found, *expected), "{}: {found} is {expected}", what());
    }
}

/// How many units in the last place a linked value may be off: one for the exponential of the trainer's platform, one for this one's.
const ULP_MAX: u64 = 2;

/// How far a probability of H2O's may be off besides: one is 1 less the other, which amplifies such a unit.
const PROBABILITY_DISTANCE_MAX: f64 = 2.3e-16;

/// Whether numbers agree: to the bit where they are values without a link, or where one is not finite.
fn agree(metadata: &Metadata, found: f64, expected: f64) -> bool {
    let is_unlinked = matches!(metadata.transform, Transform::Value { link: Link::Identity, .. });
    let is_h2o_probability = metadata.trainer == "H2O" && !metadata.classes().is_empty();
    let is_near = found.to_bits().abs_diff(expected.to_bits()) <= ULP_MAX
        || is_h2o_probability && (found - expected).abs() <= PROBABILITY_DISTANCE_MAX;
    bits(&[found]) == bits(&[expected])
        || !is_unlinked && found.is_finite() && expected.is_finite() && is_near
}

#[test]
fn records_with_named_fields_score_as_rows_by_position_do() {
    for model in trainers::ALL {
        let metadata = model.metadata();
        let mut reader = Reader::new(metadata, &[]).expect("nothing to locate");
        let mut row = vec![0.0; metadata.columns.len()];
        for line in golden(metadata) {
            let record = record(&line, metadata);
            reader.read(record.to_string().as_bytes(), &mut row).expect("a sound record");
            let by_position = margins(*model, &flat(&record, metadata));
            assert_eq!(bits(&margins(*model, &row)), bits(&by_position), "{}: {record}", metadata.name);
        }
    }
}

#[test]
fn a_level_that_training_never_saw_is_missing_and_no_other_level() {
    let mut columns = 0;
    for model in trainers::ALL {
        let metadata = model.metadata();
        let mut reader = Reader::new(metadata, &[]).expect("nothing to locate");
        let mut read = |record: &Value| {
            let mut row = vec![0.0; metadata.columns.len()];
            reader.read(record.to_string().as_bytes(), &mut row).expect("a sound record");
            margins(*model, &row)
        };
        let line = golden(metadata).swap_remove(0);
        for column in metadata.columns {
            let ColumnKind::Categorical { domain, .. } = &column.kind else { continue };
            let mut record = record(&line, metadata);
            record[column.name] = Value::Null;
            let missing = read(&record);
            // Texts that sort before, between and after the levels: a search that does not compare finds a neighbour.
            let first = domain.levels.first().copied().unwrap_or_default();
            let texts = ["", "\u{1}", "~~~", &format!("{first} "), &format!("{first}a")];
            for text in texts.into_iter().filter(|text| !domain.levels.contains(text)) {
                record[column.name] = json!(text);
                assert_eq!(bits(&read(&record)), bits(&missing), "{}: {text:?}", metadata.name);
            }
            columns += 1;
        }
    }
    assert!(columns >= 123, "{columns}");
}
