//! Which letters are meant: reasons and offsets in, yes or no out.

use super::arguments::FilterArguments;
use super::letter::Letter;
use crate::bad_record::BadRecord;
use crate::exit::Failure;
use model_runtime::record::RecordError;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

/// What letters must have to be meant.
#[derive(Debug)]
pub struct Filter<'a> {
    reasons: &'a [String],
    offsets: &'a [OffsetRange],
}

/// Offsets of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    partition: i32,
    offsets: RangeInclusive<i64>,
}

impl<'a> Filter<'a> {
    /// As the arguments say.
    pub fn new(arguments: &'a FilterArguments) -> Self {
        Self { reasons: &arguments.reasons, offsets: &arguments.offsets }
    }

    /// Whether a letter is meant. No reasons are all reasons, no offsets all offsets.
    pub fn takes(&self, letter: &Letter<'_>) -> bool {
        let has_reason = || letter.reason.is_some_and(|reason| self.reasons.iter().any(|it| it == reason));
        let is_there = |range: &OffsetRange| {
            range.partition == letter.partition && range.offsets.contains(&letter.offset)
        };
        (self.reasons.is_empty() || has_reason())
            && (self.offsets.is_empty() || self.offsets.iter().any(is_there))
    }

    /// Whether it lets every letter through.
    pub fn takes_all(&self) -> bool {
        self.reasons.is_empty() && self.offsets.is_empty()
    }

    /// That the topic has the offsets, given from where to where each of its partitions goes. What is not there would be
    /// passed over as if it was done.
    pub fn check(&self, topic: &str, bounds: &BTreeMap<i32, Range<i64>>) -> Result<(), Failure> {
        let problems: Vec<String> =
            self.offsets.iter().filter_map(|range| range.problem(topic, bounds)).collect();
        if problems.is_empty() { Ok(()) } else { Err(Failure::usage(problems.join("\n"))) }
    }
}

impl OffsetRange {
    /// Why no letter can be meant by it, if none can.
    fn problem(&self, topic: &str, bounds: &BTreeMap<i32, Range<i64>>) -> Option<String> {
        let Self { partition, offsets } = self;
        let Some(there) = bounds.get(partition) else {
            let numbers: Vec<i32> = bounds.keys().copied().collect();
            let known = match numbers[..] {
                [] => "it has none".to_owned(),
                [only] => format!("its only one is {only}"),
                [first, .., last] => format!("they are {first} to {last}"),
            };
            return Some(format!("--offsets {self}: topic `{topic}` has no partition {partition}; {known}"));
        };
        let known = if there.is_empty() {
            "it is empty".to_owned()
        } else if *offsets.start() >= there.end || *offsets.end() < there.start {
            format!("it has {} to {}", there.start, there.end - 1)
        } else {
            return None;
        };
        let found = format!("partition {partition} of topic `{topic}` has no such offset");
        Some(format!("--offsets {self}: {found}; {known}"))
    }
}

impl fmt::Display for OffsetRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.offsets.start(), self.offsets.end());
        write!(formatter, "{}:{first}", self.partition)?;
        if first == last { Ok(()) } else { write!(formatter, "-{last}") }
    }
}

/// A reason that a letter may have: one of ours, also with hyphens, or a Java exception's full name, as Kafka Streams writes
/// it.
pub fn reason(text: &str) -> Result<String, String> {
    let mut known: Vec<&str> = RecordError::REASONS.into_iter().chain(BadRecord::REASONS).collect();
    if text.contains('.') {
        return Ok(text.to_owned());
    }
    if let Some(found) = known.iter().find(|known| **known == text.replace('-', "_")) {
        return Ok((*found).to_owned());
    }
    let similarity = |known: &str| strsim::normalized_damerau_levenshtein(text, known);
    known.sort_by(|left, right| similarity(right).total_cmp(&similarity(left)));
    Err(format!("no letter has this reason; the nearest first, there are {}", known.join(", ")))
}

impl FromStr for OffsetRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (partition, offsets) = text.split_once(':')?;
            let (first, last) = offsets.split_once('-').unwrap_or((offsets, offsets));
            let (first, last) = (number(first)?, number(last)?);
            (first <= last)
                .then_some(Self { partition: i32::try_from(number(partition)?).ok()?, offsets: first..=last })
        };
        parse().ok_or_else(|| "give PARTITION:OFFSET or PARTITION:FIRST-LAST, such as 0:17-42".to_owned())
    }
}

/// Digits alone: `parse` would take a sign.
fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::USAGE;

    fn letter(partition: i32, offset: i64, reason: Option<&str>) -> Letter<'_> {
        Letter { partition, offset, timestamp: None, origin: None, reason, field: None, omitted: None }
    }

    #[test]
    fn a_reason_that_no_letter_has_is_answered_with_the_known_ones_the_nearest_first() {
        for known in
            ["no_value", "wrong_type", "result_refused", "org.apache.kafka.common.errors.TimeoutException"]
        {
            assert_eq!(reason(known), Ok(known.to_owned()));
        }
        assert_eq!(reason("wrong-type"), Ok("wrong_type".to_owned()));
        let told = reason("wrongtype").unwrap_err();
        assert!(told.contains("there are wrong_type, "), "{told}");
        assert!(told.contains("no_value") && told.contains("not_json"), "{told}");
        assert!(reason("not_jsn").unwrap_err().contains("there are not_json, "));
        assert!(reason("line_too_long").is_err(), "a line is no record of a topic");
    }

    #[test]
    fn offsets_are_one_or_a_range_with_both_ends() {
        let range = |partition, offsets| Ok(OffsetRange { partition, offsets });
        assert_eq!("0:17".parse(), range(0, 17..=17));
        assert_eq!("12:0-9223372036854775807".parse(), range(12, 0..=i64::MAX));
        for wrong in
            ["", "17", "0:", ":1", "0:2-1", "0:-1", "-1:0", "0:1-", "0:1-2-3", "2147483648:0", "0:+1"]
        {
            assert!(wrong.parse::<OffsetRange>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn offsets_that_the_topic_does_not_have_are_refused_with_what_it_has() {
        let bounds = BTreeMap::from([(0, 5..20), (1, 0..0), (2, 0..7)]);
        let told = |offsets: &[&str], bounds| {
            let offsets = offsets.iter().map(|text| text.parse().unwrap()).collect();
            let arguments = FilterArguments { reasons: Vec::new(), offsets };
            let checked = Filter::new(&arguments).check("letters", bounds);
            checked.map_err(|failure| (failure.code(), failure.to_string()))
        };
        for there in [&["0:5"], &["0:19"], &["0:0-5"], &["0:19-900"], &["2:6"]] {
            assert_eq!(told(there, &bounds), Ok(()), "{there:?}");
        }
        let (code, problems) = told(&["3:1", "0:20", "0:0-4", "1:0", "2:6"], &bounds).unwrap_err();
        assert_eq!(code, USAGE);
        let expected = [
            "--offsets 3:1: topic `letters` has no partition 3; they are 0 to 2",
            "--offsets 0:20: partition 0 of topic `letters` has no such offset; it has 5 to 19",
            "--offsets 0:0-4: partition 0 of topic `letters` has no such offset; it has 5 to 19",
            "--offsets 1:0: partition 1 of topic `letters` has no such offset; it is empty",
        ];
        assert_eq!(problems.lines().collect::<Vec<_>>(), expected);
        let (_, problem) = told(&["1:0"], &BTreeMap::from([(0, 0..1)])).unwrap_err();
        assert!(problem.ends_with("has no partition 1; its only one is 0"), "{problem}");
    }

    #[test]
    fn a_letter_must_have_one_of_the_reasons_and_stand_in_one_of_the_ranges() {
        let arguments = FilterArguments {
            reasons: vec!["no_value".to_owned(), "wrong_type".to_owned()],
            offsets: vec!["0:3-4".parse().unwrap(), "1:7".parse().unwrap()],
        };
        let filter = Filter::new(&arguments);
        assert!(!filter.takes_all());
        for (partition, offset, reason, taken) in [
            (0, 3, Some("no_value"), true),
            (0, 4, Some("wrong_type"), true),
            (1, 7, Some("no_value"), true),
            (0, 5, Some("no_value"), false),
            (0, 2, Some("no_value"), false),
            (1, 3, Some("no_value"), false),
            (0, 3, Some("not_json"), false),
            (0, 3, None, false),
        ] {
            assert_eq!(
                filter.takes(&letter(partition, offset, reason)),
                taken,
                "{partition}:{offset} {reason:?}"
            );
        }
        let arguments = FilterArguments { reasons: Vec::new(), offsets: Vec::new() };
        let filter = Filter::new(&arguments);
        assert!(filter.takes(&letter(5, 9, None)) && filter.takes_all());
    }
}
