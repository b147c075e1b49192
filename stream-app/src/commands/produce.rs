//! `stream-app produce`: random houses, or the lines of a file, into a topic.

use crate::cli::ProduceArguments;
use crate::config::Role;
use crate::exit::Failure;
use crate::houses;
use crate::lines::{LINE_BYTES_MAX, Lines, open};
use crate::stop::Stop;
use crate::telemetry::{Level, PipelineTelemetry};
use crate::topic::Writer;
use crate::watch::Watch;
use fastrand::Rng;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

/// How many houses are written a second unless told otherwise: as many as an eye can follow.
const HOUSES_PER_SECOND: u32 = 10;

/// How long to wait for a line before signals are looked at.
const LINES_WAIT: Duration = Duration::from_millis(50);

/// How many batches are read ahead of what the broker takes.
const BATCHES_AHEAD: usize = 2;

/// Writes until there are enough, the file ends or a signal comes.
pub fn run(arguments: &ProduceArguments) -> Result<(), Failure> {
    let broker = arguments.broker.broker()?;
    // What can't be read is to be known before a broker is waited for.
    let file = arguments.file.as_deref().map(|path| open(path).map(|file| (path, file))).transpose()?;
    let stop = Stop::on_signals()?;
    let watch = Arc::new(Watch::new(&broker.bootstrap_server, PipelineTelemetry::from_level(Level::Info)));
    let config = broker.client_config(Role::Producer);
    let rate = arguments.rate.unwrap_or(if file.is_some() { 0 } else { HOUSES_PER_SECOND });
    let mut writer = Writer::connect(config, &arguments.topic, rate, &watch)?;
    if !writer.await_topic(&watch, &stop)? {
        return Ok(());
    }
    let count = arguments.count.unwrap_or(u64::MAX);
    let (noun, ended) = match file {
        Some((path, file)) => ("records", write_lines(&mut writer, file, path, count, &stop)),
        None => ("houses", write_houses(&mut writer, arguments.seed, count, &stop)),
    };
    // Also after a line that can't be read: what stands before it is to be there.
    match (writer.finish(), ended) {
        (Ok(written), ended) => {
            let _ = writeln!(io::stderr(), "wrote {written} {noun} to topic {}", arguments.topic);
            ended
        }
        // The first failure is what the command ends with, but none goes untold.
        (Err(unfinished), Err(failure)) => {
            if unfinished.to_string() != failure.to_string() {
                let _ = writeln!(io::stderr(), "error: {unfinished}");
            }
            Err(failure)
        }
        (Err(unfinished), Ok(())) => Err(unfinished),
    }
}

fn write_houses(writer: &mut Writer, seed: u64, count: u64, stop: &Stop) -> Result<(), Failure> {
    let mut random = Rng::with_seed(seed);
    for number in 0..count {
        let house = houses::house(number, &mut random);
        let key = format!("house-{number}");
        if stop.requested() || !writer.write(Some(&key), house.as_bytes(), stop)? {
            break;
        }
    }
    Ok(())
}

/// Reading has a thread of its own: a pipe that is silent must not keep a signal waiting.
fn write_lines(
    writer: &mut Writer,
    file: Box<dyn Read + Send>,
    path: &Path,
    count: u64,
    stop: &Stop,
) -> Result<(), Failure> {
    let (sender, batches) = mpsc::sync_channel(BATCHES_AHEAD);
    let path = path.to_owned();
    thread::spawn(move || read_lines(file, &path, &sender));
    let mut written = 0;
    while written < count && !stop.requested() {
        match batches.recv_timeout(LINES_WAIT) {
            Ok(lines) => {
                for line in lines? {
                    if written == count || stop.requested() || !writer.write(None, &line, stop)? {
                        return Ok(());
                    }
                    written += 1;
                }
            }
            Err(RecvTimeoutError::Timeout) => writer.serve()?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(())
}

/// Lines that stood in memory together, or why there are no more.
type ReadLines = Result<Vec<Vec<u8>>, Failure>;

fn read_lines(file: impl Read, path: &Path, sender: &SyncSender<ReadLines>) {
    let mut lines = Lines::new(file);
    loop {
        let (found, too_long) = match lines.next_batch() {
            Ok(Some(batch)) => {
                let texts = batch.lines.iter().map_while(|line| batch.text(line));
                let found: Vec<_> = texts.map(<[u8]>::to_vec).collect();
                let too_long = batch.lines.get(found.len()).map(|line| line.number);
                (found, too_long)
            }
            Ok(None) => return,
            Err(error) => {
                // If nobody takes it, nobody waits for lines any more.
                let _ =
                    sender.send(Err(Failure::failed(format!("can't read from {}: {error}", path.display()))));
                return;
            }
        };
        if sender.send(Ok(found)).is_err() {
            return;
        }
        if let Some(number) = too_long {
            let _ = sender.send(Err(Failure::bad_input(format!(
                "line {number} of {} is longer than {LINE_BYTES_MAX} bytes; neither it nor what follows is written",
                path.display()
            ))));
            return;
        }
    }
}
