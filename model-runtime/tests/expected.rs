//! The gate for a model that is dropped into `models/`: it predicts what its expected rows say, and what is compiled
//! in is what stands in the folder now.

use model_runtime::{acceptance, models};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::Path;

/// The folder that the build read.
fn folder() -> &'static Path {
    Path::new(env!("MODELS_DIR_COMPILED"))
}

#[test]
fn every_model_predicts_its_expected_rows() {
    match acceptance::check_folder(models::ALL, folder()) {
        Ok(report) => print!("{report}"),
        Err(failures) => {
            let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
            panic!("{} files of expected rows do not pass:\n{}", failures.len(), failures.join("\n"));
        }
    }
}

#[test]
fn every_model_was_compiled_from_the_files_as_they_are_now() {
    for model in models::ALL {
        let metadata = model.metadata();
        let dump = folder().join(metadata.source_file);
        let configuration = dump.with_extension("toml");
        assert_eq!(digest(&dump).as_deref(), Some(metadata.source_digest), "{}", stale(&dump));
        assert_eq!(
            digest(&configuration).as_deref(),
            metadata.configuration_digest,
            "{}",
            stale(&configuration)
        );
    }
}

/// The file's SHA-256 in lower-case hexadecimal, if there is such a file.
fn digest(file: &Path) -> Option<String> {
    let digest = Sha256::digest(std::fs::read(file).ok()?);
    let mut text = String::new();
    for byte in digest {
        write!(text, "{byte:02x}").expect("a text takes all that is written to it");
    }
    Some(text)
}

fn stale(file: &Path) -> String {
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    format!("{file} changed since the build without a newer modification time: `touch` it and build again")
}
