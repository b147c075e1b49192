//! Scores with the compiled-in model, or adds up the leaves that it would: `ours ROWS_FILE WHAT`.
//!
//! `WHAT` is `straight-line`, the kernels of the ranked form (`portable`, `avx2`, `avx512`), or `floor` with the model's file behind it.

mod floor;

use driver::{Error, Subject, read_rows, run};
use floor::Floor;
use model_runtime::{Model, Scratch, forest::Kernels};
use std::{env, process::ExitCode};

mod models {
    model_runtime::include_models!();
}

/// The harness then leaves the subject out and says why.
const UNAVAILABLE: u8 = 69;

fn main() -> ExitCode {
    match main_loop() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(UNAVAILABLE),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether this processor has what is asked for.
fn main_loop() -> Result<bool, Error> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [rows, what, rest @ ..] = &arguments[..] else {
        return Err("usage: ours ROWS_FILE straight-line|portable|avx2|avx512|floor [MODEL_FILE]".into());
    };
    let rows: Vec<f64> = read_rows(rows)?;
    if what == "floor" {
        let file = rest.first().ok_or("the floor needs the model's file")?;
        run(&rows, &mut Floor::new(file, &rows)?)?;
        return Ok(true);
    }
    let [model] = models::ALL else { return Err("it was built without a model".into()) };
    let is_ranked = model.metadata().is_ranked;
    let kernels = if what == "straight-line" {
        Kernels::supported().next()
    } else {
        Kernels::supported().find(|kernels| kernels.name() == what)
    };
    let Some(kernels) = kernels else {
        eprintln!("this processor has no {what}");
        return Ok(false);
    };
    if is_ranked == (what == "straight-line") {
        return Err(format!("the model was compiled in the other form than {what} needs").into());
    }
    let mut compiled = Compiled {
        model: *model,
        scratch: Scratch::with_kernels(kernels),
        margins: vec![0.0; driver::BATCH_ROWS],
    };
    for count in [1, driver::BATCH_ROWS] {
        eprintln!("{count} rows: {}", model.kernel(&compiled.scratch, count));
    }
    run(&rows, &mut compiled)?;
    Ok(true)
}

struct Compiled {
    model: &'static dyn Model,
    scratch: Scratch,
    margins: Vec<f64>,
}

impl Subject for Compiled {
    #[inline]
    fn one(&mut self, row: &[f64]) -> f64 {
        let mut answer = [0.0];
        self.score(row, &mut answer);
        answer[0]
    }

    #[inline]
    fn batch(&mut self, rows: &[f64], answers: &mut [f64]) {
        self.score(rows, answers);
    }
}

impl Compiled {
    /// As a caller does that scores many batches: through the trait object, with buffers that it keeps.
    #[inline]
    fn score(&mut self, rows: &[f64], answers: &mut [f64]) {
        let margins = &mut self.margins[..answers.len()];
        if let Err(error) = self.model.predictions_with(rows, margins, answers, &mut self.scratch) {
            panic!("the buffers fit the rows: {error}");
        }
    }
}
