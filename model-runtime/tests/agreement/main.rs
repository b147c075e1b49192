//! For any bytes, the reader and `serde_json` agree: on accepting or refusing them, on every bit of the row, on where
//! the located fields stand, and on what is said of a refusal.

mod edges;
#[path = "../oracle/mod.rs"]
mod oracle;

use model_runtime::{
    Column, ColumnKind, Decision, Domain, Link, Metadata, Output, Task, Transform, UnseenCategory,
};
use oracle::Judge;
use proptest::prelude::{Just, ProptestConfig, Strategy, any};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use proptest::{collection, prop_oneof, sample, strategy::BoxedStrategy};
use std::cell::RefCell;

/// Each case is some records, which one reader reads in a row; the search starts from the same seed each time.
const CASES: u32 = 1_000;
const RECORDS_MAX: usize = 6;

const LOCATED: &[&str] = &["price", "margin"];
const NUMERIC: ColumnKind = ColumnKind::Numeric { thresholds: None };

const fn categorical(unseen: UnseenCategory) -> ColumnKind {
    let domain = Domain {
        levels: &["yes", "1", "no", "0.5", "é\n", "-2", "18446744073709551615", ""],
        sorted: &[7, 5, 3, 1, 6, 2, 0, 4],
        booleans: Some([2, 0]),
    };
    ColumnKind::Categorical { domain, unseen }
}

const fn column(field: &'static str, kind: ColumnKind) -> Column {
    Column { name: field, field, kind, splits: 1 }
}

static COLUMNS: &[Column] = &[
    column("x", NUMERIC),
    column("c", categorical(UnseenCategory::Missing)),
    column("strict", categorical(UnseenCategory::Error)),
    column("/a/1/b", NUMERIC),
    column("/a/0", NUMERIC),
    column("/m~0n~1/x", categorical(UnseenCategory::Missing)),
    column("0", NUMERIC),
];

static METADATA: Metadata = Metadata {
    name: "any",
    source_file: "any.json",
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
    columns: COLUMNS,
    margins: 1,
    transform: Transform::Value { divisor: None, link: Link::Identity },
    task: Task::Classification { classes: &[], decision: Decision::Largest },
    response: "y",
    output: Output::Number,
};

/// Judges all records that the strategy gives, and tells how many were accepted and refused.
fn judge(cases: u32, records: &BoxedStrategy<Vec<u8>>) -> (usize, usize) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let counts = RefCell::new((0, 0));
    let outcome = runner.run(&collection::vec(records.clone(), 1..=RECORDS_MAX), |records| {
        let mut judge = Judge::new(&METADATA, LOCATED);
        for record in records {
            let mut counts = counts.borrow_mut();
            let count = if judge.judge(&record) { &mut counts.0 } else { &mut counts.1 };
            *count += 1;
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    counts.into_inner()
}

#[test]
fn the_domain_is_sorted() {
    for column in COLUMNS {
        if let ColumnKind::Categorical { domain, .. } = &column.kind {
            assert!(domain.sorted.is_sorted_by_key(|level| domain.levels[*level as usize]));
        }
    }
}

#[test]
fn on_records() {
    let (accepted, refused) = judge(CASES, &record());
    assert!(accepted > refused && refused > 100, "{accepted} accepted, {refused} refused");
}

#[test]
fn on_damaged_records() {
    let damaged = (record(), any::<sample::Index>(), 0..8_usize, piece());
    let damaged = damaged.prop_map(|(mut record, at, count, piece)| {
        let start = at.index(record.len() + 1);
        let end = record.len().min(start + count);
        record.splice(start..end, piece.into_bytes());
        record
    });
    let (accepted, refused) = judge(CASES, &damaged.boxed());
    assert!(accepted > 100 && refused > 1_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn on_pieces_of_json() {
    let pieces = collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat().into_bytes());
    judge(CASES, &pieces.boxed());
}

#[test]
fn on_any_bytes() {
    judge(CASES, &collection::vec(any::<u8>(), 0..40).boxed());
}

#[test]
fn on_any_number_in_any_place() {
    let place = sample::select(&["x", "c", "strict", "other", "price"][..]);
    let record = (place, number(), sample::select(&["", " ", "x"][..]));
    let record = record.prop_map(|(place, number, end)| {
        format!("{{\"0\":1,\"{place}\":{number}{end},\"{place}s\":\"{number}\",\"x\":\"{number}\"}}")
            .into_bytes()
    });
    let (accepted, refused) = judge(4 * CASES, &record.boxed());
    assert!(accepted > refused && refused > 100, "{accepted} accepted, {refused} refused");
}

/// An object of the model's fields, and of others, that has few faults.
fn record() -> BoxedStrategy<Vec<u8>> {
    let member = (member(), space(), space());
    let member = member.prop_map(|((key, value), space, end)| format!("{key}:{space}{value}{end}"));
    let members = collection::vec(member, 0..8).prop_map(|members| members.join(","));
    (space(), members, space())
        .prop_map(|(before, members, after)| format!("{before}{{{before}{members}}}{after}").into_bytes())
        .boxed()
}

/// A key, with a value that mostly suits it.
fn member() -> impl Strategy<Value = (String, String)> + Clone {
    let named = |names: &'static [&'static str]| sample::select(names).prop_map(str::to_owned);
    let suited = || prop_oneof![9 => number(), 1 => Just("null".to_owned())];
    let level = ["\"yes\"", "\"no\"", "1", "0.5", "true", "false", "null", "\"\"", "\"\\u00e9\\n\""];
    let inner = (sample::select(&["[1,{\"b\":_}]", "{\"0\":_,\"1\":{}}", "[_,[]]"][..]), suited());
    prop_oneof![
        8 => (named(&["\"x\"", "\"0\"", "\"\\u0078\"", "\"x\" "]), suited()),
        4 => (named(&["\"c\"", "\"strict\""]), sample::select(level.to_vec()).prop_map(str::to_owned)),
        4 => (named(&["\"a\""]), inner.prop_map(|(inner, value)| inner.replace('_', &value))),
        2 => (named(&["\"other\"", "\"another\"", "\"price\"", "\"margin\""]), value()),
        1 => (key(), value()),
    ]
}

/// Names that mean something, names that do not, and the same names written otherwise.
fn key() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        12 => sample::select(&["x", "c", "a", "m~n/", "price", "other", "0", "1", "b"][..]).prop_map(quoted),
        2 => sample::select(&[r#""\u0078""#, r#""pr\u0069ce""#, r#""m~n\/""#, r#""\u0030""#, r#""strict""#][..])
            .prop_map(str::to_owned),
        1 => string(),
    ]
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn space() -> impl Strategy<Value = &'static str> + Clone {
    prop_oneof![4 => Just(""), 1 => sample::select(&[" ", "\n", "\t\r ", "\n  "][..])]
}

fn value() -> impl Strategy<Value = String> + Clone {
    let level =
        &["\"yes\"", "\"no\"", "\"1\"", "\"lava\"", "\"\\u00e9\\n\"", "\"\"", "true", "false", "null"][..];
    let numeric = &["\"3.5\"", "\" 7 \"", "\"NaN\"", "\"-Infinity\"", "\"1e999\"", "\"abc\"", "\"inf\""][..];
    let fault =
        &["1e400", "NaN", "tru", "01", "1.", "-", "+1", ".5", "[1,]", "{\"a\":1,}", "{\"\\ud800\":1}"][..];
    let leaf = prop_oneof![
        6 => sample::select(level).prop_map(str::to_owned),
        6 => number(),
        2 => sample::select(numeric).prop_map(str::to_owned),
        1 => string(),
        1 => sample::select(fault).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            collection::vec((space(), inner.clone()), 0..3).prop_map(|values| {
                let values: Vec<String> =
                    values.into_iter().map(|(space, value)| format!("{space}{value}")).collect();
                format!("[{}]", values.join(","))
            }),
            collection::vec((key(), space(), inner), 0..3).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, space, value)| format!("{key}:{space}{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// Numbers near every edge: of 64-bit integers, of doubles, of what a double holds exactly, of what is rounded.
fn number() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        2 => (-3_000_i32..3_000).prop_map(|number| number.to_string()),
        2 => (any::<i32>(), 0..20_usize).prop_map(|(number, places)| {
            format!("{:.places$}", f64::from(number) / 1e4)
        }),
        2 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        1 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| number.to_string()),
        1 => any::<u64>().prop_map(|number| number.to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        2 => "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?",
        1 => sample::select(&[
            "-0", "-0.0", "0e0", "1E5", "1e308", "1.8e308", "2e308", "-1e400", "1e-400", "5e-324", "2e-324",
            "9007199254740993", "9007199254740992.5", "9007199254740993.0", "18446744073709551615",
            "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "9999999999999999999",
            "99999999999999999999", "0.00000000000000000001", "1e0000000000000001", "0e99999999999999999999",
        ][..]).prop_map(str::to_owned),
    ]
}

/// Strings with and without escapes, some of which are wrong.
fn string() -> impl Strategy<Value = String> + Clone {
    let part = prop_oneof![
        4 => "[a-z é\u{1f600}]{0,12}",
        2 => sample::select(&[
            "\\n", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t", "\\u0041", "\\u00E9", "\\ud83d\\ude00",
        ][..]).prop_map(str::to_owned),
        1 => sample::select(&["\\ud83d", "\\ude00", "\\ud83d\\n", "\\ud83d\\u0041", "\\x", "\\u12", "\\u12g4", "\u{1}"][..])
            .prop_map(str::to_owned),
    ];
    collection::vec(part, 0..4).prop_map(|parts| quoted(&parts.concat()))
}

/// A piece of JSON, or of what is nearly JSON.
fn piece() -> impl Strategy<Value = String> + Clone {
    let token = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "-",
        ".",
        "e",
        "0",
        "null",
        "true",
        "false",
        " ",
        "\n",
        "\u{0}",
        "\u{feff}",
        "é",
        "\"x\":",
        "\"price\":",
        "{\"a\":[",
        "{\"x\":1",
        "}}",
    ][..];
    prop_oneof![6 => sample::select(token).prop_map(str::to_owned), 1 => number(), 1 => string(), 1 => value(), 1 => key()]
}
