//! Splits as questions: which way round, spelt out or as a set, and those whose answer is known already.

use super::{
    names::Names,
    program::{Condition, ConditionSet, FieldType, Operator},
};
use crate::ir::{CategorySet, ColumnId, Direction, Ensemble, Feature, FeatureId, Precision, Split, Test};

/// A question whose `true` leads left, or the only way there is.
#[derive(Debug)]
pub(super) enum Question {
    Asked(Condition),
    Always(Direction),
}

/// Up to this many levels are spelt out; more are read better, and compiled faster, as a set.
const LEVELS_SPELT_OUT_MAX: usize = 6;

/// Turns splits into questions, and gathers the sets that they need.
#[derive(Debug)]
pub(super) struct Questions<'a> {
    ensemble: &'a Ensemble,
    names: &'a Names,
    pub sets: Vec<(String, CategorySet)>,
}

impl<'a> Questions<'a> {
    pub(super) fn new(ensemble: &'a Ensemble, names: &'a Names) -> Self {
        Self { ensemble, names, sets: Vec::new() }
    }

    pub(super) fn of_split(&mut self, split: &Split, place: &str) -> Question {
        self.of(split.feature, &split.test, split.missing, place)
    }

    /// `place` names a set that the question may need.
    pub(super) fn of(&mut self, feature: FeatureId, test: &Test, missing: Direction, place: &str) -> Question {
        let input = self.names.inputs[feature.index()].clone();
        match (&self.ensemble.features()[feature.index()], test) {
            (_, Test::Present) if missing == Direction::Left => Question::Always(Direction::Left),
            (Feature::Number(_) | Feature::Lookup(_), Test::Present) => {
                Question::Asked(Condition::NumberMissing { input, negated: true })
            }
            (Feature::Code(_), Test::Present) => Question::Asked(Condition::CodeMissing { input, negated: true }),
            (Feature::Level(_), Test::Present) => Question::Asked(missing_level(input, true)),
            (feature, Test::Less(threshold)) => Question::Asked(compare(feature, input, *threshold, missing, true)),
            (feature, Test::LessOrEqual(threshold)) => {
                Question::Asked(compare(feature, input, *threshold, missing, false))
            }
            (Feature::Level(column), Test::Member { set, members }) => {
                self.levels(*column, input, set, *members, missing, place)
            }
            (_, Test::Member { set, members }) => {
                let negated = *members == Direction::Right;
                // A missing code is no member of any set; it is named where that is the wrong way.
                let or_missing = (missing == Direction::Left) != negated;
                let set = ConditionSet { name: self.set(place, set.clone()), of_levels: false };
                Question::Asked(Condition::Set { input, set, or_missing, negated })
            }
        }
    }

    fn levels(
        &mut self,
        column: ColumnId,
        input: String,
        set: &CategorySet,
        members: Direction,
        missing: Direction,
        place: &str,
    ) -> Question {
        let FieldType::Level { name, levels } = &self.names.fields[column.index()].kind else {
            unreachable!("a level feature reads a categorical column")
        };
        let goes_left = |level: &usize| set.contains(*level) == (members == Direction::Left);
        let (left, right): (Vec<usize>, Vec<usize>) = (0..levels.len()).partition(goes_left);
        let missing_left = missing == Direction::Left;
        match (left.is_empty(), right.is_empty()) {
            (true, _) if !missing_left => return Question::Always(Direction::Right),
            (_, true) if missing_left => return Question::Always(Direction::Left),
            (true, _) => return Question::Asked(missing_level(input, false)),
            (_, true) => return Question::Asked(missing_level(input, true)),
            (false, false) => {}
        }
        let negated = right.len() < left.len();
        let named = if negated { right } else { left };
        let or_missing = missing_left != negated;
        if named.len() > LEVELS_SPELT_OUT_MAX {
            let set = ConditionSet { name: self.set(place, named.into_iter().collect()), of_levels: true };
            return Question::Asked(Condition::Set { input, set, or_missing, negated });
        }
        let levels = named.into_iter().map(|level| (name.clone(), levels[level].variant.clone())).collect();
        Question::Asked(Condition::Levels { input, levels, or_missing, negated })
    }

    fn set(&mut self, place: &str, set: CategorySet) -> String {
        let name = place.to_ascii_uppercase();
        self.sets.push((name.clone(), set));
        name
    }
}

fn missing_level(input: String, negated: bool) -> Condition {
    Condition::Levels { input, levels: Vec::new(), or_missing: true, negated }
}

/// A comparison fails for NaN: where a missing value goes left, the opposite one is negated.
fn compare(feature: &Feature, input: String, threshold: f64, missing: Direction, strict: bool) -> Condition {
    let negated = missing == Direction::Left;
    let operator = match (strict, negated) {
        (true, false) => Operator::Less,
        (false, false) => Operator::LessOrEqual,
        (true, true) => Operator::GreaterOrEqual,
        (false, true) => Operator::Greater,
    };
    let single = matches!(feature, Feature::Number(number) if number.precision == Precision::F32);
    Condition::Compare { input, operator, threshold, single, negated }
}
