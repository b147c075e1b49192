//! `stream-app produce`: random houses into a topic.

use crate::cli::ProduceArguments;
use crate::config::Role;
use crate::exit::Failure;
use crate::houses;
use crate::stop::Stop;
use crate::telemetry::{Level, PipelineTelemetry};
use crate::topic::Writer;
use crate::watch::Watch;
use fastrand::Rng;
use std::io::{self, Write};
use std::sync::Arc;

/// Writes houses until there are enough or a signal comes.
pub fn run(arguments: &ProduceArguments) -> Result<(), Failure> {
    let broker = arguments.broker.broker()?;
    let stop = Stop::on_signals()?;
    let watch = Arc::new(Watch::new(&broker.bootstrap_server, PipelineTelemetry::from_level(Level::Info)));
    let mut random = Rng::with_seed(arguments.seed);
    let config = broker.client_config(Role::Producer);
    let mut writer = Writer::connect(config, &arguments.topic, arguments.rate, &watch)?;
    if !writer.await_topic(&watch, &stop)? {
        return Ok(());
    }
    for number in 0..arguments.count.unwrap_or(u64::MAX) {
        let house = houses::house(number, &mut random);
        if stop.requested() || !writer.write(&format!("house-{number}"), &house, &stop)? {
            break;
        }
    }
    let written = writer.finish()?;
    let _ = writeln!(io::stderr(), "wrote {written} houses to topic {}", arguments.topic);
    Ok(())
}
