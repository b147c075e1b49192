//! `NAME.toml`: what a dump does not carry, every key optional.

use crate::problem::{Problem, nearest};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// What stands beside a dump.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// The field that a prediction is written to.
    pub response: Option<String>,
    /// How a regression's prediction is written.
    pub output: Output,
    /// From which probability on a binomial model's label is its second class.
    pub threshold: Option<f64>,
    /// The classes' shares in the training data (H2O `prior_class_distrib`).
    pub prior_class_distribution: Option<Vec<f64>>,
    /// The classes' shares after balancing (H2O `model_class_distrib`).
    pub model_class_distribution: Option<Vec<f64>>,
    /// The column whose number is added to the margin.
    pub offset_column: Option<String>,
    /// What a level that training never saw means.
    pub unseen_category: UnseenCategory,
    /// Which form of scoring code is generated.
    pub form: FormKey,
    /// The columns' names, for a model that numbers them.
    pub features: Option<Vec<String>>,
    /// The classes' labels, for a model that numbers them.
    pub classes: Option<Vec<String>>,
    /// The levels of categorical columns, for a model that numbers them.
    pub categories: BTreeMap<String, Vec<String>>,
    /// Whether the trees after `XGBoost`'s best iteration are left out, as its scikit-learn interface does.
    pub best_iteration: Option<bool>,
    /// Where columns stand in a record: a field, or a JSON pointer.
    pub aliases: BTreeMap<String, String>,
}

/// How a regression's prediction is written to a record.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// As the double that it is.
    #[default]
    Number,
    /// Without its fraction.
    Integer,
}

/// What a level that training never saw means in a record.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum UnseenCategory {
    /// It is missing.
    #[default]
    Missing,
    /// The record is refused.
    Error,
}

/// Which form of scoring code is generated.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum FormKey {
    /// What suits the model.
    #[default]
    Auto,
    /// A function a tree.
    StraightLine,
    /// Ranks and tables.
    Ranked,
}

const KEYS: [&str; 13] = [
    "response",
    "output",
    "threshold",
    "prior_class_distribution",
    "model_class_distribution",
    "offset_column",
    "unseen_category",
    "form",
    "features",
    "classes",
    "categories",
    "best_iteration",
    "aliases",
];

impl Configuration {
    /// Reads a `NAME.toml`, or says all that is wrong with it.
    ///
    /// ```
    /// use model_codegen::Configuration;
    ///
    /// let configuration = Configuration::parse("response = \"selling_price\"").expect("well-formed");
    /// assert_eq!(configuration.response.as_deref(), Some("selling_price"));
    ///
    /// let problems = Configuration::parse("treshold = 0.4").expect_err("misspelt");
    /// assert_eq!(problems[0].to_string(), "treshold: no key is called so; write `threshold`, or remove it");
    /// ```
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let (configuration, problems) = Self::read(text);
        if problems.is_empty() { Ok(configuration) } else { Err(problems) }
    }

    /// What can be read of a `NAME.toml`, and what is wrong with it: a dump is looked at in spite of that.
    pub(crate) fn read(text: &str) -> (Self, Vec<Problem>) {
        let table: toml::Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
                let problem = Problem::new(error.message().trim(), "write it as TOML");
                return (Self::default(), vec![problem.at_key(format!("line {line}"))]);
            }
        };
        let mut keys = Keys { table, problems: Vec::new() };
        keys.refuse_unknown();
        let configuration = Self {
            response: keys.take("response", "a text, such as \"selling_price\""),
            output: keys.take("output", "\"number\" or \"integer\"").unwrap_or_default(),
            threshold: keys.take("threshold", "a number from 0 to 1"),
            prior_class_distribution: keys.take("prior_class_distribution", "an array of numbers"),
            model_class_distribution: keys.take("model_class_distribution", "an array of numbers"),
            offset_column: keys.take("offset_column", "a column's name as text"),
            unseen_category: keys.take("unseen_category", "\"missing\" or \"error\"").unwrap_or_default(),
            form: keys.take("form", "\"auto\", \"straight-line\" or \"ranked\"").unwrap_or_default(),
            features: keys.take("features", "an array of names"),
            classes: keys.take("classes", "an array of labels"),
            categories: keys.take("categories", "a table: column = [levels]").unwrap_or_default(),
            best_iteration: keys.take("best_iteration", "true or false"),
            aliases: keys
                .take("aliases", "a table: column = \"field\" or \"/json/pointer\"")
                .unwrap_or_default(),
        };
        configuration.check(&mut keys.problems);
        (configuration, keys.problems)
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        if let Some(threshold) = self.threshold.filter(|threshold| !(0.0..=1.0).contains(threshold)) {
            problems.push(
                Problem::new(format!("{threshold} is no probability"), "write a number from 0 to 1")
                    .at_key("threshold"),
            );
        }
        let distributions = [
            ("prior_class_distribution", &self.prior_class_distribution),
            ("model_class_distribution", &self.model_class_distribution),
        ];
        for (key, shares) in distributions {
            if shares.iter().flatten().any(|share| !(*share > 0.0 && *share <= 1.0)) {
                problems.push(
                    Problem::new(
                        "a class's share is not between 0 and 1",
                        "copy it from the MOJO's model.ini",
                    )
                    .at_key(key),
                );
            }
        }
        for (key, text) in [("response", &self.response), ("offset_column", &self.offset_column)] {
            if text.as_deref() == Some("") {
                problems
                    .push(Problem::new("the name is empty", "name a field, or remove the key").at_key(key));
            }
        }
    }
}

struct Keys {
    table: toml::Table,
    problems: Vec<Problem>,
}

impl Keys {
    fn refuse_unknown(&mut self) {
        for key in self.table.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let advice = match nearest(key, KEYS) {
                Some(known) => format!("write `{known}`, or remove it"),
                None => format!("the keys are {}", KEYS.join(", ")),
            };
            self.problems.push(Problem::new("no key is called so", advice).at_key(key));
        }
    }

    fn take<T: DeserializeOwned>(&mut self, key: &str, expected: &str) -> Option<T> {
        let value = self.table.remove(key)?;
        let found = value.type_str();
        let taken = value.try_into();
        if taken.is_err() {
            let found = format!("this {found} is not what the key takes");
            self.problems.push(Problem::new(found, format!("write {expected}")).at_key(key));
        }
        taken.ok()
    }
}
