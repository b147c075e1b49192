//! From a dump's bytes to an [`Ensemble`]: a file a format, whose module doc states its source's semantics.
//!
//! The format is recognised by content, not by file name.

mod answer;
pub(crate) mod catboost;
mod columns;
pub(crate) mod gbm_json;
pub(crate) mod h2o;
mod json;
pub(crate) mod lightgbm;
pub(crate) mod xgboost;

use crate::{configuration::Configuration, ir::Ensemble, problem::Problem};

/// A dump that was understood.
#[derive(Debug)]
pub struct Parsed {
    /// The model.
    pub ensemble: Ensemble,
    /// What a user should know though the model is sound.
    pub warnings: Vec<String>,
    /// What `NAME.toml` says, with what only the dump knows: the response's name, the offset's.
    pub configuration: Configuration,
}

/// Reads a dump of any known format.
pub fn parse(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    match Format::of(dump) {
        Ok(Format::CatboostJson) => catboost::parse(dump, configuration),
        Ok(Format::GbmJson) => gbm_json::parse(dump, configuration),
        Ok(Format::H2oJson) => h2o::parse(dump, configuration),
        Ok(Format::H2oMojo) => h2o::parse_mojo(dump, configuration),
        Ok(Format::LightgbmText) => lightgbm::parse_text(dump, configuration),
        Ok(Format::LightgbmJson) => lightgbm::parse_json(dump, configuration),
        Ok(Format::XgboostJson) => xgboost::parse_json(dump, configuration),
        Ok(Format::XgboostUbj) => xgboost::parse_ubj(dump, configuration),
        Err(problem) => Err(vec![problem]),
    }
}

/// What a file's content shows it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    CatboostJson,
    GbmJson,
    H2oJson,
    H2oMojo,
    LightgbmText,
    LightgbmJson,
    XgboostJson,
    XgboostUbj,
}

/// A JSON key that only one format has at the top.
const KEYS: [(&str, Format); 7] = [
    ("features_info", Format::CatboostJson),
    ("gbm_json", Format::GbmJson),
    ("tree_info", Format::LightgbmJson),
    ("learner", Format::XgboostJson),
    ("params", Format::H2oJson),
    ("domainValues", Format::H2oJson),
    ("trees", Format::H2oJson),
];

/// How files begin that hold a model in a form that can't be read, and what to save instead.
const UNREADABLE: [(&[u8], &str, &str); 4] = [
    (b"binf", "XGBoost's old binary form", "save it with save_model(\"model.json\")"),
    (b"bs64", "XGBoost's old binary form", "save it with save_model(\"model.json\")"),
    (b"\x80", "a Python pickle", "save the model in its library's own text form (models/README.md)"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it"),
];

impl Format {
    fn of(dump: &[u8]) -> Result<Self, Problem> {
        for (beginning, what, advice) in UNREADABLE {
            if dump.starts_with(beginning) {
                return Err(Problem::new(format!("the file is {what}"), advice));
            }
        }
        match dump.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(0) if dump.starts_with(ARCHIVE) => Ok(Self::H2oMojo),
            // UBJSON: a key is its length, behind the length's type, and its text.
            Some(0) if xgboost::is_ubj(dump) => Ok(Self::XgboostUbj),
            Some(at) if dump[at] == b'{' => Self::of_json(dump),
            Some(at) if lightgbm::is_text(&dump[at..]) => Ok(Self::LightgbmText),
            None => Err(Problem::new("the file is empty", EXPORT)),
            Some(_) => Err(Problem::new("the file holds no model of a known form", EXPORT)),
        }
    }

    fn of_json(dump: &[u8]) -> Result<Self, Problem> {
        let (keys, error) = json::keys(dump);
        let known = KEYS.iter().find(|(key, _)| keys.iter().any(|found| found == key));
        match (known, error) {
            (Some((_, format)), _) => Ok(*format),
            // The key that tells may stand in what is missing.
            (None, Some(error)) => Err(json::syntax_problem(dump, &error, EXPORT)),
            // An empty object: H2O's parser says what it lacks.
            (None, None) if keys.is_empty() => Ok(Self::H2oJson),
            (None, None) => {
                let shown: Vec<&str> = keys.iter().take(KEYS_SHOWN_MAX).map(String::as_str).collect();
                let found =
                    format!("the JSON is no model of a known form: its keys are {}", shown.join(", "));
                Err(Problem::new(found, EXPORT))
            }
        }
    }
}

/// How a zip archive begins.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// So many keys tell what a file is.
const KEYS_SHOWN_MAX: usize = 8;

const EXPORT: &str = "export the model as models/README.md shows";
