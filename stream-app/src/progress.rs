//! How far the loop is: counts that other threads may read at any time.

use crate::telemetry::Tally;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counts since the loop began.
#[derive(Debug, Default)]
pub struct Progress {
    results: AtomicU64,
    dead_letters: AtomicU64,
    partitions: AtomicUsize,
}

impl Progress {
    /// Records whose result is acknowledged.
    pub fn results(&self) -> u64 {
        self.results.load(Ordering::Relaxed)
    }

    /// Records whose dead letter is acknowledged.
    pub fn dead_letters(&self) -> u64 {
        self.dead_letters.load(Ordering::Relaxed)
    }

    /// How many partitions of the input are ours at the moment.
    pub fn partitions(&self) -> usize {
        self.partitions.load(Ordering::Relaxed)
    }

    pub(crate) fn delivered(&self, tally: &Tally) {
        self.results.fetch_add(tally.results(), Ordering::Relaxed);
        self.dead_letters.fetch_add(tally.dead_letters(), Ordering::Relaxed);
    }

    pub(crate) fn assigned(&self, partitions: usize) {
        self.partitions.fetch_add(partitions, Ordering::Relaxed);
    }

    pub(crate) fn revoked(&self, partitions: usize) {
        self.partitions.fetch_sub(partitions, Ordering::Relaxed);
    }
}
