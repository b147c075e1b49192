//! The time that small models take in either form of scoring code: what `form = "auto"` decides by.
//!
//! Hypothesis: straight-line code takes a mispredicted branch or so a tree and nothing beside, the ranked form the ranks of
//! all features and then next to nothing a tree. So they cross once, at so many nodes for a row alone and at fewer in a batch.

use benches::{ROWS, assert_alike, module, short_configuration, synthetic::SMALL};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use model_codegen::{Source, ir::Interpreter, understand};
use model_runtime::{Model, Scratch, forest::Kernels};
use std::hint::black_box;

#[allow(missing_docs, reason = "generated")]
mod models {
    include!(concat!(env!("OUT_DIR"), "/forms.rs"));
}

const BATCHES: [usize; 2] = [1, 512];

fn forms(criterion: &mut Criterion) {
    for shape in &SMALL {
        let rows = shape.rows(ROWS);
        let width = rows.len() / ROWS;
        let dump = shape.dump();
        let source = Source { name: shape.name, file: "", dump: &dump, configuration: None };
        let parsed = understand(&source).unwrap_or_else(|problems| panic!("{problems}"));
        let interpreter = Interpreter::new(&parsed.ensemble);
        let margin_of = |row: &[f64]| interpreter.margins(row).expect("the row is as wide as the model")[0];
        let expected: Vec<f64> = rows.chunks(width).map(margin_of).collect();
        let nodes = parsed.ensemble.node_count();
        let model = |form| models::get(&module(shape, form)).expect("the build script compiled it");
        let portable = Kernels::supported().next().expect("the portable ones");
        let ranked = model("ranked");
        let mut timed = vec![("straight-line", model("straight-line"), portable)];
        timed.extend(Kernels::supported().map(|kernels| (kernels.name(), ranked, kernels)));
        for (name, model, kernels) in timed {
            let mut scratch = Scratch::with_kernels(kernels);
            for batch in BATCHES {
                let mut found = vec![0.0; ROWS];
                for (rows, margins) in rows.chunks(batch * width).zip(found.chunks_mut(batch)) {
                    model.margins_with(rows, margins, &mut scratch).expect("a margin for each row");
                }
                assert_alike(&found, &expected, || format!("{}: {name}, {batch} rows at once", shape.name));
                let mut group = criterion.benchmark_group(format!("forms/batch_of_{batch}"));
                group.throughput(Throughput::Elements(batch as u64)).sampling_mode(SamplingMode::Flat);
                group.bench_function(BenchmarkId::new(name, nodes), |bencher| {
                    time(bencher, model, &rows, batch, &mut scratch);
                });
                group.finish();
            }
        }
    }
}

fn time(
    bencher: &mut criterion::Bencher<'_>,
    model: &dyn Model,
    rows: &[f64],
    batch: usize,
    scratch: &mut Scratch,
) {
    let width = rows.len() / ROWS;
    let mut margins = vec![0.0; batch];
    let mut first = 0;
    bencher.iter(|| {
        first = if first + batch > ROWS { 0 } else { first };
        let rows = black_box(&rows[first * width..][..batch * width]);
        first += batch;
        let outcome = model.margins_with(rows, &mut margins, scratch);
        black_box((outcome, margins[batch - 1]))
    });
}

criterion_group! { name = benches; config = short_configuration(); targets = forms }
criterion_main!(benches);
