//! What becomes of records that a broker refused. A refusal concerns a whole request, so each of its records is sent
//! once more, alone; what is refused alone becomes a dead letter, and a dead letter goes without its value if need be.
//!
//! What is sent once more comes after the rest of its batch: order within a partition is lost for it.

use crate::bad_record::BadRecord;
use crate::dead_letter::Omitted;
use crate::pipeline::{PipelineError, Shared, refuse};
use crate::score::Scored;
use crate::sink::{Sink, Undelivered};
use crate::source::Batch;
use rdkafka::error::RDKafkaErrorCode;

/// A batch, some records of which were not delivered.
pub struct Redelivery<'a> {
    /// The records as they came.
    pub batch: &'a Batch<'a>,
    /// Their outcomes.
    pub scored: Scored<'a>,
    /// Where they go.
    pub sink: &'a Sink,
    /// What the loop shares with those who watch it.
    pub shared: &'a Shared,
}

impl Redelivery<'_> {
    /// Sees each of these records acknowledged, as a result or as a dead letter; says how many results became dead
    /// letters. What no other try would mend is an error: the offsets must not be committed, so the loop ends and the
    /// next process scores the records again.
    pub fn run(&self, mut undelivered: Vec<Undelivered>) -> Result<u64, PipelineError> {
        if let Some(failure) = undelivered.iter().find(|failure| !concerns_single_records(failure.code)) {
            return Err(self.error(failure));
        }
        undelivered.sort_unstable_by_key(|failure| failure.index);
        let mut dead_letters = 0;
        for failure in undelivered {
            let index = failure.index;
            match self.scored.get(index).expect("every record of the batch has an outcome") {
                Ok(value) => dead_letters += u64::from(self.result(index, value)?),
                Err(bad) => {
                    self.sink.send_dead_letter(index, &self.batch[index], bad, Omitted::Nothing);
                    self.dead_letter(index, bad)?;
                }
            }
        }
        Ok(dead_letters)
    }

    /// Sends a result alone; true if it had to become a dead letter.
    fn result(&self, index: usize, value: &[u8]) -> Result<bool, PipelineError> {
        self.sink.send_result(index, &self.batch[index], value);
        let Some(failure) = self.refused_alone()? else { return Ok(false) };
        let bad = match failure.code {
            RDKafkaErrorCode::MessageSizeTooLarge => BadRecord::ResultTooLarge { bytes: value.len() },
            code => BadRecord::ResultRefused { code },
        };
        refuse(index, &self.batch[index], &bad, self.sink, self.shared);
        self.dead_letter(index, &bad)?;
        Ok(true)
    }

    /// Sees a dead letter that was sent alone acknowledged, with its value or without. Where it came from stands in
    /// its headers, so that the record can be found.
    fn dead_letter(&self, index: usize, bad: &BadRecord) -> Result<(), PipelineError> {
        let Some(failure) = self.refused_alone()? else { return Ok(()) };
        let omitted = match failure.code {
            RDKafkaErrorCode::InvalidTimestamp => Omitted::ValueAndTimestamp,
            _ => Omitted::Value,
        };
        self.sink.send_dead_letter(index, &self.batch[index], bad, omitted);
        match self.refused_alone()? {
            Some(failure) => Err(self.error(&failure)),
            None => Ok(()),
        }
    }

    /// Whether the one record on its way is refused, for a reason of its own.
    fn refused_alone(&self) -> Result<Option<Undelivered>, PipelineError> {
        match self.sink.drain()?.first() {
            Some(failure) if concerns_single_records(failure.code) => Ok(Some(*failure)),
            Some(failure) => Err(self.error(failure)),
            None => Ok(None),
        }
    }

    fn error(&self, failure: &Undelivered) -> PipelineError {
        PipelineError::Delivery { topic: self.sink.topic(failure.role).to_owned(), code: failure.code }
    }
}

/// Whether a refusal is for what some record of the request is like, so that others may go through.
fn concerns_single_records(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::InvalidTimestamp
            | RDKafkaErrorCode::InvalidDifferentRecord
    )
}
