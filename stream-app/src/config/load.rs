//! Puts a configuration together: sources in; a [`Config`] with the origin of each value out, or every problem.

use super::check;
use super::choice::{GroupProtocol, LogFormat, OffsetReset, OutputPartition, Policy, ProcessingGuarantee};
use super::gathered::{Sources, gather};
use super::keys::flag;
use super::library::Library;
use super::options::Options;
use super::origin::Origin;
use super::problem::Problems;
use super::property::{Property, Role, User, resolve};
use super::{Config, DEAD_LETTER_SUFFIX};
use crate::cli::{INPUT, OUTPUT};
use crate::selection::Models;
use std::collections::BTreeMap;
use std::time::Duration;

/// The consumer group unless told otherwise.
const GROUP: &str = "stream-app";

/// Commits by time unless told otherwise. A transaction's records are seen by others only after it: Kafka Streams has 100
/// ms too. Of at least once the interval is what a crash makes the next process score again: a second's records.
const COMMIT_INTERVAL_EXACTLY_ONCE: Duration = Duration::from_millis(100);
const COMMIT_INTERVAL_AT_LEAST_ONCE: Duration = Duration::from_secs(1);

/// The longest time between two commits, in milliseconds: ten minutes are far more than anyone wants scored again.
const COMMIT_INTERVAL_MS_MAX: u64 = 600_000;

/// Commits by count unless told otherwise: half of what librdkafka's queue holds.
const COMMIT_RECORDS_MAX: u64 = 50_000;

/// The most records between two commits: a bound for slips of the pen.
const COMMIT_RECORDS_MAX_MAX: u64 = 10_000_000;

/// The most pipelines in a process. Each has two clients with threads of their own; more processes serve better.
const THREADS_MAX: u64 = 64;

/// A configuration and where it came from.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What was given and means nothing here, with the reason; a line each.
    pub notes: Vec<String>,
    pub(super) origins: BTreeMap<&'static str, Origin>,
    pub(super) properties: Vec<Property>,
}

impl Loaded {
    /// Where the value of an option came from, for a message about it.
    pub fn place(&self, key: &str) -> String {
        self.origins.get(key).map_or_else(|| flag(key), ToString::to_string)
    }
}

/// Loads and checks a configuration for a program with these models.
pub fn load(sources: &Sources, models: Models) -> Result<Loaded, Problems> {
    let mut gathered = gather(sources);
    let resolved = resolve(&gathered.properties, User::Loop, &Library::linked());
    gathered.options.extend(resolved.options);
    let mut options = Options::new(gathered.options);
    let mut config = read(&mut options);
    let of = |role: Option<Role>| {
        let found = resolved.properties.iter().filter(|property| property.role == role);
        found.map(|property| (property.name.clone(), property.value.clone())).collect()
    };
    config.properties = of(None);
    config.consumer_properties = of(Some(Role::Consumer));
    config.producer_properties = of(Some(Role::Producer));
    check::check(&config, &mut options, &resolved.properties, models);
    let mut problems = gathered.problems;
    problems.append(&mut options.problems);
    problems.extend(resolved.problems);
    if problems.is_empty() {
        // The client's own look at the whole comes last: it tells one problem at a time.
        problems.extend(check::clients(&config));
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let (notes, properties) = (resolved.notes, resolved.properties);
    Ok(Loaded { config, notes, origins: options.origins, properties })
}

/// What holds when nothing is given but brokers.
pub(super) fn defaults(bootstrap_server: &str) -> Config {
    let mut config = read(&mut Options::default());
    bootstrap_server.clone_into(&mut config.bootstrap_server);
    config
}

/// Our own options. Of one with a problem the default is taken: a problem is all that will come of it.
fn read(options: &mut Options) -> Config {
    let input = topic(options, "input", INPUT);
    let dead_letter = options.topic("dead_letter").unwrap_or_else(|| {
        options.note_default("dead_letter", "the input's name and -dead-letters");
        format!("{input}{DEAD_LETTER_SUFFIX}")
    });
    let group = text(options, "group", GROUP);
    let transactional_id_prefix = options.text("transactional_id_prefix").unwrap_or_else(|| {
        options.note_default("transactional_id_prefix", "the group's name");
        group.clone()
    });
    let processing_guarantee = options.choice("processing_guarantee", ProcessingGuarantee::AtLeastOnce);
    let threads = options.number("threads", 1..=THREADS_MAX, 1);
    Config {
        model: options.text("model"),
        bootstrap_server: options.brokers("bootstrap_server"),
        input,
        output: topic(options, "output", OUTPUT),
        dead_letter,
        group,
        group_instance_id: options.text("group_instance_id"),
        group_protocol: options.choice("group_protocol", GroupProtocol::Classic),
        pass_through: false,
        auto_offset_reset: options.choice("auto_offset_reset", OffsetReset::Earliest),
        processing_guarantee,
        transactional_id_prefix,
        commit_interval: commit_interval(options, processing_guarantee),
        commit_records_max: options.number(
            "commit_records_max",
            1..=COMMIT_RECORDS_MAX_MAX,
            COMMIT_RECORDS_MAX,
        ),
        threads: usize::try_from(threads).expect("at most THREADS_MAX"),
        on_decode_error: options.choice("on_decode_error", Policy::DeadLetter),
        on_score_error: options.choice("on_score_error", Policy::DeadLetter),
        on_produce_error: options.choice("on_produce_error", Policy::DeadLetter),
        on_output_error: options.choice("on_output_error", Policy::Fail),
        output_partition: options.choice("output_partition", OutputPartition::Murmur2),
        prediction_headers: options.choice("prediction_headers", false),
        http: options.address("http"),
        log_format: options.choice("log_format", LogFormat::Text),
        properties: Vec::new(),
        consumer_properties: Vec::new(),
        producer_properties: Vec::new(),
    }
}

fn topic(options: &mut Options, key: &'static str, default: &str) -> String {
    options.topic(key).unwrap_or_else(|| {
        options.note_default(key, "");
        default.to_owned()
    })
}

fn text(options: &mut Options, key: &'static str, default: &str) -> String {
    options.text(key).unwrap_or_else(|| {
        options.note_default(key, "");
        default.to_owned()
    })
}

fn commit_interval(options: &mut Options, guarantee: ProcessingGuarantee) -> Duration {
    let (default, why) = match guarantee {
        ProcessingGuarantee::ExactlyOnce => (COMMIT_INTERVAL_EXACTLY_ONCE, "that of exactly_once"),
        ProcessingGuarantee::AtLeastOnce => (COMMIT_INTERVAL_AT_LEAST_ONCE, "that of at_least_once"),
    };
    options.duration("commit_interval", 1..=COMMIT_INTERVAL_MS_MAX).unwrap_or_else(|| {
        if options.are_right(&["commit_interval"]) {
            options.note_default("commit_interval", why);
        }
        default
    })
}
