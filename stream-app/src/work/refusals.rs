//! What it means that a record was not taken: for the record, for its topic, for the clients.

use super::{Sent, Work};
use crate::config::Policy;
use crate::ledger::Position;
use crate::pipeline_error::PipelineError;
use crate::sink::{Role, Undelivered};
use crate::telemetry::Event;
use crate::transaction::Trouble;
use crate::verdicts::Verdict;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// How long results go straight to where refused ones go, once the output topic is known to be missing or closed to us.
/// Each attempt to write to it holds the loop up for seconds.
const OUTPUT_CLOSED: Duration = Duration::from_secs(30);

impl Work {
    /// What an attempt to send a record in this role means.
    pub fn sent(&self, role: Role, sent: Result<(), RDKafkaErrorCode>) -> Result<Sent, PipelineError> {
        let Err(code) = sent else { return Ok(Sent::Done) };
        self.state().sent[role as usize] = true;
        if self.shared.stop.is_overdue() {
            return Err(PipelineError::StoppedUnacknowledged { records: self.sink.in_flight() });
        }
        match (Concern::of(code), role) {
            (Concern::Record, _) => Ok(Sent::Refused(code)),
            (Concern::Topic, Role::Result) if self.on_output_error != Policy::Fail => {
                self.close_output(code);
                Ok(Sent::Refused(code))
            }
            (Concern::Partition, Role::Result) if self.on_output_error != Policy::Fail => {
                Ok(Sent::Refused(code))
            }
            (Concern::Topic | Concern::Partition, role) => {
                Err(PipelineError::Delivery { topic: self.sink.topic(role).to_owned(), code })
            }
            (Concern::Client, _) => Err(self.hopeless(&Trouble::Fatal(KafkaError::MessageProduction(code)))),
            (Concern::Passing, _) => {
                self.give_up(&format!("a record was not taken: {code}")).map(Sent::Rewind)
            }
        }
    }

    /// Whether an earlier attempt has taught anything about records that are to be read again.
    pub fn has_verdicts(&self) -> bool {
        !self.state().verdicts.is_empty()
    }

    /// What an earlier attempt has taught about a record.
    pub fn verdict(&self, position: Position) -> Option<Verdict> {
        self.state().verdicts.get(position)
    }

    /// Why results need not be tried at present, if there is a reason.
    pub fn output_closed(&self) -> Option<RDKafkaErrorCode> {
        // Each record asks, of all threads.
        if self.on_output_error == Policy::Fail {
            return None;
        }
        let mut closed = self.shared.output_closed.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = closed.filter(|(_, since)| since.elapsed() < OUTPUT_CLOSED);
        closed.map(|(code, _)| code)
    }

    /// Draws conclusions from records that were not delivered, for when they are read again. Most refusals pass; some
    /// are about a record, some about a topic.
    pub(super) fn judge(&self, undelivered: &[Undelivered]) -> Result<(), PipelineError> {
        let mut state = self.state();
        let alone = state.ledger.next_index() == 1;
        for failure in undelivered {
            let Some(position) = state.ledger.position(failure.index) else { continue };
            match (Concern::of(failure.code), failure.role) {
                (Concern::Passing, _) => {}
                (Concern::Record, _) if !alone => state.verdicts.suspect(position),
                (Concern::Record, Role::Result) => state.verdicts.refuse_result(position, failure.code),
                (Concern::Record, Role::DeadLetter) => {
                    if !state.verdicts.refuse_dead_letter(position, failure.code) {
                        return Err(self.undeliverable(failure));
                    }
                }
                (Concern::Topic, Role::Result) if self.on_output_error != Policy::Fail => {
                    self.close_output(failure.code);
                }
                // The client itself has refused it, for what it is alone.
                (Concern::Partition, Role::Result) if self.on_output_error != Policy::Fail => {
                    state.verdicts.refuse_result(position, failure.code);
                }
                (Concern::Topic | Concern::Partition, _) => return Err(self.undeliverable(failure)),
                (Concern::Client, _) => {
                    drop(state);
                    return Err(self.hopeless(&Trouble::Fatal(KafkaError::MessageProduction(failure.code))));
                }
            }
        }
        Ok(())
    }

    /// Where the broker does not let a topic into the transaction at all, no record's own report says so, and the
    /// producer is of no use after the abort: what follows from it must be known before.
    pub(super) fn judge_transaction(&self) -> Result<(), PipelineError> {
        let Some(code) = self.sink.transaction_error().filter(|code| is_about_topic(*code)) else {
            return Ok(());
        };
        let [output, dead_letter] = [Role::Result, Role::DeadLetter].map(|role| self.sink.topic(role));
        let sent = self.state().sent;
        let topic = match sent {
            // If it is the other one, that will show once no result is sent.
            [true, _] if self.on_output_error != Policy::Fail => {
                self.close_output(code);
                return Ok(());
            }
            [true, true] => format!("{output}` or `{dead_letter}"),
            [true, false] => output.to_owned(),
            [false, _] => dead_letter.to_owned(),
        };
        Err(PipelineError::Delivery { topic, code })
    }

    fn close_output(&self, code: RDKafkaErrorCode) {
        let topic = self.sink.topic(Role::Result);
        self.shared.telemetry.tell(Event::OutputUnproducible { topic, problem: &code.to_string() });
        let mut closed = self.shared.output_closed.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = Some((code, Instant::now()));
    }

    fn undeliverable(&self, failure: &Undelivered) -> PipelineError {
        PipelineError::Delivery { topic: self.sink.topic(failure.role).to_owned(), code: failure.code }
    }
}

/// What a refusal is about.
enum Concern {
    /// Nothing that lasts: the same may go through in a moment.
    Passing,
    /// Some record of the request, so that others may go through.
    Record,
    /// The topic, so that nothing goes through.
    Topic,
    /// A partition that the topic does not have, so that what is for others goes through.
    Partition,
    /// The client itself.
    Client,
}

impl Concern {
    fn of(code: RDKafkaErrorCode) -> Self {
        match code {
            // A queue is full for good where the record alone is larger than it.
            RDKafkaErrorCode::QueueFull
            | RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::InvalidTimestamp
            | RDKafkaErrorCode::InvalidDifferentRecord => Self::Record,
            RDKafkaErrorCode::UnknownPartition => Self::Partition,
            code if is_about_topic(code) => Self::Topic,
            RDKafkaErrorCode::Fatal | RDKafkaErrorCode::Fenced => Self::Client,
            _ => Self::Passing,
        }
    }
}

/// Whether it is what the policy for the output is for: the topic itself takes nothing, or has no such partition.
pub fn is_about_output(code: RDKafkaErrorCode) -> bool {
    code == RDKafkaErrorCode::UnknownPartition || is_about_topic(code)
}

/// Whether a topic itself takes nothing: it does not exist, or is not ours to write to.
fn is_about_topic(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::InvalidTopic
    )
}
