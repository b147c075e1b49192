//! What `stream-app dead-letters` can be told: the configuration of `run`, and which letters are meant.

use super::filter::{OffsetRange, reason};
use crate::cli::RunArguments;
use clap::{Args, Subcommand};

/// List the records that `run` could not score or deliver, or write them to the input again.
///
/// Both take the configuration of `run`: the same flags, variables, TOML file and properties name the brokers, the input
/// and the topic of the dead letters.
#[derive(Args, Debug)]
pub struct DeadLettersArguments {
    #[command(subcommand)]
    pub command: DeadLettersCommand,
}

#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    #[command(about = LIST_ABOUT, long_about = LIST_LONG_ABOUT, after_help = LIST_EXAMPLES)]
    List(Box<ListArguments>),
    #[command(about = REPLAY_ABOUT, long_about = REPLAY_LONG_ABOUT, after_help = REPLAY_EXAMPLES)]
    Replay(Box<ReplayArguments>),
}

/// What to list, and how.
#[derive(Args, Debug)]
pub struct ListArguments {
    #[command(flatten)]
    pub run: RunArguments,
    #[command(flatten)]
    pub filter: FilterArguments,
    /// Show each letter's value in the last column, quoted, what is not printable ASCII as \n, \" or \xff.
    #[arg(long, help_heading = LETTERS)]
    pub with_values: bool,
}

/// What to replay, and in whose name.
#[derive(Args, Debug)]
#[allow(clippy::doc_markdown, reason = "the text is help on a terminal, where backticks are noise")]
pub struct ReplayArguments {
    #[command(flatten)]
    pub run: RunArguments,
    #[command(flatten)]
    pub filter: FilterArguments,
    /// The consumer group that remembers what was replayed; a letter is replayed once in each
    /// [default: the group's name and `-dead-letters`].
    #[arg(long, value_name = "NAME", help_heading = LETTERS)]
    pub replay_group: Option<String>,
}

/// Which letters are meant: those that all of these let through.
#[derive(Args, Debug)]
pub struct FilterArguments {
    /// Only letters with this reason, as `list` shows it; may be given several times. One that no letter can have is refused.
    #[arg(long = "reason", value_name = "REASON", value_parser = reason, help_heading = LETTERS)]
    pub reasons: Vec<String>,
    /// Only letters at these offsets of a partition of the dead letters' topic: 0:17 or 0:17-42; may be given several
    /// times.
    #[arg(long = "offsets", value_name = "PARTITION:FIRST[-LAST]", help_heading = LETTERS)]
    pub offsets: Vec<OffsetRange>,
}

const LETTERS: &str = "Dead letters";

const LIST_ABOUT: &str = "List dead letters with their reasons, a line each";

const LIST_LONG_ABOUT: &str = "List dead letters with their reasons, a line each\n\n\
    The columns, separated by tabs: partition and offset of the letter; its time, which is its record's; topic, \
    partition and offset of the record; the reason; the field that is to blame; what of the record the letter leaves \
    out. What is not known is `-`. No value is shown unless asked for. Joins no consumer group and commits nothing. \
    Ends where the topic ended when it began.";

const LIST_EXAMPLES: &str = "\
Examples:
  stream-app dead-letters list --bootstrap-server localhost:9092
  stream-app dead-letters list --config stream-app.toml --reason wrong_type --with-values";

const REPLAY_ABOUT: &str = "Write the records of dead letters to the input again, exactly once";

const REPLAY_LONG_ABOUT: &str = "Write the records of dead letters to the input again, exactly once\n\n\
    To be called after what was wrong is mended. Each letter of the input becomes its record again: the original \
    partition, key, value, headers and timestamp, without the headers about the error. A value that the letter had to \
    leave out is fetched from the record's own offset; where it is gone, that is told, and the letter counts as done.\n\n\
    A consumer group of its own remembers which letters were replayed, also when a filter chose them here and there; \
    records and offsets are one transaction. Called again, after a crash or without a filter, it replays those that are \
    left. Ends where the topic ended when it began. A second replay of the same group takes over from the first.";

const REPLAY_EXAMPLES: &str = "\
Examples:
  stream-app dead-letters replay --bootstrap-server localhost:9092
  stream-app dead-letters replay --config stream-app.toml --reason result_too_large
  stream-app dead-letters replay --config stream-app.toml --offsets 0:17 --offsets 2:100-180";
