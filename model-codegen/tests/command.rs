//! The `model-codegen` command, run as a process.
#![allow(clippy::needless_raw_string_hashes, reason = "blessing writes them")]

use expect_test::expect;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_model-codegen"))
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
        .output()
        .expect("the command was built")
}

fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn inspect_says_what_a_model_is() {
    expect![[r#"
        trainer    H2O 3.46.0.7
        algorithm  gbm gaussian
        trees      2 with 12 nodes, 7 leaves, depth 2
        task       regression: the margin's Identity link
        functions  2 of straight-line code
        columns    3
          sqft                splits 2, numeric, thresholds 2240.5 to 2240.5
          has_pool            splits 1, categorical, 2 levels: no, yes
          main flooring type  splits 2, categorical, 6 levels: carpet, concrete, hardwood, laminate, tile, vinyl
    "#]].assert_eq(&stdout(&["inspect", "golden/categories_and_missing.json"]));
    expect![[r#"
        trainer    H2O 3.46.0.7
        algorithm  gbm bernoulli
        trees      1 with 3 nodes, 2 leaves, depth 1
        task       classification: the second class has the margin's Logistic link
        classes    no, yes
        threshold  0.39
        functions  1 of straight-line code
        columns    1
          age  splits 1, numeric, thresholds 40 to 40
    "#]]
    .assert_eq(&stdout(&["inspect", "golden/two_classes.json"]));
}

#[test]
fn emit_prints_each_stage() {
    let file = "golden/one_split.json";
    assert_eq!(stdout(&["emit", file]), include_str!("golden/one_split.rs"));
    assert!(stdout(&["emit", file, "--stage", "ir"]).contains("node 0 \"sqft\" < 2240.5, missing -> right"));
    assert!(stdout(&["emit", file, "--stage", "program"]).contains("function tree_0"));
}

#[test]
fn a_bad_dump_is_refused_on_stderr_with_a_failure() {
    let output = run(&["inspect", "rejected/unknown_family.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(
        text.starts_with("error: unknown_family.json: params.family: the family `cox` is not supported"),
        "{text}"
    );
    let missing = run(&["emit", "no_such_file.json"]);
    assert!(String::from_utf8_lossy(&missing.stderr).starts_with("error: no_such_file.json: "), "{missing:?}");
}
