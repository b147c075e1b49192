//! The values that are one of a few words: each type, the words that stand for it, and how they are read.

pub use crate::telemetry::LogFormat;

/// A value that is one of a few words.
pub trait Choice: Copy + PartialEq + 'static {
    /// The words and what they stand for. Of several words for one value the first is its name.
    const WORDS: &'static [(&'static str, Self)];

    /// The value's name.
    fn name(self) -> &'static str {
        let word = Self::WORDS.iter().find(|(_, value)| *value == self);
        word.expect("every value has a word").0
    }

    /// The value that a word stands for, in any case, with hyphens or underscores: `dead-letter` is ours, `exactly_once` is
    /// Kafka Streams', and who is to remember that?
    fn from_word(word: &str) -> Option<Self> {
        let spelled = |word: &str| word.to_ascii_lowercase().replace('-', "_");
        let word = spelled(word.trim());
        let found = Self::WORDS.iter().find(|(known, _)| spelled(known) == word);
        found.map(|(_, value)| *value)
    }

    /// The names of the values, for a message.
    fn names() -> String {
        let named = Self::WORDS.iter().filter(|(word, value)| value.name() == *word);
        let names: Vec<&str> = named.map(|(word, _)| *word).collect();
        names.join(", ")
    }
}

/// How the members of a consumer group agree on who reads what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupProtocol {
    /// The members agree among themselves, by cooperative-sticky assignment.
    Classic,
    /// The broker decides (KIP-848). Needs Kafka 4.0 or later.
    Consumer,
}

impl Choice for GroupProtocol {
    const WORDS: &'static [(&'static str, Self)] =
        &[("classic", Self::Classic), ("consumer", Self::Consumer)];
}

/// How often a record's result may come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessingGuarantee {
    /// Once, or again after a failure.
    AtLeastOnce,
    /// Once, for readers with `isolation.level=read_committed`.
    ExactlyOnce,
}

impl Choice for ProcessingGuarantee {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("at_least_once", Self::AtLeastOnce),
        ("exactly_once", Self::ExactlyOnce),
        // Kafka Streams has had three names for it.
        ("exactly_once_v2", Self::ExactlyOnce),
        ("exactly_once_beta", Self::ExactlyOnce),
    ];
}

/// What to do with a record that something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Stop; the record is not committed.
    Fail,
    /// Leave the record out and go on.
    Continue,
    /// Send the record to the dead letters as it came and go on.
    DeadLetter,
}

impl Choice for Policy {
    const WORDS: &'static [(&'static str, Self)] =
        &[("fail", Self::Fail), ("continue", Self::Continue), ("dead-letter", Self::DeadLetter)];
}

/// Which partition of the output a result goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputPartition {
    /// The one that Java's clients choose for its key; of records without a key, any.
    Murmur2,
    /// The one with the number of the record's own.
    Input,
}

impl Choice for OutputPartition {
    const WORDS: &'static [(&'static str, Self)] = &[("murmur2", Self::Murmur2), ("input", Self::Input)];
}

/// Where a group begins that has no committed offset, or one that the broker no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetReset {
    /// At the oldest record.
    Earliest,
    /// At what comes from now on.
    Latest,
    /// Nowhere: stop.
    Error,
}

impl Choice for OffsetReset {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("earliest", Self::Earliest),
        ("latest", Self::Latest),
        ("error", Self::Error),
        // Java's word, and librdkafka's other ones.
        ("none", Self::Error),
        ("smallest", Self::Earliest),
        ("beginning", Self::Earliest),
        ("largest", Self::Latest),
        ("end", Self::Latest),
    ];
}

impl Choice for LogFormat {
    const WORDS: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

/// Yes or no.
impl Choice for bool {
    const WORDS: &'static [(&'static str, Self)] = &[("true", true), ("false", false)];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_kafka_streams_and_of_librdkafka_are_understood_in_any_case() {
        for word in ["exactly_once", "exactly_once_v2", "exactly_once_beta", "EXACTLY_ONCE_V2"] {
            assert_eq!(
                ProcessingGuarantee::from_word(word),
                Some(ProcessingGuarantee::ExactlyOnce),
                "{word}"
            );
        }
        assert_eq!(ProcessingGuarantee::from_word("exactly-twice"), None);
        assert_eq!(OffsetReset::from_word("none"), Some(OffsetReset::Error));
        assert_eq!(OffsetReset::from_word("largest"), Some(OffsetReset::Latest));
    }

    #[test]
    fn hyphens_and_underscores_are_the_same() {
        for word in ["dead-letter", " dead_letter ", "Dead_Letter"] {
            assert_eq!(Policy::from_word(word), Some(Policy::DeadLetter), "{word}");
        }
        for word in ["at_least_once", "at-least-once"] {
            assert_eq!(
                ProcessingGuarantee::from_word(word),
                Some(ProcessingGuarantee::AtLeastOnce),
                "{word}"
            );
        }
        assert_eq!(Policy::from_word("deadletter"), None);
    }

    #[test]
    fn a_value_has_one_name_and_messages_name_each_value_once() {
        assert_eq!(Policy::DeadLetter.name(), "dead-letter");
        assert_eq!(Policy::names(), "fail, continue, dead-letter");
        assert_eq!(ProcessingGuarantee::names(), "at_least_once, exactly_once");
        assert_eq!(OffsetReset::names(), "earliest, latest, error");
    }
}
