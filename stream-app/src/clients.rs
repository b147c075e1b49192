//! The properties of a pipeline's two Kafka clients: the user's own, then those that the loop depends on, and defaults
//! where the user says nothing.

use crate::config::{Config, GroupProtocol, OffsetReset, ProcessingGuarantee, Role};
use crate::sabotage;
use rdkafka::ClientConfig;
use std::time::Duration;

/// How long records wait for others to share a request with, in milliseconds. Every commit waits for the last of them; 0
/// would send nearly each alone.
const LINGER_MS: &str = "2";

/// The largest record, in bytes: large enough that the broker's and the topics' own limits are those that count. Small
/// records share batches of less than what the topics take, so that only a record which is large by itself makes a batch
/// too large.
const MESSAGE_BYTES_MAX: &str = "100000000";

/// Librdkafka's own `batch.size`.
const BATCH_BYTES: usize = 1_000_000;

/// How long a topic that a broker does not know is waited for, in milliseconds, before records for it fail. Shorter than
/// a transaction, so that the reason is known when it ends.
const TOPIC_PROPAGATION_MS: &str = "5000";

/// How long the consumer's requests wait for more to read, in milliseconds: librdkafka's own 500 keep a partition's
/// records waiting for those of others when a broker answers slowly.
const FETCH_WAIT_MS: &str = "100";

/// The consumer of the input.
pub fn consumer(config: &Config, group_instance_id: Option<&str>, statistics: bool) -> ClientConfig {
    let mut client = user(config, Role::Consumer);
    client
        .set("group.id", &config.group)
        .set(
            "auto.offset.reset",
            match config.auto_offset_reset {
                OffsetReset::Earliest => "earliest",
                OffsetReset::Latest => "latest",
                OffsetReset::Error => "error",
            },
        )
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "false")
        // With plain input too: only so are offsets of open transactions waited for when partitions change hands.
        .set("isolation.level", "read_committed");
    match config.group_protocol {
        GroupProtocol::Classic => client.set("partition.assignment.strategy", "cooperative-sticky"),
        GroupProtocol::Consumer => client.set("group.protocol", "consumer"),
    };
    if let Some(id) = group_instance_id {
        client.set("group.instance.id", id);
    }
    if statistics {
        default(&mut client, "statistics.interval.ms", "1000");
    }
    default(&mut client, "fetch.wait.max.ms", FETCH_WAIT_MS);
    client
}

/// The producer of results and dead letters, to topics of which each takes batches of so many bytes at least.
pub fn producer(
    config: &Config,
    transactional_id: Option<&str>,
    batch_bytes_max: Option<usize>,
) -> ClientConfig {
    let mut client = user(config, Role::Producer);
    client
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        // Nothing is to be done about a record that was delivered.
        .set("delivery.report.only.error", "true");
    match (config.processing_guarantee, transactional_id) {
        (ProcessingGuarantee::ExactlyOnce, Some(id)) => {
            client.set("transactional.id", id);
            let timeout = sabotage::transaction_timeout(config.transaction_timeout());
            client.set("transaction.timeout.ms", timeout.as_millis().to_string());
        }
        _ => {
            client.set("message.timeout.ms", message_timeout(config).as_millis().to_string());
        }
    }
    default(&mut client, "message.max.bytes", MESSAGE_BYTES_MAX);
    if let Some(bytes) = batch_bytes_max.filter(|bytes| *bytes < BATCH_BYTES) {
        default(&mut client, "batch.size", &bytes.to_string());
    }
    default(&mut client, "linger.ms", LINGER_MS);
    default(&mut client, "topic.metadata.propagation.max.ms", TOPIC_PROPAGATION_MS);
    client
}

/// How long librdkafka tries to deliver a record without transactions: less than the consumer's `max.poll.interval.ms`, so
/// that an outage is noticed by us and not by a silent loss of the partitions.
fn message_timeout(config: &Config) -> Duration {
    config.max_poll_interval() * 4 / 5
}

/// A client that asks the brokers about themselves.
pub fn admin(config: &Config) -> ClientConfig {
    user(config, Role::Producer)
}

/// What every client has in common: properties as the user gave them, and the brokers.
pub fn common(bootstrap_server: &str, properties: &[(String, String)]) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("client.id", "stream-app");
    for (name, value) in properties {
        client.set(name, value);
    }
    if cfg!(feature = "tls") {
        // The OpenSSL that is compiled in does not know where this system keeps its authorities; librdkafka does.
        default(&mut client, "ssl.ca.location", "probe");
    }
    client.set("bootstrap.servers", bootstrap_server);
    client
}

fn user(config: &Config, role: Role) -> ClientConfig {
    common(&config.bootstrap_server, &config.client_properties(role))
}

fn default(client: &mut ClientConfig, name: &str, value: &str) {
    if client.get(name).is_none() {
        client.set(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_given_up_before_the_group_gives_up_the_process() {
        let mut config = Config::new("localhost:9092");
        let timeout =
            |config: &Config| producer(config, None, None).get("message.timeout.ms").map(str::to_owned);
        assert_eq!(timeout(&config).as_deref(), Some("240000"));
        config.consumer_properties.push(("max.poll.interval.ms".to_owned(), "60000".to_owned()));
        assert_eq!(timeout(&config).as_deref(), Some("48000"));
    }
}
