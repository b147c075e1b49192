//! The loop of one pipeline, for one life of its clients: poll a batch, score it, send results and dead letters, and commit
//! when it is time to. `work` says what a commit is; `supervisor` begins new lives.

use crate::bad_record::{BadRecord, Stage};
use crate::config::{Config, Policy};
use crate::dead_letter::Omitted;
use crate::exit::{Failure, client_error};
use crate::ledger::Position;
use crate::progress::Progress;
use crate::score::Scorer;
use crate::sink::{Role, Sink};
use crate::source::Source;
use crate::stop::Stop;
use crate::telemetry::{Event, PipelineTelemetry, State, Tally};
use crate::transaction::Trouble;
use crate::verdicts::Verdict;
use crate::watch::Watch;
use crate::work::{Fate, Outcome, Sent, Work, is_about_topic};
use model_runtime::Model;
use model_runtime::record::LocatedFieldError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a waiting loop sleeps before it looks whether it is to stop.
const WAIT_STEP: Duration = Duration::from_millis(50);

/// What the loop shares with those who watch it.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Where its events and numbers go.
    pub telemetry: PipelineTelemetry,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// Whether it is to stop.
    pub stop: Stop,
    /// Whether the client's statistics are wanted, from which lag follows.
    pub statistics: bool,
}

impl Shared {
    /// At least once: everything in the tally is acknowledged.
    pub fn delivered(&self, tally: &mut Tally) {
        self.progress.delivered(tally);
        self.telemetry.acknowledged(tally);
    }

    /// Exactly once: everything in the tally is committed, which took so long.
    pub fn committed(&self, tally: &mut Tally, took: Duration) {
        self.progress.delivered(tally);
        self.telemetry.committed(tally, took);
    }
}

/// What the clients of one pipeline are called by the brokers.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name under which it keeps its partitions over a restart, if it has one.
    pub group_instance_id: Option<String>,
    /// The name that a successor takes over from it, with transactions.
    pub transactional_id: Option<String>,
}

/// A pipeline with living clients.
pub struct Pipeline<'a> {
    config: &'a Config,
    shared: &'a Shared,
    scorer: Scorer,
    work: Arc<Work>,
    source: Source,
}

impl<'a> Pipeline<'a> {
    /// Makes the clients. With transactions the producer is there first: what a predecessor left open is over before
    /// its offsets are asked for.
    pub fn connect(
        config: &'a Config,
        identity: &Identity,
        model: &'static dyn Model,
        shared: &'a Shared,
    ) -> Result<Self, PipelineError> {
        shared.telemetry.set_state(State::Rebalancing);
        let scorer = Scorer::new(model, false).map_err(PipelineError::Model)?;
        let watch = Arc::new(Watch::new(&config.bootstrap_server, shared.telemetry.clone()));
        let id = identity.transactional_id.as_deref();
        let sink = Sink::connect(config, id, model.metadata(), shared, &watch)?;
        if id.is_some() {
            sink.init_transactions().map_err(|trouble| match trouble {
                Trouble::Overdue => PipelineError::StoppedUncommitted,
                trouble => PipelineError::Producer {
                    problem: trouble.to_string(),
                    code: sink.fatal_error().map(|(code, _)| code),
                },
            })?;
        }
        let work = Arc::new(Work::new(config, sink, shared));
        let source = Source::connect(config, identity.group_instance_id.as_deref(), &work, shared, &watch)?;
        source.look_for(&[&config.output, &config.dead_letter]);
        Ok(Self { config, shared, scorer, work, source })
    }

    /// Moves batches until it is asked to stop, then commits and leaves the group.
    pub fn run(mut self) -> Result<(), PipelineError> {
        let turned = self.turn();
        if turned.is_ok() {
            self.shared.telemetry.tell(Event::Stopping);
            self.shared.telemetry.set_state(State::PendingShutdown);
        } else {
            self.shared.telemetry.set_state(State::Error);
        }
        let ended = match turned {
            // What was processed before a record that is refused counts.
            Ok(()) | Err(PipelineError::Refused { .. }) => turned.and(self.finish()),
            turned => turned,
        };
        if ended.is_err() {
            self.work.abandon();
        }
        for (column, count) in self.scorer.unseen_categories() {
            self.shared.telemetry.tell(Event::UnseenCategories { column, count });
        }
        ended
    }

    fn turn(&mut self) -> Result<(), PipelineError> {
        while !self.shared.stop.requested() {
            self.shared.telemetry.turned();
            let batch = self.source.poll_batch(&self.work)?;
            if batch.is_empty() {
                self.source.look_after_broker()?;
            }
            let mut processing = Processing {
                config: self.config,
                shared: self.shared,
                work: &self.work,
                source: &self.source,
            };
            let rewound = processing.run(&batch, &mut self.scorer)?;
            let rewound = match rewound {
                None if self.work.is_due() => match self.source.commit(&self.work)? {
                    Outcome::Rewind(positions) => Some((positions, batch.len())),
                    Outcome::Committed | Outcome::Postponed => None,
                },
                rewound => rewound,
            };
            if let Some((positions, processed)) = rewound {
                self.source.rewind(positions, &batch[processed..])?;
                self.wait(self.work.backoff());
            }
        }
        Ok(())
    }

    /// Commits what is processed, as long as there is time.
    fn finish(&mut self) -> Result<(), PipelineError> {
        loop {
            match self.source.commit(&self.work)? {
                Outcome::Committed => return Ok(()),
                Outcome::Rewind(_) => return Err(PipelineError::StoppedUncommitted),
                Outcome::Postponed if self.shared.stop.is_overdue() => {
                    return Err(PipelineError::StoppedUncommitted);
                }
                Outcome::Postponed => self.wait(WAIT_STEP),
            }
        }
    }

    fn wait(&self, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time && !self.shared.stop.requested() {
            thread::sleep(WAIT_STEP.min(time));
        }
    }
}

/// One batch on its way.
struct Processing<'a> {
    config: &'a Config,
    shared: &'a Shared,
    work: &'a Work,
    source: &'a Source,
}

/// What became of a record.
enum Step {
    Processed(Fate),
    Rewind(Vec<Position>),
}

/// Where to read again, and how many records of the batch were processed before.
type Rewound = (Vec<Position>, usize);

impl Processing<'_> {
    /// Scores a batch and sends all of it, as results or as dead letters.
    fn run(
        &mut self,
        batch: &[BorrowedMessage<'_>],
        scorer: &mut Scorer,
    ) -> Result<Option<Rewound>, PipelineError> {
        let values: Vec<&[u8]> = batch.iter().map(|message| message.payload().unwrap_or_default()).collect();
        let start = Instant::now();
        scorer.score(&values);
        let telemetry = &self.shared.telemetry;
        telemetry.consumed(batch.len(), values.iter().map(|value| value.len()).sum());
        telemetry.scored(batch.len(), start.elapsed());
        telemetry.features(scorer.unseen_counts(), scorer.missing_counts());
        let scored = scorer.scored();
        for (number, (message, outcome)) in batch.iter().zip(scored.outcomes()).enumerate() {
            let position = (message.partition(), message.offset());
            let verdict = self.work.verdict(position);
            if verdict.is_some() {
                // It gets a commit of its own, so that whatever is refused is refused for it alone.
                if let Outcome::Rewind(positions) = self.source.commit(self.work)? {
                    return Ok(Some((positions, number)));
                }
            }
            if let Some(positions) = self.process(message, outcome, verdict)? {
                return Ok(Some((positions, number)));
            }
            if verdict.is_some()
                && let Outcome::Rewind(positions) = self.source.commit(self.work)?
            {
                return Ok(Some((positions, number + 1)));
            }
        }
        Ok(None)
    }

    /// Sends one record, as the result or the dead letter that it is. Where the work had to be given up instead, the
    /// positions come out from which to read again.
    fn process(
        &self,
        message: &BorrowedMessage<'_>,
        outcome: Result<&[u8], &BadRecord>,
        verdict: Option<Verdict>,
    ) -> Result<Option<Vec<Position>>, PipelineError> {
        let index = self.work.open()?;
        let step = match outcome {
            Err(bad) => self.refuse(index, message, bad, verdict)?,
            Ok(value) => match self.send_result(index, message, value, verdict)? {
                Sent::Refused(code) => {
                    self.refuse(index, message, &BadRecord::refused(code, value.len()), verdict)?
                }
                Sent::Done => Step::Processed(Fate::Result { bytes: value.len() }),
                Sent::Rewind(positions) => Step::Rewind(positions),
            },
        };
        match step {
            Step::Rewind(positions) => Ok(Some(positions)),
            Step::Processed(fate) => {
                let position = (message.partition(), message.offset());
                self.work.processed(position, message.timestamp().to_millis(), fate);
                Ok(None)
            }
        }
    }

    fn send_result(
        &self,
        index: usize,
        message: &BorrowedMessage<'_>,
        value: &[u8],
        verdict: Option<Verdict>,
    ) -> Result<Sent, PipelineError> {
        match verdict.and_then(|verdict| verdict.refused).or_else(|| self.work.output_closed()) {
            Some(code) => Ok(Sent::Refused(code)),
            None => self.work.sent(Role::Result, self.work.sink.send_result(index, message, value)),
        }
    }

    /// Does with a bad record what the policy for it says.
    fn refuse(
        &self,
        index: usize,
        message: &BorrowedMessage<'_>,
        bad: &BadRecord,
        verdict: Option<Verdict>,
    ) -> Result<Step, PipelineError> {
        let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
        let telemetry = &self.shared.telemetry;
        match self.policy(bad) {
            Policy::Fail => {
                telemetry.tell(Event::RecordFailed { topic, partition, offset, bad });
                Err(PipelineError::Refused { topic: topic.to_owned(), partition, offset, bad: bad.clone() })
            }
            Policy::Continue => {
                telemetry.tell(Event::RecordSkipped { topic, partition, offset, bad });
                Ok(Step::Processed(Fate::Skipped { reason: bad.reason() }))
            }
            Policy::DeadLetter => {
                telemetry.tell(Event::RecordRefused { topic, partition, offset, bad });
                let omitted = verdict.map_or(Omitted::Nothing, |verdict| verdict.omitted);
                self.send_dead_letter(index, message, bad, omitted)
            }
        }
    }

    /// Sends the record as it came or, if even that is refused, with as little left out as can be.
    fn send_dead_letter(
        &self,
        index: usize,
        message: &BorrowedMessage<'_>,
        bad: &BadRecord,
        mut omitted: Omitted,
    ) -> Result<Step, PipelineError> {
        loop {
            let sent = self.work.sink.send_dead_letter(index, message, bad, omitted);
            match self.work.sent(Role::DeadLetter, sent)? {
                Sent::Done => return Ok(Step::Processed(Fate::DeadLetter { reason: bad.reason() })),
                Sent::Rewind(positions) => return Ok(Step::Rewind(positions)),
                Sent::Refused(code) => {
                    let topic = self.work.sink.topic(Role::DeadLetter).to_owned();
                    omitted = omitted.more(code).ok_or(PipelineError::Delivery { topic, code })?;
                }
            }
        }
    }

    fn policy(&self, bad: &BadRecord) -> Policy {
        match bad {
            // With the policy to fail, it has failed before a record was refused for it.
            BadRecord::ResultRefused { code } if is_about_topic(*code) => self.config.on_output_error,
            bad => match bad.stage() {
                Stage::Decode => self.config.on_decode_error,
                Stage::Score => self.config.on_score_error,
                Stage::Produce => self.config.on_produce_error,
            },
        }
    }
}

/// Why a pipeline ended. What was not acknowledged is not committed.
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
    /// The producer is of no use any more.
    Producer {
        /// What it says.
        problem: String,
        /// Its fatal error, if it has one.
        code: Option<RDKafkaErrorCode>,
    },
    /// A result or a dead letter can't be delivered.
    Delivery {
        /// The topic that it was for.
        topic: String,
        /// Why.
        code: RDKafkaErrorCode,
    },
    /// A record is bad, and the policy for it is to fail.
    Refused {
        /// The topic that it came from.
        topic: String,
        /// Its partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// What is wrong with it.
        bad: BadRecord,
    },
    /// A signal came, and the broker did not acknowledge the last records in time.
    StoppedUnacknowledged {
        /// How many records were on their way.
        records: i32,
    },
    /// The last commit was refused or not acknowledged in time.
    StoppedUncommitted,
}

impl PipelineError {
    /// Whether another process has taken this one's place.
    pub fn is_fenced(&self) -> bool {
        let code = match self {
            Self::Client { error, .. } => error.rdkafka_error_code(),
            Self::Producer { code, .. } => *code,
            _ => None,
        };
        matches!(code, Some(RDKafkaErrorCode::FencedInstanceId | RDKafkaErrorCode::Fenced))
    }

    /// What the process's end by this error is.
    pub fn failure(&self) -> Failure {
        let message = self.to_string();
        match self {
            error if error.is_fenced() => Failure::fenced(message),
            Self::Model(_) => Failure::failed(message),
            Self::Client { error, .. } => match error.rdkafka_error_code() {
                Some(code) => Failure::at_start(code, message),
                None => Failure::failed(message),
            },
            Self::Producer { code: Some(code), .. } | Self::Delivery { code, .. } => {
                Failure::at_start(*code, message)
            }
            Self::Producer { code: None, .. } => Failure::failed(message),
            Self::Refused { .. } => Failure::bad_record(message),
            Self::StoppedUnacknowledged { .. } | Self::StoppedUncommitted => Failure::stop_overdue(message),
        }
    }

    /// Whether new clients may go on where these have ended.
    pub fn may_restart(&self) -> bool {
        match self {
            Self::Client { error, .. } => !matches!(
                error.rdkafka_error_code(),
                None | Some(
                    RDKafkaErrorCode::FencedInstanceId
                        | RDKafkaErrorCode::GroupAuthorizationFailed
                        | RDKafkaErrorCode::TopicAuthorizationFailed
                        | RDKafkaErrorCode::InvalidArgument
                        | RDKafkaErrorCode::Authentication
                        | RDKafkaErrorCode::SaslAuthenticationFailed
                )
            ),
            Self::Producer { code, .. } => !matches!(
                code,
                Some(
                    RDKafkaErrorCode::TransactionalIdAuthorizationFailed
                        | RDKafkaErrorCode::ClusterAuthorizationFailed
                )
            ),
            _ => false,
        }
    }
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
            Self::Producer { problem, .. } => write!(formatter, "the producer can't go on: {problem}"),
            Self::Refused { topic, partition, offset, bad } => write!(
                formatter,
                "record {offset} of partition {partition} of topic `{topic}` is bad, and the policy is to fail: {bad}. \
                 The records before it are committed; mend the record or change the policy, and start again"
            ),
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
