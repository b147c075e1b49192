//! From the objective's text, such as `binary sigmoid:1`, to what the margins mean.

use super::{SAVE_AGAIN, model::Header};
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
    Binary,
    Multiclass,
    OneVersusAll,
}

const PLAIN_LOGISTIC: Link = Link::UncappedLogistic { slope: 1.0 };

const OBJECTIVES: [(&str, Objective); 18] = [
    ("regression", Objective::Value(Link::Identity)),
    ("regression_l1", Objective::Value(Link::Identity)),
    ("huber", Objective::Value(Link::Identity)),
    ("fair", Objective::Value(Link::Identity)),
    ("quantile", Objective::Value(Link::Identity)),
    ("mape", Objective::Value(Link::Identity)),
    ("lambdarank", Objective::Value(Link::Identity)),
    ("rank_xendcg", Objective::Value(Link::Identity)),
    ("poisson", Objective::Value(Link::UncappedExponential)),
    ("gamma", Objective::Value(Link::UncappedExponential)),
    ("tweedie", Objective::Value(Link::UncappedExponential)),
    ("cross_entropy", Objective::Value(PLAIN_LOGISTIC)),
    ("xentropy", Objective::Value(PLAIN_LOGISTIC)),
    ("cross_entropy_lambda", Objective::Value(Link::Softplus)),
    ("xentlambda", Objective::Value(Link::Softplus)),
    ("binary", Objective::Binary),
    ("multiclass", Objective::Multiclass),
    ("multiclassova", Objective::OneVersusAll),
];

const PLACE: &str = "objective";

/// What the margins mean; nothing where that can't be known.
pub(super) fn read(
    header: &Header,
    outputs: usize,
    divisor: Option<f64>,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<Answer> {
    // A model trained on an objective of the caller's own has none in its file, and predicts its margins.
    let Some(text) = &header.objective else { return Some(value(divisor, Link::Identity)) };
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    let options: Vec<&str> = words.collect();
    let Some((_, objective)) = OBJECTIVES.iter().find(|(known, _)| *known == name) else {
        problems.push(unknown(name));
        return None;
    };
    let fits = match objective {
        Objective::Value(_) | Objective::Binary => outputs == 1,
        Objective::Multiclass | Objective::OneVersusAll => outputs >= 2 && header.num_class == outputs,
    };
    if !fits {
        let found = format!("`{name}` with {} classes has {outputs} trees an iteration", header.num_class);
        problems.push(Problem::new(found, SAVE_AGAIN).at(PLACE));
        return None;
    }
    let has_link = *objective != Objective::Value(Link::Identity) || options.contains(&"sqrt");
    if header.are_predictions && has_link {
        let found = format!(
            "the leaves of this forest are predictions of `{name}` already, as in releases before 2.2"
        );
        problems.push(Problem::new(found, "train it with a later release").at(PLACE));
        return None;
    }
    let probabilities = match *objective {
        Objective::Value(link) => return Some(value(divisor, with_options(link, &options, problems)?)),
        Objective::Binary => Probabilities::SecondClass(logistic(&options, problems)?),
        Objective::Multiclass => Probabilities::Softmax,
        Objective::OneVersusAll => Probabilities::Each(logistic(&options, problems)?),
    };
    Some(Answer {
        transform: Transform::Classes { divisor, probabilities, corrections: None },
        task: Task::Classification {
            classes: numbered_classes(outputs.max(2), configuration, problems),
            decision: decision(configuration),
        },
    })
}

fn value(divisor: Option<f64>, link: Link) -> Answer {
    Answer { transform: Transform::Value { divisor, link }, task: Task::Regression }
}

fn unknown(name: &str) -> Problem {
    let names = OBJECTIVES.map(|(known, _)| known);
    let may_be = format!("it may be {}", names.join(", "));
    let advice = match nearest(name, names) {
        Some(near) => format!("did the file mean `{near}`? {may_be}"),
        None => may_be,
    };
    Problem::new(format!("the objective `{name}` is not supported"), advice).at(PLACE)
}

/// `reg_sqrt` trains on square roots, so that the prediction is squared.
fn with_options(link: Link, options: &[&str], problems: &mut Vec<Problem>) -> Option<Link> {
    match (options.contains(&"sqrt"), link) {
        (false, link) => Some(link),
        (true, Link::Identity) => Some(Link::SignedSquare),
        (true, _) => {
            let found =
                "the objective has the option `sqrt`, which is known for regressions without a link only";
            problems.push(Problem::new(found, "train without reg_sqrt").at(PLACE));
            None
        }
    }
}

/// With the factor that the objective gives.
fn logistic(options: &[&str], problems: &mut Vec<Problem>) -> Option<Link> {
    let given = options.iter().find_map(|option| option.strip_prefix("sigmoid:"));
    let slope = given.map_or(Some(1.0), |text| text.parse().ok());
    let slope = slope.filter(|slope: &f64| slope.is_finite() && *slope > 0.0);
    if slope.is_none() {
        let found = format!("`sigmoid:{}` is no positive number", given.unwrap_or_default());
        problems.push(Problem::new(found, SAVE_AGAIN).at(PLACE));
    }
    slope.map(|slope| Link::UncappedLogistic { slope })
}
