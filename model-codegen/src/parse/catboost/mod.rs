//! `CatBoost`'s `save_model(format="json")`: symmetric, depthwise and lossguide trees, as release 1.2 writes them.
//!
//! What `CatBoost` means, checked against its own predictions:
//!
//! - A number is rounded to 32 bits, and a split's bit is 1 where `x > border`; a missing one counts as minus or plus
//!   infinity (`nan_value_treatment`), or compares false.
//! - `split_index` counts all borders of all numeric features, then all one-hot values, then all borders of the target
//!   statistics (`ctrs`). Of a symmetric tree's leaf index the first split is the lowest bit; in other trees bit 1 goes right.
//! - A category is the low half of a hash of its text. One-hot: the bit is 1 where it is the split's value. A target statistic
//!   looks a key up that is made of hashes and bits, and gives `((count + prior) / (total + prior) + shift) * scale` in 32
//!   bits; a key that training never saw has counts of 0.
//! - Leaves are added up in doubles from 0 on; the sum is multiplied by the scale, then the bias is added.
//! - `set_probability_threshold` stands in the file, and decides the label of two classes unless `NAME.toml` does.
//! - Multiclass probabilities and `Exponent` use an exponential of `CatBoost`'s own; binary probabilities the C library's.
//!
//! `cat_features_hash` (written where `save_model` was given the `pool`) tells texts, of all columns together. What a column's
//! levels are follows from its statistics where it has some; those in `NAME.toml` come on top, as their hashes are computed
//! here. A level in no list has no effect that an unseen one has not, and a model that knows a hash of which no text is
//! told is refused; of combinations with too many ways to try them all it is warned.
//!
//! The numbers are those of the model in memory: `CatBoost`'s own loader of this JSON loses last bits.

mod city;
mod features;
mod levels;
mod objective;
mod raw;
mod statistics;
mod trees;

use super::{
    Parsed,
    answer::{Kind, refuse_useless_keys},
    json,
};
use crate::{
    configuration::Configuration,
    ir::{Accumulation, BasePosition, Ensemble, Order, Parts, Precision, Task, Trainer},
    limits::CLASSES_MAX,
    problem::Problem,
};
use objective::Answer;
use raw::{Bias, Dump};

const SAVE_AGAIN: &str = "save the model again with save_model(\"model.json\", format=\"json\", pool=pool)";

/// Reads a file.
pub(crate) fn parse(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let dump: Dump = json::read(dump, SAVE_AGAIN).map_err(|problem| vec![problem])?;
    understand(dump, configuration)
}

fn understand(dump: Dump, configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    refuse_unsupported(&dump, &mut problems);
    let (scale, bias) = scale_and_bias(&dump, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let outputs = bias.len();
    let answer = objective::read(&dump.model_info, outputs, configuration, &mut problems);
    let features = features::read(&dump, configuration, &mut warnings, &mut problems);
    let Some(features) = features else { return Err(problems) };
    let trees = trees::convert(&dump, outputs, &features, &mut problems);
    if let Some(answer) = &answer {
        let classes = match &answer.task {
            Task::Regression => 0,
            Task::Classification { classes, .. } => classes.len(),
        };
        let kind = Kind { classes, outputs, takes_offset: false, has_best_iteration: false };
        refuse_useless_keys(kind, configuration, &mut problems);
    }
    let (Some(Answer { transform, task }), true) = (answer, problems.is_empty()) else {
        return Err(problems);
    };
    let algorithm = if dump.oblivious_trees.is_some() { "symmetric" } else { "non-symmetric" };
    let parts = Parts {
        trainer: Trainer {
            name: "CatBoost".into(),
            version: dump.model_info.version(),
            algorithm: algorithm.into(),
            objective: dump.model_info.params.map_or_else(String::new, |params| params.loss_function.name),
        },
        columns: features.columns.all,
        features: features.columns.features,
        trees,
        outputs,
        accumulation: Accumulation {
            precision: Precision::F64,
            order: Order::Sequential,
            base: bias,
            base_position: BasePosition::Last,
            weights: None,
            scale: (scale != 1.0).then_some(scale),
        },
        offset: None,
        transform,
        task,
    };
    let ensemble = Ensemble::new(parts).map_err(|error| {
        vec![Problem::new(error.to_string(), "report this: the parser should have said more of it")]
    })?;
    Ok(Parsed { ensemble, warnings, configuration: configuration.clone() })
}

fn refuse_unsupported(dump: &Dump, problems: &mut Vec<Problem>) {
    let info = &dump.features_info;
    let kinds = [
        ("text_features", "text", info.text_features.len()),
        ("embedding_features", "embedding", info.embedding_features.len()),
    ];
    for (key, what, count) in kinds.into_iter().filter(|(.., count)| *count > 0) {
        let found =
            format!("the model has {what} features ({count}), which are computed by CatBoost's own code");
        let advice = "train without them: their values can't be computed exactly elsewhere";
        problems.push(Problem::new(found, advice).at(format!("features_info.{key}")));
    }
    if dump.oblivious_trees.is_some() == dump.trees.is_some() {
        let found = "there is neither or both of `oblivious_trees` and `trees`";
        problems.push(Problem::new(found, SAVE_AGAIN).at("trees"));
    }
}

fn scale_and_bias(dump: &Dump, problems: &mut Vec<Problem>) -> (f64, Vec<f64>) {
    let (scale, bias) = match &dump.scale_and_bias {
        (scale, Bias::One(bias)) => (*scale, vec![*bias]),
        (scale, Bias::List(list)) => (*scale, list.clone()),
    };
    if !(1..=CLASSES_MAX).contains(&bias.len()) {
        let found = format!("there are {} margins, and {CLASSES_MAX} is the most that is read", bias.len());
        problems.push(Problem::new(found, SAVE_AGAIN).at("scale_and_bias"));
    }
    (scale, bias)
}
