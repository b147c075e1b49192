//! What a batch or an open transaction holds, told record by record into plain memory and counted all at once when it
//! is acknowledged or committed. What is taken back is never counted: the counts are those of the topics.

/// Records on their way, of one pipeline.
#[derive(Debug, Default)]
pub struct Work {
    pub(super) results: u64,
    pub(super) result_bytes: u64,
    pub(super) dead_letters: Reasons,
    pub(super) skipped: Reasons,
    pub(super) timestamps: Timestamps,
}

impl Work {
    /// A record's result is on its way: the record's timestamp in milliseconds, the result's size in bytes.
    pub fn result(&mut self, timestamp: Option<i64>, bytes: usize) {
        self.results += 1;
        self.result_bytes += bytes as u64;
        self.timestamps.add(timestamp);
    }

    /// A record's dead letter is on its way.
    pub fn dead_letter(&mut self, timestamp: Option<i64>, reason: &'static str) {
        self.dead_letters.add(reason);
        self.timestamps.add(timestamp);
    }

    /// A record is left out, by policy.
    pub fn skipped(&mut self, reason: &'static str) {
        self.skipped.add(reason);
    }

    /// A result told before was refused by the broker, and the record became a dead letter.
    pub fn result_became_dead_letter(&mut self, bytes: usize, reason: &'static str) {
        self.results -= 1;
        self.result_bytes -= bytes as u64;
        self.dead_letters.add(reason);
    }

    /// How many records are told and not cleared.
    pub fn records(&self) -> u64 {
        self.results + self.dead_letters.sum() + self.skipped.sum()
    }

    /// Forgets all of it and keeps the memory.
    pub fn clear(&mut self) {
        self.results = 0;
        self.result_bytes = 0;
        self.dead_letters.0.clear();
        self.skipped.0.clear();
        self.timestamps.0.clear();
    }
}

/// How many records there are by reason. There are a dozen reasons, so a list serves.
#[derive(Debug, Default)]
pub(super) struct Reasons(Vec<(&'static str, u64)>);

impl Reasons {
    fn add(&mut self, reason: &'static str) {
        match self.0.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.0.push((reason, 1)),
        }
    }

    pub fn sum(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().copied()
    }
}

/// When records were made, in milliseconds since 1970. Neighbours mostly share a millisecond, so runs of equal ones are
/// kept and not records.
#[derive(Debug, Default)]
pub(super) struct Timestamps(Vec<(i64, u64)>);

impl Timestamps {
    fn add(&mut self, timestamp: Option<i64>) {
        let Some(timestamp) = timestamp else { return };
        match self.0.last_mut() {
            Some((last, records)) if *last == timestamp => *records += 1,
            _ => self.0.push((timestamp, 1)),
        }
    }

    /// How long ago that was, in milliseconds, and how many records it was for. A clock of another machine that is
    /// ahead of ours counts as now.
    pub fn ages(&self, now: i64) -> impl Iterator<Item = (u64, u64)> {
        let age = move |timestamp: i64| now.saturating_sub(timestamp).max(0).unsigned_abs();
        self.0.iter().map(move |&(timestamp, records)| (age(timestamp), records))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_told_by_record_and_cleared_at_once() {
        let mut work = Work::default();
        work.result(Some(10), 100);
        work.result(Some(10), 20);
        work.dead_letter(Some(12), "not_json");
        work.skipped("no_value");
        work.result_became_dead_letter(20, "result_too_large");
        assert_eq!((work.records(), work.results, work.result_bytes), (4, 1, 100));
        assert!(work.dead_letters.iter().eq([("not_json", 1), ("result_too_large", 1)]));
        assert!(work.timestamps.ages(12).eq([(2, 2), (0, 1)]));
        work.clear();
        assert_eq!((work.records(), work.timestamps.ages(0).count()), (0, 0));
    }

    #[test]
    fn a_record_from_the_future_or_without_a_time_has_no_age_below_zero() {
        let mut work = Work::default();
        work.result(Some(20), 1);
        work.result(None, 1);
        assert!(work.timestamps.ages(12).eq([(0, 1)]));
        work.clear();
        work.result(Some(i64::MIN), 1);
        assert!(work.timestamps.ages(12).eq([(i64::MAX.unsigned_abs(), 1)]));
    }
}
