//! Records that are refused as a whole, and what is said of them.

use super::*;

fn columns() -> Vec<Column> {
    vec![numeric("sqft"), strict(categorical("floor", &["tile", "no", "yes"])), numeric("/house/age")]
}

fn refusal(record: &[u8]) -> RecordError {
    let mut reader = Reader::new(metadata(columns()), &["price"]).expect("located");
    row(&mut reader, record).expect_err("a bad record")
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    for record in [
        "",
        "   ",
        "{",
        "}",
        r#"{"sqft": 1"#,
        r#"{"sqft": 1,}"#,
        r#"{"sqft": 1} {"sqft": 1}"#,
        r#"{"sqft": 1}x"#,
        r#"{"sqft": 01}"#,
        r#"{"sqft": .5}"#,
        r#"{"sqft": NaN}"#,
        r#"{"sqft": Infinity}"#,
        r#"{"sqft": +1}"#,
        r"{'sqft': 1}",
        r"{sqft: 1}",
        r#"{"sqft": "\x"}"#,
        r#"{"sqft": "\ud800"}"#,
        "{\"sqft\": \"\u{1}\"}",
        "\u{feff}{\"sqft\": 1}",
        "{\"sqft\": 1}\u{0}",
        r#"{"a": [}, "sqft": 1}"#,
        r#"{"price": tru, "sqft": 1}"#,
    ] {
        let refused = refusal(record.as_bytes());
        assert!(matches!(refused, RecordError::NotJson { .. }), "{record:?}: {refused:?}");
    }
    let refused = refusal(b"{\"sqft\": 1,\n \"floor\": }");
    assert!(matches!(refused, RecordError::NotJson { line: 2, column: 11, .. }), "{refused:?}");
    assert_eq!(refused.to_string(), "the record is not JSON: expected value at line 2 column 11");
}

#[test]
fn the_place_that_is_told_is_the_first_byte_that_is_wrong() {
    let befores = [
        r#"{"sqft": "#,
        r#"{"floor": "#,
        r#"{"price": "#,
        r#"{"other": "#,
        r#"{"other": [1, {"a": "#,
        r#"{"house": {"age": "#,
        r#"{"other": "some longer text", "more": [1.5, {"a": null}], "floor": "tile", "sqft": "#,
    ];
    let values = [
        ("tru", 3),
        ("truex", 4),
        ("fals", 4),
        ("falsy", 4),
        ("nul", 3),
        ("01", 1),
        ("-01", 2),
        ("1.", 2),
        ("12.x", 3),
        ("1e", 2),
        ("-", 1),
        (".5", 0),
        ("1.5.", 3),
        ("123456789.x", 10),
        ("\"\\x\"", 2),
        ("\"some longer text \u{1}\"", 18),
    ];
    for before in befores {
        for (value, wrong) in values {
            let refused = refusal(format!("{before}{value}}}").as_bytes());
            let place = before.len() + wrong + 1;
            let RecordError::NotJson { line: 1, column, .. } = refused else {
                panic!("{before}{value}: {refused:?}")
            };
            assert_eq!(column, place, "{before}{value}: {refused:?}");
        }
    }
}

#[test]
fn what_is_no_object_is_refused_by_its_type() {
    for (record, found) in [
        ("[]", JsonType::Array),
        (r#" [{"sqft": 1}] "#, JsonType::Array),
        (r#""sqft""#, JsonType::String),
        ("true", JsonType::Boolean),
        ("false", JsonType::Boolean),
        ("null", JsonType::Null),
        ("1", JsonType::Number),
        ("-1.5", JsonType::Number),
    ] {
        assert_eq!(refusal(record.as_bytes()), RecordError::NotAnObject { found }, "{record}");
    }
}

#[test]
fn what_is_not_utf8_is_refused_with_its_offset() {
    assert_eq!(refusal(b"{\"sqft\": 1, \"a\": \"\xff\"}"), RecordError::NotUtf8 { offset: 18 });
    assert_eq!(refusal(b"\xed\xa0\x80"), RecordError::NotUtf8 { offset: 0 });
}

#[test]
fn the_first_bad_column_is_the_one_named() {
    let refused = refusal(br#"{"house": {"age": "old"}, "floor": "lava", "sqft": "big"}"#);
    assert_eq!(refused, RecordError::NotANumber { field: "sqft" });
    let refused = refusal(br#"{"house": {"age": "old"}, "sqft": 1}"#);
    assert_eq!(refused, RecordError::NotANumber { field: "/house/age" });
}

#[test]
fn no_error_carries_a_value_of_the_record() {
    const SECRET: &str = "5551234";
    for record in [
        r#"{"sqft": "5551234x"}"#,
        r#"{"floor": "5551234"}"#,
        r#"{"floor": 5551234}"#,
        r#"{"sqft": ["5551234"]}"#,
        r#"{"sqft": {"5551234": 5551234}}"#,
        r#"{"house": 5551234}"#,
        r#"{"house": "5551234"}"#,
        r#"{"sqft": 5551234e999}"#,
        r#"{"house": 5551234e999}"#,
        r#"{"sqft": 5551234"#,
        r#"{"sqft": 5551234 5551234}"#,
        r#"{"sqft": "5551234"#,
        r#"{"sqft": "5551234\q"}"#,
        r#"{"5551234": 5551234}"#,
        r#"{"5551234" 5551234}"#,
        r#"{"sqft": true5551234}"#,
        r#"{"price": 5551234, "sqft": 1, "price": 5551234}"#,
        r#""5551234""#,
        r#"["5551234"]"#,
        "5551234",
        "x5551234",
        "{\"sqft\": 1} 5551234",
    ] {
        let refused = refusal(record.as_bytes());
        let said = format!("{refused} {refused:?} {}", refused.reason());
        assert!(!said.contains(SECRET), "{record}: {said}");
    }
}

#[test]
fn an_error_names_the_field_what_is_there_and_what_to_give() {
    for (record, said) in [
        (r#"{"sqft": true}"#, "field `sqft` is a boolean; its column takes a number or numeric text"),
        (r#"{"floor": ["tile"]}"#, "field `floor` is an array; its column takes one of its levels as text"),
        (r#"{"floor": "lava"}"#, "field `floor` has a level that the model never saw"),
        (r#"{"sqft": "big"}"#, "field `sqft` is not a number that a double can hold; give a number"),
        (r#"{"size": 1}"#, "the record has none of the model's 3 fields (the first is `sqft`)"),
        ("[]", "the record is an array; expected a JSON object"),
    ] {
        let refused = refusal(record.as_bytes()).to_string();
        assert!(refused.starts_with(said), "{record}: {refused}");
    }
}
