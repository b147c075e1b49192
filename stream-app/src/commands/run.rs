//! `stream-app run`: the loop against a Kafka.

use crate::cli::RunArguments;
use crate::config::{self, Config, Role};
use crate::exit::Failure;
use crate::http;
use crate::selection::{Models, select};
use crate::stop::Stop;
use crate::supervisor;
use crate::telemetry::{Level, Telemetry, TelemetrySettings};
use model_runtime::Metadata;
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
    let config = &loaded.config;
    let telemetry = Telemetry::new(telemetry_settings(config, model.metadata()));
    let stop = Stop::of_loop(&telemetry)?;
    if let Some(address) = config.http {
        let failure = |error| Failure::failed(format!("can't serve HTTP at {address}: {error}"));
        http::serve(address, &telemetry).map_err(failure)?;
    }
    let live_line = telemetry.live_line();
    let ended = supervisor::run(config, model, &telemetry, &Arc::default(), &stop);
    drop(live_line);
    ended.map_err(|error| error.failure())
}

fn telemetry_settings(config: &Config, model: &'static Metadata) -> TelemetrySettings {
    let debug = config.client_properties(Role::Consumer).iter().any(|(name, _)| name == "debug");
    TelemetrySettings {
        level_min: if debug { Level::Debug } else { Level::Info },
        format: config.log_format,
        model: Some(model),
        threads: supervisor::threads(config),
        max_poll_interval: config.max_poll_interval(),
    }
}
