//! One pipeline's numbers: events and batches in; its metrics, state and last turn, which other threads read, out.

use super::family::Family;
use super::metrics::{
    BadRecords, Feature, Handles, Metrics, ThreadKind, ThreadReason, ThreadState, TopicPartition,
};
use super::state::State;
use super::tally::{Reasons, Tally};
use model_runtime::{Column, ColumnKind, Metadata};
use prometheus_client::metrics::counter::Counter;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The numbers of one pipeline.
#[derive(Debug)]
pub(super) struct Cells {
    pub thread: u32,
    pub handles: Handles,
    metrics: Arc<Metrics>,
    start: Instant,
    start_time: Duration,
    state: AtomicU8,
    /// When the loop turned last, in milliseconds from `start`.
    turned: AtomicU64,
    /// Dead letters for all reasons.
    pub dead_letters: AtomicU64,
    unseen: Mutex<FeatureCounters>,
    missing: Mutex<FeatureCounters>,
}

impl Cells {
    /// A pipeline that is made now.
    pub fn new(thread: u32, metrics: &Arc<Metrics>, model: Option<&'static Metadata>) -> Self {
        let cells = Self {
            thread,
            handles: metrics.handles(thread),
            metrics: Arc::clone(metrics),
            start: Instant::now(),
            start_time: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            state: AtomicU8::new(State::Created as u8),
            turned: AtomicU64::new(0),
            dead_letters: AtomicU64::new(0),
            unseen: Mutex::new(FeatureCounters::new(model, &metrics.unseen_categories, is_categorical)),
            missing: Mutex::new(FeatureCounters::new(model, &metrics.missing_values, |_| true)),
        };
        cells.enter(State::Created);
        cells.reachable(true);
        cells.turned();
        for kind in ["assigned", "revoked", "lost"] {
            cells.rebalances(kind);
        }
        cells
    }

    /// The loop turns.
    pub fn turned(&self) {
        let elapsed = self.start.elapsed();
        self.turned.store(elapsed.as_millis() as u64, Ordering::Relaxed);
        self.handles.last_turn_timestamp_seconds.set((self.start_time + elapsed).as_secs_f64());
    }

    /// How long ago the loop turned last.
    pub fn since_turn(&self) -> Duration {
        let turned = Duration::from_millis(self.turned.load(Ordering::Relaxed));
        self.start.elapsed().saturating_sub(turned)
    }

    pub fn state(&self) -> State {
        State::of_number(self.state.load(Ordering::Relaxed))
    }

    pub fn enter(&self, to: State) {
        self.state.store(to as u8, Ordering::Relaxed);
        for state in State::ALL {
            let labels = ThreadState { thread: self.thread, state: state.name() };
            self.metrics.state.get_or_create(&labels).set((state == to).into());
        }
    }

    /// What is told is in the topics, for good.
    pub fn done(&self, tally: &mut Tally, now: SystemTime) {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        for (age, records) in tally.timestamps.ages(i64::try_from(now).unwrap_or(i64::MAX)) {
            self.handles.end_to_end_latency_seconds.observe(age, records);
        }
        self.handles.output_records.inc_by(tally.results);
        self.handles.output_bytes.inc_by(tally.result_bytes);
        self.dead_letters.fetch_add(tally.dead_letters.sum(), Ordering::Relaxed);
        self.count_reasons(&self.metrics.dead_letter_records, &tally.dead_letters);
        self.count_reasons(&self.metrics.skipped_records, &tally.skipped);
        self.handles.records_in_flight.set(0);
        tally.clear();
    }

    fn count_reasons(&self, family: &Family<ThreadReason, Counter>, reasons: &Reasons) {
        for (reason, records) in reasons.iter() {
            family.get_or_create(&ThreadReason { thread: self.thread, reason }).inc_by(records);
        }
    }

    pub fn bad_record(&self, policy: &'static str, reason: &'static str) {
        self.metrics.bad_records.get_or_create(&BadRecords { thread: self.thread, policy, reason }).inc();
    }

    pub fn client_problem(&self, kind: &'static str) {
        self.metrics.client_problems.get_or_create(&ThreadKind { thread: self.thread, kind }).inc();
    }

    pub fn reachable(&self, reachable: bool) {
        self.handles.broker_reachable.set(reachable.into());
    }

    fn rebalances(&self, kind: &'static str) -> Counter {
        self.metrics.rebalances.get_or_create(&ThreadKind { thread: self.thread, kind })
    }
}

/// Partitions and lag.
impl Cells {
    pub fn assigned(&self, partitions: &[i32]) {
        self.rebalances("assigned").inc();
        self.handles.assigned_partitions.inc_by(count(partitions));
    }

    /// Partitions are ours no longer, and nor is their lag.
    pub fn given_up(&self, kind: &'static str, topic: &str, partitions: &[i32]) {
        self.rebalances(kind).inc();
        self.handles.assigned_partitions.dec_by(count(partitions));
        for &partition in partitions {
            self.metrics.lags.forget(self.thread, &TopicPartition { topic: topic.to_owned(), partition });
        }
    }

    /// The clients are gone, and with them what they had: no call for single partitions comes then.
    pub fn without_clients(&self) {
        self.handles.assigned_partitions.set(0);
        self.handles.records_in_flight.set(0);
        self.metrics.lags.forget_all(self.thread);
    }

    pub fn lag(&self, topic: &str, partition: i32, records: u64) {
        self.metrics.lags.set(self.thread, TopicPartition { topic: topic.to_owned(), partition }, records);
    }
}

/// Features.
impl Cells {
    /// Totals by column, as the reader of this thread counts them. An empty slice says nothing.
    pub fn features(&self, unseen: &[u64], missing: &[u64]) {
        lock(&self.unseen).update(unseen);
        lock(&self.missing).update(missing);
    }
}

/// Counters by feature, which all threads share, and what this thread has added to them.
#[derive(Debug)]
struct FeatureCounters(Vec<(Counter, u64)>);

impl FeatureCounters {
    fn new(
        model: Option<&'static Metadata>,
        family: &Family<Feature, Counter>,
        applies: fn(&ColumnKind) -> bool,
    ) -> Self {
        let columns = model.into_iter().flat_map(|model| model.columns);
        let counter = |column: &'static Column| {
            let counts = applies(&column.kind);
            let shared = counts.then(|| family.get_or_create(&Feature { feature: column.name }));
            (shared.unwrap_or_default(), 0)
        };
        Self(columns.map(counter).collect())
    }

    fn update(&mut self, totals: &[u64]) {
        for ((counter, added), &total) in self.0.iter_mut().zip(totals) {
            if total != *added {
                // A total below the last one is that of a new reader, which began at zero.
                counter.inc_by(total.checked_sub(*added).unwrap_or(total));
                *added = total;
            }
        }
    }
}

fn count(partitions: &[i32]) -> i64 {
    i64::try_from(partitions.len()).expect("a slice has at most isize::MAX bytes")
}

fn is_categorical(kind: &ColumnKind) -> bool {
    matches!(kind, ColumnKind::Categorical { .. })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
