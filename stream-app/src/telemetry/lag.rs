//! How many records of a partition are not processed yet: librdkafka's statistics and our own position in, a number out.
//!
//! The distance to the partition's end is not that number. A transaction ends with a marker that takes an offset and is
//! never handed out, as are the records of aborted transactions: a consumer that has processed all there is stays a
//! distance of one, or of thousands, behind the end for ever. Librdkafka however reads past them, and says how far it
//! has read. So the lag is made up of three parts: what is not fetched, which may hold markers until it is; what is
//! fetched and not handed out, of which the queue's length is a bound; what is handed out and not processed, of which
//! the loop knows how much there is at most, for librdkafka counts markers as handed out too.

use super::family::Family;
use super::metrics::TopicPartition;
use prometheus_client::metrics::gauge::Gauge;
use rdkafka::statistics::Partition;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The records of a partition that are not processed yet. `processed` is what follows the last record that was, and
/// `in_flight` how many records the loop has read, of all partitions, and is not done with. None while the broker has not
/// said where the partition ends.
pub(super) fn records(partition: &Partition, processed: Option<i64>, in_flight: u64) -> Option<u64> {
    // Past the last stable offset are records of open transactions, which nobody may read yet.
    let end = offset(partition.ls_offset).or(offset(partition.hi_offset))?;
    let begin = offset(partition.committed_offset).or(offset(partition.lo_offset));
    let processed = processed.or(begin).unwrap_or(0);
    let handed_out = offset(partition.app_offset).unwrap_or(processed).max(processed);
    let fetched = offset(partition.next_offset).unwrap_or(handed_out).max(handed_out);

    let not_fetched = end.saturating_sub(fetched).max(0).unsigned_abs();
    // The queue is that of all of the consumer's partitions, so it says only that there are no more than that.
    let not_handed_out = (fetched - handed_out).min(partition.fetchq_cnt.max(0)).unsigned_abs();
    let not_processed = (handed_out - processed).unsigned_abs().min(in_flight);
    Some(not_fetched + not_handed_out + not_processed)
}

/// Librdkafka's unknown offsets are negative.
fn offset(offset: i64) -> Option<i64> {
    (offset >= 0).then_some(offset)
}

/// The lags of the partitions that this process has, and which thread has each: a partition that moves between threads
/// may be given up by the old one after the new one has begun.
#[derive(Debug)]
pub(super) struct Lags {
    family: Family<TopicPartition, Gauge>,
    owners: Mutex<BTreeMap<TopicPartition, (u32, u64)>>,
}

impl Lags {
    pub fn new(family: Family<TopicPartition, Gauge>) -> Self {
        Self { family, owners: Mutex::default() }
    }

    /// This thread has the partition, and it lags so many records.
    pub fn set(&self, thread: u32, partition: TopicPartition, records: u64) {
        let mut owners = self.owners();
        self.family.get_or_create(&partition).set(i64::try_from(records).unwrap_or(i64::MAX));
        owners.insert(partition, (thread, records));
    }

    /// This thread has the partition no longer. If another one has it by now, its lag stays.
    pub fn forget(&self, thread: u32, partition: &TopicPartition) {
        let mut owners = self.owners();
        if owners.get(partition).is_some_and(|(owner, _)| *owner == thread) {
            owners.remove(partition);
            self.family.remove(partition);
        }
    }

    /// This thread has no partition any longer.
    pub fn forget_all(&self, thread: u32) {
        self.owners().retain(|partition, (owner, _)| {
            let keep = *owner != thread;
            if !keep {
                self.family.remove(partition);
            }
            keep
        });
    }

    /// The lag of all partitions together; none if it is known of no partition.
    pub fn sum(&self) -> Option<u64> {
        let owners = self.owners();
        (!owners.is_empty()).then(|| owners.values().map(|(_, records)| records).sum())
    }

    fn owners(&self) -> MutexGuard<'_, BTreeMap<TopicPartition, (u32, u64)>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What librdkafka has for an offset that it does not know.
    const UNKNOWN: i64 = -1001;

    /// A partition of 100 offsets, of which nothing is fetched.
    fn partition() -> Partition {
        Partition {
            ls_offset: 100,
            hi_offset: 100,
            lo_offset: 0,
            next_offset: 0,
            app_offset: UNKNOWN,
            committed_offset: UNKNOWN,
            ..Partition::default()
        }
    }

    #[test]
    fn markers_and_aborted_records_at_the_end_are_no_lag_once_they_are_read() {
        // Seen with a real broker: the last record stands at 4171, the transaction's marker at 4172.
        let read = Partition {
            ls_offset: 4173,
            hi_offset: 4173,
            next_offset: 4173,
            app_offset: 4173,
            committed_offset: 4172,
            ..partition()
        };
        assert_eq!(records(&read, Some(4172), 0), Some(0));
        assert_eq!(records(&read, None, 0), Some(0), "after a start, with nothing to read");
        // Two aborted transactions of ten records come after it, and librdkafka may have handed out none of it.
        let aborted = Partition { ls_offset: 4195, hi_offset: 4195, next_offset: 4195, ..read };
        assert_eq!(records(&aborted, Some(4172), 0), Some(0));
    }

    #[test]
    fn what_is_not_fetched_fetched_and_handed_out_is_lag() {
        let partition = Partition { next_offset: 60, app_offset: 50, fetchq_cnt: 10, ..partition() };
        assert_eq!(records(&partition, Some(45), 5), Some(40 + 10 + 5));
        // The five offsets hold two markers, or records of other partitions are on their way too.
        assert_eq!(records(&partition, Some(45), 3), Some(40 + 10 + 3));
        assert_eq!(records(&partition, Some(45), 500), Some(40 + 10 + 5));
        // Of the ten offsets that are fetched and not handed out, four are markers.
        let partition = Partition { fetchq_cnt: 6, ..partition };
        assert_eq!(records(&partition, Some(45), 5), Some(40 + 6 + 5));
        // The queue holds records of other partitions too.
        let partition = Partition { fetchq_cnt: 5000, ..partition };
        assert_eq!(records(&partition, Some(45), 5), Some(40 + 10 + 5));
    }

    #[test]
    fn records_of_an_open_transaction_are_no_lag() {
        let open = Partition { hi_offset: 5000, next_offset: 100, app_offset: 100, ..partition() };
        assert_eq!(records(&open, Some(100), 0), Some(0));
    }

    #[test]
    fn before_the_first_record_the_lag_counts_from_where_the_reading_begins() {
        assert_eq!(records(&partition(), None, 0), Some(100));
        let unfetched = Partition { next_offset: UNKNOWN, ..partition() };
        assert_eq!(records(&unfetched, None, 0), Some(100));
        let committed = Partition { committed_offset: 30, ..unfetched.clone() };
        assert_eq!(records(&committed, None, 0), Some(70));
        // Nothing is committed, and old records are deleted.
        let trimmed = Partition { lo_offset: 40, ..unfetched };
        assert_eq!(records(&trimmed, None, 0), Some(60));
    }

    #[test]
    fn statistics_older_than_our_position_give_no_lag_below_zero() {
        let old = Partition { next_offset: 60, app_offset: 50, fetchq_cnt: 10, ..partition() };
        assert_eq!(records(&old, Some(100), 7), Some(0));
        assert_eq!(records(&old, Some(130), 7), Some(0));
    }

    #[test]
    fn without_an_end_nothing_is_known() {
        let unknown = Partition { ls_offset: UNKNOWN, hi_offset: UNKNOWN, ..partition() };
        assert_eq!(records(&unknown, Some(3), 0), None);
    }
}
