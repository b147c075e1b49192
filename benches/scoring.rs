//! The time to score a flat row, alone, in batches of 64, 512 and 20,000, and with cold caches, for each model in `models/`; and the
//! floor: its leaves added in order.
//!
//! Hypotheses: of a small model in the straight-line form, bound by mispredicted branches, rows of a batch share no work, so that
//! one takes as long as a row alone; of a larger one in the ranked form a row of 512 takes less than half of that.
//!
//! Rows rotate, 20,000 of them, so that no branch predictor knows them by heart. All are scored before anything is
//! timed, in each size of batch, and compared with the interpreter of the same dump.

use benches::{BATCHES, Dump, Rows, check_scores, configuration, time_batch, time_cold, time_floor};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use model_runtime::{Model, Scratch, models};
use std::hint::black_box;

fn scoring(criterion: &mut Criterion) {
    for &model in models::ALL {
        let metadata = model.metadata();
        let rows = Rows::random(metadata.columns);
        check_scores(model, &Dump::of(metadata), &rows);
        for batch in BATCHES {
            time(criterion, model, &rows, batch);
        }
        let mut scorer = Scorer::new(model, 1);
        let id = BenchmarkId::from_parameter(metadata.name);
        time_cold(criterion, "scoring/one_row_cold", id, &rows, |row| scorer.score(row));
        time_floor(criterion, "scoring/floor", model);
    }
}

/// Times the scoring of so many rows at once.
fn time(criterion: &mut Criterion, model: &'static dyn Model, rows: &Rows, count: usize) {
    let name = if count == 1 { "one_row".to_owned() } else { format!("batch_of_{count}") };
    let mut group = criterion.benchmark_group(format!("scoring/{name}"));
    let mut scorer = Scorer::new(model, count);
    let id = BenchmarkId::from_parameter(model.metadata().name);
    time_batch(&mut group, id, rows, count, |rows| scorer.score(rows));
    group.finish();
}

/// A model, and buffers for so many rows.
struct Scorer {
    model: &'static dyn Model,
    margins: Vec<f64>,
    predictions: Vec<f64>,
    scratch: Scratch,
}

impl Scorer {
    fn new(model: &'static dyn Model, count: usize) -> Self {
        let metadata = model.metadata();
        let margins = vec![0.0; count * metadata.margins];
        let predictions = vec![0.0; count * metadata.predictions()];
        Self { model, margins, predictions, scratch: Scratch::new() }
    }

    fn score(&mut self, rows: &[f64]) {
        let Self { model, margins, predictions, scratch } = self;
        let outcome = model.predictions_with(rows, margins, predictions, scratch);
        // The last row's prediction stands at the end of the buffer; the buffer is written as a whole.
        let _ = black_box((outcome, predictions.last().copied()));
    }
}

criterion_group! { name = benches; config = configuration(); targets = scoring }
criterion_main!(benches);
