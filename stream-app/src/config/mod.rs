//! The configuration of `stream-app run`: flags over environment over a TOML file over defaults in; a [`Config`] out, or
//! all that is wrong with it at once.
//!
//! `gathered` reads the sources (`toml_file`, `properties_file`), `property` understands the client's properties (with
//! `java`, `java_names`, `jaas`, `reserved`, `library`), `options` reads our own, `check` looks at how they go together,
//! `print` is `--print-config`.

mod broker;
mod check;
mod choice;
#[cfg(test)]
mod example_tests;
mod gathered;
#[cfg(test)]
mod given;
mod jaas;
mod java;
mod java_names;
mod keys;
mod library;
mod load;
#[cfg(test)]
mod load_tests;
mod options;
mod origin;
mod print;
#[cfg(test)]
mod print_tests;
mod problem;
mod properties_file;
mod property;
mod property_names;
mod reserved;
mod secret;
mod toml_file;

pub use broker::{Broker, load_broker};
pub use choice::{
    Choice, GroupProtocol, LogFormat, OffsetReset, OutputPartition, Policy, ProcessingGuarantee,
};
pub use gathered::Sources;
#[cfg(test)]
pub use keys::KEYS;
pub use library::ZSTD_BUILD;
pub use load::load;
pub use property::Role;

use std::net::SocketAddr;
use std::time::Duration;

/// What the dead letters' topic is called after the input's name.
pub const DEAD_LETTER_SUFFIX: &str = "-dead-letters";

/// How long the broker waits for a transaction to end before it aborts it, unless told otherwise: as in Kafka Streams. A
/// reader of committed records waits as long for a process that was killed; librdkafka's own 60 s are long for that.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Librdkafka's own `session.timeout.ms`, and a broker's of a group of the protocol `consumer`.
const SESSION_TIMEOUT: Duration = Duration::from_secs(45);

/// Librdkafka's own `max.poll.interval.ms`.
const MAX_POLL_INTERVAL: Duration = Duration::from_mins(5);

/// What `stream-app run` is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The model; may be missing while there is one.
    pub model: Option<String>,
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
    /// This process's name in the group, for static membership.
    pub group_instance_id: Option<String>,
    /// How the group agrees on who reads what.
    pub group_protocol: GroupProtocol,
    /// Where a group without committed offsets begins.
    pub auto_offset_reset: OffsetReset,
    /// How often a result may come out.
    pub processing_guarantee: ProcessingGuarantee,
    /// What the names of the transactions begin with.
    pub transactional_id_prefix: String,
    /// The time between two commits.
    pub commit_interval: Duration,
    /// The most records between two commits; at least 1.
    pub commit_records_max: u64,
    /// Pipelines in this process; 1 to 64.
    pub threads: usize,
    /// For a record that is not a JSON object: no value, not UTF-8, not JSON, no object.
    pub on_decode_error: Policy,
    /// For a record that the model can't score: a wrong type, a number out of range.
    pub on_score_error: Policy,
    /// For a result that the output refuses, for example because it is too large.
    pub on_produce_error: Policy,
    /// For an output that is missing, may not be written to, or lacks a record's partition.
    pub on_output_error: Policy,
    /// Which partition a result goes to.
    pub output_partition: OutputPartition,
    /// Whether results carry the model's name and digest as headers.
    pub prediction_headers: bool,
    /// Where to serve metrics and health.
    pub http: Option<SocketAddr>,
    /// What the log looks like.
    pub log_format: LogFormat,
    /// Send what came in unscored. It measures the rest of the loop, in benchmarks, and is nothing to configure.
    pub pass_through: bool,
    /// Properties of both clients, by librdkafka's names.
    pub properties: Vec<(String, String)>,
    /// Properties of the consumer alone, which prevail over those of both.
    pub consumer_properties: Vec<(String, String)>,
    /// Properties of the producer alone, which prevail over those of both.
    pub producer_properties: Vec<(String, String)>,
}

impl Config {
    /// The defaults, with these brokers.
    pub fn new(bootstrap_server: &str) -> Self {
        load::defaults(bootstrap_server)
    }

    /// The properties that the user set for this client, each name once, by librdkafka's names (of several names for
    /// one property, always the same). The loop's own come on top.
    pub fn client_properties(&self, role: Role) -> Vec<(String, String)> {
        let own = match role {
            Role::Consumer => &self.consumer_properties,
            Role::Producer => &self.producer_properties,
        };
        property::of_role(role, &self.properties, own)
    }

    /// The producer's `transaction.timeout.ms`: as the user set it; else 10 s, or two thirds of a session that is
    /// shorter than 15 s. A transaction that outlived the session of the process that began it would keep the next owner
    /// of its partitions waiting.
    pub fn transaction_timeout(&self) -> Duration {
        let set = milliseconds(&self.client_properties(Role::Producer), "transaction.timeout.ms");
        set.unwrap_or_else(|| TRANSACTION_TIMEOUT.min(self.session_timeout() * 2 / 3))
    }

    /// The consumer's `max.poll.interval.ms`: as the user set it, else librdkafka's own 5 minutes.
    pub fn max_poll_interval(&self) -> Duration {
        let properties = self.client_properties(Role::Consumer);
        milliseconds(&properties, "max.poll.interval.ms").unwrap_or(MAX_POLL_INTERVAL)
    }

    /// The consumer's `session.timeout.ms`: as the user set it, else 45 s.
    pub fn session_timeout(&self) -> Duration {
        milliseconds(&self.client_properties(Role::Consumer), "session.timeout.ms").unwrap_or(SESSION_TIMEOUT)
    }
}

fn milliseconds(properties: &[(String, String)], name: &str) -> Option<Duration> {
    let (_, value) = properties.iter().find(|(it, _)| it == name)?;
    value.trim().parse().ok().map(Duration::from_millis)
}
