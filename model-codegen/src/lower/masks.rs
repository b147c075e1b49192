//! Splits as masks: for each feature the thresholds and the sets that splits ask for, each once, and where its mask is.
//!
//! Every comparison becomes "reaches": `x < t` goes right where `x` reaches `t`, `x <= t` where it reaches the next
//! number above. A missing value reaches nothing where it goes left and everything where it goes right. A feature with both
//! is one input where the thresholds that a missing value reaches come first, as where missing counts as a number; else one or
//! two, as the layout can take it.

use super::{
    classes::{self, Sets},
    names::Names,
    ranked::{Questions, RankedInput},
    tables::Tables,
    thresholds::{self, BothWays, Inputs, List, Width},
};
use crate::ir::{Direction, Ensemble, Feature, FeatureId, Number, Precision, Split, Test, Tree};

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
    /// How many there are, the slots that answer nothing included.
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

/// With more thresholds in all there are no twins, of which each takes the slots of both lists.
const ALL_THRESHOLDS_MAX: usize = 1 << 13;

/// What a mask answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether the rank is this or more.
    Rank(usize),
    /// Whether the class is in this set.
    Set(usize),
    /// Nothing: it is an input's first slot.
    Nothing,
}

/// A test of a number, as what it has to reach to go right.
enum Reach {
    Threshold(f64),
    /// No number does.
    Nothing,
}

/// What the masks are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// Trees filled up to one depth.
    Heaps,
    /// Trees of any shape, whose nodes compare a rank and ask nothing else.
    Paths,
}

/// Gathers the masks, or says why there can be none. What finds a row's ranks goes into the tables.
pub(super) fn plan(
    ensemble: &Ensemble,
    names: &Names,
    layout: For,
    tables: &mut Tables,
) -> Result<Masks, String> {
    let mut features = gather(ensemble)?;
    let mut inputs = Inputs { planned: Vec::new(), slots: 0, both_ways: both_ways(&features, layout) };
    let has_lookups = ensemble.features().iter().any(|feature| matches!(feature, Feature::Lookup(_)));
    for ((feature, input), kind) in features.iter_mut().zip(&names.inputs).zip(ensemble.features()) {
        match feature {
            FeatureMasks::Number { left, right } => {
                let width = match kind {
                    Feature::Number(Number {
                        precision: Precision::F32,
                        zero_magnitude,
                        zero_is_missing,
                        ..
                    }) => {
                        // A lookup reads numbers as well, and what is near zero is told of rounded ones.
                        let stays = has_lookups || *zero_magnitude != 0.0 || *zero_is_missing;
                        if stays { Width::Single } else { Width::Unrounded }
                    }
                    _ => Width::Double,
                };
                inputs.add_numbers(input, width, left, right, tables);
            }
            FeatureMasks::Category { sets, first } => {
                if !sets.is_empty() {
                    *first = inputs.add(input, Questions::Classes(sets.classes(tables)));
                }
            }
        }
    }
    if inputs.planned.is_empty() {
        return Err("no split asks anything".into());
    }
    Ok(Masks { inputs: inputs.planned, count: inputs.slots, features })
}

/// How features are found whose missing values go both ways.
fn both_ways(features: &[FeatureMasks], layout: For) -> BothWays {
    let thresholds = features.iter().map(|feature| match feature {
        FeatureMasks::Number { left, right } => left.thresholds.len() + right.thresholds.len(),
        FeatureMasks::Category { .. } => 0,
    });
    let are_few = thresholds.sum::<usize>() <= ALL_THRESHOLDS_MAX;
    let is_byte = |feature: &FeatureMasks| match feature {
        FeatureMasks::Number { left, right } => thresholds::are_bytes(left, right),
        FeatureMasks::Category { sets, .. } => sets.is_empty(),
    };
    // Filled trees look at ranks that are bytes as they are, which takes less than looking bytes up by one rank for both ways: one
    // row of 100 trees with 28 such features took 28 % less with AVX2.
    if layout == For::Heaps && !features.iter().all(is_byte) {
        BothWays::Mixed
    } else if are_few {
        BothWays::Twins
    } else {
        BothWays::Apart
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
                        Way::Mask(list.slots[list.thresholds.partition_point(|other| *other < threshold)])
                    }
                    Reach::Nothing if missing == Direction::Left => Way::Always(Direction::Left),
                    Reach::Nothing => Way::Mask(list.missing_slot),
                }
            }
            FeatureMasks::Category { sets, first } => match sets.place(test, missing) {
                classes::Place::Set(place) => Way::Mask(first + 1 + place),
                classes::Place::Complement(place) => Way::NotMask(first + 1 + place),
                classes::Place::Always(direction) => Way::Always(direction),
            },
        }
    }

    /// The input that a mask belongs to, by index, and what it answers.
    pub(super) fn asked(&self, mask: usize) -> (usize, Asked) {
        let input = self.inputs.partition_point(|input| input.first <= mask) - 1;
        let within = mask - self.inputs[input].first;
        match &self.inputs[input].questions {
            _ if within == 0 => (input, Asked::Nothing),
            Questions::Thresholds { .. } => (input, Asked::Rank(within)),
            Questions::Classes(_) => (input, Asked::Set(within - 1)),
        }
    }
}
