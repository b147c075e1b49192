//! Where a record's own bytes stand: located fields and the closing brace.

use super::*;

const LOCATED: &[&str] = &["price", "price_probabilities", "margin"];

fn layout(record: &str) -> Result<Layout, RecordError> {
    let mut reader =
        Reader::new(metadata(vec![numeric("sqft"), numeric("/house/age")]), LOCATED).expect("located");
    reader.read(record.as_bytes(), &mut [0.0; 2])
}

/// The text of each located value.
fn located(record: &str) -> [Option<&str>; 3] {
    let layout = layout(record).expect("a sound record");
    [0, 1, 2].map(|index| layout.value(index).map(|range| &record[range]))
}

#[test]
fn located_fields_are_found_with_their_values_bytes() {
    let record = r#"{"price" :  12.50 ,"sqft":1,"margin":[ 1, {"a": "]"} ] }"#;
    assert_eq!(located(record), [Some("12.50"), None, Some(r#"[ 1, {"a": "]"} ]"#)]);
    let record = "{\"sqft\":1,\n\t\"pr\\u0069ce\":\r\n\"é\\\"}\"\n}";
    assert_eq!(located(record), [Some(r#""é\"}""#), None, None]);
    for value in ["null", "true", "-0.0e+5", "1e400", "{}", "[]", r#""""#] {
        assert_eq!(located(&format!("{{\"sqft\": 1, \"price\":{value}}}"))[0], Some(value));
    }
}

#[test]
fn a_nested_field_of_the_same_name_is_not_located() {
    let record = r#"{"sqft": 1, "a": {"price": 2}, "house": {"price": 3, "age": 4}, "b": [{"margin": 5}]}"#;
    assert_eq!(located(record), [None, None, None]);
}

#[test]
fn a_located_field_that_stands_there_twice_is_refused() {
    for record in [
        r#"{"price": 1, "sqft": 1, "price": 1}"#,
        r#"{"price": null, "price": {}, "sqft": 1, "pric\u0065": 1}"#,
    ] {
        let refused = layout(record).expect_err("twice");
        assert_eq!(refused, RecordError::DuplicateField { field: "price".to_owned() }, "{record}");
    }
    assert_eq!(located(r#"{"other": 1, "other": 2, "sqft": 1, "sqft": 2, "margin": 3}"#)[2], Some("3"));
}

#[test]
fn the_closing_brace_is_the_objects_last() {
    for record in [
        r#"{"sqft":1}"#,
        "{\"sqft\":1 \t\r\n}",
        " {\"sqft\":1} \r\n\t",
        r#"{"sqft":1, "a": {"b": "}"}}"#,
        r#"{"a": "é}", "sqft":1}  "#,
    ] {
        let layout = layout(record).expect("a sound record");
        assert_eq!(record.rfind(['}']), Some(layout.closing_brace), "{record:?}");
        assert!(layout.has_fields);
    }
}

#[test]
fn an_object_without_fields_is_told_apart() {
    // Only a model without columns accepts it.
    let mut reader = Reader::new(metadata(vec![]), LOCATED).expect("located");
    let layout = reader.read(b" { } ", &mut []).expect("nothing is asked for");
    assert_eq!((layout.has_fields, layout.closing_brace), (false, 3));
    let layout = reader.read(br#"{"other": {}}"#, &mut []).expect("nothing is asked for");
    assert_eq!((layout.has_fields, layout.closing_brace), (true, 12));
}

#[test]
fn a_place_beyond_the_located_is_none() {
    assert_eq!(layout(r#"{"sqft": 1, "margin": 1}"#).expect("sound").value(LOCATED_MAX), None);
}

#[test]
fn what_the_model_reads_can_not_be_located() {
    let columns = || metadata(vec![numeric("sqft"), numeric("/house/age")]);
    for located in [&["sqft"][..], &["house"], &["a", "a"], &["a", "b", "c", "d"]] {
        let refused = Reader::new(columns(), located).expect_err("refused");
        let field = located.last().expect("one is given");
        assert!(refused.to_string().starts_with(&format!("`{field}` can't be written")), "{refused}");
    }
    assert!(
        Reader::new(columns(), &["age", "/house/age", "a"]).is_ok(),
        "located fields are names, not pointers"
    );
}
