//! Systematic damage to dumps of `CatBoost`, `LightGBM` and `XGBoost` and to GBM JSON: cut off, with values of other types,
//! with indices that lead nowhere. Each is refused with its place, and none panics. `damaged.rs` does it at random.

use model_codegen::{Problem, Source, ir::Ensemble, understand};
use serde_json::{Map, Value, json};
use std::{fs, path::Path};

/// How many elements of each array are damaged: the others are like them.
const ELEMENTS_MAX: usize = 2;

/// The trees that are kept of a fixture.
const TREES: usize = 2;

/// The splits above one another that are kept of a `LightGBM` tree.
const SPLITS_DEEP: usize = 2;

/// The keys that are kept of each statistic.
const COUNTS: usize = 3;

fn read(dump: &[u8]) -> Result<Ensemble, Vec<Problem>> {
    let source = Source { name: "model", file: "model.json", dump, configuration: None };
    understand(&source).map(|parsed| parsed.ensemble).map_err(|problems| problems.problems)
}

fn read_value(dump: &Value) -> Result<Ensemble, Vec<Problem>> {
    read(dump.to_string().as_bytes())
}

/// Small models whose files have every key of theirs between them.
fn dumps() -> Vec<(&'static str, Value)> {
    let mut dumps = vec![("GBM JSON", gbm_json(false)), ("GBM JSON of classes", gbm_json(true))];
    for name in ["rmse_ctrcomb", "rmse_onehot", "depthwise_cat", "multiclass"] {
        dumps.push((name, catboost(name)));
    }
    for name in ["dart", "named_categories", "vecleaf", "v1_early"] {
        dumps.push((name, xgboost(name)));
    }
    for name in ["named_categories", "linear_cat"] {
        dumps.push((name, lightgbm(name)));
    }
    for (name, dump) in &dumps {
        assert!(read_value(dump).is_ok(), "{name}: {:?}", read_value(dump));
    }
    dumps
}

/// A fixture with its first trees and counts, and without most of what is said of its training, which is not read.
fn catboost(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/catboost");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).expect("a fixture");
    let mut dump: Value = serde_json::from_str(&text).expect("JSON");
    for key in ["oblivious_trees", "trees"] {
        if let Some(trees) = dump.get_mut(key).and_then(Value::as_array_mut) {
            trees.truncate(TREES);
        }
    }
    for data in dump.get_mut("ctr_data").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        let stride = data["hash_stride"].as_u64().expect("a stride") as usize;
        data["hash_map"].as_array_mut().expect("counts").truncate(COUNTS * stride);
    }
    let keep = |value: &mut Value, keys: &[&str]| {
        value.as_object_mut().expect("an object").retain(|key, _| keys.contains(&key.as_str()));
    };
    keep(&mut dump["model_info"], &["catboost_version_info", "class_params", "model_guid", "params"]);
    keep(&mut dump["model_info"]["params"], &["loss_function", "random_seed"]);
    dump
}

/// A fixture with its first tree, and without what is not read.
fn xgboost(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xgboost");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).expect("a fixture");
    let mut dump: Value = serde_json::from_str(&text).expect("JSON");
    let booster = &mut dump["learner"]["gradient_booster"];
    let is_dart = booster["name"] == "dart";
    if is_dart {
        booster["weight_drop"].as_array_mut().expect("weights").truncate(1);
    }
    let model = if is_dart { &mut booster["gbtree"]["model"] } else { &mut booster["model"] };
    for key in ["trees", "tree_info"] {
        model[key].as_array_mut().expect("a list").truncate(1);
    }
    for tree in model["trees"].as_array_mut().expect("trees") {
        for key in ["base_weights", "loss_changes", "parents", "sum_hessian"] {
            tree.as_object_mut().expect("an object").remove(key);
        }
    }
    if let Some(starts) = model.get_mut("iteration_indptr").and_then(Value::as_array_mut) {
        starts.truncate(2);
    }
    // The library has cut the texts of one column in the wrong places.
    if let Some(floor) = model.pointer_mut("/cats/enc/2").filter(|_| name == "named_categories") {
        *floor = json!({"offsets": [0, 1, 2, 3, 4, 5, 6], "values": b"abcdef"});
    }
    if let Some(best) = dump.pointer_mut("/learner/attributes/best_iteration") {
        *best = json!("0");
    }
    dump
}

/// A fixture with one tree, which is cut back to few splits, and without what is not read.
fn lightgbm(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lightgbm");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).expect("a fixture");
    let mut dump: Value = serde_json::from_str(&text).expect("JSON");
    dump["tree_info"].as_array_mut().expect("trees").truncate(1);
    cut_back(&mut dump["tree_info"][0]["tree_structure"], SPLITS_DEEP);
    dump
}

/// Replaces what is deeper than so many splits by a leaf.
fn cut_back(node: &mut Value, depth: usize) {
    for key in ["left_child", "right_child"] {
        let Some(child) = node.get_mut(key) else { continue };
        if depth == 1 {
            let mut leaf = child.clone();
            while leaf.get("left_child").is_some() {
                leaf = leaf["left_child"].take();
            }
            *child = leaf;
        } else {
            cut_back(child, depth - 1);
        }
    }
    node.as_object_mut().expect("a node").retain(|key, _| {
        !["internal_count", "internal_value", "internal_weight", "leaf_count", "leaf_weight"]
            .contains(&key.as_str())
    });
}

fn gbm_json(has_classes: bool) -> Value {
    let leaf = |number: f64| if has_classes { json!([number, 1.0 - number]) } else { json!(number) };
    let answer = if has_classes {
        json!({"classes": ["no", "yes"], "probabilities": "each", "link": "logistic", "slope": 2.0, "divisor": 2.0, "threshold": 0.4})
    } else {
        json!({"link": "exponential", "divisor": 2.0})
    };
    let mut first = json!({"weight": 0.5, "nodes": [
        {"column": 0, "at_most": 0.5, "missing_left": true, "left": 1, "right": 2},
        {"leaf": leaf(0.25)},
        {"column": 1, "levels": [0, 2], "left": 3, "right": 4},
        {"leaf": leaf(0.5)},
        {"leaf": leaf(0.75)},
    ]});
    if !has_classes {
        first["output"] = json!(0);
    }
    json!({
        "gbm_json": 1,
        "trainer": {"name": "by hand", "version": "1", "algorithm": "none", "objective": "none"},
        "columns": [{"name": "x"}, {"name": "c", "levels": ["a", "b", "c"]}],
        "numbers": "float32",
        "sum": {"base": if has_classes { json!([0.0, 0.0]) } else { json!([0.5]) }, "order": "sequential"},
        "answer": answer,
        "trees": [first, {"nodes": [
            {"column": 0, "below": "Infinity", "left": 1, "right": 2},
            {"leaf": leaf(0.125)},
            {"leaf": leaf(1.0)},
        ]}],
    })
}

/// The ways to all values of a dump, as JSON pointers.
fn pointers(value: &Value, pointer: &str, into: &mut Vec<String>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                pointers(member, &format!("{pointer}/{}", escaped(key)), into);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate().take(ELEMENTS_MAX) {
                pointers(element, &format!("{pointer}/{index}"), into);
            }
        }
        _ => {}
    }
    if !pointer.is_empty() {
        into.push(pointer.to_owned());
    }
}

fn all_pointers(dump: &Value) -> Vec<String> {
    let mut all = Vec::new();
    pointers(dump, "", &mut all);
    all
}

/// The dump with another value at a place.
fn with(dump: &Value, pointer: &str, value: Value) -> Value {
    let mut copy = dump.clone();
    *copy.pointer_mut(pointer).expect("a place of this dump") = value;
    copy
}

/// `/trees/0/nodes` as places are written: `trees[0].nodes`.
fn place(pointer: &str) -> String {
    let mut place = String::new();
    for part in pointer.split('/').skip(1) {
        if part.parse::<usize>().is_ok() {
            place.extend(["[", part, "]"]);
        } else {
            place += if place.is_empty() { "" } else { "." };
            place += &part.replace("~1", "/").replace("~0", "~");
        }
    }
    place
}

/// Whether a problem's place is the damaged one, what it is in, or what is in it.
fn names(problem: &Problem, pointer: &str) -> bool {
    let found = problem.place.as_deref().unwrap_or_default();
    let place = place(pointer);
    // What is counted is named by the statistic that asks for it.
    let is_statistic = place.starts_with("ctr_data.") && found.starts_with("features_info.ctrs[");
    // Which columns have categories is told by what is known of them, and by the lists for them.
    let is_categorical = place.starts_with("feature_infos") && found == "pandas_categorical";
    !found.is_empty()
        && (place.starts_with(found) || found.starts_with(&place) || is_statistic || is_categorical)
}

#[test]
fn a_dump_that_is_cut_off_is_refused_with_the_line_where_it_ends() {
    for (name, dump) in dumps() {
        for text in [dump.to_string(), serde_json::to_string_pretty(&dump).expect("JSON")] {
            // A prime, so that cuts fall on every kind of token.
            let step = (text.len() / 400).max(1) | 1;
            for end in (1..text.len()).step_by(step) {
                let problems = read(&text.as_bytes()[..end]).expect_err(name);
                let line = text.as_bytes()[..end].split(|byte| *byte == b'\n').count();
                let expected = format!("line {line} column ");
                let first = &problems[0];
                assert!(
                    first.place.as_ref().is_some_and(|place| place.starts_with(&expected)),
                    "{name} cut off at {end}: {first}"
                );
                assert!(first.found.contains("ends in the middle"), "{name} cut off at {end}: {first}");
            }
        }
    }
}

#[test]
fn an_object_where_something_else_belongs_is_refused_with_its_path_or_is_not_read() {
    for (name, dump) in dumps() {
        let sound = read_value(&dump).expect("a sound dump");
        let (mut refused, mut ignored) = (0, Vec::new());
        for pointer in all_pointers(&dump) {
            match read_value(&with(&dump, &pointer, json!({"damaged": true}))) {
                Err(problems) => {
                    refused += 1;
                    // Where all of a part is gone, it shows elsewhere that it is missing.
                    let is_part = pointer.matches('/').count() == 1;
                    assert!(
                        is_part || problems.iter().any(|problem| names(problem, &pointer)),
                        "{name}: {pointer}: {problems:?}"
                    );
                }
                Ok(ensemble) => {
                    assert_eq!(ensemble, sound, "{name}: {pointer} is read and was accepted");
                    ignored.push(pointer);
                }
            }
        }
        println!("{name}: {refused} refused, {ignored:?}");
        assert!(refused > 20, "{name}: {refused}");
    }
}

#[test]
fn a_value_of_any_other_type_never_panics() {
    let values = [json!(null), json!(true), json!(-1), json!(1.5), json!(1e300), json!("x"), json!([])];
    for (name, dump) in dumps() {
        let mut refused = 0;
        for pointer in all_pointers(&dump) {
            for value in &values {
                if let Err(problems) = read_value(&with(&dump, &pointer, value.clone())) {
                    refused += 1;
                    assert!(
                        problems.iter().all(|problem| problem.place.is_some()),
                        "{name}: {pointer}: {problems:?}"
                    );
                }
            }
        }
        assert!(refused > 100, "{name}: {refused}");
    }
}

#[test]
fn an_index_out_of_range_is_refused_with_its_place_or_is_not_read() {
    let keys = [
        "split_index",
        "cat_feature_index",
        "float_feature_index",
        "flat_feature_index",
        "hash_stride",
        "column",
        "left",
        "right",
        "output",
        "split_feature",
    ];
    // The elements of these are indices too.
    let lists = [
        "left_children",
        "right_children",
        "split_indices",
        "categories",
        "categories_segments",
        "leaf_features",
    ];
    let mut refused = 0;
    for (name, dump) in dumps() {
        let sound = read_value(&dump).expect("a sound dump");
        for pointer in all_pointers(&dump) {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            let is_level = parent.ends_with("/levels") && pointer.starts_with("/trees");
            let is_level = is_level || lists.iter().any(|list| parent.ends_with(&format!("/{list}")));
            if !(keys.contains(&key) || is_level) || !dump.pointer(&pointer).is_some_and(Value::is_u64) {
                continue;
            }
            for index in [99_999_999, u64::from(u32::MAX), u64::MAX / 2, u64::MAX] {
                let problems = match read_value(&with(&dump, &pointer, json!(index))) {
                    Err(problems) => problems,
                    Ok(ensemble) => {
                        // A tree's splits repeat what stands where their `split_index` leads to; to LightGBM it is a
                        // name, and what XGBoost writes of a leaf's split is nothing.
                        let is_name = pointer.starts_with("/tree_info") && key == "split_index";
                        let is_repeated = pointer.contains("trees/") && key != "split_index";
                        assert!(is_name || is_repeated, "{name}: {pointer}");
                        assert_eq!(ensemble, sound, "{name}: {pointer} is read and was accepted");
                        continue;
                    }
                };
                let found = problems[0].place.as_deref().unwrap_or_default();
                // A statistic is named where it is asked for, an element's column where all columns are.
                let root: String =
                    place(&pointer).chars().take_while(|letter| *letter != '[' && *letter != '.').collect();
                let root = if root == "ctr_data" { "features_info.ctrs" } else { root.as_str() };
                assert!(found.starts_with(root), "{name}: {pointer} = {index}: {}", problems[0]);
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn sizes_beyond_all_measure_are_refused_or_have_no_effect() {
    let mut damaged = 0;
    for (name, dump) in dumps() {
        for pointer in all_pointers(&dump) {
            if dump.pointer(&pointer).is_some_and(Value::is_u64) || pointer == "/columns/1/levels" {
                for number in [json!(u64::MAX), json!(i64::MIN), json!(u64::from(u32::MAX) + 1)] {
                    if let Err(problems) = read_value(&with(&dump, &pointer, number)) {
                        assert!(!problems.is_empty(), "{name}: {pointer}");
                    }
                    damaged += 1;
                }
            }
        }
    }
    assert!(damaged > 200, "{damaged}");
}
