//! The producer: results and dead letters in; what was not delivered out. Its transactions are in `transaction`.
//!
//! A result keeps its record's key, headers and timestamp. Its partition follows from the key as Java's clients choose it
//! (murmur2), so that what was partitioned together stays together, or is that of the input.

use crate::bad_record::BadRecord;
use crate::clients;
use crate::config::{Config, OutputPartition};
use crate::dead_letter::{self, Omitted};
use crate::pipeline::Shared;
use crate::pipeline_error::PipelineError;
use crate::reminder::Reminder;
use crate::stop::Stop;
use crate::telemetry::{Event, PipelineTelemetry};
use crate::topic_facts::{BATCH_HEADER_BYTES, max_message_bytes, topic_metadata};
use crate::waiting::Waiting;
use crate::watch::Watch;
use model_runtime::Metadata;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{
    BorrowedHeaders, BorrowedMessage, DeliveryResult, Header, Headers, Message, OwnedHeaders,
};
use rdkafka::metadata::Metadata as TopicMetadata;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long to sleep between two looks for delivery reports. Rdkafka's own waiting does not serve: `flush` waits up to
/// 100 ms whatever happens, `poll` until its whole time is over, and a poll of 1 ms spins.
const DELIVERY_PAUSE: Duration = Duration::from_micros(200);

/// How long a full queue is given before it is tried again.
const QUEUE_FULL_WAIT: Duration = Duration::from_millis(10);

/// How long deliveries may keep the loop waiting without a word.
const WAIT_PATIENCE: Duration = Duration::from_secs(10);

/// The headers that name the model of a prediction.
const MODEL_HEADER: &str = "model";
/// See [`MODEL_HEADER`].
const DIGEST_HEADER: &str = "model-digest";

/// A producer of results and dead letters.
pub struct Sink {
    /// Shared with a call that may outlive its sink.
    pub(super) producer: Arc<BaseProducer<SinkContext>>,
    pub(super) output: String,
    dead_letter: String,
    output_partition: OutputPartition,
    /// The most bytes of a batch that the topics of results and of dead letters take, where that is known and what is
    /// sent is not compressed.
    bytes_max: [Option<usize>; 2],
    /// Added to every result, where the user asks for it.
    model: Option<&'static Metadata>,
    /// For questions about the brokers.
    admin: ClientConfig,
    pub(super) telemetry: PipelineTelemetry,
    pub(super) stop: Stop,
}

/// A record that was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Which record of the ledger.
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
    /// Makes the producer of a pipeline, or of a replay, which has no model. It connects by itself, in the background.
    pub fn connect(
        config: &Config,
        transactional_id: Option<&str>,
        metadata: Option<&'static Metadata>,
        shared: &Shared,
    ) -> Result<Self, PipelineError> {
        let topics = [config.output.as_str(), config.dead_letter.as_str()];
        let admin = clients::admin(config);
        let bytes_max = max_message_bytes(&admin, topics);
        let client = clients::producer(config, transactional_id, bytes_max.into_iter().flatten().min());
        let is_compressed = client.get("compression.type").is_some_and(|codec| codec != "none");
        let context = SinkContext { watch: Arc::clone(&shared.watch), undelivered: Mutex::default() };
        let producer = client
            .create_with_context(context)
            .map_err(|error| PipelineError::Client { doing: "making the producer", error })?;
        Ok(Self {
            producer: Arc::new(producer),
            output: config.output.clone(),
            dead_letter: config.dead_letter.clone(),
            output_partition: config.output_partition,
            bytes_max: if is_compressed { [None; 2] } else { bytes_max },
            model: metadata.filter(|_| config.prediction_headers),
            admin,
            telemetry: shared.telemetry.clone(),
            stop: shared.stop.clone(),
        })
    }

    /// Sends a record's result: `value` in the place of its own. What can be known at once to be refused is said at
    /// once, everything else by [`Sink::drain`].
    pub fn send_result(
        &self,
        index: usize,
        message: &BorrowedMessage<'_>,
        value: &[u8],
    ) -> Result<(), RDKafkaErrorCode> {
        let mut record = self.record(Token { index, role: Role::Result }, message);
        record.headers = self.result_headers(message);
        record.payload = Some(value);
        if self.output_partition == OutputPartition::Input {
            record.partition = Some(message.partition());
        }
        self.send(Role::Result, record)
    }

    /// Sends a bad record as it came, but for what is to be left out.
    pub fn send_dead_letter(
        &self,
        index: usize,
        message: &BorrowedMessage<'_>,
        bad: &BadRecord,
        omitted: Omitted,
    ) -> Result<(), RDKafkaErrorCode> {
        let mut record = self.record(Token { index, role: Role::DeadLetter }, message);
        record.headers = Some(dead_letter::headers(message, bad, omitted));
        if omitted == Omitted::Nothing {
            record.payload = message.payload();
        }
        if omitted == Omitted::ValueAndTimestamp {
            record.timestamp = None;
        }
        self.send(Role::DeadLetter, record)
    }

    /// Sends the record of a dead letter, as it was before it became one, to this partition of the output.
    pub fn send_again(
        &self,
        index: usize,
        message: &BorrowedMessage<'_>,
        partition: i32,
    ) -> Result<(), RDKafkaErrorCode> {
        let mut record = self.record(Token { index, role: Role::Result }, message);
        record.headers = Some(dead_letter::own_headers(message)).filter(|headers| headers.count() > 0);
        record.payload = message.payload();
        record.partition = Some(partition);
        self.send(Role::Result, record)
    }

    /// The topic of what is sent in this role.
    pub fn topic(&self, role: Role) -> &str {
        match role {
            Role::Result => &self.output,
            Role::DeadLetter => &self.dead_letter,
        }
    }

    /// What the brokers say of a topic, asked by a client of its own: one that is in use may choose a broker that hangs, and
    /// get no answer though others are there.
    pub fn ask_anew(&self, topic: &str) -> KafkaResult<TopicMetadata> {
        topic_metadata(&self.admin, topic)
    }

    /// A broker has done what it was asked for.
    pub fn answered(&self) {
        self.producer.context().watch.answered();
    }

    /// How many records are neither acknowledged nor given up.
    pub fn in_flight(&self) -> i32 {
        self.producer.in_flight_count()
    }

    /// Serves delivery reports, and says whether any record was not delivered.
    pub fn has_undelivered(&self) -> bool {
        self.producer.poll(Duration::ZERO);
        !self.producer.context().lock().is_empty()
    }

    /// Waits until all that was sent is acknowledged or given up; what was given up comes out.
    pub fn drain(&self) -> Result<Vec<Undelivered>, PipelineError> {
        let mut waits = Reminder::after(WAIT_PATIENCE);
        let mut waiting = Waiting::new(self);
        loop {
            self.producer.poll(Duration::ZERO);
            if self.in_flight() == 0 {
                return Ok(std::mem::take(&mut *self.producer.context().lock()));
            }
            thread::sleep(DELIVERY_PAUSE);
            self.telemetry.turned();
            waiting.look();
            if let Some(lasted) = waits.tell(Instant::now()) {
                let (records, seconds) = (self.in_flight(), lasted.as_secs());
                self.telemetry.tell(Event::DeliveryWaits { records, seconds });
            }
            if self.stop.is_overdue() {
                return Err(PipelineError::StoppedUnacknowledged { records: self.in_flight() });
            }
        }
    }

    /// The record's own headers and, where asked for, the model's.
    fn result_headers(&self, message: &BorrowedMessage<'_>) -> Option<OwnedHeaders> {
        let own = message.headers().map(BorrowedHeaders::detach);
        let Some(model) = self.model else { return own };
        let headers = own.unwrap_or_else(|| OwnedHeaders::new_with_capacity(2));
        Some(
            headers
                .insert(Header { key: MODEL_HEADER, value: Some(model.name) })
                .insert(Header { key: DIGEST_HEADER, value: Some(model.source_digest) }),
        )
    }

    /// A record with what of the message every role keeps: its key and its timestamp.
    fn record<'a>(&'a self, token: Token, message: &'a BorrowedMessage<'_>) -> Record<'a> {
        let mut record = Record::with_opaque_to(self.topic(token.role), token.pack());
        record.key = message.key();
        record.timestamp = message.timestamp().to_millis();
        record
    }

    /// Waits while the queue is full, but not for ever: one that is full with nothing in it has no room for this very
    /// record, and after a signal there is a limit.
    fn send(&self, role: Role, mut record: Record<'_>) -> Result<(), RDKafkaErrorCode> {
        if self.bytes_max[role as usize].is_some_and(|bytes_max| bytes_min(&record) > bytes_max) {
            return Err(RDKafkaErrorCode::MessageSizeTooLarge);
        }
        while let Err((error, refused)) = self.producer.send(record) {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
            if code != RDKafkaErrorCode::QueueFull || self.in_flight() == 0 || self.stop.is_overdue() {
                return Err(code);
            }
            record = refused;
            self.producer.poll(QUEUE_FULL_WAIT);
        }
        Ok(())
    }
}

/// A record on its way to the producer.
type Record<'a> = BaseRecord<'a, [u8], [u8], usize>;

/// The least that the record takes as a batch of its own.
fn bytes_min(record: &Record<'_>) -> usize {
    let headers = record.headers.iter().flat_map(Headers::iter);
    let headers: usize = headers.map(|header| header.key.len() + header.value.map_or(0, <[u8]>::len)).sum();
    let payload = record.payload.map_or(0, <[u8]>::len);
    BATCH_HEADER_BYTES + record.key.map_or(0, <[u8]>::len) + payload + headers
}

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
pub struct SinkContext {
    pub(super) watch: Arc<Watch>,
    undelivered: Mutex<Vec<Undelivered>>,
}

impl SinkContext {
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Undelivered>> {
        self.undelivered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for SinkContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.watch.client_log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.problem(&error, reason);
    }
}

impl ProducerContext for SinkContext {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, packed: usize) {
        if let Err((error, _)) = result {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
            let Token { index, role } = Token::unpack(packed);
            self.lock().push(Undelivered { index, role, code });
        }
    }
}
