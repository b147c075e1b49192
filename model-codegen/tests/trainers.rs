//! What other trainers predict: every fixture's margins to the bit, and its predictions as near as the trainer's own
//! formula allows.
//!
//! `fixtures/FORMAT/NAME.golden.jsonl` holds rows that the trainer scored: `x` by position (null is missing, texts stand
//! for infinities) with `categories` behind it, or `row` by name; `margin` and `prediction`.

use model_codegen::{
    Source,
    ir::{ColumnKind, Decision, Ensemble, Interpreter, Task},
    parse::Parsed,
    understand,
};
use serde_json::Value;
use std::{fs, path::Path};

/// What a format's fixtures showed.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    rows: usize,
    numbers: usize,
    identical: usize,
    near: usize,
}

#[track_caller]
fn understood(path: &Path, configuration: Option<&str>) -> Parsed {
    let dump = fs::read(path).expect("listed");
    let file = path.file_name().expect("a file").to_string_lossy();
    let source = Source { name: "model", file: &file, dump: &dump, configuration };
    understand(&source).unwrap_or_else(|problems| panic!("{problems}"))
}

fn check_format(format: &str, endings: &[&str]) -> Tally {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(format);
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut tally = Tally::default();
    for path in &paths {
        if endings.iter().any(|ending| path.extension().is_some_and(|extension| extension == *ending)) {
            let configuration = fs::read_to_string(path.with_extension("toml")).ok();
            let ensemble = understood(path, configuration.as_deref()).ensemble;
            check(path, &ensemble, "margin", &mut tally);
            tally.files += 1;
        }
    }
    println!(
        "{format}: {} files, {} rows, margins identical; of {} predictions {} identical, {} within 2 ulp",
        tally.files, tally.rows, tally.numbers, tally.identical, tally.near
    );
    tally
}

/// Compares each golden row with the interpreter, its margins under `key`.
fn check(path: &Path, ensemble: &Ensemble, key: &str, tally: &mut Tally) {
    let file = path.display();
    let interpreter = Interpreter::new(ensemble);
    for (index, line) in fs::read_to_string(golden(path)).expect("rows").lines().enumerate() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let row = row(&line, ensemble);
        let margins = interpreter.margins(&row).expect("a row of this width");
        let expected = numbers(&line[key]);
        assert_eq!(bits(&margins), bits(&expected), "{file} row {index}: {margins:?} {expected:?}");
        tally.rows += 1;
        if key == "margin" && !line["prediction"].is_null() {
            let found = prediction(ensemble, &interpreter.predict(&row).expect("a row of this width"), &line);
            for (found, expected) in found.iter().zip(numbers(&line["prediction"])) {
                let distance = ulps(*found, expected);
                tally.numbers += 1;
                tally.identical += usize::from(distance == 0);
                tally.near += usize::from((1..=2).contains(&distance));
                assert!(distance <= 2, "{file} row {index}: {found} is {expected}");
            }
        }
    }
}

/// The golden rows of `NAME.json`, `NAME.ubj` and so on.
fn golden(path: &Path) -> std::path::PathBuf {
    path.with_extension("golden.jsonl")
}

/// What the trainer would give as its prediction: of two classes the second's probability, or a label.
fn prediction(ensemble: &Ensemble, found: &[f64], line: &Value) -> Vec<f64> {
    let recorded = numbers(&line["prediction"]).len();
    match ensemble.task() {
        Task::Classification { .. } if recorded == 1 && found.len() == 2 => vec![found[1]],
        Task::Classification { .. } if recorded == 1 => {
            let largest = (0..found.len()).rev().max_by(|a, b| found[*a].total_cmp(&found[*b]));
            vec![largest.expect("a class") as f64]
        }
        _ => {
            assert_eq!(found.len(), recorded);
            found.to_vec()
        }
    }
}

fn row(line: &Value, ensemble: &Ensemble) -> Vec<f64> {
    let columns = ensemble.columns();
    if let Some(named) = line["row"].as_object() {
        return columns.iter().map(|column| cell(&column.kind, &named[&column.name])).collect();
    }
    let texts = line["categories"].as_array().into_iter().flatten();
    let values = line["x"].as_array().expect("values").iter().chain(texts);
    columns.iter().zip(values).map(|(column, value)| cell(&column.kind, value)).collect()
}

fn cell(kind: &ColumnKind, value: &Value) -> f64 {
    match kind {
        ColumnKind::Numeric => number(value),
        ColumnKind::Categorical(levels) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            levels.iter().position(|level| *level == text).map_or(f64::NAN, |level| level as f64)
        }
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().map(number).collect(),
        value => vec![number(value)],
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Null => f64::NAN,
        Value::String(text) => text.parse().expect("a number as text"),
        value => value.as_f64().expect("a number"),
    }
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }).collect()
}

/// How many doubles apart two of one sign are.
fn ulps(a: f64, b: f64) -> u64 {
    if a == b || (a.is_nan() && b.is_nan()) { 0 } else { a.to_bits().abs_diff(b.to_bits()) }
}

#[test]
fn xgboost_models_score_as_xgboost_does() {
    let json = check_format("xgboost", &["json"]);
    assert!(json.files == 58 && json.rows == 7_676, "{json:?}");
    assert_eq!(json.identical, json.numbers, "every prediction is identical here: {json:?}");
    let ubj = check_format("xgboost", &["ubj"]);
    assert!(ubj.files == 5 && ubj.rows == 800 && ubj.identical == ubj.numbers, "{ubj:?}");
}

#[test]
fn both_notations_of_an_xgboost_model_are_one_ensemble() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xgboost");
    for name in ["dart", "onehot", "softprob", "sqerr", "vecleaf"] {
        let json = understood(&folder.join(format!("{name}.json")), None);
        let ubj = understood(&folder.join(format!("{name}.ubj")), None);
        assert_eq!(json.ensemble, ubj.ensemble, "{name}");
    }
}

#[test]
fn both_notations_of_a_lightgbm_model_are_one_ensemble() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lightgbm");
    for name in ["constant", "extra", "linear_cat", "named_categories", "rf", "zero_missing"] {
        let json = understood(&folder.join(format!("{name}.json")), None);
        let text = understood(&folder.join(format!("{name}.txt")), None);
        assert_eq!(json.ensemble, text.ensemble, "{name}");
    }
}

#[test]
fn the_best_iteration_is_used_where_it_is_asked_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xgboost");
    let early = ["v1_3_early_parallel_classes.json", "v1_4_early_parallel.json"];
    for name in early.into_iter().chain(["v1_early.json", "v2_early.json", "v3_early.json"]) {
        let path = folder.join(name);
        let best = understood(&path, Some("best_iteration = true")).ensemble;
        check(&path, &best, "margin_best_iteration", &mut Tally::default());
        assert_eq!(understood(&path, Some("best_iteration = false")).warnings, Vec::<String>::new());
        let warnings = understood(&path, None).warnings;
        assert!(warnings.len() == 1 && warnings[0].starts_with("training stopped early"), "{warnings:?}");
    }
}

/// Releases up to 1.5 don't keep how many trees an iteration has, and those before 1.4 no limit either.
#[test]
fn a_best_iteration_whose_trees_cannot_be_counted_is_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xgboost");
    let refused = |dump: &str| {
        let configuration = Some("best_iteration = true");
        let source = Source { name: "model", file: "model.json", dump: dump.as_bytes(), configuration };
        understand(&source).map(|parsed| parsed.ensemble.trees().len()).map_err(|problems| problems.lines())
    };
    let path = folder.join("v1_0_early_parallel.json");
    let dump = fs::read_to_string(&path).expect("a fixture");
    let lines = refused(&dump).expect_err("three trees an iteration, or one");
    let said = "learner.attributes.best_iteration: the file does not tell how many trees an iteration has";
    assert!(lines.len() == 1 && lines[0].contains(said), "{lines:?}");
    let warnings = understood(&path, None).warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("the file does not tell"), "{warnings:?}");
    assert_eq!(understood(&path, Some("best_iteration = false")).warnings, Vec::<String>::new());
    // What the refusal advises.
    let told = dump.replacen("\"best_iteration\":", "\"best_ntree_limit\":\"3\",\"best_iteration\":", 1);
    assert_eq!(refused(&told), Ok(3));
    // A later release took each of the three for an iteration.
    let taken = told.replacen("\"num_trees\":", "\"num_parallel_tree\":\"1\",\"num_trees\":", 1);
    let lines = refused(&taken).expect_err("the limit says otherwise");
    assert!(lines.len() == 1 && lines[0].contains("`best_ntree_limit` is \"3\""), "{lines:?}");
    assert!(lines[0].contains("save the model with the release that trained it"), "{lines:?}");
}

#[test]
fn catboost_models_score_as_catboost_does() {
    let json = check_format("catboost", &["json"]);
    assert!(json.files == 27 && json.rows == 3_894, "{json:?}");
    assert_eq!(json.identical, json.numbers, "every prediction is identical here: {json:?}");
}

#[test]
fn catboosts_categories_have_the_levels_of_their_column() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/catboost/rmse_ctr.json");
    let parsed = understood(&path, None);
    assert_eq!(parsed.warnings, Vec::<String>::new());
    let levels = |ensemble: &Ensemble, column: usize| match &ensemble.columns()[column].kind {
        ColumnKind::Categorical(levels) => levels.clone(),
        ColumnKind::Numeric => Vec::new(),
    };
    assert_eq!(levels(&parsed.ensemble, 4), ["a", "b", "c"], "`zzz` was never seen");
    let given = "categories.c0 = [\"zzz\", \"never seen\", \"a\", \"b\", \"c\"]";
    let parsed = understood(&path, Some(given));
    assert_eq!(levels(&parsed.ensemble, 4), ["zzz", "never seen", "a", "b", "c"]);
    check(&path, &parsed.ensemble, "margin", &mut Tally::default());
    let parsed = understood(&path, Some("categories.c0 = [\"c\"]"));
    assert_eq!(levels(&parsed.ensemble, 4), ["c", "a", "b"], "the file's levels are behind those given");
    check(&path, &parsed.ensemble, "margin", &mut Tally::default());
}

/// The fixture's file without some of its texts, and what is said of it with a configuration.
fn without_texts(fixture: &str, texts: &[&str], configuration: &str) -> Result<Parsed, Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/catboost").join(fixture);
    let mut dump: Value = serde_json::from_slice(&fs::read(path).expect("a fixture")).expect("JSON");
    let told = dump["features_info"]["cat_features_hash"].as_array_mut().expect("texts");
    let before = told.len();
    told.retain(|entry| !texts.iter().any(|text| entry["value"] == **text));
    assert_eq!(told.len() + texts.len(), before, "the file tells each of them");
    let (dump, configuration) = (dump.to_string(), Some(configuration));
    let source = Source { name: "model", file: "model.json", dump: dump.as_bytes(), configuration };
    understand(&source).map_err(|problems| problems.lines())
}

#[test]
fn a_catboost_category_whose_text_is_not_told_is_refused_until_the_toml_names_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/catboost");
    for (fixture, lacking, said) in [
        ("rmse_ctr.json", ["a", "c"], "`c0` has categories whose texts the file does not tell (2); "),
        ("rmse_onehot.json", ["a", "c"], "`c0` has categories whose texts the file does not tell (2); "),
    ] {
        let refused = without_texts(fixture, &lacking, "").expect_err(fixture);
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert!(refused[0].contains(said), "{refused:?}");
        assert!(
            refused[0].ends_with("name the levels in the .toml under [categories]: \"c0\" = [\"...\"]"),
            "{refused:?}"
        );
        let refused = without_texts(fixture, &lacking, "categories.c0 = [\"a\", \"d\"]").expect_err(fixture);
        assert!(
            refused[0].contains("`c0` has categories whose texts the file does not tell (1); "),
            "{refused:?}"
        );
        let named = without_texts(fixture, &lacking, "categories.c0 = [\"c\", \"a\"]").expect(fixture);
        check(&folder.join(fixture), &named.ensemble, "margin", &mut Tally::default());
    }
}

/// Of `a` the statistic of `ctr_leaf_limit.json` counts a part of the levels alone, and a combination others.
#[test]
fn a_catboost_category_that_only_combinations_know_is_a_level() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/catboost/ctr_leaf_limit.json");
    let levels = |parsed: &Parsed| match &parsed.ensemble.columns()[1].kind {
        ColumnKind::Categorical(levels) => levels.clone(),
        ColumnKind::Numeric => Vec::new(),
    };
    let parsed = understood(&path, None);
    assert_eq!(parsed.warnings, Vec::<String>::new());
    let only_combined = "a10";
    assert!(levels(&parsed).iter().any(|level| level == only_combined));
    let refused = without_texts("ctr_leaf_limit.json", &[only_combined], "").expect_err("a text is lacking");
    assert!(
        refused[0].contains(" combinations of `a`, `b` hold a category whose text the file does not tell; "),
        "{refused:?}"
    );
    let given = format!("categories.a = [{only_combined:?}]");
    let named = without_texts("ctr_leaf_limit.json", &[only_combined], &given).expect("all texts");
    assert_eq!(levels(&named)[0], only_combined);
    check(&path, &named.ensemble, "margin", &mut Tally::default());
}

/// `names_and_threshold.json` was saved without a pool, from a data frame, after `set_probability_threshold(0.3)`.
#[test]
fn a_catboost_file_tells_the_names_of_the_data_frame_and_its_own_threshold() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/catboost/names_and_threshold.json");
    let decision = |configuration| {
        let ensemble = understood(&path, configuration).ensemble;
        let names: Vec<&str> = ensemble.columns().iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["size", "years old", "rooms"]);
        match ensemble.task() {
            Task::Classification { decision, .. } => *decision,
            Task::Regression => panic!("two classes"),
        }
    };
    assert_eq!(decision(None), Decision::Threshold(0.3));
    assert_eq!(decision(Some("threshold = 0.75")), Decision::Threshold(0.75));
}

/// Ordered categories are compared by their codes, and the file does not say which column they are of.
#[test]
fn lightgbms_ordered_categories_have_levels_where_the_toml_names_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lightgbm/ordered_categories.txt");
    let (dump, file) = (fs::read(&path).expect("a fixture"), "model.txt");
    let source = Source { name: "model", file, dump: &dump, configuration: None };
    let refused = understand(&source).expect_err("nothing names the levels").lines();
    let said =
        "pandas_categorical: there are the levels of 3 columns, and 1 columns are known to be categorical";
    assert!(refused.len() == 1 && refused[0].contains(said), "{refused:?}");
    let named = fs::read_to_string(path.with_extension("toml")).expect("levels");
    let ensemble = understood(&path, Some(&named)).ensemble;
    assert!(
        matches!(&ensemble.columns()[1].kind, ColumnKind::Categorical(levels) if levels == &["50", "40", "30", "20", "10"])
    );
}

/// As many lists of levels as categorical columns, of which one holds integers and another is ordered.
#[test]
fn lightgbms_levels_are_those_of_the_columns_that_the_toml_gives_them_to() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lightgbm");
    let path = folder.join("ordered_beside_codes.txt");
    let dump = fs::read(&path).expect("a fixture");
    let said = |configuration| {
        let source =
            Source { name: "model", file: "model.txt", dump: &dump, configuration: Some(configuration) };
        understand(&source).map(|parsed| parsed.ensemble).map_err(|problems| problems.lines())
    };
    let levels = |ensemble: &Ensemble| {
        let columns = ensemble.columns().iter();
        columns.map(|column| matches!(column.kind, ColumnKind::Categorical(_))).collect::<Vec<_>>()
    };
    // The data frame's column is the ordered one, and the other has its codes.
    let both = "categories.grade = [\"10\", \"20\", \"30\", \"40\"]\ncategories.store = [\"0\", \"1\", \"2\", \"3\"]";
    assert_eq!(levels(&said(both).expect("all are named")), [false, true, true]);
    // Or it is the categorical one.
    let one = "categories.store = [\"10\", \"20\", \"30\", \"40\"]";
    assert_eq!(levels(&said(one).expect("all are named")), [false, false, true]);
    // What the file tells may be told again, and nothing else.
    let ordinary = folder.join("category_beside_its_like.txt");
    let again = "categories.grade = [\"a\", \"b\", \"c\", \"d\"]";
    assert_eq!(understood(&ordinary, Some(again)).ensemble, understood(&ordinary, None).ensemble);
    // Nothing has the levels that the file holds.
    for part in [
        "categories.store = [\"0\", \"1\", \"2\", \"3\"]",
        "categories.grade = [\"10\", \"20\", \"30\", \"40\"]",
    ] {
        let lines = said(part).expect_err(part);
        assert!(
            lines.len() == 1 && lines[0].contains("pandas_categorical[0]: the 4 levels may be those of"),
            "{lines:?}"
        );
    }
}

/// Of a column that was constant in training the file tells nothing, so the levels that stand alone may be its.
#[test]
fn lightgbms_levels_that_are_numbers_may_be_those_of_a_constant_column() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lightgbm/ordered_beside_codes.txt");
    let dump = fs::read_to_string(path).expect("a fixture").replacen("[0:3]", "[0:5]", 1);
    let said = |dump: &str, configuration| {
        let source = Source { name: "model", file: "model.txt", dump: dump.as_bytes(), configuration };
        understand(&source).map(|_| ()).map_err(|problems| problems.lines())
    };
    assert_eq!(said(&dump, None), Ok(()), "no number has just the codes of the levels");
    let constant = dump
        .replacen("max_feature_idx=2", "max_feature_idx=3", 1)
        .replacen("size grade store", "size grade store land", 1)
        .replacen("-1:0:1:3:2", "-1:0:1:3:2 none", 1);
    let lines = said(&constant, None).expect_err("numbers");
    assert!(
        lines.len() == 1 && lines[0].contains("`store`, which is categorical, or of `land`"),
        "{lines:?}"
    );
    let own = "categories.store = [\"10\", \"20\", \"30\", \"40\"]";
    assert_eq!(said(&constant, Some(own)), Ok(()));
    let codes = "categories.store = [\"0\", \"1\", \"2\", \"3\"]";
    assert_eq!(said(&constant, Some(codes)), Ok(()), "then they are the constant column's");
    let text = constant.replacen("[10, 20, 30, 40]", "[\"a\", \"b\", \"c\", \"d\"]", 1);
    assert_eq!(said(&text, None), Ok(()), "the constant column would refuse its text");
}

#[test]
fn lightgbm_models_score_as_lightgbm_does() {
    let text = check_format("lightgbm", &["txt"]);
    assert!(text.files == 47 && text.rows == 5_725, "{text:?}");
    assert_eq!(text.identical, text.numbers, "every prediction is identical here: {text:?}");
    let json = check_format("lightgbm", &["json"]);
    assert!(json.files == 9 && json.rows == 1_381 && json.identical == json.numbers, "{json:?}");
}
