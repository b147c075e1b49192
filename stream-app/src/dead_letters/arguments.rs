//! What `stream-app dead-letters` can be told: the configuration of `run`, and which letters are meant.

use super::filter::{OffsetRange, reason};
use crate::cli::RunArguments;
use clap::{Args, Subcommand};

/// List the records that `run` could not score or deliver, write them to the input again, or have done with them.
///
/// All take the configuration of `run`: the same flags, variables, TOML file and properties name the brokers, the input
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
    #[command(about = DISCARD_ABOUT, long_about = DISCARD_LONG_ABOUT, after_help = DISCARD_EXAMPLES)]
    Discard(Box<DiscardArguments>),
}

/// What to list, and how.
#[derive(Args, Debug)]
pub struct ListArguments {
    #[command(flatten)]
    pub run: RunArguments,
    #[command(flatten)]
    pub filter: FilterArguments,
    #[command(flatten)]
    pub group: GroupArguments,
    /// Only letters that are open: neither replayed nor discarded, and their records not found to be gone.
    #[arg(long, help_heading = LETTERS)]
    pub open: bool,
    /// Show each letter's value in the last column, quoted, what is not printable ASCII as \n, \" or \xff.
    #[arg(long, help_heading = LETTERS)]
    pub with_values: bool,
}

/// What to replay, and in whose name.
#[derive(Args, Debug)]
pub struct ReplayArguments {
    #[command(flatten)]
    pub run: RunArguments,
    #[command(flatten)]
    pub filter: FilterArguments,
    #[command(flatten)]
    pub group: GroupArguments,
}

/// What to discard, and in whose name.
#[derive(Args, Debug)]
pub struct DiscardArguments {
    #[command(flatten)]
    pub run: RunArguments,
    #[command(flatten)]
    pub filter: FilterArguments,
    #[command(flatten)]
    pub group: GroupArguments,
    /// All letters that are open, where neither --reason nor --offsets is to choose among them.
    #[arg(long, conflicts_with_all = ["reasons", "offsets"], help_heading = LETTERS)]
    pub all: bool,
}

/// Whose letters are done or open.
#[derive(Args, Debug)]
#[allow(clippy::doc_markdown, reason = "the text is help on a terminal, where backticks are noise")]
pub struct GroupArguments {
    /// The consumer group that remembers which letters are done; in each, a letter is replayed or discarded once
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
    out; its status: `done` if it was replayed or discarded, or its record was found to be gone, else `open`. What is \
    not known is `-`. No value is shown unless asked for. Joins no consumer group and commits nothing. Ends where the \
    topic ended when it began.";

const LIST_EXAMPLES: &str = "\
Examples:
  stream-app dead-letters list --bootstrap-server localhost:9092
  stream-app dead-letters list --config stream-app.toml --open
  stream-app dead-letters list --config stream-app.toml --reason wrong_type --with-values";

const REPLAY_ABOUT: &str = "Write the records of dead letters to the input again, exactly once";

const REPLAY_LONG_ABOUT: &str = "Write the records of dead letters to the input again, exactly once\n\n\
    To be called after what was wrong is mended. Each letter of the input becomes its record again: the original \
    partition, key, value, headers and timestamp, without the headers about the error. A value that the letter had to \
    leave out is fetched from the record's own offset; where it is gone, that is told, and the letter counts as done.\n\n\
    A consumer group of its own remembers which letters are done, also when a filter chose them here and there; \
    records and offsets are one transaction. Called again, after a crash or without a filter, it replays those that are \
    left. Ends where the topic ended when it began. A second replay of the same group takes over from the first.";

const REPLAY_EXAMPLES: &str = "\
Examples:
  stream-app dead-letters replay --bootstrap-server localhost:9092
  stream-app dead-letters replay --config stream-app.toml --reason result_too_large
  stream-app dead-letters replay --config stream-app.toml --offsets 0:17 --offsets 2:100-180";

const DISCARD_ABOUT: &str = "Mark dead letters as done without replaying them, exactly once";

const DISCARD_LONG_ABOUT: &str = "Mark dead letters as done without replaying them, exactly once\n\n\
    For letters that nobody wants back: records that are wrong in themselves, or that were corrected at their source. \
    No later replay of the same group writes them, and `list --open` leaves them out. Nothing is deleted: they stay in \
    the topic as long as it keeps them, and another --replay-group may replay them all the same. Letters of other \
    inputs and records that are no letters can be discarded as well.\n\n\
    Which ones must be said: by --reason, by --offsets, or by --all. The group remembers them as it remembers what was \
    replayed, and a discard, like a second replay, takes over from a replay of the same group that still runs.";

const DISCARD_EXAMPLES: &str = "\
Examples:
  stream-app dead-letters discard --config stream-app.toml --reason not_json
  stream-app dead-letters discard --config stream-app.toml --offsets 0:17 --offsets 2:100-180
  stream-app dead-letters discard --bootstrap-server localhost:9092 --all";
