//! Records as they stood in the input, for letters that had to leave out their values.

use super::letter::Origin;
use super::letters::{ANSWER_MAX, Context, failure, is_final};
use crate::clients;
use crate::config::Config;
use crate::exit::Failure;
use crate::stop::Stop;
use crate::watch::Watch;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long one poll waits: how late a signal is noticed.
const POLL_WAIT: Duration = Duration::from_millis(100);

/// How long one question for a partition's bounds waits: far below the time after which brokers abort a transaction.
const LOOK_MAX: Duration = Duration::from_secs(3);

/// A reader of single records.
pub struct Originals {
    consumer: BaseConsumer<Context>,
}

impl Originals {
    /// Makes the client. It connects when it is asked for something.
    pub fn connect(config: &Config, watch: &Arc<Watch>) -> Result<Self, Failure> {
        let mut client = clients::consumer(config, None, false);
        client.set("enable.partition.eof", "true");
        let consumer = client
            .create_with_context(Context(Arc::clone(watch)))
            .map_err(|error| failure("making a consumer", &config.input, &error))?;
        Ok(Self { consumer })
    }

    /// The record with this key at this place. None where there is none any more, or when asked to stop: the broker has
    /// deleted it, or the topic is not the one that it was. However long it takes, `meanwhile` is called every few
    /// seconds.
    pub fn fetch(
        &self,
        origin: Origin<'_>,
        key: Option<&[u8]>,
        stop: &Stop,
        mut meanwhile: impl FnMut() -> Result<(), Failure>,
    ) -> Result<Option<BorrowedMessage<'_>>, Failure> {
        let failure = |error: KafkaError| failure("fetching a record", origin.topic, &error);
        let start = Instant::now();
        let (low, end) = loop {
            meanwhile()?;
            match self.consumer.fetch_watermarks(origin.topic, origin.partition, LOOK_MAX) {
                Err(error) if is_timeout(&error) && start.elapsed() < ANSWER_MAX => {}
                found => break found.map_err(failure)?,
            }
        };
        if !(low..end).contains(&origin.offset) {
            return Ok(None);
        }
        let mut assignment = TopicPartitionList::new();
        assignment
            .add_partition_offset(origin.topic, origin.partition, Offset::Offset(origin.offset))
            .map_err(failure)?;
        self.consumer.assign(&assignment).map_err(failure)?;
        let start = Instant::now();
        while !stop.requested() {
            meanwhile()?;
            match self.consumer.poll(POLL_WAIT) {
                Some(Ok(message)) => {
                    let is_it = message.offset() == origin.offset && message.key() == key;
                    return Ok(is_it.then_some(message));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(None),
                Some(Err(error)) if is_final(&error) => return Err(failure(error)),
                // After another error the client goes on by itself.
                Some(Err(_)) | None => {}
            }
            if start.elapsed() > ANSWER_MAX {
                return Err(failure(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut)));
            }
        }
        Ok(None)
    }
}

fn is_timeout(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut)
}
