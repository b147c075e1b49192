//! The topic of the dead letters, read once: from given offsets to where it ends for readers of committed records when
//! the reading begins. What comes later, such as what a replay makes of letters that are bad still, is not waited for.

use super::done::Done;
use crate::clients;
use crate::config::Config;
use crate::exit::{Failure, client_error};
use crate::refusal::Refusal;
use crate::stop::Stop;
use crate::watch::{EVENTS_TIME, Probe, Watch};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::metadata::{Metadata, MetadataPartition, MetadataTopic};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a broker may take to answer, a leader's election included.
pub const ANSWER_MAX: Duration = Duration::from_secs(30);

/// How long brokers are tried none of which takes a connection.
const CONNECTION_MAX: Duration = Duration::from_secs(10);

/// How long one look for the topic waits.
const LOOK_MAX: Duration = Duration::from_secs(5);

/// What is done first.
const LOOKING: &str = "looking for the partitions";

/// How long one question for what is done waits: of a refusal the client tells whoever listens, and lets whoever waits wait.
const DONE_WAIT: Duration = Duration::from_secs(2);

/// How long one poll waits: how late a signal is noticed.
const POLL_WAIT: Duration = Duration::from_millis(100);

/// How long nothing may come before a partition's end without the reading being given up.
const SILENCE_MAX: Duration = Duration::from_mins(1);

/// A reader of dead letters.
pub struct Letters {
    consumer: BaseConsumer<Context>,
    bootstrap_server: String,
    topic: String,
    group: String,
    /// What is still to be read of each partition: up to this offset.
    unread: RefCell<BTreeMap<i32, i64>>,
}

impl Letters {
    /// A reader in the group that the configuration names, without any partition yet.
    pub fn connect(config: &Config, watch: &Arc<Watch>) -> Result<Self, Failure> {
        let mut client = clients::consumer(config, None, false);
        client.set("enable.partition.eof", "true");
        let topic = config.dead_letter.clone();
        let consumer = client
            .create_with_context(Context(Arc::clone(watch)))
            .map_err(|error| failure("making a consumer", &topic, &error))?;
        let (bootstrap_server, group) = (config.bootstrap_server.clone(), config.group.clone());
        Ok(Self { consumer, bootstrap_server, topic, group, unread: RefCell::default() })
    }

    /// From where to where each partition can be read now.
    pub fn bounds(&self) -> Result<BTreeMap<i32, Range<i64>>, Failure> {
        let metadata = self.metadata()?;
        match metadata.topics().iter().find_map(MetadataTopic::error).map(RDKafkaErrorCode::from) {
            None => {}
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                return Err(Failure::failed(format!(
                    "there is no topic `{}` at {}; name the topic of the dead letters with --dead-letter, or its input \
                     with --input",
                    self.topic, self.bootstrap_server
                )));
            }
            Some(code) => return Err(self.failure(LOOKING, &KafkaError::MetadataFetch(code))),
        }
        let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        let bounds = partitions.map(MetadataPartition::id).map(|partition| {
            let found = self.consumer.fetch_watermarks(&self.topic, partition, ANSWER_MAX);
            let (low, end) = found.map_err(|error| self.failure("asking where a partition ends", &error))?;
            Ok((partition, low..end))
        });
        bounds.collect()
    }

    /// What the brokers say of the topic. Of those that do not let us in, the client says no more than that time is over:
    /// what it has met on the way tells.
    fn metadata(&self) -> Result<Metadata, Failure> {
        let start = Instant::now();
        let watch = &self.consumer.context().0;
        loop {
            let error = match self.consumer.fetch_metadata(Some(&self.topic), LOOK_MAX) {
                Ok(metadata) => {
                    watch.let_in();
                    watch.answered();
                    return Ok(metadata);
                }
                Err(error) => error,
            };
            if error.rdkafka_error_code() == Some(RDKafkaErrorCode::BrokerTransportFailure) {
                watch.probed(&Probe::Unreachable(error.to_string()), &self.topic);
            }
            if let Some(refused) = watch.refused_by(&self.consumer) {
                return Err(self.failure(LOOKING, &refused));
            }
            // One that takes connections may be slow, or about to be elected.
            let patience = if watch.is_unreachable() { CONNECTION_MAX } else { ANSWER_MAX };
            if start.elapsed() > patience {
                return Err(Failure::unreachable(format!(
                    "no broker answered at {} within {} s ({}); check the address and that a broker runs there",
                    self.bootstrap_server,
                    patience.as_secs(),
                    client_error(&error)
                )));
            }
        }
    }

    /// What the group has done of each of these partitions. What another replay has not committed yet is waited for.
    pub fn done(&self, partitions: impl Iterator<Item = i32>) -> Result<BTreeMap<i32, Done>, Failure> {
        let mut asked = TopicPartitionList::new();
        for partition in partitions {
            asked.add_partition(&self.topic, partition);
        }
        let failure = |error: KafkaError| {
            self.failure(&format!("asking what the group `{}` has done", self.group), &error)
        };
        let found = self.committed(&asked).map_err(failure)?;
        let done = found.elements().into_iter().map(|element| {
            element.error().map_err(failure)?;
            let next = element.offset().to_raw().filter(|offset| *offset >= 0).unwrap_or_default();
            let done = Done::parse(next, element.metadata()).ok_or_else(|| foreign_group(&self.group))?;
            Ok((element.partition(), done))
        });
        done.collect()
    }

    /// What the group has committed, asked again and again while its coordinator is still to be found, or about to move.
    fn committed(&self, asked: &TopicPartitionList) -> KafkaResult<TopicPartitionList> {
        let start = Instant::now();
        loop {
            match self.consumer.committed_offsets(asked.clone(), DONE_WAIT) {
                Err(error) if may_pass(&error) && start.elapsed() < ANSWER_MAX => {
                    if let Some(refused) = self.refusal() {
                        return Err(refused);
                    }
                }
                found => return found,
            }
        }
    }

    /// What brokers have refused lately, if anything: hears for a moment what the client has to tell. Before there is an
    /// assignment it reads nothing.
    fn refusal(&self) -> Option<KafkaError> {
        let start = Instant::now();
        while start.elapsed() < EVENTS_TIME {
            let heard = self.consumer.poll(POLL_WAIT).and_then(Result::err);
            let code = heard.and_then(|error| error.rdkafka_error_code());
            if let Some(code) = code.filter(|code| Refusal::of(*code).is_some()) {
                return Some(KafkaError::MetadataFetch(code));
            }
        }
        None
    }

    /// Begins to read these partitions, each from an offset to before another.
    pub fn assign(&self, ranges: &BTreeMap<i32, Range<i64>>) -> Result<(), Failure> {
        let mut assignment = TopicPartitionList::new();
        for (&partition, range) in ranges.iter().filter(|(_, range)| !range.is_empty()) {
            assignment
                .add_partition_offset(&self.topic, partition, Offset::Offset(range.start))
                .map_err(|error| self.failure("beginning to read", &error))?;
            self.unread.borrow_mut().insert(partition, range.end);
        }
        self.consumer.assign(&assignment).map_err(|error| self.failure("beginning to read", &error))
    }

    /// The next letter; none at the end of all partitions, or when asked to stop. However long
    /// none comes, `meanwhile` is called several times a second.
    pub fn next(
        &self,
        stop: &Stop,
        mut meanwhile: impl FnMut() -> Result<(), Failure>,
    ) -> Result<Option<BorrowedMessage<'_>>, Failure> {
        let mut heard = Instant::now();
        while !self.unread.borrow().is_empty() && !stop.requested() {
            meanwhile()?;
            match self.consumer.poll(POLL_WAIT) {
                Some(Ok(message)) => {
                    let mut unread = self.unread.borrow_mut();
                    // Of a partition that is read to its end more may come: it is none of ours.
                    if let Some(&end) = unread.get(&message.partition()) {
                        heard = Instant::now();
                        if message.offset() + 1 >= end {
                            unread.remove(&message.partition());
                        }
                        if message.offset() < end {
                            return Ok(Some(message));
                        }
                    }
                }
                // What is left before the end that was found are marks of transactions.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    self.unread.borrow_mut().remove(&partition);
                }
                Some(Err(error)) if is_final(&error) => return Err(self.failure("reading", &error)),
                // After another error the client goes on by itself.
                Some(Err(_)) | None => {}
            }
            if heard.elapsed() > SILENCE_MAX {
                let silent = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
                return Err(self.failure("reading", &silent));
            }
        }
        Ok(None)
    }

    /// In whose name offsets are committed.
    pub fn group(&self) -> Option<ConsumerGroupMetadata> {
        self.consumer.group_metadata()
    }

    fn failure(&self, doing: &str, error: &KafkaError) -> Failure {
        failure(doing, &self.topic, error)
    }
}

/// What ends a command whose client can't go on.
pub fn failure(doing: &str, topic: &str, error: &KafkaError) -> Failure {
    let message = format!("{doing} of topic `{topic}`: {}", client_error(error));
    let Some(code) = error.rdkafka_error_code() else { return Failure::failed(message) };
    match Refusal::of(code) {
        Some(refusal) => Failure::refused(format!("{message}; {}", refusal.advice())),
        None => Failure::at_start(code, message),
    }
}

/// The group is one that someone else uses.
fn foreign_group(group: &str) -> Failure {
    Failure::failed(format!(
        "what the group `{group}` has committed for the dead letters is no replay's; give another --replay-group"
    ))
}

/// Whether the client does not go on by itself.
pub fn is_final(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::Fatal
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownPartition
        )
    )
}

/// Whether asking for offsets again may help.
fn may_pass(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::NotCoordinator
                | RDKafkaErrorCode::CoordinatorNotAvailable
                | RDKafkaErrorCode::CoordinatorLoadInProgress
        )
    )
}

/// What a reader's client calls back.
pub struct Context(pub Arc<Watch>);

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        // Both readers ask to be told where a partition ends, and the client calls an error whatever it has to tell.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::PartitionEOF) {
            self.0.problem(&error, reason);
        }
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.client_log(level, facility, message);
    }
}

impl ConsumerContext for Context {}
