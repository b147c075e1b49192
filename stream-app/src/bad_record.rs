//! Why a record has no prediction. No reason carries a value of the record: what is logged may be personal.

use model_runtime::record::{JsonType, RecordError};
use rdkafka::error::RDKafkaErrorCode;
use std::fmt;

/// Why a record has no prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadRecord {
    /// The record has no value, or an empty one: a tombstone has nothing to score.
    NoValue,
    /// The record is not one that the model can read.
    Unreadable(RecordError),
    /// The prediction is NaN or infinite, which JSON can't hold.
    NotFinite {
        /// The field that the prediction was to be written to.
        field: &'static str,
    },
    /// The record with its prediction is larger than the output topic takes.
    ResultTooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// The broker refuses the record with its prediction for another reason than its size.
    ResultRefused {
        /// The reason.
        code: RDKafkaErrorCode,
    },
    /// A line is longer than this program reads.
    LineTooLong {
        /// The most bytes that it reads.
        bytes_max: usize,
    },
}

/// At which stage of its way a record turned out to be bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its bytes are no JSON object.
    Decode,
    /// It is one, and the model can't score it.
    Score,
    /// It is scored, and the output does not take it.
    Produce,
}

impl BadRecord {
    /// The reasons that a dead letter may have besides those of [`RecordError::REASONS`].
    pub const REASONS: [&'static str; 4] = ["no_value", "not_finite", "result_too_large", "result_refused"];

    /// The broker, or the client on its behalf, does not take a result of this size.
    pub(crate) fn refused(code: RDKafkaErrorCode, bytes: usize) -> Self {
        match code {
            RDKafkaErrorCode::MessageSizeTooLarge => Self::ResultTooLarge { bytes },
            code => Self::ResultRefused { code },
        }
    }

    /// At which stage it turned out to be bad.
    pub fn stage(&self) -> Stage {
        match self {
            Self::NoValue
            | Self::LineTooLong { .. }
            | Self::Unreadable(
                RecordError::NotUtf8 { .. } | RecordError::NotJson { .. } | RecordError::NotAnObject { .. },
            ) => Stage::Decode,
            Self::Unreadable(_) | Self::NotFinite { .. } => Stage::Score,
            Self::ResultTooLarge { .. } | Self::ResultRefused { .. } => Stage::Produce,
        }
    }

    /// A short name of the reason, for headers and metrics: `no_value`, `wrong_type` and so on.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoValue => "no_value",
            Self::Unreadable(error) => error.reason(),
            Self::NotFinite { .. } => "not_finite",
            Self::ResultTooLarge { .. } => "result_too_large",
            Self::ResultRefused { .. } => "result_refused",
            Self::LineTooLong { .. } => "line_too_long",
        }
    }

    /// The field that is to blame, where it is one: a name or a JSON pointer of the model's, none of the record's.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NotFinite { field }
            | Self::Unreadable(
                RecordError::WrongType { field, .. }
                | RecordError::NotANumber { field }
                | RecordError::UnseenCategory { field }
                | RecordError::MissingOffset { field },
            ) => Some(field),
            Self::Unreadable(RecordError::DuplicateField { field }) => Some(field),
            _ => None,
        }
    }

    /// The JSON type of what stands where something else was expected.
    pub fn json_type(&self) -> Option<&'static str> {
        let Self::Unreadable(RecordError::NotAnObject { found } | RecordError::WrongType { found, .. }) =
            self
        else {
            return None;
        };
        Some(match found {
            JsonType::Null => "null",
            JsonType::Boolean => "boolean",
            JsonType::Number => "number",
            JsonType::String => "string",
            JsonType::Array => "array",
            JsonType::Object => "object",
        })
    }
}

impl From<RecordError> for BadRecord {
    fn from(error: RecordError) -> Self {
        Self::Unreadable(error)
    }
}

impl fmt::Display for BadRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValue => formatter.write_str("the record has no value; expected a JSON object"),
            Self::Unreadable(error) => error.fmt(formatter),
            Self::NotFinite { field } => {
                write!(
                    formatter,
                    "the prediction for `{field}` is not a finite number, which JSON can't hold"
                )
            }
            Self::ResultTooLarge { bytes } => write!(
                formatter,
                "the record with its prediction has {bytes} bytes, more than the output topic takes; \
                 raise that topic's max.message.bytes"
            ),
            Self::ResultRefused { code: RDKafkaErrorCode::QueueFull } => formatter.write_str(
                "the record with its prediction is larger than the client's queue; raise the property \
                 queue.buffering.max.kbytes",
            ),
            Self::ResultRefused { code: RDKafkaErrorCode::UnknownPartition } => formatter.write_str(
                "the output topic has no partition with the number of the record's own; give it as many as the input has, \
                 or set output_partition to murmur2",
            ),
            Self::ResultRefused { code } => {
                write!(formatter, "the output topic does not take the record with its prediction: {code}")
            }
            Self::LineTooLong { bytes_max } => {
                write!(formatter, "the line is longer than {bytes_max} bytes")
            }
        }
    }
}

impl std::error::Error for BadRecord {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_of_a_dead_letter_is_on_the_list() {
        let bad = [
            BadRecord::NoValue,
            BadRecord::NotFinite { field: "f" },
            BadRecord::ResultTooLarge { bytes: 0 },
            BadRecord::ResultRefused { code: RDKafkaErrorCode::InvalidRecord },
        ];
        assert_eq!(bad.map(|bad| bad.reason()), BadRecord::REASONS);
    }
}
