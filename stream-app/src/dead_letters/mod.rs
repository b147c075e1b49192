//! `stream-app dead-letters`: what `run` could not score or deliver, shown, written to the input again or done with.
//!
//! `letters` reads the topic from where it is told to where it ended at the start; `letter` is what a record of it says
//! of itself, `filter` whether it is meant. `list` prints them. `replay` takes their records, or the `originals` where a
//! letter left the value out, to `sending`, which commits them in one transaction with what is `done`. What is discarded
//! goes the same way without its record.

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
use crate::config::{self, Config, DEAD_LETTER_SUFFIX, GroupProtocol, OffsetReset, ProcessingGuarantee};
use crate::exit::Failure;
use crate::telemetry::{Level, PipelineTelemetry};
use arguments::{DeadLettersCommand, GroupArguments};
use filter::Filter;
use list::Shown;
use replay::Task;
use std::io::{self, Write};

/// Lists, replays or discards.
pub fn run(arguments: &DeadLettersArguments) -> Result<(), Failure> {
    match &arguments.command {
        DeadLettersCommand::List(arguments) => {
            let Some(config) = load(&arguments.run, &arguments.group)? else { return Ok(()) };
            let shown = Shown {
                open_only: arguments.open,
                status: arguments.open || arguments.group.replay_group.is_some(),
                values: arguments.with_values,
            };
            list::list(&config, &Filter::new(&arguments.filter), shown)
        }
        DeadLettersCommand::Replay(arguments) => {
            let Some(config) = load(&arguments.run, &arguments.group)? else { return Ok(()) };
            replay::replay(&config, Task::Replay, &Filter::new(&arguments.filter))
        }
        DeadLettersCommand::Discard(arguments) => {
            let Some(config) = load(&arguments.run, &arguments.group)? else { return Ok(()) };
            let filter = Filter::new(&arguments.filter);
            if filter.takes_all() && !arguments.all {
                return Err(Failure::usage(
                    "say which letters to discard: with --reason or --offsets, or with --all all that are open",
                ));
            }
            replay::replay(&config, Task::Discard, &filter)
        }
    }
}

/// The configuration of `run`, as these clients need it, with the group that remembers what is done; none where it was only
/// to be printed. The model does not matter here, so it is not looked for.
fn load(arguments: &RunArguments, group: &GroupArguments) -> Result<Option<Config>, Failure> {
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
    let group = group.replay_group.clone();
    let group = group.unwrap_or_else(|| format!("{}{DEAD_LETTER_SUFFIX}", loaded.config.group));
    Ok(Some(Config {
        group,
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
