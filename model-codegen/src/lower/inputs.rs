//! What is prepared of a row, once, before the trees read it.

use super::{
    conditions::{Question, Questions},
    names::Names,
    program::{Condition, Input, Prepared},
};
use crate::ir::{CategorySet, Code, Direction, Ensemble, Feature, KeyPart, Leaf, Number, Precision};

/// The inputs, one for each feature that is read, and the sets that preparing them needs.
pub(super) fn plan(ensemble: &Ensemble, names: &Names) -> (Vec<Input>, Vec<(String, CategorySet)>) {
    let mut questions = Questions::new(ensemble, names);
    let is_read = read(ensemble);
    let features = ensemble.features().iter().enumerate().filter(|(index, _)| is_read[*index]);
    let inputs = features.map(|(index, feature)| {
        let prepared = match feature {
            Feature::Number(Number { column, precision, zero_magnitude, zero_is_missing }) => Prepared::Number {
                column: column.index(),
                single: *precision == Precision::F32,
                zero_magnitude: *zero_magnitude,
                zero_is_missing: *zero_is_missing,
            },
            Feature::Level(column) => Prepared::Level { column: column.index() },
            Feature::Code(Code { column, limit, negative_fraction_is_zero }) => Prepared::Code {
                column: column.index(),
                limit: *limit,
                negative_fraction_is_zero: *negative_fraction_is_zero,
            },
            Feature::Lookup(lookup) => Prepared::Lookup {
                feature: index,
                bits: lookup
                    .parts
                    .iter()
                    .enumerate()
                    .map(|(part, key)| bit(key, &format!("lookup_{index}_part_{part}"), &mut questions))
                    .collect(),
            },
        };
        Input { name: names.inputs[index].clone(), prepared }
    });
    let inputs = inputs.collect();
    (inputs, questions.sets)
}

/// Which features a tree reads, or a lookup that a tree reads.
fn read(ensemble: &Ensemble) -> Vec<bool> {
    let mut is_read = vec![false; ensemble.features().len()];
    for tree in ensemble.trees() {
        tree.splits().for_each(|split| is_read[split.feature.index()] = true);
        for leaf in tree.leaves() {
            if let Leaf::Linear(linear) = leaf {
                linear.terms.iter().for_each(|(feature, _)| is_read[feature.index()] = true);
            }
        }
    }
    // A lookup stands behind what it reads, so one pass from the end finds all.
    for (index, feature) in ensemble.features().iter().enumerate().rev() {
        if let (Feature::Lookup(lookup), true) = (feature, is_read[index]) {
            lookup.parts.iter().for_each(|part| is_read[part.feature().index()] = true);
        }
    }
    is_read
}

/// The condition under which a bit part is 0: its value goes left, or is missing.
fn bit(part: &KeyPart, place: &str, questions: &mut Questions<'_>) -> Option<Condition> {
    match part {
        KeyPart::Level { .. } => None,
        KeyPart::Bit { feature, test } => match questions.of(*feature, test, Direction::Left, place) {
            Question::Asked(condition) => Some(condition),
            Question::Always(_) => None,
        },
    }
}
