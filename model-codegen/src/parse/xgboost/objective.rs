//! From the objective's name to what the margins mean, and from `base_score` to the margin that it stands for.

use super::{SAVE_AGAIN, raw::Learner};
use crate::{
    configuration::Configuration,
    ir::{Link, Probabilities, Task, Transform},
    parse::answer::{decision, numbered_classes},
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
    /// Two classes, whose second has the link of the only margin.
    Binary(Link),
    /// A class for each margin.
    Multiclass,
}

const OBJECTIVES: [(&str, Objective); 20] = [
    ("reg:squarederror", Objective::Value(Link::Identity)),
    // What releases before 0.83 called it.
    ("reg:linear", Objective::Value(Link::Identity)),
    ("reg:absoluteerror", Objective::Value(Link::Identity)),
    ("reg:pseudohubererror", Objective::Value(Link::Identity)),
    ("reg:squaredlogerror", Objective::Value(Link::Identity)),
    ("reg:quantileerror", Objective::Value(Link::Identity)),
    ("rank:pairwise", Objective::Value(Link::Identity)),
    ("rank:ndcg", Objective::Value(Link::Identity)),
    ("rank:map", Objective::Value(Link::Identity)),
    ("binary:logitraw", Objective::Value(Link::Identity)),
    ("reg:logistic", Objective::Value(Link::SingleLogistic)),
    ("count:poisson", Objective::Value(Link::SingleExponential)),
    ("reg:gamma", Objective::Value(Link::SingleExponential)),
    ("reg:tweedie", Objective::Value(Link::SingleExponential)),
    ("survival:cox", Objective::Value(Link::SingleExponential)),
    ("survival:aft", Objective::Value(Link::SingleExponential)),
    ("binary:logistic", Objective::Binary(Link::SingleLogistic)),
    ("binary:hinge", Objective::Binary(Link::Step)),
    ("multi:softprob", Objective::Multiclass),
    ("multi:softmax", Objective::Multiclass),
];

/// What the margins mean; nothing where that can't be known.
pub(super) fn read(
    name: &str,
    outputs: usize,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<Answer> {
    let Some((_, objective)) = OBJECTIVES.iter().find(|(known, _)| *known == name) else {
        let names = OBJECTIVES.map(|(known, _)| known);
        let may_be = format!("it may be {}", names.join(", "));
        let advice = match nearest(name, names) {
            Some(near) => format!("did the file mean `{near}`? {may_be}"),
            None => may_be,
        };
        let found = format!("the objective `{name}` is not supported");
        problems.push(Problem::new(found, advice).at("learner.objective.name"));
        return None;
    };
    match *objective {
        // Of several targets, each has labels of its own: the answer is a number for each.
        Objective::Binary(link) if outputs > 1 => Some(value(link)),
        Objective::Value(link) => Some(value(link)),
        Objective::Binary(link) => {
            Some(classes(2, Probabilities::SecondClass(link), configuration, problems))
        }
        Objective::Multiclass if outputs < 2 => {
            let found = format!("the objective is `{name}` and the number of classes {outputs}");
            problems.push(Problem::new(found, SAVE_AGAIN).at("learner.learner_model_param.num_class"));
            None
        }
        Objective::Multiclass => {
            Some(classes(outputs, Probabilities::SingleSoftmax, configuration, problems))
        }
    }
}

fn value(link: Link) -> Answer {
    Answer { transform: Transform::Value { divisor: None, link }, task: Task::Regression }
}

fn classes(
    count: usize,
    probabilities: Probabilities,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Answer {
    Answer {
        transform: Transform::Classes { divisor: None, probabilities, corrections: None },
        task: Task::Classification {
            classes: numbered_classes(count, configuration, problems),
            decision: decision(configuration),
        },
    }
}

/// The margins that sums start from.
pub(super) fn base(
    learner: &Learner,
    version: &[u32],
    outputs: usize,
    problems: &mut Vec<Problem>,
) -> Option<Vec<f64>> {
    let text = learner.params.base_score.trim();
    let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let scores: Result<Vec<f32>, _> = list.split(',').map(|score| score.trim().parse()).collect();
    let mut refuse = |found: String| {
        problems.push(Problem::new(found, SAVE_AGAIN).at("learner.learner_model_param.base_score"));
        None
    };
    let scores = match scores {
        Ok(scores) if scores.len() == outputs => scores,
        Ok(scores) if scores.len() == 1 => vec![scores[0]; outputs],
        Ok(scores) => return refuse(format!("there are {} numbers for {outputs} margins", scores.len())),
        Err(_) => return refuse(format!("{text:?} is no number")),
    };
    let is_clamped = version >= CLAMPED_FROM.as_slice();
    let margins: Vec<f32> =
        scores.iter().map(|score| margin(*score, &learner.objective.name, is_clamped)).collect();
    if let Some(at) = margins.iter().position(|margin| !margin.is_finite()) {
        return refuse(format!("{} is no prediction of {}", scores[at], learner.objective.name));
    }
    Some(margins.into_iter().map(f64::from).collect())
}

/// How near to 0 and 1 a probability may be, and the first release that keeps it there.
const PROBABILITY_MIN: f32 = 1e-6;
const CLAMPED_FROM: [u32; 2] = [3, 2];

/// The margin of a base score, in the 32 bits and the order of operations that `XGBoost` has.
fn margin(score: f32, objective: &str, is_clamped: bool) -> f32 {
    match OBJECTIVES.iter().find(|(known, _)| *known == objective) {
        Some((_, Objective::Value(Link::SingleExponential))) => score.ln(),
        Some((_, Objective::Value(Link::SingleLogistic) | Objective::Binary(Link::SingleLogistic))) => {
            let probability =
                if is_clamped { score.clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN) } else { score };
            -(1.0 / probability - 1.0).ln()
        }
        _ => score,
    }
}
