//! The program with the fixture models, so that tests of the process do not depend on what lies in `models/`.

use std::process::ExitCode;

fn main() -> ExitCode {
    stream_app::run(acceptance::models::ALL)
}
