//! The program with the models of this workspace.

use std::process::ExitCode;

fn main() -> ExitCode {
    stream_app::run(model_runtime::models::ALL)
}
