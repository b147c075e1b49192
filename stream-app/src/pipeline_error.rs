//! Why a pipeline ended: what the process's end by it is, and whether new clients may go on instead.

use crate::bad_record::BadRecord;
use crate::config::ZSTD_BUILD;
use crate::exit::{Failure, client_error};
use crate::refusal::Refusal;
use crate::source::is_unreadable;
use model_runtime::record::LocatedFieldError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::fmt;

/// What to do about an output without a partition of a record's number.
const MORE_PARTITIONS: &str =
    "Give the topic as many partitions as the input has, or set output_partition to murmur2";

/// Why a pipeline ended. What was not acknowledged is not committed.
#[derive(Debug)]
pub enum PipelineError {
    /// The model can't write its prediction to its records.
    Model(LocatedFieldError),
    /// A client can't be made, or does not go on.
    Client {
        /// What it was to do.
        doing: &'static str,
        /// Why it can't.
        error: KafkaError,
    },
    /// The producer is of no use any more.
    Producer {
        /// What it says.
        problem: String,
        /// Its fatal error, if it has one.
        code: Option<RDKafkaErrorCode>,
        /// Whether its transaction has been open for longer than the brokers wait for it. They end it then, and fence the
        /// producer in the same words as if another process had taken its place.
        overlong: bool,
    },
    /// Each result is to go to the partition with its record's number, and the output has fewer of them than the input.
    TooFewPartitions {
        /// The output.
        topic: String,
        /// How many it has.
        partitions: usize,
        /// How many the input has.
        input_partitions: usize,
    },
    /// A result or a dead letter can't be delivered.
    Delivery {
        /// The topic that it was for.
        topic: String,
        /// Why.
        code: RDKafkaErrorCode,
    },
    /// A record is bad, and the policy for it is to fail.
    Refused {
        /// The topic that it came from.
        topic: String,
        /// Its partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// What is wrong with it.
        bad: BadRecord,
    },
    /// A signal came, and the broker did not acknowledge the last records in time.
    StoppedUnacknowledged {
        /// How many records were on their way.
        records: i32,
    },
    /// The last commit was refused or not acknowledged in time.
    StoppedUncommitted,
}

impl PipelineError {
    /// Whether brokers take nothing more from these clients: another process has taken this one's place, or a transaction
    /// took too long.
    pub fn is_fenced(&self) -> bool {
        let code = match self {
            Self::Client { error, .. } => error.rdkafka_error_code(),
            Self::Producer { code, .. } => *code,
            _ => None,
        };
        matches!(code, Some(RDKafkaErrorCode::FencedInstanceId | RDKafkaErrorCode::Fenced))
    }

    /// Whether it is certain that another process has taken this one's place.
    pub fn is_replaced(&self) -> bool {
        self.is_fenced() && !matches!(self, Self::Producer { overlong: true, .. })
    }

    /// What the process's end by this error is.
    pub fn failure(&self) -> Failure {
        let message = self.to_string();
        if self.is_replaced() {
            return Failure::fenced(message);
        }
        match self {
            Self::Model(_) | Self::Producer { code: None, .. } => Failure::failed(message),
            Self::Client { error, .. } => match error.rdkafka_error_code() {
                Some(code) if is_unreadable(code) => Failure::usage(message),
                Some(code) => Failure::at_start(code, message),
                None => Failure::failed(message),
            },
            Self::TooFewPartitions { .. }
            | Self::Delivery { code: RDKafkaErrorCode::UnknownPartition, .. } => Failure::usage(message),
            Self::Producer { code: Some(code), .. } | Self::Delivery { code, .. } => {
                Failure::at_start(*code, message)
            }
            Self::Refused { .. } => Failure::bad_record(message),
            Self::StoppedUnacknowledged { .. } | Self::StoppedUncommitted => Failure::stop_overdue(message),
        }
    }

    /// Whether new clients may go on where these have ended.
    pub fn may_restart(&self) -> bool {
        match self {
            Self::Client { error, .. } => error.rdkafka_error_code().is_some_and(|code| {
                let is_final = matches!(
                    code,
                    RDKafkaErrorCode::FencedInstanceId
                        | RDKafkaErrorCode::InvalidArgument
                        | RDKafkaErrorCode::AutoOffsetReset
                );
                !is_final && !is_unreadable(code) && Refusal::of(code).is_none()
            }),
            Self::Producer { code, .. } => !matches!(
                code,
                Some(
                    RDKafkaErrorCode::TransactionalIdAuthorizationFailed
                        | RDKafkaErrorCode::ClusterAuthorizationFailed
                )
            ),
            _ => false,
        }
    }
}

impl fmt::Display for PipelineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(error) => error.fmt(formatter),
            Self::Client { error, .. } if error.rdkafka_error_code().is_some_and(is_unreadable) => write!(
                formatter,
                "the input has records that are compressed in a way which this build can't read, probably with zstd; {ZSTD_BUILD}"
            ),
            Self::Client { error, .. }
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset) =>
            {
                formatter.write_str(
                    "a partition of the input has no committed offset, or one that is deleted by now, and \
                     auto_offset_reset is `error`; set the group's offsets, or choose earliest or latest",
                )
            }
            Self::Client { doing, error } => {
                write!(formatter, "{doing}: {}", client_error(error))?;
                match error.rdkafka_error_code().and_then(Refusal::of) {
                    Some(refusal) => write!(formatter, "; {}", refusal.advice()),
                    None => Ok(()),
                }
            }
            Self::TooFewPartitions { topic, partitions, input_partitions } => write!(
                formatter,
                "the output topic `{topic}` has fewer partitions than the input, {partitions} and {input_partitions}, \
                 and each result is to go to the partition with its record's number. {MORE_PARTITIONS}; or choose with \
                 on_output_error what becomes of the other records"
            ),
            Self::Delivery { topic, code } => {
                write!(formatter, "a record was not delivered to topic `{topic}`: {code}. ")?;
                match code {
                    RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => {
                        formatter.write_str("Create the topic. ")?;
                    }
                    RDKafkaErrorCode::UnknownPartition => write!(formatter, "{MORE_PARTITIONS}. ")?,
                    RDKafkaErrorCode::MessageSizeTooLarge => {
                        formatter.write_str("Raise the topic's max.message.bytes. ")?;
                    }
                    RDKafkaErrorCode::InvalidRecord => formatter.write_str(
                        "If the topic is compacted, it takes no record without a key: use another topic. ",
                    )?,
                    RDKafkaErrorCode::QueueFull => formatter.write_str(
                        "Raise the property queue.buffering.max.kbytes above the largest record. ",
                    )?,
                    _ => {}
                }
                formatter.write_str("Its offset is not committed: the next start scores it again")
            }
            Self::Producer { problem, .. } => write!(formatter, "the producer can't go on: {problem}"),
            Self::Refused { topic, partition, offset, bad } => write!(
                formatter,
                "record {offset} of partition {partition} of topic `{topic}` is bad, and the policy is to fail: {bad}. \
                 The records before it are committed; mend the record or change the policy, and start again"
            ),
            Self::StoppedUnacknowledged { records } => write!(
                formatter,
                "stopped while {records} records were not acknowledged; their offsets are not committed: \
                 the next start scores them again"
            ),
            Self::StoppedUncommitted => formatter.write_str(
                "stopped while the last offsets were not committed: the next start scores their records again",
            ),
        }
    }
}

impl std::error::Error for PipelineError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_producer_that_is_fenced_within_its_transactions_time_is_replaced_and_a_later_one_may_go_on() {
        let fenced = |overlong| PipelineError::Producer {
            problem: "fenced".to_owned(),
            code: Some(RDKafkaErrorCode::Fenced),
            overlong,
        };
        assert!(fenced(false).is_fenced() && fenced(false).is_replaced());
        assert!(fenced(true).is_fenced() && !fenced(true).is_replaced() && fenced(true).may_restart());
        let member = KafkaError::Global(RDKafkaErrorCode::FencedInstanceId);
        let member = PipelineError::Client { doing: "consuming", error: member };
        assert!(member.is_replaced() && !member.may_restart());
    }
}
