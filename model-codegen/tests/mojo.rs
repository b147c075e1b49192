//! H2O's archives: what H2O itself predicts for each fixture's rows, and the same margins as the JSON print of the model.
//!
//! `fixtures/h2o/NAME.golden.jsonl`: `row` by name, `offset` where there is one, `preds`: the value, or the label's index and
//! a probability for each class.

use model_codegen::{
    Source,
    ir::{ColumnKind, Decision, Ensemble, Interpreter, Link, Task, Transform},
    parse::Parsed,
    understand,
};
use serde_json::Value;
use std::{fs, path::Path};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/h2o")
}

fn understood(path: &Path, configuration: Option<&str>) -> Parsed {
    let dump = fs::read(path).expect("listed");
    let file = path.file_name().expect("a file").to_string_lossy();
    let source = Source { name: "model", file: &file, dump: &dump, configuration };
    understand(&source).unwrap_or_else(|problems| panic!("{problems}"))
}

fn archives() -> Vec<String> {
    let files =
        fs::read_dir(folder()).expect("the fixtures").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> =
        files.filter_map(|file| file.to_str()?.strip_suffix(".zip").map(str::to_owned)).collect();
    names.sort();
    assert!(names.len() >= 15, "{names:?}");
    names
}

fn lines(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder().join(format!("{name}.golden.jsonl"))).expect("rows");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A row of the ensemble's columns, with its offset where the ensemble takes one. A level never seen is missing.
fn row(line: &Value, ensemble: &Ensemble) -> Vec<f64> {
    let cell = |column: &model_codegen::ir::Column| match (&column.kind, &line["row"][&column.name]) {
        (_, Value::Null) => f64::NAN,
        (ColumnKind::Categorical(levels), value) => {
            let level = levels.iter().position(|level| Some(level.as_str()) == value.as_str());
            level.map_or(f64::NAN, |level| level as f64)
        }
        (ColumnKind::Numeric, value) => value.as_f64().expect("a number"),
    };
    let offset = ensemble.offset().map(|_| line["offset"].as_f64().expect("an offset"));
    ensemble.columns().iter().map(cell).chain(offset).collect()
}

#[test]
fn archives_score_as_h2o_does() {
    let (mut rows, mut identical, mut near) = (0, 0, 0);
    for name in archives() {
        let ensemble = understood(&folder().join(format!("{name}.zip")), None).ensemble;
        let interpreter = Interpreter::new(&ensemble);
        let without_link = matches!(ensemble.transform(), Transform::Value { link: Link::Identity, .. });
        for line in lines(&name) {
            let found = interpreter.predict(&row(&line, &ensemble)).expect("a row of this width");
            let recorded: Vec<f64> =
                line["preds"].as_array().expect("numbers").iter().filter_map(Value::as_f64).collect();
            let expected = match ensemble.task() {
                Task::Regression => &recorded[..1],
                Task::Classification { decision, .. } => {
                    assert_eq!(label(*decision, &found) as f64, recorded[0], "{name}: {found:?} {line}");
                    &recorded[1..]
                }
            };
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                let is_identical = found.to_bits() == expected.to_bits();
                let is_near =
                    found.to_bits().abs_diff(expected.to_bits()) <= 2 || (found - expected).abs() <= 2.3e-16;
                assert!(is_identical || (is_near && !without_link), "{name}: {found} is {expected}");
                identical += usize::from(is_identical);
                near += usize::from(!is_identical);
            }
            rows += 1;
        }
    }
    println!(
        "h2o archives: {rows} rows; of {} predictions {identical} identical, {near} near",
        identical + near
    );
    assert!(rows >= 2_900);
}

fn label(decision: Decision, probabilities: &[f64]) -> usize {
    match decision {
        Decision::Threshold(threshold) => usize::from(probabilities[1] >= threshold),
        Decision::Largest => (0..probabilities.len())
            .rev()
            .max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]))
            .unwrap_or(0),
    }
}

#[test]
fn an_archive_and_its_print_have_the_same_margins() {
    let prints = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/models");
    let mut compared = 0;
    for name in archives() {
        let print = prints.join(format!("{name}.json"));
        if !print.exists() {
            continue;
        }
        let configuration = fs::read_to_string(print.with_extension("toml")).ok();
        let print = understood(&print, configuration.as_deref()).ensemble;
        let archive = understood(&folder().join(format!("{name}.zip")), None).ensemble;
        for line in lines(&name) {
            let margins = |ensemble: &Ensemble| {
                let margins = Interpreter::new(ensemble).margins(&row(&line, ensemble)).expect("a row");
                margins.into_iter().map(f64::to_bits).collect::<Vec<_>>()
            };
            assert_eq!(margins(&archive), margins(&print), "{name}: {line}");
            compared += 1;
        }
    }
    assert!(compared >= 2_900, "{compared}");
}

#[test]
fn an_archive_knows_what_its_print_lacks() {
    let parsed = understood(&folder().join("gbm_bernoulli_balanced.zip"), None);
    let configuration = parsed.configuration;
    assert_eq!(configuration.response.as_deref(), Some("target"));
    assert_eq!(configuration.threshold, Some(0.276_151_099_034_920_3));
    assert_eq!(
        configuration.prior_class_distribution,
        Some(vec![0.689_333_333_333_333_4, 0.310_666_666_666_666_65])
    );
    assert_eq!(parsed.warnings, Vec::<String>::new());
    let offset = understood(&folder().join("gbm_offset.zip"), None).configuration;
    assert_eq!(offset.offset_column.as_deref(), Some("off"));
    // All nine columns, whether a split tests them or not.
    assert_eq!(understood(&folder().join("gbm_constant.zip"), None).ensemble.columns().len(), 9);
    let lossy = understood(&folder().join("gbm_deep.zip"), None);
    assert_eq!(lossy.warnings, Vec::<String>::new(), "nothing is guessed");
}

#[test]
fn the_configuration_wins_over_the_archive() {
    let path = folder().join("gbm_bernoulli.zip");
    let own = understood(&path, Some("threshold = 0.25\nresponse = \"label\"")).configuration;
    assert_eq!((own.threshold, own.response.as_deref()), (Some(0.25), Some("label")));
}
