//! The loop of one pipeline, for one life of its clients: poll a batch, score it, send results and dead letters, and commit
//! when it is time to. `work` says what a commit is; `supervisor` begins new lives.

use crate::bad_record::{BadRecord, Stage};
use crate::config::{Config, Policy};
use crate::dead_letter::Omitted;
use crate::ledger::Position;
use crate::pipeline_error::PipelineError;
use crate::progress::Progress;
use crate::reminder::Once;
use crate::score::Scorer;
use crate::sink::{Role, Sink};
use crate::source::Source;
use crate::stop::Stop;
use crate::telemetry::{Event, PipelineTelemetry, State, Tally};
use crate::transaction::Trouble;
use crate::verdicts::Verdict;
use crate::watch::Watch;
use crate::work::{Fate, Outcome, Sent, Work, is_about_output};
use model_runtime::Model;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long a waiting loop sleeps before it looks whether it is to stop.
const WAIT_STEP: Duration = Duration::from_millis(50);

/// What the loop shares with those who watch it.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Where its events and numbers go.
    pub telemetry: PipelineTelemetry,
    /// Whether a broker answers, which outlives the clients.
    pub watch: Arc<Watch>,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// Whether it is to stop.
    pub stop: Stop,
    /// Whether the client's statistics are wanted, from which lag follows.
    pub statistics: bool,
    /// Why the output topic takes nothing, and since when. New clients need not find it out again.
    pub output_closed: Arc<Mutex<Option<(RDKafkaErrorCode, Instant)>>>,
    /// What any pipeline has told of the topics to write to. Each finds it out, in each life.
    pub outputs_told: Arc<Once>,
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
        shared.watch.new_life();
        let scorer = Scorer::new(model, false).map_err(PipelineError::Model)?;
        let id = identity.transactional_id.as_deref();
        let sink = Sink::connect(config, id, Some(model.metadata()), shared)?;
        if id.is_some() {
            sink.init_transactions().map_err(|trouble| match trouble {
                Trouble::Overdue => PipelineError::StoppedUncommitted,
                Trouble::Fatal(error @ KafkaError::Global(_)) => {
                    PipelineError::Client { doing: "connecting", error }
                }
                trouble => PipelineError::Producer {
                    problem: trouble.to_string(),
                    code: sink.fatal_error().map(|(code, _)| code),
                    overlong: false,
                },
            })?;
        }
        let work = Arc::new(Work::new(config, sink, shared));
        let source = Source::connect(config, identity.group_instance_id.as_deref(), &work, shared)?;
        source.look_for_topics(config, &shared.outputs_told)?;
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
            Ok(()) => self.finish(),
            // What was processed before a record that is refused counts. The process ends by it, so there is a limit to it.
            Err(refused @ PipelineError::Refused { .. }) => {
                self.shared.stop.request();
                let _ = self.finish();
                Err(refused)
            }
            turned => turned,
        };
        if let Err(error) = &ended {
            self.work.abandon(&error.to_string());
        }
        let ended = match ended {
            // Without a name of its own it has no place that another could take.
            Err(error)
                if error.is_fenced()
                    && !error.is_replaced()
                    && self.config.group_instance_id.is_some()
                    && !self.shared.stop.requested() =>
            {
                Err(self.source.replacement().unwrap_or(error))
            }
            ended => ended,
        };
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
            self.work.tell_in_flight();
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
                // Of partitions that are someone else's by now nothing is committed, however often it is tried.
                Outcome::Postponed if self.shared.stop.is_overdue() || self.source.is_lost() => {
                    return Err(PipelineError::StoppedUncommitted);
                }
                // Not `wait`, which ends at once when a stop is asked for.
                Outcome::Postponed => thread::sleep(WAIT_STEP),
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
        if !self.config.pass_through {
            scorer.score(&values);
        }
        let telemetry = &self.shared.telemetry;
        telemetry.consumed(batch.len(), values.iter().map(|value| value.len()).sum());
        telemetry.scored(batch.len(), start.elapsed());
        telemetry.features(scorer.unseen_counts(), scorer.missing_counts());
        // New ones come of work that is given up, and that ends the batch.
        let has_verdicts = self.work.has_verdicts();
        for (number, message) in batch.iter().enumerate() {
            let outcome = if self.config.pass_through { Ok(values[number]) } else { scorer.outcome(number) };
            let position = (message.partition(), message.offset());
            let verdict = if has_verdicts { self.work.verdict(position) } else { None };
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
            BadRecord::ResultRefused { code } if is_about_output(*code) => self.config.on_output_error,
            bad => match bad.stage() {
                Stage::Decode => self.config.on_decode_error,
                Stage::Score => self.config.on_score_error,
                Stage::Produce => self.config.on_produce_error,
            },
        }
    }
}
