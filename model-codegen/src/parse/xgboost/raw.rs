//! A file as it stands: nothing checked but its types.

use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt};

/// The whole file.
#[derive(Debug, Deserialize)]
pub(super) struct Dump {
    #[serde(default)]
    pub version: Vec<u32>,
    pub learner: Learner,
}

#[derive(Debug, Deserialize)]
pub(super) struct Learner {
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub feature_names: Vec<String>,
    #[serde(default)]
    pub feature_types: Vec<String>,
    pub gradient_booster: Booster,
    #[serde(rename = "learner_model_param")]
    pub params: LearnerParams,
    pub objective: Objective,
}

#[derive(Debug, Deserialize)]
pub(super) struct LearnerParams {
    #[serde(default)]
    pub base_score: String,
    #[serde(default)]
    pub num_class: Count,
    pub num_feature: Count,
    #[serde(default)]
    pub num_target: Count,
}

#[derive(Debug, Deserialize)]
pub(super) struct Objective {
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Booster {
    pub name: String,
    pub model: Option<Model>,
    pub gbtree: Option<Gbtree>,
    pub weight_drop: Option<Vec<f32>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Gbtree {
    pub model: Option<Model>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Model {
    #[serde(default)]
    pub gbtree_model_param: GbtreeParams,
    #[serde(default)]
    pub tree_info: Vec<usize>,
    pub trees: Option<Vec<RawTree>>,
    pub iteration_indptr: Option<Vec<usize>>,
    pub cats: Option<Cats>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct GbtreeParams {
    /// How many trees an iteration has for each margin; releases up to 1.5 do not tell.
    pub num_parallel_tree: Option<Count>,
}

/// The categories of a data frame's columns.
#[derive(Debug, Deserialize)]
pub(super) struct Cats {
    pub enc: Vec<Encoding>,
}

/// Those of one column: texts run together and cut at offsets, or numbers.
#[derive(Debug, Deserialize)]
pub(super) struct Encoding {
    pub offsets: Option<Vec<usize>>,
    #[serde(default)]
    pub values: Vec<serde_json::Value>,
}

/// A tree's arrays, by node.
#[derive(Debug, Deserialize)]
pub(super) struct RawTree {
    pub left_children: Vec<i32>,
    pub right_children: Vec<i32>,
    pub split_indices: Vec<u32>,
    #[serde(deserialize_with = "numbers")]
    pub split_conditions: Vec<f32>,
    pub default_left: Vec<Flag>,
    #[serde(default)]
    pub split_type: Vec<u8>,
    #[serde(default)]
    pub categories: Vec<u32>,
    #[serde(default)]
    pub categories_nodes: Vec<usize>,
    #[serde(default)]
    pub categories_segments: Vec<usize>,
    #[serde(default)]
    pub categories_sizes: Vec<usize>,
    #[serde(default)]
    pub leaf_weights: Vec<f32>,
    /// A number a node, or one a margin and node: then they are what vector leaves hold in releases before 3.2.
    #[serde(default, deserialize_with = "numbers")]
    pub base_weights: Vec<f32>,
    #[serde(default)]
    pub tree_param: TreeParams,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct TreeParams {
    #[serde(default)]
    pub size_leaf_vector: Count,
}

impl Model {
    pub(super) fn trees(&self) -> &[RawTree] {
        self.trees.as_deref().unwrap_or_default()
    }

    /// How many trees the iterations up to this one have; nothing where the file does not tell. Releases before 2.0 don't count
    /// them, but each iteration has as many.
    pub(super) fn trees_until(&self, iteration: usize, outputs: usize) -> Option<usize> {
        match &self.iteration_indptr {
            Some(starts) => starts.get(iteration.checked_add(1)?).copied(),
            None => {
                let of_one = outputs.checked_mul(self.parallel_trees(outputs)?)?;
                iteration.checked_add(1)?.checked_mul(of_one)
            }
        }
    }

    /// Whether [`Self::trees_until`] can tell.
    pub(super) fn tells_iterations(&self, outputs: usize) -> bool {
        self.iteration_indptr.is_some() || self.parallel_trees(outputs).is_some()
    }

    /// How many trees an iteration has for each margin. Releases up to 1.5 do not tell: with several margins, it is the length of
    /// the first run of one margin's trees.
    fn parallel_trees(&self, outputs: usize) -> Option<usize> {
        match self.gbtree_model_param.num_parallel_tree {
            Some(Count(parallel)) => Some(parallel.max(1)),
            None if outputs > 1 => {
                let first = self.tree_info.first()?;
                Some(self.tree_info.iter().take_while(|output| *output == first).count())
            }
            None => None,
        }
    }
}

impl RawTree {
    pub(super) fn is_categorical(&self, node: usize) -> bool {
        self.split_type.get(node) == Some(&1)
    }

    pub(super) fn is_leaf(&self, node: usize) -> bool {
        self.left_children.get(node) == Some(&-1)
    }

    /// The nodes that ask for a category.
    pub(super) fn categorical_nodes(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.split_type.len()).filter(|node| self.is_categorical(*node) && !self.is_leaf(*node))
    }

    pub(super) fn column(&self, node: usize) -> Option<usize> {
        self.split_indices.get(node).map(|column| *column as usize)
    }
}

/// Numbers, of which null is NaN: release 2.1 writes one where a node asks for a category.
fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    let numbers = Vec::<Option<f32>>::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|number| number.unwrap_or(f32::NAN)).collect())
}

/// A count, which the files hold as text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count(pub usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl de::Visitor<'_> for CountVisitor {
    type Value = Count;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a count")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
        text.parse().map(Count).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
        usize::try_from(number)
            .map(Count)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Count, E> {
        usize::try_from(number)
            .map(Count)
            .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
    }
}

/// A flag, which the files hold as a number or, the older ones, as a boolean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl de::Visitor<'_> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("0, 1, true or false")
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Flag, E> {
        Ok(Flag(flag))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Flag, E> {
        match number {
            0 => Ok(Flag(false)),
            1 => Ok(Flag(true)),
            _ => Err(E::invalid_value(de::Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Flag, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(de::Unexpected::Signed(number), &self)),
        }
    }
}
