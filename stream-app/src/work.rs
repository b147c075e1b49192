//! What a pipeline has sent and not committed, and the two ways out of it: commit all of it, or give it up and read its
//! records again. Both the loop and the consumer's rebalances take these ways, on the one thread of the pipeline.
//!
//! At least once, a commit is of offsets alone, once everything before them is acknowledged. Exactly once, results, dead
//! letters and offsets are one transaction. `state` is what both ways change, `refusals` what it means that a record was not
//! taken.

mod refusals;
mod state;

pub use refusals::is_about_output;

use crate::config::{Config, Policy, ProcessingGuarantee};
use crate::ledger::Position;
use crate::pipeline::Shared;
use crate::pipeline_error::PipelineError;
use crate::sabotage::{self, Part};
use crate::sink::{Role, Sink};
use crate::telemetry::Event;
use crate::transaction::Trouble;
use crate::waiting::{self, Waiting};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use state::{COMMIT_RETRY_INTERVAL, State};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the loop waits after it gave work up for the first time.
const BACKOFF_MIN: Duration = Duration::from_millis(20);

/// How often that wait is doubled: to about five seconds.
const BACKOFF_DOUBLINGS_MAX: u32 = 8;

/// The work of one life of a pipeline's clients.
pub struct Work {
    /// Where results and dead letters go.
    pub sink: Sink,
    input: String,
    guarantee: ProcessingGuarantee,
    commit_interval: Duration,
    commit_records_max: usize,
    on_output_error: Policy,
    /// How long brokers wait for a transaction's end.
    transaction_timeout: Duration,
    shared: Shared,
    state: Mutex<State>,
}

/// What a record was sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// With its prediction.
    Result {
        /// The value's size.
        bytes: usize,
    },
    /// As a dead letter.
    DeadLetter {
        /// The reason's short name.
        reason: &'static str,
    },
    /// Not at all, because the policy says so.
    Skipped {
        /// The reason's short name.
        reason: &'static str,
    },
}

/// What became of the work.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// All of it is committed, or there was none.
    Committed,
    /// The broker did not take the offsets; the work stays open.
    Postponed,
    /// It is given up, and the partitions are to be read again from these positions.
    Rewind(Vec<Position>),
}

/// What became of an attempt to send a record.
#[derive(Debug)]
pub enum Sent {
    /// It is on its way.
    Done,
    /// It will not be taken, as this record or by this topic.
    Refused(RDKafkaErrorCode),
    /// The work is given up, for a reason that has nothing to do with the record.
    Rewind(Vec<Position>),
}

impl Work {
    /// Of a pipeline with this sink.
    pub fn new(config: &Config, sink: Sink, shared: &Shared) -> Self {
        Self {
            sink,
            input: config.input.clone(),
            guarantee: config.processing_guarantee,
            commit_interval: config.commit_interval,
            commit_records_max: usize::try_from(config.commit_records_max).unwrap_or(usize::MAX),
            on_output_error: config.on_output_error,
            transaction_timeout: sabotage::transaction_timeout(config.transaction_timeout()),
            shared: shared.clone(),
            state: Mutex::default(),
        }
    }

    /// Must come before anything is sent: begins a transaction where there is to be one. The number of the record that
    /// is about to be sent comes out.
    pub fn open(&self) -> Result<usize, PipelineError> {
        let state = self.state();
        if state.open.is_some() || !self.is_transactional() {
            return Ok(state.ledger.next_index());
        }
        drop(state);
        // Brokers count from the first record, which comes later.
        let now = Instant::now();
        self.sink.begin_transaction().map_err(|trouble| self.hopeless(&trouble))?;
        let mut state = self.state();
        state.open = Some(now);
        state.sent = [false; 2];
        Ok(state.ledger.next_index())
    }

    /// The record, whose number [`Work::open`] gave, has been sent as a result or as a dead letter, or left out.
    pub fn processed(&self, position: Position, timestamp: Option<i64>, fate: Fate) {
        let mut state = self.state();
        state.ledger.enter(position);
        match fate {
            Fate::Result { bytes } => {
                state.sent[Role::Result as usize] = true;
                state.tally.result(timestamp, bytes);
            }
            Fate::DeadLetter { reason } => {
                state.sent[Role::DeadLetter as usize] = true;
                state.tally.dead_letter(timestamp, reason);
            }
            Fate::Skipped { reason } => state.tally.skipped(reason),
        }
    }

    /// Tells how many records are read and not done with.
    pub fn tell_in_flight(&self) {
        self.shared.telemetry.in_flight(self.state().tally.records());
    }

    /// How long the loop may wait for records, given that there may be something to commit.
    pub fn patience(&self, longest: Duration) -> Duration {
        self.state().due_in(self.commit_interval, Instant::now()).unwrap_or(longest).min(longest)
    }

    /// Whether it is time to commit, or to give up what was not delivered.
    pub fn is_due(&self) -> bool {
        if self.sink.has_undelivered() {
            return true;
        }
        let (state, now) = (self.state(), Instant::now());
        state.due_in(self.commit_interval, now) == Some(Duration::ZERO)
            || (state.ledger.next_index() >= self.commit_records_max && state.pause_left(now).is_zero())
    }

    /// Commits everything that was processed, if all of it is acknowledged; otherwise gives it up.
    pub fn commit<C: ConsumerContext>(&self, consumer: &BaseConsumer<C>) -> Result<Outcome, PipelineError> {
        let next = self.state().ledger.next();
        if next.is_empty() {
            return Ok(Outcome::Committed);
        }
        let undelivered = self.sink.drain()?;
        if let Some(first) = undelivered.first() {
            self.judge(&undelivered)?;
            let (count, topic, code) = (undelivered.len(), self.sink.topic(first.role), first.code);
            let reason = format!("{count} records were not delivered, the first to topic {topic}: {code}");
            return self.give_up(&reason).map(Outcome::Rewind);
        }
        match self.guarantee {
            ProcessingGuarantee::AtLeastOnce => {
                let mut state = self.state();
                state.ledger.delivered();
                self.shared.delivered(&mut state.tally);
                drop(state);
                Ok(self.commit_offsets(consumer, &next))
            }
            ProcessingGuarantee::ExactlyOnce => self.commit_transaction(consumer, &next),
        }
    }

    /// Gives up everything that was processed since the last commit.
    pub fn give_up(&self, reason: &str) -> Result<Vec<Position>, PipelineError> {
        let open = self.state().open.is_some();
        if open {
            self.judge_transaction()?;
            self.sink.abort_transaction().map_err(|trouble| self.hopeless(&trouble))?;
        } else {
            self.sink.drain()?;
        }
        let mut state = self.state();
        if open {
            self.shared.telemetry.aborted(&mut state.tally, reason);
        } else {
            // What was delivered may come out once more, and is counted then.
            state.tally.clear();
        }
        let first = state.ledger.first();
        state.ledger.clear();
        state.open = None;
        state.given_up += 1;
        Ok(first)
    }

    /// The work is of no use any more, and neither are its clients: whoever reads the records again begins at the last
    /// commit. Readers of committed records need not wait for what is left open, if it can be helped.
    pub fn abandon(&self, reason: &str) {
        let open = self.state().open.is_some();
        if open && self.sink.fatal_error().is_none() {
            // If it can't be aborted now, the broker does it when the transaction's time is over.
            let _ = self.sink.abort_transaction();
        }
        let mut state = self.state();
        if open {
            // Also one whose commit has an unknown fate, which it hardly ever has.
            self.shared.telemetry.aborted(&mut state.tally, reason);
        }
        state.ledger.clear();
        state.tally.clear();
        state.open = None;
    }

    /// Whether commits are transactions.
    pub fn is_transactional(&self) -> bool {
        self.guarantee == ProcessingGuarantee::ExactlyOnce
    }

    /// How long to wait before the records of given up work are read again: longer each time, until a commit succeeds.
    pub fn backoff(&self) -> Duration {
        let times = self.state().given_up;
        BACKOFF_MIN.saturating_mul(1 << times.saturating_sub(1).min(BACKOFF_DOUBLINGS_MAX))
    }

    /// Partitions are ours now.
    pub fn take_over(&self, partitions: &[i32]) {
        self.state().owned.extend(partitions.iter().map(|&partition| (partition, None)));
    }

    /// The partitions that are ours, and what follows the last record that was processed of each, if any was.
    pub fn positions(&self) -> Vec<(i32, Option<i64>)> {
        let state = self.state();
        let mut positions = state.owned.clone();
        for (partition, next) in state.ledger.next() {
            positions.entry(partition).and_modify(|position| *position = Some(next));
        }
        positions.into_iter().collect()
    }

    /// Partitions are someone else's now: nothing of them is to be committed any more. Says whether there was anything.
    pub fn forget(&self, partitions: &[i32]) -> bool {
        let mut state = self.state();
        state.owned.retain(|partition, _| !partitions.contains(partition));
        state.verdicts.give_up(partitions);
        state.ledger.forget(partitions)
    }

    fn commit_offsets<C: ConsumerContext>(&self, consumer: &BaseConsumer<C>, next: &[Position]) -> Outcome {
        let start = Instant::now();
        match self.send_offsets(consumer, &self.list(next)) {
            Ok(()) => {
                self.shared.telemetry.offsets_committed(start.elapsed());
                self.settle(next);
                Outcome::Committed
            }
            Err(error) => {
                self.shared.telemetry.commit_failed();
                if self.state().commit_trouble.tell(Instant::now()).is_some() {
                    self.shared.telemetry.tell(Event::CommitFailed { problem: &error.to_string() });
                }
                self.state().commit_paused = Some(Instant::now() + COMMIT_RETRY_INTERVAL);
                Outcome::Postponed
            }
        }
    }

    /// The consumer's call waits for the group's coordinator. It has a thread of its own, so that the loop turns meanwhile.
    fn send_offsets<C: ConsumerContext>(
        &self,
        consumer: &BaseConsumer<C>,
        next: &TopicPartitionList,
    ) -> KafkaResult<()> {
        thread::scope(|scope| {
            let (sender, answer) = mpsc::channel();
            let mut waiting = Waiting::new(&self.sink);
            let send = move || sender.send(consumer.commit(next, CommitMode::Sync));
            let _ = thread::Builder::new().name("offsets".to_owned()).spawn_scoped(scope, send);
            loop {
                match waiting::answer(&answer) {
                    Some(committed) => return committed,
                    None => waiting.step(Duration::ZERO),
                }
            }
        })
    }

    fn commit_transaction<C: ConsumerContext>(
        &self,
        consumer: &BaseConsumer<C>,
        next: &[Position],
    ) -> Result<Outcome, PipelineError> {
        let start = Instant::now();
        if sabotage::gives_up() {
            return self.give_up("sabotage").map(Outcome::Rewind);
        }
        // In this order: librdkafka forgets generation and member and marks the assignment lost in one go, and a commit
        // without generation and member is one that the broker does not check.
        let Some(group) = consumer.group_metadata() else {
            return self.give_up("the consumer is in no group").map(Outcome::Rewind);
        };
        if consumer.assignment_lost() && !sabotage::lacks(Part::Fencing) {
            return self.give_up("the assignment is lost").map(Outcome::Rewind);
        }
        let group = sabotage::no_member().unwrap_or_else(|| Arc::new(group));
        let end = self.state().open.unwrap_or(start) + self.transaction_timeout;
        match self.sink.commit_transaction(&self.list(next), &group, end) {
            Ok(()) => {
                self.shared.committed(&mut self.state().tally, start.elapsed());
                self.settle(next);
                Ok(Outcome::Committed)
            }
            Err(Trouble::Abort(problem)) => self.give_up(&problem).map(Outcome::Rewind),
            Err(trouble) => Err(self.hopeless(&trouble)),
        }
    }

    /// Everything up to here is committed.
    fn settle(&self, next: &[Position]) {
        let mut state = self.state();
        state.verdicts.committed(next);
        for &(partition, next) in next {
            state.owned.entry(partition).and_modify(|position| *position = Some(next));
        }
        state.ledger.clear();
        state.commit_paused = None;
        state.commit_trouble.end();
        state.open = None;
        state.given_up = 0;
        drop(state);
        self.sink.answered();
    }

    /// The clients are of no use any more.
    fn hopeless(&self, trouble: &Trouble) -> PipelineError {
        match trouble {
            Trouble::Overdue => PipelineError::StoppedUncommitted,
            trouble => PipelineError::Producer {
                problem: trouble.to_string(),
                code: self.sink.fatal_error().map(|(code, _)| code),
                overlong: self.state().open.is_some_and(|since| since.elapsed() >= self.transaction_timeout),
            },
        }
    }

    fn list(&self, next: &[Position]) -> TopicPartitionList {
        list(&self.input, next)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A list of positions in a topic, as the client takes it.
pub fn list(topic: &str, positions: &[Position]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(positions.len());
    for &(partition, offset) in positions {
        list.add_partition_offset(topic, partition, Offset::Offset(offset))
            .expect("an offset that was read, or one more, is a valid offset");
    }
    list
}
