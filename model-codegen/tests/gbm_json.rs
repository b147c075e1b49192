//! GBM JSON: the document's own example, and what each of its keys means, worked out by hand.

use model_codegen::{
    Source,
    ir::{ColumnKind, Ensemble, Interpreter},
    understand,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn ensemble(dump: &Value) -> Ensemble {
    let dump = dump.to_string();
    let source = Source { name: "model", file: "model.json", dump: dump.as_bytes(), configuration: None };
    understand(&source).unwrap_or_else(|problems| panic!("{problems}")).ensemble
}

/// A model of two numeric columns and one of three levels.
fn model(sum: &Value, answer: &Value, trees: &Value) -> Value {
    json!({
        "gbm_json": 1,
        "trainer": {"name": "by hand", "version": "1", "algorithm": "none", "objective": "none"},
        "columns": [{"name": "x"}, {"name": "y"}, {"name": "level", "levels": 3}],
        "sum": sum,
        "answer": answer,
        "trees": trees,
    })
}

/// A tree of one split, whose leaves are these.
fn split(split: Value, leaves: [f64; 2]) -> Value {
    let mut split = split;
    split["left"] = json!(1);
    split["right"] = json!(2);
    json!({"nodes": [split, {"leaf": leaves[0]}, {"leaf": leaves[1]}]})
}

fn margins(ensemble: &Ensemble, row: [f64; 3]) -> Vec<f64> {
    Interpreter::new(ensemble).margins(&row).expect("three columns")
}

fn prediction(ensemble: &Ensemble, row: [f64; 3]) -> Vec<f64> {
    Interpreter::new(ensemble).predict(&row).expect("three columns")
}

const ANY: [f64; 3] = [0.0; 3];

#[test]
fn the_documents_example_scores_as_the_document_says() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("GBM_JSON.md"));
    let document = document.expect("the document");
    let (_, rest) = document.split_once("```json\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    let ensemble = ensemble(&serde_json::from_str(example).expect("JSON"));
    let interpreter = Interpreter::new(&ensemble);
    let row = [3_000.0, 1.0];
    assert_eq!(interpreter.margins(&row).expect("two columns"), [-0.25 + 0.1 * 2.0]);
    let yes = 1.0 / (1.0 + 0.05_f64.exp());
    let found = interpreter.predict(&row).expect("two columns");
    assert!((found[1] - yes).abs() < 1e-15 && found[0] == 1.0 - found[1], "{found:?}");
    // A missing level goes left as the split says, a missing number right.
    assert_eq!(interpreter.margins(&[f64::NAN, f64::NAN]).expect("two columns"), [-0.25 + 0.1 * 0.75]);
}

#[test]
fn thresholds_part_numbers_and_missing_values_as_they_say() {
    let sum = json!({"base": [0.0]});
    let of = |question: Value| ensemble(&model(&sum, &json!({}), &json!([split(question, [1.0, 2.0])])));
    let below = of(json!({"column": 0, "below": 0.5}));
    assert_eq!([0.4, 0.5, f64::NAN].map(|x| margins(&below, [x, 0.0, 0.0])[0]), [1.0, 2.0, 2.0]);
    let at_most = of(json!({"column": 0, "at_most": 0.5, "missing_left": true}));
    assert_eq!(
        [0.5, 0.5_f64.next_up(), f64::NAN].map(|x| margins(&at_most, [x, 0.0, 0.0])[0]),
        [1.0, 2.0, 1.0]
    );
    let present = of(json!({"column": 0, "at_most": "Infinity"}));
    assert_eq!([f64::INFINITY, f64::NAN].map(|x| margins(&present, [x, 0.0, 0.0])[0]), [1.0, 2.0]);
}

#[test]
fn numbers_are_rounded_only_where_the_file_says_so() {
    let mut dump = model(
        &json!({"base": [0.0]}),
        &json!({}),
        &json!([split(json!({"column": 0, "at_most": 0.1}), [1.0, 2.0])]),
    );
    // 0.1 rounds up to a 32-bit float, which is then more than 0.1.
    assert_eq!(margins(&ensemble(&dump), [0.1, 0.0, 0.0]), [1.0]);
    dump["numbers"] = json!("float32");
    assert_eq!(margins(&ensemble(&dump), [0.1, 0.0, 0.0]), [2.0]);
    assert_eq!(margins(&ensemble(&dump), [0.099_999_99, 0.0, 0.0]), [1.0]);
}

#[test]
fn levels_of_a_list_go_left_and_unknown_ones_where_missing_values_go() {
    for missing_left in [false, true] {
        let question = json!({"column": 2, "levels": [0, 2], "missing_left": missing_left});
        let ensemble =
            ensemble(&model(&json!({"base": [0.0]}), &json!({}), &json!([split(question, [1.0, 2.0])])));
        let missing = if missing_left { 1.0 } else { 2.0 };
        let found = [0.0, 1.0, 2.0, 0.5, 3.0, f64::NAN].map(|level| margins(&ensemble, [0.0, 0.0, level])[0]);
        assert_eq!(found, [1.0, 2.0, 1.0, missing, missing, missing]);
    }
}

#[test]
fn levels_are_named_by_texts_numbers_booleans_or_a_count() {
    let mut dump = model(&json!({"base": [0.0]}), &json!({}), &json!([{"nodes": [{"leaf": 1.0}]}]));
    let levels = |dump: &Value| match &ensemble(dump).columns()[2].kind {
        ColumnKind::Categorical(levels) => levels.clone(),
        ColumnKind::Numeric => panic!("the column has levels"),
    };
    assert_eq!(levels(&dump), ["0", "1", "2"]);
    dump["columns"][2]["levels"] = json!(["a", 2, 3.0, 0.5, true]);
    assert_eq!(levels(&dump), ["a", "2", "3", "0.5", "true"]);
}

#[test]
fn products_are_rounded_and_lanes_are_fused() {
    let leaf = |number: f64, weight: f64| json!({"weight": weight, "nodes": [{"leaf": number}]});
    let leaves = [2.1, -4.0, -0.4, 1.8, -2.2, 3.6];
    let trees = json!(leaves.map(|number| leaf(number, 0.1)));
    let sequential = ensemble(&model(&json!({"base": [0.3]}), &json!({}), &trees));
    assert_eq!(margins(&sequential, ANY), [leaves.iter().fold(0.3, |sum, number| sum + 0.1 * number)]);
    let fused = ensemble(&model(&json!({"base": [0.0], "order": "four_fused_lanes"}), &json!({}), &trees));
    let lane = |index: usize| leaves[index].mul_add(0.1, 0.0);
    let lanes = lane(0) + lane(1) + lane(2) + lane(3);
    let expected = leaves[5].mul_add(0.1, leaves[4].mul_add(0.1, lanes));
    assert_eq!(margins(&fused, ANY), [expected]);
    assert_ne!(margins(&fused, ANY), [leaves.iter().fold(0.0, |sum, number| sum + 0.1 * number)]);
}

#[test]
fn a_weight_left_out_is_one() {
    let trees = json!([{"weight": 0.5, "nodes": [{"leaf": 4.0}]}, {"nodes": [{"leaf": 8.0}]}]);
    assert_eq!(margins(&ensemble(&model(&json!({"base": [1.0]}), &json!({}), &trees)), ANY), [11.0]);
}

#[test]
fn leaves_add_to_their_margin_or_to_all() {
    let trees = json!([{"output": 1, "nodes": [{"leaf": 4.0}]}, {"nodes": [{"leaf": [0.25, 0.5]}]}]);
    let ensemble = ensemble(&model(&json!({"base": [1.0, 2.0]}), &json!({"divisor": 2.0}), &trees));
    assert_eq!(margins(&ensemble, ANY), [1.25, 6.5]);
    assert_eq!(prediction(&ensemble, ANY), [0.625, 3.25]);
}

#[test]
fn answers_have_their_formulas() {
    let of = |base: Value, answer: Value| {
        let trees = json!([{"nodes": [{"leaf": 0.0}]}]);
        prediction(&ensemble(&model(&json!({"base": base}), &answer, &trees)), ANY)
    };
    assert_eq!(of(json!([0.5]), json!({"link": "exponential"})), [0.5_f64.exp()]);
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    assert_eq!(of(json!([0.5]), json!({"link": "logistic"})), [logistic(0.5)]);
    let classes = json!(["no", "yes"]);
    let slope =
        json!({"classes": classes, "probabilities": "first_class", "link": "logistic", "slope": -2.0});
    assert_eq!(of(json!([0.5]), slope), [logistic(-1.0), 1.0 - logistic(-1.0)]);
    let second =
        json!({"classes": [0, 1], "probabilities": "second_class", "link": "logistic", "divisor": 2.0});
    assert_eq!(of(json!([0.5]), second), [1.0 - logistic(0.25), logistic(0.25)]);
    let each = json!({"classes": [false, true], "probabilities": "each", "divisor": 4.0});
    assert_eq!(of(json!([1.0, 3.0]), each), [0.25, 0.75]);
    let normalised = json!({"classes": ["a", "b", "c"], "probabilities": "normalised"});
    assert_eq!(of(json!([1.0, 2.0, 1.0]), normalised), [0.25, 0.5, 0.25]);
    let softmax = json!({"classes": ["a", "b"], "probabilities": "softmax"});
    assert_eq!(of(json!([0.0, 0.0]), softmax), [0.5, 0.5]);
}
