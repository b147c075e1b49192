//! What a scored batch looks like, byte by byte.

use crate::test_model::{BINOMIAL, INTEGER, MULTINOMIAL, NUMBER};
use crate::{BadRecord, Scorer, Stage};
use model_runtime::Model;
use model_runtime::record::RecordError;

fn score(model: &'static dyn Model, margin: bool, records: &[&str]) -> Vec<Result<String, BadRecord>> {
    let mut scorer = Scorer::new(model, margin).unwrap();
    let outcomes = scorer.score(records).outcomes();
    outcomes.map(|outcome| outcome.map(|bytes| text(bytes).to_owned()).map_err(Clone::clone)).collect()
}

fn score_one(model: &'static dyn Model, record: &str) -> Result<String, BadRecord> {
    score(model, false, &[record]).remove(0)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn check(model: &'static dyn Model, record: &str, expected: &str) {
    assert_eq!(score_one(model, record).as_deref(), Ok(expected));
}

#[test]
fn a_prediction_is_added_before_the_last_brace() {
    check(&NUMBER, r#"{"size":1}"#, r#"{"size":1,"price":1.0}"#);
    check(&NUMBER, r#"{"size":1,"floor":"tile"}"#, r#"{"size":1,"floor":"tile","price":1.25}"#);
}

#[test]
fn every_other_byte_stays() {
    check(&NUMBER, "\t{ \"size\" : 1.50 }\r\n", "\t{ \"size\" : 1.50 ,\"price\":1.5}\r\n");
    check(
        &NUMBER,
        r#"{"size":2,"text":"}\"{ ü\u00e9","nested":{"price":7,"deep":[{"size":9},{}]}}"#,
        r#"{"size":2,"text":"}\"{ ü\u00e9","nested":{"price":7,"deep":[{"size":9},{}]},"price":2.0}"#,
    );
}

#[test]
fn a_field_that_is_there_is_replaced_in_place() {
    check(&NUMBER, r#"{"price": 12 ,"size":1}"#, r#"{"price": 1.0 ,"size":1}"#);
    check(&NUMBER, r#"{"size":1,"price":null}"#, r#"{"size":1,"price":1.0}"#);
    check(&NUMBER, r#"{"price":{"a":["}"]},"size":1}"#, r#"{"price":1.0,"size":1}"#);
    check(&NUMBER, r#"{"pr\u0069ce":"x","size":1}"#, r#"{"pr\u0069ce":1.0,"size":1}"#);
}

#[test]
fn some_fields_are_replaced_and_others_added() {
    let records = [r#"{"margin":0,"size":0,"sold":"?"}"#, r#"{"sold_probabilities":[],"size":0}"#];
    let scored = score(&BINOMIAL, true, &records);
    assert_eq!(
        scored,
        [
            Ok(r#"{"margin":0.0,"size":0,"sold":"\"yes\"","sold_probabilities":{"no":0.5,"\"yes\"":0.5}}"#
                .into()),
            Ok(r#"{"sold_probabilities":{"no":0.5,"\"yes\"":0.5},"size":0,"sold":"\"yes\"","margin":0.0}"#
                .into()),
        ]
    );
}

#[test]
fn several_margins_are_an_array() {
    assert_eq!(
        score(&MULTINOMIAL, true, &[r#"{"size":3}"#]),
        [Ok(r#"{"size":3,"kind":"a","kind_probabilities":{"a":0.75,"b":0.25},"margin":[3.0,1.0]}"#.into())]
    );
}

#[test]
fn a_double_reads_back_to_the_same_bits() {
    for number in [0.1, 1.0 / 3.0, 290_591.706_785_764_57, 1e300, 5e-324, -0.0, 1e16] {
        let scored = score_one(&NUMBER, &format!(r#"{{"size":{number:e}}}"#)).unwrap();
        let price = scored.rsplit(':').next().unwrap().trim_end_matches('}');
        assert_eq!(price.parse::<f64>().unwrap().to_bits(), f64::to_bits(number), "{scored}");
    }
}

#[test]
fn an_integer_is_cut_off_towards_zero_and_exact() {
    for (size, price) in [
        ("290591.7", "290591"),
        ("-2.9", "-2"),
        ("-0.9", "0"),
        ("-0.0", "0"),
        ("1e19", "10000000000000000000"),
        ("9007199254740993", "9007199254740992"),
    ] {
        check(&INTEGER, &format!(r#"{{"size":{size}}}"#), &format!(r#"{{"size":{size},"price":{price}}}"#));
    }
}

#[test]
fn a_prediction_that_is_no_number_is_an_error() {
    // The test model adds up its columns, so a missing size has a NaN for a prediction.
    for model in [&NUMBER, &INTEGER] {
        assert_eq!(score_one(model, r#"{"size":null}"#), Err(BadRecord::NotFinite { field: "price" }));
        assert_eq!(score_one(model, r#"{"size":"Infinity"}"#), Err(BadRecord::NotFinite { field: "price" }));
    }
    assert_eq!(score_one(&BINOMIAL, r#"{"size":null}"#), Err(BadRecord::NotFinite { field: "sold" }));
    // Its probability is finite, its margin is not.
    assert!(score(&BINOMIAL, false, &[r#"{"size":"Infinity"}"#])[0].is_ok());
    assert!(score(&BINOMIAL, true, &[r#"{"size":"Infinity"}"#])[0].is_err());
}

#[test]
fn bad_records_between_good_ones_keep_their_places() {
    let records = [
        r#"{"size":1}"#,
        "",
        r#"{"size":null}"#,
        r#"{"size":2}"#,
        r#"{"size":"#,
        r#"{"size":5,"price":1,"price":2}"#,
        "[]",
        r#"{"size":3}"#,
    ];
    let scored = score(&NUMBER, false, &records);
    let reasons: Vec<_> = scored.iter().map(|outcome| outcome.as_ref().map_err(BadRecord::reason)).collect();
    let (one, two, three) = (
        r#"{"size":1,"price":1.0}"#.into(),
        r#"{"size":2,"price":2.0}"#.into(),
        r#"{"size":3,"price":3.0}"#.into(),
    );
    assert_eq!(
        reasons,
        [
            Ok(&one),
            Err("no_value"),
            Err("not_finite"),
            Ok(&two),
            Err("not_json"),
            Err("duplicate_field"),
            Err("not_an_object"),
            Ok(&three),
        ]
    );
}

#[test]
fn an_outcome_does_not_depend_on_the_batch() {
    let records: Vec<String> = (0..50)
        .map(|number| match number % 7 {
            3 => format!(r#"{{"size":{number}"#),
            5 => r#"{"size":null}"#.to_owned(),
            _ => format!(r#"{{"size":{number},"floor":"tile","id":"{number}"}}"#),
        })
        .collect();
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let whole = score(&BINOMIAL, false, &records);
    for size in [1, 2, 7, 49] {
        let mut scorer = Scorer::new(&BINOMIAL, false).unwrap();
        let mut parts = Vec::new();
        for batch in records.chunks(size) {
            let outcomes = scorer.score(batch).outcomes();
            parts.extend(
                outcomes.map(|outcome| outcome.map(|bytes| text(bytes).to_owned()).map_err(Clone::clone)),
            );
        }
        assert_eq!(parts, whole, "in batches of {size}");
    }
}

#[test]
fn levels_never_seen_are_counted() {
    let mut scorer = Scorer::new(&NUMBER, false).unwrap();
    scorer.score(&[
        r#"{"size":1,"floor":"marble"}"#,
        r#"{"size":1,"floor":"cork"}"#,
        r#"{"size":1,"floor":"tile"}"#,
    ]);
    assert_eq!(scorer.unseen_categories().collect::<Vec<_>>(), [("floor", 2)]);
}

#[test]
fn missing_values_are_counted() {
    let mut scorer = Scorer::new(&NUMBER, false).unwrap();
    scorer.score(&[r#"{"size":1}"#, r#"{"size":null,"floor":""}"#, r#"{"size":2,"floor":null}"#, "[]"]);
    // A missing size has no finite prediction with this model, but it was read.
    assert_eq!(scorer.missing_counts(), [1, 2]);
    assert_eq!(scorer.unseen_categories().collect::<Vec<_>>(), [("floor", 1)]);
}

/// The fate of each kind of record that is not as one would wish, between two that are.
#[test]
fn every_bad_record_has_its_reason_and_stage() {
    const DEPTH: usize = 100_000;
    let deep = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
    let cases: Vec<(Vec<u8>, &str, Stage)> = vec![
        (b"".to_vec(), "no_value", Stage::Decode),
        (b" ".to_vec(), "not_json", Stage::Decode),
        (b"{\"size\":1,\"a\":\"\xff\"}".to_vec(), "not_utf8", Stage::Decode),
        (b"{\"size\":NaN}".to_vec(), "not_json", Stage::Decode),
        (b"{\"size\":-Infinity}".to_vec(), "not_json", Stage::Decode),
        (b"{\"size\":1}{\"size\":1}".to_vec(), "not_json", Stage::Decode),
        ("[".repeat(DEPTH).into_bytes(), "not_json", Stage::Decode),
        (deep.clone().into_bytes(), "not_an_object", Stage::Decode),
        (b"null".to_vec(), "not_an_object", Stage::Decode),
        (format!("{{\"size\":{deep}}}").into_bytes(), "wrong_type", Stage::Score),
        (b"{\"size\":1e400}".to_vec(), "not_a_number", Stage::Score),
        (b"{\"size\":1e400,\"size\":1}".to_vec(), "not_a_number", Stage::Score),
        (b"{\"size\":\"1e400\"}".to_vec(), "not_a_number", Stage::Score),
        (b"{\"size\":\"nan\"}".to_vec(), "not_a_number", Stage::Score),
        (b"{\"size\":\"NaN\"}".to_vec(), "not_finite", Stage::Score),
        (b"{\"size\":\"Infinity\"}".to_vec(), "not_finite", Stage::Score),
        (b"{\"price\":1}".to_vec(), "no_field", Stage::Score),
        (b"{\"size\":1,\"price\":1,\"price\":1}".to_vec(), "duplicate_field", Stage::Score),
    ];
    let sound = br#"{"size":1}"#.to_vec();
    let mut scorer = Scorer::new(&NUMBER, false).unwrap();
    for (record, reason, stage) in cases {
        let start = String::from_utf8_lossy(&record[..record.len().min(40)]).into_owned();
        let outcomes: Vec<_> = scorer.score(&[&sound, &record, &sound]).outcomes().collect();
        let bad = outcomes[1].expect_err(&start);
        assert_eq!((bad.reason(), bad.stage()), (reason, stage), "{start}");
        for index in [0, 2] {
            assert_eq!(outcomes[index], Ok(&br#"{"size":1,"price":1.0}"#[..]), "beside {start}");
        }
    }
}

#[test]
fn what_the_output_does_not_take_is_a_matter_of_producing() {
    assert_eq!(BadRecord::ResultTooLarge { bytes: 1 }.stage(), Stage::Produce);
    let code = rdkafka::error::RDKafkaErrorCode::TopicAuthorizationFailed;
    assert_eq!(BadRecord::ResultRefused { code }.stage(), Stage::Produce);
    assert_eq!(BadRecord::LineTooLong { bytes_max: 1 }.stage(), Stage::Decode);
}

#[test]
fn huge_and_deep_records_are_scored_with_every_byte_kept() {
    let text = "x\\n".repeat(10_000_000 / 3);
    let deep = "[{\"a\":".repeat(100_000) + "1e400" + &"}]".repeat(100_000);
    for value in [format!("\"{text}\""), deep, "\"\\ud800\"".to_owned(), "1e400".to_owned()] {
        let scored = score_one(&NUMBER, &format!("{{\"size\":1,\"other\":{value}}}"));
        assert!(scored == Ok(format!("{{\"size\":1,\"other\":{value},\"price\":1.0}}")), "passed over");
        let scored = score_one(&NUMBER, &format!("{{\"price\":{value},\"size\":2,\"size\":1}}"));
        assert_eq!(scored.as_deref(), Ok(r#"{"price":1.0,"size":2,"size":1}"#), "replaced");
    }
}

#[test]
fn a_reason_says_what_and_where_without_a_value() {
    let Err(bad) = score_one(&NUMBER, r#"{"size":"secret"}"#) else { panic!("text is no number") };
    assert_eq!(bad, BadRecord::Unreadable(RecordError::NotANumber { field: "size" }));
    assert!(bad.to_string().contains("`size`") && !bad.to_string().contains("secret"), "{bad}");
}
