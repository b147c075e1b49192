//! What was sent since the last commit: which records of the input, and where each partition goes on.
//!
//! An offset to go on at is that of the last processed record plus one. All of it is committed together, or none of
//! it: then each partition is read again from the first record that stands here.

use std::collections::BTreeMap;
use std::time::Instant;

/// A partition of the input and an offset in it.
pub type Position = (i32, i64);

/// The records that are processed and not committed.
#[derive(Debug, Default)]
pub struct Ledger {
    records: Vec<Position>,
    spans: BTreeMap<i32, Span>,
    since: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    first: i64,
    next: i64,
}

impl Ledger {
    /// The number that the next record has in this ledger.
    pub fn next_index(&self) -> usize {
        self.records.len()
    }

    /// The record and all before it in its partition are processed.
    pub fn enter(&mut self, position: Position) {
        self.since.get_or_insert_with(Instant::now);
        let (partition, offset) = position;
        let span = self.spans.entry(partition).or_insert(Span { first: offset, next: offset });
        span.next = offset + 1;
        self.records.push(position);
    }

    /// Where the record with this number stands.
    pub fn position(&self, index: usize) -> Option<Position> {
        self.records.get(index).copied()
    }

    /// All records are acknowledged, and need not be read again if nothing of this is committed.
    pub fn delivered(&mut self) {
        for span in self.spans.values_mut() {
            span.first = span.next;
        }
        self.records.clear();
    }

    /// When the first of the records was processed; nothing while there is none.
    pub fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Where each partition goes on once this is committed.
    pub fn next(&self) -> Vec<Position> {
        self.spans.iter().map(|(&partition, span)| (partition, span.next)).collect()
    }

    /// Where each partition goes on if nothing of this is committed.
    pub fn first(&self) -> Vec<Position> {
        self.spans.iter().map(|(&partition, span)| (partition, span.first)).collect()
    }

    /// Forgets partitions; says whether anything of them was not committed.
    pub fn forget(&mut self, partitions: &[i32]) -> bool {
        let before = self.spans.len();
        self.spans.retain(|partition, _| !partitions.contains(partition));
        if self.spans.is_empty() {
            self.since = None;
        }
        self.spans.len() < before
    }

    /// Forgets everything: it is committed, or will be read again.
    pub fn clear(&mut self) {
        self.records.clear();
        self.spans.clear();
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(positions: &[Position]) -> Ledger {
        let mut ledger = Ledger::default();
        for &position in positions {
            ledger.enter(position);
        }
        ledger
    }

    #[test]
    fn a_partition_goes_on_behind_its_last_record_or_at_its_first() {
        let ledger = ledger(&[(0, 6), (2, 0), (0, 9)]);
        assert_eq!(ledger.next(), [(0, 10), (2, 1)]);
        assert_eq!(ledger.first(), [(0, 6), (2, 0)]);
        assert_eq!(ledger.position(1), Some((2, 0)));
        assert_eq!(ledger.position(3), None);
    }

    #[test]
    fn what_is_delivered_is_not_read_again() {
        let mut ledger = ledger(&[(0, 6), (0, 7)]);
        ledger.delivered();
        assert_eq!(ledger.next_index(), 0);
        ledger.enter((2, 3));
        assert_eq!(ledger.first(), [(0, 8), (2, 3)]);
        assert_eq!(ledger.next(), [(0, 8), (2, 4)]);
    }

    #[test]
    fn a_partition_that_is_given_up_is_forgotten() {
        let mut ledger = ledger(&[(0, 6), (1, 4)]);
        assert!(ledger.forget(&[1, 3]));
        assert!(!ledger.forget(&[1, 3]));
        assert_eq!(ledger.next(), [(0, 7)]);
    }

    #[test]
    fn a_cleared_ledger_knows_nothing() {
        let mut ledger = ledger(&[(0, 6)]);
        assert!(ledger.since().is_some());
        ledger.clear();
        assert_eq!((ledger.next_index(), ledger.next(), ledger.since()), (0, Vec::new(), None));
    }
}
