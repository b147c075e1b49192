//! Limits: at each a model is generated, one past it the model is refused with the limit's number.

use model_codegen::{
    Configuration, FormKey, Source, generate,
    ir::{
        Accumulation, BasePosition, Column, ColumnId, ColumnKind, Direction, Ensemble, Feature, FeatureId,
        Leaf, LeafId, Link, Node, NodeId, Number, Order, Output, OutputId, Parts, Precision, Split, Task,
        Test, Trainer, Transform, Tree,
    },
    limits::{COLUMNS_MAX, DEPTH_MAX, LEVELS_MAX, LEVELS_TOTAL_MAX, NODES_MAX, NODES_WARNING},
    lower::lower,
};
use std::fmt::Write;

/// A dump whose only tree is one split below the other.
fn chain(depth: usize) -> String {
    let mut dump = String::from(
        r#"{"params": {"h2o_version": "3.46.0.7", "algo": "gbm", "model_category": "Regression", "nclasses": 1,
        "n_tree_groups": 1, "n_trees_in_group": 1, "base_score": 0.5, "family": "gaussian",
        "link_function": "identity"}, "domainValues": [], "trees": [{"root": "#,
    );
    for level in 0..depth {
        write!(
            dump,
            r#"{{"nodeNumber": {level}, "colId": 0, "colName": "x", "leftward": false, "isCategorical": false,
            "splitValue": {level}.5, "leftChild": {{"nodeNumber": {level}, "predValue": {level}}}, "rightChild": "#
        )
        .expect("text");
    }
    dump.push_str(r#"{"nodeNumber": 0, "predValue": 1}"#);
    dump.push_str(&"}".repeat(depth));
    dump.push_str("}]}");
    dump
}

fn lines(dump: &str) -> Vec<String> {
    let source = Source { name: "chain", file: "chain.json", dump: dump.as_bytes(), configuration: None };
    generate(&source).expect_err("too deep").lines()
}

#[test]
fn a_chain_of_10000_splits_becomes_functions_that_nest_no_deeper_than_a_compiler_bears() {
    let dump = chain(10_000);
    let configuration = Some("form = \"straight-line\"");
    let source = Source { name: "chain", file: "chain.json", dump: dump.as_bytes(), configuration };
    let generated = generate(&source).expect("within the limit");
    // Four blanks an indentation: the deepest line tells how deep the functions nest.
    let deepest = generated.rust.lines().map(|line| line.len() - line.trim_start().len()).max();
    assert!(deepest < Some(4 * 40), "{deepest:?}");
    assert_eq!(generated.rust.matches("fn tree_0").count(), 10_000_usize.div_ceil(32));
}

#[test]
fn a_tree_as_deep_as_the_limit_is_read_and_a_deeper_one_refused() {
    let dump = chain(DEPTH_MAX);
    let source = Source { name: "chain", file: "chain.json", dump: dump.as_bytes(), configuration: None };
    assert!(generate(&source).is_ok());
    let refusal = format!("the depth of the deepest tree is {}, and {DEPTH_MAX} is the most", DEPTH_MAX + 1);
    assert!(lines(&chain(DEPTH_MAX + 1))[0].contains(&refusal), "{:?}", lines(&chain(DEPTH_MAX + 1)));
}

#[test]
fn nesting_far_past_the_limit_is_refused_before_anything_recurses() {
    let refusal = format!("a tree is more than {DEPTH_MAX} splits deep");
    assert!(lines(&chain(300_000))[0].contains(&refusal));
    let brackets = format!("{{\"trees\": {}", "[".repeat(5_000_000));
    assert!(lines(&brackets)[0].contains(&refusal));
}

/// An ensemble with these columns and single-leaf trees.
fn ensemble(columns: Vec<ColumnKind>, trees: Vec<Tree>) -> Ensemble {
    let columns: Vec<Column> = columns
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Column { name: format!("column {index}"), kind })
        .collect();
    let features = columns.iter().enumerate().map(|(index, column)| match column.kind {
        ColumnKind::Numeric => Feature::Number(Number::exact(ColumnId::new(index))),
        ColumnKind::Categorical(_) => Feature::Level(ColumnId::new(index)),
    });
    Ensemble::new(Parts {
        trainer: Trainer {
            name: "nobody".into(),
            version: "0".into(),
            algorithm: "x".into(),
            objective: "x".into(),
        },
        features: features.collect(),
        columns,
        trees,
        outputs: 1,
        accumulation: Accumulation {
            precision: Precision::F64,
            order: Order::Sequential,
            base: vec![0.0],
            base_position: BasePosition::Last,
            weights: None,
            scale: None,
        },
        offset: None,
        transform: Transform::Value { divisor: None, link: Link::Identity },
        task: Task::Regression,
    })
    .expect("well-formed")
}

fn leaf() -> Tree {
    let output = Output::One(OutputId::new(0));
    Tree::new(vec![Node::Leaf(LeafId::new(0))], vec![Leaf::Value(1.0)], output).expect("a leaf is a tree")
}

fn split() -> Tree {
    let split = Split {
        feature: FeatureId::new(0),
        test: Test::Present,
        missing: Direction::Left,
        left: NodeId::new(1),
        right: NodeId::new(2),
    };
    let nodes = vec![Node::Split(split), Node::Leaf(LeafId::new(0)), Node::Leaf(LeafId::new(1))];
    Tree::new(nodes, vec![Leaf::Value(1.0), Leaf::Value(2.0)], Output::One(OutputId::new(0))).expect("a tree")
}

/// The problems of planning it, and the warnings.
fn outcome(ensemble: Ensemble) -> (Vec<String>, Vec<String>) {
    let mut warnings = Vec::new();
    let source = Source { name: "limits", file: "limits.json", dump: &[], configuration: None };
    let configuration = Configuration { form: FormKey::StraightLine, ..Configuration::default() };
    let planned = lower(ensemble, &configuration, &source, &mut warnings);
    let problems = planned.err().unwrap_or_default().iter().map(ToString::to_string).collect();
    (problems, warnings)
}

fn levels(count: usize) -> ColumnKind {
    ColumnKind::Categorical((0..count).map(|level| level.to_string()).collect())
}

fn assert_limit(at: Ensemble, past: Ensemble, what: &str, limit: usize) {
    assert_eq!(outcome(at).0, Vec::<String>::new(), "at the limit");
    let (problems, _) = outcome(past);
    let refusal = format!("{what} {}, and {limit} is the most that is read", limit + 1);
    assert!(problems.iter().any(|problem| problem.contains(&refusal)), "{problems:?}");
}

#[test]
fn columns_are_limited() {
    let numeric = |count: usize| ensemble(vec![ColumnKind::Numeric; count], vec![leaf()]);
    assert_limit(numeric(COLUMNS_MAX), numeric(COLUMNS_MAX + 1), "the number of columns is", COLUMNS_MAX);
}

#[test]
fn levels_of_a_column_are_limited() {
    let categorical = |count: usize| ensemble(vec![levels(count)], vec![leaf()]);
    let what = "the number of levels of `column 0` is";
    assert_limit(categorical(LEVELS_MAX), categorical(LEVELS_MAX + 1), what, LEVELS_MAX);
}

#[test]
fn levels_of_all_columns_are_limited() {
    let full = vec![levels(LEVELS_MAX); LEVELS_TOTAL_MAX / LEVELS_MAX];
    let past = full.iter().cloned().chain([levels(1)]).collect();
    let what = "the number of levels of all columns is";
    assert_limit(ensemble(full, vec![leaf()]), ensemble(past, vec![leaf()]), what, LEVELS_TOTAL_MAX);
}

#[test]
fn nodes_are_limited_and_a_long_build_is_announced() {
    let nodes = |count: usize| {
        let mut trees = vec![split(); count / 3];
        trees.extend(vec![leaf(); count % 3]);
        ensemble(vec![ColumnKind::Numeric], trees)
    };
    assert_eq!(outcome(nodes(NODES_WARNING)).1, Vec::<String>::new());
    let (problems, warnings) = outcome(nodes(NODES_MAX));
    assert_eq!(problems, Vec::<String>::new(), "at the limit");
    assert!(warnings[0].contains("takes the compiler about 500 s"), "{warnings:?}");
    let (problems, _) = outcome(nodes(NODES_MAX + 1));
    let refusal =
        format!("the number of nodes is {}, and {NODES_MAX} is the most that is read", NODES_MAX + 1);
    assert!(problems.iter().any(|problem| problem.contains(&refusal)), "{problems:?}");
}
