//! Which offsets are processed, asked to be committed, and known to be: by partition of the one input topic.
//!
//! An offset here is the next one to read: that of the last processed record plus one. It goes in only when every
//! record before it has its result or dead letter acknowledged, so whatever comes out may be committed.

use std::collections::BTreeMap;

/// A partition and the next offset to read.
pub type Next = (i32, i64);

/// The offsets of the partitions that are ours.
#[derive(Debug, Default)]
pub struct Offsets {
    partitions: BTreeMap<i32, Position>,
}

#[derive(Debug)]
struct Position {
    next: i64,
    requested: Option<i64>,
    committed: Option<i64>,
}

impl Offsets {
    /// The record at `offset` and all before it are processed.
    pub fn processed(&mut self, partition: i32, offset: i64) {
        let next = offset + 1;
        self.partitions.entry(partition).and_modify(|position| position.next = next).or_insert(Position {
            next,
            requested: None,
            committed: None,
        });
    }

    /// What is not asked to be committed yet. From now on it counts as asked.
    pub fn request(&mut self) -> Vec<Next> {
        let mut due = Vec::new();
        for (&partition, position) in &mut self.partitions {
            if position.requested != Some(position.next) {
                position.requested = Some(position.next);
                due.push((partition, position.next));
            }
        }
        due
    }

    /// What is not known to be committed.
    pub fn uncommitted(&self) -> Vec<Next> {
        let positions = self.partitions.iter();
        let uncommitted = positions.filter(|(_, position)| position.committed != Some(position.next));
        uncommitted.map(|(&partition, position)| (partition, position.next)).collect()
    }

    /// The broker has committed this.
    pub fn committed(&mut self, (partition, next): Next) {
        if let Some(position) = self.partitions.get_mut(&partition) {
            position.committed = Some(next);
        }
    }

    /// The broker has not committed what was asked for this partition: it is due again.
    pub fn failed(&mut self, partition: i32) {
        if let Some(position) = self.partitions.get_mut(&partition) {
            position.requested = None;
        }
    }

    /// Gives the partitions up; what is not known to be committed of them comes out.
    pub fn give_up(&mut self, partitions: &[i32]) -> Vec<Next> {
        let mut uncommitted = self.uncommitted();
        uncommitted.retain(|(partition, _)| partitions.contains(partition));
        self.partitions.retain(|partition, _| !partitions.contains(partition));
        uncommitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_requested_once_and_again_after_a_failure() {
        let mut offsets = Offsets::default();
        offsets.processed(0, 6);
        offsets.processed(0, 7);
        offsets.processed(2, 0);
        assert_eq!(offsets.request(), [(0, 8), (2, 1)]);
        assert_eq!(offsets.request(), []);
        offsets.failed(2);
        assert_eq!(offsets.request(), [(2, 1)]);
        offsets.processed(0, 8);
        assert_eq!(offsets.request(), [(0, 9)]);
    }

    #[test]
    fn what_is_requested_is_uncommitted_until_the_broker_says_so() {
        let mut offsets = Offsets::default();
        offsets.processed(0, 6);
        offsets.request();
        assert_eq!(offsets.uncommitted(), [(0, 7)]);
        offsets.committed((0, 7));
        assert_eq!(offsets.uncommitted(), []);
        offsets.processed(0, 7);
        assert_eq!(offsets.uncommitted(), [(0, 8)]);
    }

    #[test]
    fn a_partition_given_up_is_forgotten() {
        let mut offsets = Offsets::default();
        offsets.processed(0, 6);
        offsets.processed(1, 4);
        assert_eq!(offsets.give_up(&[1, 3]), [(1, 5)]);
        offsets.committed((1, 5));
        assert_eq!(offsets.uncommitted(), [(0, 7)]);
        assert_eq!(offsets.give_up(&[1]), []);
    }
}
