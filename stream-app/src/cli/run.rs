//! The arguments of `run`, which are those of the configuration.

use super::broker::{CONFIGURATION, PropertyArguments};
use crate::config::Sources;
use clap::Args;
use std::path::PathBuf;

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
/// open, within 2 seconds, and a third one ends the process at once.
///
/// Three topics are used, and they must exist unless the broker creates topics by itself: input, output and dead
/// letters.
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
    /// with the number of the record's own, for which the output needs as many as the input [default: murmur2].
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
    /// For an output topic that is missing, may not be written to or lacks a record's partition: `fail`, `continue` without
    /// the results, or `dead-letter` [default: fail].
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Arguments, Command};
    use crate::config::KEYS;
    use clap::{CommandFactory, Parser};

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
