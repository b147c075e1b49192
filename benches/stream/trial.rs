//! One subject at work between two topics, from its start until its output is checked.

use crate::feed::Key;
use crate::process::{Process, cpu_seconds, resident_peak_kib};
use crate::reader::{Reader, read_all};
use crate::results::Checked;
use crate::statistics::CoreShares;
use crate::subject::{Route, Subject};
use crate::{Bench, Outcome};
use std::time::{Duration, Instant};

/// A subject that shows nothing for so long has failed. A virtual machine on a busy core starts in 10 s or so.
const SILENCE_MAX: Duration = Duration::from_mins(1);

/// After the last record that is waited for: what comes in this time is one too many.
const AFTERMATH: Duration = Duration::from_secs(1);

/// A subject that runs.
pub struct Trial<'a> {
    bench: &'a Bench,
    subject: &'static Subject,
    output: String,
    dead_letters: String,
    reader: Reader,
    process: Process,
}

/// What was used up to a moment.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    at: Instant,
    /// Records written to the output by then.
    written: u64,
    subject: f64,
    broker: f64,
    driver: f64,
}

/// What was used between two moments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    pub seconds: f64,
    pub records: u64,
    subject: f64,
    broker: f64,
    driver: f64,
}

/// Runs `measure` with a subject that reads `input`, and removes its topics after.
pub fn run<T>(
    bench: &Bench,
    subject: &'static Subject,
    input: &str,
    measure: impl FnOnce(Trial<'_>) -> Outcome<T>,
) -> Outcome<T> {
    let topics = &bench.topics;
    let (output, dead_letters) = (topics.unique("output"), topics.unique("dead-letters"));
    topics.create(&output)?;
    topics.create(&dead_letters)?;
    let measured = Trial::start(bench, subject, input, &output, &dead_letters).and_then(measure);
    let deleted = topics.delete(&[&output, &dead_letters]);
    measured.and_then(|measured| deleted.map(|()| measured))
}

impl<'a> Trial<'a> {
    fn start(
        bench: &'a Bench,
        subject: &'static Subject,
        input: &str,
        output: &str,
        dead_letters: &str,
    ) -> Outcome<Self> {
        let reader = Reader::open(&bench.arguments.bootstrap_server, output)?;
        reader.await_end()?;
        let group = bench.topics.unique("group");
        let route = Route { input, output, dead_letters, group: &group };
        let command = subject.command(&bench.arguments, &route);
        let process = Process::start(&command, subject.name, &bench.arguments)?;
        let (output, dead_letters) = (output.to_owned(), dead_letters.to_owned());
        Ok(Self { bench, subject, output, dead_letters, reader, process })
    }

    /// The next record that comes out.
    pub fn next(&mut self) -> Outcome<Key> {
        let deadline = Instant::now() + SILENCE_MAX;
        while Instant::now() < deadline {
            if let Some(key) = self.reader.next(Duration::from_millis(100))? {
                return Ok(key);
            }
            self.process.check_runs()?;
        }
        let written = self.bench.topics.written(&self.output)?;
        let dead_letters = self.bench.topics.written(&self.dead_letters)?;
        Err(format!(
            "nothing came out for {} s; {written} records and {dead_letters} dead letters were written",
            SILENCE_MAX.as_secs()
        ))
    }

    /// How long ago it was started, in seconds.
    pub fn seconds(&self) -> f64 {
        self.process.started.elapsed().as_secs_f64()
    }

    /// What was used so far. Counting what is written takes a while, in which the subject goes on: CPU is taken before
    /// and after, and the middle of the two counts.
    pub fn sample(&self) -> Outcome<Sample> {
        let at = Instant::now();
        let before = self.cpu()?;
        let written = self.bench.topics.written(&self.output)?;
        let after = self.cpu()?;
        let [subject, broker, driver] = [0, 1, 2].map(|index| f64::midpoint(before[index], after[index]));
        Ok(Sample { at: at + at.elapsed() / 2, written, subject, broker, driver })
    }

    fn cpu(&self) -> Outcome<[f64; 3]> {
        Ok([
            cpu_seconds(self.process.id())?,
            cpu_seconds(self.bench.arguments.broker_process)?,
            cpu_seconds(std::process::id())?,
        ])
    }

    /// Stops the subject and compares its output with the first `count` records.
    pub fn finish(self, count: usize) -> Outcome<Checked> {
        let until = Instant::now() + AFTERMATH;
        while Instant::now() < until {
            // The check below counts them.
            self.reader.next(Duration::from_millis(100))?;
        }
        let resident_peak_kib = resident_peak_kib(self.process.id())?;
        let exit = self.process.stop()?.to_string();
        let outputs = read_all(&self.bench.arguments.bootstrap_server, &self.output)?;
        let verdict = self.bench.expected.judge(&outputs, count, self.subject.answers);
        Ok(Checked { resident_peak_kib, exit, verdict })
    }
}

impl Sample {
    /// CPU seconds of the subject since its start.
    pub fn subject_cpu_seconds(&self) -> f64 {
        self.subject
    }

    /// What was used since another sample.
    pub fn since(&self, before: &Self) -> Usage {
        Usage {
            seconds: self.at.duration_since(before.at).as_secs_f64(),
            records: self.written.saturating_sub(before.written),
            subject: self.subject - before.subject,
            broker: self.broker - before.broker,
            driver: self.driver - before.driver,
        }
    }
}

impl Usage {
    /// Nothing if no record was written meanwhile.
    pub fn records_per_second(&self) -> Option<f64> {
        (self.records > 0 && self.seconds > 0.0).then(|| self.records as f64 / self.seconds)
    }

    /// Of the subject; nothing if no record was written meanwhile.
    pub fn cpu_microseconds_per_record(&self) -> Option<f64> {
        (self.records > 0).then(|| self.subject * 1e6 / self.records as f64)
    }

    /// Of the broker; nothing if no record was written meanwhile.
    pub fn broker_cpu_microseconds_per_record(&self) -> Option<f64> {
        (self.records > 0).then(|| self.broker * 1e6 / self.records as f64)
    }

    /// How busy each side was.
    pub fn core_shares(&self) -> CoreShares {
        let share = |cpu: f64| if self.seconds > 0.0 { cpu / self.seconds } else { 0.0 };
        CoreShares { subject: share(self.subject), broker: share(self.broker), driver: share(self.driver) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: Instant, written: u64, cpu: f64) -> Sample {
        Sample { at, written, subject: cpu, broker: 2.0 * cpu, driver: cpu / 2.0 }
    }

    #[test]
    fn usage_is_a_difference_of_two_samples() {
        let now = Instant::now();
        let first = sample(now, 1_000, 3.0);
        let last = sample(now + Duration::from_secs(4), 2_001_000, 5.0);
        let usage = last.since(&first);
        assert_eq!(usage.records_per_second(), Some(500_000.0));
        assert_eq!(usage.cpu_microseconds_per_record(), Some(1.0));
        assert_eq!(usage.broker_cpu_microseconds_per_record(), Some(2.0));
        assert_eq!(usage.core_shares(), CoreShares { subject: 0.5, broker: 1.0, driver: 0.25 });
    }

    #[test]
    fn without_records_there_is_nothing_a_record() {
        let now = Instant::now();
        let usage = sample(now, 7, 3.0).since(&sample(now, 7, 3.0));
        assert_eq!(usage.records_per_second(), None);
        assert_eq!(usage.cpu_microseconds_per_record(), None);
        assert_eq!(usage.core_shares(), CoreShares { subject: 0.0, broker: 0.0, driver: 0.0 });
    }
}
