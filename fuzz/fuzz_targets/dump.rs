//! Any bytes as a dump, with the text after the first NUL as its configuration: generated or refused, never a panic,
//! and the same answer twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model_codegen::{Source, generate};

fuzz_target!(|bytes: &[u8]| {
    let (dump, configuration) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], std::str::from_utf8(&bytes[at + 1..]).ok()),
        None => (bytes, None),
    };
    let source = Source { name: "fuzzed", file: "fuzzed.json", dump, configuration };
    match (generate(&source), generate(&source)) {
        (Ok(first), Ok(second)) => assert_eq!(first.rust, second.rust),
        (Err(first), Err(second)) => assert_eq!(first.to_string(), second.to_string()),
        _ => panic!("generated and refused"),
    }
});
