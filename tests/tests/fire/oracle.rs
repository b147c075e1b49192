//! What came out of a topic, against what has to: by partition, the values in their order.

use std::collections::BTreeMap;
use std::fmt;

/// The values of each partition, in order. A value is there once.
pub type Log = BTreeMap<i32, Vec<Vec<u8>>>;

/// How what came out differs from what had to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Values that had to come out.
    pub expected: usize,
    /// Of these, those that did not.
    pub lost: usize,
    /// Values that came out again.
    pub twice: usize,
    /// Values that nobody expected in their partition.
    pub unknown: usize,
    /// Values that came out after one that is behind them.
    pub out_of_order: usize,
    /// Where the first difference is.
    pub first: Option<String>,
}

/// Compares logs.
pub fn judge(expected: &Log, found: &Log) -> Verdict {
    let mut verdict = Verdict { expected: expected.values().map(Vec::len).sum(), ..Verdict::default() };
    for partition in expected.keys().chain(found.keys()).collect::<std::collections::BTreeSet<_>>() {
        let of = |log: &Log| log.get(partition).cloned().unwrap_or_default();
        verdict.add(*partition, &of(expected), &of(found));
    }
    verdict
}

impl Verdict {
    /// Whether exactly what had to come out did.
    pub fn is_right(&self) -> bool {
        self.lost + self.twice + self.unknown + self.out_of_order == 0
    }

    fn add(&mut self, partition: i32, expected: &[Vec<u8>], found: &[Vec<u8>]) {
        let places: BTreeMap<&[u8], usize> =
            expected.iter().enumerate().map(|(place, value)| (&value[..], place)).collect();
        assert_eq!(places.len(), expected.len(), "a value tells which record it is of");
        let mut came = vec![false; expected.len()];
        let mut furthest = None;
        for (offset, value) in found.iter().enumerate() {
            let Some(&place) = places.get(&value[..]) else {
                self.unknown += 1;
                self.note("unknown", partition, offset);
                continue;
            };
            if std::mem::replace(&mut came[place], true) {
                self.twice += 1;
                self.note("once more", partition, offset);
            } else if furthest.is_some_and(|furthest| place < furthest) {
                self.out_of_order += 1;
                self.note("out of order", partition, offset);
            }
            furthest = furthest.max(Some(place));
        }
        for place in (0..came.len()).filter(|&place| !came[place]) {
            self.lost += 1;
            self.note("lost", partition, place);
        }
    }

    fn note(&mut self, what: &str, partition: i32, place: usize) {
        self.first.get_or_insert_with(|| format!("{what}: place {place} of partition {partition}"));
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, lost, twice, unknown, out_of_order, first } = self;
        write!(formatter, "{expected} expected, {lost} lost, {twice} twice, {unknown} unknown, ")?;
        write!(formatter, "{out_of_order} out of order")?;
        match first {
            Some(first) => write!(formatter, "; the first: {first}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(partitions: &[&[&str]]) -> Log {
        let values = |values: &&[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
        (0..).zip(partitions.iter().map(values)).collect()
    }

    fn judged(found: &[&[&str]]) -> (usize, usize, usize, usize) {
        let Verdict { lost, twice, unknown, out_of_order, .. } =
            judge(&log(&[&["a", "b", "c"], &["d"]]), &log(found));
        (lost, twice, unknown, out_of_order)
    }

    #[test]
    fn only_what_had_to_come_out_is_right() {
        assert_eq!(judged(&[&["a", "b", "c"], &["d"]]), (0, 0, 0, 0));
        assert!(judge(&log(&[&["a"]]), &log(&[&["a"]])).is_right());
        assert!(!judge(&log(&[&["a"]]), &log(&[&["a", "a"]])).is_right());
    }

    #[test]
    fn each_kind_of_difference_is_told_from_the_others() {
        assert_eq!(judged(&[&["a", "c"], &["d"]]), (1, 0, 0, 0));
        assert_eq!(judged(&[&["a", "b"], &[]]), (2, 0, 0, 0));
        assert_eq!(judged(&[&["a", "b", "c"]]), (1, 0, 0, 0));
        assert_eq!(judged(&[&["a", "b", "a", "b", "c"], &["d"]]), (0, 2, 0, 0));
        assert_eq!(judged(&[&["a", "b", "c", "x"], &["d"]]), (0, 0, 1, 0));
        assert_eq!(judged(&[&["a", "c", "b"], &["d"]]), (0, 0, 0, 1));
        assert_eq!(judged(&[&["c", "a", "b"], &["d"]]), (0, 0, 0, 2));
    }

    #[test]
    fn a_value_in_another_partition_is_lost_and_unknown() {
        assert_eq!(judged(&[&["a", "b"], &["d", "c"]]), (1, 0, 1, 0));
        assert_eq!(judged(&[&["a", "b", "c"], &["d"], &["d"]]), (0, 0, 1, 0));
    }

    #[test]
    fn a_changed_byte_is_no_answer() {
        assert_eq!(judged(&[&["a", "B", "c"], &["d"]]), (1, 0, 1, 0));
    }

    #[test]
    fn the_first_difference_has_its_place() {
        let verdict = judge(&log(&[&["a", "b"]]), &log(&[&["a"]]));
        assert_eq!(verdict.first.as_deref(), Some("lost: place 1 of partition 0"));
    }
}
