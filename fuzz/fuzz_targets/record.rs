//! Any bytes as a record: a row or an error, as `serde_json` reads them too, never a panic. An accepted record takes
//! a prediction at the places that its layout names, and then reads as the same row.

#![no_main]

#[path = "../../model-runtime/tests/oracle/mod.rs"]
mod oracle;

use libfuzzer_sys::fuzz_target;
use model_runtime::record::Reader;
use model_runtime::{
    Column, ColumnKind, Decision, Domain, Link, Metadata, Output, Task, Transform, UnseenCategory,
};

const NUMERIC: ColumnKind = ColumnKind::Numeric { thresholds: None };

const fn column(field: &'static str, kind: ColumnKind) -> Column {
    Column { name: field, field, kind, splits: 1 }
}

static COLUMNS: &[Column] = &[
    column("x", NUMERIC),
    column(
        "c",
        ColumnKind::Categorical {
            domain: Domain { levels: &["yes", "1", "no"], sorted: &[1, 2, 0], booleans: Some([2, 0]) },
            unseen: UnseenCategory::Missing,
        },
    ),
    column("/a/1/b", NUMERIC),
    column("/a/1/m~0n", NUMERIC),
];

static METADATA: Metadata = Metadata {
    name: "fuzzed",
    source_file: "fuzzed.json",
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
    columns: COLUMNS,
    margins: 1,
    transform: Transform::Value { divisor: None, link: Link::Identity },
    task: Task::Classification { classes: &[], decision: Decision::Largest },
    response: "y",
    output: Output::Number,
    is_ranked: false,
};

const LOCATED: &[&str] = &["y", "margin"];

fuzz_target!(|record: &[u8]| {
    let mut judge = oracle::Judge::new(&METADATA, LOCATED);
    // The second time the reader expects the keys in the record's own order.
    assert_eq!(judge.judge(record), judge.judge(record));
    let mut reader = Reader::new(&METADATA, LOCATED).expect("the model reads neither");
    let mut row = [0.0; 4];
    let Ok(layout) = reader.read(record, &mut row) else { return };
    let text = std::str::from_utf8(record).expect("an accepted record is text");
    assert_eq!(text.as_bytes()[layout.closing_brace], b'}');
    let mut spliced = text.to_owned();
    match layout.value(0) {
        Some(place) => spliced.replace_range(place, "[\"}\"]"),
        None => spliced.insert_str(layout.closing_brace, ", \"y\": [\"}\"]"),
    }
    let mut same = [0.0; 4];
    let layout = reader.read(spliced.as_bytes(), &mut same).expect("still a record");
    assert_eq!(row.map(f64::to_bits), same.map(f64::to_bits));
    assert_eq!(layout.value(0).map(|place| &spliced[place]), Some("[\"}\"]"));
});
