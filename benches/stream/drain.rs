//! A topic full of records, and a subject that is started to work it off: records a second and CPU a record.
//!
//! The whole is from the first output to the last; the second half of it is taken for itself, in which a virtual
//! machine has compiled what it runs. What was used before the first output is the start.

use crate::results::Drain;
use crate::subject::Subject;
use crate::trial::{self, Trial};
use crate::{Bench, Outcome};

/// Measures one subject.
pub fn measure(bench: &Bench, subject: &'static Subject, input: &str) -> Outcome<Drain> {
    trial::run(bench, subject, input, |trial| drain(trial, bench.arguments.records))
}

fn drain(mut trial: Trial<'_>, count: usize) -> Outcome<Drain> {
    trial.next()?;
    let first_output_seconds = trial.seconds();
    let first = trial.sample()?;
    for _ in 1..count / 2 {
        trial.next()?;
    }
    let half = trial.sample()?;
    for _ in (count / 2).max(1)..count {
        trial.next()?;
    }
    let last = trial.sample()?;
    let checked = trial.finish(count)?;
    let (whole, second_half) = (last.since(&first), last.since(&half));
    Ok(Drain {
        first_output_seconds,
        start_cpu_seconds: first.subject_cpu_seconds(),
        seconds: whole.seconds,
        records_per_second: whole.records_per_second(),
        second_half_records_per_second: second_half.records_per_second(),
        cpu_microseconds_per_record: whole.cpu_microseconds_per_record(),
        second_half_cpu_microseconds_per_record: second_half.cpu_microseconds_per_record(),
        cpu_microseconds_per_record_with_start: last.subject_cpu_seconds() * 1e6 / count as f64,
        broker_cpu_microseconds_per_record: whole.broker_cpu_microseconds_per_record(),
        core_shares: whole.core_shares(),
        checked,
    })
}
