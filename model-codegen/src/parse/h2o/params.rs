//! A dump's `params`: what was trained, and by whom.

use crate::{
    limits::CLASSES_MAX,
    problem::{Problem, nearest},
};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// What `params` says, with everything known that the trees depend on.
#[derive(Debug)]
pub(super) struct Params {
    pub version: String,
    pub algorithm: Algorithm,
    pub category: Category,
    pub classes: usize,
    pub class_labels: Option<Vec<String>>,
    pub groups: usize,
    pub trees_in_group: usize,
    pub base_score: f64,
    pub balance_classes: bool,
    pub family: Option<String>,
    pub link_function: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Gbm,
    Drf,
}

impl Algorithm {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gbm => "gbm",
            Self::Drf => "drf",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Regression,
    Binomial,
    Multinomial,
}

impl Params {
    /// Reads `params`; nothing where it lacks what the trees depend on.
    pub(super) fn read(params: Option<&Value>, problems: &mut Vec<Problem>) -> Option<Self> {
        let Some(Value::Object(fields)) = params else {
            let found = "there is no object `params`, so this is no H2O tree dump";
            problems.push(
                Problem::new(found, "export the model with H2O's PrintMojo --format json").at("params"),
            );
            return None;
        };
        let mut fields = Fields { fields, problems };
        let algorithm = fields.one_of("algo", &[("gbm", Algorithm::Gbm), ("drf", Algorithm::Drf)]);
        let categories = [
            ("Regression", Category::Regression),
            ("Binomial", Category::Binomial),
            ("Multinomial", Category::Multinomial),
        ];
        let category = fields.one_of("model_category", &categories);
        let groups = fields.count("n_tree_groups");
        let trees_in_group = fields.count("n_trees_in_group");
        let classes = fields.count("nclasses");
        let base_score = fields.base_score(algorithm == Some(Algorithm::Gbm));
        let class_labels = fields.class_labels();
        let version = fields.text("h2o_version").unwrap_or_else(|| "unknown".into());
        let balance_classes = fields.flag("balance_classes");
        let (family, link_function) = (fields.text("family"), fields.text("link_function"));
        let params = Self {
            version,
            algorithm: algorithm?,
            category: category?,
            classes: classes?,
            class_labels,
            groups: groups?,
            trees_in_group: trees_in_group?,
            base_score,
            balance_classes,
            family,
            link_function,
        };
        params.check_counts(problems);
        Some(params)
    }

    pub(super) fn is_binomial(&self) -> bool {
        self.category == Category::Binomial
    }

    fn check_counts(&self, problems: &mut Vec<Problem>) {
        let (classes, group) = (self.classes, self.trees_in_group);
        if classes > CLASSES_MAX {
            let found = format!("there are {classes} classes, and {CLASSES_MAX} is the most that is read");
            problems.push(Problem::new(found, "group rare classes before training").at("params.nclasses"));
            return;
        }
        let classes_fit = match self.category {
            Category::Regression => classes == 1,
            Category::Binomial => classes == 2,
            Category::Multinomial => classes >= 2,
        };
        if !classes_fit {
            let found = format!("a {:?} model has {classes} classes", self.category);
            problems.push(Problem::new(found, EXPORT_AGAIN).at("params.nclasses"));
        }
        let group_fits = match (self.category, self.algorithm) {
            (Category::Regression, _) | (Category::Binomial, Algorithm::Gbm) => group == 1,
            (Category::Binomial, Algorithm::Drf) => group == 1 || group == 2,
            (Category::Multinomial, _) => group == classes,
        };
        if !group_fits {
            let found =
                format!("a {:?} model of {classes} classes has groups of {group} trees", self.category);
            problems.push(Problem::new(found, EXPORT_AGAIN).at("params.n_trees_in_group"));
        }
        if let Some(labels) = self.class_labels.as_ref().filter(|labels| labels.len() != classes) {
            let found = format!("there are {} class labels for {classes} classes", labels.len());
            problems.push(Problem::new(found, EXPORT_AGAIN).at("params.class_labels"));
        }
    }
}

const EXPORT_AGAIN: &str = "export the model again; if it stays, this is a model that can't be read";

struct Fields<'a> {
    fields: &'a Map<String, Value>,
    problems: &'a mut Vec<Problem>,
}

impl Fields<'_> {
    fn refuse(&mut self, key: &str, found: String, advice: impl Into<String>) {
        self.problems.push(Problem::new(found, advice).at(format!("params.{key}")));
    }

    fn one_of<T: Copy>(&mut self, key: &str, known: &[(&'static str, T)]) -> Option<T> {
        let written = self.text(key).unwrap_or_else(|| "nothing".into());
        let found =
            known.iter().find(|(name, _)| name.eq_ignore_ascii_case(&written)).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            self.refuse(
                key,
                format!("`{written}` is not supported"),
                format!("it may be {}", names.join(", ")),
            );
        }
        found
    }

    fn count(&mut self, key: &str) -> Option<usize> {
        let value = self.fields.get(key);
        let count = value.and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        let count = count.filter(|count| (1..=COUNT_MAX).contains(count));
        if count.is_none() {
            let found = shown(value);
            self.refuse(key, format!("found {found} where a count of at least 1 is expected"), EXPORT_AGAIN);
        }
        count
    }

    fn base_score(&mut self, required: bool) -> f64 {
        match self.fields.get("base_score") {
            None if !required => 0.0,
            value => value.and_then(Value::as_f64).unwrap_or_else(|| {
                let found = shown(value);
                self.refuse("base_score", format!("found {found} where a number is expected"), EXPORT_AGAIN);
                0.0
            }),
        }
    }

    fn class_labels(&mut self) -> Option<Vec<String>> {
        let labels = match self.fields.get("class_labels")? {
            Value::Array(labels) => labels.iter().map(|label| label.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let labels: Option<Vec<String>> = labels;
        match &labels {
            None => self.refuse("class_labels", "the labels are no list of texts".into(), EXPORT_AGAIN),
            Some(texts) => {
                let mut seen = HashSet::new();
                if let Some(twice) = texts.iter().find(|label| !seen.insert(label.as_str())) {
                    self.refuse(
                        "class_labels",
                        format!("the label {twice:?} stands there twice"),
                        EXPORT_AGAIN,
                    );
                }
            }
        }
        labels
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.typed(key, "a text", |value| value.as_str().map(str::to_owned))
    }

    fn flag(&mut self, key: &str) -> bool {
        self.typed(key, "true or false", Value::as_bool).unwrap_or(false)
    }

    /// What stands under the key; nothing where nothing does, or something of another type, which is a problem.
    fn typed<T>(&mut self, key: &str, expected: &str, take: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.fields.get(key)?;
        let taken = take(value);
        if taken.is_none() {
            self.refuse(
                key,
                format!("found {} where {expected} is expected", shown(Some(value))),
                EXPORT_AGAIN,
            );
        }
        taken
    }
}

/// A value in a message: short whatever it is.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".into(),
        Some(Value::Array(_)) => "an array".into(),
        Some(Value::Object(_)) => "an object".into(),
        Some(value) => value.to_string(),
    }
}

/// More classes or trees than any trainer makes; keeps products of counts in range.
const COUNT_MAX: usize = 10_000_000;

/// The known name nearest to one that isn't, as advice.
pub(super) fn advice(written: &str, known: &[&'static str]) -> String {
    match nearest(written, known.iter().copied()) {
        Some(near) => format!("did the file mean `{near}`? It may be {}", known.join(", ")),
        None => format!("it may be {}", known.join(", ")),
    }
}
