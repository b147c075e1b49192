//! How often a trouble is told: when it begins, and then at a bounded rate with how long it has lasted. One that comes and
//! goes has a bounded rate too; what each thread finds out by itself is told once.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two lines about one trouble: often enough to be found at a log's end, seldom enough that an outage of a
/// night fills no disk.
pub const REMINDER_INTERVAL: Duration = Duration::from_mins(1);

/// The least time between the last line about a trouble and the first about the next: a network that comes and goes every
/// moment fills no log either.
const NEXT_INTERVAL: Duration = Duration::from_secs(10);

/// One trouble, whether or not there is any at present.
#[derive(Debug, Default)]
pub struct Reminder {
    /// How long it may last without a word.
    patience: Duration,
    since: Option<Instant>,
    /// Whether the present trouble was told.
    is_told: bool,
    /// When any was told last.
    told: Option<Instant>,
}

impl Reminder {
    /// Of a trouble that is none worth a word before it has lasted so long.
    pub fn after(patience: Duration) -> Self {
        Self { patience, ..Self::default() }
    }

    /// The trouble is there. How long it has lasted comes out if it is time to tell.
    pub fn tell(&mut self, now: Instant) -> Option<Duration> {
        let lasted = now.duration_since(*self.since.get_or_insert(now));
        let interval = if self.is_told { REMINDER_INTERVAL } else { NEXT_INTERVAL };
        let is_time = self.told.is_none_or(|told| now.duration_since(told) >= interval)
            && (self.is_told || lasted >= self.patience);
        is_time.then(|| {
            self.is_told = true;
            self.told = Some(now);
            lasted
        })
    }

    /// Whether the trouble is there.
    pub fn is_on(&self) -> bool {
        self.since.is_some()
    }

    /// The trouble is over: the next one is told anew. Says whether there was any that was told.
    pub fn end(&mut self) -> bool {
        self.since = None;
        std::mem::take(&mut self.is_told)
    }
}

/// Troubles that are told once in a process, however many of its threads find them and however often.
#[derive(Debug, Default)]
pub struct Once(Mutex<BTreeSet<(&'static str, String)>>);

impl Once {
    /// Whether it is the first time that this is told of a thing.
    pub fn is_first(&self, what: &'static str, thing: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((what, thing.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_trouble_is_told_when_it_begins_and_once_a_minute_while_it_lasts() {
        let (mut reminder, start) = (Reminder::default(), Instant::now());
        let told: Vec<_> = (0..=130).filter_map(|second| reminder.tell(start + second * SECOND)).collect();
        assert_eq!(told, [Duration::ZERO, 60 * SECOND, 120 * SECOND]);
        assert!(reminder.is_on() && reminder.end());
        assert!(!reminder.is_on() && !reminder.end());
        assert_eq!(reminder.tell(start + 131 * SECOND), Some(Duration::ZERO), "another one");
    }

    #[test]
    fn troubles_that_come_and_go_are_told_once_in_ten_seconds_and_one_that_lasts_longer_is() {
        let (mut reminder, start) = (Reminder::default(), Instant::now());
        let mut told = Vec::new();
        for second in 0..25 {
            let begun = reminder.tell(start + second * SECOND);
            assert!(reminder.is_on());
            assert_eq!(reminder.end(), begun.is_some(), "the end of what was told");
            told.extend(begun.map(|_| second));
        }
        assert_eq!(told, [0, 10, 20]);
        let lasting: Vec<_> = (25..=90).filter_map(|second| reminder.tell(start + second * SECOND)).collect();
        assert_eq!(lasting, [5 * SECOND, 65 * SECOND]);
    }

    #[test]
    fn what_is_over_within_its_patience_is_not_told() {
        let (mut reminder, start) = (Reminder::after(10 * SECOND), Instant::now());
        let told: Vec<_> = (0..=70).filter_map(|second| reminder.tell(start + second * SECOND)).collect();
        assert_eq!(told, [10 * SECOND, 70 * SECOND]);
        reminder.end();
        assert_eq!(reminder.tell(start + 71 * SECOND), None);
    }

    #[test]
    fn each_trouble_of_each_thing_is_told_once_whoever_finds_it() {
        let once = Once::default();
        std::thread::scope(|scope| {
            let threads = [0; 8].map(|_| scope.spawn(|| once.is_first("unknown", "predictions")));
            let told = threads.map(|thread| thread.join().unwrap());
            assert_eq!(told.iter().filter(|told| **told).count(), 1);
        });
        assert!(
            once.is_first("unknown", "housing-dead-letters") && once.is_first("partitions", "predictions")
        );
        assert!(!once.is_first("unknown", "housing-dead-letters"));
    }
}
