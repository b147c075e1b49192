//! A producer's transactions: begin, commit with the offsets that were read, abort. What may be called again is called
//! again; what is left to decide comes out as a kind of trouble.
//!
//! Two of librdkafka's ways make the order of calls matter: a commit with records in flight waits 100 ms whatever happens,
//! so the caller drains first; an abort with records in flight waits for them for its whole time, so they are purged first.
//! A third makes one call a thread's: [`Sink::send_offsets`] says which and why.

use crate::exit::client_error;
use crate::reminder::Reminder;
use crate::sabotage::{self, Part};
use crate::sink::Sink;
use crate::telemetry::Event;
use crate::waiting::{self, Waiting};
use crate::watch::EVENTS_TIME;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{Producer, PurgeConfig};
use rdkafka::topic_partition_list::TopicPartitionList;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long one call waits for the broker before librdkafka asks to be called again: as long as the loop may stand still.
const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long what the client has to tell is served between two looks at a call on a thread of its own.
const CALL_EVENTS_TIME: Duration = Duration::from_millis(10);

/// What is said of a call that has not come back.
const NO_ANSWER: &str = "no answer yet";

/// How long to wait before a call that failed at once is repeated.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// How long a call may be repeated without a word.
const RETRY_PATIENCE: Duration = Duration::from_secs(10);

/// The calls that a commit consists of.
const COMMIT_CALLS: [&str; 2] = ["send_offsets_to_transaction", "commit_transaction"];

/// How long purged records may take to be reported. They are no longer with the broker, so it is a matter of
/// milliseconds.
const PURGE_MAX: Duration = Duration::from_secs(5);

/// How long to sleep between two looks for purged records.
const PURGE_PAUSE: Duration = Duration::from_micros(200);

/// Why a transaction does not go on.
#[derive(Debug)]
pub enum Trouble {
    /// It has to be aborted, and its records are to be read again.
    Abort(String),
    /// The producer is of no use any more: another has its name, or its state is lost. Another one may go on.
    Fatal(KafkaError),
    /// A call does not come back, by which the producer is of no use any more either.
    Unanswered(&'static str),
    /// The process is to stop, and there is no more time.
    Overdue,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abort(problem) => formatter.write_str(problem),
            Self::Fatal(error) => formatter.write_str(&client_error(error)),
            Self::Unanswered(call) => write!(formatter, "{call}: no answer in the transaction's time"),
            Self::Overdue => formatter.write_str("there was no more time"),
        }
    }
}

impl Sink {
    /// Takes the transactional id for this producer: one that had it before is fenced, and what it left open aborted.
    /// There is nothing of its own to finish yet, so a wish to stop ends it.
    pub fn init_transactions(&self) -> Result<(), Trouble> {
        let waiting = Waiting::looking_at_once(self);
        let gives_up = || self.stop.requested().then_some(Trouble::Overdue);
        self.repeat_until(waiting, gives_up, "init_transactions", || {
            let done = self.producer.init_transactions(CALL_TIMEOUT);
            Some(if done.is_err() {
                // What the client has met on the way: of brokers that do not let it in it says no more than that time
                // is over, and would for ever.
                self.producer.poll(EVENTS_TIME);
                self.producer.context().watch.refused().map_or(done, Err)
            } else {
                done
            })
        })?;
        self.answered();
        Ok(())
    }

    /// Begins a transaction. Nothing is sent to the broker for it.
    pub fn begin_transaction(&self) -> Result<(), Trouble> {
        self.repeat("begin_transaction", || Some(self.producer.begin_transaction()))
    }

    /// Commits all that was sent since the beginning, together with the offsets at which the group goes on. Nothing may
    /// be in flight. Brokers abort the transaction at `end`, so that there is nothing to wait for afterwards.
    pub fn commit_transaction(
        &self,
        next: &TopicPartitionList,
        group: &Arc<ConsumerGroupMetadata>,
        end: Instant,
    ) -> Result<(), Trouble> {
        let (call, mut answer) = ("send_offsets_to_transaction", None);
        let gives_up = || {
            // Others could not go on either while no broker answers.
            let is_hopeless = Instant::now() >= end && !self.producer.context().watch.is_unreachable();
            match self.is_overdue() {
                None if is_hopeless && self.stop.requested() => Some(Trouble::Overdue),
                None if is_hopeless => Some(Trouble::Unanswered(call)),
                overdue => overdue,
            }
        };
        self.repeat_until(Waiting::new(self), gives_up, call, || {
            self.send_offsets(&mut answer, next, group, end)
        })?;
        self.repeat("commit_transaction", || Some(self.producer.commit_transaction(CALL_TIMEOUT)))
    }

    /// Adds the offsets to the transaction: none while the call that does it lasts. Its timeout, the transaction's end, is for how
    /// long librdkafka repeats a request that was refused. Its wait has none: the request to the group's coordinator goes out
    /// once there is a connection to it, however long that takes, also where another broker has become the coordinator by then. So the call has
    /// a thread of its own. It ends with the outage, and whoever can't wait for that leaves it behind, together with a producer
    /// that is good for nothing else meanwhile.
    fn send_offsets(
        &self,
        call: &mut Option<Receiver<KafkaResult<()>>>,
        next: &TopicPartitionList,
        group: &Arc<ConsumerGroupMetadata>,
        end: Instant,
    ) -> Option<KafkaResult<()>> {
        let answer = call.get_or_insert_with(|| {
            let (sender, answer) = mpsc::channel();
            let (producer, next, group) = (Arc::clone(&self.producer), next.clone(), Arc::clone(group));
            let timeout = end.saturating_duration_since(Instant::now()).max(CALL_TIMEOUT);
            let send = move || {
                let sent =
                    sabotage::send_offsets(|| producer.send_offsets_to_transaction(&next, &group, timeout));
                // Whoever waits may be the one who closes it.
                drop(producer);
                // Nobody may be waiting any more.
                let _ = sender.send(sent);
            };
            let _ = thread::Builder::new().name("offsets".to_owned()).spawn(send);
            answer
        });
        let sent = waiting::answer(answer)?;
        *call = None;
        Some(sent)
    }

    /// Aborts the transaction: no reader of committed records sees any of it.
    pub fn abort_transaction(&self) -> Result<(), Trouble> {
        if sabotage::lacks(Part::Abort) {
            return self
                .repeat("commit_transaction", || Some(self.producer.commit_transaction(CALL_TIMEOUT)));
        }
        self.producer.purge(PurgeConfig::default().queue().inflight());
        let start = Instant::now();
        while self.in_flight() > 0 && start.elapsed() < PURGE_MAX {
            self.producer.poll(Duration::ZERO);
            thread::sleep(PURGE_PAUSE);
        }
        self.producer.poll(Duration::ZERO);
        // These reports are about records that do not count any more.
        self.producer.context().lock().clear();
        self.repeat("abort_transaction", || Some(self.producer.abort_transaction(CALL_TIMEOUT)))
    }

    /// Why the transaction that is open can only be aborted, if that is so.
    pub fn transaction_error(&self) -> Option<RDKafkaErrorCode> {
        // To begin another one changes nothing, and is answered with the error of the one that is open.
        match self.producer.begin_transaction() {
            Err(KafkaError::Transaction(error)) if error.txn_requires_abort() => Some(error.code()),
            _ => None,
        }
    }

    /// Why the producer is of no use any more, if it is.
    pub fn fatal_error(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.producer.client().fatal_error()
    }

    /// A call whose outcome is unknown is to be made again until it is known: neither an abort nor another commit may
    /// take its place.
    fn repeat(
        &self,
        call: &'static str,
        run: impl FnMut() -> Option<KafkaResult<()>>,
    ) -> Result<(), Trouble> {
        self.repeat_until(Waiting::new(self), || self.is_overdue(), call, run)
    }

    fn is_overdue(&self) -> Option<Trouble> {
        self.stop.is_overdue().then_some(Trouble::Overdue)
    }

    /// `run` makes the call, or looks after one that is on its way, of which nothing is known yet. `gives_up` says why there
    /// is no more waiting for it, if that is so.
    fn repeat_until(
        &self,
        mut waiting: Waiting<'_>,
        gives_up: impl Fn() -> Option<Trouble>,
        call: &'static str,
        mut run: impl FnMut() -> Option<KafkaResult<()>>,
    ) -> Result<(), Trouble> {
        let mut retries = Reminder::after(RETRY_PATIENCE);
        retries.tell(Instant::now());
        let mut attempt = 1;
        loop {
            let error = match run() {
                Some(Ok(())) => return Ok(()),
                // Another call was left behind, and librdkafka takes no other until it ends: "retriable" for good.
                Some(Err(KafkaError::Transaction(error))) if error.code() == RDKafkaErrorCode::Conflict => {
                    return Err(Trouble::Fatal(KafkaError::Transaction(error)));
                }
                Some(Err(KafkaError::Transaction(error))) if error.is_retriable() => Some(error),
                Some(Err(KafkaError::Transaction(error))) if error.txn_requires_abort() => {
                    return Err(Trouble::Abort(format!("{call}: {error}")));
                }
                Some(Err(error)) => return Err(Trouble::Fatal(error)),
                None => None,
            };
            if let Some(trouble) = gives_up() {
                return Err(trouble);
            }
            if error.is_some() && COMMIT_CALLS.contains(&call) {
                self.telemetry.commit_retried();
            }
            if let Some(lasted) = retries.tell(Instant::now()) {
                let problem = error.as_ref().map_or_else(|| NO_ANSWER.to_owned(), ToString::to_string);
                let (seconds, problem) = (lasted.as_secs(), problem.as_str());
                self.telemetry.tell(Event::TransactionCallRetried { call, attempt, seconds, problem });
            }
            waiting.step(if error.is_some() { RETRY_PAUSE } else { CALL_EVENTS_TIME });
            attempt += u32::from(error.is_some());
        }
    }
}
