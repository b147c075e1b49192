//! What the loop says while it runs: each event and its line on stderr, defined here and nowhere else.
//!
//! A line is a level, the event's name and `key=value` pairs. It has no time: whatever keeps the log (journald, a
//! container's runtime) adds one. No line carries a record's bytes or a value from it.

use crate::bad_record::BadRecord;
use std::fmt;
use std::io::{self, Write};

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All goes as it should.
    Info,
    /// Something is amiss, and the loop goes on.
    Warning,
}

/// What happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// The loop begins.
    Started { model: &'a str, digest: &'a str, bootstrap_server: &'a str, input: &'a str, output: &'a str },
    /// Partitions of the input are ours from now on.
    Assigned { topic: &'a str, partitions: &'a [i32] },
    /// Partitions of the input are ours no longer.
    Revoked { topic: &'a str, partitions: &'a [i32] },
    /// Partitions of the input are lost: another member may have them already.
    Lost { topic: &'a str, partitions: &'a [i32] },
    /// A transaction is aborted; its records are read again.
    TransactionAborted { reason: &'a str, records: usize },
    /// A step of a transaction is repeated until the broker answers.
    TransactionWaits { call: &'a str, seconds: u64, problem: &'a str },
    /// The clients of a pipeline are made anew.
    Restarted { attempt: u32, wait: std::time::Duration, problem: &'a str },
    /// A record has no prediction and goes to the dead letters.
    RecordRefused { topic: &'a str, partition: i32, offset: i64, bad: &'a BadRecord },
    /// No broker answers.
    BrokerUnreachable { bootstrap_server: &'a str, problem: &'a str },
    /// A broker answers again.
    BrokerReachable { bootstrap_server: &'a str },
    /// The input does not exist.
    TopicUnknown { topic: &'a str, bootstrap_server: &'a str },
    /// The broker does not let us at the input, or not yet.
    TopicProblem { topic: &'a str, problem: &'a str },
    /// A topic that is to be written to does not exist.
    OutputUnknown { topic: &'a str, bootstrap_server: &'a str },
    /// The client reports something else.
    ClientProblem { problem: &'a str },
    /// Results are not acknowledged for long.
    DeliveryWaits { records: i32, seconds: u64 },
    /// Offsets were not committed; their records may be scored again.
    CommitFailed { problem: &'a str },
    /// A signal came.
    Stopping,
    /// Levels that training never saw, counted over the whole run.
    UnseenCategories { column: &'a str, count: u64 },
    /// The loop is over.
    Stopped { records: u64, results: u64, dead_letters: u64 },
}

impl Event<'_> {
    fn level(&self) -> Level {
        match self {
            Self::Started { .. }
            | Self::Assigned { .. }
            | Self::Revoked { .. }
            | Self::BrokerReachable { .. }
            | Self::Stopping
            | Self::Stopped { .. } => Level::Info,
            Self::RecordRefused { .. }
            | Self::Lost { .. }
            | Self::TransactionAborted { .. }
            | Self::TransactionWaits { .. }
            | Self::Restarted { .. }
            | Self::BrokerUnreachable { .. }
            | Self::TopicUnknown { .. }
            | Self::TopicProblem { .. }
            | Self::OutputUnknown { .. }
            | Self::ClientProblem { .. }
            | Self::DeliveryWaits { .. }
            | Self::UnseenCategories { .. }
            | Self::CommitFailed { .. } => Level::Warning,
        }
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, line: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { model, digest, bootstrap_server, input, output } => write!(
                line,
                "started model={model} digest={digest} bootstrap_server={bootstrap_server} input={input} output={output}"
            ),
            Self::Assigned { topic, partitions } => {
                write!(line, "assigned topic={topic} partitions={partitions:?}")
            }
            Self::Revoked { topic, partitions } => {
                write!(line, "revoked topic={topic} partitions={partitions:?}")
            }
            Self::Lost { topic, partitions } => write!(line, "lost topic={topic} partitions={partitions:?}"),
            Self::TransactionAborted { reason, records } => {
                write!(
                    line,
                    "transaction_aborted records={records} reason={reason:?} action=\"reading them again\""
                )
            }
            Self::TransactionWaits { call, seconds, problem } => {
                write!(line, "transaction_waits call={call} seconds={seconds} problem={problem:?}")
            }
            Self::Restarted { attempt, wait, problem } => write!(
                line,
                "restarted attempt={attempt} wait_milliseconds={} problem={problem:?}",
                wait.as_millis()
            ),
            Self::RecordRefused { topic, partition, offset, bad } => write!(
                line,
                "record_refused topic={topic} partition={partition} offset={offset} reason={} message={:?}",
                bad.reason(),
                bad.to_string()
            ),
            Self::BrokerUnreachable { bootstrap_server, problem } => write!(
                line,
                "broker_unreachable bootstrap_server={bootstrap_server} problem={problem:?} action=\"trying again\""
            ),
            Self::BrokerReachable { bootstrap_server } => {
                write!(line, "broker_reachable bootstrap_server={bootstrap_server}")
            }
            Self::TopicUnknown { topic, bootstrap_server } => write!(
                line,
                "topic_unknown topic={topic} bootstrap_server={bootstrap_server} \
                 action=\"create it; trying again\""
            ),
            Self::TopicProblem { topic, problem } => {
                write!(line, "topic_problem topic={topic} problem={problem:?} action=\"trying again\"")
            }
            Self::OutputUnknown { topic, bootstrap_server } => write!(
                line,
                "output_unknown topic={topic} bootstrap_server={bootstrap_server} \
                 action=\"create it, unless the broker does so by itself\""
            ),
            Self::ClientProblem { problem } => write!(line, "client_problem problem={problem:?}"),
            Self::DeliveryWaits { records, seconds } => {
                write!(line, "delivery_waits records={records} seconds={seconds}")
            }
            Self::CommitFailed { problem } => write!(
                line,
                "commit_failed problem={problem:?} consequence=\"records since the last commit may be scored again\""
            ),
            Self::Stopping => {
                write!(line, "stopping action=\"finishing the batch; a second signal stops at once\"")
            }
            Self::UnseenCategories { column, count } => {
                write!(line, "unseen_categories column={column:?} count={count} action=\"scored as missing\"")
            }
            Self::Stopped { records, results, dead_letters } => {
                write!(line, "stopped records={records} results={results} dead_letters={dead_letters}")
            }
        }
    }
}

/// Where events go: stderr, from a level on.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    level_min: Level,
}

impl Events {
    /// Prints the events of this level and above.
    pub fn from_level(level_min: Level) -> Self {
        Self { level_min }
    }

    /// Prints the event's line.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an event is made to be told, and read best when made in place"
    )]
    pub fn tell(self, event: Event<'_>) {
        let level = event.level();
        if level >= self.level_min {
            let level = match level {
                Level::Info => "info",
                Level::Warning => "warning",
            };
            // Whoever read stderr may have gone away: that must not end the loop.
            let _ = writeln!(io::stderr(), "level={level} event={event}");
        }
    }
}
