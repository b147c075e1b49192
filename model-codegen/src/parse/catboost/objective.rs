//! From the loss function's name to what the margins mean.

use super::{SAVE_AGAIN, raw::ModelInfo};
use crate::{
    configuration::Configuration,
    ir::{Decision, Link, Probabilities, Task, Transform},
    parse::{
        answer::{decision, numbered_classes},
        columns::level_text,
    },
    problem::{Problem, nearest},
};

/// What a model answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub transform: Transform,
    pub task: Task,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Objective {
    /// A number for each margin.
    Value(Link),
    Binary,
    Multiclass,
    OneVersusAll,
}

const LOGISTIC: Link = Link::UncappedLogistic { slope: 1.0 };

const OBJECTIVES: [(&str, Objective); 33] = [
    ("RMSE", Objective::Value(Link::Identity)),
    ("MAE", Objective::Value(Link::Identity)),
    ("Quantile", Objective::Value(Link::Identity)),
    ("MultiQuantile", Objective::Value(Link::Identity)),
    ("GroupQuantile", Objective::Value(Link::Identity)),
    ("LogLinQuantile", Objective::Value(Link::Identity)),
    ("Expectile", Objective::Value(Link::Identity)),
    ("MAPE", Objective::Value(Link::Identity)),
    ("Huber", Objective::Value(Link::Identity)),
    ("Lq", Objective::Value(Link::Identity)),
    ("LogCosh", Objective::Value(Link::Identity)),
    ("MultiRMSE", Objective::Value(Link::Identity)),
    ("MultiRMSEWithMissingValues", Objective::Value(Link::Identity)),
    ("QueryRMSE", Objective::Value(Link::Identity)),
    ("QuerySoftMax", Objective::Value(Link::Identity)),
    ("PairLogit", Objective::Value(Link::Identity)),
    ("PairLogitPairwise", Objective::Value(Link::Identity)),
    ("YetiRank", Objective::Value(Link::Identity)),
    ("YetiRankPairwise", Objective::Value(Link::Identity)),
    ("StochasticRank", Objective::Value(Link::Identity)),
    ("LambdaMart", Objective::Value(Link::Identity)),
    ("Cox", Objective::Value(Link::Identity)),
    // Of the caller's own: the prediction is the margin.
    ("PythonUserDefinedPerObject", Objective::Value(Link::Identity)),
    ("PythonUserDefinedMultiTarget", Objective::Value(Link::Identity)),
    ("Poisson", Objective::Value(Link::TableExponential)),
    ("Tweedie", Objective::Value(Link::TableExponential)),
    // Its targets are probabilities, not classes.
    ("CrossEntropy", Objective::Value(LOGISTIC)),
    ("MultiLogloss", Objective::Value(LOGISTIC)),
    ("MultiCrossEntropy", Objective::Value(LOGISTIC)),
    ("Logloss", Objective::Binary),
    ("Focal", Objective::Binary),
    ("MultiClass", Objective::Multiclass),
    ("MultiClassOneVsAll", Objective::OneVersusAll),
];

const PLACE: &str = "model_info.params.loss_function.type";

/// What the margins mean; nothing where that can't be known.
pub(super) fn read(
    info: &ModelInfo,
    outputs: usize,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<Answer> {
    let Some(params) = &info.params else {
        let found = "the file does not say what the loss function was, as of models that sum_models made";
        problems.push(Problem::new(found, "export a model that was trained").at("model_info.params"));
        return None;
    };
    let name = &params.loss_function.name;
    let Some((_, objective)) = OBJECTIVES.iter().find(|(known, _)| known == name) else {
        let names = OBJECTIVES.map(|(known, _)| known);
        let may_be = format!("it may be {}", names.join(", "));
        let advice = match nearest(name, names) {
            Some(near) => format!("did the file mean `{near}`? {may_be}"),
            None => may_be,
        };
        let found = format!("the loss function `{name}` is not supported");
        problems.push(Problem::new(found, advice).at(PLACE));
        return None;
    };
    let (count, probabilities) = match *objective {
        Objective::Value(link) => {
            let transform = Transform::Value { divisor: None, link };
            return Some(Answer { transform, task: Task::Regression });
        }
        Objective::Binary => (2, Probabilities::SecondClass(LOGISTIC)),
        Objective::Multiclass => (outputs, Probabilities::TableSoftmax),
        Objective::OneVersusAll => (outputs, Probabilities::Each(LOGISTIC)),
    };
    if (*objective == Objective::Binary) != (outputs == 1) {
        let found = format!("the loss function is `{name}` and there are {outputs} margins");
        problems.push(Problem::new(found, SAVE_AGAIN).at(PLACE));
        return None;
    }
    refuse_unseen_classes(info, count, problems);
    Some(Answer {
        transform: Transform::Classes { divisor: None, probabilities, corrections: None },
        task: Task::Classification {
            classes: classes(info, count, configuration, problems),
            decision: match own_threshold(info, problems) {
                Some(threshold) if *objective == Objective::Binary && configuration.threshold.is_none() => {
                    Decision::Threshold(threshold)
                }
                _ => decision(configuration),
            },
        },
    })
}

/// The file's own threshold, where it has one.
fn own_threshold(info: &ModelInfo, problems: &mut Vec<Problem>) -> Option<f64> {
    match info.threshold() {
        Ok(threshold) => threshold,
        Err(found) => {
            problems.push(Problem::new(found, SAVE_AGAIN).at("model_info.binclass_probability_threshold"));
            None
        }
    }
}

/// Refuses a model of classes that training never saw: `CatBoost` tells probabilities of 0 for them, and has no trees.
fn refuse_unseen_classes(info: &ModelInfo, count: usize, problems: &mut Vec<Problem>) {
    let all = info.class_params.as_ref().map_or(0, |params| params.classes_count);
    if all > count {
        let found = format!("`classes_count` is {all}, and {count} classes were in the training data");
        let place = "model_info.class_params.classes_count";
        problems.push(Problem::new(found, "train without classes_count").at(place));
    }
}

/// The labels: the configuration's, else the file's, else numbers.
fn classes(
    info: &ModelInfo,
    count: usize,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let named = info.class_params.as_ref().map(|params| params.class_names.iter().map(level_text));
    let named: Option<Vec<String>> = named.and_then(Iterator::collect);
    match named.filter(|labels| labels.len() == count && configuration.classes.is_none()) {
        Some(labels) => labels,
        None => numbered_classes(count, configuration, problems),
    }
}
