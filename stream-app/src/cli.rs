//! The command line: what can be asked for, and the help that teaches it. `run` has a file of its own, and so has what all
//! commands need that talk to a Kafka.

mod broker;
mod run;

pub use broker::BrokerArguments;
pub use run::RunArguments;

use crate::dead_letters::DeadLettersArguments;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The topic that houses go to unless told otherwise.
pub const INPUT: &str = "housing";

/// The topic that houses with predictions go to unless told otherwise.
pub const OUTPUT: &str = "predictions";

/// Scores Kafka records with models compiled into this program.
#[derive(Debug, Parser)]
#[command(
    name = "stream-app",
    disable_help_subcommand = true,
    after_help = "\
Try it out, with nothing else installed:
  stream-app demo

Score a file of JSON lines, no broker needed:
  echo '{\"sqft\": 2342, \"number_bedrooms\": 3}' | stream-app score --model house_prices

Against a Kafka of your own, in three terminals:
  stream-app run --bootstrap-server localhost:9092 --model house_prices
  stream-app produce --bootstrap-server localhost:9092 --rate 10
  stream-app consume --bootstrap-server localhost:9092

Exit codes:
  0  all went well
  1  something failed
  2  wrong arguments, or a wrong configuration: --http's address is taken, for example
  3  score --on-error fail: a bad line; produce --file: one that is longer than 64 MiB
  4  another process with the same id took over
  5  run: a bad record, and the policy for it is `fail`
  6  no broker answered dead-letters, or acknowledged what produce wrote; run waits for one
  7  the brokers refused: authentication failed, or a topic, group or id is not authorised; or their certificate is
      not to be trusted
  8  the stop's deadline passed with work uncommitted; the next start does it again

A model is added by putting its file into models/ and building again."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

/// The same command, which takes each long option also as the file of `--config` spells it: `--dead_letter`.
pub fn with_underscores(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| {
        let spelled =
            argument.get_long().filter(|long| long.contains('-')).map(|long| long.replace('-', "_"));
        match spelled {
            Some(spelled) => argument.alias(spelled),
            None => argument,
        }
    });
    command.mut_subcommands(with_underscores)
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(DemoArguments),
    Run(Box<RunArguments>),
    DeadLetters(DeadLettersArguments),
    Score(ScoreArguments),
    Produce(ProduceArguments),
    Consume(ConsumeArguments),
    /// List the models compiled into this program, a line each.
    Models,
}

/// Score JSON lines without a broker, through the code of the loop.
///
/// Each line of the input is a JSON object; the same line comes out with its prediction under the response's name,
/// replaced where the field is there already, else added before the last brace. All other bytes stay as they came.
/// Blank lines are left out.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  stream-app score --model house_prices --input houses.jsonl --output priced.jsonl
  tail -f houses.jsonl | stream-app score --model house_prices --on-error continue --margin")]
pub struct ScoreArguments {
    /// The model; may be left out while there is one. `stream-app models` lists them.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Where to read JSON lines from; `-` is stdin.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub input: PathBuf,
    /// Where to write the lines to; `-` is stdout.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// Add the field `margin`: what the trees add up to, before any link.
    #[arg(long)]
    pub margin: bool,
    /// What to do at a bad line. It is reported on stderr with its number, never with its content.
    #[arg(long, value_name = "POLICY", default_value = "fail")]
    pub on_error: OnError,
}

/// What to do at a bad line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnError {
    /// Stop after the lines before it, with exit code 3.
    Fail,
    /// Leave the line out and go on.
    Continue,
}

/// Watch houses being priced, with nothing else installed.
///
/// Starts a broker inside this process, writes random houses to the topic `housing`, scores them with the very loop of
/// `run`, and shows what comes out of the topic `predictions`. The embedded broker is for trying things out: nothing
/// is kept, and nothing about durability is proven. Ends by Ctrl-C, or after `--records`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  stream-app demo
  stream-app demo --records 1000 --rate 500 | tail -1")]
pub struct DemoArguments {
    /// Stop when this many records have come out [default: go on until Ctrl-C].
    #[arg(long, value_name = "N")]
    pub records: Option<u64>,
    /// Records a second; 0 is as many as go through.
    #[arg(long, value_name = "R", default_value_t = 100)]
    pub rate: u32,
    /// The seed of the random records: the same one gives the same records.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// The model; may be left out while there is one or it is `house_prices`.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
}

/// Write random houses to a topic, or the lines of a file.
///
/// Each house is a JSON object with the fields of the article's; its key is the house's name. With `--file`, each line is the
/// value of a record, as it stands and without a key; blank lines are left out. Ends by Ctrl-C, after `--count`, or with the
/// file.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  stream-app produce --bootstrap-server localhost:9092
  stream-app produce --bootstrap-server localhost:9092 --topic houses --count 100000 --rate 0 --seed 7
  echo '{\"sqft\": 2342}' | stream-app produce --bootstrap-server localhost:9092 --file -")]
pub struct ProduceArguments {
    #[command(flatten)]
    pub broker: BrokerArguments,
    /// The topic to write to.
    #[arg(long, value_name = "TOPIC", default_value = INPUT)]
    pub topic: String,
    /// Stop after this many [default: go on until Ctrl-C; with --file until its end].
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Write the lines of this file in the place of random houses; `-` is stdin.
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    pub file: Option<PathBuf>,
    /// Records a second; 0 is as many as the broker takes [default: 10; 0 with --file].
    #[arg(long, value_name = "R")]
    pub rate: Option<u32>,
    /// The seed of the random houses: the same one gives the same houses.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
}

/// Print the records of a topic, a value a line, from its beginning.
///
/// Joins no consumer group and commits nothing. Goes on until Ctrl-C, or until `--count` are printed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  stream-app consume --bootstrap-server localhost:9092
  stream-app consume --bootstrap-server localhost:9092 --topic housing-dead-letters --with-headers --count 10")]
pub struct ConsumeArguments {
    #[command(flatten)]
    pub broker: BrokerArguments,
    /// The topic to read.
    #[arg(long, value_name = "TOPIC", default_value = OUTPUT)]
    pub topic: String,
    /// Stop after this many [default: go on until Ctrl-C].
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Print partition, offset, key and headers before each value, separated by tabs.
    #[arg(long)]
    pub with_headers: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn long_options_may_be_spelled_with_underscores_and_help_shows_hyphens() {
        let command = || with_underscores(Arguments::command());
        let parsed = |arguments: &[&str]| command().try_get_matches_from(arguments).unwrap();
        let run = parsed(&["stream-app", "run", "--dead_letter", "a_b", "--on_decode_error=fail"]);
        let run = run.subcommand_matches("run").unwrap();
        let value = |name| run.get_one::<String>(name).map(String::as_str);
        assert_eq!((value("dead_letter"), value("on_decode_error")), (Some("a_b"), Some("fail")));
        parsed(&["stream-app", "dead-letters", "list", "--replay_group", "g", "--with_values"]);
        let help = command().find_subcommand_mut("run").unwrap().render_long_help().to_string();
        assert!(help.contains("--dead-letter") && !help.contains("--dead_letter"), "{help}");
    }
}
