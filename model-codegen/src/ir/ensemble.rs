//! A whole model: columns, features, trees, how the trees add up and what the sums mean.

use super::{Column, ColumnId, ColumnKind, Feature, KeyPart, Leaf, Output, Precision, Tree, TreeId};
use std::fmt;

/// A model that can't be ill-formed: every id leads somewhere, every test fits its feature, every number its
/// precision. Made by [`Ensemble::new`] from [`Parts`].
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble(Parts);

/// What an [`Ensemble`] is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Who trained it.
    pub trainer: Trainer,
    /// What a row holds, in order.
    pub columns: Vec<Column>,
    /// What splits test. A lookup stands behind the features that it reads.
    pub features: Vec<Feature>,
    /// The trees, in the order in which they are added up.
    pub trees: Vec<Tree>,
    /// How many margins there are.
    pub outputs: usize,
    /// How the trees add up.
    pub accumulation: Accumulation,
    /// What the caller's offset does to a margin, where the model has an offset.
    pub offset: Option<Offset>,
    /// From margins to predictions.
    pub transform: Transform,
    /// What the predictions mean.
    pub task: Task,
}

/// Who trained a model, in the trainer's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trainer {
    /// The library.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The algorithm, such as `gbm`.
    pub algorithm: String,
    /// The objective, such as `gaussian`.
    pub objective: String,
}

/// How trees add up to margins. Its every choice shows in a margin's last bits.
///
/// A margin starts from its base or from zero; for each of its trees in turn the leaf's number, times the tree's
/// weight, is added; the sum is scaled; the base is added if it was not at the start; then the offset.
#[derive(Clone, Debug, PartialEq)]
pub struct Accumulation {
    /// What every intermediate result is rounded to.
    pub precision: Precision,
    /// In what order numbers are added.
    pub order: Order,
    /// A number for each output (H2O `init_f`, `XGBoost` `base_score`, `CatBoost` `bias`).
    pub base: Vec<f64>,
    /// When the base is added.
    pub base_position: BasePosition,
    /// A factor for each tree, where they differ from 1: the product is rounded before it is added.
    pub weights: Option<Vec<f64>>,
    /// A factor for the sum (`CatBoost` `scale`).
    pub scale: Option<f64>,
}

/// In what order numbers are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Tree after tree.
    Sequential,
    /// Tree `i` into lane `i` modulo so many, by fused multiply-add with its weight; the lanes are added from the
    /// first to the last, then what is left over when the trees don't fill all lanes, again fused (Spark's `ddot`).
    FusedLanes(usize),
}

/// When the base is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasePosition {
    /// Before the first tree.
    First,
    /// After the last tree and the scale.
    Last,
}

/// What a caller's offset does to a margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// It is added last.
    Added,
    /// It stands in for the base.
    ReplacesBase,
}

/// From margins to predictions.
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// A regression's link, after a division: of each margin, where there are several targets.
    Value {
        /// What the margin is divided by, such as the number of trees.
        divisor: Option<f64>,
        /// From margin to value.
        link: Link,
    },
    /// Class probabilities.
    Classes {
        /// What each margin is divided by.
        divisor: Option<f64>,
        /// From margins to probabilities.
        probabilities: Probabilities,
        /// Factors of the probabilities, which are then divided by their sum.
        corrections: Option<Vec<f64>>,
    },
}

/// From a margin `f` to a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    /// `f`
    Identity,
    /// `min(1e19, exp(f))`
    Exponential,
    /// `1 / (1 + min(1e19, exp(-f)))`
    Logistic,
    /// `1 / (f < 0 ? min(-1e-5, f) : max(1e-5, f))`
    Inverse,
    /// `exp(f)` (`LightGBM`)
    UncappedExponential,
    /// `1 / (1 + exp(-slope * f))` (`LightGBM` `sigmoid`, `CatBoost`)
    UncappedLogistic {
        /// The factor of the margin.
        slope: f64,
    },
    /// `log1p(exp(f))` (`LightGBM` `cross_entropy_lambda`)
    Softplus,
    /// `sign(f) * f * f` (`LightGBM` `reg_sqrt`)
    SignedSquare,
    /// `exp(f)` by a table of 2,048 powers of two and a cubic between them (`CatBoost`'s `fmath`)
    TableExponential,
    /// `exp(f)` in 32 bits (`XGBoost`)
    SingleExponential,
    /// `1 / (exp(min(-f, 88.7)) + 1 + 1e-16)` in 32 bits (`XGBoost`)
    SingleLogistic,
    /// 1 where `f > 0`, else 0 (`XGBoost` `binary:hinge`)
    Step,
}

/// From margins to class probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Probabilities {
    /// One margin, whose link is the second class's; the first has the rest, in 32 bits where the link is.
    SecondClass(Link),
    /// One margin, which is the first class's.
    FirstClass,
    /// A margin a class, through softmax.
    Softmax,
    /// A margin a class, through softmax of 32-bit exponentials that are added up in 64 bits (`XGBoost`).
    SingleSoftmax,
    /// A margin a class, through softmax with [`Link::TableExponential`] (`CatBoost`).
    TableSoftmax,
    /// A margin a class, each through this link: one against all others, so that they need not add up to 1.
    Each(Link),
    /// A margin a class, divided by their sum unless that is 0.
    Normalised,
}

/// What predictions mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// A number for each margin: one, or several targets.
    Regression,
    /// A label and a probability for each.
    Classification {
        /// The labels.
        classes: Vec<String>,
        /// How the label is chosen.
        decision: Decision,
    },
}

/// How a label is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The second of two where its probability is at least this.
    Threshold(f64),
    /// The most probable; of equals the first.
    Largest,
}

/// Why parts are no ensemble. A parser that states its problems first never meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnsembleError(String);

impl fmt::Display for EnsembleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for EnsembleError {}

impl Ensemble {
    /// An ensemble of these parts.
    pub fn new(parts: Parts) -> Result<Self, EnsembleError> {
        check(&parts).map_err(EnsembleError)?;
        Ok(Self(parts))
    }

    /// Who trained it.
    pub fn trainer(&self) -> &Trainer {
        &self.0.trainer
    }

    /// What a row holds.
    pub fn columns(&self) -> &[Column] {
        &self.0.columns
    }

    /// The column with this id.
    pub fn column(&self, id: ColumnId) -> &Column {
        &self.0.columns[id.index()]
    }

    /// What splits test.
    pub fn features(&self) -> &[Feature] {
        &self.0.features
    }

    /// The trees in order.
    pub fn trees(&self) -> &[Tree] {
        &self.0.trees
    }

    /// The tree with this id.
    pub fn tree(&self, id: TreeId) -> &Tree {
        &self.0.trees[id.index()]
    }

    /// How many margins there are.
    pub fn outputs(&self) -> usize {
        self.0.outputs
    }

    /// How the trees add up.
    pub fn accumulation(&self) -> &Accumulation {
        &self.0.accumulation
    }

    /// What the caller's offset does, where there is one.
    pub fn offset(&self) -> Option<Offset> {
        self.0.offset
    }

    /// From margins to predictions.
    pub fn transform(&self) -> &Transform {
        &self.0.transform
    }

    /// What the predictions mean.
    pub fn task(&self) -> &Task {
        &self.0.task
    }

    /// All nodes of all trees.
    pub fn node_count(&self) -> usize {
        self.trees().iter().map(|tree| tree.nodes().len()).sum()
    }

    /// All leaves of all trees.
    pub fn leaf_count(&self) -> usize {
        self.trees().iter().map(|tree| tree.leaves().len()).sum()
    }

    /// The most splits between a root and a leaf.
    pub fn depth(&self) -> usize {
        self.trees().iter().map(Tree::depth).max().unwrap_or(0)
    }
}

fn check(parts: &Parts) -> Result<(), String> {
    let require = |condition: bool, what: &str| if condition { Ok(()) } else { Err(what.to_owned()) };
    require(parts.outputs > 0, "an ensemble has an output at least")?;
    for (index, feature) in parts.features.iter().enumerate() {
        check_feature(parts, index, feature).map_err(|what| format!("feature {index}: {what}"))?;
    }
    for (index, tree) in parts.trees.iter().enumerate() {
        check_tree(parts, tree).map_err(|what| format!("tree {index}: {what}"))?;
    }
    let Accumulation { precision, order, base, weights, scale, .. } = &parts.accumulation;
    require(base.len() == parts.outputs, "the base has a number for each output")?;
    let factors = weights.iter().flatten().chain(scale);
    require(
        base.iter().chain(factors).all(|&number| exact(*precision, number)),
        "a number is more exact than sums are",
    )?;
    require(
        weights.as_ref().is_none_or(|weights| weights.len() == parts.trees.len()),
        "a weight for each tree",
    )?;
    if let Order::FusedLanes(lanes) = order {
        require(*lanes > 0 && parts.outputs == 1, "lanes are at least one, and add up to one output")?;
        require(*precision == Precision::F64, "lanes are of 64-bit floats")?;
    }
    check_answer(parts, require)
}

fn check_feature(parts: &Parts, index: usize, feature: &Feature) -> Result<(), String> {
    let column = |numeric: bool| {
        let kind = feature.column().and_then(|id| parts.columns.get(id.index())).map(|column| &column.kind);
        match kind {
            Some(ColumnKind::Numeric) => numeric,
            Some(ColumnKind::Categorical(_)) => !numeric,
            None => false,
        }
    };
    let sound = match feature {
        Feature::Number(_) | Feature::Code(_) => column(true),
        Feature::Level(_) => column(false),
        Feature::Lookup(lookup) => {
            lookup.table.is_sorted_by(|a, b| a.0 < b.0)
                && lookup.parts.iter().all(|part| match part {
                    KeyPart::Level { feature, numbers } if feature.index() < index => {
                        let read = &parts.features[feature.index()];
                        match read.column().map(|id| &parts.columns[id.index()].kind) {
                            Some(ColumnKind::Categorical(levels)) => levels.len() == numbers.len(),
                            _ => false,
                        }
                    }
                    KeyPart::Bit { feature, test, .. } if feature.index() < index => {
                        let read = &parts.features[feature.index()];
                        read.column().is_some() && read.takes(test)
                    }
                    _ => false,
                })
        }
    };
    if sound { Ok(()) } else { Err("does not fit what it reads".to_owned()) }
}

fn check_tree(parts: &Parts, tree: &Tree) -> Result<(), String> {
    for split in tree.splits() {
        let feature = parts.features.get(split.feature.index());
        if !feature.is_some_and(|feature| feature.takes(&split.test)) {
            return Err(format!("a split tests feature {} as that can't be tested", split.feature));
        }
    }
    let number = |value: &f64| exact(parts.accumulation.precision, *value);
    let sound = tree.leaves().iter().all(|leaf| match (leaf, tree.output()) {
        (Leaf::Value(value), Output::One(_)) => number(value),
        (Leaf::Vector(values), Output::All) => values.len() == parts.outputs && values.iter().all(number),
        (Leaf::Linear(linear), Output::One(_)) => {
            parts.accumulation.precision == Precision::F64
                && linear
                    .terms
                    .iter()
                    .all(|(feature, _)| parts.features.get(feature.index()).is_some_and(Feature::is_numeric))
        }
        _ => false,
    });
    let output = match tree.output() {
        Output::One(output) => output.index() < parts.outputs,
        Output::All => true,
    };
    if sound && output {
        Ok(())
    } else {
        Err("a leaf does not fit the outputs or the sums' precision".to_owned())
    }
}

fn check_answer(parts: &Parts, require: impl Fn(bool, &str) -> Result<(), String>) -> Result<(), String> {
    match (&parts.transform, &parts.task) {
        (Transform::Value { .. }, Task::Regression) => Ok(()),
        (
            Transform::Classes { probabilities, corrections, .. },
            Task::Classification { classes, decision },
        ) => {
            let count = classes.len();
            require(count >= 2, "a classification has two classes at least")?;
            require(corrections.as_ref().is_none_or(|c| c.len() == count), "a correction for each class")?;
            require(matches!(decision, Decision::Largest) || count == 2, "a threshold decides between two")?;
            match probabilities {
                Probabilities::SecondClass(_) | Probabilities::FirstClass => {
                    require(parts.outputs == 1 && count == 2, "one margin for two classes")
                }
                Probabilities::Softmax
                | Probabilities::SingleSoftmax
                | Probabilities::TableSoftmax
                | Probabilities::Each(_)
                | Probabilities::Normalised => require(parts.outputs == count, "a margin for each class"),
            }
        }
        _ => Err("the transform does not fit the task".to_owned()),
    }
}

fn exact(precision: Precision, number: f64) -> bool {
    number.is_nan() || precision.round(number) == number
}
