//! The consumer: batches of records out. Inside `poll`, `context` gives partitions up and takes them over, with the work
//! that was done for them committed or given up first.

mod context;

use crate::clients;
use crate::config::{Config, OutputPartition, Policy};
use crate::ledger::Position;
use crate::pipeline::Shared;
use crate::pipeline_error::PipelineError;
use crate::reminder::Once;
use crate::sabotage::{self, Part};
use crate::telemetry::Event;
use crate::watch::Probe;
use crate::work::{Outcome, Work, list};
use context::{SourceContext, partitions};
use rdkafka::consumer::Consumer;
use rdkafka::consumer::base_consumer::BaseConsumer;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::metadata::{Metadata, MetadataTopic};
use rdkafka::topic_partition_list::TopicPartitionList;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// The most records of a batch: enough to share the cost of whatever is done by the batch, few enough that a signal or a
/// rebalance waits milliseconds for the batch's end.
const BATCH_RECORDS_MAX: usize = 1_000;

/// The most bytes of a batch but for its last record: large records must not be held a thousand at a time.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long an empty poll waits: how late a signal is noticed while there is nothing to do.
const POLL_WAIT: Duration = Duration::from_millis(100);

/// How long a look at the broker waits for an answer.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long going back to an earlier position may take: the consumer's own threads have to agree, no broker is asked.
const SEEK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for the group's word that another process has this one's place: two of librdkafka's heartbeats, of
/// which the first may be on its way when the other joins.
const REPLACEMENT_MAX: Duration = Duration::from_secs(7);

/// How long to sleep between two looks for it.
const REPLACEMENT_PAUSE: Duration = Duration::from_millis(50);

/// A consumer of the input topic.
pub struct Source {
    consumer: BaseConsumer<SourceContext>,
    input: String,
}

/// Records that were polled together. They borrow the consumer's memory.
pub type Batch<'a> = Vec<BorrowedMessage<'a>>;

impl Source {
    /// Joins the consumer group.
    pub fn connect(
        config: &Config,
        group_instance_id: Option<&str>,
        work: &Arc<Work>,
        shared: &Shared,
    ) -> Result<Self, PipelineError> {
        let context = SourceContext::new(config, work, shared);
        let failure = |error: KafkaError| PipelineError::Client { doing: "connecting the consumer", error };
        let client = clients::consumer(config, group_instance_id, shared.statistics);
        let consumer: BaseConsumer<_> = client.create_with_context(context).map_err(failure)?;
        sabotage::before_joining(&consumer);
        consumer.subscribe(&[&config.input]).map_err(failure)?;
        Ok(Self { consumer, input: config.input.clone() })
    }

    /// What is there, or what comes within a moment: the shorter one of a poll's own and what the work has patience for.
    /// Of a partition that is revoked on the way nothing is handed out: its next owner reads it.
    pub fn poll_batch(&self, work: &Work) -> Result<Batch<'_>, PipelineError> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut wait = work.patience(POLL_WAIT);
        while batch.len() < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX {
            let polled = self.consumer.poll(wait);
            // Rebalances are served inside `poll`, before whatever it returns.
            let turn = self.consumer.context().take_turn();
            // Hardly ever there is any, and a walk through the batch for each record of it takes longer than to score them.
            if !turn.revoked.is_empty() {
                batch.retain(|message: &BorrowedMessage<'_>| !turn.revoked.contains(&message.partition()));
            }
            if let Some(problem) = turn.problem {
                return Err(problem);
            }
            match polled {
                Some(Ok(message)) => {
                    bytes += message.payload().map_or(0, <[u8]>::len);
                    batch.push(message);
                    wait = Duration::ZERO;
                }
                Some(Err(error)) if is_final(&error) => {
                    return Err(PipelineError::Client { doing: "consuming", error });
                }
                // After an error the client goes on by itself; it has told the context.
                None | Some(Err(_)) if turn.rewind.is_none() => break,
                None | Some(Err(_)) => {}
            }
            if let Some(positions) = turn.rewind {
                self.rewind(positions, &batch)?;
                return Ok(Vec::new());
            }
        }
        Ok(batch)
    }

    /// Commits what is processed.
    pub fn commit(&self, work: &Work) -> Result<Outcome, PipelineError> {
        work.commit(&self.consumer)
    }

    /// Whether the group has taken our partitions away, which the next poll would tell.
    pub fn is_lost(&self) -> bool {
        self.consumer.assignment_lost()
    }

    /// Goes back to these positions, and to the first of the records that are not processed either, where a partition
    /// is still ours.
    pub fn rewind(
        &self,
        positions: Vec<Position>,
        unprocessed: &[BorrowedMessage<'_>],
    ) -> Result<(), PipelineError> {
        if sabotage::lacks(Part::Rewind) {
            return Ok(());
        }
        let mut earliest: BTreeMap<i32, i64> = BTreeMap::new();
        let unprocessed = unprocessed.iter().map(|message| (message.partition(), message.offset()));
        for (partition, offset) in positions.into_iter().chain(unprocessed) {
            earliest.entry(partition).and_modify(|first| *first = offset.min(*first)).or_insert(offset);
        }
        let ours = self.partitions()?;
        let positions: Vec<Position> =
            earliest.into_iter().filter(|(partition, _)| ours.contains(partition)).collect();
        if positions.is_empty() {
            return Ok(());
        }
        let sought = self.consumer.seek_partitions(list(&self.input, &positions), SEEK_TIMEOUT);
        let refused = |list: TopicPartitionList| list.elements().iter().find_map(|one| one.error().err());
        match sought.map(refused) {
            Ok(None) => Ok(()),
            Ok(Some(error)) | Err(error) => Err(PipelineError::Client { doing: "going back", error }),
        }
    }

    /// Says which of the topics to write to do not exist, or have too few partitions, unless it is told already. A consumer's
    /// look, unlike a producer's, makes the broker create none.
    pub fn look_for_topics(&self, config: &Config, told: &Once) -> Result<(), PipelineError> {
        let context = self.consumer.context();
        for topic in [&config.output, &config.dead_letter] {
            // The loop's own looks tell of a broker that does not answer.
            let Ok(metadata) = self.metadata(topic) else { return Ok(()) };
            let probe = Probe::of_topic(&metadata);
            let is_news = match probe {
                Probe::TopicUnknown => told.is_first("unknown", topic),
                Probe::TopicProblem(_) => told.is_first("problem", topic),
                Probe::Healthy | Probe::Unreachable(_) => false,
            };
            if is_news {
                context.watch.output_looked_for(&probe, topic);
            }
            if topic == &config.output && config.output_partition == OutputPartition::Input {
                self.compare_partitions(config, &metadata, told)?;
            }
        }
        Ok(())
    }

    /// Where each result goes to the partition with its record's number, there must be one with each number.
    fn compare_partitions(
        &self,
        config: &Config,
        output: &Metadata,
        told: &Once,
    ) -> Result<(), PipelineError> {
        let count =
            |metadata: &Metadata| metadata.topics().iter().flat_map(MetadataTopic::partitions).count();
        let Ok(input) = self.metadata(&self.input) else { return Ok(()) };
        let (partitions, input_partitions) = (count(output), count(&input));
        // One that does not exist is told as that.
        if partitions == 0 || partitions >= input_partitions {
            return Ok(());
        }
        let topic = config.output.clone();
        if config.on_output_error == Policy::Fail {
            return Err(PipelineError::TooFewPartitions { topic, partitions, input_partitions });
        }
        if told.is_first("partitions", &topic) {
            let (topic, partitions, input_partitions) = (&*topic, partitions as u64, input_partitions as u64);
            let telemetry = &self.consumer.context().telemetry;
            telemetry.tell(Event::OutputPartitionsTooFew { topic, partitions, input_partitions });
        }
        Ok(())
    }

    fn metadata(&self, topic: &str) -> KafkaResult<Metadata> {
        self.consumer.fetch_metadata(Some(topic), PROBE_TIMEOUT)
    }

    /// Looks at the broker if there is reason to, and says what is wrong with it. One that has never let us in is an
    /// error.
    pub fn look_after_broker(&self) -> Result<(), PipelineError> {
        let context = self.consumer.context();
        let assigned = !context.work.positions().is_empty();
        if !assigned && let Some(error) = context.watch.refused() {
            return Err(PipelineError::Client { doing: "connecting", error });
        }
        if !context.watch.probe_is_due(assigned) {
            return Ok(());
        }
        let metadata = self.metadata(&self.input).or_else(|_| context.work.sink.ask_anew(&self.input));
        let probe = match metadata {
            Err(error) => Probe::Unreachable(error.to_string()),
            Ok(metadata) => Probe::of_topic(&metadata),
        };
        context.watch.probed(&probe, &self.input);
        Ok(())
    }

    /// That another process has this one's place in the group, if the group says so within a moment.
    pub fn replacement(&self) -> Option<PipelineError> {
        let start = Instant::now();
        while start.elapsed() < REPLACEMENT_MAX {
            match self.consumer.client().fatal_error() {
                Some((code, _)) if code == RDKafkaErrorCode::FencedInstanceId => {
                    let error = KafkaError::Global(code);
                    return Some(PipelineError::Client { doing: "keeping its place in the group", error });
                }
                Some(_) => return None,
                None => thread::sleep(REPLACEMENT_PAUSE),
            }
        }
        None
    }

    fn partitions(&self) -> Result<Vec<i32>, PipelineError> {
        let assignment = self.consumer.assignment();
        let failure = |error| PipelineError::Client { doing: "looking at the assignment", error };
        assignment.map(|list| partitions(&list)).map_err(failure)
    }
}

/// Whether no poll will bring anything after this error, be it of one partition: the client is broken, may not read, can't,
/// or is not to begin where there is something.
fn is_final(error: &KafkaError) -> bool {
    let is_final = |code| {
        matches!(code, RDKafkaErrorCode::GroupAuthorizationFailed | RDKafkaErrorCode::AutoOffsetReset)
            || is_unreadable(code)
    };
    matches!(error, KafkaError::MessageConsumptionFatal(_))
        || error.rdkafka_error_code().is_some_and(is_final)
}

/// Whether it is a codec that this build lacks, by the broker's word for it or by the client's.
pub fn is_unreadable(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::UnsupportedCompressionType | RDKafkaErrorCode::NotImplemented)
}
