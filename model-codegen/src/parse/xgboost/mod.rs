//! `XGBoost`'s `save_model` as JSON or UBJSON: `gbtree` and `dart`, as releases 1.0 to 3.2 write them.
//!
//! What `XGBoost` means, checked against its own predictions:
//!
//! - Every value is rounded to 32 bits first; thresholds, leaves and sums are of 32 bits too. NaN is missing.
//! - A numeric split sends `x < split_conditions` left; a missing value goes where `default_left` says. A leaf is where
//!   `left_children` is -1, and its number stands in `split_conditions`.
//! - A categorical split (`split_type` 1) sends the categories of its list **right** and all others left: codes are cut
//!   towards zero, and what is negative, 2^24 or more, or beyond the list is an other, -0.5 included. Release 2.1 writes NaN for
//!   its threshold, in JSON too.
//! - A margin starts from the base score and adds each tree's leaf in the file's order, parallel trees among them. Releases before
//!   1.3, and `dart` before 1.4, start from 0 and add the base score last. `dart` multiplies each leaf by the tree's `weight_drop`
//!   first. A vector leaf adds to every margin: from 3.2 on its numbers stand in
//!   `leaf_weights`, in the row that `right_children` gives; before that in `base_weights`, in the row of its node.
//! - `base_score` is one number or one a margin. It is a margin already, but for objectives whose link is a logistic or an
//!   exponential: there it is a prediction, from which the margin is computed in 32 bits. Release 3.2 keeps a probability 1e-6
//!   away from 0 and 1 there; those before take it as it is.
//! - A base margin of the caller's stands in for the base score.
//! - `Booster.predict` uses all trees; the scikit-learn classes stop at `best_iteration` where training stopped early.
//!   `best_iteration = true` in `NAME.toml` does the same.
//! - `cats` (from 3.1 on) lists the categories that a data frame had, in the order of their codes. `XGBoost` 3.2 takes a level
//!   that is not in the list for another one (dmlc/xgboost#12189); here it is unseen. A list that is not ASCII is unusable
//!   (`categories`).
//!
//! `multi:softmax` predicts the first of the largest margins. Here it is the first of the largest probabilities, which may
//! be another only where two margins differ by less than 6e-8.

mod categories;
mod iterations;
mod objective;
mod raw;
mod trees;
mod ubj;

use super::{
    Parsed,
    answer::{Kind, refuse_useless_keys},
    columns::{Columns, Known},
    json,
};
use crate::{
    configuration::Configuration,
    ir::{Accumulation, BasePosition, Ensemble, Offset, Order, Parts, Precision, Task, Trainer},
    limits::{CLASSES_MAX, COLUMNS_MAX},
    problem::Problem,
};
use objective::Answer;
use raw::{Dump, Learner, Model};
use trees::Layout;

pub(super) use ubj::is_ubj;

const SAVE_AGAIN: &str = "save the model again with save_model(\"model.json\")";

/// The first release whose vector leaves have rows of their own.
const LEAF_ROWS_FROM: [u32; 2] = [3, 2];

/// Reads a JSON file.
pub(crate) fn parse_json(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let read: Result<Dump, _> = json::read_with_nan(dump, SAVE_AGAIN);
    understand(&read.map_err(|problem| vec![problem])?, configuration)
}

/// Reads a UBJSON file.
pub(crate) fn parse_ubj(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let mut ubj = ubj::Deserializer::new(dump);
    let read: Result<Dump, _> = serde_path_to_error::deserialize(&mut ubj);
    let read = read.map_err(|error| json::type_problem(error.path(), error.inner(), SAVE_AGAIN));
    let read = read.and_then(|read| match ubj.end() {
        Ok(()) => Ok(read),
        Err(error) => Err(Problem::new(error.to_string(), SAVE_AGAIN)),
    });
    understand(&read.map_err(|problem| vec![problem])?, configuration)
}

fn understand(dump: &Dump, configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let learner = &dump.learner;
    let (model, weights) = booster(learner).map_err(|problem| vec![problem])?;
    let shape = Shape::of(learner).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let answer = objective::read(&learner.objective.name, shape.outputs, configuration, &mut problems);
    let base = objective::base(learner, &dump.version, shape.outputs, &mut problems);
    let columns = columns(learner, model, shape.columns, configuration, &mut problems);
    let trees =
        iterations::used_trees(learner, model, shape.outputs, configuration, &mut warnings, &mut problems);
    let used = &model.trees()[..trees];
    let layout = Layout {
        outputs: shape.outputs,
        is_weighted: weights.is_some(),
        has_leaf_rows: dump.version.is_empty() || dump.version.as_slice() >= LEAF_ROWS_FROM.as_slice(),
    };
    let converted = trees::convert(used, model, layout, columns, &mut problems);
    let weights = weights.map(|weights| weights.iter().map(|weight| f64::from(*weight)).collect::<Vec<_>>());
    if let Some(weights) = weights.as_ref().filter(|weights| weights.len() != model.trees().len()) {
        let found = format!("there are {} weights for {} trees", weights.len(), model.trees().len());
        problems.push(Problem::new(found, SAVE_AGAIN).at("learner.gradient_booster.weight_drop"));
    }
    if let Some(answer) = &answer {
        let classes = match &answer.task {
            Task::Regression => 0,
            Task::Classification { classes, .. } => classes.len(),
        };
        let kind = Kind { classes, outputs: shape.outputs, takes_offset: true, has_best_iteration: true };
        refuse_useless_keys(kind, configuration, &mut problems);
    }
    let (Some(Answer { transform, task }), Some(base), true) = (answer, base, problems.is_empty()) else {
        return Err(problems);
    };
    let parts = Parts {
        trainer: Trainer {
            name: "XGBoost".into(),
            version: dump.version.iter().map(ToString::to_string).collect::<Vec<_>>().join("."),
            algorithm: learner.gradient_booster.name.clone(),
            objective: learner.objective.name.clone(),
        },
        columns: converted.columns.all,
        features: converted.columns.features,
        trees: converted.trees,
        outputs: shape.outputs,
        accumulation: Accumulation {
            precision: Precision::F32,
            order: Order::Sequential,
            base,
            base_position: base_position(dump),
            weights: weights.map(|weights| weights[..trees].to_vec()),
            scale: None,
        },
        offset: configuration.offset_column.as_ref().map(|_| Offset::ReplacesBase),
        transform,
        task,
    };
    let ensemble = Ensemble::new(parts).map_err(|error| {
        vec![Problem::new(error.to_string(), "report this: the parser should have said more of it")]
    })?;
    Ok(Parsed { ensemble, warnings, configuration: configuration.clone() })
}

/// Where the base score comes in sums of 32 bits: early releases add the trees up first.
fn base_position(dump: &Dump) -> BasePosition {
    let is_dart = dump.learner.gradient_booster.name == "dart";
    let first_from = if is_dart { DART_BASE_FIRST_FROM } else { BASE_FIRST_FROM };
    let is_first = dump.version.is_empty() || dump.version.as_slice() >= first_from.as_slice();
    if is_first { BasePosition::First } else { BasePosition::Last }
}

/// The first releases that begin with the base score.
const BASE_FIRST_FROM: [u32; 2] = [1, 3];
const DART_BASE_FIRST_FROM: [u32; 2] = [1, 4];

/// The trees, and the weight of each where the booster drops some in training.
fn booster(learner: &Learner) -> Result<(&Model, Option<&[f32]>), Problem> {
    let place = "learner.gradient_booster";
    let booster = &learner.gradient_booster;
    let missing = |what: &str| Problem::new(format!("there is no {what}"), SAVE_AGAIN).at(place);
    let (model, weights) = match booster.name.as_str() {
        "gbtree" => (booster.model.as_ref(), None),
        "dart" => {
            let weights = booster.weight_drop.as_deref().ok_or_else(|| missing("list `weight_drop`"))?;
            (booster.gbtree.as_ref().and_then(|gbtree| gbtree.model.as_ref()), Some(weights))
        }
        "gblinear" => {
            let advice = "train with booster=\"gbtree\"; a linear model has no trees";
            return Err(Problem::new("the booster is `gblinear`", advice).at(format!("{place}.name")));
        }
        other => {
            let found = format!("the booster `{other}` is not known");
            return Err(Problem::new(found, "it may be gbtree, dart").at(format!("{place}.name")));
        }
    };
    let model = model.filter(|model| model.trees.is_some()).ok_or_else(|| missing("list `model.trees`"))?;
    Ok((model, weights))
}

/// How wide a model is.
#[derive(Clone, Copy, Debug)]
struct Shape {
    columns: usize,
    outputs: usize,
}

impl Shape {
    fn of(learner: &Learner) -> Result<Self, Problem> {
        let params = &learner.params;
        let outputs = params.num_class.0.max(params.num_target.0).max(1);
        let refuse = |key: &str, number: usize, max: usize| {
            let found = format!("`{key}` is {number}, and {max} is the most that is read");
            Problem::new(found, "train a smaller model").at(format!("learner.learner_model_param.{key}"))
        };
        if outputs > CLASSES_MAX {
            return Err(refuse("num_class", outputs, CLASSES_MAX));
        }
        if params.num_feature.0 > COLUMNS_MAX {
            return Err(refuse("num_feature", params.num_feature.0, COLUMNS_MAX));
        }
        Ok(Self { columns: params.num_feature.0, outputs })
    }
}

fn columns(
    learner: &Learner,
    model: &Model,
    count: usize,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Columns {
    let names = Some(&learner.feature_names).filter(|names| !names.is_empty()).cloned();
    let names = names.filter(|names| {
        if names.len() != count {
            let found = format!("there are {} names for {count} columns", names.len());
            problems.push(Problem::new(found, SAVE_AGAIN).at("learner.feature_names"));
        }
        names.len() == count
    });
    let mut known = vec![Known::default(); count];
    for (column, kind) in known.iter_mut().zip(&learner.feature_types) {
        column.has_codes = kind == "c";
    }
    for tree in model.trees() {
        for node in tree.categorical_nodes() {
            if let Some(column) = tree.column(node).and_then(|column| known.get_mut(column)) {
                column.has_codes = true;
            }
        }
    }
    if let Some(cats) = &model.cats {
        categories::read(cats, &learner.feature_names, &mut known, configuration, problems);
    }
    Columns::new(known, names, "f", configuration, problems)
}
