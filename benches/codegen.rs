//! The time to turn a dump into Rust, for each model in `models/`.
//!
//! Hypothesis: it grows with the size of the dump and no faster, so that bytes a second of a large dump are those of a
//! small one; what a large model costs at build time is rustc's work.
//!
//! Before anything is timed each dump is generated twice: the same bytes, made of the dump that is compiled in.

use benches::{Dump, configuration};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use model_codegen::{Source, generate};
use model_runtime::{Metadata, models};
use std::hint::black_box;

/// A large dump takes a good part of a second.
const SAMPLES: usize = 20;

fn codegen(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codegen");
    group.sample_size(SAMPLES).sampling_mode(SamplingMode::Flat);
    for model in models::ALL {
        let dump = Dump::of(model.metadata());
        let source = dump.source();
        check(model.metadata(), &source);
        group.throughput(Throughput::Bytes(source.dump.len() as u64));
        group.bench_function(source.name, |bencher| bencher.iter(|| generate(black_box(&source))));
    }
    group.finish();
}

fn check(metadata: &Metadata, source: &Source<'_>) {
    let generated = generate(source).unwrap_or_else(|problems| panic!("{problems}"));
    let again = generate(source);
    assert!(again.as_ref() == Ok(&generated), "{}: the same source, different bytes", source.file);
    let digest = metadata.source_digest;
    assert!(generated.rust.contains(digest), "{}: not the dump {digest} that is compiled in", source.file);
}

criterion_group! { name = benches; config = configuration(); targets = codegen }
criterion_main!(benches);
