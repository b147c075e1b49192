//! The compiled fixture models predict what their trainer recorded, row by row.

use acceptance::{models, other_forms};
use model_runtime::Model;
use model_runtime::acceptance::{Report, check_folder};
use model_runtime::record::Reader;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models"))
}

/// The fixtures in each form that can hold them.
fn every_form() -> Vec<&'static dyn Model> {
    [models::ALL, other_forms::ALL].concat()
}

fn report() -> Report {
    check_folder(&every_form(), folder()).unwrap_or_else(|failures| {
        let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
        panic!("{} files of expected rows do not pass:\n{}", failures.len(), failures.join("\n"));
    })
}

/// The files of the folder whose names end so.
fn files(ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("the fixtures are there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// A model's margins for one record, as bits.
fn margins(model: &str, record: &str) -> Vec<u64> {
    let model = models::get(model).expect("a fixture of this name");
    let metadata = model.metadata();
    let mut row = vec![0.0; metadata.columns.len()];
    let mut reader = Reader::new(metadata, &[]).expect("nothing to locate");
    reader.read(record.as_bytes(), &mut row).expect("a sound record");
    let mut margins = vec![0.0; metadata.margins];
    model.margins(&row, &mut margins).expect("one row");
    margins.into_iter().map(f64::to_bits).collect()
}

#[test]
fn every_fixture_predicts_its_expected_rows() {
    print!("{}", report());
}

#[test]
fn no_fixture_and_no_row_goes_unchecked() {
    let report = report();
    assert_eq!(report.unchecked, []);
    assert_eq!(models::ALL.len(), files(".json").len(), "every dump is a model");
    assert_eq!(report.checked.len(), every_form().len());
    let of_models = report.checked.iter().filter(|(name, _)| models::get(name).is_some());
    let rows: usize = of_models.map(|(_, rows)| rows).sum();
    let texts = files(".expected.jsonl").into_iter().map(|file| fs::read_to_string(file).expect("text"));
    assert_eq!(rows, texts.map(|text| text.lines().count()).sum::<usize>());
    assert!(rows > 5_000, "{rows} rows are fewer than H2O scored");
}

#[test]
fn both_notations_of_a_float_are_one_model() {
    let expected = fs::read_to_string(folder().join("gbm_stump.expected.jsonl")).expect("text");
    for line in expected.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let record = line["row"].to_string();
        assert_eq!(margins("gbm_stump", &record), margins("handmade_float_to_double", &record), "{record}");
    }
}
