//! The at-least-once loop: poll a batch, score it, send results and dead letters, wait for the acknowledgements,
//! and only then let the offsets be committed.

use crate::bad_record::BadRecord;
use crate::dead_letter::Omitted;
use crate::events::{Event, Events};
use crate::exit::client_error;
use crate::progress::Progress;
use crate::redelivery::Redelivery;
use crate::score::Scorer;
use crate::sink::Sink;
use crate::source::{Batch, Source};
use crate::stop::Stop;
use crate::watch::Watch;
use model_runtime::Model;
use model_runtime::record::LocatedFieldError;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use std::fmt;
use std::sync::Arc;

/// What the loop reads and writes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The brokers to begin with, as `HOST:PORT`, several with commas.
    pub bootstrap_server: String,
    /// The topic of the records.
    pub input: String,
    /// The topic of the records with predictions.
    pub output: String,
    /// The topic of the bad records.
    pub dead_letter: String,
    /// The consumer group.
    pub group: String,
    /// Properties of the Kafka clients, by librdkafka's names.
    pub properties: Vec<(String, String)>,
}

impl Settings {
    /// What both clients have in common.
    pub fn client_config(&self) -> ClientConfig {
        client_config(&self.bootstrap_server, &self.properties)
    }

    /// Whether the user has set this property.
    pub fn sets(&self, name: &str) -> bool {
        self.properties.iter().any(|(set, _)| set == name)
    }
}

/// What every client has in common: properties as the user gave them, and the brokers.
pub fn client_config(bootstrap_server: &str, properties: &[(String, String)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("client.id", "stream-app");
    for (name, value) in properties {
        config.set(name, value);
    }
    config.set("bootstrap.servers", bootstrap_server);
    config
}

/// What the loop shares with those who watch it.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Where its events go.
    pub events: Events,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// Whether it is to stop.
    pub stop: Stop,
}

/// Runs the loop until it is asked to stop.
pub fn run(settings: &Settings, model: &'static dyn Model, shared: &Shared) -> Result<(), PipelineError> {
    let mut scorer = Scorer::new(model, false).map_err(PipelineError::Model)?;
    let watch = Arc::new(Watch::new(&settings.bootstrap_server, shared.events.clone()));
    let sink = Sink::connect(settings, shared, &watch)?;
    let source = Source::connect(settings, shared, &watch)?;
    shared.events.tell(Event::Started {
        model: model.metadata().name,
        digest: model.metadata().source_digest,
        bootstrap_server: &settings.bootstrap_server,
        input: &settings.input,
        output: &settings.output,
    });
    source.look_for(&[&settings.output, &settings.dead_letter]);
    let turned = turn(&source, &mut scorer, &sink, shared);
    if turned.is_ok() {
        shared.events.tell(Event::Stopping);
    }
    // After an error too: from here on there is a deadline.
    shared.stop.request();
    let left = source.leave(&shared.stop);
    tell_summary(&scorer, shared);
    turned.and(left)
}

/// Moves batches until it is asked to stop.
fn turn(source: &Source, scorer: &mut Scorer, sink: &Sink, shared: &Shared) -> Result<(), PipelineError> {
    while !shared.stop.requested() {
        let batch = source.poll_batch()?;
        if batch.is_empty() {
            source.look_after_broker();
        } else {
            process(&batch, scorer, sink, shared)?;
            source.processed(&batch);
        }
        source.commit_if_due();
    }
    Ok(())
}

/// Scores a batch and sees all of it acknowledged, as results or as dead letters.
fn process(
    batch: &Batch<'_>,
    scorer: &mut Scorer,
    sink: &Sink,
    shared: &Shared,
) -> Result<(), PipelineError> {
    let values: Vec<&[u8]> = batch.iter().map(|message| message.payload().unwrap_or_default()).collect();
    let outcomes = scorer.score(&values);
    let mut dead_letters = 0;
    for (index, (message, outcome)) in batch.iter().zip(outcomes.outcomes()).enumerate() {
        match outcome {
            Ok(value) => sink.send_result(index, message, value),
            Err(bad) => {
                refuse(index, message, bad, sink, shared);
                dead_letters += 1;
            }
        }
    }
    let undelivered = sink.drain()?;
    if !undelivered.is_empty() {
        dead_letters += Redelivery { batch, scored: outcomes, sink, shared }.run(undelivered)?;
    }
    shared.progress.delivered(batch.len() as u64 - dead_letters, dead_letters);
    Ok(())
}

/// Tells that a record is bad and sends it to the dead letters as it came.
pub fn refuse(index: usize, message: &BorrowedMessage<'_>, bad: &BadRecord, sink: &Sink, shared: &Shared) {
    shared.events.tell(Event::RecordRefused {
        topic: message.topic(),
        partition: message.partition(),
        offset: message.offset(),
        bad,
    });
    sink.send_dead_letter(index, message, bad, Omitted::Nothing);
}

fn tell_summary(scorer: &Scorer, shared: &Shared) {
    for (column, count) in scorer.unseen_categories() {
        shared.events.tell(Event::UnseenCategories { column, count });
    }
    let (results, dead_letters) = (shared.progress.results(), shared.progress.dead_letters());
    shared.events.tell(Event::Stopped { records: results + dead_letters, results, dead_letters });
}

/// Why the loop ended. What was not acknowledged is not committed.
#[derive(Debug)]
pub enum PipelineError {
    /// The model can't write its prediction to its records.
    Model(LocatedFieldError),
    /// A client can't be made, or does not go on.
    Client {
        /// What it was to do.
        doing: &'static str,
        /// Why it can't.
        error: KafkaError,
    },
    /// A result or a dead letter was not delivered.
    Delivery {
        /// The topic that it was for.
        topic: String,
        /// Why.
        code: RDKafkaErrorCode,
    },
    /// A signal came, and the broker did not acknowledge the last batch in time.
    StoppedUnacknowledged {
        /// How many records were on their way.
        records: i32,
    },
    /// The last commit was refused or not acknowledged in time.
    StoppedUncommitted,
}

impl fmt::Display for PipelineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(error) => error.fmt(formatter),
            Self::Client { doing, error } => write!(formatter, "{doing}: {}", client_error(error)),
            Self::Delivery { topic, code } => {
                write!(formatter, "a record was not delivered to topic `{topic}`: {code}. ")?;
                match code {
                    RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => {
                        formatter.write_str("Create the topic. ")?;
                    }
                    RDKafkaErrorCode::MessageSizeTooLarge => {
                        formatter.write_str("Raise the topic's max.message.bytes. ")?;
                    }
                    RDKafkaErrorCode::InvalidRecord => formatter.write_str(
                        "If the topic is compacted, it takes no record without a key: use another topic. ",
                    )?,
                    RDKafkaErrorCode::QueueFull => formatter.write_str(
                        "Raise the property queue.buffering.max.kbytes above the largest record. ",
                    )?,
                    _ => {}
                }
                formatter.write_str("Its offset is not committed: the next start scores it again")
            }
            Self::StoppedUnacknowledged { records } => write!(
                formatter,
                "stopped while {records} records were not acknowledged; their offsets are not committed: \
                 the next start scores them again"
            ),
            Self::StoppedUncommitted => formatter.write_str(
                "stopped while the last offsets were not committed: the next start scores their records again",
            ),
        }
    }
}

impl std::error::Error for PipelineError {}
