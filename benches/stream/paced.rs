//! Records that come at a pace: latency and peak memory.
//!
//! A latency is from just before a record is given to the producer until a `read_committed` reader has it, on one clock.
//! The first record is sent alone, so that no latency contains the subject's start. Percentiles leave out the first
//! sixth of the time, in which a virtual machine still compiles; with it they are reported as well.

use crate::results::{Latency, Paced};
use crate::statistics::percentile;
use crate::subject::Subject;
use crate::trial::{self, Trial};
use crate::{Bench, Outcome, feed};
use std::thread;
use std::time::Duration;

/// One part in so many of the records is warm-up.
const WARM_UP_PARTS: usize = 6;

/// Measures one subject.
pub fn measure(bench: &Bench, subject: &'static Subject) -> Outcome<Paced> {
    let input = bench.topics.unique("paced-input");
    bench.topics.create(&input)?;
    let measured = trial::run(bench, subject, &input, |trial| pace(bench, trial, &input));
    let deleted = bench.topics.delete(&[&input]);
    measured.and_then(|measured| deleted.map(|()| measured))
}

fn pace(bench: &Bench, mut trial: Trial<'_>, input: &str) -> Outcome<Paced> {
    feed::first(bench, input)?;
    trial.next()?;
    let start = trial.sample()?;
    let (latencies, latest) = thread::scope(|scope| {
        let feeder = scope.spawn(|| feed::at_pace(bench, input));
        let latencies = latencies(bench, &mut trial);
        let latest = feeder.join().map_err(|_| "the feeder panicked".to_owned()).flatten();
        Ok::<_, String>((latencies?, latest?))
    })?;
    let usage = trial.sample()?.since(&start);
    let count = bench.arguments.paced_records();
    let checked = trial.finish(count)?;
    let warm_up = count / WARM_UP_PARTS;
    let warm = latencies.iter().filter(|(number, _)| *number >= warm_up as u64);
    Ok(Paced {
        latency: summary(warm.map(|(_, latency)| *latency)),
        latency_with_warm_up: summary(latencies.iter().map(|(_, latency)| *latency)),
        feeder_latest_milliseconds: milliseconds(latest.as_nanos() as u64),
        cpu_microseconds_per_record: usage.cpu_microseconds_per_record(),
        core_shares: usage.core_shares(),
        checked,
    })
}

/// Numbers of records, and the nanoseconds that each took.
fn latencies(bench: &Bench, trial: &mut Trial<'_>) -> Outcome<Vec<(u64, u64)>> {
    let count = bench.arguments.paced_records();
    let mut latencies = Vec::with_capacity(count);
    for _ in 1..count {
        let key = trial.next()?;
        let now = bench.clock.elapsed().as_nanos() as u64;
        latencies.push((key.number, now.saturating_sub(key.sent)));
    }
    Ok(latencies)
}

fn summary(latencies: impl Iterator<Item = u64>) -> Latency {
    let mut sorted: Vec<u64> = latencies.collect();
    sorted.sort_unstable();
    let at = |share| milliseconds(percentile(&sorted, share));
    Latency { p50: at(0.5), p99: at(0.99), max: at(1.0) }
}

fn milliseconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::{Latency, summary};

    #[test]
    fn latencies_are_summed_up_in_milliseconds_whatever_their_order() {
        let latency = summary((1..=100).rev().map(|milliseconds| milliseconds * 1_000_000));
        assert_eq!(latency, Latency { p50: 50.0, p99: 99.0, max: 100.0 });
    }
}
