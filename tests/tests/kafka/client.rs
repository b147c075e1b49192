//! What tests do with a cluster's topics and groups: create, write, read, ask.

use super::{Cluster, Record, unique};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::metadata::MetadataTopic;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

/// Nothing takes that long unless something is wrong, also while a node is away and on a slow machine.
const DEADLINE: Duration = Duration::from_mins(5);

/// Between two questions to brokers.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// How long a transaction that is decided may take until its marks stand in all its partitions: whoever committed it hears of
/// that before. One that is still open takes longer.
const MARKS_MAX: Duration = Duration::from_secs(10);

/// The replication factor that stands for the broker's own.
const REPLICATION_DEFAULT: TopicReplication<'_> = TopicReplication::Fixed(-1);

/// What a reader makes of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Up to the first record of an open transaction, and none of an aborted one.
    ReadCommitted,
    /// All that is there.
    ReadUncommitted,
}

impl Cluster {
    /// What every client of the test begins with.
    pub fn client_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.bootstrap_servers());
        config
    }

    /// Creates a topic, given its configuration as names and values.
    pub fn create_topic(&self, topic: &str, partitions: i32, configuration: &[(&str, &str)]) {
        let admin: AdminClient<DefaultClientContext> = self.client_config().create().expect("valid");
        let new = NewTopic::new(topic, partitions, REPLICATION_DEFAULT);
        let new = configuration.iter().fold(new, |new, (name, value)| new.set(name, value));
        // Without an operation timeout the answer comes before the partitions have leaders.
        let options = AdminOptions::new().operation_timeout(Some(DEADLINE)).request_timeout(Some(DEADLINE));
        let start = Instant::now();
        loop {
            let results = futures_executor::block_on(admin.create_topics([&new], &options));
            match results.expect("the broker answers").pop() {
                // A node that was away is not counted in yet.
                Some(Err((_, RDKafkaErrorCode::InvalidReplicationFactor))) if start.elapsed() < DEADLINE => {
                    thread::sleep(LOOK_INTERVAL);
                }
                Some(Err((_, code))) => panic!("{topic} is not created: {code}"),
                Some(Ok(_)) => break,
                None => panic!("no answer for {topic}"),
            }
        }
        // The controller has made it; brokers hear of it after that.
        self.partitions(topic);
    }

    /// Creates a topic of a unique name that begins with `name`.
    pub fn topic(&self, name: &str, partitions: i32) -> String {
        let topic = unique(name);
        self.create_topic(&topic, partitions, &[]);
        topic
    }

    /// The names of all topics. The question makes none.
    pub fn topics(&self) -> Vec<String> {
        let consumer: BaseConsumer = self.client_config().create().expect("valid");
        let metadata = consumer.fetch_metadata(None, DEADLINE).expect("the brokers answer");
        metadata.topics().iter().map(|topic| topic.name().to_owned()).collect()
    }

    /// Waits until every replica of every topic is in sync. A node that is killed then takes no partition with it; one that
    /// is killed while another is behind may.
    pub fn await_replicas(&self) {
        let consumer: BaseConsumer = self.client_config().create().expect("valid");
        let start = Instant::now();
        loop {
            let metadata = consumer.fetch_metadata(None, DEADLINE).expect("the brokers answer");
            let mut partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
            if partitions.all(|partition| partition.isr().len() == partition.replicas().len()) {
                return;
            }
            assert!(start.elapsed() < DEADLINE, "a replica does not catch up");
            thread::sleep(LOOK_INTERVAL);
        }
    }

    /// Writes records and waits until all replicas have them.
    pub fn produce<'a>(&self, topic: &str, records: impl IntoIterator<Item = &'a Record>) {
        self.produce_with(topic, records, &[]);
    }

    /// The same by a producer with these properties.
    pub fn produce_with<'a>(
        &self,
        topic: &str,
        records: impl IntoIterator<Item = &'a Record>,
        properties: &[(&str, &str)],
    ) {
        let mut config = self.client_config();
        for (name, value) in properties {
            config.set(*name, *value);
        }
        // The topics' limits are those that count.
        config.set("enable.idempotence", "true").set("message.max.bytes", "100000000");
        let producer: BaseProducer = config.create().expect("valid");
        for record in records {
            let mut sending = record.to_send(topic);
            while let Err((error, unsent)) = producer.send(sending) {
                let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
                assert_eq!(error, full, "a record can't be sent");
                producer.poll(Duration::from_millis(10));
                sending = unsent;
            }
        }
        producer.flush(DEADLINE).expect("the broker acknowledges");
    }

    /// Reads a topic from its beginning to what is its end for such a reader now. The order of a partition is kept. What was
    /// committed before is there.
    pub fn read(&self, topic: &str, isolation: Isolation) -> Vec<Record> {
        if isolation == Isolation::ReadCommitted {
            self.await_marks(topic);
        }
        let consumer = self.reader(topic, isolation);
        let mut unread: BTreeSet<i32> = (0..self.partitions(topic)).collect();
        let (start, mut records) = (Instant::now(), Vec::new());
        while !unread.is_empty() {
            assert!(start.elapsed() < DEADLINE, "{topic} has no end; {} records so far", records.len());
            match consumer.poll(Duration::from_millis(100)) {
                // More may have come to a partition whose end was seen; that is after this reading.
                Some(Ok(message)) if unread.contains(&message.partition()) => {
                    records.push(Record::of(&message));
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    unread.remove(&partition);
                }
                Some(Ok(_) | Err(_)) | None => {}
            }
        }
        records
    }

    /// Reads a topic from its beginning until `is_enough`.
    pub fn read_until(
        &self,
        topic: &str,
        isolation: Isolation,
        is_enough: impl Fn(&[Record]) -> bool,
    ) -> Vec<Record> {
        let consumer = self.reader(topic, isolation);
        let (start, mut records) = (Instant::now(), Vec::new());
        while !is_enough(&records) {
            assert!(
                start.elapsed() < DEADLINE,
                "{topic} does not get there; {} records so far",
                records.len()
            );
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
                records.push(Record::of(&message));
            }
        }
        records
    }

    /// How many partitions a topic has, which it waits for.
    pub fn partitions(&self, topic: &str) -> i32 {
        let consumer: BaseConsumer = self.client_config().create().expect("valid");
        let start = Instant::now();
        loop {
            let metadata = consumer.fetch_metadata(Some(topic), DEADLINE).expect("the broker answers");
            let partitions = metadata.topics().first().expect("the one asked for").partitions().len();
            if partitions > 0 {
                return i32::try_from(partitions).expect("Kafka counts in 32 bits");
            }
            // The controller has made it before every broker has heard of it.
            assert!(start.elapsed() < DEADLINE, "there is no topic {topic}");
            thread::sleep(LOOK_INTERVAL);
        }
    }

    /// What a group has committed, by partition.
    pub fn committed(&self, group: &str, topic: &str) -> Vec<Option<i64>> {
        let consumer: BaseConsumer = self.client_config().set("group.id", group).create().expect("valid");
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(topic, 0, self.partitions(topic) - 1);
        let start = Instant::now();
        let committed = loop {
            // A broker that has just started, or a group's first member, finds its coordinator a moment later.
            match consumer.committed_offsets(asked.clone(), DEADLINE) {
                Ok(committed) => break committed,
                Err(error) => assert!(start.elapsed() < DEADLINE, "the broker does not tell: {error}"),
            }
            thread::sleep(Duration::from_millis(100));
        };
        let elements = committed.elements();
        elements.iter().map(|element| element.offset().to_raw().filter(|offset| *offset >= 0)).collect()
    }

    /// Where each partition ends for such a reader: the offset that the next record gets, or of the first record of an
    /// open transaction.
    pub fn end_offsets(&self, topic: &str, isolation: Isolation) -> Vec<i64> {
        let consumer: BaseConsumer =
            self.client_config().set("isolation.level", isolation.level()).create().expect("valid");
        let start = Instant::now();
        let end = |partition| loop {
            // While a partition gets another leader, nobody knows.
            match consumer.fetch_watermarks(topic, partition, DEADLINE) {
                Ok((_, end)) => break end,
                Err(error) => assert!(start.elapsed() < DEADLINE, "the broker does not tell: {error}"),
            }
            thread::sleep(LOOK_INTERVAL);
        };
        (0..self.partitions(topic)).map(end).collect()
    }

    /// The transactions that are not over, of those whose transactional id begins so; each id with its state. One that is
    /// decided has a while to get its marks. Needs Java, also where the cluster is another's.
    pub fn open_transactions(&self, prefix: &str) -> Vec<(String, String)> {
        let start = Instant::now();
        loop {
            let open = self.listed_transactions(prefix);
            let is_decided = open.iter().any(|(_, state)| state.starts_with("Prepare"));
            if !is_decided || start.elapsed() > DEADLINE {
                return open;
            }
        }
    }

    fn listed_transactions(&self, prefix: &str) -> Vec<(String, String)> {
        let listed = self.tool("org.apache.kafka.tools.TransactionsCommand", &["list"]);
        let rows = listed.lines().skip(1).filter_map(|line| {
            let mut columns = line.split_whitespace();
            Some((columns.next()?.to_owned(), columns.nth(2)?.to_owned()))
        });
        let is_open = |state: &str| state == "Ongoing" || state.starts_with("Prepare");
        rows.filter(|(id, state)| id.starts_with(prefix) && is_open(state)).collect()
    }

    /// Waits until no transaction keeps back what is in a topic, or until it must be one that is not decided.
    fn await_marks(&self, topic: &str) {
        let start = Instant::now();
        let end = |isolation| self.end_offsets(topic, isolation);
        while start.elapsed() < MARKS_MAX && end(Isolation::ReadCommitted) < end(Isolation::ReadUncommitted) {
            thread::sleep(LOOK_INTERVAL);
        }
    }

    fn reader(&self, topic: &str, isolation: Isolation) -> BaseConsumer {
        let mut config = self.client_config();
        // A group is asked for, although partitions are assigned by hand and nothing is committed.
        config.set("group.id", unique("reader")).set("enable.auto.commit", "false");
        config.set("enable.partition.eof", "true").set("isolation.level", isolation.level());
        let consumer: BaseConsumer = config.create().expect("valid");
        let mut assignment = TopicPartitionList::new();
        for partition in 0..self.partitions(topic) {
            assignment.add_partition_offset(topic, partition, Offset::Beginning).expect("a valid offset");
        }
        consumer.assign(&assignment).expect("assigned");
        consumer
    }
}

impl Isolation {
    fn level(self) -> &'static str {
        match self {
            Self::ReadCommitted => "read_committed",
            Self::ReadUncommitted => "read_uncommitted",
        }
    }
}
