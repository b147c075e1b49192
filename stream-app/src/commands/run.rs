//! `stream-app run`: the loop against a Kafka.

use crate::cli::RunArguments;
use crate::events::{Events, Level};
use crate::exit::Failure;
use crate::pipeline::{self, PipelineError, Settings, Shared};
use crate::progress::Progress;
use crate::selection::{Models, select};
use crate::stop::Stop;
use std::sync::Arc;

/// What the dead letters' topic is called after the input's name.
pub const DEAD_LETTER_SUFFIX: &str = "-dead-letters";

/// Properties that the promises of the loop rest on, and the options of this program's own, with librdkafka's other
/// names for them: of two names for one thing, whichever came last would win.
const RESERVED_PROPERTIES: [&str; 17] = [
    "acks",
    "auto.commit.enable",
    "auto.offset.reset",
    "bootstrap.servers",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "isolation.level",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "request.required.acks",
    "transactional.id",
];

/// Properties that may be set by one of their names only, because the loop has a value of its own for that: the name
/// that is refused and the one to use.
const ALIASES: [(&str, &str); 1] = [("queue.buffering.max.ms", "linger.ms")];

/// Runs the loop until a signal comes.
pub fn run(models: Models, arguments: &RunArguments) -> Result<(), Failure> {
    let model = select(models, arguments.model.as_deref(), None)?;
    let settings = settings(arguments)?;
    let stop = Stop::on_signals()?;
    stop.enforce_deadline();
    let shared =
        Shared { events: Events::from_level(Level::Info), progress: Arc::new(Progress::default()), stop };
    pipeline::run(&settings, model, &shared).map_err(|error| match error {
        PipelineError::StoppedUnacknowledged { .. } | PipelineError::StoppedUncommitted => {
            Failure::stop_overdue(error.to_string())
        }
        error => Failure::failed(error.to_string()),
    })
}

fn settings(arguments: &RunArguments) -> Result<Settings, Failure> {
    let broker = &arguments.broker;
    broker.properties.iter().try_for_each(|(name, _)| check_property(name))?;
    let dead_letter = match &arguments.dead_letter {
        Some(topic) => topic.clone(),
        None => format!("{}{DEAD_LETTER_SUFFIX}", arguments.input),
    };
    check_topics(&arguments.input, &arguments.output, &dead_letter)?;
    Ok(Settings {
        bootstrap_server: broker.bootstrap_server.clone(),
        input: arguments.input.clone(),
        output: arguments.output.clone(),
        dead_letter,
        group: arguments.group.clone(),
        properties: broker.properties.clone(),
    })
}

fn check_property(name: &str) -> Result<(), Failure> {
    if RESERVED_PROPERTIES.contains(&name) {
        return Err(Failure::usage(format!(
            "the property `{name}` can't be set: the loop depends on its own"
        )));
    }
    match ALIASES.iter().find(|(alias, _)| *alias == name) {
        Some((_, instead)) => {
            Err(Failure::usage(format!("set the property `{instead}` in place of `{name}`")))
        }
        None => Ok(()),
    }
}

/// A topic that is read and written would never come to an end, and what is in it would be neither input nor output.
fn check_topics(input: &str, output: &str, dead_letter: &str) -> Result<(), Failure> {
    if input.starts_with('^') {
        return Err(Failure::usage(format!(
            "--input `{input}` begins with `^`, which stands for a pattern; name one topic"
        )));
    }
    let pairs = [
        ("--input", input, "--output", output),
        ("--input", input, "--dead-letter", dead_letter),
        ("--output", output, "--dead-letter", dead_letter),
    ];
    match pairs.iter().find(|(_, one, _, other)| one == other) {
        Some((one, topic, other, _)) => {
            Err(Failure::usage(format!("{one} and {other} are the same topic, `{topic}`; use three topics")))
        }
        None => Ok(()),
    }
}
