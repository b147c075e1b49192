//! A histogram that takes many equal observations at once: `prometheus_client`'s own takes one at a time under a lock,
//! which for every record would cost more than all other telemetry together.

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The upper bounds of the buckets in milliseconds: from a loop that keeps up to one that is a day behind.
const BOUNDS: [u64; 19] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 1_800_000,
    7_200_000, 86_400_000,
];

const MILLISECONDS_PER_SECOND: f64 = 1_000.0;

/// Latencies by bucket, the last for what is beyond all bounds. Clones share one.
#[derive(Clone, Debug, Default)]
pub(super) struct LatencyHistogram {
    cells: Arc<Histogram>,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_milliseconds: AtomicU64,
}

impl LatencyHistogram {
    /// So many records took so long.
    pub fn observe(&self, milliseconds: u64, records: u64) {
        let bucket = BOUNDS.partition_point(|&bound| bound < milliseconds);
        self.cells.buckets[bucket].fetch_add(records, Ordering::Relaxed);
        self.cells.sum_milliseconds.fetch_add(milliseconds.saturating_mul(records), Ordering::Relaxed);
    }

    /// How many records each bucket holds.
    pub fn counts(&self) -> LatencyCounts {
        let mut counts = LatencyCounts::default();
        for (count, bucket) in counts.0.iter_mut().zip(&self.cells.buckets) {
            *count = bucket.load(Ordering::Relaxed);
        }
        counts
    }
}

impl EncodeMetric for LatencyHistogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let counts = self.counts().0;
        let bounds = BOUNDS.iter().map(|&bound| bound as f64 / MILLISECONDS_PER_SECOND);
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        let sum = self.cells.sum_milliseconds.load(Ordering::Relaxed) as f64 / MILLISECONDS_PER_SECOND;
        encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for LatencyHistogram {
    const TYPE: MetricType = MetricType::Histogram;
}

/// How many records each bucket holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LatencyCounts([u64; BOUNDS.len() + 1]);

impl LatencyCounts {
    /// Both together, as of several threads.
    pub fn plus(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(count, other)| *count += other);
        self
    }

    /// What came since `earlier`.
    pub fn since(mut self, earlier: Self) -> Self {
        self.0.iter_mut().zip(earlier.0).for_each(|(count, earlier)| *count = count.saturating_sub(earlier));
        self
    }

    /// The bound, in milliseconds, that this percentage of the records stayed within; none without records or beyond
    /// the last bound.
    pub fn percentile(self, percentage: u64) -> Option<u64> {
        let records: u64 = self.0.iter().sum();
        let rank = (records * percentage).div_ceil(100).max(1);
        let mut within = 0;
        let bucket = self.0.iter().position(|count| {
            within += count;
            within >= rank
        })?;
        BOUNDS.get(bucket).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_at_a_bound_is_within_it() {
        let histogram = LatencyHistogram::default();
        assert_eq!(histogram.counts().percentile(50), None);
        histogram.observe(0, 1);
        histogram.observe(5, 97);
        assert_eq!(histogram.counts().percentile(99), Some(5));
        histogram.observe(6, 2);
        assert_eq!(histogram.counts().percentile(1), Some(1));
        assert_eq!(histogram.counts().percentile(98), Some(5));
        assert_eq!(histogram.counts().percentile(99), Some(10));
    }

    #[test]
    fn what_is_beyond_all_bounds_is_counted_and_has_no_quantile() {
        let histogram = LatencyHistogram::default();
        let earlier = histogram.counts();
        histogram.observe(86_400_001, 3);
        assert_eq!(histogram.counts().since(earlier).percentile(50), None);
        assert_eq!(histogram.counts().since(earlier).0.iter().sum::<u64>(), 3);
        assert_eq!(histogram.counts().plus(histogram.counts()).0.iter().sum::<u64>(), 6);
    }
}
