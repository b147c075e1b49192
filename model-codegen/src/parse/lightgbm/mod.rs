//! `LightGBM`'s `model.txt` and the JSON of `dump_model()`, as releases 2 to 4.7 write them.
//!
//! What `LightGBM` means, checked against its own predictions:
//!
//! - All is of 64 bits. A value up to 1e-35 (as a 32-bit float) in magnitude is 0 before anything else.
//! - A numeric split sends `x <= threshold` left. What is missing depends on the split: nothing (NaN counts as 0), zeros
//!   and NaN, or NaN; a missing value goes where the default direction says.
//! - A categorical split sends the categories of its bit set **left** and all others right, NaN included, whatever its
//!   missing type: codes are cut towards zero, so that -0.5 is category 0.
//! - A linear leaf adds products to a constant, in the file's order, and falls back to the plain leaf where one of its
//!   columns is NaN.
//! - Tree `i` adds to margin `i % num_tree_per_iteration`, from 0. There is no base score: the first tree holds it.
//!   `shrinkage` and `dart`'s weights are in the leaves already.
//! - A random forest (`average_output`) averages before the link; its raw score is the plain sum, and so is the margin here. Before
//!   release 2.2 its leaves were predictions, and there was no link: of those only forests without a link are read.
//! - `cross_entropy_lambda` is `ln_1p(exp(x))`; releases before 3.3 rounded `1 + exp(x)` first.
//! - `pandas_categorical` holds the levels of each categorical column of the data frame, in the order of their codes. A column whose
//!   categories are ordered is among them, and is compared by its codes as a number is. The file does not say which it is, nor
//!   which column is constant, nor which has codes and no levels: where that leaves a doubt (`levels`), `NAME.toml` names the levels.
//!
//! The JSON is lossy in one place: it says 1e300 for an infinite threshold, and is read so. That of releases before 2.2 does not
//! tell the objective, and is refused. Training that stopped early
//! saves the trees up to the best iteration and no others.

mod header;
mod json;
mod levels;
mod model;
mod objective;
mod text;
mod trees;

use super::{
    Parsed,
    answer::{Kind, refuse_useless_keys},
};
use crate::{
    configuration::Configuration,
    ir::{Accumulation, BasePosition, Ensemble, Order, Parts, Precision, Task, Trainer},
    problem::Problem,
};
use model::Model;
use objective::Answer;

pub(super) use text::is_text;

const SAVE_AGAIN: &str = "save the model again with save_model(\"model.txt\")";

/// The model formats that are read: what another means is not known here.
const FORMATS: [&str; 3] = ["v2", "v3", "v4"];

/// Reads a `model.txt`.
pub(crate) fn parse_text(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    understand(&text::read(dump)?, configuration)
}

/// Reads the JSON of `dump_model()`.
pub(crate) fn parse_json(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    understand(&json::read(dump)?, configuration)
}

fn understand(model: &Model, configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let mut problems = Vec::new();
    let header = &model.header;
    if !FORMATS.contains(&header.version.as_str()) {
        let found = format!("the model format is {:?}, and {} are read", header.version, FORMATS.join(", "));
        problems.push(Problem::new(found, "save the model with a release from 2.1 to 4").at("version"));
    }
    let outputs = header.outputs(model.trees.len(), &mut problems);
    let iterations = model.trees.len() / outputs;
    let divisor = header.average_output.then_some(iterations as f64);
    let answer = objective::read(header, outputs, divisor, configuration, &mut problems);
    let columns = header.columns(&model.trees, configuration, &mut problems);
    let converted = trees::convert(&model.trees, outputs, columns, &mut problems);
    if let Some(answer) = &answer {
        let classes = match &answer.task {
            Task::Regression => 0,
            Task::Classification { classes, .. } => classes.len(),
        };
        let kind = Kind { classes, outputs, takes_offset: false, has_best_iteration: false };
        refuse_useless_keys(kind, configuration, &mut problems);
    }
    let (Some(Answer { transform, task }), true) = (answer, problems.is_empty()) else {
        return Err(problems);
    };
    let parts = Parts {
        trainer: Trainer {
            name: "LightGBM".into(),
            version: format!("model format {}", header.version),
            algorithm: if header.average_output { "rf" } else { "gbdt" }.into(),
            objective: header.objective.clone().unwrap_or_else(|| "custom".into()),
        },
        columns: converted.columns.all,
        features: converted.columns.features,
        trees: converted.trees,
        outputs,
        accumulation: Accumulation {
            precision: Precision::F64,
            order: Order::Sequential,
            base: vec![0.0; outputs],
            base_position: BasePosition::First,
            weights: None,
            scale: None,
        },
        offset: None,
        transform,
        task,
    };
    let ensemble = Ensemble::new(parts).map_err(|error| {
        vec![Problem::new(error.to_string(), "report this: the parser should have said more of it")]
    })?;
    Ok(Parsed { ensemble, warnings: Vec::new(), configuration: configuration.clone() })
}
