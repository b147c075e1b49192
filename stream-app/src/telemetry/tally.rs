//! What a batch or an open transaction holds, told record by record into plain memory and counted all at once when it
//! is acknowledged or committed. What is taken back is never counted: the counts are those of the topics.

/// Records on their way, of one pipeline.
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) results: u64,
    pub(super) result_bytes: u64,
    pub(super) dead_letters: Reasons,
    pub(super) skipped: Reasons,
    pub(super) timestamps: Timestamps,
}

impl Tally {
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

    /// How many of them are results.
    pub fn results(&self) -> u64 {
        self.results
    }

    /// How many of them are dead letters.
    pub fn dead_letters(&self) -> u64 {
        self.dead_letters.sum()
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
        let mut tally = Tally::default();
        tally.result(Some(10), 100);
        tally.result(Some(10), 20);
        tally.dead_letter(Some(12), "not_json");
        tally.skipped("no_value");
        tally.dead_letter(None, "not_json");
        assert_eq!((tally.records(), tally.results(), tally.result_bytes), (5, 2, 120));
        assert!(tally.dead_letters.iter().eq([("not_json", 2)]));
        assert!(tally.timestamps.ages(12).eq([(2, 2), (0, 1)]));
        tally.clear();
        assert_eq!((tally.records(), tally.timestamps.ages(0).count()), (0, 0));
    }

    #[test]
    fn a_record_from_the_future_or_without_a_time_has_no_age_below_zero() {
        let mut tally = Tally::default();
        tally.result(Some(20), 1);
        tally.result(None, 1);
        assert!(tally.timestamps.ages(12).eq([(0, 1)]));
        tally.clear();
        tally.result(Some(i64::MIN), 1);
        assert!(tally.timestamps.ages(12).eq([(i64::MAX.unsigned_abs(), 1)]));
    }
}
