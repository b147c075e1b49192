//! What is prepared of a row, once, before the trees read it.

use super::{
    conditions::{Question, Questions},
    names::Names,
    program::{Input, KeyPart, Prepared},
    ranked::{Questions as RankedQuestions, Ranked},
};
use crate::ir::{self, Code, Direction, Ensemble, Feature, Leaf, Number, Precision};

/// The inputs, one for each feature that is read.
pub(super) fn plan(ensemble: &Ensemble, names: &Names, questions: &mut Questions<'_>) -> Vec<Input> {
    let is_read = read(ensemble);
    let features = ensemble.features().iter().enumerate().filter(|(index, _)| is_read[*index]);
    let inputs = features.map(|(index, feature)| {
        let prepared = match feature {
            Feature::Number(Number { column, precision, zero_magnitude, zero_is_missing }) => {
                Prepared::Number {
                    column: column.index(),
                    single: *precision == Precision::F32,
                    zero_magnitude: *zero_magnitude,
                    zero_is_missing: *zero_is_missing,
                }
            }
            Feature::Level(column) => Prepared::Level { column: column.index() },
            Feature::Code(Code { column, precision, limit, negative_fraction_is_zero }) => Prepared::Code {
                column: column.index(),
                single: *precision == Precision::F32,
                limit: *limit,
                negative_fraction_is_zero: *negative_fraction_is_zero,
            },
            Feature::Lookup(lookup) => Prepared::Lookup {
                feature: index,
                parts: lookup.parts.iter().map(|part| key_part(part, names, questions)).collect(),
            },
        };
        Input { name: names.inputs[index].clone(), prepared }
    });
    inputs.collect()
}

/// Leaves out what no rank depends on: that a number near zero counts as zero, where no threshold is as near; and that a
/// number is rounded, where the thresholds are such that it need not be.
pub(super) fn simplify(inputs: &mut [Input], ranked: &Ranked) {
    if inputs.iter().any(|input| matches!(input.prepared, Prepared::Lookup { .. })) {
        // Lookups read the inputs as well.
        return;
    }
    for Input { name, prepared } in inputs {
        if let Prepared::Number { zero_magnitude, zero_is_missing: false, single, .. } = prepared {
            let asked = ranked.inputs.iter().filter(|input| input.input == *name);
            let is_rounded = |questions: &RankedQuestions| match questions {
                RankedQuestions::Thresholds { single, .. } => *single,
                RankedQuestions::Classes(_) => false,
            };
            *single = asked.clone().map(|input| &input.questions).any(is_rounded);
            let depends = |questions: &RankedQuestions| match questions {
                RankedQuestions::Thresholds { thresholds, .. } => {
                    thresholds.iter().any(|threshold| tells_apart(*threshold, *zero_magnitude))
                }
                RankedQuestions::Classes(_) => false,
            };
            if !asked.map(|input| &input.questions).any(depends) {
                *zero_magnitude = 0.0;
            }
        }
    }
}

/// Whether some of the numbers up to this magnitude reach the threshold and others do not.
fn tells_apart(threshold: f64, magnitude: f64) -> bool {
    -magnitude < threshold && threshold <= magnitude
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

fn key_part(part: &ir::KeyPart, names: &Names, questions: &mut Questions<'_>) -> KeyPart {
    match part {
        ir::KeyPart::Level { feature, numbers } => {
            KeyPart::Level { input: names.inputs[feature.index()].clone(), numbers: numbers.clone() }
        }
        ir::KeyPart::Bit { feature, test, missing } => match questions.of(*feature, test, *missing) {
            Question::Asked(condition, holds) => KeyPart::Bit { condition, holds: holds == Direction::Right },
            Question::Always(direction) => KeyPart::Constant(u64::from(direction == Direction::Right)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::tells_apart;

    #[test]
    fn a_threshold_tells_numbers_near_zero_apart_if_one_of_them_reaches_it_and_another_does_not() {
        let cases =
            [(-1.0, false), (-0.5, true), (0.0, true), (1.0, true), (1.0_f64.next_up(), false), (2.0, false)];
        for (threshold, expected) in cases {
            assert_eq!(tells_apart(threshold, 1.0), expected, "{threshold}");
            let reaches = |number: f64| number >= threshold;
            let differs =
                [-1.0, -0.75, -0.25, 0.5, 1.0].into_iter().any(|number| reaches(number) != reaches(0.0));
            assert_eq!(differs, expected, "{threshold}, by trying");
        }
        assert!(!tells_apart(0.0, 0.0), "both zeros are one number");
    }
}
