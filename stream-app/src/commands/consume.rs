//! `stream-app consume`: prints a topic.

use crate::cli::ConsumeArguments;
use crate::config::Role;
use crate::exit::Failure;
use crate::stop::Stop;
use crate::telemetry::{Level, PipelineTelemetry};
use crate::topic::Reader;
use crate::watch::Watch;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use std::io::{self, Write};
use std::sync::Arc;

/// Prints records until there are enough or a signal comes.
pub fn run(arguments: &ConsumeArguments) -> Result<(), Failure> {
    let broker = arguments.broker.broker()?;
    let stop = Stop::on_signals()?;
    let watch = Arc::new(Watch::new(&broker.bootstrap_server, PipelineTelemetry::from_level(Level::Info)));
    let config = broker.client_config(Role::Consumer);
    let Some(reader) = Reader::connect(config, &arguments.topic, &watch, &stop)? else { return Ok(()) };
    let mut output = io::stdout().lock();
    let mut printed = 0;
    while !stop.requested() && arguments.count.is_none_or(|count| printed < count) {
        let Some(message) = reader.next() else { continue };
        let line = line(&message, arguments.with_headers);
        output.write_all(&line).map_err(|error| Failure::writing("stdout", &error))?;
        printed += 1;
    }
    Ok(())
}

/// The value, a null one as an empty line; before it, if asked for, where the record stands and what it has besides.
fn line(message: &BorrowedMessage<'_>, with_headers: bool) -> Vec<u8> {
    let mut line = Vec::new();
    if with_headers {
        let key = String::from_utf8_lossy(message.key().unwrap_or_default());
        line.extend_from_slice(format!("{}\t{}\t{key}\t", message.partition(), message.offset()).as_bytes());
        let headers: Vec<String> = message.headers().map_or_else(Vec::new, |headers| {
            let values = headers.iter();
            values
                .map(|header| {
                    format!("{}={}", header.key, String::from_utf8_lossy(header.value.unwrap_or_default()))
                })
                .collect()
        });
        line.extend_from_slice(headers.join(",").as_bytes());
        line.push(b'\t');
    }
    line.extend_from_slice(message.payload().unwrap_or_default());
    line.push(b'\n');
    line
}
