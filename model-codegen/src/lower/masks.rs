//! Splits as masks: for each feature the thresholds and the sets that splits ask for, each once, and where its mask is.
//!
//! Every comparison becomes "reaches": `x < t` goes right where `x` reaches `t`, `x <= t` where it reaches the next
//! number above. A missing value reaches nothing where it goes left and everything where it goes right, so that a feature
//! with both has two lists of thresholds.

use super::{
    cells,
    classes::{self, Sets},
    names::Names,
    ranked::{Questions, RankedInput},
};
use crate::ir::{Direction, Ensemble, Feature, FeatureId, Number, Precision, Split, Test, Tree};

/// Most masks: a node names one by 16 bits.
const MASKS_MAX: usize = 1 << 16;

/// Where a split leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Right where the mask is set.
    Mask(u16),
    /// Left where the mask is set.
    NotMask(u16),
    /// There is only one way.
    Always(Direction),
}

/// The masks of an ensemble.
#[derive(Debug)]
pub(super) struct Masks {
    pub inputs: Vec<RankedInput>,
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
    first: usize,
}

/// A test of a number, as what it has to reach to go right.
enum Reach {
    Threshold(f64),
    /// No number does.
    Nothing,
}

/// Gathers the masks, or says why there can be none.
pub(super) fn plan(ensemble: &Ensemble, names: &Names) -> Result<Masks, String> {
    let mut features = gather(ensemble)?;
    let (mut inputs, mut count) = (Vec::new(), 0);
    for (index, feature) in features.iter_mut().enumerate() {
        let input = &names.inputs[index];
        let mut add = |questions: Questions, slots: usize| {
            let name = format!("{}_RANKS_{}", input.to_ascii_uppercase(), inputs.len());
            inputs.push(RankedInput { name, input: input.clone(), first: count, questions });
            count += slots;
            count - slots
        };
        match feature {
            FeatureMasks::Number { left, right } => {
                let is_single = matches!(
                    ensemble.features()[index],
                    Feature::Number(Number { precision: Precision::F32, .. })
                );
                for (list, missing_is_right) in [(left, false), (right, true)] {
                    if list.thresholds.is_empty() && !list.asks_missing {
                        continue;
                    }
                    let slots = 1 + list.thresholds.len() + usize::from(missing_is_right);
                    list.first = add(
                        Questions::Thresholds {
                            search: cells::search(&list.thresholds),
                            thresholds: list.thresholds.clone(),
                            single: is_single,
                            missing_is_right,
                        },
                        slots,
                    );
                }
            }
            FeatureMasks::Category { sets, first } => {
                if !sets.is_empty() {
                    let classes = sets.classes();
                    let slots = classes.count + classes.sets.len();
                    *first = add(Questions::Classes(classes.clone()), slots);
                }
            }
        }
    }
    if count > MASKS_MAX {
        return Err(format!("its splits ask {count} different questions, and {MASKS_MAX} is the most"));
    }
    Ok(Masks { inputs, count, features })
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
        // `plan` refuses more masks than 16 bits can name.
        let mask = |slot: usize| slot as u16;
        match &self.features[feature.index()] {
            FeatureMasks::Number { left, right } => {
                let list = if missing == Direction::Left { left } else { right };
                match reach(test) {
                    Reach::Threshold(threshold) => {
                        let place = list.thresholds.partition_point(|other| *other < threshold);
                        Way::Mask(mask(list.first + 1 + place))
                    }
                    Reach::Nothing if missing == Direction::Left => Way::Always(Direction::Left),
                    Reach::Nothing => Way::Mask(mask(list.first + 1 + list.thresholds.len())),
                }
            }
            FeatureMasks::Category { sets, first } => match sets.place(test, missing) {
                classes::Place::Set(place) => Way::Mask(mask(first + sets.classes().count + place)),
                classes::Place::Complement(place) => Way::NotMask(mask(first + sets.classes().count + place)),
                classes::Place::Always(direction) => Way::Always(direction),
            },
        }
    }
}
