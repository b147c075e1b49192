//! Scores with ONNX Runtime: `onnxruntime-peer ROWS_FILE LIBRARY MODEL`.

use driver::{COLUMNS, Error, Subject, read_rows, run};
use ort::{session::Session, value::TensorRef};
use std::env;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [rows, library, model] = &arguments[..] else {
        return Err("usage: onnxruntime-peer ROWS_FILE LIBRARY MODEL".into());
    };
    let environment = ort::init_from(library)?.build()?;
    let builder = Session::builder(&environment).map_err(|error| error.to_string())?;
    let builder = builder.with_intra_threads(1).map_err(|error| error.to_string())?;
    let mut builder = builder.with_inter_threads(1).map_err(|error| error.to_string())?;
    let session = builder.commit_from_file(model).map_err(|error| error.to_string())?;
    run::<f32>(&read_rows(rows)?, &mut Runtime { session })
}

struct Runtime {
    session: Session,
}

impl Subject<f32> for Runtime {
    fn one(&mut self, row: &[f32]) -> f64 {
        let mut answer = [0.0];
        self.batch(row, &mut answer);
        answer[0]
    }

    fn batch(&mut self, rows: &[f32], answers: &mut [f64]) {
        self.score(rows, answers).unwrap_or_else(|error| panic!("the runtime refused rows: {error}"));
    }
}

impl Runtime {
    /// The rows are not copied; the answers are, out of the runtime's own buffer.
    fn score(&mut self, rows: &[f32], answers: &mut [f64]) -> Result<(), ort::Error> {
        let input = TensorRef::from_array_view(([rows.len() / COLUMNS, COLUMNS], rows))?;
        let outputs = self.session.run(ort::inputs![input])?;
        let (_, found) = outputs[0].try_extract_tensor::<f32>()?;
        for (answer, found) in answers.iter_mut().zip(found) {
            *answer = f64::from(*found);
        }
        Ok(())
    }
}
