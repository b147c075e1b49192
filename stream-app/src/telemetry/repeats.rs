//! Keeps out of the log what the Kafka client's own log says again and again, such as each attempt to connect to a broker
//! that is away. What it means has an event of its own, which is repeated at a rate of its own.

use std::time::{Duration, Instant};

/// How long a line is not written again.
const REPEAT_INTERVAL: Duration = Duration::from_mins(10);

/// How many lines are remembered: the connections of two clients to a large cluster, and a few words about each.
const LINES_MAX: usize = 200;

/// What was written lately.
#[derive(Debug, Default)]
pub(super) struct Repeats(Vec<(String, Instant)>);

impl Repeats {
    /// Whether something like this was written lately.
    pub fn is_known(&mut self, message: &str, now: Instant) -> bool {
        let said = essence(message);
        self.0.retain(|(_, when)| now.duration_since(*when) < REPEAT_INTERVAL);
        self.0.iter().any(|(known, _)| known == said)
    }

    /// Whether this is to be written: nothing like it was lately. If so, it is remembered as written.
    pub fn admit(&mut self, message: &str, now: Instant) -> bool {
        if self.is_known(message, now) {
            return false;
        }
        if self.0.len() == LINES_MAX {
            self.0.remove(0);
        }
        self.0.push((essence(message).to_owned(), now));
        true
    }

    /// Things have changed: what was said before is news again.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

/// Of `[thrd:a:1/1]: a:1/1: Connect to … failed: … (after 0ms in state CONNECT, 9 identical error(s) suppressed)` what is the
/// same each time, whichever thread says it.
fn essence(message: &str) -> &str {
    let said = message
        .strip_prefix("[thrd:")
        .and_then(|rest| rest.split_once("]: "))
        .map_or(message, |(_, said)| said);
    said.rsplit_once(" (after ").map_or(said, |(said, _)| said)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: &str = "[thrd:a:1/1]: a:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)";

    #[test]
    fn the_same_failure_is_written_once_however_often_it_is_met() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        assert!(repeats.admit(REFUSED, start));
        let again = REFUSED.replace("CONNECT)", "CONNECT, 92 identical error(s) suppressed)");
        assert!(!repeats.admit(&again, start));
        assert!(!repeats.admit(&REFUSED.replace("[thrd:a:1/1]", "[thrd:main]"), start));
        assert!(repeats.admit(&REFUSED.replace("refused", "reset"), start), "another failure");
        assert!(repeats.admit(&REFUSED.replace("a:1/1", "b:1/2"), start), "another broker");
        let before = REPEAT_INTERVAL.saturating_sub(Duration::from_millis(1));
        assert!(!repeats.admit(REFUSED, start + before));
        assert!(repeats.admit(REFUSED, start + REPEAT_INTERVAL));
    }

    #[test]
    fn after_a_change_it_is_written_again() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        assert!(repeats.admit(REFUSED, start));
        repeats.forget();
        assert!(repeats.admit(REFUSED, start));
    }

    #[test]
    fn as_many_lines_are_remembered_as_there_is_room_for() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        for number in 0..LINES_MAX {
            assert!(repeats.admit(&number.to_string(), start));
        }
        assert!(!repeats.admit("0", start));
        assert!(repeats.admit("one more", start));
        assert!(repeats.admit("0", start), "the oldest is forgotten");
        assert!(!repeats.admit("one more", start));
    }
}
