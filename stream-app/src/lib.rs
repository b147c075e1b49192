//! Scores Kafka records with compiled-in models: consume, score, produce.
//!
//! The way of a record, a file a stage: `score` is a pure function of a batch of records, `encode` writes the
//! predictions into them; around them `pipeline` moves batches from a `source` to a `sink`. What can be asked for
//! stands in `cli`, a file each in `commands`.

mod bad_record;
mod cli;
mod clients;
mod commands;
mod config;
mod dead_letter;
mod dead_letters;
mod embedded;
mod encode;
mod exit;
mod houses;
mod http;
mod latency;
mod ledger;
mod lines;
mod pipeline;
mod pipeline_error;
#[cfg(test)]
mod pipeline_tests;
mod progress;
mod random_rows;
mod refusal;
mod reminder;
#[cfg_attr(not(feature = "sabotage"), allow(dead_code, reason = "nothing arms it"))]
pub mod sabotage;
mod score;
#[cfg(test)]
mod score_tests;
mod selection;
mod sink;
mod source;
mod stop;
mod supervisor;
mod telemetry;
#[cfg(test)]
mod test_model;
mod topic;
mod topic_facts;
mod transaction;
mod verdicts;
mod view;
mod waiting;
mod watch;
mod work;

pub use bad_record::{BadRecord, Stage};
pub use score::{Scored, Scorer};

use clap::{CommandFactory, FromArgMatches};
use cli::{Arguments, Command};
use exit::Failure;
use model_runtime::Model;
use std::process::ExitCode;

/// Does what the process's arguments say, with the models of the calling program.
pub fn run(models: &'static [&'static dyn Model]) -> ExitCode {
    let command = cli::with_underscores(Arguments::command()).version(commands::models::version(models));
    let matches = match command.try_get_matches() {
        Ok(matches) => matches,
        // Prints help, version or the mistake, and gives clap's code: 0 or 2.
        Err(error) => error.exit(),
    };
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match dispatch(models, &arguments.command) {
        Ok(()) => ExitCode::from(exit::OK),
        Err(failure) => failure.report(),
    }
}

fn dispatch(models: &'static [&'static dyn Model], command: &Command) -> Result<(), Failure> {
    match command {
        Command::Demo(arguments) => commands::demo::run(models, arguments),
        Command::Produce(arguments) => commands::produce::run(arguments),
        Command::Consume(arguments) => commands::consume::run(arguments),
        Command::Run(arguments) => commands::run::run(models, arguments),
        Command::DeadLetters(arguments) => dead_letters::run(arguments),
        Command::Score(arguments) => commands::score::run(models, arguments),
        Command::Models => commands::models::run(models),
    }
}
