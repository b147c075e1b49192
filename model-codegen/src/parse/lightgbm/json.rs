//! The JSON of `dump_model()`: trees as objects inside one another.

use super::{
    SAVE_AGAIN,
    model::{Header, Info, Missing, Model, Question, RawLeaf, RawLinear, RawNode, RawSplit, RawTree},
};
use crate::{parse::json, problem::Problem};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Splits between a root and a leaf of this notation. Its nodes are freed by recursion; the text has no such limit.
const JSON_DEPTH_MAX: usize = 3_000;

/// What the notation says instead of an infinity.
const INFINITY: f64 = 1e300;

#[derive(Deserialize)]
struct Dump {
    #[serde(default)]
    version: String,
    num_class: usize,
    num_tree_per_iteration: usize,
    max_feature_idx: usize,
    objective: Option<String>,
    /// Releases before 2.2 don't write it, nor the objective.
    average_output: Option<bool>,
    feature_names: Vec<String>,
    feature_infos: Option<BTreeMap<String, JsonInfo>>,
    tree_info: Vec<Tree>,
    pandas_categorical: Option<Vec<Vec<Value>>>,
}

#[derive(Deserialize)]
struct JsonInfo {
    #[serde(default)]
    min_value: Value,
    #[serde(default)]
    max_value: Value,
    /// The codes of a categorical column.
    #[serde(default)]
    values: Vec<i64>,
}

#[derive(Deserialize)]
struct Tree {
    tree_structure: JsonNode,
}

#[derive(Deserialize)]
struct JsonNode {
    split_index: Option<usize>,
    split_feature: Option<usize>,
    threshold: Option<Value>,
    decision_type: Option<String>,
    default_left: Option<bool>,
    missing_type: Option<String>,
    left_child: Option<Box<JsonNode>>,
    right_child: Option<Box<JsonNode>>,
    leaf_index: Option<usize>,
    leaf_value: Option<f64>,
    leaf_const: Option<f64>,
    leaf_features: Option<Vec<usize>>,
    leaf_coeff: Option<Vec<f64>>,
}

/// Reads a file, or says all that is wrong with it.
pub(super) fn read(dump: &[u8]) -> Result<Model, Vec<Problem>> {
    json::refuse_deep_nesting(dump, JSON_DEPTH_MAX)?;
    let dump = deserialize(dump).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let width = dump.feature_names.len();
    if dump.max_feature_idx.checked_add(1) != Some(width) {
        let found = format!("there are {width} where max_feature_idx is {}", dump.max_feature_idx);
        problems.push(Problem::new(found, SAVE_AGAIN).at("feature_names"));
    }
    if dump.average_output.is_none() {
        let found = "it is not there: the JSON of releases before 2.2 does not tell the objective either";
        problems.push(Problem::new(found, SAVE_AGAIN).at("average_output"));
    }
    let info = |name: &String| match dump.feature_infos.as_ref().map(|infos| infos.get(name)) {
        None => Info::Unknown,
        Some(None) => Info::Constant,
        Some(Some(info)) if info.values.is_empty() => {
            let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
            Info::Numbers(number(&info.min_value), number(&info.max_value))
        }
        Some(Some(info)) => Info::Categories(info.values.clone()),
    };
    let header = Header {
        version: dump.version,
        num_class: dump.num_class,
        num_tree_per_iteration: dump.num_tree_per_iteration,
        objective: dump.objective,
        average_output: dump.average_output.unwrap_or_default(),
        are_predictions: false,
        infos: dump.feature_names.iter().map(info).collect(),
        feature_names: dump.feature_names,
        pandas_categorical: dump.pandas_categorical,
    };
    let mut trees = Vec::new();
    for (index, tree) in dump.tree_info.into_iter().enumerate() {
        let place = format!("tree_info[{index}].tree_structure");
        match flattened(tree.tree_structure, place.clone()) {
            Ok(tree) => trees.push(tree),
            Err((node, found)) => problems.push(Problem {
                tree: Some(index),
                node: Some(node),
                ..Problem::new(found, SAVE_AGAIN).at(place)
            }),
        }
    }
    if problems.is_empty() { Ok(Model { header, trees }) } else { Err(problems) }
}

fn deserialize(bytes: &[u8]) -> Result<Dump, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    json.disable_recursion_limit();
    let read: Result<Dump, _> = serde_path_to_error::deserialize(serde_stacker::Deserializer::new(&mut json));
    let dump = read.map_err(|error| match error.inner() {
        inner if inner.is_data() => json::type_problem(error.path(), inner, SAVE_AGAIN),
        inner => json::syntax_problem(bytes, inner, SAVE_AGAIN),
    })?;
    json.end().map_err(|error| json::syntax_problem(bytes, &error, SAVE_AGAIN))?;
    Ok(dump)
}

/// What is wrong with a node, and which it is.
type Refusal = (String, String);

/// A tree's nodes in a row, parents before children.
fn flattened(root: JsonNode, place: String) -> Result<RawTree, Refusal> {
    let mut nodes = Vec::new();
    let mut pending = std::collections::VecDeque::from([root]);
    while let Some(mut node) = pending.pop_front() {
        let children = (node.left_child.take(), node.right_child.take());
        nodes.push(match children {
            (Some(left), Some(right)) => {
                let first = nodes.len() + pending.len() + 1;
                pending.extend([*left, *right]);
                RawNode::Split(split(&node, [first, first + 1])?)
            }
            (None, None) => RawNode::Leaf(leaf(&node)?),
            _ => return Err((name(&node), "the split has one child".into())),
        });
    }
    Ok(RawTree { place, nodes })
}

fn name(node: &JsonNode) -> String {
    match (node.split_index, node.leaf_index) {
        (Some(index), _) => format!("split {index}"),
        (None, Some(index)) => format!("leaf {index}"),
        (None, None) => "without an index".into(),
    }
}

fn split(node: &JsonNode, children: [usize; 2]) -> Result<RawSplit, Refusal> {
    let refuse = |found: String| (name(node), found);
    let missing = match node.missing_type.as_deref() {
        Some("None") => Missing::Nothing,
        Some("Zero") => Missing::Zero,
        Some("NaN") => Missing::NaN,
        Some(other) => return Err(refuse(format!("`missing_type` is `{other}`"))),
        None => return Err(refuse("there is no `missing_type`".into())),
    };
    let question = match (node.decision_type.as_deref(), &node.threshold) {
        (Some("<="), Some(Value::Number(threshold))) => {
            let threshold = threshold.as_f64().unwrap_or(f64::NAN);
            Question::Threshold(if threshold.abs() < INFINITY {
                threshold
            } else {
                threshold * f64::INFINITY
            })
        }
        (Some("=="), Some(Value::String(codes))) => {
            let codes: Result<Vec<usize>, _> = codes.split("||").map(str::parse).collect();
            Question::Categories(codes.map_err(|_| refuse("`threshold` holds what is no category".into()))?)
        }
        (decision, threshold) => {
            let threshold = threshold.as_ref().map_or("nothing".into(), Value::to_string);
            return Err(refuse(format!("`decision_type` is {decision:?} and `threshold` {threshold}")));
        }
    };
    Ok(RawSplit {
        index: node.split_index.unwrap_or_default(),
        feature: node.split_feature.ok_or_else(|| refuse("the split has no `split_feature`".into()))?,
        question,
        default_left: node.default_left.ok_or_else(|| refuse("the split has no `default_left`".into()))?,
        missing,
        children,
    })
}

fn leaf(node: &JsonNode) -> Result<RawLeaf, Refusal> {
    let refuse = |found: &str| (name(node), found.to_owned());
    let value = node.leaf_value.ok_or_else(|| refuse("the leaf has no `leaf_value`"))?;
    let linear = match node.leaf_const {
        None => None,
        Some(constant) => {
            let features = node.leaf_features.as_deref().unwrap_or_default();
            let coefficients = node.leaf_coeff.as_deref().unwrap_or_default();
            if features.len() != coefficients.len() {
                return Err(refuse("`leaf_features` and `leaf_coeff` are of different lengths"));
            }
            let terms = features.iter().copied().zip(coefficients.iter().copied()).collect();
            Some(RawLinear { constant, terms })
        }
    };
    Ok(RawLeaf { index: node.leaf_index.unwrap_or_default(), value, linear })
}
