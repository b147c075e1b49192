//! The consumer: batches of records out, offsets of processed ones in and committed.
//!
//! Offsets are committed by this file alone: at an interval without waiting, at a revocation and at the end with
//! waiting. Librdkafka's own commits and offset store are off.

use crate::events::{Event, Events};
use crate::offsets::{Next, Offsets};
use crate::pipeline::{PipelineError, Settings, Shared};
use crate::progress::Progress;
use crate::stop::Stop;
use crate::watch::{Probe, Watch};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most records of a batch: enough to share the cost of waiting for acknowledgements, few enough that a signal
/// or a rebalance waits milliseconds for the batch's end.
const BATCH_RECORDS_MAX: usize = 1_000;

/// The most bytes of a batch but for its last record: large records must not be held a thousand at a time.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long an empty poll waits: how late a signal is noticed while there is nothing to do.
const POLL_WAIT: Duration = Duration::from_millis(100);

/// How often offsets are committed: what a crash makes the next process score again. Kafka Streams' 100 ms is for
/// transactions; its 30 s for at-least-once repeats much; this is one small request a second.
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);

/// How long a look at the broker waits for an answer.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// A consumer of the input topic.
pub struct Source {
    consumer: BaseConsumer<SourceContext>,
    input: String,
    committed_at: Cell<Instant>,
}

/// Records that were polled together. They borrow the consumer's memory.
pub type Batch<'a> = Vec<BorrowedMessage<'a>>;

impl Source {
    /// Joins the consumer group.
    pub fn connect(settings: &Settings, shared: &Shared, watch: &Arc<Watch>) -> Result<Self, PipelineError> {
        let context = SourceContext {
            input: settings.input.clone(),
            events: shared.events.clone(),
            progress: Arc::clone(&shared.progress),
            watch: Arc::clone(watch),
            offsets: Mutex::default(),
            revoked: Mutex::default(),
            unsaved: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
        };
        let failure = |error: KafkaError| PipelineError::Client { doing: "connecting the consumer", error };
        let mut config = settings.client_config();
        config
            .set("group.id", &settings.group)
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", "cooperative-sticky");
        let consumer: BaseConsumer<_> = config.create_with_context(context).map_err(failure)?;
        consumer.subscribe(&[&settings.input]).map_err(failure)?;
        Ok(Self { consumer, input: settings.input.clone(), committed_at: Cell::new(Instant::now()) })
    }

    /// What is there, or what comes within [`POLL_WAIT`]. Of a partition that is revoked on the way nothing is
    /// handed out: its next owner reads it.
    pub fn poll_batch(&self) -> Result<Batch<'_>, PipelineError> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut wait = POLL_WAIT;
        while batch.len() < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX {
            let polled = self.consumer.poll(wait);
            // A revocation is served inside `poll`, before whatever it returns.
            let revoked = std::mem::take(&mut *self.consumer.context().revoked());
            batch.retain(|message: &BorrowedMessage<'_>| !revoked.contains(&message.partition()));
            match polled {
                Some(Ok(message)) => {
                    bytes += message.payload().map_or(0, <[u8]>::len);
                    batch.push(message);
                    wait = Duration::ZERO;
                }
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                    return Err(PipelineError::Client { doing: "consuming", error });
                }
                // After an error the client goes on by itself; it has told the context.
                None | Some(Err(_)) => break,
            }
        }
        Ok(batch)
    }

    /// Every record of the batch has its result or dead letter acknowledged.
    pub fn processed(&self, batch: &[BorrowedMessage<'_>]) {
        let mut offsets = self.consumer.context().offsets();
        for message in batch {
            offsets.processed(message.partition(), message.offset());
        }
    }

    /// Commits, without waiting, if it is time to.
    pub fn commit_if_due(&self) {
        if self.committed_at.get().elapsed() < COMMIT_INTERVAL {
            return;
        }
        self.committed_at.set(Instant::now());
        let due = self.consumer.context().offsets().request();
        if due.is_empty() {
            return;
        }
        if let Err(error) = self.consumer.commit(&list(&self.input, &due), CommitMode::Async) {
            let context = self.consumer.context();
            for (partition, _) in due {
                context.offsets().failed(partition);
            }
            context.events.tell(Event::CommitFailed { problem: &error.to_string() });
        }
    }

    /// Commits what is processed and leaves the group. The waiting is done here, where it has an end, and not in the
    /// revocation that leaving brings: it would wait for the broker for up to a minute.
    pub fn leave(self, stop: &Stop) -> Result<(), PipelineError> {
        let context = self.consumer.context();
        context.unsaved.store(false, Ordering::Relaxed);
        while !context.offsets().uncommitted().is_empty() && !stop.is_overdue() {
            self.commit_and_look();
        }
        let committed =
            context.offsets().uncommitted().is_empty() && !context.unsaved.load(Ordering::Relaxed);
        context.leaving.store(true, Ordering::Relaxed);
        drop(self.consumer);
        if committed { Ok(()) } else { Err(PipelineError::StoppedUncommitted) }
    }

    /// Commits without waiting, then asks the broker what it has: a synchronous commit has no time limit, and of an
    /// asynchronous one librdkafka tells nothing unless a callback is set, which rdkafka does not.
    fn commit_and_look(&self) {
        let context = self.consumer.context();
        let uncommitted = list(&self.input, &context.offsets().uncommitted());
        let asked = self.consumer.commit(&uncommitted, CommitMode::Async);
        let found = asked.and_then(|()| self.consumer.committed_offsets(uncommitted, PROBE_TIMEOUT));
        match found {
            Ok(found) => {
                for element in found.elements() {
                    if let Offset::Offset(next) = element.offset() {
                        context.offsets().committed((element.partition(), next));
                    }
                }
            }
            Err(error) => context.events.tell(Event::CommitFailed { problem: &error.to_string() }),
        }
        if !context.offsets().uncommitted().is_empty() {
            // A record that comes is dropped: nobody commits it, so the next owner of its partition reads it.
            drop(self.consumer.poll(POLL_WAIT));
        }
    }

    /// Says which of these topics do not exist. A consumer's look, unlike a producer's, makes the broker create none.
    pub fn look_for(&self, topics: &[&str]) {
        let context = self.consumer.context();
        for topic in topics {
            match self.consumer.fetch_metadata(Some(topic), PROBE_TIMEOUT) {
                Ok(metadata) => context.watch.output_looked_for(&Probe::of_topic(&metadata), topic),
                // The loop's own looks tell of a broker that does not answer.
                Err(_) => return,
            }
        }
    }

    /// Looks at the broker if there is reason to, and says what is wrong with it.
    pub fn look_after_broker(&self) {
        let context = self.consumer.context();
        if !context.watch.probe_is_due(context.progress.partitions() > 0) {
            return;
        }
        let probe = match self.consumer.fetch_metadata(Some(&self.input), PROBE_TIMEOUT) {
            Err(error) => Probe::Unreachable(error.to_string()),
            Ok(metadata) => Probe::of_topic(&metadata),
        };
        context.watch.probed(&probe, &self.input);
    }
}

/// What the consumer calls back, all of it from inside `poll`.
struct SourceContext {
    input: String,
    events: Events,
    progress: Arc<Progress>,
    watch: Arc<Watch>,
    offsets: Mutex<Offsets>,
    /// Partitions revoked since they were last looked at.
    revoked: Mutex<Vec<i32>>,
    /// Whether partitions went away with records that are processed and not committed.
    unsaved: AtomicBool,
    /// Whether all committing is over.
    leaving: AtomicBool,
}

impl SourceContext {
    fn offsets(&self) -> MutexGuard<'_, Offsets> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn revoked(&self) -> MutexGuard<'_, Vec<i32>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, consumer: &BaseConsumer<Self>, next: &[Next]) {
        if next.is_empty() {
            return;
        }
        match consumer.commit(&list(&self.input, next), CommitMode::Sync) {
            Ok(()) => next.iter().for_each(|next| self.offsets().committed(*next)),
            Err(error) => {
                self.unsaved.store(true, Ordering::Relaxed);
                self.events.tell(Event::CommitFailed { problem: &error.to_string() });
            }
        }
    }

    /// The loop handles one batch at a time, between polls: whatever of it is processed is in `offsets` by now.
    fn give_up(&self, consumer: &BaseConsumer<Self>, partitions: Vec<i32>) {
        let uncommitted = self.offsets().give_up(&partitions);
        // Partitions that are lost have a new owner already, and the broker refuses our commits.
        if consumer.assignment_lost() {
            self.unsaved.fetch_or(!uncommitted.is_empty(), Ordering::Relaxed);
        } else if !self.leaving.load(Ordering::Relaxed) {
            self.commit(consumer, &uncommitted);
        }
        self.events.tell(Event::Revoked { topic: &self.input, partitions: &partitions });
        self.progress.revoked(partitions.len());
        self.revoked().extend(partitions);
    }
}

impl ClientContext for SourceContext {
    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.problem(&error, reason);
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.watch.client_log(level, facility, message);
    }
}

impl ConsumerContext for SourceContext {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(revoked) = rebalance {
            self.give_up(consumer, partitions(revoked));
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(assigned) = rebalance {
            let partitions = partitions(assigned);
            self.progress.assigned(partitions.len());
            self.events.tell(Event::Assigned { topic: &self.input, partitions: &partitions });
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, committed: &TopicPartitionList) {
        for element in committed.elements() {
            match (&result, element.error(), element.offset()) {
                (Ok(()), Ok(()), Offset::Offset(next)) => {
                    self.offsets().committed((element.partition(), next));
                }
                _ => self.offsets().failed(element.partition()),
            }
        }
        match result {
            Err(error) if error.rdkafka_error_code() != Some(RDKafkaErrorCode::NoOffset) => {
                self.events.tell(Event::CommitFailed { problem: &error.to_string() });
            }
            _ => {}
        }
    }
}

fn list(topic: &str, next: &[Next]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(next.len());
    for (partition, next) in next {
        list.add_partition_offset(topic, *partition, Offset::Offset(*next))
            .expect("an offset that was read plus one is a valid offset");
    }
    list
}

fn partitions(list: &TopicPartitionList) -> Vec<i32> {
    list.elements().iter().map(TopicPartitionListElem::partition).collect()
}
