//! Categories as classes: those that no split tells apart are one, and each set that splits ask for is a set of classes.

use super::{ranked::Classes, tables::Tables};
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
    right: Vec<Vec<u64>>,
    places: HashMap<Vec<u64>, usize>,
    /// The class of each member.
    of_member: Vec<u16>,
    class_count: usize,
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
        Self {
            categories,
            is_code,
            tests: Vec::new(),
            right: Vec::new(),
            places: HashMap::new(),
            of_member: Vec::new(),
            class_count: 0,
        }
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
            let (right, _) = self.goes_right(&test, missing);
            if right.iter().any(|word| *word != 0) && !self.places.contains_key(&right) {
                self.places.insert(right.clone(), self.right.len());
                self.right.push(right);
            }
        }
        self.number_classes();
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.right.is_empty()
    }

    /// The classes; the class of each category goes into the tables, unless it is its own index.
    pub(super) fn classes(&self, tables: &mut Tables) -> Classes {
        let (missing, others) = self.of_member.split_last().expect("missing is a member");
        let (other, of_category) = match others.split_last() {
            Some((other, categories)) if self.is_code => (Some(*other), categories),
            _ => (None, others),
        };
        let is_plain = of_category.iter().enumerate().all(|(index, class)| index == usize::from(*class));
        let of_category = (self.is_code || !is_plain).then(|| tables.u16s(of_category));
        let sets = self.right.iter().map(|set| {
            let mut classes = vec![0_u32; self.class_count.div_ceil(32)];
            for (member, class) in self.of_member.iter().enumerate().filter(|(member, _)| is_in(set, *member))
            {
                debug_assert!(member < self.members());
                classes[usize::from(*class) / 32] |= 1 << (class % 32);
            }
            classes
        });
        Classes { of_category, other, missing: *missing, count: self.class_count, sets: sets.collect() }
    }

    pub(super) fn place(&self, test: &Test, missing: Direction) -> Place {
        let (right, is_complement) = self.goes_right(test, missing);
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
    fn goes_right(&self, test: &Test, missing: Direction) -> (Vec<u64>, bool) {
        let is_right = |category: usize| match test {
            Test::Member { set, members } => set.contains(category) == (*members == Direction::Right),
            _ => false,
        };
        let is_complement = missing == Direction::Right;
        let mut right = CategorySet::default();
        let known = self.members() - 1;
        // A code that is no category is in no set: `categories` is past the last that any set names.
        (0..known).filter(|category| is_right(*category) != is_complement).for_each(|category| {
            right.insert(category);
        });
        (right.words().to_vec(), is_complement)
    }

    /// Members that every set either holds or lacks together are of one class; classes are numbered by their first member.
    fn number_classes(&mut self) {
        let members = self.members();
        let mut of_member = vec![0_u32; members];
        let mut count = 1;
        for set in &self.right {
            if count == members {
                break;
            }
            let mut parts: HashMap<(u32, bool), u32> = HashMap::new();
            for (member, class) in of_member.iter_mut().enumerate() {
                let next = parts.len() as u32;
                *class = *parts.entry((*class, is_in(set, member))).or_insert(next);
            }
            count = parts.len();
        }
        // At most as many as categories, which are limited.
        self.of_member = of_member.into_iter().map(|class| class as u16).collect();
        self.class_count = count;
    }
}

fn is_in(set: &[u64], member: usize) -> bool {
    set.get(member / 64).is_some_and(|word| word >> (member % 64) & 1 == 1)
}
