//! Readers of a subject's output that see committed records only: one to time arrivals by, one to check them all after.

use crate::Outcome;
use crate::feed::Key;
use crate::topics::PARTITIONS;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// The end of a topic that nobody writes to is found at once; a busy broker takes longer.
const END_TIMEOUT: Duration = Duration::from_mins(1);

/// A record that came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Nothing if its key is none of ours.
    pub key: Option<Key>,
    /// Of the output topic.
    pub partition: i32,
    pub value: Vec<u8>,
}

/// Reads one topic from its beginning, as it comes.
pub struct Reader {
    consumer: BaseConsumer,
}

impl Reader {
    /// Starts to read.
    pub fn open(bootstrap_server: &str, topic: &str) -> Outcome<Self> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_server)
            // A consumer must have one, and this one neither joins it nor commits.
            .set("group.id", format!("{topic}-reader"))
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true")
            // The default would leave a partition alone for a second after it was read ahead.
            .set("fetch.queue.backoff.ms", "10")
            .create()
            .map_err(|error| format!("no consumer: {error}"))?;
        let mut partitions = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            partitions
                .add_partition_offset(topic, partition, Offset::Beginning)
                .map_err(|error| format!("can't read {topic}: {error}"))?;
        }
        consumer.assign(&partitions).map_err(|error| format!("can't read {topic}: {error}"))?;
        Ok(Self { consumer })
    }

    /// Waits until every partition was asked for records, so that the first one is not waited for any longer than the
    /// others.
    pub fn await_end(&self) -> Outcome<()> {
        self.until_end(|_| ())
    }

    /// The key of the next record, or nothing after a while.
    pub fn next(&self, timeout: Duration) -> Outcome<Option<Key>> {
        match self.consumer.poll(timeout) {
            None | Some(Err(KafkaError::PartitionEOF(_))) => Ok(None),
            Some(Ok(message)) => match key(&message) {
                Some(key) => Ok(Some(key)),
                None => Err("a record came out with a key that none of the records has".to_owned()),
            },
            Some(Err(error)) => Err(format!("can't read the output: {error}")),
        }
    }

    fn until_end(&self, mut each: impl FnMut(&BorrowedMessage<'_>)) -> Outcome<()> {
        let mut ended = HashSet::new();
        let mut deadline = Instant::now() + END_TIMEOUT;
        while ended.len() < PARTITIONS as usize {
            match self.consumer.poll(Duration::from_millis(100)) {
                None if Instant::now() > deadline => {
                    return Err(format!("the output's end was not found within {} s", END_TIMEOUT.as_secs()));
                }
                None => {}
                Some(Ok(message)) => {
                    deadline = Instant::now() + END_TIMEOUT;
                    each(&message);
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    ended.insert(partition);
                }
                Some(Err(error)) => return Err(format!("can't read the output: {error}")),
            }
        }
        Ok(())
    }
}

/// All records of a topic that nobody writes to any more.
pub fn read_all(bootstrap_server: &str, topic: &str) -> Outcome<Vec<Output>> {
    let mut outputs = Vec::new();
    Reader::open(bootstrap_server, topic)?.until_end(|message| {
        outputs.push(Output {
            key: key(message),
            partition: message.partition(),
            value: message.payload().unwrap_or_default().to_vec(),
        });
    })?;
    Ok(outputs)
}

fn key(message: &BorrowedMessage<'_>) -> Option<Key> {
    message.key().and_then(Key::from_bytes)
}
