//! A program downstream: it reads committed records as they come, from before the first to after the last.

use super::oracle::Log;
use super::stage::{PARTITIONS, Stage};
use crate::kafka::unique;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// After so long without a record the end is reached.
const QUIET: Duration = Duration::from_secs(2);

/// A reader on a thread of its own.
pub struct Follower {
    ended: Arc<AtomicBool>,
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
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let thread = thread::spawn(move || follow(&consumer, &end));
        Self { ended, thread }
    }

    /// All that it has read, once nothing more is to come.
    pub fn finish(self) -> Log {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().expect("the follower does not panic")
    }
}

fn follow(consumer: &BaseConsumer, ended: &AtomicBool) -> Log {
    let mut log = Log::new();
    loop {
        match consumer.poll(QUIET) {
            Some(Ok(message)) => {
                let value = message.payload().unwrap_or_default().to_vec();
                log.entry(message.partition()).or_default().push(value);
            }
            None if ended.load(Ordering::Relaxed) => return log,
            // An error is a node that is away.
            Some(Err(_)) | None => {}
        }
    }
}
