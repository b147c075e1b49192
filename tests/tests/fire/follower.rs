//! A program downstream: it reads committed records as they come, from before the first to after the last.

use super::oracle::Log;
use super::stage::{PARTITIONS, STANDSTILL_MAX, Stage};
use crate::kafka::unique;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long nothing more comes after all that is there before the end is reached.
const QUIET: Duration = Duration::from_secs(2);

/// A reader on a thread of its own.
pub struct Follower {
    /// How many records there are, once nothing more is to come.
    end: Arc<OnceLock<usize>>,
    thread: JoinHandle<Log>,
}

impl Follower {
    /// Reads the output.
    pub fn start(stage: &Stage<'_>) -> Self {
        let mut config = stage.kafka.client_config();
        config.set("group.id", unique("follower")).set("enable.auto.commit", "false");
        config.set("isolation.level", "read_committed");
        let consumer: BaseConsumer = config.create().expect("valid");
        let mut assignment = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            assignment.add_partition_offset(&stage.output, partition, Offset::Beginning).expect("valid");
        }
        consumer.assign(&assignment).expect("assigned");
        let end = Arc::new(OnceLock::new());
        let its_end = Arc::clone(&end);
        let thread = thread::spawn(move || follow(&consumer, &its_end));
        Self { end, thread }
    }

    /// All that it has read, once nothing more is to come than so many records in all.
    pub fn finish(self, records: usize) -> Log {
        self.end.set(records).expect("it is finished once");
        self.thread.join().expect("the follower does not panic")
    }
}

/// On a slow machine nothing may come for a while although there is more, so it reads as many as there are, unless it never
/// gets them.
fn follow(consumer: &BaseConsumer, end: &OnceLock<usize>) -> Log {
    let (mut log, mut read, mut heard) = (Log::new(), 0, Instant::now());
    loop {
        match consumer.poll(QUIET) {
            Some(Ok(message)) => {
                let value = message.payload().unwrap_or_default().to_vec();
                log.entry(message.partition()).or_default().push(value);
                (read, heard) = (read + 1, Instant::now());
            }
            None if end.get().is_some_and(|end| read >= *end || heard.elapsed() > STANDSTILL_MAX) => {
                return log;
            }
            // An error is a node that is away.
            Some(Err(_)) | None => {}
        }
    }
}
