//! A broker inside this process: librdkafka's mock cluster. It keeps records in memory, a few megabytes a partition,
//! and forgets the oldest without a word. It is for trying things out: it proves nothing about durability or
//! transactions.

use rdkafka::error::KafkaResult;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

/// One broker is enough for all that it can show.
const BROKERS: i32 = 1;

/// Nothing is kept, so there is nothing to replicate.
const REPLICATION: i32 = 1;

/// A broker that lives as long as this value does. Any process on this machine can reach it.
pub struct EmbeddedBroker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl EmbeddedBroker {
    /// Starts a broker with these topics on a free port of 127.0.0.1.
    pub fn start(topics: &[&str], partitions: i32) -> KafkaResult<Self> {
        let cluster = MockCluster::new(BROKERS)?;
        for topic in topics {
            cluster.create_topic(topic, partitions, REPLICATION)?;
        }
        Ok(Self { cluster })
    }

    /// What its clients do well to be told. It answers a fetch of an empty partition when the wait is over, also if a
    /// record comes on the way, where a real broker answers at once.
    pub fn client_properties() -> Vec<(String, String)> {
        vec![("fetch.wait.max.ms".to_owned(), "10".to_owned())]
    }

    /// Where clients connect to, as `HOST:PORT`.
    pub fn bootstrap_server(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    /// Makes another topic.
    #[cfg(test)]
    pub fn create_topic(&self, topic: &str, partitions: i32) {
        self.cluster.create_topic(topic, partitions, REPLICATION).unwrap();
    }

    /// Answers the next produce requests with these errors.
    #[cfg(test)]
    pub fn refuse_produce_requests(&self, errors: &[rdkafka::types::RDKafkaRespErr]) {
        self.cluster.request_errors(rdkafka::types::RDKafkaApiKey::Produce, errors);
    }
}
