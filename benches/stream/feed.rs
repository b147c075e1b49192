//! Writes houses to a topic: all at once, or at a pace.

use crate::topics::PARTITIONS;
use crate::{Bench, Outcome};
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The last records have to be acknowledged in this time.
const FLUSH_TIMEOUT: Duration = Duration::from_mins(1);

/// Between two looks at what is due. Records come in small groups of this length, as they do from a network.
const TICK: Duration = Duration::from_millis(1);

/// A record's key: its number, and when it was sent in nanoseconds on the benchmark's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub number: u64,
    pub sent: u64,
}

impl Key {
    /// As it stands in a record.
    pub fn bytes(self) -> [u8; 16] {
        (u128::from(self.number) << 64 | u128::from(self.sent)).to_be_bytes()
    }

    /// Of a record's key, if it is one of ours.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let both = u128::from_be_bytes(bytes.try_into().ok()?);
        Some(Self { number: (both >> 64) as u64, sent: both as u64 })
    }

    /// The input's partition that it is written to.
    pub fn partition(self) -> i32 {
        (self.number % PARTITIONS as u64) as i32
    }
}

/// Writes the first `count` houses as fast as the broker takes them, and sees them there.
pub fn all(bench: &Bench, topic: &str, count: usize) -> Outcome<()> {
    let producer = producer(bench, "100")?;
    for number in 0..count {
        send(bench, &producer, topic, number)?;
    }
    finish(bench, &producer, topic, count)
}

/// Writes the first house alone.
pub fn first(bench: &Bench, topic: &str) -> Outcome<()> {
    let producer = producer(bench, "0")?;
    send(bench, &producer, topic, 0)?;
    finish(bench, &producer, topic, 1)
}

/// Writes the houses from the second on, so many a second. Returns by how much the latest was sent behind its time.
pub fn at_pace(bench: &Bench, topic: &str) -> Outcome<Duration> {
    let (rate, count) = (bench.arguments.rate as f64, bench.arguments.paced_records());
    let producer = producer(bench, "0")?;
    let start = Instant::now();
    let mut latest = Duration::ZERO;
    let mut number = 1;
    while number < count {
        let due = 1 + (start.elapsed().as_secs_f64() * rate) as usize;
        while number < due.min(count) {
            let lateness = start.elapsed().saturating_sub(Duration::from_secs_f64(number as f64 / rate));
            latest = latest.max(lateness);
            send(bench, &producer, topic, number)?;
            number += 1;
        }
        producer.poll(Duration::ZERO);
        sleep(TICK);
    }
    finish(bench, &producer, topic, count)?;
    Ok(latest)
}

fn producer(bench: &Bench, linger_milliseconds: &str) -> Outcome<BaseProducer> {
    ClientConfig::new()
        .set("bootstrap.servers", &bench.arguments.bootstrap_server)
        // Nothing may be written twice or out of order before a subject sees it.
        .set("enable.idempotence", "true")
        .set("linger.ms", linger_milliseconds)
        .create()
        .map_err(|error| format!("no producer: {error}"))
}

fn send(bench: &Bench, producer: &BaseProducer, topic: &str, number: usize) -> Outcome<()> {
    let key = Key { number: number as u64, sent: bench.clock.elapsed().as_nanos() as u64 };
    let bytes = key.bytes();
    let mut record =
        BaseRecord::to(topic).key(&bytes).payload(&bench.expected.houses[number]).partition(key.partition());
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                record = refused;
                producer.poll(Duration::from_millis(10));
            }
            Err((error, _)) => return Err(format!("can't write to {topic}: {error}")),
        }
    }
}

fn finish(bench: &Bench, producer: &BaseProducer, topic: &str, count: usize) -> Outcome<()> {
    producer.flush(FLUSH_TIMEOUT).map_err(|error| format!("can't write to {topic}: {error}"))?;
    let written = bench.topics.written(topic)?;
    if written == count as u64 {
        Ok(())
    } else {
        Err(format!("{topic} has {written} records where {count} were written"))
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_comes_back_from_its_bytes() {
        let key = Key { number: 7, sent: u64::MAX - 1 };
        assert_eq!(Key::from_bytes(&key.bytes()), Some(key));
        assert_eq!(Key::from_bytes(b"seven"), None);
        assert_eq!(key.partition(), 1);
    }
}
