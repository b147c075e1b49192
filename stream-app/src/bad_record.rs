//! Why a record has no prediction. No reason carries a value of the record: what is logged may be personal.

use model_runtime::record::RecordError;
use rdkafka::error::RDKafkaErrorCode;
use std::fmt;

/// How far a record came that has no prediction, or whose prediction is not out: what a policy goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It is no JSON object.
    Decode,
    /// It is one, but the model has no prediction for it.
    Score,
    /// It has a prediction, but the output does not take it.
    Produce,
}

impl Stage {
    /// The name, for options, headers and metrics: `decode`, `score` or `produce`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Score => "score",
            Self::Produce => "produce",
        }
    }
}

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

impl BadRecord {
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

    /// Where the record got stuck.
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
