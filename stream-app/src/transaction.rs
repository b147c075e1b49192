//! A producer's transactions: begin, commit with the offsets that were read, abort. What may be called again is called
//! again; what is left to decide comes out as one of three kinds of trouble.
//!
//! Two of librdkafka's ways make the order of calls matter: a commit with records in flight waits 100 ms whatever happens,
//! so the caller drains first; an abort with records in flight waits for them for its whole time, so they are purged first.

use crate::exit::client_error;
use crate::reminder::Reminder;
use crate::sabotage::{self, Part};
use crate::sink::Sink;
use crate::stop::Stop;
use crate::telemetry::Event;
use crate::watch::EVENTS_TIME;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{Producer, PurgeConfig};
use rdkafka::topic_partition_list::TopicPartitionList;
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

/// How long one call waits for the broker before librdkafka asks to be called again.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

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
    /// The process is to stop, and there is no more time.
    Overdue,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abort(problem) => formatter.write_str(problem),
            Self::Fatal(error) => formatter.write_str(&client_error(error)),
            Self::Overdue => formatter.write_str("there was no more time"),
        }
    }
}

impl Sink {
    /// Takes the transactional id for this producer: one that had it before is fenced, and what it left open aborted.
    /// There is nothing of its own to finish yet, so a wish to stop ends it.
    pub fn init_transactions(&self) -> Result<(), Trouble> {
        self.repeat_until(Stop::requested, "init_transactions", || {
            let done = self.producer.init_transactions(CALL_TIMEOUT);
            if done.is_err() {
                // What the client has met on the way: of brokers that do not let it in it says no more than that time
                // is over, and would for ever.
                self.producer.poll(EVENTS_TIME);
                self.producer.context().watch.refused().map_or(done, Err)
            } else {
                done
            }
        })
    }

    /// Begins a transaction. Nothing is sent to the broker for it.
    pub fn begin_transaction(&self) -> Result<(), Trouble> {
        self.repeat("begin_transaction", || self.producer.begin_transaction())
    }

    /// Commits all that was sent since the beginning, together with the offsets at which the group goes on. Nothing may
    /// be in flight.
    pub fn commit_transaction(
        &self,
        next: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), Trouble> {
        self.repeat("send_offsets_to_transaction", || {
            self.producer.send_offsets_to_transaction(next, group, CALL_TIMEOUT)
        })?;
        self.repeat("commit_transaction", || self.producer.commit_transaction(CALL_TIMEOUT))
    }

    /// Aborts the transaction: no reader of committed records sees any of it.
    pub fn abort_transaction(&self) -> Result<(), Trouble> {
        if sabotage::lacks(Part::Abort) {
            return self.repeat("commit_transaction", || self.producer.commit_transaction(CALL_TIMEOUT));
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
        self.repeat("abort_transaction", || self.producer.abort_transaction(CALL_TIMEOUT))
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
    fn repeat(&self, call: &'static str, run: impl Fn() -> KafkaResult<()>) -> Result<(), Trouble> {
        self.repeat_until(Stop::is_overdue, call, run)
    }

    fn repeat_until(
        &self,
        is_time_over: impl Fn(&Stop) -> bool,
        call: &'static str,
        run: impl Fn() -> KafkaResult<()>,
    ) -> Result<(), Trouble> {
        let mut retries = Reminder::after(RETRY_PATIENCE);
        retries.tell(Instant::now());
        let mut attempt = 0;
        loop {
            attempt += 1;
            let error = match run() {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(error)) => error,
                Err(error) => return Err(Trouble::Fatal(error)),
            };
            if error.is_retriable() {
                if is_time_over(&self.stop) {
                    return Err(Trouble::Overdue);
                }
                self.telemetry.turned();
                if COMMIT_CALLS.contains(&call) {
                    self.telemetry.commit_retried();
                }
                if let Some(lasted) = retries.tell(Instant::now()) {
                    let (seconds, problem) = (lasted.as_secs(), error.to_string());
                    let problem = problem.as_str();
                    self.telemetry.tell(Event::TransactionCallRetried { call, attempt, seconds, problem });
                }
                thread::sleep(RETRY_PAUSE);
            } else if error.txn_requires_abort() {
                return Err(Trouble::Abort(format!("{call}: {error}")));
            } else {
                return Err(Trouble::Fatal(KafkaError::Transaction(error)));
            }
        }
    }
}
