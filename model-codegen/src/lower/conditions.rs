//! Splits as questions: which way round, spelt out or as a set, and those whose answer is known already.

use super::{
    names::Names,
    program::{Condition, ConditionSet, FieldType, NamedSet, Operator},
};
use crate::ir::{CategorySet, ColumnId, Direction, Ensemble, Feature, FeatureId, Precision, Split, Test};
use std::collections::HashMap;

/// Where a condition leads when it holds, or the only way there is.
#[derive(Debug)]
pub(super) enum Question {
    Asked(Condition, Direction),
    Always(Direction),
}

/// Up to this many levels are spelt out; more are read better, and compiled faster, as a set.
const LEVELS_SPELT_OUT_MAX: usize = 6;

/// Turns splits into questions, and gathers the sets that they need, each once.
#[derive(Debug)]
pub(super) struct Questions<'a> {
    ensemble: &'a Ensemble,
    names: &'a Names,
    sets: Vec<NamedSet>,
    places: HashMap<(FeatureId, Vec<u64>), usize>,
}

impl<'a> Questions<'a> {
    pub(super) fn new(ensemble: &'a Ensemble, names: &'a Names) -> Self {
        Self { ensemble, names, sets: Vec::new(), places: HashMap::new() }
    }

    /// The sets that the questions so far need.
    pub(super) fn into_sets(self) -> Vec<NamedSet> {
        self.sets
    }

    pub(super) fn of_split(&mut self, split: &Split) -> Question {
        self.of(split.feature, &split.test, split.missing)
    }

    pub(super) fn of(&mut self, feature: FeatureId, test: &Test, missing: Direction) -> Question {
        let input = self.names.inputs[feature.index()].clone();
        match (&self.ensemble.features()[feature.index()], test) {
            (_, Test::Present) if missing == Direction::Left => Question::Always(Direction::Left),
            (Feature::Number(_) | Feature::Lookup(_), Test::Present) => {
                Question::Asked(Condition::NumberMissing { input }, missing)
            }
            (Feature::Code(_), Test::Present) => Question::Asked(Condition::CodeMissing { input }, missing),
            (Feature::Level(_), Test::Present) => missing_level(input, missing),
            (kind, Test::Less(threshold)) => compare(kind, input, *threshold, missing, true),
            (kind, Test::LessOrEqual(threshold)) => compare(kind, input, *threshold, missing, false),
            (Feature::Level(column), Test::Member { set, members }) => {
                self.levels(feature, *column, set, *members, missing)
            }
            (_, Test::Member { set, members }) => {
                let set = self.set(feature, set.clone(), false);
                Question::Asked(Condition::Set { input, set, or_missing: missing == *members }, *members)
            }
        }
    }

    fn levels(
        &mut self,
        feature: FeatureId,
        column: ColumnId,
        set: &CategorySet,
        members: Direction,
        missing: Direction,
    ) -> Question {
        let input = self.names.inputs[feature.index()].clone();
        let FieldType::Level { name, levels, .. } = &self.names.fields[column.index()].kind else {
            unreachable!("a level feature reads a categorical column")
        };
        let goes_left = |level: &usize| set.contains(*level) == (members == Direction::Left);
        let (left, right): (Vec<usize>, Vec<usize>) = (0..levels.len()).partition(goes_left);
        match (left.is_empty(), right.is_empty()) {
            (true, _) if missing == Direction::Right => return Question::Always(Direction::Right),
            (_, true) if missing == Direction::Left => return Question::Always(Direction::Left),
            (true, _) | (_, true) => return missing_level(input, missing),
            (false, false) => {}
        }
        let (named, holds) =
            if left.len() <= right.len() { (left, Direction::Left) } else { (right, Direction::Right) };
        let or_missing = missing == holds;
        if named.len() > LEVELS_SPELT_OUT_MAX {
            let set = self.set(feature, named.into_iter().collect(), true);
            return Question::Asked(Condition::Set { input, set, or_missing }, holds);
        }
        let levels = named.into_iter().map(|level| (name.clone(), levels[level].variant.clone())).collect();
        Question::Asked(Condition::Levels { input, levels, or_missing }, holds)
    }

    fn set(&mut self, feature: FeatureId, set: CategorySet, of_levels: bool) -> ConditionSet {
        let sets = &mut self.sets;
        let input = &self.names.inputs[feature.index()];
        let place = *self.places.entry((feature, set.words().to_vec())).or_insert_with(|| {
            let name = format!("{}_SET_{}", input.to_ascii_uppercase(), sets.len());
            sets.push(NamedSet { name, input: input.clone(), set });
            sets.len() - 1
        });
        ConditionSet { name: sets[place].name.clone(), of_levels }
    }
}

fn missing_level(input: String, missing: Direction) -> Question {
    Question::Asked(Condition::Levels { input, levels: Vec::new(), or_missing: true }, missing)
}

/// A comparison fails for NaN: where a missing value goes left, the opposite one leads right.
fn compare(feature: &Feature, input: String, threshold: f64, missing: Direction, strict: bool) -> Question {
    let (operator, holds) = match (strict, missing) {
        (true, Direction::Right) => (Operator::Less, Direction::Left),
        (false, Direction::Right) => (Operator::LessOrEqual, Direction::Left),
        (true, Direction::Left) => (Operator::GreaterOrEqual, Direction::Right),
        (false, Direction::Left) => (Operator::Greater, Direction::Right),
    };
    let single = matches!(feature, Feature::Number(number) if number.precision == Precision::F32);
    Question::Asked(Condition::Compare { input, operator, threshold, single }, holds)
}
