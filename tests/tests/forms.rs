//! Every form, every kernel and every batch size gives the same bits.

use acceptance::{models, other_forms, synthetic};
use fastrand::Rng;
use model_runtime::{ColumnKind, Model, forest::Kernels};

/// Every size around those at which kernels change, and some that leave the last block of a batch partly empty.
fn batches() -> impl Iterator<Item = usize> {
    (1..=70).chain([127, 128, 129, 255, 256, 257, 300, 512, 1_000])
}

const ROWS: usize = 1_000;

fn all() -> Vec<&'static dyn Model> {
    [models::ALL, other_forms::ALL, synthetic::ALL].concat()
}

fn margins(model: &dyn Model, rows: &[f64], batch: usize) -> Vec<u64> {
    let metadata = model.metadata();
    let columns = metadata.columns.len();
    let mut margins = vec![0.0; ROWS * metadata.margins];
    let rows = rows.chunks(batch * columns);
    for (rows, margins) in rows.zip(margins.chunks_mut(batch * metadata.margins)) {
        model.margins(rows, margins).expect("whole rows");
    }
    let bits = |number: &f64| if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() };
    margins.iter().map(bits).collect()
}

/// Rows between a column's thresholds and beyond, with some that are missing or no level.
fn rows(model: &dyn Model) -> Vec<f64> {
    let mut random = Rng::with_seed(7);
    let mut rows = Vec::new();
    for _ in 0..ROWS {
        rows.extend(model.metadata().columns.iter().map(|column| match &column.kind {
            _ if random.u8(..) < 30 => f64::NAN,
            ColumnKind::Categorical { domain, .. } => random.usize(..domain.levels.len() + 2) as f64,
            ColumnKind::Numeric { thresholds: Some((least, greatest)) }
                if greatest.is_finite() && least.is_finite() =>
            {
                let share = random.f64() * 1.2 - 0.1;
                (least * (1.0 - share) + greatest * share).round()
            }
            _ => f64::from(random.u8(..80)) - 1.5,
        }));
    }
    rows
}

#[test]
fn forms_and_kernels_and_batch_sizes_agree_to_the_bit() {
    let all = all();
    for straight_line in all.iter().filter(|model| !model.metadata().is_ranked) {
        let metadata = straight_line.metadata();
        if metadata.columns.is_empty() {
            continue;
        }
        let rows = rows(*straight_line);
        let expected = margins(*straight_line, &rows, ROWS);
        let same = |model: &&&dyn Model| {
            model.metadata().is_ranked && model.metadata().source_file == metadata.source_file
        };
        for ranked in all.iter().filter(same) {
            for kernels in Kernels::supported() {
                kernels.use_in_this_thread();
                for batch in batches() {
                    let found = margins(*ranked, &rows, batch);
                    assert!(found == expected, "{}: {kernels:?}, batches of {batch}", ranked.metadata().name);
                }
            }
        }
    }
}

#[test]
fn a_model_of_thousands_of_nodes_is_ranked_and_a_small_one_straight_line_by_default() {
    let is_ranked = |name| models::get(name).expect("a fixture").metadata().is_ranked;
    assert!(is_ranked("house_prices_2"));
    assert!(!is_ranked("house_prices"));
}
