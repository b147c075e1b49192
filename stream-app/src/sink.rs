//! The producer: results and dead letters of a batch in, what was not delivered out.
//!
//! A result keeps its record's key, headers and timestamp; its partition follows from the key as Java's clients
//! choose it (murmur2), so that what was partitioned together stays together.

use crate::bad_record::BadRecord;
use crate::dead_letter::{self, Omitted};
use crate::events::{Event, Events};
use crate::pipeline::{PipelineError, Settings, Shared};
use crate::stop::Stop;
use crate::watch::Watch;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long librdkafka tries to deliver a record, in milliseconds. Less than the consumer's `max.poll.interval.ms`
/// (300 s), so that an outage ends in an error of ours and not in a silent loss of the partitions.
const MESSAGE_TIMEOUT_MS: &str = "240000";

/// How long records wait for others to share a request with, in milliseconds. The loop waits for every batch, so
/// librdkafka's own 5 ms would be added to each; 0 would send the first record of a batch alone.
const LINGER_MS: &str = "1";

/// The largest record, in bytes: large enough that the broker's and the topics' own limits are those that count. Small
/// records share requests of librdkafka's `batch.size` (1,000,000 bytes), a little less than what topics take unless
/// told otherwise, so that only a record which is large by itself makes a request too large.
const MESSAGE_BYTES_MAX: &str = "100000000";

/// How long to sleep between two looks for delivery reports. Rdkafka's own waiting does not serve: `flush` waits up to
/// 100 ms whatever happens, `poll` until its whole time is over, and a poll of 1 ms spins.
const DELIVERY_PAUSE: Duration = Duration::from_micros(200);

/// How long a full queue is given before it is tried again.
const QUEUE_FULL_WAIT: Duration = Duration::from_millis(10);

/// How often to say that deliveries keep the loop waiting.
const WAIT_TELL_INTERVAL: Duration = Duration::from_secs(10);

/// A producer of results and dead letters.
pub struct Sink {
    producer: BaseProducer<SinkContext>,
    output: String,
    dead_letter: String,
    events: Events,
    stop: Stop,
}

/// A record that was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Which record of the batch.
    pub index: usize,
    /// Whether it was on its way as a result or as a dead letter.
    pub role: Role,
    /// Why.
    pub code: RDKafkaErrorCode,
}

/// What a record is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// With its prediction, to the output.
    Result,
    /// As it came, to the dead letters.
    DeadLetter,
}

impl Sink {
    /// Makes the producer. It connects by itself, in the background.
    pub fn connect(settings: &Settings, shared: &Shared, watch: &Arc<Watch>) -> Result<Self, PipelineError> {
        let context = SinkContext { watch: Arc::clone(watch), undelivered: Mutex::default() };
        let mut config = settings.client_config();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", MESSAGE_TIMEOUT_MS);
        for (name, value) in [("message.max.bytes", MESSAGE_BYTES_MAX), ("linger.ms", LINGER_MS)] {
            if !settings.sets(name) {
                config.set(name, value);
            }
        }
        let producer = config
            .create_with_context(context)
            .map_err(|error| PipelineError::Client { doing: "making the producer", error })?;
        Ok(Self {
            producer,
            output: settings.output.clone(),
            dead_letter: settings.dead_letter.clone(),
            events: shared.events.clone(),
            stop: shared.stop.clone(),
        })
    }

    /// Sends a record's result: `value` in the place of its own.
    pub fn send_result(&self, index: usize, message: &BorrowedMessage<'_>, value: &[u8]) {
        let token = Token { index, role: Role::Result };
        let mut record = self.record(token, message);
        record.headers = message.headers().map(BorrowedHeaders::detach);
        record.payload = Some(value);
        self.send(token, record);
    }

    /// Sends a bad record as it came, but for what is to be left out.
    pub fn send_dead_letter(
        &self,
        index: usize,
        message: &BorrowedMessage<'_>,
        bad: &BadRecord,
        omitted: Omitted,
    ) {
        let token = Token { index, role: Role::DeadLetter };
        let mut record = self.record(token, message);
        record.headers = Some(dead_letter::headers(message, bad, omitted));
        if omitted == Omitted::Nothing {
            record.payload = message.payload();
        }
        if omitted == Omitted::ValueAndTimestamp {
            record.timestamp = None;
        }
        self.send(token, record);
    }

    /// The topic of what is sent in this role.
    pub fn topic(&self, role: Role) -> &str {
        match role {
            Role::Result => &self.output,
            Role::DeadLetter => &self.dead_letter,
        }
    }

    /// Waits until all that was sent is acknowledged or given up; what was given up comes out.
    pub fn drain(&self) -> Result<Vec<Undelivered>, PipelineError> {
        let start = Instant::now();
        let mut told = start;
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(Duration::ZERO);
            if self.producer.in_flight_count() > 0 {
                thread::sleep(DELIVERY_PAUSE);
            }
            if told.elapsed() >= WAIT_TELL_INTERVAL {
                told = Instant::now();
                let (records, seconds) = (self.producer.in_flight_count(), start.elapsed().as_secs());
                self.events.tell(Event::DeliveryWaits { records, seconds });
            }
            if self.stop.is_overdue() {
                return Err(PipelineError::StoppedUnacknowledged {
                    records: self.producer.in_flight_count(),
                });
            }
        }
        Ok(std::mem::take(&mut *self.producer.context().lock()))
    }

    /// A record with what of the message every role keeps: its key and its timestamp.
    fn record<'a>(&'a self, token: Token, message: &'a BorrowedMessage<'_>) -> Record<'a> {
        let mut record = Record::with_opaque_to(self.topic(token.role), token.pack());
        record.key = message.key();
        record.timestamp = message.timestamp().to_millis();
        record
    }

    /// Waits while the queue is full, but not for ever: one that is full with nothing in it has no room for this very
    /// record, and after a signal there is a limit. What is given up comes out of the next drain.
    fn send(&self, token: Token, mut record: Record<'_>) {
        while let Err((error, refused)) = self.producer.send(record) {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
            let permanent = code != RDKafkaErrorCode::QueueFull || self.producer.in_flight_count() == 0;
            if permanent || self.stop.is_overdue() {
                return self.producer.context().give_up(token, code);
            }
            record = refused;
            self.producer.poll(QUEUE_FULL_WAIT);
        }
    }
}

/// A record on its way to the producer.
type Record<'a> = BaseRecord<'a, [u8], [u8], usize>;

/// What a delivery report is about, small enough to travel as a number.
#[derive(Clone, Copy)]
struct Token {
    index: usize,
    role: Role,
}

impl Token {
    fn pack(self) -> usize {
        self.index << 1 | usize::from(self.role == Role::DeadLetter)
    }

    fn unpack(packed: usize) -> Self {
        let role = if packed & 1 == 1 { Role::DeadLetter } else { Role::Result };
        Self { index: packed >> 1, role }
    }
}

/// What the producer calls back, all of it from inside `poll`.
struct SinkContext {
    watch: Arc<Watch>,
    undelivered: Mutex<Vec<Undelivered>>,
}

impl SinkContext {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Undelivered>> {
        self.undelivered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_up(&self, token: Token, code: RDKafkaErrorCode) {
        self.lock().push(Undelivered { index: token.index, role: token.role, code });
    }
}

impl ClientContext for SinkContext {
    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.problem(&error, reason);
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.watch.client_log(level, facility, message);
    }
}

impl ProducerContext for SinkContext {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, packed: usize) {
        if let Err((error, _)) = result {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
            self.give_up(Token::unpack(packed), code);
        }
    }
}
