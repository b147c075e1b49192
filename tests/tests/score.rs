//! `score` as a process: lines in, lines out, exit codes.

mod process;

use process::{App, Finished, run_without_reader};
use std::fs;

/// The article's house, as `selling_price` is known for.
const HOUSE: &str = r#"{"sqft":2342.0,"lot_size_acres":0.4,"stories":1.0,"number_bedrooms":3.0,"number_bathrooms":3.0,"attached_garage":"yes","has_pool":"no","has_kitchen_island":"yes","main_flooring_type":"hardwood","has_granite_counters":"yes","house_age_years":4.0}"#;

fn score(arguments: &[&str], input: &str) -> Finished {
    App::start(&[&["score"], arguments].concat()).write(input).finish()
}

fn priced(house: &str, price: &str) -> String {
    house.replacen('}', &format!(",\"selling_price\":{price}}}"), 1)
}

#[test]
fn the_articles_house_has_the_articles_price() {
    let scored = score(&["--model", "house_prices"], HOUSE);
    assert_eq!(scored.stdout, priced(HOUSE, "290591.70578645257") + "\n");
    assert_eq!((scored.code, scored.stderr.as_str()), (Some(0), ""));
}

#[test]
fn booleans_stand_for_yes_and_no() {
    let house = HOUSE.replace("\"yes\"", "true").replace("\"no\"", "false");
    let scored = score(&["--model", "house_prices"], &house);
    assert_eq!(scored.stdout, priced(&house, "290591.70578645257") + "\n");
}

#[test]
fn margin_is_added_when_asked_for() {
    let scored = score(&["--model", "house_prices", "--margin"], HOUSE);
    assert!(
        scored.stdout.ends_with(",\"selling_price\":290591.70578645257,\"margin\":290591.70578645257}\n")
    );
}

#[test]
fn a_class_has_its_label_and_probabilities() {
    for (model, classes) in [("gbm_bernoulli", 2), ("gbm_multinomial", 3)] {
        let row = first_expected_row(model);
        let scored = score(&["--model", model, "--margin"], &row);
        assert_eq!(scored.code, Some(0), "{}", scored.stderr);
        let record: serde_json::Value = serde_json::from_str(&scored.stdout).unwrap();
        let response = response(model);
        let probabilities = record[format!("{response}_probabilities")].as_object().unwrap();
        assert!(probabilities.len() >= classes, "{model}");
        let sum: f64 = probabilities.values().map(|probability| probability.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{model}: {sum}");
        assert!(probabilities.contains_key(record[&response].as_str().unwrap()), "{model}");
        match &record["margin"] {
            serde_json::Value::Array(margins) => assert_eq!(margins.len(), probabilities.len(), "{model}"),
            margin => assert!(margin.is_number() && model == "gbm_bernoulli", "{model}"),
        }
    }
}

/// The row of the first line that the trainer recorded for a fixture model.
fn first_expected_row(model: &str) -> String {
    let path = format!("{}/models/{model}.expected.jsonl", env!("CARGO_MANIFEST_DIR"));
    let lines = fs::read_to_string(path).unwrap();
    let line: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    line["row"].to_string()
}

fn response(model: &str) -> String {
    let compiled = acceptance::models::get(model).unwrap_or_else(|| panic!("{model} is a fixture"));
    compiled.metadata().response.to_owned()
}

#[test]
fn a_bad_line_stops_after_the_lines_before_it() {
    let scored =
        score(&["--model", "house_prices"], &format!("{HOUSE}\n\n{{\"sqft\":\"secret\"}}\n{HOUSE}\n"));
    assert_eq!(scored.code, Some(3));
    assert_eq!(scored.stdout, priced(HOUSE, "290591.70578645257") + "\n");
    assert!(scored.stderr.contains("line 3: field `sqft`"), "{}", scored.stderr);
    assert!(!scored.stderr.contains("secret"), "{}", scored.stderr);
}

#[test]
fn bad_lines_are_skipped_when_asked_for() {
    let input = format!("{HOUSE}\r\n[]\n{{\"sqft\":\n{HOUSE}");
    let scored = score(&["--model", "house_prices", "--on-error", "continue"], &input);
    assert_eq!(scored.code, Some(0));
    let price = priced(HOUSE, "290591.70578645257");
    assert_eq!(scored.stdout, format!("{price}\r\n{price}\n"));
    for part in
        ["line 2: ", "(not_an_object)", "line 3: ", "(not_json)", "scored 2 lines, left out 2 bad lines"]
    {
        assert!(scored.stderr.contains(part), "{part} in {}", scored.stderr);
    }
}

#[test]
fn many_lines_keep_their_order_and_meet_every_expected_price() {
    let path = format!("{}/models/house_prices_2.expected.jsonl", env!("CARGO_MANIFEST_DIR"));
    let expected: Vec<serde_json::Value> =
        fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let repeated: Vec<_> = expected.iter().cycle().take(5_000).collect();
    let input: String = repeated.iter().flat_map(|line| [line["row"].to_string(), "\n".to_owned()]).collect();
    let scored = score(&["--model", "house_prices_2"], &input);
    assert_eq!((scored.code, scored.stdout.lines().count()), (Some(0), repeated.len()));
    let response = response("house_prices_2");
    for (line, expected) in scored.stdout.lines().zip(repeated) {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record[&response].as_f64(), expected["prediction"].as_f64(), "{line}");
    }
}

#[test]
fn files_are_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    fs::write(&input, HOUSE).unwrap();
    let (input, output) = (input.to_str().unwrap(), output.to_str().unwrap());
    let scored = score(&["--model", "house_prices", "--input", input, "--output", output], "");
    assert_eq!((scored.code, scored.stdout.as_str()), (Some(0), ""), "{}", scored.stderr);
    assert_eq!(fs::read_to_string(output).unwrap(), priced(HOUSE, "290591.70578645257") + "\n");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let lines = format!("{HOUSE}\n").repeat(20_000);
    let finished = run_without_reader(&["score", "--model", "house_prices"], &lines);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_wrong_name_names_the_nearest() {
    let scored = score(&["--model", "house_price"], HOUSE);
    assert_eq!(scored.code, Some(2));
    assert!(scored.stderr.contains("Did you mean `house_prices`?"), "{}", scored.stderr);
}

#[test]
fn several_models_ask_for_a_name() {
    let scored = score(&[], HOUSE);
    assert_eq!(scored.code, Some(2));
    assert!(scored.stderr.contains("--model"), "{}", scored.stderr);
}

#[test]
fn an_output_that_is_the_input_is_refused_and_stays_as_it_is() {
    let folder = std::env::temp_dir().join(format!("score-same-file-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (file, link) = (folder.join("houses.jsonl"), folder.join("link.jsonl"));
    fs::write(&file, HOUSE).unwrap();
    fs::hard_link(&file, &link).unwrap();
    for output in [&file, &link] {
        let (file, output) = (file.to_str().unwrap(), output.to_str().unwrap());
        let scored = score(&["--model", "house_prices", "--input", file, "--output", output], "");
        assert_eq!(scored.code, Some(2), "{}", scored.stderr);
        assert!(scored.stderr.contains("the same file"), "{}", scored.stderr);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), HOUSE);
    fs::remove_dir_all(&folder).unwrap();
}
