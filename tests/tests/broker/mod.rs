//! A broker in the test, with the topics of `run`: houses go in, what the program makes of them comes out.

use crate::process::{App, DEADLINE};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders, OwnedMessage};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use std::time::{Duration, Instant};

const PARTITIONS: i32 = 4;
const GROUP: &str = "pricing";

pub struct Broker(pub MockCluster<'static, DefaultProducerContext>);

impl Broker {
    pub fn start() -> Self {
        let cluster = MockCluster::new(1).unwrap();
        for topic in ["housing", "predictions", "housing-dead-letters"] {
            cluster.create_topic(topic, PARTITIONS, 1).unwrap();
        }
        Self(cluster)
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.0.bootstrap_servers());
        config
    }

    /// Starts the program. The embedded broker gives a group's partitions to a new member only when the session of
    /// the last one is over, also if that one left, so sessions are short.
    pub fn run(&self) -> App {
        self.run_with(&[])
    }

    /// The same, told more.
    pub fn run_with(&self, more: &[&str]) -> App {
        let bootstrap_server = self.0.bootstrap_servers();
        let start = [
            "run",
            "--bootstrap-server",
            &bootstrap_server,
            "--group",
            GROUP,
            "--model",
            "house_prices",
            "--property",
            "session.timeout.ms=6000",
        ];
        App::start(&[&start[..], more].concat())
    }

    pub fn produce(&self, houses: std::ops::Range<u32>) {
        let producer: BaseProducer = self.config().create().unwrap();
        for number in houses {
            let (key, value) = (format!("house-{number}"), house(number));
            producer
                .send(BaseRecord::to("housing").key(&key).payload(&value))
                .map_err(|(error, _)| error)
                .unwrap();
        }
        producer.flush(DEADLINE).unwrap();
    }

    pub fn produce_one(&self, key: &str, value: &str, timestamp: i64) {
        let producer: BaseProducer = self.config().create().unwrap();
        let headers = OwnedHeaders::new().insert(Header { key: "trace", value: Some("abc") });
        let record = BaseRecord::to("housing").key(key).payload(value).timestamp(timestamp).headers(headers);
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.flush(DEADLINE).unwrap();
    }

    /// Reads a topic from its beginning until `enough`.
    pub fn consume(&self, topic: &str, enough: impl Fn(&[OwnedMessage]) -> bool) -> Vec<OwnedMessage> {
        let consumer: BaseConsumer = self.config().set("group.id", "test").create().unwrap();
        let mut assignment = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            assignment.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
        }
        consumer.assign(&assignment).unwrap();
        let start = Instant::now();
        let mut messages = Vec::new();
        loop {
            assert!(start.elapsed() < DEADLINE, "only {} records in {topic}", messages.len());
            let message = consumer.poll(Duration::from_millis(100)).and_then(Result::ok);
            let is_pause = message.is_none();
            messages.extend(message.map(|message| message.detach()));
            // Not at each record: whoever counts, counts all of them.
            if (is_pause || messages.len() == 1 || messages.len().is_multiple_of(100)) && enough(&messages) {
                return messages;
            }
        }
    }

    /// How many records of the input are committed, over all partitions.
    pub fn committed(&self) -> i64 {
        let consumer: BaseConsumer = self.config().set("group.id", GROUP).create().unwrap();
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_range("housing", 0, PARTITIONS - 1);
        let committed = consumer.committed_offsets(partitions, DEADLINE).unwrap();
        let offsets = committed.elements();
        offsets
            .iter()
            .map(TopicPartitionListElem::offset)
            .filter_map(Offset::to_raw)
            .filter(|raw| *raw > 0)
            .sum()
    }
}

fn house(number: u32) -> String {
    format!(r#"{{"id": {number}, "sqft": {}}}"#, 1_000 + number)
}
