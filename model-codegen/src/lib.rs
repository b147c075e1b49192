//! Turns an exported tree ensemble into straight-line Rust.
//!
//! Four stages, each a folder: [`parse`] reads a dump into an [`ir::Ensemble`], exact and knowing no format;
//! [`lower`] decides everything about the code; [`emit`] prints it. [`ir::Interpreter`] scores an ensemble as it stands,
//! the oracle of the tests.
//!
//! All of this opens no file and reads no environment: bytes in, text and warnings out. [`cargo`] is the one exception,
//! for build scripts.
//!
//! ```
//! # let dump = include_bytes!("../tests/golden/one_split.json");
//! use model_codegen::{Source, generate};
//!
//! let source = Source { name: "one_split", file: "one_split.json", dump, configuration: None };
//! let generated = generate(&source)?;
//! assert!(generated.rust.contains("pub fn predict(row: &Row) -> f64"));
//! # Ok::<(), model_codegen::Problems>(())
//! ```

pub mod cargo;
mod configuration;
pub mod emit;
pub mod ir;
pub mod limits;
pub mod lower;
pub mod parse;
mod problem;

pub use configuration::{Configuration, FormKey, Output, UnseenCategory};
pub use problem::{Problem, Problems, SHOWN_MAX};

use ir::Ensemble;
use lower::Program;
use parse::Parsed;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// This generator's name and version, as generated code states it.
pub const GENERATOR: &str = concat!("model-codegen ", env!("CARGO_PKG_VERSION"));

/// A model to generate.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The module's name: a Rust identifier.
    pub name: &'a str,
    /// The dump's file name, for messages and metadata.
    pub file: &'a str,
    /// The dump.
    pub dump: &'a [u8],
    /// `NAME.toml`, where there is one.
    pub configuration: Option<&'a str>,
}

/// A generated model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The module's text.
    pub rust: String,
    /// The tables that the text includes as `$OUT_DIR/NAME.bin`, where there are any.
    pub tables: Option<Vec<u8>>,
    /// How large the model is and which form it has.
    pub became: String,
    /// What the registry says of it.
    pub module: emit::Module,
    /// What a user should know though the model is sound.
    pub warnings: Vec<String>,
}

/// Generates a model's module: the same bytes for the same source.
pub fn generate(source: &Source<'_>) -> Result<Generated, Problems> {
    let (program, warnings) = plan(source)?;
    let module = emit::Module {
        name: source.name.to_owned(),
        file: source.file.to_owned(),
        summary: summary(&program.ensemble),
    };
    let became = format!("{} nodes, {}", program.ensemble.node_count(), program.choice.form);
    Ok(Generated {
        became,
        rust: emit::emit(&program),
        tables: emit::file(&program).map(<[u8]>::to_vec),
        module,
        warnings,
    })
}

/// The program that [`generate`] prints, and the warnings.
pub fn plan(source: &Source<'_>) -> Result<(Program, Vec<String>), Problems> {
    let (configuration, mut problems) = source.configuration.map(Configuration::read).unwrap_or_default();
    let planned = parse::parse(source.dump, &configuration).and_then(|parsed| {
        let Parsed { ensemble, mut warnings, configuration } = parsed;
        let program = lower::lower(ensemble, &configuration, source, &mut warnings)?;
        Ok((program, warnings))
    });
    match planned {
        Ok(planned) if problems.is_empty() => Ok(planned),
        Ok(_) => Err(Problems { file: source.file.to_owned(), problems }),
        Err(more) => {
            problems.extend(more);
            Err(Problems { file: source.file.to_owned(), problems })
        }
    }
}

/// The model that a source holds, before anything is decided about its code.
pub fn understand(source: &Source<'_>) -> Result<Parsed, Problems> {
    let refuse = |problems| Problems { file: source.file.to_owned(), problems };
    let configuration = source.configuration.map(Configuration::parse).transpose().map_err(refuse)?;
    parse::parse(source.dump, &configuration.unwrap_or_default()).map_err(refuse)
}

/// A line about a model.
fn summary(ensemble: &Ensemble) -> String {
    let trainer = ensemble.trainer();
    format!(
        "{} {} {} {}: {} trees, {} leaves, {} columns",
        trainer.name,
        trainer.version,
        trainer.algorithm,
        trainer.objective,
        ensemble.trees().len(),
        ensemble.leaf_count(),
        ensemble.columns().len()
    )
}

/// SHA-256 in lower-case hexadecimal.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
