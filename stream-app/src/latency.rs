//! How long records took lately: times go in, quantiles come out.

use std::collections::VecDeque;

/// How many records count as recent: enough for a steady 99th percentile.
const RECENT_MAX: usize = 1_000;

/// The latencies of recent records, in milliseconds.
#[derive(Debug, Default)]
pub struct Latencies {
    recent: VecDeque<u64>,
}

impl Latencies {
    /// One more record; the oldest goes when there are too many.
    pub fn add(&mut self, milliseconds: u64) {
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(milliseconds);
    }

    /// The latency that this percentage of the recent records stayed within.
    pub fn percentile(&self, percentage: usize) -> Option<u64> {
        let mut sorted: Vec<u64> = self.recent.iter().copied().collect();
        sorted.sort_unstable();
        let rank = (sorted.len() * percentage).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_recent_ones() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(50), None);
        (1..=100).for_each(|milliseconds| latencies.add(milliseconds));
        assert_eq!(latencies.percentile(50), Some(50));
        assert_eq!(latencies.percentile(99), Some(99));
        assert_eq!(latencies.percentile(100), Some(100));
        (0..RECENT_MAX).for_each(|_| latencies.add(7));
        assert_eq!(latencies.percentile(100), Some(7));
    }
}
