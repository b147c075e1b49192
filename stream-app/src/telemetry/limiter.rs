//! Keeps lines that come too fast out of the log: the first few of a second are written, the others counted, and the
//! count comes out when the second is over, whether or not more lines come.

use std::time::{Duration, Instant};

/// How many lines of one event and reason are written in a second: enough to see what is wrong, few enough that a topic
/// full of bad records fills no disk.
const LINES_PER_SECOND: u32 = 10;

const SECOND: Duration = Duration::from_secs(1);

/// What was written and left out, by event and reason.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    windows: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    event: &'static str,
    reason: String,
    since: Instant,
    written: u32,
    left_out: u64,
}

/// How many lines of one kind were left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub event: &'static str,
    pub reason: String,
    pub lines: u64,
}

impl Limiter {
    /// Whether this line is to be written; if not, it is counted.
    pub fn admit(&mut self, event: &'static str, reason: &str, now: Instant) -> bool {
        let same = |window: &&mut Window| window.event == event && window.reason == reason;
        let Some(window) = self.windows.iter_mut().find(same) else {
            self.windows.push(Window {
                event,
                reason: reason.to_owned(),
                since: now,
                written: 1,
                left_out: 0,
            });
            return true;
        };
        if window.written < LINES_PER_SECOND {
            window.written += 1;
            true
        } else {
            window.left_out += 1;
            false
        }
    }

    /// What was left out in the seconds that are over. They are forgotten.
    pub fn over(&mut self, now: Instant) -> Vec<LeftOut> {
        self.close(|window| now.duration_since(window.since) >= SECOND)
    }

    /// What was left out and not said yet.
    pub fn all(&mut self) -> Vec<LeftOut> {
        self.close(|_| true)
    }

    fn close(&mut self, is_over: impl Fn(&Window) -> bool) -> Vec<LeftOut> {
        let closed = self.windows.extract_if(.., |window| is_over(window));
        let left_out = closed.filter(|window| window.left_out > 0);
        left_out
            .map(|window| LeftOut { event: window.event, reason: window.reason, lines: window.left_out })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_a_second_are_written_and_the_rest_is_said_once() {
        let (mut limiter, start) = (Limiter::default(), Instant::now());
        let admitted = |limiter: &mut Limiter, now| {
            (0..15).filter(|_| limiter.admit("record_refused", "not_json", now)).count()
        };
        assert_eq!(admitted(&mut limiter, start), 10);
        assert!(limiter.admit("record_refused", "no_value", start), "another reason has its own ten");
        assert_eq!(limiter.over(start + Duration::from_millis(999)), []);
        let left_out = LeftOut { event: "record_refused", reason: "not_json".to_owned(), lines: 5 };
        assert_eq!(limiter.over(start + SECOND), [left_out]);
        assert_eq!(limiter.over(start + 2 * SECOND), []);
        assert_eq!(admitted(&mut limiter, start + SECOND), 10, "a new second has ten again");
        assert_eq!(limiter.all().len(), 1);
    }
}
