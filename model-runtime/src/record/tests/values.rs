//! What a column makes of each kind of JSON value.

use super::*;

#[test]
fn numbers_are_read_to_the_bit() {
    for (json, expected) in [
        ("2342", 2342.0),
        ("-3", -3.0),
        ("0", 0.0),
        ("-0", -0.0),
        ("-0.0", -0.0),
        ("5e-324", 5e-324),
        ("1E300", 1e300),
        ("1e-400", 0.0),
        ("0.1", 0.1),
        ("9007199254740993", 9_007_199_254_740_992.0),
        ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ("-9223372036854775809", -9_223_372_036_854_775_808.0),
    ] {
        let found = number(json).expect("a number").expect("is there");
        assert_eq!(found.to_bits(), f64::to_bits(expected), "{json} as {found:?}");
        let found = number(&format!("\"{json}\"")).expect("numeric text").expect("is there");
        assert_eq!(found.to_bits(), f64::to_bits(expected), "the text {json} as {found:?}");
    }
}

/// `serde_json` without its feature `float_roundtrip` reads each of these to a neighbour.
#[test]
fn no_number_is_read_to_a_neighbouring_double() {
    for (json, expected) in [
        ("116.48059100279703", 116.480_591_002_797_03),
        ("986.9937712240247", 986.993_771_224_024_7),
        ("492.95128722039556", 492.951_287_220_395_56),
        ("182.31153400508114", 182.311_534_005_081_14),
        ("909.8531008286533", 909.853_100_828_653_3),
    ] {
        assert_eq!(number(json), Ok(Some(expected)), "{json}");
    }
}

#[test]
fn numeric_text_is_trimmed() {
    for json in [r#"" 3.5""#, r#""3.5\t""#, r#""\n 3.5 \r\n""#, r#""\u00a03.5""#, r#""+3.5""#, r#""35e-1""#] {
        assert_eq!(number(json), Ok(Some(3.5)), "{json}");
    }
}

#[test]
fn empty_text_and_nan_are_missing_in_a_numeric_column() {
    for json in [r#""""#, r#""  ""#, r#""NaN""#, r#"" NaN ""#, "null"] {
        assert_eq!(number(json), Ok(None), "{json}");
    }
}

#[test]
fn infinities_are_numbers() {
    for json in [r#""Infinity""#, r#"" +Infinity ""#] {
        assert_eq!(number(json), Ok(Some(f64::INFINITY)), "{json}");
    }
    assert_eq!(number(r#""-Infinity""#), Ok(Some(f64::NEG_INFINITY)));
}

#[test]
fn text_that_is_no_finite_number_is_refused() {
    for text in [
        "abc", "inf", "-inf", "infinity", "INFINITY", "nan", "NAN", "-NaN", "1e999", "-1e999", "1_000",
        "1,5", "0x10", "1 2", "--1", ".", "e5", "1e", "null", "٣", "1\\u0000",
    ] {
        let refused = number(&format!("\"{text}\""));
        assert_eq!(refused, Err(RecordError::NotANumber { field: "x" }), "{text}");
    }
}

#[test]
fn a_number_out_of_range_is_refused_by_its_field() {
    let columns = || vec![numeric("w"), numeric("x"), categorical("c", &["a"])];
    for (record, field) in
        [(r#"{"w": 1, "x": 1e400}"#, "x"), (r#"{"x": 1, "w": -1e400}"#, "w"), (r#"{"c": 1e999}"#, "c")]
    {
        assert_eq!(read(columns(), record), Err(RecordError::NotANumber { field }), "{record}");
    }
    let parent = read(vec![numeric("x"), numeric("/house/age")], r#"{"x": 1, "house": 1e400}"#);
    assert!(matches!(parent, Err(RecordError::NotJson { .. })), "x is sound: {parent:?}");
    assert_eq!(read(columns(), r#"{"other": 1e400, "x": 1}"#), Ok(vec![None, Some(1.0), None]));
}

#[test]
fn a_number_out_of_range_is_refused_even_if_its_key_comes_again() {
    let columns = || vec![numeric("x"), categorical("c", &["a"])];
    for (record, field) in [
        (r#"{"x": 1e400, "x": 1}"#, "x"),
        (r#"{"x": 1, "x": 1e400}"#, "x"),
        (r#"{"c": -1e400, "c": "a"}"#, "c"),
        (r#"{"x": 1e400, "c": "cut off"#, "x"),
    ] {
        assert_eq!(read(columns(), record), Err(RecordError::NotANumber { field }), "{record}");
    }
    assert_eq!(read(columns(), r#"{"x": "1e400", "x": 1}"#), Ok(vec![Some(1.0), None]), "text is only text");
    assert_eq!(read(columns(), r#"{"x": [1e400], "x": 1}"#), Ok(vec![Some(1.0), None]), "it is not read");
}

#[test]
fn other_types_are_refused_by_their_field() {
    for (json, found) in [
        ("true", JsonType::Boolean),
        ("false", JsonType::Boolean),
        ("[]", JsonType::Array),
        ("[1, [2]]", JsonType::Array),
        ("{}", JsonType::Object),
        (r#"{"x": 1}"#, JsonType::Object),
    ] {
        let refused = number(json).expect_err("a wrong type");
        assert_eq!(
            refused,
            RecordError::WrongType { field: "x", found, expected: "a number or numeric text" },
            "{json}"
        );
        let refused = level(&["a", "b"], json).expect_err("a wrong type");
        assert_eq!(
            refused,
            RecordError::WrongType { field: "c", found, expected: "one of its levels as text" },
            "{json}"
        );
    }
}

#[test]
fn levels_are_matched_as_they_stand() {
    const LEVELS: &[&str] = &["", " ", "nan", "null", "Tile", "tile", "tile ", "é", "1", "01"];
    for text in LEVELS {
        assert_eq!(level(LEVELS, &format!("{text:?}")), Ok(Some(*text)), "{text:?}");
    }
    for text in ["TILE", " tile", "NaN", "e\u{301}", "1.0", "001", "\u{0}"] {
        let json = serde_json::to_string(text).expect("text");
        assert_eq!(level(LEVELS, &json), Ok(None), "{text:?}");
    }
    assert_eq!(level(LEVELS, r#""t\u0069le""#), Ok(Some("tile")));
    assert_eq!(level(LEVELS, "null"), Ok(None), "the level `null` is text");
}

#[test]
fn a_number_names_the_level_with_its_shortest_text() {
    const LEVELS: &[&str] = &["3", "0", "-2", "100", "0.1", "0.0000001", "9007199254740993", "1e2", "-0"];
    for (json, expected) in [
        ("3", "3"),
        ("3.0", "3"),
        ("0", "0"),
        ("0.0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("-2", "-2"),
        ("-2.0e0", "-2"),
        ("1e2", "100"),
        ("0.10", "0.1"),
        ("1e-7", "0.0000001"),
        ("9007199254740993", "9007199254740993"),
    ] {
        assert_eq!(level(LEVELS, json), Ok(Some(expected)), "{json}");
    }
    assert_eq!(level(LEVELS, "9007199254740992"), Ok(None));
    assert_eq!(level(LEVELS, "1e300"), Ok(None));
    assert_eq!(level(LEVELS, r#""3.0""#), Ok(None), "text is matched as it stands");
}

#[test]
fn booleans_name_the_levels_that_the_domain_has_for_them() {
    assert_eq!(level(&["yes", "maybe", "no"], "true"), Ok(Some("yes")));
    assert_eq!(level(&["yes", "maybe", "no"], "false"), Ok(Some("no")));
    assert_eq!(level(&["No", "YES"], "true"), Ok(Some("YES")));
    assert!(level(&["tile", "carpet"], "true").is_err());
}

#[test]
fn an_unseen_level_is_counted_by_column_and_missing() {
    let columns = vec![categorical("c", &["a"]), numeric("x"), categorical("d", &["1"])];
    let mut reader = Reader::new(metadata(columns), &[]).expect("nothing to locate");
    assert_eq!(row(&mut reader, br#"{"c": "b", "d": 2}"#), Ok(vec![None, None, None]));
    assert_eq!(row(&mut reader, br#"{"c": "b", "d": 1}"#), Ok(vec![None, None, Some(0.0)]));
    assert_eq!(row(&mut reader, br#"{"c": null, "x": "NaN"}"#), Ok(vec![None, None, None]));
    assert_eq!(reader.unseen_categories(), [2, 0, 1]);
    row(&mut reader, br#"{"c": "b", "x": "bad"}"#).expect_err("x is no number");
    assert_eq!(reader.unseen_categories(), [2, 0, 1], "a refused record was not read as missing");
}

#[test]
fn missing_values_are_counted_by_column_in_accepted_records() {
    let columns = vec![numeric("x"), categorical("c", &["a", ""]), numeric("/n/y")];
    let mut reader = Reader::new(metadata(columns), &[]).expect("nothing to locate");
    for (record, missing) in [
        (r#"{"x": 1, "c": "a", "n": {"y": 2}}"#, [0, 0, 0]),
        (r#"{"x": 1}"#, [0, 1, 1]),
        (r#"{"x": null, "c": null, "n": null}"#, [1, 2, 2]),
        (r#"{"x": "NaN", "c": "", "n": {"y": " "}}"#, [2, 2, 3]),
        (r#"{"x": 1, "c": "unseen", "n": {"y": "Infinity"}}"#, [2, 2, 3]),
        (r#"{"x": null, "x": 1, "c": "a", "n": {}}"#, [2, 2, 4]),
    ] {
        row(&mut reader, record.as_bytes()).expect("a sound record");
        assert_eq!(reader.missing(), missing, "after {record}");
    }
    assert_eq!(reader.unseen_categories(), [0, 1, 0], "what is unseen is not missing");
    for record in [r#"{"x": null, "c": true}"#, r#"{"x": null"#, "{}", "[]", "\"\u{0}\""] {
        row(&mut reader, record.as_bytes()).expect_err("a bad record");
        assert_eq!(reader.missing(), [2, 2, 4], "refused: {record}");
    }
}

#[test]
fn an_unseen_level_is_an_error_where_the_model_asks_for_it() {
    let columns = || vec![strict(categorical("c", &["a", "1"]))];
    for record in [r#"{"c": "b"}"#, r#"{"c": ""}"#, r#"{"c": 2}"#] {
        assert_eq!(read(columns(), record), Err(RecordError::UnseenCategory { field: "c" }), "{record}");
    }
    assert_eq!(read(columns(), r#"{"c": null}"#), Ok(vec![None]));
    assert_eq!(read(columns(), r#"{"c": 1}"#), Ok(vec![Some(1.0)]));
}

#[test]
fn an_offset_has_to_be_given() {
    let columns = || vec![numeric("x"), offset("exposure")];
    for record in [
        r#"{"x": 1}"#,
        r#"{"x": 1, "exposure": null}"#,
        r#"{"x": 1, "exposure": "NaN"}"#,
        r#"{"x": 1, "exposure": ""}"#,
    ] {
        assert_eq!(
            read(columns(), record),
            Err(RecordError::MissingOffset { field: "exposure" }),
            "{record}"
        );
    }
    assert_eq!(read(columns(), r#"{"x": null, "exposure": " 0.5"}"#), Ok(vec![None, Some(0.5)]));
    assert!(matches!(read(columns(), r#"{"exposure": 1}"#), Err(RecordError::NoField { first: "x", .. })));
}
