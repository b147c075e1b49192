//! The topics and the group of a campaign, and what the brokers say of them while some of them are away.

use crate::kafka::{Cluster, unique};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::TopicPartitionList;
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

/// Of each topic.
pub const PARTITIONS: i32 = 6;

/// Nothing stands still for so long unless something is wrong, also on a slow machine.
pub const STANDSTILL_MAX: Duration = Duration::from_mins(5);

/// For one question, of brokers that may be away.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);

/// The brokers end a transaction whose time is over when they look next: every ten seconds, unless told otherwise.
const SETTLE_MAX: Duration = Duration::from_secs(15);

/// Long enough for every living instance to write to each of its partitions.
const LOOK_INTERVAL: Duration = Duration::from_millis(300);

/// Where records flow.
pub struct Stage<'a> {
    pub kafka: &'a Cluster,
    pub input: String,
    pub output: String,
    pub dead_letters: String,
    pub group: String,
    /// Ask for ends: of what is written, and of what is committed.
    written: BaseConsumer,
    stable: BaseConsumer,
    /// Asks for the group's offsets.
    member: BaseConsumer,
}

/// Where a partition ends for a reader of everything, and for one of committed records.
type Ends = (i64, i64);

impl<'a> Stage<'a> {
    /// With topics of its own.
    pub fn on(kafka: &'a Cluster) -> Self {
        let group = unique("fire");
        let client = |name: &str, value: &str| -> BaseConsumer {
            kafka.client_config().set(name, value).create().expect("valid")
        };
        Self {
            kafka,
            input: kafka.topic("housing", PARTITIONS),
            output: kafka.topic("predictions", PARTITIONS),
            dead_letters: kafka.topic("dead-letters", PARTITIONS),
            written: client("isolation.level", "read_uncommitted"),
            stable: client("isolation.level", "read_committed"),
            member: client("group.id", &group),
            group,
        }
    }

    /// Waits until the group has gone on in every partition: each has an owner that reads and commits.
    pub fn await_flow(&self) {
        let mut start = Instant::now();
        let (mut first, mut last) = (None, 0);
        loop {
            let now = self.committed();
            assert!(
                start.elapsed() < STANDSTILL_MAX,
                "the group does not go on: its offsets were {first:?} and are {now:?}, the output ends at {:?}",
                self.ends()
            );
            if let Some(committed) = now {
                let first = first.get_or_insert_with(|| committed.clone());
                if committed.iter().zip(first).all(|(now, then)| now > then) {
                    return;
                }
                let sum = committed.iter().sum();
                if sum > last {
                    (last, start) = (sum, Instant::now());
                }
            }
            thread::sleep(LOOK_INTERVAL);
        }
    }

    /// Waits until the group has committed all of the input.
    pub fn await_end(&self, records: usize) {
        let (mut start, mut last) = (Instant::now(), 0);
        while last < i64::try_from(records).expect("a test's records") {
            assert!(start.elapsed() < STANDSTILL_MAX, "{last} of {records} records are committed");
            let sum = self.committed().map_or(last, |committed| committed.iter().sum());
            if sum > last {
                (last, start) = (sum, Instant::now());
            }
            thread::sleep(LOOK_INTERVAL);
        }
    }

    /// The partitions of the output at whose end records of a transaction stand that nobody goes on with: neither
    /// committed nor aborted, and no other instance has taken over. An instance that lives adds to its own meanwhile.
    pub fn left_open(&self) -> BTreeSet<i32> {
        let Some(before) = self.ends() else { return BTreeSet::new() };
        thread::sleep(LOOK_INTERVAL);
        let Some(after) = self.ends() else { return BTreeSet::new() };
        let is_left = |(before, after): (&Ends, &Ends)| before == after && after.1 < after.0;
        let left = (0..).zip(before.iter().zip(&after)).filter(|(_, ends)| is_left(*ends));
        left.map(|(partition, _)| partition).collect()
    }

    /// Whether the group's offsets can be read: an open transaction that has sent some holds them back until it ends, for
    /// us as for the partitions' new owner.
    pub fn offsets_are_settled(&self) -> bool {
        let start = Instant::now();
        while start.elapsed() < SETTLE_MAX {
            if self.committed().is_some() {
                return true;
            }
            // Where no broker answers, it is told at once.
            thread::sleep(LOOK_INTERVAL);
        }
        false
    }

    /// What the group has committed of each partition; nothing if the brokers do not answer.
    fn committed(&self) -> Option<Vec<i64>> {
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(&self.input, 0, PARTITIONS - 1);
        let committed = self.member.committed_offsets(asked, QUESTION_TIMEOUT).ok()?;
        Some(committed.elements().iter().map(|it| it.offset().to_raw().unwrap_or(0).max(0)).collect())
    }

    fn ends(&self) -> Option<Vec<Ends>> {
        let end = |consumer: &BaseConsumer, partition| {
            consumer.fetch_watermarks(&self.output, partition, QUESTION_TIMEOUT).ok().map(|(_, high)| high)
        };
        // The stable end first: what comes in between is no open transaction.
        let ends = |partition| {
            let stable = end(&self.stable, partition)?;
            Some((end(&self.written, partition)?, stable))
        };
        (0..PARTITIONS).map(ends).collect()
    }
}
