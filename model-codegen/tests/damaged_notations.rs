//! Systematic damage to dumps that are no JSON: `XGBoost`'s UBJSON and `LightGBM`'s text. None panics, and what is refused
//! is refused with its place. `damaged_formats.rs` does it to JSON.

use model_codegen::{Problem, Source, ir::Ensemble, understand};
use std::{fs, path::Path};

/// Cuts and changes of each file.
const PLACES: usize = 100;

fn read(dump: &[u8]) -> Result<Ensemble, Vec<Problem>> {
    let source = Source { name: "model", file: "model", dump, configuration: None };
    understand(&source).map(|parsed| parsed.ensemble).map_err(|problems| problems.problems)
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read(folder.join(name)).expect("a fixture")
}

/// About so many places of a file, from its beginning to its end: a step that falls on every kind of byte.
fn places(length: usize) -> impl Iterator<Item = usize> {
    (1..length).step_by((length / PLACES).max(1) | 1)
}

#[test]
fn a_ubj_file_that_is_cut_off_is_refused_with_the_byte_where_it_ends() {
    for name in ["onehot", "sqerr", "vecleaf"] {
        let dump = fixture(&format!("xgboost/{name}.ubj"));
        // What is shorter can't be told from other formats.
        for end in places(dump.len()).filter(|end| *end > 8) {
            let problems = read(&dump[..end]).expect_err(name);
            assert_eq!(problems.len(), 1, "{name} cut off at {end}: {problems:?}");
            let found = &problems[0].found;
            let (said, byte) =
                found.rsplit_once(" at byte ").unwrap_or_else(|| panic!("{name} at {end}: {found}"));
            assert_eq!(said, "the file ends in the middle of a value", "{name} cut off at {end}");
            let byte: usize = byte.parse().expect("a number");
            assert!(byte <= end, "{name} cut off at {end}: {found}");
        }
    }
}

#[test]
fn a_byte_of_a_ubj_file_that_is_another_is_refused_or_read_but_never_panics() {
    let (mut refused, mut accepted) = (0, 0);
    for name in ["onehot", "vecleaf"] {
        let dump = fixture(&format!("xgboost/{name}.ubj"));
        // Keys, markers and lengths stand at the beginning of a tree: of what follows most are numbers.
        for at in (1..150).chain(places(dump.len())) {
            for byte in [b'[', b'L', 0xff, dump[at] ^ 1] {
                let mut copy = dump.clone();
                copy[at] = byte;
                match read(&copy) {
                    Ok(_) => accepted += 1,
                    Err(problems) => {
                        assert!(!problems.is_empty(), "{name}: {byte} at {at}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 500 && accepted > 100, "{refused} {accepted}");
}

#[test]
fn a_text_that_is_cut_off_is_refused() {
    for name in ["linear_cat", "named_categories", "rf"] {
        let dump = fixture(&format!("lightgbm/{name}.txt"));
        let text = String::from_utf8(dump.clone()).expect("UTF-8");
        let parameters_end = text.find("\nend of parameters").expect("the parameters' end") + 1;
        for end in
            places(parameters_end).chain(parameters_end - 2..parameters_end + 16).filter(|end| *end > 8)
        {
            let problems = read(&dump[..end]).map(|_| ()).expect_err(&format!("{name} cut off at {end}"));
            assert!(!problems.is_empty(), "{name} cut off at {end}");
        }
        let pandas = text.find("\npandas_categorical:[").map(|at| at + 21);
        for end in pandas.into_iter().flat_map(|from| from..text.trim_end().len()) {
            let problems = read(&dump[..end]).map(|_| ()).expect_err(&format!("{name} cut off at {end}"));
            assert_eq!(problems[0].place.as_deref(), Some("pandas_categorical"), "{name} cut off at {end}");
        }
    }
}

/// A `LightGBM` text with its first tree alone, and the lines of that.
fn small(name: &str) -> Vec<String> {
    let text = String::from_utf8(fixture(&format!("lightgbm/{name}.txt"))).expect("UTF-8");
    let first_end = text.find("\nTree=1\n").expect("a second tree");
    let trees_end = text.find("\nend of trees").expect("the trees' end");
    let small = format!("{}{}", &text[..first_end], &text[trees_end..]);
    assert!(read(small.as_bytes()).is_ok(), "{name}: {:?}", read(small.as_bytes()));
    small.lines().map(str::to_owned).collect()
}

#[test]
fn a_value_of_a_text_that_is_another_is_refused_with_its_place_or_read_but_never_panics() {
    let values = ["", "x", "-1", "1.5", "nan", "inf", "1e999", "99999999999", "18446744073709551616", "0 0"];
    for name in ["linear_cat", "named_categories", "zero_missing"] {
        let lines = small(name);
        let mut refused = 0;
        for (at, line) in lines.iter().enumerate() {
            let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('[')) else {
                continue;
            };
            let longer = format!("{value} 1");
            let shorter = value.rsplit_once(' ').map_or("", |(rest, _)| rest);
            for changed in values.into_iter().chain([longer.as_str(), shorter]) {
                let mut copy = lines.clone();
                copy[at] = format!("{key}={changed}");
                if let Err(problems) = read((copy.join("\n") + "\n").as_bytes()) {
                    refused += 1;
                    assert!(
                        problems
                            .iter()
                            .all(|problem| problem.place.is_some() || problem.found.contains(changed)),
                        "{name}: {key}={changed}: {problems:?}"
                    );
                }
            }
        }
        assert!(refused > 100, "{name}: {refused}");
    }
}

#[test]
fn an_index_of_a_text_that_leads_nowhere_is_refused_with_its_tree() {
    let mut refused = 0;
    for name in ["linear_cat", "named_categories"] {
        let lines = small(name);
        for (at, line) in lines.iter().enumerate() {
            let Some((key, value)) = line.split_once('=') else { continue };
            let is_index = ["split_feature", "left_child", "right_child", "leaf_features", "cat_boundaries"];
            if !is_index.contains(&key) || value.trim().is_empty() {
                continue;
            }
            let (_, rest) = value.trim_start().split_once(' ').unwrap_or((value, ""));
            for index in ["99999999", "4294967295", "9223372036854775807"] {
                let mut copy = lines.clone();
                copy[at] = format!("{key}={index} {rest}");
                let problems = read(copy.join("\n").as_bytes()).map(|_| ()).expect_err(&copy[at]);
                let place = problems[0].place.as_deref().unwrap_or_default();
                assert!(place.starts_with("Tree=0"), "{name}: {}: {}", copy[at], problems[0]);
                refused += 1;
            }
        }
    }
    assert!(refused >= 20, "{refused}");
}

#[test]
fn a_line_of_a_text_that_is_missing_is_refused_or_of_no_effect() {
    // Without these a model is of one class, has no objective, no averages, or no categories of a kind: it is another one.
    let may_be_missing = [
        "num_class",
        "num_tree_per_iteration",
        "objective",
        "average_output",
        "is_linear",
        "num_cat",
        "version",
        "pandas_categorical",
    ];
    for name in ["linear_cat", "named_categories"] {
        let lines = small(name);
        let sound = read(lines.join("\n").as_bytes()).expect("a sound text");
        for (at, line) in lines.iter().enumerate() {
            let mut copy = lines.clone();
            copy.remove(at);
            let key = line.split(['=', ':']).next().unwrap_or_default();
            let found = read(copy.join("\n").as_bytes());
            assert!(
                may_be_missing.contains(&key) || found.is_err() || found.is_ok_and(|found| found == sound),
                "{name}: {line}"
            );
        }
    }
}
