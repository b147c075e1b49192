//! The time to turn a JSON record into a flat row, for each model in `models/`.
//!
//! Hypothesis: reading is bound by JSON's syntax, so that bytes a second are alike from model to model; and a record
//! takes longer to read than a small model to score.
//!
//! Records rotate, 20,000 of them, with every column in them. Before anything is timed each one is read and compared
//! with the row that it was written from.

use benches::{ROWS, Rows, assert_alike, configuration, records};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model_runtime::{Metadata, models, record::Reader};
use std::hint::black_box;

fn record(criterion: &mut Criterion) {
    for model in models::ALL {
        let metadata = model.metadata();
        // An object without a field of the model is refused, so that no record fits a model without columns.
        if !metadata.columns.is_empty() {
            time(criterion, metadata);
        }
    }
}

fn time(criterion: &mut Criterion, metadata: &'static Metadata) {
    let rows = Rows::random(metadata.columns);
    let records = records(metadata.columns, &rows);
    let mut reader = Reader::new(metadata, &[]).expect("no field is to be located");
    let mut row = vec![0.0; metadata.columns.len()];
    check(&mut reader, &records, &rows, &mut row);
    let bytes: usize = records.iter().map(Vec::len).sum();
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Bytes((bytes / ROWS) as u64));
    group.bench_function(metadata.name, |bencher| {
        let mut records = records.iter().cycle();
        bencher.iter(|| {
            let record = records.next().expect("an endless round of records");
            black_box(reader.read(black_box(record), &mut row))
        });
    });
    group.finish();
}

fn check(reader: &mut Reader, records: &[Vec<u8>], rows: &Rows, row: &mut [f64]) {
    for (index, record) in records.iter().enumerate() {
        let text = String::from_utf8_lossy(record);
        reader.read(record, row).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_alike(row, rows.row(index), || format!("the row of {text}"));
    }
}

criterion_group! { name = benches; config = configuration(); targets = record }
criterion_main!(benches);
