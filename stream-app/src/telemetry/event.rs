//! Everything that the loop says while it runs: an event's level, its line and what it counts, defined here together
//! and nowhere else. No event carries a record's bytes or a value from it.

use super::cells::Cells;
use super::field::{Field, Value};
use super::state::State;
use crate::bad_record::BadRecord;
use rdkafka::config::RDKafkaLogLevel;
use std::net::SocketAddr;
use std::time::Duration;

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What only the property `debug` of the Kafka client brings up.
    Debug,
    /// All goes as it should.
    Info,
    /// Something is amiss, and the loop goes on.
    Warning,
    /// The loop can't go on as it is.
    Error,
}

impl Level {
    /// The level's name in a line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// What one of librdkafka's eight levels is here. Its errors, such as a connection that is refused, are those that
    /// it goes on after.
    pub fn of_client(level: RDKafkaLogLevel) -> Self {
        match level {
            RDKafkaLogLevel::Debug => Self::Debug,
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => Self::Info,
            RDKafkaLogLevel::Warning | RDKafkaLogLevel::Error => Self::Warning,
            _ => Self::Error,
        }
    }
}

/// What happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// Metrics and health are served.
    HttpListening { address: SocketAddr },
    /// The loop begins.
    Started {
        model: &'a str,
        digest: &'a str,
        kernels: &'a str,
        bootstrap_server: &'a str,
        input: &'a str,
        output: &'a str,
        dead_letter: &'a str,
        group: &'a str,
        processing_guarantee: &'static str,
        threads: u32,
    },
    /// A pipeline is in another state. `PipelineTelemetry::set_state` tells it.
    StateChanged { from: State, to: State },
    /// Partitions of the input are ours from now on.
    Assigned { topic: &'a str, partitions: &'a [i32] },
    /// Partitions of the input are given up in order: what was processed of them is committed, or tried to be.
    Revoked { topic: &'a str, partitions: &'a [i32] },
    /// Partitions were taken from us before we could commit; their new owner scores again what was not.
    PartitionsLost { topic: &'a str, partitions: &'a [i32] },
    /// A record has no prediction and goes to the dead letters.
    RecordRefused { topic: &'a str, partition: i32, offset: i64, bad: &'a BadRecord },
    /// A record has no prediction and is left out, as the policy `continue` asks.
    RecordSkipped { topic: &'a str, partition: i32, offset: i64, bad: &'a BadRecord },
    /// A record has no prediction and the loop ends, as the policy `fail` asks.
    RecordFailed { topic: &'a str, partition: i32, offset: i64, bad: &'a BadRecord },
    /// Lines of one kind came too fast and were left out. The log itself tells it.
    LinesLeftOut { of: &'static str, reason: &'a str, lines: u64 },
    /// No broker answers, for so long by now.
    BrokerUnreachable { bootstrap_server: &'a str, seconds: u64, problem: &'a str },
    /// A broker answers again.
    BrokerReachable { bootstrap_server: &'a str },
    /// The brokers do not take our name and password, or our certificate.
    AuthenticationFailed { bootstrap_server: &'a str, problem: &'a str },
    /// There is no TLS with the brokers: one side does not trust the other's certificate, or does not speak it.
    TlsFailed { bootstrap_server: &'a str, problem: &'a str },
    /// The brokers know us and do not let us. `resource` is such as `group g` or `transactional id t`.
    NotAuthorized { resource: &'a str, problem: &'a str },
    /// The input does not exist.
    TopicUnknown { topic: &'a str, bootstrap_server: &'a str },
    /// The broker does not let us at a topic, or not yet.
    TopicProblem { topic: &'a str, problem: &'a str },
    /// A topic that is to be written to does not exist.
    OutputUnknown { topic: &'a str, bootstrap_server: &'a str },
    /// The output lacks partitions that the input has, and results are to go to those of the same numbers.
    OutputPartitionsTooFew { topic: &'a str, partitions: u64, input_partitions: u64 },
    /// Records can't be written to a topic: it is missing, not ours to write to, or does not take them.
    OutputUnproducible { topic: &'a str, problem: &'a str },
    /// The client reports something else that it goes on after.
    ClientProblem { problem: &'a str },
    /// The client is broken for good and has to be made anew.
    ClientFatal { problem: &'a str },
    /// A line of librdkafka's own log.
    ClientLog { level: RDKafkaLogLevel, facility: &'a str, message: &'a str },
    /// Both clients are thrown away and made again after a pause. `attempt` counts from 1.
    ClientsRestarted { attempt: u32, delay: Duration, problem: &'a str },
    /// Another process with our transactional id or our place in the group has taken over.
    Fenced { problem: &'a str },
    /// Results are not acknowledged for long.
    DeliveryWaits { records: i32, seconds: u64 },
    /// A call of the transactional producer has been made again and again for so long, because its fate is unknown or it may
    /// yet succeed. `call` is librdkafka's name for it.
    TransactionCallRetried { call: &'static str, attempt: u32, seconds: u64, problem: &'a str },
    /// Offsets were not committed; their records may be scored again.
    CommitFailed { problem: &'a str },
    /// A transaction is taken back; its records are scored again, here or by their partitions' new owner.
    TransactionAborted { reason: &'a str, records: u64 },
    /// A signal came.
    Stopping,
    /// A stop takes too long and the process ends as it is.
    StopOverdue { seconds: u64 },
    /// The loop ends on an error.
    Failed { problem: &'a str },
    /// Levels that training never saw, counted over the whole run.
    UnseenCategories { column: &'a str, count: u64 },
    /// The loop is over.
    Stopped { records: u64, results: u64, dead_letters: u64 },
}

/// An event as it is written down.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub level: Level,
    pub name: &'static str,
    pub fields: Vec<Field<'a>>,
}

/// A level, a name, the variables that are fields by their own names, and after a semicolon fields with fixed texts.
macro_rules! told {
    ($level:ident $name:literal $($field:ident)* $(; $key:ident = $text:literal)?) => {
        Told {
            level: Level::$level,
            name: $name,
            fields: vec![
                $((stringify!($field), Value::from(*$field)),)*
                $((stringify!($key), Value::from($text)),)?
            ],
        }
    };
}

impl Event<'_> {
    /// The event's level, name and fields.
    #[rustfmt::skip] // An event a line or two is a table; broken up it is 200 lines.
    pub(super) fn told(&self) -> Told<'_> {
        match self {
            Self::HttpListening { address } => told!(Info "http_listening" address),
            Self::Started { model, digest, kernels, bootstrap_server, input, output, dead_letter, group, processing_guarantee, threads } =>
                told!(Info "started" model digest kernels bootstrap_server input output dead_letter group processing_guarantee threads),
            Self::StateChanged { from, to } => told!(Info "state_changed" from to),
            Self::Assigned { topic, partitions } => told!(Info "assigned" topic partitions),
            Self::Revoked { topic, partitions } => told!(Info "revoked" topic partitions),
            Self::PartitionsLost { topic, partitions } =>
                told!(Warning "partitions_lost" topic partitions; consequence = "what was not committed is scored again by their new owner"),
            Self::RecordRefused { topic, partition, offset, bad } =>
                bad_record(told!(Warning "record_refused" topic partition offset), bad, "goes to the dead letters"),
            Self::RecordSkipped { topic, partition, offset, bad } =>
                bad_record(told!(Warning "record_skipped" topic partition offset), bad, "left out"),
            Self::RecordFailed { topic, partition, offset, bad } =>
                bad_record(told!(Error "record_failed" topic partition offset), bad, "stopping; it is not committed"),
            Self::LinesLeftOut { of, reason, lines } => told!(Warning "lines_left_out" of reason lines),
            Self::BrokerUnreachable { bootstrap_server, seconds, problem } =>
                told!(Warning "broker_unreachable" bootstrap_server seconds problem; action = "trying again; check the address and that a broker runs there"),
            Self::BrokerReachable { bootstrap_server } => told!(Info "broker_reachable" bootstrap_server),
            Self::AuthenticationFailed { bootstrap_server, problem } =>
                told!(Error "authentication_failed" bootstrap_server problem; action = "check security.protocol and the sasl and ssl properties"),
            Self::TlsFailed { bootstrap_server, problem } =>
                told!(Error "tls_failed" bootstrap_server problem; action = "check ssl.ca.location and that the port is one for TLS"),
            Self::NotAuthorized { resource, problem } =>
                told!(Error "not_authorized" resource problem; action = "ask for the access control list to be changed"),
            Self::TopicUnknown { topic, bootstrap_server } =>
                told!(Warning "topic_unknown" topic bootstrap_server; action = "create it; trying again"),
            Self::TopicProblem { topic, problem } => told!(Warning "topic_problem" topic problem; action = "trying again"),
            Self::OutputUnknown { topic, bootstrap_server } =>
                told!(Warning "output_unknown" topic bootstrap_server; action = "create it, unless the broker does so by itself"),
            Self::OutputPartitionsTooFew { topic, partitions, input_partitions } =>
                told!(Warning "output_partitions_too_few" topic partitions input_partitions; consequence = "records of the input's further partitions go where on_output_error says"),
            Self::OutputUnproducible { topic, problem } => told!(Warning "output_unproducible" topic problem),
            Self::ClientProblem { problem } => told!(Warning "client_problem" problem),
            Self::ClientFatal { problem } => told!(Error "client_fatal" problem),
            Self::ClientLog { level, facility, message } =>
                Told { level: Level::of_client(*level), ..told!(Info "client_log" facility message) },
            Self::ClientsRestarted { attempt, delay, problem } =>
                told!(Warning "clients_restarted" attempt delay problem),
            Self::Fenced { problem } =>
                told!(Error "fenced" problem; action = "end the other process with this id, or give each its own"),
            Self::DeliveryWaits { records, seconds } => told!(Warning "delivery_waits" records seconds),
            Self::TransactionCallRetried { call, attempt, seconds, problem } =>
                told!(Warning "transaction_call_retried" call attempt seconds problem),
            Self::CommitFailed { problem } =>
                told!(Warning "commit_failed" problem; consequence = "records since the last commit may be scored again"),
            Self::TransactionAborted { reason, records } => told!(Warning "transaction_aborted" reason records),
            Self::Stopping => told!(Info "stopping"; action = "finishing the batch; a second signal gives it up"),
            Self::StopOverdue { seconds } =>
                told!(Error "stop_overdue" seconds; consequence = "what is not committed is scored again by the next start"),
            Self::Failed { problem } => told!(Error "failed" problem),
            Self::UnseenCategories { column, count } =>
                told!(Warning "unseen_categories" column count; action = "scored as missing"),
            Self::Stopped { records, results, dead_letters } => told!(Info "stopped" records results dead_letters),
        }
    }

    /// Counts the event in its pipeline's metrics. What happens a record is counted a batch at a time, not here.
    pub(super) fn count(&self, cells: &Cells) {
        match self {
            Self::StateChanged { to, .. } => cells.enter(*to),
            Self::Assigned { partitions, .. } => cells.assigned(partitions),
            Self::Revoked { topic, partitions } => cells.given_up("revoked", topic, partitions),
            Self::PartitionsLost { topic, partitions } => cells.given_up("lost", topic, partitions),
            Self::RecordRefused { bad, .. } => cells.bad_record("dead-letter", bad.reason()),
            Self::RecordSkipped { bad, .. } => cells.bad_record("continue", bad.reason()),
            Self::RecordFailed { bad, .. } => cells.bad_record("fail", bad.reason()),
            Self::BrokerUnreachable { .. } => cells.reachable(false),
            Self::BrokerReachable { .. } => cells.reachable(true),
            Self::ClientsRestarted { .. } => {
                cells.handles.client_restarts.inc();
                cells.without_clients();
            }
            Self::Failed { .. } | Self::Stopped { .. } => cells.without_clients(),
            Self::TransactionAborted { records, .. } => {
                cells.handles.transactions_aborted.inc();
                cells.handles.aborted_records.inc_by(*records);
            }
            Self::AuthenticationFailed { .. }
            | Self::TlsFailed { .. }
            | Self::NotAuthorized { .. }
            | Self::TopicUnknown { .. }
            | Self::TopicProblem { .. }
            | Self::OutputUnknown { .. }
            | Self::OutputUnproducible { .. }
            | Self::ClientProblem { .. }
            | Self::ClientFatal { .. } => cells.client_problem(self.told().name),
            _ => {}
        }
    }

    /// The event's level alone. It is asked for every bad record, so of those it makes no line.
    pub(super) fn level(&self) -> Level {
        match self {
            Self::RecordRefused { .. } | Self::RecordSkipped { .. } => Level::Warning,
            Self::ClientLog { level, .. } => Level::of_client(*level),
            event => event.told().level,
        }
    }

    /// The name and the reason under which lines of this event are counted, where too many in a second are left out;
    /// none if each is written. It is asked for every bad record, so it makes no line.
    pub(super) fn limited_by(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::RecordRefused { bad, .. } => Some(("record_refused", bad.reason())),
            Self::RecordSkipped { bad, .. } => Some(("record_skipped", bad.reason())),
            // Whoever has set `debug` wants to see all of it.
            Self::ClientLog { level: RDKafkaLogLevel::Debug, .. } => None,
            Self::ClientLog { facility, .. } => Some(("client_log", facility)),
            _ => None,
        }
    }

    /// What is not written again for a while, where it says the same as an earlier event.
    pub(super) fn repeated_by(&self) -> Option<&str> {
        match self {
            // Whoever has set `debug` wants to see all of it.
            Self::ClientLog { level: RDKafkaLogLevel::Debug, .. } => None,
            Self::ClientLog { message, .. } => Some(message),
            _ => None,
        }
    }
}

/// What is wrong with the record, and what is done with it.
fn bad_record<'a>(mut told: Told<'a>, bad: &'a BadRecord, action: &'static str) -> Told<'a> {
    told.fields.push(("reason", bad.reason().into()));
    told.fields.extend(bad.field().map(|field| ("field", field.into())));
    told.fields.extend(bad.json_type().map(|found| ("json_type", found.into())));
    told.fields.push(("message", bad.to_string().into()));
    told.fields.push(("action", action.into()));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_may_be_left_out_is_counted_under_its_own_name_and_has_its_own_level() {
        let bad = BadRecord::NoValue;
        let (topic, partition, offset) = ("in", 0, 0);
        for event in [
            Event::RecordRefused { topic, partition, offset, bad: &bad },
            Event::RecordSkipped { topic, partition, offset, bad: &bad },
            Event::ClientLog { level: RDKafkaLogLevel::Error, facility: "FAIL", message: "" },
        ] {
            assert_eq!(event.limited_by().map(|(name, _)| name), Some(event.told().name));
            assert_eq!(event.level(), event.told().level);
        }
    }

    #[test]
    fn a_bad_record_s_line_ends_with_what_is_done_with_it() {
        let bad = &BadRecord::NoValue;
        let (topic, partition, offset) = ("in", 0, 0);
        for (event, done) in [
            (Event::RecordRefused { topic, partition, offset, bad }, "goes to the dead letters"),
            (Event::RecordSkipped { topic, partition, offset, bad }, "left out"),
            (Event::RecordFailed { topic, partition, offset, bad }, "stopping; it is not committed"),
        ] {
            let told = event.told();
            let Some(("action", Value::Text(action))) = told.fields.last() else { panic!("{told:?}") };
            assert_eq!(action, done);
        }
    }
}
