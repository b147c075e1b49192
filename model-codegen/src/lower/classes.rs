//! Categories as classes: those that no split tells apart are one, and each set that splits ask for is a set of classes.

use super::ranked::Classes;
use crate::ir::{CategorySet, ColumnKind, Direction, Ensemble, Feature, Test};
use std::collections::HashMap;

/// Most categories of an input: classes are counted by 16 bits, with one for missing and one for codes that are none.
const CATEGORIES_MAX: usize = 65_000;

/// The sets that splits ask for about one feature.
#[derive(Debug)]
pub(super) struct Sets {
    /// How many categories there are; of a code, how many any set names.
    categories: usize,
    is_code: bool,
    /// The tests as they stand, until all are gathered.
    tests: Vec<(Test, Direction)>,
    /// What goes right, a bit a category, for each set.
    sets: Vec<Vec<u64>>,
    places: HashMap<Vec<u64>, usize>,
    classes: Classes,
}

/// Where a test's set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What is in the set goes right.
    Set(usize),
    /// What is in the set goes left.
    Complement(usize),
    /// Everything goes one way.
    Always(Direction),
}

impl Sets {
    /// No sets yet of this feature.
    pub(super) fn new(ensemble: &Ensemble, feature: &Feature) -> Self {
        let levels = feature.column().map(|column| &ensemble.column(column).kind);
        let (categories, is_code) = match levels {
            Some(ColumnKind::Categorical(levels)) => (levels.len(), false),
            _ => (0, true),
        };
        let classes = Classes {
            of_category: Vec::new(),
            other: is_code.then_some(0),
            missing: 0,
            count: 0,
            sets: Vec::new(),
        };
        Self { categories, is_code, tests: Vec::new(), sets: Vec::new(), places: HashMap::new(), classes }
    }

    pub(super) fn gather(&mut self, test: &Test, missing: Direction) {
        if let (Test::Member { set, .. }, true) = (test, self.is_code) {
            self.categories = self.categories.max(set.words().len() * 64);
        }
        self.tests.push((test.clone(), missing));
    }

    /// Ends the gathering.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        if self.categories > CATEGORIES_MAX {
            return Err(format!(
                "it tells {} categories apart, and {CATEGORIES_MAX} is the most",
                self.categories
            ));
        }
        for (test, missing) in std::mem::take(&mut self.tests) {
            let (right, _) = self.right(&test, missing);
            if right.iter().any(|word| *word != 0) && !self.places.contains_key(&right) {
                self.places.insert(right.clone(), self.sets.len());
                self.sets.push(right);
            }
        }
        self.number_classes();
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    pub(super) fn classes(&self) -> &Classes {
        &self.classes
    }

    pub(super) fn place(&self, test: &Test, missing: Direction) -> Place {
        let (right, is_complement) = self.right(test, missing);
        match (self.places.get(&right), is_complement) {
            (Some(place), false) => Place::Set(*place),
            (Some(place), true) => Place::Complement(*place),
            (None, is_complement) => Place::Always(Direction::left_if(!is_complement)),
        }
    }

    /// A bit for each category, then for a code that is none, then for missing.
    fn members(&self) -> usize {
        self.categories + usize::from(self.is_code) + 1
    }

    /// What goes right; where missing does, what goes left, and true: so that a set and its complement are one.
    fn right(&self, test: &Test, missing: Direction) -> (Vec<u64>, bool) {
        let goes_right = |category: usize| match test {
            Test::Member { set, members } => set.contains(category) == (*members == Direction::Right),
            _ => false,
        };
        let is_complement = missing == Direction::Right;
        let mut right = CategorySet::default();
        let known = self.members() - 1;
        // A code that is no category is in no set: `categories` is past the last that any set names.
        (0..known).filter(|category| goes_right(*category) != is_complement).for_each(|category| {
            right.insert(category);
        });
        (right.words().to_vec(), is_complement)
    }

    fn number_classes(&mut self) {
        let mut classes: HashMap<Vec<u64>, u16> = HashMap::new();
        let mut of_member = Vec::new();
        let mut sets = vec![Vec::new(); self.sets.len()];
        for member in 0..self.members() {
            let is_in =
                |set: &Vec<u64>| set.get(member / 64).is_some_and(|word| word >> (member % 64) & 1 == 1);
            let holders: CategorySet = (0..self.sets.len()).filter(|set| is_in(&self.sets[*set])).collect();
            // At most as many as categories, which are limited.
            let next = classes.len() as u16;
            let class = *classes.entry(holders.words().to_vec()).or_insert_with(|| {
                holders.iter().for_each(|set| sets[set].push(next));
                next
            });
            of_member.push(class);
        }
        let missing = of_member.pop().unwrap_or_default();
        let other = if self.is_code { of_member.pop() } else { None };
        self.classes = Classes { of_category: of_member, other, missing, count: classes.len(), sets };
    }
}
