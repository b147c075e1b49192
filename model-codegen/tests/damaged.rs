//! Damaged dumps, seeded: never a panic, and what is still accepted is generated and printed without one.
//!
//! `fuzz/` goes further with coverage; this runs wherever the tests do.

use fastrand::Rng;
use model_codegen::{Source, generate};

/// Damaged copies of each dump.
const COPIES: usize = 400;

const DUMPS: [&[u8]; 4] = [
    include_bytes!("golden/categories_and_missing.json"),
    include_bytes!("golden/large_category_set.json"),
    include_bytes!("golden/two_classes.json"),
    include_bytes!("rejected/many_problems.json"),
];

/// What a damaged place is replaced with: values of every type, in and out of range.
const VALUES: [&str; 16] = [
    "null",
    "true",
    "-1",
    "0",
    "1",
    "1.5",
    "1e999",
    "-1e38",
    "99999999999",
    "\"\"",
    "\"NaN\"",
    "[]",
    "{}",
    "[0]",
    "\"sqft\"",
    "4294967296",
];

#[test]
fn a_damaged_dump_is_refused_or_generated_but_never_panics() {
    let mut rng = Rng::with_seed(20);
    let (mut refused, mut generated) = (0, 0);
    for dump in DUMPS {
        for _ in 0..COPIES {
            let copy = damaged(dump, &mut rng);
            let configuration = rng.bool().then_some("response = \"price\"\noffset_column = \"exposure\"");
            let source = Source { name: "damaged", file: "damaged.json", dump: &copy, configuration };
            match generate(&source) {
                Ok(model) => {
                    assert!(model.rust.contains("pub fn predict"));
                    let parsed = syn::parse_file(&model.rust);
                    assert!(parsed.is_ok(), "{:?} in\n{}", parsed.err(), model.rust);
                    generated += 1;
                }
                Err(problems) => {
                    assert!(!problems.lines().is_empty());
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100 && generated > 100, "both happen: {refused} refused, {generated} generated");
}

fn damaged(dump: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut copy = dump.to_vec();
    for _ in 0..rng.usize(1..4) {
        match rng.u8(..5) {
            0 => {
                let at = rng.usize(..copy.len());
                copy[at] ^= 1 << rng.u8(..8);
            }
            1 => copy.truncate(rng.usize(1..=copy.len())),
            2 => {
                let from = rng.usize(..copy.len());
                let to = (from + rng.usize(..60)).min(copy.len());
                copy.drain(from..to);
            }
            _ => replace_a_value(&mut copy, rng),
        }
        if copy.is_empty() {
            break;
        }
    }
    copy
}

/// What stands between a colon and the end of its line becomes another value.
fn replace_a_value(copy: &mut Vec<u8>, rng: &mut Rng) {
    let colons: Vec<usize> = (0..copy.len()).filter(|at| copy[*at] == b':').collect();
    if colons.is_empty() {
        return;
    }
    let from = colons[rng.usize(..colons.len())] + 1;
    let length = copy[from..].iter().position(|byte| matches!(byte, b',' | b'\n' | b'}')).unwrap_or(0);
    let value = VALUES[rng.usize(..VALUES.len())];
    copy.splice(from..from + length, value.bytes());
}
