//! The time to read a JSON record and to splice its prediction in, without the scoring in between.
//!
//! Hypothesis: one pass without a tree of values takes less than half a microsecond for a house of 250 bytes, about
//! twice what `serde_json` takes only to pass over the same text, and several times less than a tree of values.
//!
//! 20,000 houses rotate in batches of 500, with a field that the model does not know and a value missing here and
//! there. Beside them stands what `serde_json` takes for the same houses, to pass over them and with a tree of values.
//! Before anything is timed each spliced house is compared with the house that it was made of and its prediction.

#[path = "stream/houses.rs"]
#[allow(dead_code, unused_imports, reason = "its mean size and its tests are for the benchmark of the loop")]
mod houses;

use benches::configuration;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model_runtime::{Metadata, Model, ShapeError, models};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::hint::black_box;
use stream_app::Scorer;

const HOUSES: usize = 20_000;
const BATCH_RECORDS: usize = 500;
/// The model that houses are for.
const MODEL: &str = "house_prices_2";

/// Has the columns of a model and computes next to nothing: a number with as many digits as a real prediction.
#[derive(Debug)]
struct NextToNothing(&'static Metadata);

impl Model for NextToNothing {
    fn metadata(&self) -> &'static Metadata {
        self.0
    }

    fn margins(&self, rows: &[f64], margins: &mut [f64]) -> Result<(), ShapeError> {
        ShapeError::rows(rows, self.0.columns.len(), margins, self.0.margins)?;
        for (row, margin) in rows.chunks_exact(self.0.columns.len()).zip(margins) {
            *margin = if row[0].is_nan() { 0.1 } else { row[0] * 101.3 / 3.0 };
        }
        Ok(())
    }
}

fn splice(criterion: &mut Criterion) {
    // Another folder of models may lack this one.
    let Some(model) = models::get(MODEL) else { return };
    let model: &'static NextToNothing = Box::leak(Box::new(NextToNothing(model.metadata())));
    let houses = houses::houses(HOUSES);
    let mut scorer = Scorer::new(model, false).expect("the response is no column");
    houses.chunks(BATCH_RECORDS).for_each(|batch| check(&mut scorer, batch));
    let mut group = criterion.benchmark_group("splice");
    group.throughput(Throughput::Elements(BATCH_RECORDS as u64));
    let mut batches = houses.chunks(BATCH_RECORDS).cycle();
    let mut next = || black_box(batches.next().expect("an endless round of batches"));
    group.bench_function("read_and_splice", |bencher| {
        bencher.iter(|| black_box(scorer.score(next()).outcomes().count()));
    });
    group.bench_function("serde_json_passes_over", |bencher| {
        bencher.iter(|| {
            for house in next() {
                black_box(parse::<IgnoredAny>(house));
            }
        });
    });
    group.bench_function("serde_json_tree", |bencher| {
        bencher.iter(|| {
            for house in next() {
                black_box(through_a_tree(model.0, house));
            }
        });
    });
    group.finish();
}

fn parse<'a, T: serde::Deserialize<'a>>(house: &'a str) -> T {
    serde_json::from_str(house).expect("JSON")
}

/// What the loop would do with a tree of values.
fn through_a_tree(metadata: &Metadata, house: &str) -> Vec<u8> {
    let mut value: Value = parse(house);
    let size = value[metadata.columns[0].field].as_f64().unwrap_or(0.1);
    value[metadata.response] = (size * 101.3 / 3.0).into();
    serde_json::to_vec(&value).expect("a Vec takes every byte")
}

fn check(scorer: &mut Scorer, houses: &[String]) {
    let metadata = scorer.metadata();
    for (house, outcome) in houses.iter().zip(scorer.score(houses).outcomes()) {
        let mut expected: Value = parse(house);
        let size = expected["sqft"].as_f64();
        expected[metadata.response] = size.map_or(0.1, |size| size * 101.3 / 3.0).into();
        let result = outcome.unwrap_or_else(|bad| panic!("{house}: {bad}"));
        assert_eq!(serde_json::from_slice::<Value>(result).expect("JSON"), expected, "{house}");
        assert!(result.starts_with(&house.as_bytes()[..house.len() - 1]), "{house} keeps its bytes");
    }
}

criterion_group! { name = benches; config = configuration(); targets = splice }
criterion_main!(benches);
