//! The time to score a flat row, alone and in a batch of 1,000, for each model in `models/`.
//!
//! Hypothesis: straight-line code is bound by mispredicted branches. A row then takes a time that grows with trees and
//! depth, and rows of a batch share no work: a batch takes 1,000 times a row's time, less the cost of the call.
//!
//! Rows rotate, 20,000 of them, so that no branch predictor knows them by heart. All are scored before anything is
//! timed, and compared with the interpreter of the same dump.

use benches::{BATCH_ROWS, Dump, ROWS, Rows, check_scores, configuration};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model_runtime::{Model, models};
use std::hint::black_box;

fn scoring(criterion: &mut Criterion) {
    for &model in models::ALL {
        let rows = Rows::random(model.metadata().columns);
        check_scores(model, &Dump::of(model.metadata()), &rows);
        time(criterion, "one_row", model, &rows, 1);
        time(criterion, "batch_of_1000", model, &rows, BATCH_ROWS);
    }
}

/// Times the scoring of so many rows at once.
fn time(criterion: &mut Criterion, name: &str, model: &'static dyn Model, rows: &Rows, count: usize) {
    let metadata = model.metadata();
    let mut margins = vec![0.0; count * metadata.margins];
    let mut predictions = vec![0.0; count * metadata.predictions()];
    let mut group = criterion.benchmark_group(format!("scoring/{name}"));
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function(metadata.name, |bencher| {
        let mut first = 0;
        bencher.iter(|| {
            let rows = black_box(rows.slice(first, count));
            first = (first + count) % ROWS;
            let outcome = model.predictions(rows, &mut margins, &mut predictions);
            // The last row's prediction stands at the end of the buffer; the buffer is written as a whole.
            black_box((outcome, predictions.last().copied()))
        });
    });
    group.finish();
}

criterion_group! { name = benches; config = configuration(); targets = scoring }
criterion_main!(benches);
