//! From a dump's bytes to an [`Ensemble`]: a file a format, whose module doc states its source's semantics.
//!
//! The format is recognised by content, not by file name.

pub(crate) mod h2o;

use crate::{configuration::Configuration, ir::Ensemble, problem::Problem};

/// A dump that was understood.
#[derive(Debug)]
pub struct Parsed {
    /// The model.
    pub ensemble: Ensemble,
    /// What a user should know though the model is sound.
    pub warnings: Vec<String>,
}

/// Reads a dump of any known format.
pub fn parse(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    match dump.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => h2o::parse(dump, configuration),
        None => Err(vec![Problem::new("the file is empty", EXPORT)]),
        Some(_) => Err(vec![Problem::new("the file holds no JSON object", EXPORT)]),
    }
}

const EXPORT: &str = "export the model with H2O's PrintMojo (models/README.md shows how)";
