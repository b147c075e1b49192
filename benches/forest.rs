//! The time that the ranked form takes for made-up models of the sizes that people have: a row, batches, a row with cold
//! caches, by each of the kernels that this processor can run; the floor beside them; and the generator's time.
//!
//! Hypotheses: a row takes at most three times as long as adding up its leaves in order does; rows of a batch share the work
//! of comparing, so that a row of 512 takes less than half of a row alone.
//!
//! Rows rotate, 20,000 of them. Before anything is timed each kernel has scored them all, one by one and in each size of
//! batch, to the bit as the interpreter of the same dump did.

use benches::{
    BATCHES, ROWS, Rows, Shape, check_margins, interpreted_margins, module, short_configuration,
    synthetic::SIZES, time_floor, time_margins,
};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use model_codegen::{Source, generate};
use model_runtime::{Model, Scratch, forest::Kernels};
use std::hint::black_box;

#[allow(missing_docs, reason = "generated")]
mod models {
    include!(concat!(env!("OUT_DIR"), "/forest.rs"));
}

/// Rows around the counts at which a kernel works otherwise, and the models whose times show whether it does so where they cross. A
/// block of filled trees takes about the same time for any count, rows one by one a time each. Sixteen rows walk side by side through
/// a tree of any shape; up to 12 that are left over walk through sixteen trees of `d` at once instead. From 125 rows on a tree of `d`
/// is read before.
const SWITCHES: [(&[&str], &[usize]); 2] =
    [(&["s", "m", "l"], &[8, 23, 24, 35, 36, 39, 40, 63]), (&["d"], &[12, 13, 28, 29, 124, 125])];

/// The largest dump takes the generator more than a second.
const CODEGEN_SAMPLES: usize = 10;

fn forest(criterion: &mut Criterion) {
    // As Criterion takes these words: without `--bench`, which Cargo adds, it is a test as well.
    let has = |word| std::env::args().any(|argument| argument == word);
    let is_timed = has("--bench") && !has("--test");
    for shape in &SIZES {
        if !is_timed && shape.is_large() {
            println!(
                "forest: {} is not checked with --test, as it is large; cargo bench does before it times it",
                shape.name
            );
            continue;
        }
        let model = models::get(&module(shape, "auto")).expect("the build script compiled it");
        let rows = Rows::new(shape.rows(ROWS));
        let dump = shape.dump();
        let source =
            Source { name: shape.name, file: model.metadata().source_file, dump: &dump, configuration: None };
        check(model, &source, &rows);
        for kernels in Kernels::supported() {
            time_batches(criterion, model, kernels, &rows, &BATCHES);
            time_batches(criterion, model, kernels, &rows, &switches(shape));
            time_cold(criterion, model, kernels, &rows);
        }
        time_floor(criterion, "forest/floor", model);
        time_codegen(criterion, &source);
    }
}

/// The sizes of batches around which a model's kernels work otherwise.
fn switches(shape: &Shape) -> Vec<usize> {
    let of_shape = SWITCHES.iter().filter(|(names, _)| names.contains(&shape.name));
    of_shape.flat_map(|(_, batches)| *batches).copied().collect()
}

/// Checks every kernel's answers, in every size of batch.
fn check(model: &dyn Model, source: &Source<'_>, rows: &Rows) {
    // At those of other models too: kernels change there for this one as well, though it is not timed.
    let of_all = SWITCHES.iter().flat_map(|(_, batches)| *batches);
    let batches: Vec<usize> = BATCHES.iter().chain(of_all).copied().collect();
    let expected = interpreted_margins(source, rows);
    for kernels in Kernels::supported() {
        for &batch in &batches {
            check_margins(model, kernels, rows, batch, &expected);
        }
    }
}

fn time_batches(
    criterion: &mut Criterion,
    model: &dyn Model,
    kernels: &'static Kernels,
    rows: &Rows,
    batches: &[usize],
) {
    for &batch in batches {
        let group = match batch {
            1 => "one_row".to_owned(),
            _ if BATCHES.contains(&batch) => format!("batch_of_{batch}"),
            _ => format!("switch_{batch}"),
        };
        let mut group = criterion.benchmark_group(format!("forest/{group}"));
        group.sampling_mode(SamplingMode::Flat);
        let id = BenchmarkId::new(model.metadata().name, kernels.name());
        time_margins(&mut group, id, (model, kernels), rows, batch);
        group.finish();
    }
}

fn time_cold(criterion: &mut Criterion, model: &dyn Model, kernels: &'static Kernels, rows: &Rows) {
    let mut scratch = Scratch::with_kernels(kernels);
    let mut margin = [0.0];
    let id = BenchmarkId::new(model.metadata().name, kernels.name());
    benches::time_cold(criterion, "forest/one_row_cold", id, rows, |row| {
        let outcome = model.margins_with(row, &mut margin, &mut scratch);
        let _ = black_box((outcome, margin[0]));
    });
}

fn time_codegen(criterion: &mut Criterion, source: &Source<'_>) {
    let mut group = criterion.benchmark_group("forest/codegen");
    group.sample_size(CODEGEN_SAMPLES).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Bytes(source.dump.len() as u64));
    let generated = generate(source).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(generate(source).as_ref() == Ok(&generated), "{}: the same source, different bytes", source.name);
    group.bench_function(source.name, |bencher| bencher.iter(|| generate(black_box(source))));
    group.finish();
}

criterion_group! { name = benches; config = short_configuration(); targets = forest }
criterion_main!(benches);
