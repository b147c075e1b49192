//! Each rule of acceptance files, on models whose predictions can be written down.

use super::*;
use crate::metadata::{Column, ColumnKind, Decision, Output, Task};
use crate::model::ShapeError;
use crate::transform::Probabilities;

/// A model whose margin is the column `x`, and NaN where this is missing.
#[derive(Debug)]
struct Echo(&'static Metadata);

impl Model for Echo {
    fn metadata(&self) -> &'static Metadata {
        self.0
    }

    fn margins(&self, rows: &[f64], margins: &mut [f64]) -> Result<(), ShapeError> {
        margins.copy_from_slice(rows);
        Ok(())
    }
}

const COLUMNS: &[Column] =
    &[Column { name: "x", field: "x", kind: ColumnKind::Numeric { thresholds: None }, splits: 1 }];

const NO_YES: Task = Task::Classification { classes: &["no", "yes"], decision: Decision::Threshold(0.5) };

const LOGISTIC: Transform = Transform::Classes {
    divisor: None,
    probabilities: Probabilities::SecondClass(Link::Logistic),
    corrections: None,
};

fn metadata(transform: Transform, task: Task) -> &'static Metadata {
    // Tests make few models, so that each may live for ever.
    Box::leak(Box::new(Metadata {
        name: "echo",
        source_file: "echo.v2.json",
        source_digest: "",
        configuration_digest: None,
        generator: "",
        trainer: "",
        trainer_version: "",
        algorithm: "",
        objective: "",
        trees: 0,
        leaves: 0,
        depth_max: 0,
        is_ranked: false,
        columns: COLUMNS,
        margins: 1,
        transform,
        task,
        response: "y",
        output: Output::Number,
    }))
}

fn echo(divisor: Option<f64>, link: Link) -> Echo {
    Echo(metadata(Transform::Value { divisor, link }, Task::Regression))
}

fn identity() -> Echo {
    echo(None, Link::Identity)
}

fn classes() -> Echo {
    Echo(metadata(LOGISTIC, NO_YES))
}

fn problem(model: &Echo, expected: &str) -> String {
    check(model, expected).expect_err("the line is wrong").to_string()
}

#[test]
fn agreeing_lines_are_counted() {
    let lines = "{\"row\": {\"x\": 0.1}, \"margin\": [0.1], \"prediction\": 0.1}\n\n{\"row\": {\"x\": -0.0}, \"margin\": [-0.0]}\n";
    assert_eq!(check(&identity(), lines).expect("both agree"), 2);
    let classified =
        r#"{"row": {"x": 0}, "margin": [0], "prediction": "yes", "probabilities": {"yes": 0.5, "no": 0.5}}"#;
    assert_eq!(check(&classes(), classified).expect("it agrees"), 1);
}

#[test]
fn a_margin_one_bit_off_names_line_numbers_and_distance() {
    let lines = "{\"row\": {\"x\": 1}, \"margin\": [1]}\n{\"row\": {\"x\": 290591.70578645257}, \"margin\": [290591.7057864525]}";
    let mismatch = check(&identity(), lines).expect_err("the second differs");
    assert_eq!(mismatch.line(), Some(2));
    let text = mismatch.to_string();
    assert!(
        text.starts_with(
            "line 2: margin 0 is 290591.70578645257, recorded as 290591.7057864525, 1 ulp apart"
        ),
        "{text}"
    );
    assert!(
        problem(&identity(), r#"{"row": {"x": 0.0}, "margin": [-0.0]}"#)
            .contains("margin 0 is 0.0, recorded as -0.0")
    );
}

#[test]
fn an_identity_linked_prediction_has_to_agree_in_every_bit_divided_or_not() {
    let wrong = r#"{"row": {"x": 1}, "prediction": 1.0000000000000002}"#;
    assert!(
        problem(&identity(), wrong).contains("the prediction is 1.0, recorded as 1.0000000000000002, 1 ulp")
    );
    let forest = echo(Some(3.0), Link::Identity);
    assert!(check(&forest, r#"{"row": {"x": 1}, "margin": [1], "prediction": 0.3333333333333333}"#).is_ok());
    assert!(
        problem(&forest, r#"{"row": {"x": 1}, "prediction": 0.33333333333333337}"#).contains("every bit")
    );
}

#[test]
fn another_link_allows_two_ulp() {
    let exponential = echo(None, Link::Exponential);
    assert!(check(&exponential, r#"{"row": {"x": 0}, "prediction": 1.0000000000000004}"#).is_ok());
    assert!(
        problem(&exponential, r#"{"row": {"x": 0}, "prediction": 1.0000000000000007}"#)
            .contains("3 ulp apart")
    );
}

#[test]
fn a_probability_has_to_be_near_and_its_class_known() {
    let off = r#"{"row": {"x": 0}, "probabilities": {"no": 0.5, "yes": 0.5000000000000004}}"#;
    assert!(
        problem(&classes(), off)
            .contains(r#"the probability of "yes" is 0.5, recorded as 0.5000000000000004"#)
    );
    for (probabilities, differing) in [
        (r#"{"no": 0.5}"#, "yes"),
        (r#"{"no": 0.5, "yes": 0.5, "maybe": 0}"#, "maybe"),
        (r#"{"no": 0.5, "Yes": 0.5}"#, "yes"),
    ] {
        let text =
            problem(&classes(), &format!(r#"{{"row": {{"x": 0}}, "probabilities": {probabilities}}}"#));
        assert!(text.contains(&format!("{differing:?} is not in both")), "{text}");
    }
    let twice = r#"{"row": {"x": 0}, "probabilities": {"no": 0.5, "no": 0.5, "yes": 0.5}}"#;
    assert!(problem(&classes(), twice).contains("stands there twice"));
}

#[test]
fn a_wrong_label_fails() {
    let text = problem(&classes(), r#"{"row": {"x": -1}, "prediction": "yes"}"#);
    assert!(text.starts_with(r#"line 1: the label is "no", recorded as "yes""#), "{text}");
    assert!(problem(&classes(), r#"{"row": {"x": -1}, "prediction": 0}"#).contains("the label's text"));
    assert!(problem(&identity(), r#"{"row": {"x": 1}, "prediction": "one"}"#).contains("a number"));
    assert!(problem(&identity(), r#"{"row": {"x": 1}, "probabilities": {}}"#).contains("is a regression"));
}

#[test]
fn texts_stand_for_numbers_that_are_not_finite() {
    let lines = [
        r#"{"row": {"x": null}, "margin": ["NaN"], "prediction": "NaN"}"#,
        r#"{"row": {"x": "Infinity"}, "margin": ["Infinity"]}"#,
        r#"{"row": {"x": "-Infinity"}, "margin": ["-Infinity"]}"#,
    ];
    assert_eq!(check(&identity(), &lines.join("\n")).expect("all agree"), 3);
    assert!(
        problem(&identity(), r#"{"row": {"x": 1}, "margin": ["NaN"]}"#)
            .contains("is 1.0, recorded as NaN (they")
    );
    assert!(problem(&identity(), r#"{"row": {"x": 1}, "margin": ["1"]}"#).contains("none of \"NaN\""));
}

#[test]
fn a_file_that_checks_nothing_fails() {
    assert_eq!(check(&identity(), " \n\n").expect_err("no rows").line(), None);
    assert!(problem(&identity(), "").contains("no rows"));
    assert!(problem(&identity(), r#"{"row": {"x": 1}}"#).contains("nothing to check"));
    assert!(problem(&identity(), r#"{"row": {"x": 1}, "margin": []}"#).contains("0 margins are recorded"));
    assert!(
        problem(&identity(), r#"{"row": {"x": 1}, "margin": [1, 1]}"#).contains("2 margins are recorded")
    );
}

#[test]
fn a_line_that_is_none_fails() {
    for (line, fault) in [
        (r#"{"row": {"x": 1}, "predictions": 1}"#, "unknown field `predictions`"),
        (r#"{"prediction": 1}"#, "missing field `row`"),
        (r#"{"row": {"x": 1}, "prediction": 1, "margin": null}"#, "null"),
        (r#"{"row": {"x": 1}, "prediction": 1, "prediction": 1}"#, "duplicate field"),
        (r#"{"row": {"x": 1}, "prediction": 1"#, "EOF"),
        ("1", "invalid type"),
        (r#"{"row": {"y": 1}, "prediction": 1}"#, "the row is refused: the record has none of the model's"),
        (r#"{"row": {"x": "one"}, "prediction": 1}"#, "the row is refused: field `x`"),
    ] {
        let text = problem(&identity(), line);
        assert!(text.starts_with("line 1: ") && text.contains(fault), "{line}: {text}");
        assert!(!text.contains("at line"), "{text}");
    }
}

#[test]
fn a_folder_is_checked_file_by_file() {
    let folder = std::env::temp_dir().join(format!("acceptance-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    let model: &'static dyn Model = Box::leak(Box::new(identity()));

    let report = check_folder(&[model], &folder).expect("nothing to check");
    assert_eq!(report.unchecked, [("echo", "echo.v2.expected.jsonl".to_owned())]);

    fs::write(folder.join("echo.v2.expected.jsonl"), r#"{"row": {"x": 1}, "prediction": 1}"#)
        .expect("written");
    let report = check_folder(&[model], &folder).expect("it agrees");
    assert_eq!(report, Report { checked: vec![("echo", 1)], unchecked: vec![] });
    assert_eq!(report.to_string(), "echo: 1 expected rows agree\n");

    fs::write(folder.join("echo.v2.expected.jsonl"), r#"{"row": {"x": 1}, "prediction": 2}"#)
        .expect("written");
    fs::write(folder.join("eco.expected.jsonl"), "").expect("written");
    let failures = check_folder(&[model], &folder).expect_err("two files are wrong");
    let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert!(failures[0].starts_with("eco.expected.jsonl: no model has this name"), "{failures:?}");
    assert!(
        failures[1].starts_with("echo.v2.expected.jsonl:1: the prediction is 1.0, recorded as 2.0"),
        "{failures:?}"
    );
    assert_eq!(failures.len(), 2);
    fs::remove_dir_all(&folder).expect("removed");

    let failures = check_folder(&[model], &folder).expect_err("the folder is gone");
    assert!(failures[0].to_string().contains("it can't be read"), "{failures:?}");
}
