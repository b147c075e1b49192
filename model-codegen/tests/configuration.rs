//! `NAME.toml`: what it changes, and what is said of one that is wrong.

use model_codegen::{Problems, Source, generate};

const REGRESSION: &str = include_str!("golden/categories_and_missing.json");
const BINOMIAL: &str = include_str!("golden/two_classes.json");

fn outcome(dump: &str, configuration: &str) -> Result<String, Vec<String>> {
    let dump = dump.as_bytes();
    let source = Source { name: "model", file: "model.json", dump, configuration: Some(configuration) };
    generate(&source).map(|generated| generated.rust).map_err(|problems: Problems| problems.lines())
}

#[track_caller]
fn refused(dump: &str, configuration: &str, expected: &[&str]) {
    assert_eq!(outcome(dump, configuration).expect_err("it is wrong"), expected);
}

#[track_caller]
fn generated(dump: &str, configuration: &str, expected: &str) {
    let rust = outcome(dump, configuration).expect("it is right");
    assert!(rust.contains(expected), "{rust}");
}

#[test]
fn each_key_has_its_effect() {
    generated(REGRESSION, "response = \"price\"", "response: \"price\"");
    generated(REGRESSION, "", "response: \"prediction\"");
    generated(REGRESSION, "output = \"integer\"", "output: ::model_runtime::Output::Integer");
    generated(REGRESSION, "unseen_category = \"error\"", "unseen: ::model_runtime::UnseenCategory::Error");
    generated(REGRESSION, "offset_column = \"exposure\"", "pub exposure: Option<f64>");
    generated(REGRESSION, "[aliases]\nsqft = \"/house/sqft\"", "field: \"/house/sqft\"");
    generated(BINOMIAL, "threshold = 0.39", "Decision::Threshold(0.39_f64)");
    generated(BINOMIAL, "", "Decision::Threshold(0.5_f64)");
    let balanced = BINOMIAL.replace("\"balance_classes\": false", "\"balance_classes\": true");
    let distributions = "prior_class_distribution = [0.75, 0.25]\nmodel_class_distribution = [0.5, 0.5]";
    generated(&balanced, distributions, "corrections: Some(&[1.5_f64, 0.5_f64])");
}

#[test]
fn a_binomial_model_without_a_threshold_is_warned_of() {
    let source = Source { name: "m", file: "m.json", dump: BINOMIAL.as_bytes(), configuration: None };
    let warnings = generate(&source).expect("sound").warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("labels are decided at 0.5"), "{warnings:?}");
}

#[test]
fn a_dump_without_labels_takes_them_from_the_configuration() {
    let labels = BINOMIAL.find("\"class_labels\"").expect("it has labels");
    let end = labels + BINOMIAL[labels..].find(']').expect("a list") + 1;
    let comma = BINOMIAL[..labels].rfind(',').expect("not the first key");
    let unlabelled = format!("{}{}", &BINOMIAL[..comma], &BINOMIAL[end..]);
    generated(&unlabelled, "classes = [\"left\", \"stayed\"]", "classes: &[\"left\", \"stayed\"]");
    generated(&unlabelled, "", "classes: &[\"0\", \"1\"]");
    refused(
        &unlabelled,
        "classes = [\"one\"]",
        &["model.toml: classes: there are 1 labels for 2 classes; give a label for each class, in order"],
    );
}

#[test]
fn all_wrong_keys_are_told_at_once_with_the_nearest_known() {
    refused(
        REGRESSION,
        "respons = \"price\"\noutput = \"float\"\nthreshold = 2\nzzz = 1",
        &[
            "model.toml: respons: no key is called so; write `response`, or remove it",
            "model.toml: zzz: no key is called so; the keys are response, output, threshold, \
             prior_class_distribution, model_class_distribution, offset_column, unseen_category, form, features, classes, \
             categories, best_iteration, aliases",
            "model.toml: output: this string is not what the key takes; write \"number\" or \"integer\"",
            "model.toml: threshold: 2 is no probability; write a number from 0 to 1",
            "model.toml: threshold: a Regression model of gbm has no use for the key; remove it from the .toml",
        ],
    );
    refused(
        REGRESSION,
        "response = ",
        &["model.toml: line 1: string values must be quoted, expected literal string; write it as TOML"],
    );
}

#[test]
fn keys_that_a_model_has_no_use_for_are_refused() {
    refused(
        REGRESSION,
        "threshold = 0.3\nfeatures = [\"a\"]",
        &[
            "model.toml: features: an H2O dump names its columns and levels itself; remove the key from the .toml",
            "model.toml: threshold: a Regression model of gbm has no use for the key; remove it from the .toml",
        ],
    );
}

#[test]
fn aliases_and_responses_that_would_meet_in_a_record_are_refused() {
    let unknown = "model.toml: aliases.sqf: the model has no column of this name; write `sqft`, or remove it";
    refused(REGRESSION, "[aliases]\nsqf = \"area\"", &[unknown]);
    let place = "model.toml: aliases: the columns `sqft` and `has_pool` stand at the same place of a record; give each \
                 a field of its own";
    refused(REGRESSION, "[aliases]\nsqft = \"area\"\nhas_pool = \"/area/pool\"", &[place]);
    let overwritten = "model.toml: response: the prediction would replace the field `sqft`, which the column `sqft` is \
                       read from; choose another response in the .toml";
    refused(REGRESSION, "response = \"sqft\"", &[overwritten]);
    let probabilities = "model.toml: response: the prediction would replace the field `bought_probabilities`, which \
                         the column `age` is read from; choose another response in the .toml";
    refused(
        BINOMIAL,
        "response = \"bought\"\n[aliases]\nage = \"/bought_probabilities/age\"",
        &[probabilities],
    );
    let offset = "model.toml: offset_column: `sqft` is a column that the trees test; name the column that H2O was given \
                  as offset_column";
    refused(REGRESSION, "offset_column = \"sqft\"", &[offset]);
}

#[test]
fn what_is_wrong_with_the_dump_is_told_beside_what_is_wrong_with_the_keys() {
    let broken = REGRESSION.replace("\"gaussian\"", "\"gauss\"");
    let lines = outcome(&broken, "respons = \"price\"").expect_err("both are wrong");
    assert!(lines[0].starts_with("model.toml: respons: "), "{lines:?}");
    assert!(lines[1].starts_with("model.json: params.family: the family `gauss`"), "{lines:?}");
}

#[test]
fn an_offset_has_no_meaning_but_for_one_margin_of_a_gbm() {
    let forest = REGRESSION.replace("\"gbm\"", "\"drf\"");
    let refusal = "model.toml: offset_column: a Regression model of drf has no use for the key; remove it from the .toml";
    refused(&forest, "offset_column = \"exposure\"", &[refusal]);
}
