//! The program with the fixture models, so that tests of the process do not depend on what lies in `models/`, and with faults on purpose
//! where the environment asks for them.

use std::process::ExitCode;

fn main() -> ExitCode {
    stream_app::sabotage::arm();
    stream_app::run(acceptance::models::ALL)
}
