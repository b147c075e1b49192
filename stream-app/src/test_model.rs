//! Models written by hand, for tests of everything around a model.

use model_runtime::{
    Column, ColumnKind, Decision, Domain, Link, Metadata, Model, Output, Probabilities, ShapeError, Task,
    Transform, UnseenCategory,
};

/// Reads `size` and `floor`; its margin is the size plus 0.25 for tile.
#[derive(Debug)]
pub(crate) struct TestModel(&'static Metadata);

pub(crate) static NUMBER: TestModel = TestModel(&REGRESSION);
pub(crate) static INTEGER: TestModel = TestModel(&Metadata { output: Output::Integer, ..REGRESSION });
pub(crate) static BINOMIAL: TestModel = TestModel(&Metadata {
    name: "binomial",
    transform: Transform::Classes {
        divisor: None,
        probabilities: Probabilities::SecondClass(Link::Logistic),
        corrections: None,
    },
    task: Task::Classification { classes: &["no", "\"yes\""], decision: Decision::Threshold(0.5) },
    response: "sold",
    ..REGRESSION
});
pub(crate) static MULTINOMIAL: TestModel = TestModel(&Metadata {
    name: "multinomial",
    margins: 2,
    transform: Transform::Classes {
        divisor: None,
        probabilities: Probabilities::Normalised,
        corrections: None,
    },
    task: Task::Classification { classes: &["a", "b"], decision: Decision::Largest },
    response: "kind",
    ..REGRESSION
});

const REGRESSION: Metadata = Metadata {
    name: "number",
    source_file: "number.json",
    source_digest: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    configuration_digest: None,
    generator: "by hand",
    trainer: "nobody",
    trainer_version: "0",
    algorithm: "sum",
    objective: "none",
    trees: 1,
    leaves: 2,
    depth_max: 1,
    is_ranked: false,
    columns: &[
        Column {
            name: "size",
            field: "size",
            kind: ColumnKind::Numeric { thresholds: Some((0.0, 10.0)) },
            splits: 1,
        },
        Column {
            name: "floor",
            field: "floor",
            kind: ColumnKind::Categorical {
                domain: Domain { levels: &["tile", "carpet"], sorted: &[1, 0], booleans: None },
                unseen: UnseenCategory::Missing,
            },
            splits: 1,
        },
    ],
    margins: 1,
    transform: Transform::Value { divisor: None, link: Link::Identity },
    task: Task::Regression,
    response: "price",
    output: Output::Number,
};

impl Model for TestModel {
    fn metadata(&self) -> &'static Metadata {
        self.0
    }

    fn margins(&self, rows: &[f64], margins: &mut [f64]) -> Result<(), ShapeError> {
        let count = ShapeError::rows(rows, 2, margins, self.0.margins)?;
        for (row, margins) in rows.chunks_exact(2).zip(margins.chunks_exact_mut(self.0.margins)) {
            margins.fill(1.0);
            margins[0] = if row[1] == 0.0 { row[0] + 0.25 } else { row[0] };
        }
        assert_eq!(count * 2, rows.len());
        Ok(())
    }
}
