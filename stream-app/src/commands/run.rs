//! `stream-app run`: the loop against a Kafka.

use crate::cli::RunArguments;
use crate::events::{Events, Level};
use crate::exit::Failure;
use crate::pipeline::{self, Settings, Shared};
use crate::progress::Progress;
use crate::selection::{Models, select};
use crate::stop::Stop;
use std::sync::Arc;

/// What the dead letters' topic is called after the input's name.
pub const DEAD_LETTER_SUFFIX: &str = "-dead-letters";

/// Properties that the promises of the loop rest on, and the options of this program's own.
const RESERVED_PROPERTIES: [&str; 14] = [
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
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
];

/// Runs the loop until a signal comes.
pub fn run(models: Models, arguments: &RunArguments) -> Result<(), Failure> {
    let model = select(models, arguments.model.as_deref(), None)?;
    let settings = settings(arguments)?;
    let stop = Stop::on_signals()?;
    let shared =
        Shared { events: Events::from_level(Level::Info), progress: Arc::new(Progress::default()), stop };
    pipeline::run(&settings, model, &shared).map_err(|error| Failure::failed(error.to_string()))
}

fn settings(arguments: &RunArguments) -> Result<Settings, Failure> {
    let broker = &arguments.broker;
    if let Some((name, _)) =
        broker.properties.iter().find(|(name, _)| RESERVED_PROPERTIES.contains(&name.as_str()))
    {
        return Err(Failure::usage(format!(
            "the property `{name}` can't be set: the loop depends on its own"
        )));
    }
    let dead_letter = match &arguments.dead_letter {
        Some(topic) => topic.clone(),
        None => format!("{}{DEAD_LETTER_SUFFIX}", arguments.input),
    };
    Ok(Settings {
        bootstrap_server: broker.bootstrap_server.clone(),
        input: arguments.input.clone(),
        output: arguments.output.clone(),
        dead_letter,
        group: arguments.group.clone(),
        properties: broker.properties.clone(),
    })
}
