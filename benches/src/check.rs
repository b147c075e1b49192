//! Answers are checked before they are timed: a fast wrong answer is no result.

use crate::{
    dump::Dump,
    rows::{BATCH_ROWS, ROWS, Rows},
};
use model_codegen::{ir::Interpreter, understand};
use model_runtime::Model;

/// Checks that the compiled code answers as the interpreter of the same dump does, to the bit, and that a batch is
/// scored like its rows.
///
/// # Panics
/// If an answer differs, or the dump is not sound.
pub fn check_scores(model: &dyn Model, dump: &Dump, rows: &Rows) {
    let name = model.metadata().name;
    let parsed = understand(&dump.source()).unwrap_or_else(|problems| panic!("{problems}"));
    let interpreter = Interpreter::new(&parsed.ensemble);
    for first in (0..ROWS).step_by(BATCH_ROWS) {
        let (batch_margins, batch_predictions) = score(model, rows.slice(first, BATCH_ROWS), BATCH_ROWS);
        let (mut margins, mut predictions) = (Vec::new(), Vec::new());
        for index in first..first + BATCH_ROWS {
            let row = rows.row(index);
            let (row_margins, row_predictions) = score(model, row, 1);
            let expected = interpreter.margins(row).expect("the row is as wide as the model");
            assert_alike(&row_margins, &expected, || format!("{name}: margins of {row:?}, interpreted"));
            let expected = interpreter.predict(row).expect("the row is as wide as the model");
            assert_alike(&row_predictions, &expected, || {
                format!("{name}: prediction for {row:?}, interpreted")
            });
            margins.extend(row_margins);
            predictions.extend(row_predictions);
        }
        assert_alike(&batch_margins, &margins, || format!("{name}: margins of a batch, one by one"));
        assert_alike(&batch_predictions, &predictions, || {
            format!("{name}: predictions of a batch, one by one")
        });
    }
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
