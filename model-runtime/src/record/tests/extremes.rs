//! Records of extreme depth and length: read or refused, never a crash.

use super::*;

const DEPTH: usize = 100_000;
const LENGTH: usize = 10_000_000;

fn columns() -> Vec<Column> {
    vec![numeric("x"), categorical("c", &["a", "b"]), numeric("/n/x")]
}

#[test]
fn deep_nesting_is_read_wherever_it_stands() {
    for (open, inner, close) in [("[", "", "]"), ("{\"x\":", "1", "}"), ("[{\"a\":", "[]", "}]")] {
        let deep = format!("{}{inner}{}", open.repeat(DEPTH), close.repeat(DEPTH));
        assert_eq!(read(columns(), &format!("{{\"a\": {deep}, \"x\": 1}}")), Ok(vec![Some(1.0), None, None]));
        let refused = read(columns(), &format!("{{\"x\": {deep}}}"));
        assert!(matches!(refused, Err(RecordError::WrongType { field: "x", .. })), "in a column");
        let found = read(columns(), &format!("{{\"n\": {{\"y\": {deep}, \"x\": 2}}}}"));
        assert_eq!(found, Ok(vec![None, None, Some(2.0)]), "beside a pointer's way");

        let mut reader = Reader::new(metadata(columns()), &["y"]).expect("located");
        let record = format!("{{\"x\": 1, \"y\": {deep} }}");
        let layout = reader.read(record.as_bytes(), &mut [0.0; 3]).expect("a sound record");
        assert_eq!(layout.value(0).map(|range| &record[range]), Some(deep.as_str()), "in a located field");
    }
}

#[test]
fn deep_nesting_that_is_cut_off_is_refused() {
    for open in ["[", "{\"x\":", "{\"n\":", "{\"n\":["] {
        let refused = read(columns(), &open.repeat(DEPTH));
        assert!(matches!(refused, Err(RecordError::NotJson { .. })), "{open}: {refused:?}");
    }
}

#[test]
fn a_top_level_of_deep_arrays_is_refused() {
    let record = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    assert_eq!(read(columns(), &record), Err(RecordError::NotAnObject { found: JsonType::Array }));
}

#[test]
fn long_texts_are_read_wherever_they_stand() {
    let long = "é\\n".repeat(LENGTH / 4);
    assert_eq!(read(columns(), &format!("{{\"a\": \"{long}\", \"x\": 1}}")), Ok(vec![Some(1.0), None, None]));
    assert_eq!(read(columns(), &format!("{{\"{long}\": 1, \"x\": 1}}")), Ok(vec![Some(1.0), None, None]));
    assert_eq!(read(columns(), &format!("{{\"c\": \"{long}\"}}")), Ok(vec![None, None, None]));
    let refused = read(columns(), &format!("{{\"x\": \"{long}\"}}"));
    assert_eq!(refused, Err(RecordError::NotANumber { field: "x" }));
    let spaces = " ".repeat(LENGTH);
    assert_eq!(
        read(columns(), &format!("{{\"x\": \"{spaces}7{spaces}\"}}")),
        Ok(vec![Some(7.0), None, None])
    );
}

#[test]
fn a_number_of_many_digits_is_rounded_once() {
    let digits = format!("0.{}", "1".repeat(100_000));
    for json in [digits.clone(), format!("\"{digits}\"")] {
        let found = read(columns(), &format!("{{\"x\": {json}}}"));
        assert_eq!(found, Ok(vec![Some(1.0 / 9.0), None, None]));
    }
}

#[test]
fn a_nul_is_a_character_like_any_other() {
    assert_eq!(level(&["a\u{0}b", "a"], r#""a\u0000b""#), Ok(Some("a\u{0}b")));
    assert_eq!(read(vec![numeric("x\u{0}")], r#"{"x": 1, "x\u0000": 2}"#), Ok(vec![Some(2.0)]));
}

#[test]
fn a_huge_record_does_not_keep_its_memory() {
    let mut reader = Reader::new(metadata(columns()), &[]).expect("nothing to locate");
    let text = "\\n".repeat(LENGTH / 2);
    let deep = format!("{}{}", "[".repeat(DEPTH * 10), "]".repeat(DEPTH * 10));
    let record = format!("{{\"a\": {deep}, \"c\": \"{text}\"}}");
    assert_eq!(row(&mut reader, record.as_bytes()), Ok(vec![None, None, None]));
    assert!(reader.findings.scratch_bytes() > LENGTH / 4, "the record does need memory");
    assert_eq!(row(&mut reader, br#"{"x": 1}"#), Ok(vec![Some(1.0), None, None]));
    assert!(reader.findings.scratch_bytes() <= 200_000, "{} bytes", reader.findings.scratch_bytes());
}
