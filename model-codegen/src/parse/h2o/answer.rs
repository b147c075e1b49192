//! From `params` and the configuration to what the sums mean: link, probabilities, classes, threshold.

use super::params::{Algorithm, Category, Params, advice};
use crate::{
    configuration::Configuration,
    ir::{Decision, Link, Probabilities, Task, Transform},
    limits::CLASSES_MAX,
    problem::Problem,
};

/// What a model answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub objective: String,
    pub transform: Transform,
    pub task: Task,
}

/// H2O's threshold where it has found none.
const THRESHOLD_DEFAULT: f64 = 0.5;

/// The families whose answer is one number, each with its own link.
const REGRESSIONS: [(&str, Link); 7] = [
    ("gaussian", Link::Identity),
    ("laplace", Link::Identity),
    ("quantile", Link::Identity),
    ("huber", Link::Identity),
    ("poisson", Link::Exponential),
    ("gamma", Link::Exponential),
    ("tweedie", Link::Exponential),
];

const BINOMIALS: [&str; 3] = ["bernoulli", "quasibinomial", "modified_huber"];

const LINKS: [(&str, Link); 4] = [
    ("identity", Link::Identity),
    ("log", Link::Exponential),
    ("logit", Link::Logistic),
    ("inverse", Link::Inverse),
];

/// What the model answers; nothing where that can't be known.
pub(super) fn read(
    params: &Params,
    configuration: &Configuration,
    warnings: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Option<Answer> {
    refuse_misplaced_keys(params, configuration, problems);
    if params.classes > CLASSES_MAX {
        return None;
    }
    let objective = params.family.clone().unwrap_or_else(|| format!("{:?}", params.category).to_lowercase());
    let divisor = (params.algorithm == Algorithm::Drf).then_some(params.groups as f64);
    if params.category == Category::Regression {
        let link = match params.algorithm {
            Algorithm::Gbm => regression_link(params, problems)?,
            Algorithm::Drf => Link::Identity,
        };
        return Some(Answer {
            objective,
            transform: Transform::Value { divisor, link },
            task: Task::Regression,
        });
    }
    let probabilities = match params.algorithm {
        Algorithm::Gbm => gbm_probabilities(params, problems)?,
        Algorithm::Drf if params.trees_in_group == 1 => Probabilities::FirstClass,
        Algorithm::Drf => Probabilities::Normalised,
    };
    let divisor = divisor.filter(|_| probabilities == Probabilities::FirstClass);
    let corrections = corrections(params, configuration, problems);
    let decision = match params.category {
        Category::Binomial => Decision::Threshold(threshold(configuration, warnings)),
        _ => Decision::Largest,
    };
    let task = Task::Classification { classes: classes(params, configuration, warnings, problems), decision };
    Some(Answer { objective, transform: Transform::Classes { divisor, probabilities, corrections }, task })
}

fn regression_link(params: &Params, problems: &mut Vec<Problem>) -> Option<Link> {
    let names = REGRESSIONS.map(|(name, _)| name);
    let family = known_family(params, &names, problems)?;
    let Some(written) = &params.link_function else {
        return REGRESSIONS.iter().find(|(name, _)| *name == family).map(|(_, link)| *link);
    };
    let link = LINKS.iter().find(|(name, _)| name == written).map(|(_, link)| *link);
    if link.is_none() {
        let found = format!("the link `{written}` is not supported");
        problems.push(
            Problem::new(found, advice(written, &LINKS.map(|(name, _)| name))).at("params.link_function"),
        );
    }
    link
}

fn gbm_probabilities(params: &Params, problems: &mut Vec<Problem>) -> Option<Probabilities> {
    if params.category == Category::Multinomial {
        known_family(params, &["multinomial"], problems)?;
        return Some(Probabilities::Softmax);
    }
    known_family(params, &BINOMIALS, problems)?;
    if let Some(written) = params.link_function.as_ref().filter(|link| *link != "logit") {
        let found = format!("the link `{written}` is not supported for a Binomial model");
        problems.push(Problem::new(found, "it may be logit").at("params.link_function"));
        return None;
    }
    Some(Probabilities::SecondClass(Link::Logistic))
}

fn known_family<'a>(
    params: &'a Params,
    known: &[&'static str],
    problems: &mut Vec<Problem>,
) -> Option<&'a str> {
    let family = params.family.as_deref().unwrap_or("nothing");
    if known.contains(&family) {
        return Some(family);
    }
    let found = format!("the family `{family}` is not supported for a {:?} model", params.category);
    problems.push(Problem::new(found, advice(family, known)).at("params.family"));
    None
}

fn threshold(configuration: &Configuration, warnings: &mut Vec<String>) -> f64 {
    configuration.threshold.unwrap_or_else(|| {
        warnings.push(format!(
            "a dump does not hold the decision threshold, and `threshold` is not given: labels are decided at \
             {THRESHOLD_DEFAULT}; H2O's own is `default_threshold` in the MOJO's model.ini"
        ));
        THRESHOLD_DEFAULT
    })
}

fn classes(
    params: &Params,
    configuration: &Configuration,
    warnings: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let numbered = || (0..params.classes).map(|class| class.to_string()).collect();
    match (&params.class_labels, &configuration.classes) {
        (Some(labels), None) => labels.clone(),
        (Some(labels), Some(classes)) if labels == classes => labels.clone(),
        (Some(_), Some(_)) => {
            let found = "the dump has other class labels";
            problems.push(Problem::new(found, "remove the key from the .toml").at_key("classes"));
            numbered()
        }
        (None, Some(classes)) if classes.len() == params.classes => classes.clone(),
        (None, Some(classes)) => {
            let found = format!("there are {} labels for {} classes", classes.len(), params.classes);
            problems.push(Problem::new(found, "give a label for each class, in order").at_key("classes"));
            numbered()
        }
        (None, None) => {
            warnings.push(
                "the dump has no class labels, and `classes` is not given: they are numbered from 0".into(),
            );
            numbered()
        }
    }
}

/// The quotients `prior / model` that undo `balance_classes`.
fn corrections(
    params: &Params,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<Vec<f64>> {
    let given = (&configuration.prior_class_distribution, &configuration.model_class_distribution);
    match given {
        (Some(prior), Some(model)) if prior.len() == params.classes && model.len() == params.classes => {
            params
                .balance_classes
                .then(|| prior.iter().zip(model).map(|(prior, model)| prior / model).collect())
        }
        (None, None) if !params.balance_classes => None,
        _ => {
            let found = format!(
                "a model of {} classes {} balance_classes takes both class distributions or none",
                params.classes,
                if params.balance_classes { "trained with" } else { "without" },
            );
            let advice = "copy `prior_class_distribution` and `model_class_distribution` from the MOJO's model.ini \
                          (prior_class_distrib, model_class_distrib) into the .toml, a number a class";
            problems.push(Problem::new(found, advice).at("params.balance_classes"));
            None
        }
    }
}

fn refuse_misplaced_keys(params: &Params, configuration: &Configuration, problems: &mut Vec<Problem>) {
    let classifier = params.category != Category::Regression;
    let misplaced = [
        ("threshold", configuration.threshold.is_some() && params.category != Category::Binomial),
        ("classes", configuration.classes.is_some() && !classifier),
        ("prior_class_distribution", configuration.prior_class_distribution.is_some() && !classifier),
        ("model_class_distribution", configuration.model_class_distribution.is_some() && !classifier),
        (
            "offset_column",
            configuration.offset_column.is_some()
                && (params.algorithm == Algorithm::Drf || params.category == Category::Multinomial),
        ),
        ("best_iteration", configuration.best_iteration.is_some()),
        ("output", configuration.output == crate::configuration::Output::Integer && classifier),
    ];
    for (key, _) in misplaced.iter().filter(|(_, misplaced)| *misplaced) {
        let found =
            format!("a {:?} model of {} has no use for the key", params.category, params.algorithm.name());
        problems.push(Problem::new(found, "remove it from the .toml").at_key(*key));
    }
}
