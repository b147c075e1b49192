//! What brokers tell of topics, asked by clients of their own. With the largest record that a topic takes, one that is too
//! large is known to be before it is sent, and does not cost the records that share its request.

use futures_executor::block_on;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, OwnedResourceSpecifier, ResourceSpecifier};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::metadata::Metadata;
use std::time::Duration;

/// How long to wait for an answer. Without one the brokers still refuse what is too large. An embedded broker has none: it
/// lacks the controller that is asked.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// How long to wait for the answer about a topic, while whoever asks does nothing else.
const METADATA_ANSWER_MAX: Duration = Duration::from_secs(2);

/// The bytes that a batch of one record has beside the record: the header of Kafka's record format version 2.
pub const BATCH_HEADER_BYTES: usize = 61;

/// `max.message.bytes` of each topic: the most bytes of a record batch, after compression. None where the brokers do not
/// tell, because the topic does not exist or its configuration is not ours to see.
pub fn max_message_bytes<const COUNT: usize>(
    config: &ClientConfig,
    topics: [&str; COUNT],
) -> [Option<usize>; COUNT] {
    let Ok(client) = config.create_with_context::<_, AdminClient<Quiet>>(Quiet) else { return [None; COUNT] };
    let options = AdminOptions::new().request_timeout(Some(ANSWER_MAX));
    let named = topics.map(ResourceSpecifier::Topic);
    let Ok(described) = block_on(client.describe_configs(&named, &options)) else { return [None; COUNT] };
    let described: Vec<_> = described.into_iter().flatten().collect();
    topics.map(|topic| {
        let topic = OwnedResourceSpecifier::Topic(topic.to_owned());
        let found = described.iter().find(|one| one.specifier == topic)?;
        found.get("max.message.bytes")?.value.as_ref()?.parse().ok()
    })
}

/// What the brokers say of a topic. A producer's question makes brokers create it that are allowed to; this one does not.
pub fn topic_metadata(config: &ClientConfig, topic: &str) -> KafkaResult<Metadata> {
    let mut config = config.clone();
    config.set("allow.auto.create.topics", "false");
    let client = config.create_with_context::<_, AdminClient<Quiet>>(Quiet)?;
    client.inner().fetch_metadata(Some(topic), METADATA_ANSWER_MAX)
}

/// A client whose problems the others tell of.
struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}

    fn error(&self, _: KafkaError, _: &str) {}
}
