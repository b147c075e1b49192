//! What is known of records that a broker refused, for when they are read again.
//!
//! A broker refuses a whole request for one record in it. So the records of a refused request are suspects: read again,
//! each is sent alone. One that is refused alone becomes a dead letter when it is read once more, with less of it if the
//! dead letter is refused too.

use crate::dead_letter::Omitted;
use crate::ledger::Position;
use rdkafka::error::RDKafkaErrorCode;
use std::collections::BTreeMap;

/// What to do with a record that is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why its result is a dead letter, if it was refused alone.
    pub refused: Option<RDKafkaErrorCode>,
    /// What its dead letter leaves out.
    pub omitted: Omitted,
}

/// The verdict on a record of which no more is known than that its request was refused.
const SUSPECT: Verdict = Verdict { refused: None, omitted: Omitted::Nothing };

/// The verdicts on records that are not committed yet.
#[derive(Debug, Default)]
pub struct Verdicts(BTreeMap<Position, Verdict>);

impl Verdicts {
    /// The verdict on a record, if there is one: such a record is sent alone.
    pub fn get(&self, position: Position) -> Option<Verdict> {
        self.0.get(&position).copied()
    }

    /// Whether there is none at all, as nearly always.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Suspects a record of which nothing is known yet.
    pub fn suspect(&mut self, position: Position) {
        self.0.entry(position).or_insert(SUSPECT);
    }

    /// The result, sent alone, was refused.
    pub fn refuse_result(&mut self, position: Position, code: RDKafkaErrorCode) {
        self.0.entry(position).or_insert(SUSPECT).refused = Some(code);
    }

    /// The dead letter, sent alone, was refused. Says whether there is anything left to leave out.
    #[must_use]
    pub fn refuse_dead_letter(&mut self, position: Position, code: RDKafkaErrorCode) -> bool {
        let verdict = self.0.entry(position).or_insert(SUSPECT);
        let more = verdict.omitted.more(code);
        verdict.omitted = more.unwrap_or(verdict.omitted);
        more.is_some()
    }

    /// Forgets what lies before these positions, which are committed.
    pub fn committed(&mut self, next: &[Position]) {
        if !self.0.is_empty() {
            for &(partition, next) in next {
                self.0.retain(|&(of, offset), _| of != partition || offset >= next);
            }
        }
    }

    /// Forgets what it knows of partitions that are someone else's now.
    pub fn give_up(&mut self, partitions: &[i32]) {
        self.0.retain(|(partition, _), _| !partitions.contains(partition));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_leaves_less_to_try() {
        let (at, too_large) = ((0, 5), RDKafkaErrorCode::MessageSizeTooLarge);
        let mut verdicts = Verdicts::default();
        assert!(verdicts.is_empty() && verdicts.get(at).is_none());
        verdicts.suspect(at);
        assert!(!verdicts.is_empty());
        assert_eq!(verdicts.get(at), Some(SUSPECT));
        verdicts.refuse_result(at, too_large);
        verdicts.suspect(at);
        assert_eq!(verdicts.get(at), Some(Verdict { refused: Some(too_large), omitted: Omitted::Nothing }));
        assert!(verdicts.refuse_dead_letter(at, too_large));
        assert_eq!(verdicts.get(at), Some(Verdict { refused: Some(too_large), omitted: Omitted::Value }));
        assert!(verdicts.refuse_dead_letter(at, RDKafkaErrorCode::InvalidTimestamp));
        assert!(!verdicts.refuse_dead_letter(at, too_large));
        let omitted = Omitted::ValueAndTimestamp;
        assert_eq!(verdicts.get(at), Some(Verdict { refused: Some(too_large), omitted }));
    }

    #[test]
    fn what_is_committed_or_given_up_is_forgotten() {
        let mut verdicts = Verdicts::default();
        for position in [(0, 5), (0, 6), (1, 5), (2, 5)] {
            verdicts.suspect(position);
        }
        verdicts.committed(&[(0, 6)]);
        verdicts.give_up(&[1]);
        let known: Vec<_> = [(0, 5), (0, 6), (1, 5), (2, 5)].map(|at| verdicts.get(at).is_some()).into();
        assert_eq!(known, [false, true, false, true]);
    }
}
