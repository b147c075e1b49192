//! `stream-app run`: the loop against a Kafka.

use crate::cli::RunArguments;
use crate::config::{self, Config};
use crate::events::{Events, Level};
use crate::exit::Failure;
use crate::pipeline::{self, Settings, Shared};
use crate::progress::Progress;
use crate::selection::{Models, select};
use crate::stop::Stop;
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
    let settings = settings(&loaded.config)?;
    let stop = Stop::on_signals()?;
    stop.enforce_deadline();
    let shared =
        Shared { events: Events::from_level(Level::Info), progress: Arc::new(Progress::default()), stop };
    pipeline::run(&settings, model, &shared).map_err(|error| Failure::failed(error.to_string()))
}

/// What the loop takes so far. What it does not take must not be asked for in vain.
fn settings(config: &Config) -> Result<Settings, Failure> {
    let taken = Config {
        model: config.model.clone(),
        input: config.input.clone(),
        output: config.output.clone(),
        dead_letter: config.dead_letter.clone(),
        group: config.group.clone(),
        transactional_id_prefix: config.transactional_id_prefix.clone(),
        properties: config.properties.clone(),
        ..Config::new(&config.bootstrap_server)
    };
    if taken != *config {
        return Err(Failure::usage(
            "of the options beside model, brokers, topics, group and properties of both clients, the loop takes only the defaults so far",
        ));
    }
    Ok(Settings {
        bootstrap_server: config.bootstrap_server.clone(),
        input: config.input.clone(),
        output: config.output.clone(),
        dead_letter: config.dead_letter.clone(),
        group: config.group.clone(),
        properties: config.properties.clone(),
    })
}
