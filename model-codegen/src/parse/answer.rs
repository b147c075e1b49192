//! What formats share of a model's answer: class labels and how they are decided, and keys that have no use.

use crate::{
    configuration::{Configuration, Output},
    ir::Decision,
    problem::Problem,
};

/// The labels of a model that numbers its classes from 0: the configuration's, else the numbers.
pub(super) fn numbered_classes(
    count: usize,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    match &configuration.classes {
        Some(classes) if classes.len() == count => classes.clone(),
        Some(classes) => {
            let found = format!("there are {} labels for {count} classes", classes.len());
            problems.push(Problem::new(found, "give a label for each class, in order").at_key("classes"));
            classes.clone()
        }
        None => (0..count).map(|class| class.to_string()).collect(),
    }
}

/// The class of the largest probability, which of two is the second past one half, unless a threshold is given.
pub(super) fn decision(configuration: &Configuration) -> Decision {
    configuration.threshold.map_or(Decision::Largest, Decision::Threshold)
}

/// What a model is, for what the keys of its configuration can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// How many classes it has; 0 for a regression.
    pub classes: usize,
    /// How many margins.
    pub outputs: usize,
    /// Whether its trainer's scorer takes an offset.
    pub takes_offset: bool,
    /// Whether it knows a best iteration.
    pub has_best_iteration: bool,
}

/// Refuses the keys that a model has no use for.
pub(super) fn refuse_useless_keys(kind: Kind, configuration: &Configuration, problems: &mut Vec<Problem>) {
    let useless = [
        ("threshold", configuration.threshold.is_some() && kind.classes != 2),
        ("classes", configuration.classes.is_some() && kind.classes == 0),
        ("prior_class_distribution", configuration.prior_class_distribution.is_some()),
        ("model_class_distribution", configuration.model_class_distribution.is_some()),
        ("offset_column", configuration.offset_column.is_some() && !(kind.takes_offset && kind.outputs == 1)),
        ("output", configuration.output == Output::Integer && (kind.classes > 0 || kind.outputs > 1)),
        ("best_iteration", configuration.best_iteration.is_some() && !kind.has_best_iteration),
    ];
    for (key, _) in useless.iter().filter(|(_, useless)| *useless) {
        let found = "this model has no use for the key";
        problems.push(Problem::new(found, "remove it from the .toml").at_key(*key));
    }
}
