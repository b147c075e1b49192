//! The names of the Kafka client's properties, as librdkafka 2.12 documents them in its `CONFIGURATION.md`, without
//! those that are function pointers. They serve to suggest the nearest for a typo and to know which client a property
//! is for; what the client takes is for the client library to say.

use Scope::{Both, Consumer, Producer};

/// Which client a property has a meaning for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For a consumer only.
    Consumer,
    /// For a producer only.
    Producer,
    /// For either.
    Both,
}

/// The property's scope, or nothing if it is not in the list.
pub fn scope(name: &str) -> Option<Scope> {
    let found = NAMES.binary_search_by_key(&name, |(known, _)| known);
    found.ok().map(|index| NAMES[index].1)
}

/// The one name that is used for a property of several: librdkafka takes each, and of two names for one thing, whichever
/// came last would win. Where Java's clients have the property, it is their name.
pub fn canonical(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, canonical)| canonical)
}

/// Other names of a property, and the one that is used here.
const ALIASES: [(&str, &str); 12] = [
    ("auto.commit.enable", "enable.auto.commit"),
    ("compression.codec", "compression.type"),
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("fetch.message.max.bytes", "max.partition.fetch.bytes"),
    ("max.in.flight", "max.in.flight.requests.per.connection"),
    ("message.send.max.retries", "retries"),
    ("metadata.broker.list", "bootstrap.servers"),
    ("queue.buffering.max.ms", "linger.ms"),
    ("request.required.acks", "acks"),
    ("sasl.mechanisms", "sasl.mechanism"),
    ("sasl.oauthbearer.client.credentials.client.id", "sasl.oauthbearer.client.id"),
    ("sasl.oauthbearer.client.credentials.client.secret", "sasl.oauthbearer.client.secret"),
];

/// The names, sorted, each with the clients that it has a meaning for.
pub const NAMES: [(&str, Scope); 164] = [
    ("acks", Producer),
    ("allow.auto.create.topics", Both),
    ("api.version.fallback.ms", Both),
    ("api.version.request", Both),
    ("api.version.request.timeout.ms", Both),
    ("auto.commit.enable", Consumer),
    ("auto.commit.interval.ms", Consumer),
    ("auto.offset.reset", Consumer),
    ("batch.num.messages", Producer),
    ("batch.size", Producer),
    ("bootstrap.servers", Both),
    ("broker.address.family", Both),
    ("broker.address.ttl", Both),
    ("broker.version.fallback", Both),
    ("builtin.features", Both),
    ("check.crcs", Consumer),
    ("client.dns.lookup", Both),
    ("client.id", Both),
    ("client.rack", Both),
    ("compression.codec", Producer),
    ("compression.level", Producer),
    ("compression.type", Producer),
    ("connections.max.idle.ms", Both),
    ("consume.callback.max.messages", Consumer),
    ("coordinator.query.interval.ms", Consumer),
    ("debug", Both),
    ("delivery.report.only.error", Producer),
    ("delivery.timeout.ms", Producer),
    ("enable.auto.commit", Consumer),
    ("enable.auto.offset.store", Consumer),
    ("enable.gapless.guarantee", Producer),
    ("enable.idempotence", Producer),
    ("enable.metrics.push", Both),
    ("enable.partition.eof", Consumer),
    ("enable.random.seed", Both),
    ("enable.sasl.oauthbearer.unsecure.jwt", Both),
    ("enable.ssl.certificate.verification", Both),
    ("enabled_events", Both),
    ("fetch.error.backoff.ms", Consumer),
    ("fetch.max.bytes", Consumer),
    ("fetch.message.max.bytes", Consumer),
    ("fetch.min.bytes", Consumer),
    ("fetch.queue.backoff.ms", Consumer),
    ("fetch.wait.max.ms", Consumer),
    ("group.id", Consumer),
    ("group.instance.id", Consumer),
    ("group.protocol", Consumer),
    ("group.protocol.type", Consumer),
    ("group.remote.assignor", Consumer),
    ("heartbeat.interval.ms", Consumer),
    ("https.ca.location", Both),
    ("https.ca.pem", Both),
    ("internal.termination.signal", Both),
    ("isolation.level", Consumer),
    ("linger.ms", Producer),
    ("log.connection.close", Both),
    ("log.queue", Both),
    ("log.thread.name", Both),
    ("log_level", Both),
    ("max.in.flight", Both),
    ("max.in.flight.requests.per.connection", Both),
    ("max.partition.fetch.bytes", Consumer),
    ("max.poll.interval.ms", Consumer),
    ("message.copy.max.bytes", Both),
    ("message.max.bytes", Both),
    ("message.send.max.retries", Producer),
    ("message.timeout.ms", Producer),
    ("metadata.broker.list", Both),
    ("metadata.max.age.ms", Both),
    ("metadata.recovery.rebootstrap.trigger.ms", Both),
    ("metadata.recovery.strategy", Both),
    ("offset.store.method", Consumer),
    ("offset.store.path", Consumer),
    ("offset.store.sync.interval.ms", Consumer),
    ("partition.assignment.strategy", Consumer),
    ("partitioner", Producer),
    ("plugin.library.paths", Both),
    ("produce.offset.report", Producer),
    ("queue.buffering.backpressure.threshold", Producer),
    ("queue.buffering.max.kbytes", Producer),
    ("queue.buffering.max.messages", Producer),
    ("queue.buffering.max.ms", Producer),
    ("queued.max.messages.kbytes", Consumer),
    ("queued.min.messages", Consumer),
    ("queuing.strategy", Producer),
    ("receive.message.max.bytes", Both),
    ("reconnect.backoff.jitter.ms", Both),
    ("reconnect.backoff.max.ms", Both),
    ("reconnect.backoff.ms", Both),
    ("request.required.acks", Producer),
    ("request.timeout.ms", Producer),
    ("retries", Producer),
    ("retry.backoff.max.ms", Both),
    ("retry.backoff.ms", Both),
    ("sasl.kerberos.keytab", Both),
    ("sasl.kerberos.kinit.cmd", Both),
    ("sasl.kerberos.min.time.before.relogin", Both),
    ("sasl.kerberos.principal", Both),
    ("sasl.kerberos.service.name", Both),
    ("sasl.mechanism", Both),
    ("sasl.mechanisms", Both),
    ("sasl.oauthbearer.assertion.algorithm", Both),
    ("sasl.oauthbearer.assertion.claim.aud", Both),
    ("sasl.oauthbearer.assertion.claim.exp.seconds", Both),
    ("sasl.oauthbearer.assertion.claim.iss", Both),
    ("sasl.oauthbearer.assertion.claim.jti.include", Both),
    ("sasl.oauthbearer.assertion.claim.nbf.seconds", Both),
    ("sasl.oauthbearer.assertion.claim.sub", Both),
    ("sasl.oauthbearer.assertion.file", Both),
    ("sasl.oauthbearer.assertion.jwt.template.file", Both),
    ("sasl.oauthbearer.assertion.private.key.file", Both),
    ("sasl.oauthbearer.assertion.private.key.passphrase", Both),
    ("sasl.oauthbearer.assertion.private.key.pem", Both),
    ("sasl.oauthbearer.client.credentials.client.id", Both),
    ("sasl.oauthbearer.client.credentials.client.secret", Both),
    ("sasl.oauthbearer.client.id", Both),
    ("sasl.oauthbearer.client.secret", Both),
    ("sasl.oauthbearer.config", Both),
    ("sasl.oauthbearer.extensions", Both),
    ("sasl.oauthbearer.grant.type", Both),
    ("sasl.oauthbearer.metadata.authentication.type", Both),
    ("sasl.oauthbearer.method", Both),
    ("sasl.oauthbearer.scope", Both),
    ("sasl.oauthbearer.token.endpoint.url", Both),
    ("sasl.password", Both),
    ("sasl.username", Both),
    ("security.protocol", Both),
    ("session.timeout.ms", Consumer),
    ("socket.blocking.max.ms", Both),
    ("socket.connection.setup.timeout.ms", Both),
    ("socket.keepalive.enable", Both),
    ("socket.max.fails", Both),
    ("socket.nagle.disable", Both),
    ("socket.receive.buffer.bytes", Both),
    ("socket.send.buffer.bytes", Both),
    ("socket.timeout.ms", Both),
    ("ssl.ca.certificate.stores", Both),
    ("ssl.ca.location", Both),
    ("ssl.ca.pem", Both),
    ("ssl.certificate.location", Both),
    ("ssl.certificate.pem", Both),
    ("ssl.cipher.suites", Both),
    ("ssl.crl.location", Both),
    ("ssl.curves.list", Both),
    ("ssl.endpoint.identification.algorithm", Both),
    ("ssl.engine.id", Both),
    ("ssl.engine.location", Both),
    ("ssl.key.location", Both),
    ("ssl.key.password", Both),
    ("ssl.key.pem", Both),
    ("ssl.keystore.location", Both),
    ("ssl.keystore.password", Both),
    ("ssl.providers", Both),
    ("ssl.sigalgs.list", Both),
    ("statistics.interval.ms", Both),
    ("sticky.partitioning.linger.ms", Producer),
    ("topic.blacklist", Both),
    ("topic.metadata.propagation.max.ms", Both),
    ("topic.metadata.refresh.fast.cnt", Both),
    ("topic.metadata.refresh.fast.interval.ms", Both),
    ("topic.metadata.refresh.interval.ms", Both),
    ("topic.metadata.refresh.sparse", Both),
    ("transaction.timeout.ms", Producer),
    ("transactional.id", Producer),
];

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::ClientConfig;
    use rdkafka::error::KafkaError;
    use rdkafka::types::RDKafkaConfRes;

    /// Whether the client library knows the name, whatever it says to the value.
    fn is_known_to_library(name: &str) -> bool {
        let set = ClientConfig::new().set(name, "?").create_native_config();
        !matches!(set, Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)))
    }

    #[test]
    fn the_client_library_knows_every_name_and_no_other() {
        for (name, _) in NAMES {
            assert!(is_known_to_library(name), "{name}");
        }
        assert!(!is_known_to_library("session.timeout"));
    }

    #[test]
    fn names_are_sorted_and_found() {
        assert!(NAMES.is_sorted_by(|(left, _), (right, _)| left < right));
        assert_eq!(scope("fetch.min.bytes"), Some(Consumer));
        assert_eq!(scope("linger.ms"), Some(Producer));
        assert_eq!(scope("client.id"), Some(Both));
        assert_eq!(scope("client.idd"), None);
    }

    #[test]
    fn an_alias_sets_what_its_canonical_name_sets() {
        for (alias, canonical) in ALIASES {
            assert_eq!(super::canonical(alias), canonical);
            assert_eq!(super::canonical(canonical), canonical);
            assert!(scope(alias).is_some() && scope(alias) == scope(canonical), "{alias}");
        }
        for (alias, canonical, value) in [
            ("queue.buffering.max.ms", "linger.ms", "17"),
            ("max.in.flight", "max.in.flight.requests.per.connection", "3"),
            ("fetch.message.max.bytes", "max.partition.fetch.bytes", "12345"),
            ("message.send.max.retries", "retries", "4"),
            ("sasl.mechanisms", "sasl.mechanism", "PLAIN"),
            ("metadata.broker.list", "bootstrap.servers", "localhost:1"),
            ("compression.codec", "compression.type", "lz4"),
        ] {
            let native = ClientConfig::new().set(alias, value).create_native_config().unwrap();
            assert_eq!(native.get(canonical).unwrap(), value, "{alias}");
        }
    }
}
