//! A compiled model behind a trait object: flat rows in, margins and predictions out.

use crate::{forest::Scratch, metadata::Metadata};
use std::fmt;

/// A compiled model. Scoring shares nothing, does no I/O and allocates nothing, once its buffers are there.
///
/// A flat row holds one `f64` for each of [`Metadata::columns`]: a number, a level's index, or NaN for missing.
/// Rows of a batch follow one another.
pub trait Model: fmt::Debug + Send + Sync {
    /// What the model says of itself.
    fn metadata(&self) -> &'static Metadata;

    /// Writes [`Metadata::margins`] margins for each row: what the trees add up to, before any link.
    fn margins(&self, rows: &[f64], margins: &mut [f64]) -> Result<(), ShapeError>;

    /// As [`Self::margins`], with buffers that the caller keeps; they also say which kernels a model in the ranked form
    /// is scored by. Without them such a model uses buffers that the thread keeps, which its first call allocates.
    fn margins_with(
        &self,
        rows: &[f64],
        margins: &mut [f64],
        _scratch: &mut Scratch,
    ) -> Result<(), ShapeError> {
        self.margins(rows, margins)
    }

    /// What scores this many rows at once, by name: "straight-line", or a kernel of the ranked form.
    fn kernel(&self, _scratch: &Scratch, _rows: usize) -> &'static str {
        "straight-line"
    }

    /// Writes [`Metadata::predictions`] numbers for each row: its value, or a probability for each class.
    /// `margins` is filled on the way.
    fn predictions(
        &self,
        rows: &[f64],
        margins: &mut [f64],
        predictions: &mut [f64],
    ) -> Result<(), ShapeError> {
        self.margins(rows, margins)?;
        transform(self.metadata(), margins, predictions)
    }

    /// As [`Self::predictions`], with buffers that the caller keeps: the way to score many batches.
    fn predictions_with(
        &self,
        rows: &[f64],
        margins: &mut [f64],
        predictions: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), ShapeError> {
        self.margins_with(rows, margins, scratch)?;
        transform(self.metadata(), margins, predictions)
    }

    /// One row's prediction, with everything there is to say of it. Allocates the answer.
    fn predict(&self, row: &[f64]) -> Result<Prediction, ShapeError> {
        let metadata = self.metadata();
        ShapeError::check("row", row.len(), metadata.columns.len())?;
        let mut margins = vec![0.0; metadata.margins];
        let mut values = vec![0.0; metadata.predictions()];
        self.predictions(row, &mut margins, &mut values)?;
        Ok(match metadata.label(&values) {
            None => match (margins.as_slice(), values.as_slice()) {
                (&[margin], &[value]) => Prediction::Value { margin, value },
                _ => Prediction::Values { margins, values },
            },
            Some(class) => {
                Prediction::Class { margins, label: metadata.classes()[class], probabilities: values }
            }
        })
    }
}

fn transform(metadata: &Metadata, margins: &[f64], predictions: &mut [f64]) -> Result<(), ShapeError> {
    // A single row spares the divisions, which take as long as four trees.
    if margins.len() == metadata.margins && predictions.len() == metadata.predictions() {
        metadata.transform.apply(margins, predictions);
        return Ok(());
    }
    ShapeError::check(
        "predictions",
        predictions.len(),
        margins.len() / metadata.margins * metadata.predictions(),
    )?;
    let margins = margins.chunks_exact(metadata.margins);
    for (margins, prediction) in margins.zip(predictions.chunks_exact_mut(metadata.predictions())) {
        metadata.transform.apply(margins, prediction);
    }
    Ok(())
}

/// One row's prediction.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// A regression's.
    Value {
        /// What the trees add up to.
        margin: f64,
        /// The margin's link.
        value: f64,
    },
    /// That of a regression of several targets.
    Values {
        /// What the trees add up to.
        margins: Vec<f64>,
        /// By target.
        values: Vec<f64>,
    },
    /// A classification's.
    Class {
        /// What the trees add up to.
        margins: Vec<f64>,
        /// The chosen class.
        label: &'static str,
        /// By class, in the order of [`Metadata::classes`].
        probabilities: Vec<f64>,
    },
}

/// A buffer whose length does not fit the model or the other buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeError {
    buffer: &'static str,
    found: usize,
    expected: usize,
}

impl ShapeError {
    /// Refuses a buffer of another length than expected.
    pub(crate) fn check(buffer: &'static str, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected { Ok(()) } else { Err(Self { buffer, found, expected }) }
    }

    /// The number of rows in `rows`, where that and `margins` fit a model of so many columns and margins a row.
    ///
    /// Generated code calls it. A model without columns takes as many rows as there are margins for.
    pub fn rows(rows: &[f64], columns: usize, margins: &[f64], width: usize) -> Result<usize, Self> {
        // As in `transform`: no division.
        if rows.len() == columns && margins.len() == width {
            return Ok(1);
        }
        let count = if columns == 0 { margins.len() / width } else { rows.len().div_ceil(columns) };
        Self::check("rows", rows.len(), count * columns)?;
        Self::check("margins", margins.len(), count * width)?;
        Ok(count)
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { buffer, found, expected } = self;
        write!(formatter, "the buffer `{buffer}` holds {found} numbers where {expected} are expected")
    }
}

impl std::error::Error for ShapeError {}

#[cfg(test)]
mod tests {
    use super::ShapeError;

    #[test]
    fn rows_are_whole_and_each_has_its_margins() {
        // Three columns, two margins a row.
        let rows = |rows: usize, margins: usize| {
            ShapeError::rows(&vec![0.0; rows], 3, &vec![0.0; margins], 2).map_err(|error| error.to_string())
        };
        assert_eq!([rows(0, 0), rows(3, 2), rows(6, 4)], [Ok(0), Ok(1), Ok(2)]);
        let refused = |buffer: &str, found: usize, expected: usize| {
            Err(format!("the buffer `{buffer}` holds {found} numbers where {expected} are expected"))
        };
        assert_eq!(rows(2, 2), refused("rows", 2, 3));
        assert_eq!(rows(4, 2), refused("rows", 4, 6));
        assert_eq!(rows(3, 1), refused("margins", 1, 2));
        assert_eq!(rows(3, 4), refused("margins", 4, 2));
        assert_eq!(rows(6, 2), refused("margins", 2, 4));
        assert_eq!(ShapeError::rows(&[], 0, &[0.0; 4], 2), Ok(2), "without columns margins count");
    }
}
