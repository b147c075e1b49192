//! Which field of a record a column takes: names, repeated keys, and JSON pointers into what is nested.

use super::*;

fn two() -> Vec<Column> {
    vec![numeric("sqft"), numeric("age")]
}

#[test]
fn unknown_fields_are_skipped() {
    let record = r#"{"a": {"sqft": 1}, "sqft ": 2, "SQFT": 3, "age": 4, "b": [{"sqft": 5}], "": 6}"#;
    assert_eq!(read(two(), record), Ok(vec![None, Some(4.0)]));
}

#[test]
fn null_is_missing_and_there() {
    assert_eq!(read(two(), r#"{"sqft": null}"#), Ok(vec![None, None]));
}

#[test]
fn a_record_without_a_field_of_the_model_is_refused() {
    let refused = Err(RecordError::NoField { first: "sqft", columns: 2 });
    for record in ["{}", " { } ", r#"{"other": 1}"#, r#"{"nested": {"sqft": 1}}"#] {
        assert_eq!(read(two(), record), refused, "{record}");
    }
}

#[test]
fn keys_are_unescaped() {
    assert_eq!(read(two(), r#"{"sq\u0066t": 7, "\u0061ge": 8}"#), Ok(vec![Some(7.0), Some(8.0)]));
    assert_eq!(read(vec![numeric("a\"b")], r#"{"a\"b": 1}"#), Ok(vec![Some(1.0)]));
    assert_eq!(read(vec![numeric("é")], r#"{"\u00e9": 1}"#), Ok(vec![Some(1.0)]));
}

#[test]
fn of_duplicate_keys_the_last_counts_whatever_the_first_held() {
    for first in ["1", "null", r#""bad""#, "true", "[1]", "{}", r#""1e999""#] {
        let record = format!(r#"{{"sqft": {first}, "age": 1, "sq\u0066t": 2}}"#);
        assert_eq!(read(two(), &record), Ok(vec![Some(2.0), Some(1.0)]), "{record}");
    }
    assert_eq!(read(two(), r#"{"sqft": 1, "sqft": null}"#), Ok(vec![None, None]));
    let refused = read(two(), r#"{"sqft": 1, "sqft": "bad"}"#);
    assert_eq!(refused, Err(RecordError::NotANumber { field: "sqft" }));
}

fn nested() -> Vec<Column> {
    vec![numeric("/house/sqft"), numeric("/house/rooms/1/size"), numeric("top")]
}

#[test]
fn a_pointer_leads_into_objects_and_arrays() {
    let record =
        r#"{"house": {"rooms": [{"size": 1}, {"size": 2, "sqft": 3}, {"size": 4}], "sqft": 5}, "sqft": 6}"#;
    assert_eq!(read(nested(), record), Ok(vec![Some(5.0), Some(2.0), None]));
    let record = r#"{"house": {"rooms": {"1": {"size": 2}}}}"#;
    assert_eq!(read(nested(), record), Ok(vec![None, Some(2.0), None]), "an object has a field 1 too");
    assert_eq!(read(vec![numeric("/a/0/0")], r#"{"a": [[7]]}"#), Ok(vec![Some(7.0)]));
}

#[test]
fn a_pointers_escapes_stand_for_slash_and_tilde() {
    let columns = vec![numeric("/a~1b"), numeric("/m~0n/x"), numeric("/~01"), numeric("/")];
    let record = r#"{"a/b": 1, "m~n": {"x": 2}, "~1": 3, "": 4}"#;
    assert_eq!(read(columns, record), Ok(vec![Some(1.0), Some(2.0), Some(3.0), Some(4.0)]));
}

#[test]
fn a_pointer_that_leads_nowhere_is_an_absent_field() {
    for record in [
        r#"{"house": {}, "top": 1}"#,
        r#"{"house": {"rooms": [{"size": 9}]}, "top": 1}"#,
        r#"{"house": {"rooms": []}, "top": 1}"#,
        r#"{"house": {"rooms": {"01": {"size": 9}}}, "top": 1}"#,
        r#"{"top": 1}"#,
    ] {
        assert_eq!(read(nested(), record), Ok(vec![None, None, Some(1.0)]), "{record}");
    }
    assert!(matches!(read(nested(), r#"{"house": {}}"#), Err(RecordError::NoField { .. })));
}

#[test]
fn a_null_on_a_pointers_way_is_missing_and_there() {
    assert_eq!(read(nested(), r#"{"house": null}"#), Ok(vec![None, None, None]));
    assert_eq!(read(nested(), r#"{"house": {"rooms": null}}"#), Ok(vec![None, None, None]));
}

#[test]
fn anything_else_on_a_pointers_way_is_a_wrong_type() {
    for (json, found) in [
        ("1", JsonType::Number),
        ("-1", JsonType::Number),
        ("1.5", JsonType::Number),
        ("true", JsonType::Boolean),
        (r#""text""#, JsonType::String),
    ] {
        let refused = read(nested(), &format!(r#"{{"top": 1, "house": {json}}}"#));
        let expected = "a place inside an object or an array";
        assert_eq!(refused, Err(RecordError::WrongType { field: "/house/sqft", found, expected }), "{json}");
    }
}

#[test]
fn of_duplicate_parents_the_last_counts_as_a_whole() {
    for first in [r#"{"sqft": 1, "rooms": 5}"#, "7", "null", r#"{"sqft": "bad"}"#] {
        let record = format!(r#"{{"house": {first}, "house": {{"sqft": 2}}}}"#);
        assert_eq!(read(nested(), &record), Ok(vec![Some(2.0), None, None]), "{record}");
    }
    let record = r#"{"house": {"sqft": 1, "sqft": 3}}"#;
    assert_eq!(read(nested(), record), Ok(vec![Some(3.0), None, None]));
    let emptied = r#"{"house": {"sqft": 1}, "house": {}}"#;
    assert!(matches!(read(nested(), emptied), Err(RecordError::NoField { .. })));
}

#[test]
fn a_reader_forgets_the_record_before() {
    let mut reader = Reader::new(metadata(nested()), &[]).expect("nothing to locate");
    assert_eq!(
        row(&mut reader, br#"{"house": {"sqft": 1}, "top": 2}"#),
        Ok(vec![Some(1.0), None, Some(2.0)])
    );
    assert_eq!(row(&mut reader, br#"{"top": 3}"#), Ok(vec![None, None, Some(3.0)]));
    row(&mut reader, br#"{"house": {"sqft": 4}, "top": "#).expect_err("cut off");
    assert_eq!(row(&mut reader, br#"{"house": null}"#), Ok(vec![None, None, None]));
}

#[test]
fn keys_are_told_apart_whatever_order_the_records_before_had() {
    let columns = vec![numeric("a"), numeric("ab"), numeric("b"), numeric("/n/a"), numeric("/n/b")];
    let mut reader = Reader::new(metadata(columns), &[]).expect("nothing to locate");
    let orders = [
        r#"{"a":1,"ab":2,"b":3,"n":{"a":4,"b":5}}"#,
        r#"{"a":1,"ab":2,"b":3,"n":{"a":4,"b":5}}"#,
        r#"{"n":{"b":5,"a":4},"b":3,"ab":2,"a":1}"#,
        r#"{"ab":2,"x":{"a":9},"a":1,"n":{"x":9,"a":4,"b":5},"b":3}"#,
        r#"{ "a" : 1 , "ab" : 2 , "b" : 3 , "n" : { "a" : 4 , "b" : 5 } }"#,
        r#"{"\u0061":1,"a\u0062":2,"\u0062":3,"n":{"\u0061":4,"b":5}}"#,
        r#"{"a":9,"a":1,"b":9,"b":3,"ab":2,"n":{"a":9},"n":{"a":4,"b":5}}"#,
    ];
    for _ in 0..20 {
        for record in orders {
            let all = [1.0, 2.0, 3.0, 4.0, 5.0].map(Some).to_vec();
            assert_eq!(row(&mut reader, record.as_bytes()), Ok(all), "{record}");
        }
        assert_eq!(row(&mut reader, br#"{"b":3}"#), Ok(vec![None, None, Some(3.0), None, None]));
        assert_eq!(
            row(&mut reader, br#"{"a":1,"n":{"b":5}}"#),
            Ok(vec![Some(1.0), None, None, None, Some(5.0)])
        );
    }
}
