//! `stream-app dead-letters`: what `run` could not score or deliver, shown and written to the input again.
//!
//! `letters` reads the topic from where it is told to where it ended at the start; `letter` is what a record of it says
//! of itself, `filter` whether it is meant. `list` prints them. `replay` takes their records, or the `originals` where a
//! letter left the value out, to `sending`, which commits them in one transaction with what is `done`.

mod arguments;
mod done;
mod filter;
mod letter;
mod letters;
mod list;
mod originals;
mod replay;
mod sending;

pub use arguments::DeadLettersArguments;

use crate::cli::RunArguments;
use crate::config::{self, Config, GroupProtocol, OffsetReset, ProcessingGuarantee};
use crate::exit::Failure;
use crate::telemetry::{Level, PipelineTelemetry};
use arguments::DeadLettersCommand;
use filter::Filter;
use std::io::{self, Write};

/// Lists or replays.
pub fn run(arguments: &DeadLettersArguments) -> Result<(), Failure> {
    match &arguments.command {
        DeadLettersCommand::List(arguments) => match load(&arguments.run)? {
            Some(config) => list::list(&config, &Filter::new(&arguments.filter), arguments.with_values),
            None => Ok(()),
        },
        DeadLettersCommand::Replay(arguments) => match load(&arguments.run)? {
            Some(config) => {
                replay::replay(&config, arguments.replay_group.as_deref(), &Filter::new(&arguments.filter))
            }
            None => Ok(()),
        },
    }
}

/// The configuration of `run`, as these clients need it; none where it was only to be printed. The model does not matter
/// here, so it is not looked for.
fn load(arguments: &RunArguments) -> Result<Option<Config>, Failure> {
    let loaded =
        config::load(&arguments.sources(), &[]).map_err(|problems| Failure::usage(problems.to_string()))?;
    for note in &loaded.notes {
        // A stderr that nobody reads changes nothing.
        let _ = writeln!(io::stderr(), "note: {note}");
    }
    if arguments.print_config {
        let printed = io::stdout().write_all(loaded.to_toml().as_bytes());
        return printed.map(|()| None).map_err(|error| Failure::writing("stdout", &error));
    }
    Ok(Some(Config {
        // Partitions are taken by hand: whoever replays wants all of them.
        group_protocol: GroupProtocol::Classic,
        // What was to be read next may be deleted by then: go on with the oldest that is there.
        auto_offset_reset: OffsetReset::Earliest,
        processing_guarantee: ProcessingGuarantee::ExactlyOnce,
        // What is replayed goes where the records came from, and no model had a part in it.
        output: loaded.config.input.clone(),
        prediction_headers: false,
        ..loaded.config
    }))
}

/// Where problems of the clients are told: on stderr.
fn telemetry() -> PipelineTelemetry {
    PipelineTelemetry::from_level(Level::Info)
}
