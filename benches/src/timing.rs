//! What is timed alike of any model: rows at once, a row with cold caches, and the floor.

use crate::rows::{ROWS, Rows};
use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use model_runtime::{Model, Scratch, forest::Kernels};
use std::hint::black_box;

/// Bytes that are read before a row is scored with cold caches: more than the first and second levels hold, and the
/// code is gone from these as well.
const SWEPT: usize = 4 << 20;

/// Bytes of a line of any cache.
const LINE: usize = 64;

/// Rows whose leaves the floor adds: 64 that differ touch nearly every line of the leaves of S, M and L. Of D they touch few, so that
/// its floor is that of warm caches.
const FLOOR_ROWS: usize = 64;

/// Times the scoring of so many rows at once, of [`ROWS`] that rotate.
pub fn time_batch(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    rows: &Rows,
    batch: usize,
    mut score: impl FnMut(&[f64]),
) {
    group.throughput(Throughput::Elements(batch as u64));
    group.bench_function(id, |bencher| {
        let mut first = 0;
        bencher.iter(|| {
            // A last batch that would not be whole is left out.
            first = if first + batch > ROWS { 0 } else { first };
            score(black_box(rows.slice(first, batch)));
            first += batch;
        });
    });
}

/// Times the margins of so many rows at once by some kernels.
pub fn time_margins(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    (model, kernels): (&dyn Model, &'static Kernels),
    rows: &Rows,
    batch: usize,
) {
    let mut scratch = Scratch::with_kernels(kernels);
    let mut margins = vec![0.0; batch * model.metadata().margins];
    time_batch(group, id, rows, batch, |rows| {
        let outcome = model.margins_with(rows, &mut margins, &mut scratch);
        let _ = black_box((outcome, margins.last().copied()));
    });
}

/// Times the scoring of a row, of [`ROWS`] that rotate, with cold caches.
pub fn time_cold(
    criterion: &mut Criterion,
    group: &str,
    id: BenchmarkId,
    rows: &Rows,
    mut score: impl FnMut(&[f64]),
) {
    let mut swept = vec![1_u8; SWEPT];
    let mut group = criterion.benchmark_group(group);
    group.bench_function(id, |bencher| {
        let mut first = 0;
        let sweep = || {
            swept.iter_mut().step_by(LINE).for_each(|byte| *byte = byte.wrapping_add(1));
            black_box(&swept);
            // The row itself was just written, as one is that a reader has read.
            let row = rows.row(first).to_vec();
            first = (first + 1) % ROWS;
            row
        };
        bencher.iter_batched_ref(sweep, |row| score(row), BatchSize::PerIteration);
    });
    group.finish();
}

/// The least that a row can take: as many numbers added in order as the model has trees. Once they follow one another in
/// the nearest cache; once they are leaves, a random one of each tree, as known beforehand.
pub fn time_floor(criterion: &mut Criterion, group: &str, model: &dyn Model) {
    let metadata = model.metadata();
    let (name, trees, leaves) = (metadata.name, metadata.trees, metadata.leaves / metadata.trees);
    if metadata.trainer == "XGBoost" {
        time_additions::<f32>(criterion, group, name, trees, leaves);
    } else {
        time_additions::<f64>(criterion, group, name, trees, leaves);
    }
}

fn time_additions<N: Copy + Default + From<u8> + std::ops::AddAssign>(
    criterion: &mut Criterion,
    group: &str,
    name: &str,
    trees: usize,
    leaves: usize,
) {
    let mut group = criterion.benchmark_group(group);
    let numbers: Vec<N> = (0..trees * leaves).map(|index| N::from(index as u8)).collect();
    group.bench_function(BenchmarkId::new(name, "additions"), |bencher| {
        bencher.iter(|| {
            let mut sum = N::default();
            black_box(&numbers)[..trees].iter().for_each(|number| sum += *number);
            black_box(sum)
        });
    });
    let mut random = fastrand::Rng::with_seed(1);
    let places: Vec<u32> = (0..FLOOR_ROWS * trees)
        .map(|index| (index % trees * leaves + random.usize(..leaves)) as u32)
        .collect();
    group.bench_function(BenchmarkId::new(name, "leaves"), |bencher| {
        let mut first = 0;
        bencher.iter(|| {
            let places = &places[first * trees..][..trees];
            first = (first + 1) % FLOOR_ROWS;
            let mut sum = N::default();
            for place in places {
                sum += black_box(&numbers)[*place as usize];
            }
            black_box(sum)
        });
    });
    group.finish();
}
