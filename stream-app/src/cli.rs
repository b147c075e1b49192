//! The command line: what can be asked for, and the help that teaches it.

use crate::config::{Broker, Sources, load_broker};
use crate::dead_letters::DeadLettersArguments;
use crate::exit::Failure;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::env;
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
  2  wrong arguments
  3  a bad line (score --on-error fail)
  4  another process with the same id took over
  5  run: a bad record, and the policy for it is `fail`
  6  no broker answered (dead-letters; run waits for one)
  7  the brokers refused: authentication failed, or a topic, group or id is not authorised; or their certificate is
      not to be trusted
  8  the stop's deadline passed with work uncommitted; the next start does it again

A model is added by putting its file into models/ and building again."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
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

/// Score the records of a Kafka topic, for ever.
///
/// Each record's value is a JSON object. It goes to the output topic with its prediction under the response's name and
/// with its key, headers and timestamp. A record that can't be scored (or has no value) is logged without its content
/// and, unless a policy says otherwise, goes to the dead-letter topic as it came, with headers that say why.
///
/// At least once, the default, an offset is committed after the brokers have acknowledged the record's result or dead
/// letter; what was not committed before a crash comes out again. Exactly once, results, dead letters and offsets are
/// one transaction: readers with isolation.level=read_committed see each result once, whatever happens.
///
/// SIGINT and SIGTERM finish the batch, commit and leave the group, within 25 seconds; a second one gives up what is
/// open, within 2 seconds, and a third one ends the process at once. Three topics are used, and they must exist unless
/// the broker creates topics by itself: input, output and dead letters.
///
/// Every option may be given in four ways, of which the first prevails: as a flag; as a variable of the environment
/// (STREAM_APP_ and the name in capitals: --dead-letter is STREAM_APP_DEAD_LETTER); as a key of the TOML file of
/// --config (dead_letter); by default. All that is wrong is told at once, before anything is read.
#[derive(Args, Debug)]
#[allow(clippy::doc_markdown, reason = "the text is help on a terminal, where backticks are noise")]
#[command(after_help = "\
Examples:
  stream-app run --bootstrap-server localhost:9092 --model house_prices
  stream-app run --bootstrap-server broker-1:9092,broker-2:9092 --input houses --output priced --group pricing \\
      --property session.timeout.ms=10000
  stream-app run --config stream-app.toml --print-config
  STREAM_APP_PROPERTY_SASL_PASSWORD=... stream-app run --config stream-app.toml --threads 4")]
pub struct RunArguments {
    /// The model; may be left out while there is one. `stream-app models` lists them.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Brokers to begin with; several with commas. Has no default.
    #[arg(long, value_name = "HOST:PORT", help_heading = TOPICS)]
    pub bootstrap_server: Option<String>,
    /// The topic to read [default: housing].
    #[arg(long, value_name = "TOPIC", help_heading = TOPICS)]
    pub input: Option<String>,
    /// The topic to write records with predictions to [default: predictions].
    #[arg(long, value_name = "TOPIC", help_heading = TOPICS)]
    pub output: Option<String>,
    /// The topic to write bad records to [default: the input's name and `-dead-letters`].
    #[arg(long, value_name = "TOPIC", help_heading = TOPICS)]
    pub dead_letter: Option<String>,
    /// Which partition a result goes to: `murmur2`, the one that Java's clients choose for its key; or `input`, the one
    /// with the number of the record's own [default: murmur2].
    #[arg(long, value_name = "HOW", help_heading = TOPICS)]
    pub output_partition: Option<String>,
    /// Add the model's name and digest to each result, as record headers [default: false].
    #[arg(
        long,
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = TOPICS
    )]
    pub prediction_headers: Option<String>,
    /// The consumer group; processes with the same one share the work [default: stream-app].
    #[arg(long, value_name = "NAME", help_heading = GROUP)]
    pub group: Option<String>,
    /// This process's name in the group, different in each: with one, a restart within the session's timeout moves no
    /// partitions (static membership) [default: none].
    #[arg(long, value_name = "NAME", help_heading = GROUP)]
    pub group_instance_id: Option<String>,
    /// How the group agrees on who reads what: `classic`, cooperative-sticky among its members; or `consumer`, by the
    /// broker (KIP-848, Kafka 4.0 or later) [default: classic].
    #[arg(long, value_name = "PROTOCOL", help_heading = GROUP)]
    pub group_protocol: Option<String>,
    /// Where a group without committed offsets begins: `earliest`, `latest`, or `error` to stop [default: earliest].
    #[arg(long, value_name = "WHERE", help_heading = GROUP)]
    pub auto_offset_reset: Option<String>,
    /// Pipelines in this process, 1 to 64, each a member of the group [default: 1].
    #[arg(long, value_name = "N", help_heading = GROUP)]
    pub threads: Option<String>,
    /// How often a record's result may come out: `at_least_once`, or `exactly_once` for readers of committed records
    /// (Kafka Streams' `exactly_once_v2` is the same) [default: at_least_once].
    #[arg(long, value_name = "GUARANTEE", help_heading = COMMITS)]
    pub processing_guarantee: Option<String>,
    /// What the names of the transactions begin with; no other group may have the same [default: the group's name].
    #[arg(long, value_name = "NAME", help_heading = COMMITS)]
    pub transactional_id_prefix: Option<String>,
    /// The time between two commits, in milliseconds [default: 1000; 100 with exactly_once].
    #[arg(long, value_name = "MS", help_heading = COMMITS)]
    pub commit_interval: Option<String>,
    /// Commit after this many records, if the interval is not over before [default: 50000].
    #[arg(long, value_name = "N", help_heading = COMMITS)]
    pub commit_records_max: Option<String>,
    /// For a record that is no JSON object: `fail`, `continue` without it, or `dead-letter` [default: dead-letter].
    #[arg(long, value_name = "POLICY", help_heading = POLICIES)]
    pub on_decode_error: Option<String>,
    /// For a record that the model can't score: `fail`, `continue` without it, or `dead-letter` [default: dead-letter].
    #[arg(long, value_name = "POLICY", help_heading = POLICIES)]
    pub on_score_error: Option<String>,
    /// For a result that the output refuses, as too large for example: `fail`, `continue` without it, or `dead-letter`
    /// [default: dead-letter].
    #[arg(long, value_name = "POLICY", help_heading = POLICIES)]
    pub on_produce_error: Option<String>,
    /// For an output topic that is missing or may not be written to: `fail`, `continue` without the results, or
    /// `dead-letter` [default: fail].
    #[arg(long, value_name = "POLICY", help_heading = POLICIES)]
    pub on_output_error: Option<String>,
    /// Serve Prometheus' /metrics, /livez and /readyz here, such as 127.0.0.1:9095 [default: nowhere].
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = WATCHING)]
    pub http: Option<String>,
    /// What a line of the log is: `text` or `json` [default: text].
    #[arg(long, value_name = "FORMAT", help_heading = WATCHING)]
    pub log_format: Option<String>,
    /// For benchmarks: the loop without the scoring.
    #[arg(long, hide = true)]
    pub pass_through: bool,
    /// Print the configuration as a TOML file, with the origin of each value and without secrets, and exit.
    #[arg(long, help_heading = CONFIGURATION)]
    pub print_config: bool,
    /// A TOML file with options as keys and client properties in the table [properties] (STREAM_APP_CONFIG).
    #[arg(long, value_name = "FILE", help_heading = CONFIGURATION)]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub properties: PropertyArguments,
}

const TOPICS: &str = "Topics";
const GROUP: &str = "Consumer group";
const COMMITS: &str = "Processing guarantee";
const POLICIES: &str = "Bad records";
const WATCHING: &str = "Watching";
const CONFIGURATION: &str = "Configuration and client properties";

impl RunArguments {
    /// What was given, and the environment.
    pub fn sources(&self) -> Sources {
        let flags = [
            ("model", &self.model),
            ("bootstrap_server", &self.bootstrap_server),
            ("input", &self.input),
            ("output", &self.output),
            ("dead_letter", &self.dead_letter),
            ("group", &self.group),
            ("group_instance_id", &self.group_instance_id),
            ("group_protocol", &self.group_protocol),
            ("auto_offset_reset", &self.auto_offset_reset),
            ("processing_guarantee", &self.processing_guarantee),
            ("transactional_id_prefix", &self.transactional_id_prefix),
            ("commit_interval", &self.commit_interval),
            ("commit_records_max", &self.commit_records_max),
            ("threads", &self.threads),
            ("on_decode_error", &self.on_decode_error),
            ("on_score_error", &self.on_score_error),
            ("on_produce_error", &self.on_produce_error),
            ("on_output_error", &self.on_output_error),
            ("output_partition", &self.output_partition),
            ("prediction_headers", &self.prediction_headers),
            ("http", &self.http),
            ("log_format", &self.log_format),
        ];
        Sources {
            flags: flags.into_iter().filter_map(|(key, text)| Some((key, text.clone()?))).collect(),
            config: self.config.clone(),
            ..self.properties.sources()
        }
    }
}

/// Properties of the Kafka client.
#[derive(Args, Debug)]
#[allow(clippy::doc_markdown, reason = "the text is help on a terminal, where backticks are noise")]
pub struct PropertyArguments {
    /// A property of the Kafka client by librdkafka's name, Java's or Kafka Streams'; may be given several times. With
    /// `consumer.` or `producer.` before it, it is for that client alone. STREAM_APP_PROPERTY_SASL_PASSWORD in the
    /// environment is `sasl.password`: a secret on a command line can be seen by others.
    #[arg(long = "property", short = 'X', value_name = "NAME=VALUE", help_heading = CONFIGURATION)]
    pub properties: Vec<String>,
    /// A file of such properties, NAME=VALUE a line, as Java's clients read it (STREAM_APP_PROPERTIES). It prevails over
    /// the table [properties] of a TOML file, the environment and -X over it.
    #[arg(long = "properties", value_name = "FILE", help_heading = CONFIGURATION)]
    pub properties_file: Option<PathBuf>,
}

impl PropertyArguments {
    fn sources(&self) -> Sources {
        Sources {
            properties: self.properties.clone(),
            properties_file: self.properties_file.clone(),
            environment: env::vars_os().collect(),
            ..Sources::default()
        }
    }
}

/// How to reach Kafka.
#[derive(Args, Debug)]
#[allow(clippy::doc_markdown, reason = "the text is help on a terminal, where backticks are noise")]
pub struct BrokerArguments {
    /// Brokers to begin with; several with commas (STREAM_APP_BOOTSTRAP_SERVER, or `bootstrap.servers` in the file of
    /// --properties).
    #[arg(long, value_name = "HOST:PORT")]
    pub bootstrap_server: Option<String>,
    #[command(flatten)]
    pub properties: PropertyArguments,
}

impl BrokerArguments {
    /// The brokers, and how to talk to them.
    pub fn broker(&self) -> Result<Broker, Failure> {
        let flags = self.bootstrap_server.iter().map(|text| ("bootstrap_server", text.clone())).collect();
        let sources = Sources { flags, ..self.properties.sources() };
        load_broker(&sources).map_err(|problems| Failure::usage(problems.to_string()))
    }
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

/// Write random houses to a topic.
///
/// Each is a JSON object with the fields of the article's houses; its key is the house's name. Ends by Ctrl-C, or after
/// `--count`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  stream-app produce --bootstrap-server localhost:9092
  stream-app produce --bootstrap-server localhost:9092 --topic houses --count 100000 --rate 0 --seed 7")]
pub struct ProduceArguments {
    #[command(flatten)]
    pub broker: BrokerArguments,
    /// The topic to write to.
    #[arg(long, value_name = "TOPIC", default_value = INPUT)]
    pub topic: String,
    /// Stop after this many [default: go on until Ctrl-C].
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Houses a second; 0 is as many as the broker takes.
    #[arg(long, value_name = "R", default_value_t = 10)]
    pub rate: u32,
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
    use crate::config::KEYS;
    use clap::CommandFactory;

    fn run_arguments(arguments: &[String]) -> Box<RunArguments> {
        let start = ["stream-app".to_owned(), "run".to_owned()];
        let parsed = Arguments::try_parse_from(start.iter().chain(arguments)).unwrap();
        let Command::Run(arguments) = parsed.command else { panic!("not `run`") };
        arguments
    }

    #[test]
    fn every_option_of_the_configuration_is_a_flag_with_help_and_is_handed_on() {
        let flags = KEYS.map(|key| format!("--{}={key}", key.replace('_', "-")));
        let mut handed_on = run_arguments(&flags).sources().flags;
        handed_on.sort_unstable();
        let mut expected = KEYS.map(|key| (key, key.to_owned()));
        expected.sort_unstable();
        assert_eq!(handed_on, expected);
        let command = Arguments::command();
        let run = command.find_subcommand("run").unwrap();
        for key in KEYS {
            let argument = run.get_arguments().find(|argument| argument.get_id() == key).unwrap();
            assert!(argument.get_help().is_some(), "{key}");
        }
    }

    #[test]
    fn prediction_headers_alone_means_true_and_does_not_swallow_what_follows() {
        let alone = run_arguments(&["--prediction-headers".to_owned(), "--input=a".to_owned()]);
        assert_eq!((alone.prediction_headers.as_deref(), alone.input.as_deref()), (Some("true"), Some("a")));
    }
}
