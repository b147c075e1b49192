//! Scores with a function that m2cgen printed: `m2cgen-peer ROWS_FILE`.

use driver::{Error, Subject, read_rows, run};
use std::env;

#[allow(warnings, clippy::all, clippy::pedantic, reason = "it is printed, not written")]
mod printed {
    include!(concat!(env!("OUT_DIR"), "/score.rs"));

    #[inline]
    pub fn call(row: Vec<f64>) -> f64 {
        score(row)
    }
}

fn main() -> Result<(), Error> {
    let rows = env::args().nth(1).ok_or("usage: m2cgen-peer ROWS_FILE")?;
    run::<f64>(&read_rows(&rows)?, &mut Printed)
}

struct Printed;

impl Subject for Printed {
    /// The function takes its row by value, so that a caller has to have a vector for each.
    #[inline]
    fn one(&mut self, row: &[f64]) -> f64 {
        printed::call(row.to_vec())
    }
}
