//! A file as it stands: nothing checked but its keys and their types.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

/// What is read first: a later version may have other keys.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub gbm_json: Value,
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dump {
    #[serde(rename = "gbm_json")]
    _version: Value,
    pub trainer: Trainer,
    pub columns: Vec<Column>,
    #[serde(default)]
    pub numbers: Numbers,
    pub sum: Sum,
    #[serde(default)]
    pub answer: RawAnswer,
    pub trees: Vec<RawTree>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trainer {
    pub name: String,
    pub version: String,
    pub algorithm: String,
    pub objective: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub name: String,
    pub levels: Option<Levels>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected an array of levels, or their number")]
pub(super) enum Levels {
    Count(usize),
    List(Vec<Value>),
}

/// What a row's numbers are rounded to before they are compared.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Numbers {
    Float32,
    #[default]
    Float64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sum {
    pub base: Vec<f64>,
    #[serde(default)]
    pub order: SumOrder,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SumOrder {
    #[default]
    Sequential,
    FourFusedLanes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAnswer {
    pub classes: Option<Vec<Value>>,
    pub probabilities: Option<RawProbabilities>,
    pub link: Option<RawLink>,
    pub slope: Option<f64>,
    pub divisor: Option<f64>,
    pub threshold: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawProbabilities {
    FirstClass,
    SecondClass,
    Softmax,
    Each,
    Normalised,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawLink {
    Identity,
    Exponential,
    Logistic,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTree {
    pub output: Option<usize>,
    pub weight: Option<f64>,
    pub nodes: Vec<RawNode>,
}

/// A split or a leaf, by the keys that it has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNode {
    pub column: Option<usize>,
    pub at_most: Option<Threshold>,
    pub below: Option<Threshold>,
    pub levels: Option<Vec<usize>>,
    pub missing_left: Option<bool>,
    pub left: Option<usize>,
    pub right: Option<usize>,
    pub leaf: Option<RawLeaf>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a number or an array of numbers")]
pub(super) enum RawLeaf {
    One(f64),
    All(Vec<f64>),
}

/// A number, or the text of an infinity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold(pub f64);

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number, \"Infinity\" or \"-Infinity\"")]
enum Written {
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(number) => Ok(Self(number)),
            Written::Text(text) => match text.as_str() {
                "Infinity" => Ok(Self(f64::INFINITY)),
                "-Infinity" => Ok(Self(f64::NEG_INFINITY)),
                _ => Err(D::Error::custom(format!("{text:?} is neither \"Infinity\" nor \"-Infinity\""))),
            },
        }
    }
}
