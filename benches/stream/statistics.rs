//! Medians, percentiles, and what a run was held up by.

use serde::{Deserialize, Serialize};

/// From this share of its core on, a process counts as what holds the run up.
const BUSY: f64 = 0.85;

/// The value in the middle, or the mean of the two there; NaN of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The smallest value that at least this share of the sorted values does not exceed; 0 of none.
pub fn percentile(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(0)
}

/// How much of a core each side used, on average, while records came out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoreShares {
    pub subject: f64,
    pub broker: f64,
    /// The feeder and the reader of the benchmark itself, on the broker's core.
    pub driver: f64,
}

impl CoreShares {
    /// What held the run up, if the subject has a core for itself and broker and driver share another.
    pub fn bottleneck(&self) -> &'static str {
        let other = self.broker + self.driver;
        match (self.subject >= BUSY, other >= BUSY) {
            (true, true) => "both cores",
            (true, false) => "client CPU",
            (false, true) if self.driver > self.broker => "the benchmark's reader",
            (false, true) => "broker CPU",
            (false, false) => "waiting: neither core is busy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_does_not_depend_on_the_order() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| percentile(&hundred, share)), [1, 50, 99, 100]);
        let many: Vec<u64> = (1..=1_001).collect();
        assert_eq!([0.5, 0.99].map(|share| percentile(&many, share)), [501, 991]);
        assert_eq!(percentile(&[5], 0.99), 5);
        assert_eq!(percentile(&[], 0.5), 0);
    }

    #[test]
    fn who_is_busy_is_the_bottleneck() {
        let bottleneck = |subject, broker, driver| CoreShares { subject, broker, driver }.bottleneck();
        assert_eq!(bottleneck(0.97, 0.3, 0.1), "client CPU");
        assert_eq!(bottleneck(0.4, 0.7, 0.2), "broker CPU");
        assert_eq!(bottleneck(0.4, 0.3, 0.6), "the benchmark's reader");
        assert_eq!(bottleneck(0.9, 0.8, 0.1), "both cores");
        assert_eq!(bottleneck(0.3, 0.3, 0.2), "waiting: neither core is busy");
    }
}
