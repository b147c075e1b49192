//! The records that flow in at a pace, and what has to come out of them.

use super::oracle::Log;
use super::stage::{PARTITIONS, Stage};
use crate::kafka::Record;
use crate::process::App;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, Producer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// One record in so many is bad.
const BAD_EVERY: usize = 50;

/// A node may be away for a while, and nothing may be given up for it.
const DELIVERY_TIMEOUT: Duration = Duration::from_mins(10);

/// A request for every record would keep three brokers busier than all that the campaign is about.
const LINGER_MS: &str = "50";

/// A writer on a thread of its own.
pub struct Feed {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Feed {
    /// Writes so many records a second, at least `records_min` and until it is stopped.
    pub fn start(stage: &Stage<'_>, records_min: usize, rate: f64) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let mut config = stage.kafka.client_config();
        config.set("enable.idempotence", "true");
        config.set("message.timeout.ms", DELIVERY_TIMEOUT.as_millis().to_string());
        config.set("linger.ms", LINGER_MS);
        let producer: BaseProducer = config.create().expect("valid");
        let (topic, stop) = (stage.input.clone(), Arc::clone(&enough));
        let thread = thread::spawn(move || {
            let (start, mut number) = (Instant::now(), 0);
            while number < records_min || !stop.load(Ordering::Relaxed) {
                while number < (start.elapsed().as_secs_f64() * rate) as usize {
                    write(&producer, &topic, &record(number));
                    number += 1;
                }
                producer.poll(Duration::from_millis(5));
            }
            producer.flush(DELIVERY_TIMEOUT).expect("the brokers acknowledge");
            number
        });
        Self { enough, thread }
    }

    /// Ends the writing once there are enough; says how many there are.
    pub fn finish(self) -> usize {
        self.enough.store(true, Ordering::Relaxed);
        self.thread.join().expect("the feeder does not panic")
    }
}

fn write(producer: &BaseProducer, topic: &str, record: &Record) {
    let mut sending = record.to_send(topic);
    while let Err((error, unsent)) = producer.send(sending) {
        let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
        assert_eq!(error, full, "a record can't be sent");
        producer.poll(Duration::from_millis(10));
        sending = unsent;
    }
}

/// The record with this number, which is in its value and in no other.
pub fn record(number: usize) -> Record {
    let value = if is_bad(number) {
        format!(r#"{{"id": {number}, "sqft": "large"}}"#)
    } else {
        let (area, bedrooms, pool) = (800 + number * 37 % 3_000, number % 6, number.is_multiple_of(2));
        format!(r#"{{"id": {number}, "sqft": {area}, "number_bedrooms": {bedrooms}, "has_pool": {pool}}}"#)
    };
    Record::new(format!("house-{number}"), value).in_partition(partition(number))
}

fn partition(number: usize) -> i32 {
    i32::try_from(number).expect("a test's record") % PARTITIONS
}

/// Spread over all partitions.
fn is_bad(number: usize) -> bool {
    number % BAD_EVERY == number / BAD_EVERY % BAD_EVERY
}

/// What has to come out: the results, each in its record's partition; and the dead letters, by the partition that they
/// came from, each after its offset there.
pub fn expected(records: usize) -> (Log, Log) {
    let (mut results, mut letters) = (Log::new(), Log::new());
    let good: Vec<usize> = (0..records).filter(|&number| !is_bad(number)).collect();
    let lines: Vec<String> = good.iter().map(|&number| record(number).text().to_owned()).collect();
    let score = App::start(&["score", "--model", "house_prices"]).write(&lines.join("\n")).finish();
    assert_eq!(score.code, Some(0), "{}", score.stderr);
    let scored: Vec<&str> = score.stdout.lines().collect();
    assert_eq!(scored.len(), good.len());
    for (&number, line) in good.iter().zip(scored) {
        results.entry(partition(number)).or_default().push(line.as_bytes().to_vec());
    }
    for number in (0..records).filter(|&number| is_bad(number)) {
        let offset = number / usize::try_from(PARTITIONS).expect("a few");
        let letter = letter(&offset.to_string(), record(number).text().as_bytes());
        letters.entry(partition(number)).or_default().push(letter);
    }
    (results, letters)
}

/// A dead letter in a log: where it came from, and its bytes.
pub fn letter(offset: &str, value: &[u8]) -> Vec<u8> {
    [offset.as_bytes(), b" ", value].concat()
}
