//! A dump's `params`: what was trained, and by whom.

use crate::problem::{Problem, nearest};
use serde_json::{Map, Value};

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
        let params = Self {
            version: fields.text("h2o_version").unwrap_or_else(|| "unknown".into()),
            algorithm: algorithm?,
            category: category?,
            classes: classes?,
            class_labels,
            groups: groups?,
            trees_in_group: trees_in_group?,
            base_score,
            balance_classes: fields.flag("balance_classes"),
            family: fields.text("family"),
            link_function: fields.text("link_function"),
        };
        params.check_counts(problems);
        Some(params)
    }

    fn check_counts(&self, problems: &mut Vec<Problem>) {
        let (classes, group) = (self.classes, self.trees_in_group);
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
            let found = value.map_or_else(|| "nothing".into(), ToString::to_string);
            self.refuse(key, format!("found {found} where a count of at least 1 is expected"), EXPORT_AGAIN);
        }
        count
    }

    fn base_score(&mut self, required: bool) -> f64 {
        match self.fields.get("base_score") {
            None if !required => 0.0,
            value => value.and_then(Value::as_f64).unwrap_or_else(|| {
                let found = value.map_or_else(|| "nothing".into(), ToString::to_string);
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
                if let Some(twice) = texts.iter().enumerate().find(|(at, label)| texts[..*at].contains(label))
                {
                    self.refuse(
                        "class_labels",
                        format!("the label {:?} stands there twice", twice.1),
                        EXPORT_AGAIN,
                    );
                }
            }
        }
        labels
    }

    fn text(&self, key: &str) -> Option<String> {
        self.fields.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    fn flag(&self, key: &str) -> bool {
        self.fields.get(key).and_then(Value::as_bool).unwrap_or(false)
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
