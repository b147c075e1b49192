//! What the benchmarks share: a model's files, random rows and records for it, and the checks that its answers pass
//! before anything is timed.

mod check;
mod dump;
mod records;
mod rows;
pub mod synthetic;
mod timing;

pub use check::{assert_alike, check_margins, check_scores, interpreted_margins};
pub use dump::Dump;
pub use records::records;
pub use rows::{BATCHES, ROWS, Rows};
pub use synthetic::{Shape, module};
pub use timing::{time_batch, time_cold, time_floor, time_margins};

use criterion::Criterion;
use std::time::Duration;

/// Criterion with times under which all benchmarks of two models take about a minute.
pub fn configuration() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4))
}

/// Criterion for many short benchmarks of one kind.
pub fn short_configuration() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}
