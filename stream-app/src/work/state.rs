//! What the work's one lock holds: what is open, whose it is, and when it is time to commit it.

use crate::ledger::Ledger;
use crate::reminder::Reminder;
use crate::telemetry::Tally;
use crate::verdicts::Verdicts;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a commit that the broker refused is left alone before it is tried again.
pub const COMMIT_RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The work's state.
#[derive(Default)]
pub struct State {
    /// What is processed and not committed.
    pub ledger: Ledger,
    /// What of the ledger is counted once it is there to stay.
    pub tally: Tally,
    /// What is known of records that were refused.
    pub verdicts: Verdicts,
    /// The partitions that are ours, and where each goes on after the last commit, if there was any.
    pub owned: BTreeMap<i32, Option<i64>>,
    /// Since when a transaction is open, if one is.
    pub open: Option<Instant>,
    /// How often in a row the work was given up.
    pub given_up: u32,
    /// Until when nothing is committed, after a refusal.
    pub commit_paused: Option<Instant>,
    /// That commits are refused, again and again.
    pub commit_trouble: Reminder,
    /// Whether the open transaction has results and dead letters.
    pub sent: [bool; 2],
}

impl State {
    /// How long it is until there is something to commit by time; none while there is nothing to commit at all.
    pub fn due_in(&self, commit_interval: Duration, now: Instant) -> Option<Duration> {
        let since = self.ledger.since()?;
        Some((since + commit_interval).saturating_duration_since(now).max(self.pause_left(now)))
    }

    /// How long nothing is committed yet.
    pub fn pause_left(&self, now: Instant) -> Duration {
        self.commit_paused.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(1);

    #[test]
    fn a_commit_is_due_when_the_interval_is_over_and_the_pause_after_a_refusal_too() {
        let mut state = State::default();
        assert_eq!(state.due_in(INTERVAL, Instant::now()), None);
        state.ledger.enter((0, 7));
        let since = state.ledger.since().unwrap();
        assert_eq!(state.due_in(INTERVAL, since), Some(INTERVAL));
        let over = since + INTERVAL;
        assert_eq!(state.due_in(INTERVAL, over), Some(Duration::ZERO));
        // Else the loop would poll without a wait until the next attempt.
        state.commit_paused = Some(over + COMMIT_RETRY_INTERVAL);
        assert_eq!(state.due_in(INTERVAL, over), Some(COMMIT_RETRY_INTERVAL));
        assert_eq!(state.due_in(INTERVAL, over + COMMIT_RETRY_INTERVAL), Some(Duration::ZERO));
    }
}
