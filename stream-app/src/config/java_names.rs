//! The names of Java's clients and of Kafka Streams that a table can tell the meaning of: those of our options, of
//! librdkafka's properties with other names, and those without a meaning here, each with the reason.

/// Options of ours by the names of Java's clients, of Kafka Streams and of librdkafka.
pub const OPTIONS: [(&str, &str); 10] = [
    ("application.id", "group"),
    ("auto.offset.reset", "auto_offset_reset"),
    ("bootstrap.servers", "bootstrap_server"),
    ("commit.interval.ms", "commit_interval"),
    ("errors.dead.letter.queue.topic.name", "dead_letter"),
    ("group.id", "group"),
    ("group.instance.id", "group_instance_id"),
    ("group.protocol", "group_protocol"),
    ("num.stream.threads", "threads"),
    ("processing.guarantee", "processing_guarantee"),
];

/// What Kafka Streams calls its exception handlers, and the option of ours.
pub const HANDLERS: [(&str, &str); 5] = [
    ("default.deserialization.exception.handler", "on_decode_error"),
    ("default.production.exception.handler", "on_produce_error"),
    ("deserialization.exception.handler", "on_decode_error"),
    ("processing.exception.handler", "on_score_error"),
    ("production.exception.handler", "on_produce_error"),
];

/// What has another name in librdkafka, with values of the same meaning.
pub const RENAMED: [(&str, &str); 8] = [
    ("compression.gzip.level", "compression.level"),
    ("compression.lz4.level", "compression.level"),
    ("compression.zstd.level", "compression.level"),
    ("fetch.max.wait.ms", "fetch.wait.max.ms"),
    ("max.request.size", "message.max.bytes"),
    ("ssl.keystore.certificate.chain", "ssl.certificate.pem"),
    ("ssl.keystore.key", "ssl.key.pem"),
    ("ssl.truststore.certificates", "ssl.ca.pem"),
];

const BYTES: &str = "keys, headers and values go through as bytes, and values are JSON";
const STATELESS: &str = "this program keeps no state, and makes no topics";
const POLL: &str =
    "the loop takes what was fetched; see --commit-records-max and `queued.max.messages.kbytes`";
const METRICS: &str = "metrics are served by --http";
const TLS: &str = "OpenSSL chooses; see `ssl.cipher.suites`";
const STORE: &str = "a store's type is seen by what it holds";
const JVM: &str = "it is about classes of Java";
const TIMING: &str = "the client has its own timing; see `socket.timeout.ms`";

/// What means nothing here. A name with a `*` at its end stands for all that begin so.
pub const MEANINGLESS: [(&str, &str); 48] = [
    ("key.serializer", BYTES),
    ("value.serializer", BYTES),
    ("key.deserializer", BYTES),
    ("value.deserializer", BYTES),
    ("default.key.serde", BYTES),
    ("default.value.serde", BYTES),
    ("default.list.*", BYTES),
    ("windowed.*", BYTES),
    ("window.size.ms", BYTES),
    ("default.timestamp.extractor", "a result keeps its record's timestamp"),
    ("state.*", STATELESS),
    ("replication.factor", STATELESS),
    ("num.standby.replicas", STATELESS),
    ("cache.max.bytes.buffering", STATELESS),
    ("statestore.*", STATELESS),
    ("default.dsl.store", STATELESS),
    ("dsl.store.suppliers.class", STATELESS),
    ("rocksdb.*", STATELESS),
    ("windowstore.*", STATELESS),
    ("acceptable.recovery.lag", STATELESS),
    ("max.warmup.replicas", STATELESS),
    ("probing.rebalance.interval.ms", STATELESS),
    ("rack.aware.assignment.*", STATELESS),
    ("repartition.purge.interval.ms", STATELESS),
    ("topology.optimization", STATELESS),
    ("application.server", STATELESS),
    ("restore.consumer.*", STATELESS),
    ("global.consumer.*", STATELESS),
    ("admin.*", STATELESS),
    ("topic.*", STATELESS),
    ("upgrade.from", STATELESS),
    ("max.poll.records", POLL),
    ("buffered.records.per.partition", POLL),
    ("max.task.idle.ms", POLL),
    ("poll.ms", POLL),
    ("metric.reporters", METRICS),
    ("metrics.*", METRICS),
    ("auto.include.jmx.reporter", METRICS),
    ("built.in.metrics.version", METRICS),
    ("ssl.protocol", TLS),
    ("ssl.enabled.protocols", TLS),
    ("ssl.truststore.type", STORE),
    ("ssl.keystore.type", STORE),
    ("ssl.truststore.password", "PEM certificates have no password"),
    ("interceptor.classes", JVM),
    ("default.client.supplier", JVM),
    ("max.block.ms", TIMING),
    ("default.api.timeout.ms", TIMING),
];
