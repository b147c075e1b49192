//! `stream-app run`: the loop against a Kafka.

use crate::cli::RunArguments;
use crate::config;
use crate::events::{Events, Level};
use crate::exit::Failure;
use crate::pipeline::Shared;
use crate::progress::Progress;
use crate::selection::{Models, select};
use crate::stop::Stop;
use crate::supervisor;
use std::io::{self, Write};
use std::sync::Arc;

/// Runs the loop until a signal comes.
pub fn run(models: Models, arguments: &RunArguments) -> Result<(), Failure> {
    let loaded = config::load(&arguments.sources(), models)
        .map_err(|problems| Failure::usage(problems.to_string()))?;
    for note in &loaded.notes {
        // A stderr that nobody reads changes nothing.
        let _ = writeln!(io::stderr(), "note: {note}");
    }
    if arguments.print_config {
        let printed = io::stdout().write_all(loaded.to_toml().as_bytes());
        return printed.map_err(|error| Failure::writing("stdout", &error));
    }
    let model = select(models, loaded.config.model.as_deref(), None)?;
    let stop = Stop::on_signals()?;
    stop.enforce_deadline();
    let shared = Shared {
        events: Events::from_level(Level::Info),
        progress: Arc::new(Progress::default()),
        stop,
        statistics: loaded.config.http.is_some(),
    };
    supervisor::run(&loaded.config, model, &shared).map_err(|error| Failure::failed(error.to_string()))
}
