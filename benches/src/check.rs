//! Answers are checked before they are timed: a fast wrong answer is no result.

use crate::{
    dump::Dump,
    rows::{BATCHES, ROWS, Rows},
};
use model_codegen::{Source, ir::Interpreter, understand};
use model_runtime::{Model, Scratch, forest::Kernels};

/// Checks that the compiled code answers as the interpreter of the same dump does, to the bit, in each size of batch.
///
/// # Panics
/// If an answer differs, or the dump is not sound.
pub fn check_scores(model: &dyn Model, dump: &Dump, rows: &Rows) {
    let name = model.metadata().name;
    let parsed = understand(&dump.source()).unwrap_or_else(|problems| panic!("{problems}"));
    let interpreter = Interpreter::new(&parsed.ensemble);
    let (mut expected_margins, mut expected_predictions) = (Vec::new(), Vec::new());
    for row in (0..ROWS).map(|index| rows.row(index)) {
        expected_margins.extend(interpreter.margins(row).expect("the row is as wide as the model"));
        expected_predictions.extend(interpreter.predict(row).expect("the row is as wide as the model"));
    }
    for batch in BATCHES {
        let (mut margins, mut predictions) = (Vec::new(), Vec::new());
        for first in (0..ROWS).step_by(batch) {
            let count = batch.min(ROWS - first);
            let (of_batch, predictions_of_batch) = score(model, rows.slice(first, count), count);
            margins.extend(of_batch);
            predictions.extend(predictions_of_batch);
        }
        assert_alike(&margins, &expected_margins, || {
            format!("{name}: margins, {batch} rows at once, interpreted")
        });
        assert_alike(&predictions, &expected_predictions, || {
            format!("{name}: predictions, {batch} rows at once, interpreted")
        });
    }
}

/// The margins of all rows as the interpreter of a dump gives them.
///
/// # Panics
/// If the dump is not sound.
pub fn interpreted_margins(source: &Source<'_>, rows: &Rows) -> Vec<f64> {
    let parsed = understand(source).unwrap_or_else(|problems| panic!("{problems}"));
    let interpreter = Interpreter::new(&parsed.ensemble);
    let margins = |index| interpreter.margins(rows.row(index)).expect("the row is as wide as the model");
    (0..ROWS).flat_map(margins).collect()
}

/// Checks that some kernels give all rows these margins, so many rows at once.
///
/// # Panics
/// If one differs.
pub fn check_margins(
    model: &dyn Model,
    kernels: &'static Kernels,
    rows: &Rows,
    batch: usize,
    expected: &[f64],
) {
    let mut scratch = Scratch::with_kernels(kernels);
    let mut found = vec![0.0; expected.len()];
    for (index, margins) in found.chunks_mut(batch * model.metadata().margins).enumerate() {
        let rows = rows.slice(index * batch, batch.min(ROWS - index * batch));
        model.margins_with(rows, margins, &mut scratch).expect("margins for each row");
    }
    assert_alike(&found, expected, || {
        format!("{}: {kernels:?}, {batch} rows at once, interpreted", model.metadata().name)
    });
}

fn score(model: &dyn Model, rows: &[f64], count: usize) -> (Vec<f64>, Vec<f64>) {
    let metadata = model.metadata();
    let mut margins = vec![0.0; count * metadata.margins];
    let mut predictions = vec![0.0; count * metadata.predictions()];
    model.predictions(rows, &mut margins, &mut predictions).expect("the buffers fit the rows");
    (margins, predictions)
}

/// Checks that numbers agree in every bit, NaN with any NaN.
///
/// # Panics
/// If they differ, with the first pair that does.
pub fn assert_alike(found: &[f64], expected: &[f64], what: impl Fn() -> String) {
    assert_eq!(found.len(), expected.len(), "{}: a different count of numbers", what());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let alike = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
        assert!(alike, "{}: number {index} is {found:?} where {expected:?} is expected", what());
    }
}

#[cfg(test)]
mod tests {
    use super::assert_alike;

    #[test]
    fn every_nan_is_alike() {
        assert_alike(&[1.0, -f64::NAN], &[1.0, f64::NAN], String::new);
    }

    #[test]
    #[should_panic(expected = "here: number 1 is 0.0 where -0.0 is expected")]
    fn a_bit_that_differs_is_named() {
        assert_alike(&[1.0, 0.0], &[1.0, -0.0], || "here".to_owned());
    }
}
