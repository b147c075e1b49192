//! The metrics of `/metrics`: names, help texts and labels, all in one place. Values come from the pipelines' handles.

use super::family::Family;
use super::lag::Lags;
use super::latency_histogram::LatencyHistogram;
use model_runtime::Metadata;
use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

/// What all of our own names begin with.
const PREFIX: &str = "stream_app";

/// A gauge of seconds.
pub(super) type Seconds = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct Thread {
    pub thread: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct ThreadState {
    pub thread: u32,
    pub state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct ThreadKind {
    pub thread: u32,
    pub kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct ThreadReason {
    pub thread: u32,
    pub reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct BadRecords {
    pub thread: u32,
    pub policy: &'static str,
    pub reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct TopicPartition {
    pub topic: String,
    pub partition: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, EncodeLabelSet)]
pub(super) struct Feature {
    pub feature: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModelLabels {
    model: &'static str,
    digest: &'static str,
    version: &'static str,
    trainer: &'static str,
    trainer_version: &'static str,
    algorithm: &'static str,
}

/// Declares what every pipeline has one of: its families, and a pipeline's own handles, which no other thread touches.
macro_rules! per_thread {
    ($($name:ident: $metric:ty = $new:expr, $help:literal;)*) => {
        #[derive(Clone, Debug)]
        struct PerThread {
            $($name: Family<Thread, $metric>,)*
        }

        /// One pipeline's metrics.
        #[derive(Clone, Debug)]
        pub(super) struct Handles {
            $(pub $name: $metric,)*
        }

        impl PerThread {
            fn register(registry: &mut Registry) -> Self {
                let families = Self { $($name: Family::new($new),)* };
                $(registry.register(stringify!($name), $help, families.$name.clone());)*
                families
            }

            fn handles(&self, thread: u32) -> Handles {
                Handles { $($name: self.$name.get_or_create(&Thread { thread }),)* }
            }
        }
    };
}

per_thread! {
    input_records: Counter = Counter::default,
        "Records read from the input topic, also those that are read again after an abort";
    input_bytes: Counter = Counter::default, "Bytes of the values of records read from the input topic";
    output_records: Counter = Counter::default,
        "Results acknowledged or, with transactions, committed to the output topic";
    output_bytes: Counter = Counter::default, "Bytes of the values of results counted in output_records";
    batch_records: Histogram = batch_records, "Records of a batch";
    batch_scoring_duration_seconds: Histogram = batch_seconds, "Time to decode, score and encode a batch";
    record_scoring_duration_seconds: Histogram = record_seconds,
        "Time to decode, score and encode a record, the average of a batch, once a batch";
    end_to_end_latency_seconds: LatencyHistogram = LatencyHistogram::default,
        "From a record's timestamp to the acknowledgement or, with transactions, the commit of its result or dead letter";
    records_in_flight: Gauge = Gauge::default, "Records read whose results are not acknowledged or committed yet";
    transactions_committed: Counter = Counter::default, "Transactions committed";
    transactions_aborted: Counter = Counter::default, "Transactions aborted";
    aborted_records: Counter = Counter::default, "Records of aborted transactions; they are scored again";
    commit_duration_seconds: Histogram = commit_seconds,
        "Time of a commit, with transactions from the wait for acknowledgements on";
    commit_failures: Counter = Counter::default, "Commits that failed";
    commit_retries: Counter = Counter::default, "Commits tried again because their fate was unknown or they might yet succeed";
    assigned_partitions: Gauge = Gauge::default, "Partitions of the input topic that the thread has";
    client_restarts: Counter = Counter::default, "How often both Kafka clients were made anew";
    fencings: Counter = Counter::default,
        "How often another process took over this one's place, or brokers ended its transaction because it took too long";
    broker_reachable: Gauge = Gauge::default, "1 unless no broker answers";
    last_turn_timestamp_seconds: Seconds = Seconds::default, "When the loop turned last, in seconds since 1970";
}

/// From a record alone to librdkafka's largest batches, each bucket four times the last.
fn batch_records() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 4.0, 10))
}

/// From 10 µs to 2.6 s.
fn batch_seconds() -> Histogram {
    Histogram::new(exponential_buckets(10e-6, 4.0, 10))
}

/// From 0.1 µs to 26 ms.
fn record_seconds() -> Histogram {
    Histogram::new(exponential_buckets(100e-9, 4.0, 10))
}

/// From 1 ms to 65 s: beyond transaction.timeout.ms.
fn commit_seconds() -> Histogram {
    Histogram::new(exponential_buckets(1e-3, 2.0, 17))
}

/// All metrics of the process.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    per_thread: PerThread,
    pub state: Family<ThreadState, Gauge>,
    pub rebalances: Family<ThreadKind, Counter>,
    pub client_problems: Family<ThreadKind, Counter>,
    pub dead_letter_records: Family<ThreadReason, Counter>,
    pub skipped_records: Family<ThreadReason, Counter>,
    pub bad_records: Family<BadRecords, Counter>,
    pub lags: Lags,
    pub unseen_categories: Family<Feature, Counter>,
    pub missing_values: Family<Feature, Counter>,
    pub log_lines_left_out: Counter,
}

impl Metrics {
    /// Registers all of them, for a model if there is one.
    pub fn new(model: Option<&'static Metadata>) -> Self {
        let mut registry = Registry::default();
        let start = Seconds::default();
        start.set(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
        registry.register(
            "process_start_time_seconds",
            "When the process began, in seconds since 1970",
            start,
        );
        let ours = registry.sub_registry_with_prefix(PREFIX);
        if let Some(model) = model {
            ours.register(
                "model",
                "The model that scores, and the version of this program",
                model_info(model),
            );
        }
        let per_thread = PerThread::register(ours);
        macro_rules! register {
            ($name:literal, $help:literal) => {{
                let family = Default::default();
                ours.register($name, $help, Clone::clone(&family));
                family
            }};
        }
        Self {
            per_thread,
            state: register!("state", "1 for the state that the thread is in, by Kafka Streams' names"),
            rebalances: register!("rebalances", "Times that partitions were assigned, revoked or lost"),
            client_problems: register!(
                "client_problems",
                "Problems of the Kafka clients and topics, by kind"
            ),
            dead_letter_records: register!(
                "dead_letter_records",
                "Dead letters acknowledged or, with transactions, committed"
            ),
            skipped_records: register!("skipped_records", "Bad records left out by the policy continue"),
            bad_records: register!(
                "bad_records",
                "Bad records met, by policy; with transactions also those of transactions aborted later"
            ),
            lags: Lags::new(register!(
                "consumer_lag_records",
                "Records of a partition not processed yet, without transaction markers at its end"
            )),
            unseen_categories: register!(
                "unseen_categories",
                "Levels that training never saw, scored as missing, by feature"
            ),
            missing_values: register!("missing_values", "Missing values, by feature"),
            log_lines_left_out: register!(
                "log_lines_left_out",
                "Log lines left out because too many came in a second"
            ),
            registry,
        }
    }

    /// The handles of the pipeline with this number.
    pub fn handles(&self, thread: u32) -> Handles {
        self.per_thread.handles(thread)
    }

    /// All metrics in Prometheus' text format 0.0.4.
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry).expect("writing to a String does not fail");
        text
    }
}

fn model_info(model: &'static Metadata) -> Info<ModelLabels> {
    Info::new(ModelLabels {
        model: model.name,
        digest: model.source_digest,
        version: env!("CARGO_PKG_VERSION"),
        trainer: model.trainer,
        trainer_version: model.trainer_version,
        algorithm: model.algorithm,
    })
}
