//! `stream-app demo`: a broker, a producer, the loop and a live view, all in this process.

use crate::cli::{DemoArguments, INPUT, OUTPUT};
use crate::clients;
use crate::config::Config;
use crate::embedded::EmbeddedBroker;
use crate::exit::Failure;
use crate::progress::Progress;
use crate::random_rows;
use crate::selection::{Models, select};
use crate::stop::{Stop, StopAtEnd};
use crate::supervisor;
use crate::telemetry::{Level, Telemetry, TelemetrySettings};
use crate::topic::{Reader, Writer};
use crate::view::View;
use crate::watch::Watch;
use fastrand::Rng;
use model_runtime::{Metadata, Model};
use rdkafka::message::Message;
use std::io::{self, IsTerminal, Stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The model that is taken without being named.
const MODEL: &str = "house_prices";

const DEAD_LETTER: &str = "housing-dead-letters";

const PARTITIONS: i32 = 4;

/// How many records may be on their way at once. The embedded broker forgets what it has no room for, of the output as
/// of the input, so the producer must not get far ahead of the view, which comes last.
const AHEAD_MAX: u64 = 2_000;

/// How long the producer waits for the view to catch up before it looks again.
const AHEAD_WAIT: Duration = Duration::from_millis(1);

/// Runs all of it until there are enough records or a signal comes.
pub fn run(models: Models, arguments: &DemoArguments) -> Result<(), Failure> {
    let model = select(models, arguments.model.as_deref(), Some(MODEL))?;
    let broker = EmbeddedBroker::start(&[INPUT, OUTPUT, DEAD_LETTER], PARTITIONS)
        .map_err(|error| Failure::failed(format!("can't start the embedded broker: {error}")))?;
    let demo = Demo {
        arguments,
        model,
        bootstrap_server: broker.bootstrap_server(),
        telemetry: Telemetry::new(TelemetrySettings {
            level_min: Level::Warning,
            ..TelemetrySettings::default()
        }),
        progress: Arc::default(),
        stop: Stop::on_signals()?,
        shown: AtomicU64::new(0),
    };
    let noun = random_rows::noun(model.metadata());
    let mut view = View::new(io::stdout(), io::stdout().is_terminal(), model.metadata(), noun);
    let written = demo.play(&mut view)?;
    let dead_letters = demo.progress.dead_letters();
    view.close(written, dead_letters).map_err(|error| Failure::writing("stdout", &error))
}

struct Demo<'a> {
    arguments: &'a DemoArguments,
    model: &'static dyn Model,
    bootstrap_server: String,
    telemetry: Arc<Telemetry>,
    progress: Arc<Progress>,
    stop: Stop,
    /// How many results the view has read.
    shown: AtomicU64,
}

impl Demo<'_> {
    /// Producer and loop have a thread each, the view has this one. Says how many records were written.
    fn play(&self, view: &mut View<Stdout>) -> Result<u64, Failure> {
        thread::scope(|scope| {
            let scoring = scope.spawn(|| {
                let _stop = StopAtEnd(&self.stop);
                self.score()
            });
            let writing = scope.spawn(|| self.write());
            let shown = {
                let _stop = StopAtEnd(&self.stop);
                self.show(view)
            };
            let written = writing.join().expect("the producer does not panic");
            scoring.join().expect("the loop does not panic")?;
            shown?;
            written
        })
    }

    fn score(&self) -> Result<(), Failure> {
        let config = Config {
            input: INPUT.to_owned(),
            output: OUTPUT.to_owned(),
            dead_letter: DEAD_LETTER.to_owned(),
            group: "stream-app-demo".to_owned(),
            properties: EmbeddedBroker::client_properties(),
            ..Config::new(&self.bootstrap_server)
        };
        supervisor::run(&config, self.model, &self.telemetry, &self.progress, &self.stop)
            .map_err(|error| Failure::failed(error.to_string()))
    }

    /// The view waits for all that is written, so only a writing that failed stops it.
    fn write(&self) -> Result<u64, Failure> {
        let stop = StopAtEnd(&self.stop);
        let written = self.write_all();
        if written.is_ok() {
            std::mem::forget(stop);
        }
        written
    }

    fn write_all(&self) -> Result<u64, Failure> {
        let Self { progress, stop, .. } = self;
        let metadata = self.model.metadata();
        let noun = random_rows::noun(metadata);
        let mut random = Rng::with_seed(self.arguments.seed);
        let config = clients::common(&self.bootstrap_server, &EmbeddedBroker::client_properties());
        let mut writer = Writer::connect(config, INPUT, self.arguments.rate, &self.watch())?;
        // What is written before the first assignment would only wait, and be shown as slow.
        while progress.partitions() == 0 && !stop.requested() {
            thread::sleep(AHEAD_WAIT);
        }
        for number in 0..self.arguments.records.unwrap_or(u64::MAX) {
            let done = || self.shown.load(Ordering::Relaxed) + progress.dead_letters();
            while number >= done() + AHEAD_MAX && !stop.requested() {
                thread::sleep(AHEAD_WAIT);
            }
            let record = random_rows::record(metadata, number, &mut random);
            let key = format!("{noun}-{number}");
            if stop.requested() || !writer.write(Some(&key), record.as_bytes(), stop)? {
                break;
            }
        }
        writer.finish()
    }

    fn show(&self, view: &mut View<Stdout>) -> Result<(), Failure> {
        let Self { progress, stop, .. } = self;
        let failure = |error: io::Error| Failure::writing("stdout", &error);
        view.say(&introduction(self.model.metadata(), &self.bootstrap_server)).map_err(failure)?;
        let config = clients::common(&self.bootstrap_server, &EmbeddedBroker::client_properties());
        let Some(reader) = Reader::connect(config, OUTPUT, &self.watch(), stop)? else { return Ok(()) };
        let enough = self.arguments.records.unwrap_or(u64::MAX);
        while !stop.requested() && view.scored() + progress.dead_letters() < enough {
            if let Some(message) = reader.next() {
                let key = String::from_utf8_lossy(message.key().unwrap_or_default());
                let since = message.timestamp().to_millis().unwrap_or_default();
                let latency = now_milliseconds().saturating_sub(since).unsigned_abs();
                view.add(&key, message.payload().unwrap_or_default(), latency).map_err(failure)?;
                self.shown.store(view.scored(), Ordering::Relaxed);
            }
            view.refresh(progress.dead_letters()).map_err(failure)?;
        }
        Ok(())
    }

    fn watch(&self) -> Arc<Watch> {
        Arc::new(Watch::new(&self.bootstrap_server, self.telemetry.pipeline(0)))
    }
}

fn introduction(metadata: &Metadata, bootstrap_server: &str) -> String {
    format!(
        "embedded broker at {bootstrap_server}, for trying things out: nothing is kept, nothing is proven by it\n\
         model {}, topics {INPUT} -> {OUTPUT}; waiting for the first assignment, about 5 seconds",
        metadata.name
    )
}

fn now_milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
