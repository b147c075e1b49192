//! A batch of records in; each record with its prediction, or why it has none, out. No broker, no I/O, no clock.

use crate::bad_record::BadRecord;
use crate::encode::Encoder;
use model_runtime::record::{Layout, LocatedFieldError, Reader};
use model_runtime::{Metadata, Model};
use std::ops::Range;

/// Scores batches of records with one model. Holds the scratch, so that a batch seldom allocates.
#[derive(Debug)]
pub struct Scorer {
    model: &'static dyn Model,
    reader: Reader,
    encoder: Encoder,
    rows: Vec<f64>,
    margins: Vec<f64>,
    predictions: Vec<f64>,
    readings: Vec<Result<Layout, BadRecord>>,
    output: Vec<u8>,
    outcomes: Vec<Result<Range<usize>, BadRecord>>,
}

impl Scorer {
    /// A scorer for one model, which writes margins too if asked for.
    pub fn new(model: &'static dyn Model, margin: bool) -> Result<Self, LocatedFieldError> {
        let encoder = Encoder::new(model.metadata(), margin);
        let reader = Reader::new(model.metadata(), &encoder.field_names())?;
        Ok(Self {
            model,
            reader,
            encoder,
            rows: Vec::new(),
            margins: Vec::new(),
            predictions: Vec::new(),
            readings: Vec::new(),
            output: Vec::new(),
            outcomes: Vec::new(),
        })
    }

    /// Scores a batch. What a record's outcome is does not depend on the others'.
    ///
    /// A record without a byte is one without a value: [`BadRecord::NoValue`].
    pub fn score<Record: AsRef<[u8]>>(&mut self, records: &[Record]) -> Scored<'_> {
        self.read(records);
        self.predict();
        self.encode(records);
        self.scored()
    }

    /// The batch that was scored last.
    pub fn scored(&self) -> Scored<'_> {
        Scored { output: &self.output, outcomes: &self.outcomes }
    }

    /// What became of a record of the batch that was scored last, by its place in it.
    ///
    /// # Panics
    ///
    /// If the batch has no such record.
    pub fn outcome(&self, index: usize) -> Result<&[u8], &BadRecord> {
        self.scored().resolve(&self.outcomes[index])
    }

    /// How often a level was seen that training never saw, by column, so far.
    pub fn unseen_counts(&self) -> &[u64] {
        self.reader.unseen_categories()
    }

    /// How often a value was missing in the records that were read, by column, so far.
    pub fn missing_counts(&self) -> &[u64] {
        self.reader.missing()
    }

    /// The model's description.
    pub fn metadata(&self) -> &'static Metadata {
        self.model.metadata()
    }

    /// The columns of which levels were seen that training never saw, each with how often so far.
    pub fn unseen_categories(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let columns = self.metadata().columns.iter().map(|column| column.name);
        columns.zip(self.reader.unseen_categories().iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// The sound records' rows stand one after another in `rows`; the others leave none.
    fn read<Record: AsRef<[u8]>>(&mut self, records: &[Record]) {
        let columns = self.metadata().columns.len();
        self.rows.clear();
        self.readings.clear();
        for record in records {
            let start = self.rows.len();
            self.rows.resize(start + columns, f64::NAN);
            let reading = match record.as_ref() {
                [] => Err(BadRecord::NoValue),
                record => self.reader.read(record, &mut self.rows[start..]).map_err(BadRecord::from),
            };
            if reading.is_err() {
                self.rows.truncate(start);
            }
            self.readings.push(reading);
        }
    }

    fn predict(&mut self) {
        let metadata = self.model.metadata();
        let sound = self.readings.iter().filter(|reading| reading.is_ok()).count();
        self.margins.resize(sound * metadata.margins, 0.0);
        self.predictions.resize(sound * metadata.predictions(), 0.0);
        self.model
            .predictions(&self.rows, &mut self.margins, &mut self.predictions)
            .expect("the buffers have the sizes that the model's metadata asks for");
    }

    fn encode<Record: AsRef<[u8]>>(&mut self, records: &[Record]) {
        let metadata = self.model.metadata();
        let mut margins = self.margins.chunks_exact(metadata.margins);
        let mut predictions = self.predictions.chunks_exact(metadata.predictions());
        self.output.clear();
        self.outcomes.clear();
        for (record, reading) in records.iter().zip(self.readings.drain(..)) {
            let start = self.output.len();
            let outcome = reading.and_then(|layout| {
                // Only a sound record has taken a row, so only it takes a prediction.
                let (margins, prediction) =
                    (margins.next().unwrap_or(&[]), predictions.next().unwrap_or(&[]));
                self.encoder.encode(record.as_ref(), &layout, margins, prediction, &mut self.output)
            });
            self.outcomes.push(outcome.map(|()| start..self.output.len()));
        }
    }
}

/// A scored batch: an outcome for each record, in the records' order.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    output: &'a [u8],
    outcomes: &'a [Result<Range<usize>, BadRecord>],
}

impl<'a> Scored<'a> {
    /// The records with their predictions, or why they have none.
    pub fn outcomes(self) -> impl Iterator<Item = Result<&'a [u8], &'a BadRecord>> {
        self.outcomes.iter().map(move |outcome| self.resolve(outcome))
    }

    fn resolve(self, outcome: &'a Result<Range<usize>, BadRecord>) -> Result<&'a [u8], &'a BadRecord> {
        match outcome {
            Ok(range) => Ok(&self.output[range.clone()]),
            Err(bad) => Err(bad),
        }
    }
}
