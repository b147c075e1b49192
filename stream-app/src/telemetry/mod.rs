//! What the loop is watched by: events and numbers of batches in; log lines, `/metrics`, `/livez`, `/readyz` and a live
//! line out.
//!
//! A process has one [`Telemetry`]; each pipeline has a [`PipelineTelemetry`] with numbers of its own, so that threads do
//! not contend. The loop calls it by batch and by event, never by record: what is a record's goes into a [`Tally`], which
//! is plain memory of the pipeline's thread.
//!
//! ```text
//! telemetry.pipeline(0)
//!     at the start    set_state(Rebalancing), tell(Started …), tell(Assigned …), set_state(Running)
//!     each turn       turned()
//!     each batch      consumed(records, bytes), scored(records, time), features(unseen, missing)
//!     each record     tally.result(…) | tally.dead_letter(…) | tally.skipped(…)
//!     at least once   acknowledged(&mut tally); offsets_committed(time)
//!     exactly once    committed(&mut tally, time) | aborted(&mut tally, reason)
//!     each batch      in_flight(tally.records()), after a commit if there is one
//!     each second     statistics(topic, &statistics, positions), from the consumer's `stats` callback
//!     at the end      set_state(PendingShutdown), tell(Stopping), tell(Stopped …); or set_state(Error), tell(Failed …)
//! ```

#[cfg(test)]
mod captured;
mod cells;
mod event;
mod family;
mod field;
mod lag;
mod latency_histogram;
mod limiter;
mod live_line;
mod log;
mod metrics;
#[cfg(test)]
mod monitoring_tests;
mod pipeline;
mod repeats;
mod state;
mod tally;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use captured::Captured;
pub use event::{Event, Level};
pub use field::LogFormat;
pub use live_line::LiveLine;
pub use pipeline::PipelineTelemetry;
pub use state::State;
pub use tally::Tally;

use cells::Cells;
use log::Log;
use metrics::Metrics;
use model_runtime::Metadata;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `max.poll.interval.ms` of librdkafka unless it is set.
pub const MAX_POLL_INTERVAL: Duration = Duration::from_mins(5);

/// What there is to be told about a process's telemetry.
#[derive(Clone, Copy, Debug)]
pub struct TelemetrySettings {
    /// The least level that is written. [`Level::Debug`] if the property `debug` is set, else [`Level::Info`].
    pub level_min: Level,
    /// How log lines are written.
    pub format: LogFormat,
    /// The model that scores; none for commands that do not score.
    pub model: Option<&'static Metadata>,
    /// How many pipelines there will be. The process is ready when all of them are.
    pub threads: u32,
    /// `max.poll.interval.ms` as the consumers have it. A loop that has not turned for half of it is not alive.
    pub max_poll_interval: Duration,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            level_min: Level::Info,
            format: LogFormat::Text,
            model: None,
            threads: 1,
            max_poll_interval: MAX_POLL_INTERVAL,
        }
    }
}

/// All that is told and counted in a process.
#[derive(Debug)]
pub struct Telemetry {
    settings: TelemetrySettings,
    log: Log,
    metrics: Arc<Metrics>,
    pipelines: Mutex<Vec<Arc<Cells>>>,
}

impl Telemetry {
    /// Telemetry whose log goes to stderr.
    pub fn new(settings: TelemetrySettings) -> Arc<Self> {
        Self::with_writer(settings, log::stderr())
    }

    /// Telemetry whose log goes elsewhere.
    pub fn with_writer(settings: TelemetrySettings, writer: Box<dyn Write + Send>) -> Arc<Self> {
        Arc::new(Self {
            settings,
            log: Log::new(settings.level_min, settings.format, writer),
            metrics: Arc::new(Metrics::new(settings.model)),
            pipelines: Mutex::default(),
        })
    }

    /// The telemetry of the pipeline with this number, from 0. Of a number that is known already, the same again.
    pub fn pipeline(self: &Arc<Self>, thread: u32) -> PipelineTelemetry {
        let mut pipelines = self.pipelines();
        let known = pipelines.iter().find(|cells| cells.thread == thread).map(Arc::clone);
        let cells = known.unwrap_or_else(|| {
            let cells = Arc::new(Cells::new(thread, &self.metrics, self.settings.model));
            pipelines.push(Arc::clone(&cells));
            cells
        });
        drop(pipelines);
        PipelineTelemetry::new(Arc::clone(self), cells)
    }

    /// Writes an event that is no pipeline's.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an event is made to be told, and read best when made in place"
    )]
    pub fn tell(&self, event: Event<'_>) {
        self.log.tell(&event, None);
    }

    /// All metrics in Prometheus' text format 0.0.4.
    pub fn metrics_text(&self) -> String {
        self.metrics.text()
    }

    /// Whether every pipeline's loop turns; if not, one line that says which does not.
    pub fn alive(&self) -> Result<(), String> {
        let turned_within = self.settings.max_poll_interval / 2;
        for cells in self.pipelines().iter() {
            let since = cells.since_turn();
            if since > turned_within {
                return Err(format!(
                    "the loop of thread {} has not turned for {} s; expected within {} s, half of max.poll.interval.ms",
                    cells.thread,
                    since.as_secs(),
                    turned_within.as_secs()
                ));
            }
        }
        Ok(())
    }

    /// Whether every pipeline is running; if not, one line that says which is not.
    pub fn ready(&self) -> Result<(), String> {
        let pipelines = self.pipelines();
        let waiting = pipelines.iter().find(|cells| cells.state() != State::Running);
        if let Some(cells) = waiting {
            return Err(format!("thread {} is {}", cells.thread, cells.state()));
        }
        match (pipelines.len(), self.settings.threads) {
            (made, threads) if made < threads as usize => {
                Err(format!("{made} of {threads} threads have started"))
            }
            _ => Ok(()),
        }
    }

    /// Draws a live line until what comes out is dropped. Nothing if stderr is no terminal or the log is JSON.
    pub fn live_line(self: &Arc<Self>) -> Option<LiveLine> {
        let fits = io::stderr().is_terminal() && self.log.format() == LogFormat::Text;
        fits.then(|| LiveLine::start(Arc::clone(self)))
    }

    fn pipelines(&self) -> MutexGuard<'_, Vec<Arc<Cells>>> {
        self.pipelines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
