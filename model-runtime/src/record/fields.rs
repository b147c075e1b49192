//! Which fields of a record mean something, by the object that they stand in.

use super::LOCATED_MAX;
use super::cell::Cell;
use super::order::Order;
use crate::metadata::Column;
use std::fmt::Write;

/// So many keys that mean nothing are remembered in an object's order beside those that do.
const UNREAD_KEYS_MAX: usize = 64;

/// The fields of one object, or of an array by their indices.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Sorted by name.
    targets: Vec<(String, Target)>,
    /// No element of an array from this index on means anything.
    elements_end: usize,
    order: Order<Option<Meaning>>,
}

/// The index of a field's target.
pub(super) type Meaning = usize;

/// What a field means.
#[derive(Debug)]
pub(super) enum Target {
    Column(usize),
    Located(usize),
    Inner(Fields),
}

impl Fields {
    /// The fields that `columns` stand in, and those to locate; or the name of one that can't be both.
    pub(super) fn new(columns: &[Column], located: &[String]) -> Result<Self, String> {
        let mut fields = Self::default();
        for (index, column) in columns.iter().enumerate() {
            let path: Vec<String> = match column.field.strip_prefix('/') {
                Some(pointer) => pointer.split('/').map(unescaped).collect(),
                None => vec![column.field.to_owned()],
            };
            fields.insert(&path, Target::Column(index)).map_err(|()| column.field.to_owned())?;
        }
        for (index, field) in located.iter().enumerate() {
            let inserted = fields.insert(std::slice::from_ref(field), Target::Located(index));
            inserted.ok().filter(|()| index < LOCATED_MAX).ok_or_else(|| field.clone())?;
        }
        Ok(fields)
    }

    fn insert(&mut self, path: &[String], target: Target) -> Result<(), ()> {
        let Some((name, rest)) = path.split_first() else { return Err(()) };
        if let Ok(index) = name.parse::<usize>() {
            self.elements_end = self.elements_end.max(index.saturating_add(1));
        }
        match (self.targets.binary_search_by(|(field, _)| field.cmp(name)), rest.is_empty()) {
            (Err(at), true) => self.targets.insert(at, (name.clone(), target)),
            (Err(at), false) => {
                let mut inner = Self::default();
                inner.insert(rest, target)?;
                self.targets.insert(at, (name.clone(), Target::Inner(inner)));
            }
            (Ok(at), false) => match &mut self.targets[at].1 {
                Target::Inner(inner) => inner.insert(rest, target)?,
                Target::Column(_) | Target::Located(_) => return Err(()),
            },
            (Ok(_), true) => return Err(()),
        }
        Ok(())
    }

    /// What the field of this name means, if anything.
    pub(super) fn meaning(&self, name: &str) -> Option<Meaning> {
        self.targets.binary_search_by(|(field, _)| field.as_str().cmp(name)).ok()
    }

    /// What an array's element means, if anything. `digits` is scratch.
    pub(super) fn element(&self, index: usize, digits: &mut String) -> Option<Meaning> {
        if index >= self.elements_end {
            return None;
        }
        digits.clear();
        // Writing to a `String` can't fail.
        let _ = write!(digits, "{index}");
        self.meaning(digits)
    }

    /// The target that a field means.
    #[inline]
    pub(super) fn target(&mut self, meaning: Meaning) -> &mut Target {
        &mut self.targets[meaning].1
    }

    /// The object's keys in their order, which begins anew.
    #[inline]
    pub(super) fn restart(&mut self) {
        self.order.restart();
    }

    /// If `rest` begins with a key that was to be expected, how long it is up to its value and what it means.
    #[inline]
    pub(super) fn expect(&mut self, rest: &[u8]) -> Option<(usize, Option<Meaning>)> {
        self.order.expect(rest)
    }

    /// Remembers a key that was not expected, up to its value.
    pub(super) fn learn(&mut self, key: &[u8], meaning: Option<Meaning>) {
        self.order.learn(key, meaning, self.targets.len() + UNREAD_KEYS_MAX);
    }

    /// Sets the cell of every column that lies within.
    pub(super) fn fill(&self, cells: &mut [Cell], cell: Cell) {
        for (_, target) in &self.targets {
            match target {
                Target::Column(index) => cells[*index] = cell,
                Target::Inner(inner) => inner.fill(cells, cell),
                Target::Located(_) => {}
            }
        }
    }
}

/// A token of a JSON pointer (RFC 6901) as the name that it stands for.
fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
