//! Which letters of a partition are done, replayed or discarded: an offset below which all are, and ranges beyond it. A consumer group
//! remembers both: the offset as its own, the ranges as the text that Kafka keeps beside an offset.
//!
//! Letters come in ascending order, each either done or left. Ranges reach over what lies between letters (the marks
//! of transactions among it), so that letters that are done in a row are one range.

use std::fmt::Write as _;

/// The longest text that a broker keeps beside an offset unless its `offset.metadata.max.bytes` says otherwise.
const METADATA_BYTES_MAX: usize = 4096;

/// What the text begins with, so that another program's is not taken for it.
const METADATA_START: &str = "replayed";

/// The letters of one partition that are done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// All before this one are done.
    next: i64,
    /// What else is done, ascending, each from its first offset to before its second; none touches another.
    ranges: Vec<(i64, i64)>,
    /// Between this offset and the letter that comes next there is none that was left.
    reach: i64,
}

/// There are more ranges than a broker remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooScattered;

impl Done {
    /// What a group has committed; nothing if its text is not one of ours.
    pub fn parse(next: i64, metadata: &str) -> Option<Self> {
        let mut done = Self { next, ranges: Vec::new(), reach: next };
        let mut words = metadata.split_ascii_whitespace();
        match words.next() {
            None => return Some(done),
            Some(METADATA_START) => {}
            Some(_) => return None,
        }
        let mut end = next;
        for word in words {
            let (gap, length) = word.split_once('+')?;
            let (gap, length): (i64, i64) = (gap.parse().ok()?, length.parse().ok()?);
            let start = end.checked_add(gap).filter(|_| gap > 0)?;
            end = start.checked_add(length).filter(|_| length > 0)?;
            done.ranges.push((start, end));
        }
        Some(done)
    }

    /// The offset to commit.
    pub fn next(&self) -> i64 {
        self.next
    }

    /// The text to commit beside it: how many are left and how many are done, in turns.
    pub fn metadata(&self) -> String {
        let mut text = String::new();
        let mut end = self.next;
        for &(start, after) in &self.ranges {
            let separator = if text.is_empty() { METADATA_START } else { "" };
            // Writing to a `String` can't fail.
            let _ = write!(text, "{separator} {}+{}", start - end, after - start);
            end = after;
        }
        text
    }

    /// Whether a letter is done.
    pub fn contains(&self, offset: i64) -> bool {
        offset < self.next || self.ranges.iter().any(|&(start, end)| (start..end).contains(&offset))
    }

    /// The next letter is left.
    pub fn leave(&mut self, offset: i64) {
        self.reach = offset + 1;
    }

    /// The next letter is done. If that can't be remembered, nothing changes.
    pub fn enter(&mut self, offset: i64) -> Result<(), TooScattered> {
        let mut entered = self.clone();
        entered.insert(self.reach.min(offset), offset + 1);
        entered.reach = offset + 1;
        if entered.metadata().len() > METADATA_BYTES_MAX {
            return Err(TooScattered);
        }
        *self = entered;
        Ok(())
    }

    fn insert(&mut self, mut start: i64, mut end: i64) {
        self.ranges.retain(|&(from, to)| {
            let touches = from <= end && to >= start;
            if touches {
                (start, end) = (start.min(from), end.max(to));
            }
            !touches
        });
        if start <= self.next {
            self.next = self.next.max(end);
        } else {
            let index = self.ranges.partition_point(|&(from, _)| from < start);
            self.ranges.insert(index, (start, end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(next: i64, metadata: &str) -> Done {
        Done::parse(next, metadata).unwrap()
    }

    #[test]
    fn letters_done_in_a_row_are_one_offset() {
        let mut done = done(5, "");
        for offset in [5, 6, 9, 12] {
            done.enter(offset).unwrap();
        }
        assert_eq!((done.next(), &*done.metadata()), (13, ""));
    }

    #[test]
    fn what_is_done_behind_a_letter_that_was_left_is_remembered_beside_the_offset() {
        let mut first = done(0, "");
        first.enter(0).unwrap();
        first.leave(2);
        first.enter(4).unwrap();
        first.enter(7).unwrap();
        first.leave(9);
        first.enter(10).unwrap();
        // The letter at 2 is left, and offset 1 before it is no letter. 3 to 7 are done, 9 is left, 10 is done.
        assert_eq!((first.next(), &*first.metadata()), (1, "replayed 2+5 2+1"));
        let mut second = done(first.next(), &first.metadata());
        assert!([0, 3, 4, 7, 10].iter().all(|offset| second.contains(*offset)));
        assert!(![2, 9, 11].iter().any(|offset| second.contains(*offset)));
        // The one that was left is replayed; what stood beyond it joins what lies before.
        second.enter(2).unwrap();
        assert_eq!((second.next(), &*second.metadata()), (8, "replayed 2+1"));
        second.enter(4).unwrap();
        second.enter(7).unwrap();
        second.enter(9).unwrap();
        assert_eq!((second.next(), &*second.metadata()), (11, ""));
    }

    #[test]
    fn ranges_that_are_not_reached_stay() {
        let mut done = done(0, "replayed 5+2 10+1");
        done.leave(0);
        done.enter(1).unwrap();
        assert_eq!((done.next(), &*done.metadata()), (0, "replayed 1+1 3+2 10+1"));
    }

    #[test]
    fn a_text_of_someone_else_is_not_understood() {
        for text in
            ["hello", "1+1", "replayed 0+1", "replayed 1+0", "replayed 1", "replayed 9223372036854775807+1"]
        {
            assert_eq!(Done::parse(1, text), None, "{text}");
        }
    }

    #[test]
    fn more_than_a_broker_keeps_is_refused_and_changes_nothing() {
        let mut done = done(0, "");
        let mut offset = 0;
        done.leave(offset);
        loop {
            offset += 2;
            let before = done.clone();
            if done.enter(offset).is_err() {
                assert_eq!(done, before);
                break;
            }
            done.leave(offset + 1);
        }
        // `replayed`, and ` 1+1` for each.
        assert_eq!(done.ranges.len(), (METADATA_BYTES_MAX - METADATA_START.len()) / " 1+1".len());
    }
}
