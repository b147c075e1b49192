//! One pipeline's telemetry: what its loop calls, by batch and by event.

use super::cells::Cells;
use super::event::{Event, Level};
use super::state::State;
use super::tally::Tally;
use super::{Telemetry, TelemetrySettings, lag};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::statistics::Statistics;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Librdkafka's words about a property that only consumers have, or only producers.
const OTHER_CLIENTS_PROPERTY: &str = "property and will be ignored by this";

/// The telemetry of one pipeline. Clones share the numbers.
#[derive(Clone, Debug)]
pub struct PipelineTelemetry {
    telemetry: Arc<Telemetry>,
    cells: Arc<Cells>,
}

impl PipelineTelemetry {
    pub(super) fn new(telemetry: Arc<Telemetry>, cells: Arc<Cells>) -> Self {
        Self { telemetry, cells }
    }

    /// Telemetry of a command that serves no metrics: the events of this level and above go to stderr.
    pub fn from_level(level_min: Level) -> Self {
        Telemetry::new(TelemetrySettings { level_min, ..TelemetrySettings::default() }).pipeline(0)
    }

    /// Writes the event's line and counts it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an event is made to be told, and read best when made in place"
    )]
    pub fn tell(&self, event: Event<'_>) {
        event.count(&self.cells);
        let thread = (self.telemetry.settings.threads > 1).then_some(self.cells.thread);
        if !self.telemetry.log.tell(&event, thread) {
            self.telemetry.metrics.log_lines_left_out.inc();
        }
        if matches!(event, Event::Stopped { .. } | Event::Failed { .. }) {
            self.telemetry.log.tell_all_that_was_left_out();
        }
    }

    /// A line of librdkafka's own log: what a client context's `log` is to call.
    pub fn client_log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Consumer and producer are made with the same properties, so each finds some that are the other's.
        let shared = facility == "CONFWARN" && message.contains(OTHER_CLIENTS_PROPERTY);
        let level = if shared { RDKafkaLogLevel::Debug } else { level };
        self.tell(Event::ClientLog { level, facility, message });
    }

    /// Whether any broker answers, where no event tells it.
    pub fn reachable(&self, reachable: bool) {
        self.cells.reachable(reachable);
    }

    /// The pipeline is in this state now. Tells it if it was in another.
    pub fn set_state(&self, to: State) {
        let from = self.state();
        if from != to {
            self.tell(Event::StateChanged { from, to });
        }
    }

    /// The state that the pipeline is in.
    pub fn state(&self) -> State {
        self.cells.state()
    }

    /// The loop turns: to be called at each turn, also those without a record, and between the steps of whatever may take
    /// longer than a few seconds, such as waiting for brokers.
    pub fn turned(&self) {
        self.cells.turned();
        self.telemetry.log.tell_what_was_left_out();
    }

    /// A batch was read: so many records, so many bytes of values.
    pub fn consumed(&self, records: usize, bytes: usize) {
        // A poll that found nothing is no batch.
        if records > 0 {
            self.cells.handles.input_records.inc_by(records as u64);
            self.cells.handles.input_bytes.inc_by(bytes as u64);
            self.cells.handles.batch_records.observe(records as f64);
        }
    }

    /// A batch of so many records was decoded, scored and encoded in this time.
    pub fn scored(&self, records: usize, took: Duration) {
        if records > 0 {
            let seconds = took.as_secs_f64();
            self.cells.handles.batch_scoring_duration_seconds.observe(seconds);
            self.cells.handles.record_scoring_duration_seconds.observe(seconds / records as f64);
        }
    }

    /// Brokers take nothing more from the producer: another one has its transactional id, or they have ended its transaction.
    pub fn fenced(&self) {
        self.cells.handles.fencings.inc();
    }

    /// The brokers did not take a commit.
    pub fn commit_failed(&self) {
        self.cells.handles.commit_failures.inc();
    }

    /// A commit is tried again, because its fate is unknown or it may yet succeed.
    pub fn commit_retried(&self) {
        self.cells.handles.commit_retries.inc();
    }

    /// So many records are read and neither acknowledged nor committed.
    pub fn in_flight(&self, records: u64) {
        self.cells.handles.records_in_flight.set(i64::try_from(records).unwrap_or(i64::MAX));
    }

    /// At least once: all that was told is acknowledged. Counts and clears it.
    pub fn acknowledged(&self, tally: &mut Tally) {
        self.cells.done(tally, SystemTime::now());
    }

    /// At least once: offsets are committed, which took this time.
    pub fn offsets_committed(&self, took: Duration) {
        self.cells.handles.commit_duration_seconds.observe(took.as_secs_f64());
    }

    /// Exactly once: the transaction with all that was told is committed; draining, offsets and commit took this time.
    /// Counts and clears it.
    pub fn committed(&self, tally: &mut Tally, took: Duration) {
        self.cells.handles.transactions_committed.inc();
        self.cells.handles.commit_duration_seconds.observe(took.as_secs_f64());
        self.cells.done(tally, SystemTime::now());
    }

    /// Exactly once: the transaction is aborted. Tells it and clears the tally, of which nothing is counted.
    pub fn aborted(&self, tally: &mut Tally, reason: &str) {
        self.tell(Event::TransactionAborted { reason, records: tally.records() });
        self.in_flight(0);
        tally.clear();
    }

    /// How many records of a partition are not processed yet.
    pub fn lag(&self, topic: &str, partition: i32, records: u64) {
        self.cells.lag(topic, partition, records);
    }

    /// Takes the lag of the partitions that are assigned now from librdkafka's statistics. `positions` are these
    /// partitions and what follows the last record that was processed of each; none if none was. What [`Self::in_flight`]
    /// was told last counts as read and not processed.
    pub fn statistics(
        &self,
        topic: &str,
        statistics: &Statistics,
        positions: impl IntoIterator<Item = (i32, Option<i64>)>,
    ) {
        let Some(known) = statistics.topics.get(topic) else { return };
        let in_flight = u64::try_from(self.cells.handles.records_in_flight.get()).unwrap_or(0);
        for (partition, processed) in positions {
            let lag =
                known.partitions.get(&partition).and_then(|known| lag::records(known, processed, in_flight));
            if let Some(records) = lag {
                self.lag(topic, partition, records);
            }
        }
    }

    /// How many levels training never saw, and how many values were missing, by column: totals since this thread's
    /// reader was made, a number for each column of the model. An empty slice says nothing.
    pub fn features(&self, unseen: &[u64], missing: &[u64]) {
        self.cells.features(unseen, missing);
    }
}
