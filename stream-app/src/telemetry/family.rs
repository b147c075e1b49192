//! The metrics of one name, by their labels, written in the order of these. `prometheus_client`'s own family keeps them in
//! a hash map: no two scrapes, and no two processes, have the same order then, and a text that is compared with another
//! seems to differ.

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Metrics by labels. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Family<L, M> {
    metrics: Arc<Mutex<BTreeMap<L, M>>>,
    new: fn() -> M,
}

impl<L: Clone + Ord, M: Clone> Family<L, M> {
    /// Without any metric yet; `new` makes one.
    pub fn new(new: fn() -> M) -> Self {
        Self { metrics: Arc::default(), new }
    }

    /// The metric with these labels.
    pub fn get_or_create(&self, labels: &L) -> M {
        let mut metrics = self.metrics();
        if let Some(metric) = metrics.get(labels) {
            return metric.clone();
        }
        metrics.entry(labels.clone()).or_insert_with(self.new).clone()
    }

    /// There is no metric with these labels any longer.
    pub fn remove(&self, labels: &L) {
        self.metrics().remove(labels);
    }
}

impl<L, M> Family<L, M> {
    fn metrics(&self) -> MutexGuard<'_, BTreeMap<L, M>> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Clone + Ord, M: Clone + Default> Default for Family<L, M> {
    fn default() -> Self {
        Self::new(M::default)
    }
}

impl<L, M: TypedMetric> TypedMetric for Family<L, M> {
    const TYPE: MetricType = M::TYPE;
}

impl<L, M> EncodeMetric for Family<L, M>
where
    L: EncodeLabelSet,
    M: EncodeMetric + TypedMetric,
{
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let metrics = self.metrics();
        metrics.iter().try_for_each(|(labels, metric)| metric.encode(encoder.encode_family(labels)?))
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }

    fn is_empty(&self) -> bool {
        self.metrics().is_empty()
    }
}
