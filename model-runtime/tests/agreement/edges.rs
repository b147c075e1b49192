//! The records on which readers of JSON fall out with one another, written down one by one: duplicate keys, depth,
//! the last bit of numbers, bytes that are no text, sheer length. `serde_json` judges each.

use crate::oracle::Judge;
use crate::{LOCATED, METADATA};
use proptest::prelude::{Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

const DEPTH: usize = 10_000;
/// As large as records come.
const LENGTH_MAX: usize = 10_000_000;
/// As large as need be where it is tried in many places.
const LENGTH: usize = 500_000;
/// Fields that are read, located, on the way of a JSON pointer, and passed over.
const FIELDS: &[&str] = &["x", "c", "strict", "0", "a", "price", "margin", "other"];

/// Whether both accept the record, whether or not its keys are those that the reader expects.
fn accepted(record: impl AsRef<[u8]>) -> bool {
    let mut judge = Judge::new(&METADATA, LOCATED);
    let accepted = judge.judge(record.as_ref());
    assert_eq!(judge.judge(record.as_ref()), accepted, "the second time");
    accepted
}

#[test]
fn of_duplicate_keys_the_same_one_counts() {
    let values = [
        "1",
        "-0.0",
        "1e400",
        "null",
        "true",
        "\"yes\"",
        "\"unseen\"",
        "\"NaN\"",
        "\"1e400\"",
        "[]",
        "[1e400]",
        "{\"x\":2}",
        "[7,{\"b\":8}]",
        "{\"1\":{\"b\":9}}",
        "{\"1\":3}",
        "[4",
    ];
    let mut counts = [0; 2];
    for field in FIELDS {
        let escaped = field.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<Vec<_>>().concat();
        for first in values {
            for last in values {
                for again in [*field, escaped.as_str()] {
                    let record = format!("{{\"/\":0,\"{field}\":{first},\"0\":1,\"{again}\":{last}}}");
                    counts[usize::from(accepted(record))] += 1;
                }
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 500), "{counts:?} refused and accepted");
}

#[test]
fn depth_is_no_reason_to_differ() {
    // serde_json's own limit is 128, if it is not lifted.
    for depth in [127, 128, 129, DEPTH] {
        for (open, inner, close) in [("[", "", "]"), ("{\"x\":", "1", "}"), ("[{\"1\":", "null", "}]")] {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            for field in FIELDS {
                let start = format!("{{\"x\":1,\"{field}\":{open}{inner}");
                let is_read = !["other", "price", "margin"].contains(field);
                let sound = accepted(format!("{start}{close},\"/\":1}}"));
                // A pointer's way passes over what it does not name.
                assert!(sound != is_read || *field == "a", "{field}: accepted is {sound}");
                let unsound = [
                    start.clone(),
                    format!("{start}{}", &close[1..]),
                    format!("{start}{close}]}}"),
                    format!("{start},{close}}}"),
                ];
                for record in unsound {
                    assert!(!accepted(record), "{field} at {depth}");
                }
            }
            assert!(!accepted(format!("{open}{inner}{close}")), "a top level of {depth}, which is no record");
        }
    }
}

#[test]
fn numbers_agree_to_the_last_bit_where_the_exact_division_begins_and_ends() {
    let digits = [
        1,
        7,
        (1 << 53) - 1,
        1 << 53,
        (1 << 53) + 1,
        (1 << 54) + 2,
        999_999_999_999_999_999,
        9_999_999_999_999_999_999_u64,
        u64::MAX - 1,
        u64::MAX,
    ];
    for digits in digits.map(|number| number.to_string()) {
        for places in 0..30 {
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (integer, fraction) = padded.split_at(padded.len() - places);
            let number = if places == 0 { integer.to_owned() } else { format!("{integer}.{fraction}") };
            for exponent in ["", "e0", "E+3", "e-3", "e280", "e-330"] {
                for sign in ["", "-"] {
                    assert!(accepted(format!("{{\"x\":{sign}{number}{exponent},\"c\":{number}}}")));
                }
            }
        }
    }
}

#[test]
fn numbers_halfway_between_two_doubles_are_rounded_alike() {
    let mut runner = TestRunner::deterministic();
    let doubles = any::<f64>().prop_filter("finite", |number| number.is_finite());
    for _ in 0..1_000 {
        let number = doubles.new_tree(&mut runner).expect("a double").current().abs();
        // All digits of the number, and those of the middle to the next one: both are finite binary fractions.
        for text in [format!("{number:.1080}"), halfway(number)] {
            for (end, is_above) in [("", false), ("1", true)] {
                let text = format!("{text}{end}");
                assert!(accepted(format!("{{\"x\":{text},\"0\":\"{text}\"}}")), "{text} above: {is_above}");
            }
        }
    }
}

/// The middle between this number and the next, with a point and all of its digits.
fn halfway(number: f64) -> String {
    // Half of the distance is itself a double unless the number is tiny; then twice the number stands for it.
    let scale = if number < 1e-300 { 2.0_f64.powi(200) } else { 1.0 };
    let (low, high) = (number * scale, number.next_up().min(f64::MAX) * scale);
    add(&format!("{low:.1080}"), &format!("{:.1080}", (high - low) / 2.0))
}

/// The sum of two numbers with equally many digits after the point.
fn add(left: &str, right: &str) -> String {
    let width = left.len().max(right.len());
    let (left, right) = (format!("{left:0>width$}"), format!("{right:0>width$}"));
    let mut carry = 0;
    let mut sum: Vec<u8> = Vec::with_capacity(width + 1);
    for (left, right) in left.bytes().zip(right.bytes()).rev() {
        if left == b'.' {
            sum.push(left);
            continue;
        }
        let digit = left - b'0' + right - b'0' + carry;
        carry = digit / 10;
        sum.push(b'0' + digit % 10);
    }
    sum.push(b'0' + carry);
    let sum: String = sum.into_iter().rev().map(char::from).collect();
    let text = sum.trim_start_matches('0');
    if text.starts_with('.') { format!("0{text}") } else { text.to_owned() }
}

#[test]
fn the_middle_is_the_middle() {
    assert!(halfway(1.0).starts_with("1.00000000000000011102230246251565404236316680908203125000"));
    assert!(halfway(9_007_199_254_740_992.0).starts_with("9007199254740993.000"));
    assert!(add("9.5", "0.75").starts_with("10.") || add("9.50", "0.75") == "10.25");
}

#[test]
fn bytes_that_are_no_text_are_refused_wherever_they_stand() {
    const RECORD: &[u8] =
        "{\"x\": 1.5, \"é\\n\": [\"\u{1f600}\", 2], \"c\": \"yes\", \"price\": {\"a\": null}} ".as_bytes();
    // A continuation alone, a start alone, overlong forms, a surrogate, beyond U+10FFFF, and what never occurs.
    let wrong: [&[u8]; 9] = [
        b"\x80",
        b"\xc3",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf0\x9f\x98",
        b"\xfe",
        b"\xff",
    ];
    assert!(accepted(RECORD));
    for wrong in wrong {
        for at in 0..=RECORD.len() {
            let record = [&RECORD[..at], wrong, &RECORD[at..]].concat();
            assert!(!accepted(&record), "{wrong:x?} at {at}");
            assert!(
                serde_json::from_slice::<Value>(&record).is_err(),
                "{wrong:x?} at {at} is read as a tree"
            );
        }
    }
}

#[test]
fn length_is_no_reason_to_differ() {
    let values = [
        format!("\"{}\"", "é\\n\\u00e9 ".repeat(LENGTH / 11)),
        format!("\"{}7\"", " ".repeat(LENGTH)),
        format!("0.{}", "1".repeat(LENGTH / 20)),
        format!("1{}", "0".repeat(LENGTH / 20)),
        format!("[{}1]", "1,".repeat(LENGTH / 4)),
        format!("{{{}\"x\":1}}", "\"k\":1e5,".repeat(LENGTH / 16)),
    ];
    let mut counts = [0; 2];
    for value in &values {
        for field in ["x", "c", "a", "price", "other"] {
            counts[usize::from(accepted(format!("{{\"0\":1,\"{field}\":{value}}}")))] += 1;
        }
        assert!(!accepted(&value[..value.len() - 1]), "cut off, and no object");
    }
    let long = "x".repeat(LENGTH_MAX);
    assert!(!accepted(format!("{{\"x\":\"{long}\"}}")), "no number");
    assert!(accepted(format!("{{\"x\":1,\"price\":\"{long}\"}}")), "to be replaced");
    assert!(accepted(format!("{{\"{}\":1,\"x\":1}}", "k".repeat(LENGTH))), "a long key");
    assert!(accepted(format!("{}{{\"x\":1}}{}", " ".repeat(LENGTH), "\n".repeat(LENGTH))), "whitespace");
    assert!(counts.iter().all(|count| *count > 5), "{counts:?} refused and accepted");
}
