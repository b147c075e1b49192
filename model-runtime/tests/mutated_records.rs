//! Thousands of damaged records: the reader never panics, never reads one in two ways, and agrees with a plain
//! reading of the rules over a tree of values, and with `serde_json`.

mod oracle;

use model_runtime::record::{Layout, Reader, RecordError};
use model_runtime::{
    Column, ColumnKind, Decision, Domain, Link, Metadata, Output, Task, Transform, UnseenCategory,
};
use serde_json::Value;

/// Records that H2O scored, and an offset in each.
const SEEDS: &str = include_str!("../../tests/models/gbm_offset.expected.jsonl");
const MUTATIONS: usize = 20_000;
const LOCATED: &[&str] = &["price", "margin"];

const FLAT: &str =
    r#"{"num_1": " 3.5 ", "num_2": "NaN", "cat_1": true, "price": 1, "margin": [1, {"a": "}"}], "off": 0}"#;
const NESTED: &str =
    r#"{"off": 1, "house": {"rooms": [{"size": 1}, {"size": "2"}]}, "a/b": 3, "cat_1": 1.0, "x": [[{}]]}"#;

/// What a mutation may write: pieces of JSON, of records, and of text that is neither.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-",
    "0",
    "1e999",
    "1e400",
    "-0",
    "\"NaN\"",
    "\"Infinity\"",
    "\"\"",
    "\"num_1\": 1,",
    "\"off\": null,",
    "\"price\": {},",
    "\"house\": {\"rooms\": ",
    "\"cat_1\": \"yes\",",
    " ",
    "\n",
    "é",
    "\u{feff}",
    "9007199254740993",
    "\"1\": {\"size\": 4}",
];

/// A small generator of numbers (`SplitMix64`), so that a failure can be had again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % limit.max(1) as u64) as usize
    }
}

fn metadata() -> &'static Metadata {
    let numeric = || ColumnKind::Numeric { thresholds: None };
    let domain = |levels, sorted, booleans| ColumnKind::Categorical {
        domain: Domain { levels, sorted, booleans },
        unseen: UnseenCategory::Missing,
    };
    let column = |field, kind| Column { name: field, field, kind, splits: 1 };
    let columns = vec![
        column("num_1", numeric()),
        column("num_2", numeric()),
        column("cat_0", domain(&["Level 0 é/", "Level 1 é/x"], &[0, 1], None)),
        column("cat_1", domain(&["yes", "1", "no"], &[1, 2, 0], Some([2, 0]))),
        column("/house/rooms/1/size", numeric()),
        column("/a~1b", numeric()),
        column("off", ColumnKind::Offset),
    ];
    Box::leak(Box::new(Metadata {
        name: "mutated",
        source_file: "mutated.json",
        source_digest: "",
        configuration_digest: None,
        generator: "",
        trainer: "",
        trainer_version: "",
        algorithm: "",
        objective: "",
        trees: 0,
        leaves: 0,
        depth_max: 0,
        is_ranked: false,
        columns: Vec::leak(columns),
        margins: 1,
        transform: Transform::Value { divisor: None, link: Link::Identity },
        task: Task::Classification { classes: &[], decision: Decision::Largest },
        response: "price",
        output: Output::Number,
    }))
}

fn read(reader: &mut Reader, record: &[u8]) -> Result<(Layout, Vec<u64>), RecordError> {
    let mut row = [0.5; 7];
    let layout = reader.read(record, &mut row)?;
    Ok((layout, row.map(f64::to_bits).to_vec()))
}

fn seeds() -> Vec<Vec<u8>> {
    let recorded = SEEDS.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        line["row"].to_string()
    });
    recorded.chain([FLAT.to_owned(), NESTED.to_owned()]).map(String::into_bytes).collect()
}

fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    // The two written seeds have more in them than the others together.
    let seed =
        if random.below(2) == 0 { seeds.len() - 1 - random.below(2) } else { random.below(seeds.len()) };
    let mut record = seeds[seed].clone();
    for _ in 0..=random.below(3) {
        let start = random.below(record.len() + 1);
        let end = (start + random.below(12)).min(record.len());
        let piece = PIECES[random.below(PIECES.len())].bytes();
        match random.below(6) {
            0 => drop(record.splice(start..start, piece)),
            1 => drop(record.splice(start..end, piece)),
            2 => drop(record.drain(start..end)),
            3 => drop(record.splice(start..start, record[start..end].to_vec())),
            4 => record.iter_mut().skip(start).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            _ => record.truncate(end.max(record.len() / 2)),
        }
    }
    record
}

#[test]
fn no_record_makes_the_reader_panic_or_waver() {
    let (metadata, seeds, mut random) = (metadata(), seeds(), Random(2));
    let mut reader = Reader::new(metadata, LOCATED).expect("located");
    let mut fresh = Reader::new(metadata, LOCATED).expect("located");
    let mut accepted = 0;
    for _ in 0..MUTATIONS {
        let record = mutated(&mut random, &seeds);
        let found = read(&mut reader, &record);
        assert_eq!(found, read(&mut fresh, &record), "{:?}", String::from_utf8_lossy(&record));
        // The second reader forgets all but the last record, and the first one has read others in between.
        let _ = read(&mut reader, FLAT.as_bytes());
        assert_eq!(found, read(&mut reader, &record), "{:?}", String::from_utf8_lossy(&record));
        accepted += usize::from(found.is_ok());
    }
    assert!(accepted > MUTATIONS / 20, "only {accepted} records were accepted: the mutations are too wild");
    assert!(accepted < MUTATIONS, "no record was refused: the mutations are too tame");
}

#[test]
fn an_accepted_record_reads_the_same_with_a_prediction_spliced_in() {
    let (metadata, seeds, mut random) = (metadata(), seeds(), Random(3));
    let mut reader = Reader::new(metadata, LOCATED).expect("located");
    let mut replaced = 0;
    for _ in 0..MUTATIONS {
        let record = mutated(&mut random, &seeds);
        let Ok((layout, row)) = read(&mut reader, &record) else { continue };
        let text = String::from_utf8(record).expect("an accepted record is text");
        assert_eq!(text.as_bytes()[layout.closing_brace], b'}');
        let mut spliced = text.clone();
        if let Some(place) = layout.value(0) {
            serde_json::from_str::<serde::de::IgnoredAny>(&text[place.clone()])
                .expect("the value as a whole");
            spliced.replace_range(place, "[\"spliced\"]");
            replaced += 1;
        } else {
            spliced.insert_str(layout.closing_brace, ", \"price\": [\"spliced\"]");
        }
        let (layout, same) = read(&mut reader, spliced.as_bytes()).expect("still a record");
        assert_eq!(same, row, "{text}");
        assert_eq!(layout.value(0).map(|place| &spliced[place]), Some("[\"spliced\"]"), "{text}");
    }
    assert!(replaced > 100, "only {replaced} records had the field");
}

#[test]
fn an_accepted_record_reads_as_the_rules_say() {
    let (metadata, seeds, mut random) = (metadata(), seeds(), Random(4));
    let mut reader = Reader::new(metadata, LOCATED).expect("located");
    let mut compared = 0;
    for _ in 0..MUTATIONS {
        let record = mutated(&mut random, &seeds);
        let Ok(value) = serde_json::from_slice::<Value>(&record) else { continue };
        let expected: Option<Vec<u64>> =
            metadata.columns.iter().map(|column| plainly(column, &value).map(f64::to_bits)).collect();
        match (read(&mut reader, &record), expected) {
            (Ok((_, row)), Some(expected)) => assert_eq!(row, expected, "{value}"),
            (Ok(_), None) => panic!("accepted, against the rules: {value}"),
            // These two a tree of values can't tell: repeated keys are gone, and absent is like null.
            (Err(RecordError::DuplicateField { .. } | RecordError::NoField { .. }), _) => {}
            (Err(RecordError::NotAnObject { .. }), _) => assert!(!value.is_object()),
            (Err(error), expected) => assert_eq!(expected, None, "{error}: {value}"),
        }
        compared += 1;
    }
    assert!(compared > MUTATIONS / 20, "only {compared} records were JSON");
}

#[test]
fn a_record_reads_as_serde_json_reads_it() {
    let (seeds, mut random) = (seeds(), Random(5));
    let mut judge = oracle::Judge::new(metadata(), LOCATED);
    let accepted = (0..MUTATIONS).filter(|_| judge.judge(&mutated(&mut random, &seeds))).count();
    assert!(accepted > MUTATIONS / 20 && accepted < MUTATIONS, "{accepted} records were accepted");
}

/// A column's value by the rules, or none where the record is bad.
fn plainly(column: &Column, record: &Value) -> Option<f64> {
    let pointer =
        if column.field.starts_with('/') { column.field.to_owned() } else { format!("/{}", column.field) };
    let found = record.pointer(&pointer).unwrap_or(&Value::Null);
    if found.is_null() && astray(record, &pointer) {
        return None;
    }
    match (&column.kind, found) {
        (ColumnKind::Offset, Value::Null) => None,
        (_, Value::Null) => Some(f64::NAN),
        (ColumnKind::Categorical { domain, .. }, Value::Bool(value)) => {
            domain.booleans.map(|levels| f64::from(levels[usize::from(*value)]))
        }
        (ColumnKind::Categorical { domain, .. }, Value::String(text)) => Some(level(domain, text)),
        (ColumnKind::Categorical { domain, .. }, Value::Number(number)) => {
            let text =
                if number.is_f64() { (number.as_f64()? + 0.0).to_string() } else { number.to_string() };
            Some(level(domain, &text))
        }
        (_, Value::Number(number)) => number.as_f64(),
        (kind, Value::String(text)) => match text.trim() {
            "" | "NaN" => (!matches!(kind, ColumnKind::Offset)).then_some(f64::NAN),
            "Infinity" | "+Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok().filter(|number: &f64| number.is_finite()),
        },
        _ => None,
    }
}

/// Whether something other than an object, an array or null stands on the pointer's way.
fn astray(record: &Value, pointer: &str) -> bool {
    let parents = pointer.match_indices('/').skip(1).map(|(at, _)| record.pointer(&pointer[..at]));
    parents.flatten().any(|parent| !parent.is_object() && !parent.is_array() && !parent.is_null())
}

fn level(domain: &Domain, text: &str) -> f64 {
    domain.levels.iter().position(|level| *level == text).map_or(f64::NAN, |level| level as f64)
}
