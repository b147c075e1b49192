//! Splits as masks: for each feature the thresholds and the sets that splits ask for, each once, and where its mask is.
//!
//! Every comparison becomes "reaches": `x < t` goes right where `x` reaches `t`, `x <= t` where it reaches the next
//! number above. A missing value reaches nothing where it goes left and everything where it goes right. A feature with both
//! is one input where the thresholds that a missing value reaches come first, as where missing counts as a number; else two.

use super::{
    cells,
    classes::{self, Sets},
    names::Names,
    ranked::{Questions, RankedInput},
    tables::Tables,
};
use crate::ir::{Direction, Ensemble, Feature, FeatureId, Number, Precision, Split, Test, Tree};

/// Most thresholds of an input: a rank has 16 bits, and the greatest is no rank of any. A feature with more is several
/// inputs, each with the next so many.
const INPUT_THRESHOLDS_MAX: usize = 65_000;

/// Where a split leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Right where the mask is set.
    Mask(usize),
    /// Left where the mask is set.
    NotMask(usize),
    /// There is only one way.
    Always(Direction),
}

/// The masks of an ensemble.
#[derive(Debug)]
pub(super) struct Masks {
    pub inputs: Vec<RankedInput>,
    /// How many there are, the slots of ranks and classes included.
    pub count: usize,
    features: Vec<FeatureMasks>,
}

/// What splits ask about one feature, and the slots of the answers.
#[derive(Debug)]
enum FeatureMasks {
    /// The thresholds where missing goes left, and where it goes right.
    Number {
        left: List,
        right: List,
    },
    Category {
        sets: Sets,
        first: usize,
    },
}

#[derive(Debug, Default)]
struct List {
    thresholds: Vec<f64>,
    /// Whether a split asks for missing values alone.
    asks_missing: bool,
    /// The slot of rank 0 of each input; all but the last have [`INPUT_THRESHOLDS_MAX`] thresholds.
    firsts: Vec<usize>,
}

/// Up to so many thresholds two lists of a feature are found as one, so that a look serves both: a rank is then a byte.
const TWINS_THRESHOLDS_MAX: usize = 254;

/// What a mask answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether the rank is this or more.
    Rank(usize),
    /// Whether the class is in this set.
    Set(usize),
    /// Nothing: it is a rank's or a class's slot.
    Nothing,
}

/// A test of a number, as what it has to reach to go right.
enum Reach {
    Threshold(f64),
    /// No number does.
    Nothing,
}

/// Gathers the masks, or says why there can be none. What finds a row's ranks goes into the tables.
pub(super) fn plan(ensemble: &Ensemble, names: &Names, tables: &mut Tables) -> Result<Masks, String> {
    let mut features = gather(ensemble)?;
    let mut inputs = Inputs::default();
    for ((feature, input), kind) in features.iter_mut().zip(&names.inputs).zip(ensemble.features()) {
        match feature {
            FeatureMasks::Number { left, right } => {
                let single = matches!(kind, Feature::Number(Number { precision: Precision::F32, .. }));
                inputs.add_numbers(input, single, left, right, tables);
            }
            FeatureMasks::Category { sets, first } => {
                if !sets.is_empty() {
                    *first = inputs.add(input, Questions::Classes(sets.classes(tables)));
                }
            }
        }
    }
    Ok(Masks { inputs: inputs.inputs, count: inputs.slots, features })
}

/// The inputs so far, and how many slots they take.
#[derive(Default)]
struct Inputs {
    inputs: Vec<RankedInput>,
    slots: usize,
}

impl Inputs {
    /// Adds an input with tables of its own: its first slot.
    fn add(&mut self, input: &str, questions: Questions) -> usize {
        let name = format!("{}_RANKS_{}", input.to_ascii_uppercase(), self.inputs.len());
        self.add_named(name, input, questions)
    }

    fn add_named(&mut self, name: String, input: &str, questions: Questions) -> usize {
        let first = self.slots;
        self.slots += questions.slots();
        self.inputs.push(RankedInput { name, input: input.to_owned(), first, questions });
        first
    }

    /// Adds a feature's two lists.
    fn add_numbers(
        &mut self,
        input: &str,
        single: bool,
        left: &mut List,
        right: &mut List,
        tables: &mut Tables,
    ) {
        let questions = |thresholds: &[f64], missing, search| Questions::Thresholds {
            thresholds: thresholds.to_vec(),
            single,
            missing,
            search,
        };
        match Lists::of(left, right) {
            Lists::One(thresholds) => {
                let missing = right.thresholds.len();
                let search = cells::search(&thresholds, tables);
                let first = self.add(input, questions(&thresholds, missing, search));
                right.firsts.push(first);
                left.firsts.push(first + missing);
            }
            Lists::Twins(thresholds) => {
                let search = cells::search(&thresholds, tables);
                left.firsts.push(self.add(input, questions(&thresholds, 0, search.clone())));
                let name = self.inputs[self.inputs.len() - 1].name.clone();
                let missing = thresholds.len() + 1;
                right.firsts.push(self.add_named(name, input, questions(&thresholds, missing, search)));
                left.thresholds.clone_from(&thresholds);
                right.thresholds = thresholds;
            }
            Lists::Two => {
                for (list, missing_is_right) in [(left, false), (right, true)] {
                    let mut lists: Vec<&[f64]> = list.thresholds.chunks(INPUT_THRESHOLDS_MAX).collect();
                    if lists.is_empty() && list.asks_missing {
                        lists.push(&[]);
                    }
                    for thresholds in lists {
                        let missing = if missing_is_right { thresholds.len() + 1 } else { 0 };
                        let search = cells::search(thresholds, tables);
                        list.firsts.push(self.add(input, questions(thresholds, missing, search)));
                    }
                }
            }
        }
    }
}

/// How the two lists of a feature are found.
enum Lists {
    /// As one: what a missing value reaches comes first.
    One(Vec<f64>),
    /// Both by the same look among the thresholds of both.
    Twins(Vec<f64>),
    /// Each by itself.
    Two,
}

impl Lists {
    fn of(left: &List, right: &List) -> Self {
        if left.thresholds.is_empty() || right.thresholds.is_empty() {
            return Self::Two;
        }
        let mut both = [&right.thresholds[..], &left.thresholds].concat();
        if both.is_sorted() && !right.asks_missing && both.len() <= INPUT_THRESHOLDS_MAX {
            return Self::One(both);
        }
        both.sort_by(f64::total_cmp);
        both.dedup();
        if both.len() <= TWINS_THRESHOLDS_MAX { Self::Twins(both) } else { Self::Two }
    }
}

/// What all splits ask.
fn gather(ensemble: &Ensemble) -> Result<Vec<FeatureMasks>, String> {
    let mut features = Vec::new();
    for feature in ensemble.features() {
        features.push(match feature {
            Feature::Number(_) | Feature::Lookup(_) => {
                FeatureMasks::Number { left: List::default(), right: List::default() }
            }
            Feature::Level(_) | Feature::Code(_) => {
                FeatureMasks::Category { sets: Sets::new(ensemble, feature), first: 0 }
            }
        });
    }
    for split in ensemble.trees().iter().flat_map(Tree::splits) {
        match &mut features[split.feature.index()] {
            FeatureMasks::Number { left, right } => match (reach(&split.test), split.missing) {
                (Reach::Threshold(threshold), Direction::Left) => left.thresholds.push(threshold),
                (Reach::Threshold(threshold), Direction::Right) => right.thresholds.push(threshold),
                (Reach::Nothing, Direction::Left) => {}
                (Reach::Nothing, Direction::Right) => right.asks_missing = true,
            },
            FeatureMasks::Category { sets, .. } => sets.gather(&split.test, split.missing),
        }
    }
    for feature in &mut features {
        match feature {
            FeatureMasks::Number { left, right } => {
                for list in [left, right] {
                    list.thresholds.sort_by(f64::total_cmp);
                    list.thresholds.dedup();
                }
            }
            FeatureMasks::Category { sets, .. } => sets.finish()?,
        }
    }
    Ok(features)
}

fn reach(test: &Test) -> Reach {
    match test {
        // Both zeros are one number; as a threshold it is the positive one.
        Test::Less(threshold) => Reach::Threshold(threshold + 0.0),
        Test::LessOrEqual(threshold) if *threshold == f64::INFINITY => Reach::Nothing,
        Test::LessOrEqual(threshold) => Reach::Threshold(threshold.next_up() + 0.0),
        Test::Present => Reach::Nothing,
        Test::Member { .. } => unreachable!("an ensemble looks categories up in sets"),
    }
}

impl Masks {
    /// Where a split leads.
    pub(super) fn way(&self, split: &Split) -> Way {
        self.of(split.feature, &split.test, split.missing)
    }

    fn of(&self, feature: FeatureId, test: &Test, missing: Direction) -> Way {
        match &self.features[feature.index()] {
            FeatureMasks::Number { left, right } => {
                let list = if missing == Direction::Left { left } else { right };
                match reach(test) {
                    Reach::Threshold(threshold) => {
                        let place = list.thresholds.partition_point(|other| *other < threshold);
                        let first = list.firsts[place / INPUT_THRESHOLDS_MAX];
                        Way::Mask(first + 1 + place % INPUT_THRESHOLDS_MAX)
                    }
                    Reach::Nothing if missing == Direction::Left => Way::Always(Direction::Left),
                    Reach::Nothing => {
                        let full = list.firsts.len() - 1;
                        let thresholds = list.thresholds.len() - full * INPUT_THRESHOLDS_MAX;
                        Way::Mask(list.firsts[full] + 1 + thresholds)
                    }
                }
            }
            FeatureMasks::Category { sets, first } => match sets.place(test, missing) {
                classes::Place::Set(place) => Way::Mask(first + sets.class_count() + place),
                classes::Place::Complement(place) => Way::NotMask(first + sets.class_count() + place),
                classes::Place::Always(direction) => Way::Always(direction),
            },
        }
    }

    /// The input that a mask belongs to, by index, and what it answers.
    pub(super) fn asked(&self, mask: usize) -> (usize, Asked) {
        let input = self.inputs.partition_point(|input| input.first <= mask) - 1;
        let within = mask - self.inputs[input].first;
        match &self.inputs[input].questions {
            Questions::Thresholds { .. } if within > 0 => (input, Asked::Rank(within)),
            Questions::Classes(classes) if within >= classes.count => {
                (input, Asked::Set(within - classes.count))
            }
            Questions::Thresholds { .. } | Questions::Classes(_) => (input, Asked::Nothing),
        }
    }
}
