//! From `answer` to what the margins mean.

use super::{
    READ_DOCUMENT,
    raw::{RawAnswer, RawLink, RawProbabilities},
};
use crate::{
    configuration::Configuration,
    ir::{Decision, Link, Probabilities, Task, Transform},
    parse::columns::level_text,
    problem::Problem,
};

/// What a model answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub transform: Transform,
    pub task: Task,
}

/// What the margins mean; nothing where that can't be known.
pub(super) fn read(
    raw: &RawAnswer,
    outputs: usize,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<Answer> {
    let before = problems.len();
    let link = link(raw, problems);
    if let Some(divisor) = raw.divisor.filter(|divisor| !(divisor.is_finite() && *divisor > 0.0)) {
        refuse(
            problems,
            "divisor",
            format!("nothing can be divided by {divisor}"),
            "write how many trees there are",
        );
    }
    let answer = match &raw.classes {
        None => regression(raw, link, problems),
        Some(labels) => classification(raw, labels, link, outputs, configuration, problems)?,
    };
    (problems.len() == before).then_some(answer)
}

fn refuse(problems: &mut Vec<Problem>, key: &str, found: impl Into<String>, advice: &str) {
    problems.push(Problem::new(found, advice).at(format!("answer.{key}")));
}

fn link(raw: &RawAnswer, problems: &mut Vec<Problem>) -> Link {
    let link = raw.link.unwrap_or(RawLink::Identity);
    if raw.slope.is_some() && link != RawLink::Logistic {
        refuse(problems, "slope", "only the logistic link has a slope", "remove the key");
    }
    if let Some(slope) = raw.slope.filter(|slope| !slope.is_finite() || *slope == 0.0) {
        refuse(problems, "slope", format!("the slope is {slope}"), "write the margin's factor");
    }
    match link {
        RawLink::Identity => Link::Identity,
        RawLink::Exponential => Link::UncappedExponential,
        RawLink::Logistic => Link::UncappedLogistic { slope: raw.slope.unwrap_or(1.0) },
    }
}

fn regression(raw: &RawAnswer, link: Link, problems: &mut Vec<Problem>) -> Answer {
    for (key, is_there) in
        [("probabilities", raw.probabilities.is_some()), ("threshold", raw.threshold.is_some())]
    {
        if is_there {
            refuse(problems, key, "there are no classes", "give `classes`, or remove the key");
        }
    }
    Answer { transform: Transform::Value { divisor: raw.divisor, link }, task: Task::Regression }
}

fn classification(
    raw: &RawAnswer,
    labels: &[serde_json::Value],
    link: Link,
    outputs: usize,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<Answer> {
    let classes = classes(labels, configuration, problems)?;
    let Some(kind) = raw.probabilities else {
        refuse(problems, "probabilities", "the key is missing", READ_DOCUMENT);
        return None;
    };
    let probabilities = match kind {
        RawProbabilities::FirstClass => Probabilities::FirstClass(link),
        RawProbabilities::SecondClass => Probabilities::SecondClass(link),
        RawProbabilities::Softmax => Probabilities::Softmax,
        RawProbabilities::Each => Probabilities::Each(link),
        RawProbabilities::Normalised => Probabilities::Normalised,
    };
    let (margins, for_what) = match kind {
        RawProbabilities::FirstClass | RawProbabilities::SecondClass => (1, "for two classes"),
        _ => (classes.len(), "one for each class"),
    };
    let of_two = margins > 1 || classes.len() == 2;
    if outputs != margins || !of_two {
        let found = format!("there are {} classes and {outputs} margins", classes.len());
        let advice = format!("give margins as `probabilities` takes them: {for_what}");
        refuse(problems, "classes", found, &advice);
    }
    let takes_no_link = matches!(kind, RawProbabilities::Softmax | RawProbabilities::Normalised);
    if takes_no_link && raw.link.is_some() {
        refuse(problems, "link", "these probabilities have no link", "remove the key");
    }
    if kind == RawProbabilities::Normalised && raw.divisor.is_some() {
        refuse(problems, "divisor", "these probabilities are divided by their sum", "remove the key");
    }
    let decision = decision(raw, classes.len(), configuration, problems);
    Some(Answer {
        transform: Transform::Classes { divisor: raw.divisor, probabilities, corrections: None },
        task: Task::Classification { classes, decision },
    })
}

fn classes(
    labels: &[serde_json::Value],
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<Vec<String>> {
    let texts: Option<Vec<String>> = labels.iter().map(level_text).collect();
    let Some(texts) = texts.filter(|texts| texts.len() >= 2) else {
        refuse(problems, "classes", "these are no two labels or more", "write texts, numbers or booleans");
        return None;
    };
    if let Some(twice) = texts.iter().enumerate().find(|(index, text)| texts[..*index].contains(text)) {
        refuse(
            problems,
            "classes",
            format!("the label {:?} stands there twice", twice.1),
            "name each class once",
        );
    }
    if configuration.classes.as_ref().is_some_and(|given| *given != texts) {
        let found = "the dump names its classes itself, and otherwise";
        problems.push(Problem::new(found, "remove the key from the .toml").at_key("classes"));
    }
    Some(texts)
}

fn decision(
    raw: &RawAnswer,
    classes: usize,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Decision {
    if let Some(threshold) = raw.threshold {
        if classes != 2 {
            refuse(problems, "threshold", format!("there are {classes} classes"), "remove the key");
        }
        if !(0.0..=1.0).contains(&threshold) {
            refuse(
                problems,
                "threshold",
                format!("{threshold} is no probability"),
                "write a number from 0 to 1",
            );
        }
    }
    configuration.threshold.or(raw.threshold).map_or(Decision::Largest, Decision::Threshold)
}
