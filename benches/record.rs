//! The time to turn a JSON record into a flat row, for each model in `models/`.
//!
//! Hypothesis: reading is bound by JSON's syntax, so that bytes a second are alike from model to model; and a record
//! takes longer to read than a small model to score.
//!
//! Records rotate, 20,000 of them, with every column in them: as they are, and with fields of others around the
//! model's. Before anything is timed each one is read and compared with the row that it was written from.

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
    let plain = records(metadata.columns, &rows);
    let others =
        plain.iter().enumerate().map(|(index, record)| with_other_fields(index, record)).collect::<Vec<_>>();
    time_records(criterion, metadata, metadata.name, &rows, &plain);
    time_records(criterion, metadata, &format!("{}, other fields", metadata.name), &rows, &others);
}

/// The same record with fields that the model does not read.
fn with_other_fields(index: usize, record: &[u8]) -> Vec<u8> {
    let inner = record.strip_prefix(b"{").and_then(|record| record.strip_suffix(b"}")).expect("an object");
    let inner = std::str::from_utf8(inner).expect("JSON");
    let day = index % 28 + 1;
    format!("{{\"id\":\"house-{index}\",{inner},\"city\":\"Oslo\",\"listed\":\"2026-01-{day:02}\"}}")
        .into_bytes()
}

fn time_records(
    criterion: &mut Criterion,
    metadata: &'static Metadata,
    name: &str,
    rows: &Rows,
    records: &[Vec<u8>],
) {
    let mut reader = Reader::new(metadata, &[]).expect("no field is to be located");
    let mut row = vec![0.0; metadata.columns.len()];
    check(&mut reader, records, rows, &mut row);
    let bytes: usize = records.iter().map(Vec::len).sum();
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Bytes((bytes / ROWS) as u64));
    group.bench_function(name, |bencher| {
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
