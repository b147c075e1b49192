//! A topic at the user's end of the pipeline: records written to one at a rate, records read from one without
//! a consumer group. The loop itself has its `source` and `sink`.

use crate::exit::{Failure, client_error};
use crate::stop::Stop;
use crate::watch::{Probe, Watch};
use rdkafka::ClientConfig;
use rdkafka::client::{Client, ClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult};
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long one look at a broker may take.
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// How long to wait between two looks for a topic.
const METADATA_INTERVAL: Duration = Duration::from_millis(500);

/// How long one poll waits: how late a signal is noticed.
const POLL_WAIT: Duration = Duration::from_millis(50);

/// How long to sleep between two looks for delivery reports.
const PAUSE: Duration = Duration::from_millis(1);

/// How long acknowledgements may take at the end.
const DRAIN_MAX: Duration = Duration::from_secs(30);

/// Writes records to one topic.
pub struct Writer {
    producer: BaseProducer<Context>,
    topic: String,
    /// When the first record was written: the rate counts from there.
    start: Option<Instant>,
    interval: Option<Duration>,
    written: u64,
}

impl Writer {
    /// A writer of so many records a second; 0 is as many as go through.
    pub fn connect(
        mut config: ClientConfig,
        topic: &str,
        rate: u32,
        watch: &Arc<Watch>,
    ) -> Result<Self, Failure> {
        config.set("enable.idempotence", "true").set("partitioner", "murmur2_random");
        let context = Context { watch: Arc::clone(watch), undelivered: Mutex::default() };
        let producer = config
            .create_with_context(context)
            .map_err(|error| Failure::failed(format!("can't make a producer: {}", client_error(&error))))?;
        let interval = Duration::from_secs(1).checked_div(rate);
        Ok(Self { producer, topic: topic.to_owned(), start: None, interval, written: 0 })
    }

    /// Waits until the topic is there, and tells of it meanwhile; false if it was asked to stop first.
    pub fn await_topic(&self, watch: &Watch, stop: &Stop) -> Result<bool, Failure> {
        while !stop.requested() {
            if !partitions(self.producer.client(), &self.topic, watch).is_empty() {
                return Ok(true);
            }
            self.producer.poll(METADATA_INTERVAL);
            if let Some(error) = watch.refused() {
                let message = format!("can't write to topic `{}`: {}", self.topic, client_error(&error));
                return Err(Failure::refused(message));
            }
        }
        Ok(false)
    }

    /// Waits for the record's turn and writes it; false if it was asked to stop first.
    pub fn write(&mut self, key: Option<&str>, value: &[u8], stop: &Stop) -> Result<bool, Failure> {
        self.look_after_broker();
        while !self.is_time() {
            self.pause();
            if stop.requested() {
                return Ok(false);
            }
        }
        let mut record = BaseRecord::<str, [u8]>::to(&self.topic).payload(value);
        record.key = key;
        while let Err((error, refused)) = self.producer.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(self.failure(&error));
            }
            if stop.requested() {
                return Ok(false);
            }
            record = refused;
            self.producer.poll(POLL_WAIT);
            self.look_after_broker();
        }
        self.written += 1;
        if self.interval.is_none() {
            self.producer.poll(Duration::ZERO);
        }
        self.check()?;
        Ok(true)
    }

    /// Looks whether all goes well, for while there is nothing to write.
    pub fn serve(&self) -> Result<(), Failure> {
        self.producer.poll(Duration::ZERO);
        self.look_after_broker();
        self.check()
    }

    /// Waits until all that was written is acknowledged, and says how much that is.
    pub fn finish(self) -> Result<u64, Failure> {
        let start = Instant::now();
        while self.producer.in_flight_count() > 0 {
            self.pause();
            self.look_after_broker();
            if start.elapsed() > DRAIN_MAX {
                return Err(self.unacknowledged());
            }
        }
        self.check()?;
        Ok(self.written)
    }

    fn unacknowledged(&self) -> Failure {
        let watch = &self.producer.context().watch;
        let message = format!(
            "{} records were not acknowledged within {} s, and may or may not be in topic `{}`; check that a broker runs at {}",
            self.producer.in_flight_count(),
            DRAIN_MAX.as_secs(),
            self.topic,
            watch.bootstrap_server()
        );
        if watch.is_unreachable() { Failure::unreachable(message) } else { Failure::failed(message) }
    }

    fn look_after_broker(&self) {
        look_after_broker(self.producer.client(), &self.topic, &self.producer.context().watch);
    }

    /// Rdkafka's own waiting does not serve: `flush` waits up to 100 ms whatever happens, a poll of 1 ms spins.
    fn pause(&self) {
        self.producer.poll(Duration::ZERO);
        thread::sleep(PAUSE);
    }

    fn is_time(&mut self) -> bool {
        let start = *self.start.get_or_insert_with(Instant::now);
        self.interval.is_none_or(|interval| {
            let due = start.elapsed().as_nanos() / interval.as_nanos();
            u128::from(self.written) <= due
        })
    }

    fn check(&self) -> Result<(), Failure> {
        match self.producer.context().undelivered.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(self.failure(&error)),
            None => Ok(()),
        }
    }

    fn failure(&self, error: &KafkaError) -> Failure {
        Failure::failed(format!("can't write to topic `{}`: {}", self.topic, client_error(error)))
    }
}

/// Reads all records of one topic, from the beginning.
pub struct Reader {
    consumer: BaseConsumer<Context>,
    topic: String,
}

impl Reader {
    /// Waits until the topic is there, and begins; nothing if it was asked to stop first.
    pub fn connect(
        mut config: ClientConfig,
        topic: &str,
        watch: &Arc<Watch>,
        stop: &Stop,
    ) -> Result<Option<Self>, Failure> {
        let failure = |error: KafkaError| {
            Failure::failed(format!("can't read topic `{topic}`: {}", client_error(&error)))
        };
        // Librdkafka wants a group's name even of a consumer that joins none.
        config
            .set("group.id", "stream-app-reader")
            // What was read next may be deleted by then: go on with the oldest that is there, not with the newest.
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_committed");
        let context = Context { watch: Arc::clone(watch), undelivered: Mutex::default() };
        let consumer: BaseConsumer<Context> = config.create_with_context(context).map_err(failure)?;
        while !stop.requested() {
            let partitions = partitions(consumer.client(), topic, watch);
            if partitions.is_empty() {
                if let Some(error) = watch.refused_by(&consumer) {
                    let message = format!("can't read topic `{topic}`: {}", client_error(&error));
                    return Err(Failure::refused(message));
                }
                thread::sleep(METADATA_INTERVAL);
                continue;
            }
            let mut assignment = TopicPartitionList::new();
            for partition in partitions {
                assignment.add_partition_offset(topic, partition, Offset::Beginning).map_err(failure)?;
            }
            consumer.assign(&assignment).map_err(failure)?;
            return Ok(Some(Self { consumer, topic: topic.to_owned() }));
        }
        Ok(None)
    }

    /// The next record, if one comes soon.
    pub fn next(&self) -> Option<BorrowedMessage<'_>> {
        // After an error the client goes on by itself; it has told the context.
        let message = self.consumer.poll(POLL_WAIT).and_then(Result::ok);
        let watch = &self.consumer.context().watch;
        if message.is_some() {
            watch.answered();
        } else {
            // A topic that is silent tells nothing of a broker that is back.
            look_after_broker(self.consumer.client(), &self.topic, watch);
        }
        message
    }
}

/// Looks at the broker if there is reason to.
fn look_after_broker(client: &Client<Context>, topic: &str, watch: &Watch) {
    if watch.probe_is_due(true) {
        partitions(client, topic, watch);
    }
}

fn partitions(client: &Client<Context>, topic: &str, watch: &Watch) -> Vec<i32> {
    let (probe, partitions) = match client.fetch_metadata(Some(topic), METADATA_TIMEOUT) {
        Err(error) => (Probe::Unreachable(error.to_string()), Vec::new()),
        Ok(metadata) => {
            let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
            (Probe::of_topic(&metadata), partitions.map(MetadataPartition::id).collect())
        }
    };
    watch.probed(&probe, topic);
    partitions
}

/// What both clients call back.
struct Context {
    watch: Arc<Watch>,
    /// The first record that was not delivered.
    undelivered: Mutex<Option<KafkaError>>,
}

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.problem(&error, reason);
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.watch.client_log(level, facility, message);
    }
}

impl ConsumerContext for Context {}

impl ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => self.watch.answered(),
            Err((error, _)) => {
                let mut undelivered = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
                undelivered.get_or_insert_with(|| error.clone());
            }
        }
    }
}
