//! A file as it stands: nothing checked but its types.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Debug, Deserialize)]
pub(super) struct Dump {
    pub features_info: FeaturesInfo,
    #[serde(default)]
    pub ctr_data: Option<BTreeMap<String, CtrData>>,
    pub model_info: ModelInfo,
    pub oblivious_trees: Option<Vec<ObliviousTree>>,
    pub trees: Option<Vec<RawNode>>,
    pub scale_and_bias: (f64, Bias),
}

impl Dump {
    /// What training counted for a statistic.
    pub(super) fn statistic(&self, identifier: &str) -> Option<&CtrData> {
        self.ctr_data.as_ref()?.get(identifier)
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a number or an array of numbers")]
pub(super) enum Bias {
    One(f64),
    List(Vec<f64>),
}

#[derive(Debug, Deserialize)]
pub(super) struct FeaturesInfo {
    #[serde(default, deserialize_with = "list")]
    pub float_features: Vec<FloatFeature>,
    #[serde(default, deserialize_with = "list")]
    pub categorical_features: Vec<CategoricalFeature>,
    #[serde(default, deserialize_with = "list")]
    pub cat_features_hash: Vec<CategoryHash>,
    #[serde(default, deserialize_with = "list")]
    pub ctrs: Vec<Ctr>,
    #[serde(default, deserialize_with = "list")]
    pub text_features: Vec<Value>,
    #[serde(default, deserialize_with = "list")]
    pub embedding_features: Vec<Value>,
}

/// A list, for which `null` stands where it is empty.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Debug, Deserialize)]
pub(super) struct FloatFeature {
    pub feature_index: usize,
    pub flat_feature_index: usize,
    /// Written where `save_model` was given the pool.
    #[serde(default)]
    feature_name: String,
    /// The name that the model itself has, or the column's index.
    #[serde(default)]
    feature_id: String,
    pub borders: Option<Vec<f32>>,
    #[serde(default)]
    pub has_nans: bool,
    pub nan_value_treatment: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CategoricalFeature {
    pub feature_index: usize,
    pub flat_feature_index: usize,
    /// Written where `save_model` was given the pool.
    #[serde(default)]
    feature_name: String,
    /// The name that the model itself has, or the column's index.
    #[serde(default)]
    feature_id: String,
    pub values: Option<Vec<i32>>,
}

impl FloatFeature {
    pub(super) fn name(&self) -> &str {
        if self.feature_name.is_empty() { &self.feature_id } else { &self.feature_name }
    }
}

impl CategoricalFeature {
    pub(super) fn name(&self) -> &str {
        if self.feature_name.is_empty() { &self.feature_id } else { &self.feature_name }
    }

    /// A column for tests, which has nothing but its index.
    #[cfg(test)]
    pub(super) fn of_index(feature_index: usize) -> Self {
        let (feature_name, feature_id) = (String::new(), String::new());
        Self { feature_index, flat_feature_index: feature_index, feature_name, feature_id, values: None }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct CategoryHash {
    pub hash: u32,
    pub value: String,
}

/// A target statistic.
#[derive(Debug, Deserialize)]
pub(super) struct Ctr {
    pub identifier: String,
    pub elements: Vec<Element>,
    #[serde(rename = "ctr_type")]
    pub kind: String,
    pub prior_numerator: f32,
    // The library writes it so.
    #[serde(rename = "prior_denomerator")]
    pub prior_denominator: f32,
    pub shift: f32,
    pub scale: f32,
    #[serde(default)]
    pub target_border_idx: usize,
    pub borders: Vec<f32>,
}

/// A part of a statistic's key.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "combination_element", rename_all = "snake_case")]
pub(super) enum Element {
    CatFeatureValue { cat_feature_index: usize },
    FloatFeature { float_feature_index: usize, border: f32 },
    CatFeatureExactValue { cat_feature_index: usize, value: i32 },
}

/// What training counted, by key: of each row of numbers the first is the key.
#[derive(Debug, Deserialize)]
pub(super) struct CtrData {
    pub hash_map: Vec<Value>,
    pub hash_stride: usize,
    #[serde(default)]
    pub counter_denominator: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct ModelInfo {
    #[serde(default)]
    pub catboost_version_info: String,
    pub class_params: Option<ClassParams>,
    /// What `set_probability_threshold` was given, as a number or its text.
    pub binclass_probability_threshold: Option<Value>,
    /// How the model was trained; a sum of models has none.
    pub params: Option<Params>,
}

impl ModelInfo {
    /// The release, where the branch is a tag of one.
    pub(super) fn version(&self) -> String {
        let tag = self.catboost_version_info.split_once("tags/").map(|(_, rest)| rest);
        let tag = tag.and_then(|rest| rest.split_whitespace().next()).unwrap_or("unknown");
        tag.strip_prefix('v').unwrap_or(tag).to_owned()
    }

    /// The probability from which on a row of two classes is of the second; nothing where it can't be read.
    pub(super) fn threshold(&self) -> Result<Option<f64>, String> {
        let Some(value) = &self.binclass_probability_threshold else { return Ok(None) };
        let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
        match number.filter(|number| (0.0..=1.0).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(format!("the threshold is {value}, no probability")),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ClassParams {
    #[serde(default)]
    pub class_names: Vec<Value>,
    /// How many classes were asked for, or 0.
    #[serde(default)]
    pub classes_count: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct Params {
    pub loss_function: LossFunction,
}

#[derive(Debug, Deserialize)]
pub(super) struct LossFunction {
    #[serde(rename = "type")]
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ObliviousTree {
    pub leaf_values: Vec<f64>,
    pub splits: Option<Vec<RawSplit>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawSplit {
    pub split_index: usize,
}

/// A node of a tree that is not symmetric.
#[derive(Debug, Deserialize)]
pub(super) struct RawNode {
    pub split: Option<RawSplit>,
    pub left: Option<Box<RawNode>>,
    pub right: Option<Box<RawNode>>,
    pub value: Option<Bias>,
}
