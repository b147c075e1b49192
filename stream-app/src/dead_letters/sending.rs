//! The transactions of a replay: records in; records and what is done out, committed together or not at all.

use super::done::{Done, TooScattered};
use super::letter::Letter;
use super::letters::Letters;
use crate::config::Config;
use crate::exit::Failure;
use crate::ledger::Position;
use crate::sink::Sink;
use crate::transaction::Trouble;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most letters of a transaction.
const LETTERS_MAX: usize = 1_000;

/// The most bytes of a transaction but for its last record: large ones are sent a few at a time.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long a transaction is added to, far below the time after which brokers abort it.
const TIME_MAX: Duration = Duration::from_secs(1);

/// The sending end of a replay.
pub struct Sending<'a> {
    config: &'a Config,
    sink: Sink,
    done: BTreeMap<i32, Done>,
    open: Open,
    /// Letters that were replayed and are committed.
    pub replayed: u64,
    /// Letters that were discarded and are committed.
    pub discarded: u64,
}

/// What is not committed yet.
#[derive(Default)]
struct Open {
    /// When the transaction began, if there is one.
    since: Option<Instant>,
    /// Where the letters of the records that it has stand, by the records' numbers.
    sent: Vec<Position>,
    /// How many letters are done by it.
    entered: usize,
    /// How many of these are discarded.
    discarded: u64,
    /// The records' values.
    bytes: usize,
    /// Partitions of which more is done than is committed.
    moved: BTreeSet<i32>,
}

impl<'a> Sending<'a> {
    /// With a transactional id that is taken, and what was done before.
    pub fn new(config: &'a Config, sink: Sink, done: BTreeMap<i32, Done>) -> Self {
        Self { config, sink, done, open: Open::default(), replayed: 0, discarded: 0 }
    }

    /// Whether the letter was replayed or discarded, or its record found to be gone.
    pub fn is_done(&self, letter: &Letter<'_>) -> bool {
        self.done.get(&letter.partition).is_some_and(|done| done.contains(letter.offset))
    }

    /// The letter is left for another replay.
    pub fn leave(&mut self, letter: &Letter<'_>) {
        self.done_of(letter.partition).leave(letter.offset);
    }

    /// The letter is done once the transaction is committed. If the group can't remember it, what was sent before is
    /// committed.
    pub fn enter(&mut self, letter: &Letter<'_>, letters: &Letters) -> Result<(), Failure> {
        let done = self.done_of(letter.partition);
        if let Err(TooScattered) = done.enter(letter.offset) {
            let left = (letter.partition, done.next());
            self.commit(letters)?;
            return Err(too_scattered(&self.config.group, left));
        }
        self.begin()?;
        self.open.moved.insert(letter.partition);
        self.open.entered += 1;
        Ok(())
    }

    /// The letter is done without its record once the transaction is committed.
    pub fn discard(&mut self, letter: &Letter<'_>, letters: &Letters) -> Result<(), Failure> {
        self.enter(letter, letters)?;
        self.open.discarded += 1;
        Ok(())
    }

    /// Sends the letter's record to this partition of the input.
    pub fn send(
        &mut self,
        letter: &Letter<'_>,
        record: &BorrowedMessage<'_>,
        partition: i32,
    ) -> Result<(), Failure> {
        let position = (letter.partition, letter.offset);
        let index = self.open.sent.len();
        self.sink.send_again(index, record, partition).map_err(|code| self.undelivered(position, code))?;
        self.open.sent.push(position);
        self.open.bytes += record.payload().map_or(0, <[u8]>::len);
        Ok(())
    }

    /// Commits if it is time to.
    pub fn commit_if_due(&mut self, letters: &Letters) -> Result<(), Failure> {
        let Open { since, entered, bytes, .. } = &self.open;
        let due = since.is_some_and(|since| since.elapsed() >= TIME_MAX);
        if due || *entered >= LETTERS_MAX || *bytes >= BYTES_MAX { self.commit(letters) } else { Ok(()) }
    }

    /// Commits what was sent and what is done, if there is anything.
    pub fn commit(&mut self, letters: &Letters) -> Result<(), Failure> {
        if self.open.since.is_none() {
            return Ok(());
        }
        let failures = self.sink.drain().map_err(|error| error.failure())?;
        if let Some(first) = failures.first() {
            let position = self.open.sent[first.index];
            return Err(self.undelivered(position, first.code));
        }
        let group = letters.group().expect("a consumer with a group's name has the group's metadata");
        let next = self.next()?;
        let end = self.open.since.unwrap_or_else(Instant::now) + self.config.transaction_timeout();
        self.sink
            .commit_transaction(&next, &Arc::new(group), end)
            .map_err(|trouble| failed(&self.sink, self.config, &trouble))?;
        self.replayed += self.open.sent.len() as u64;
        self.discarded += self.open.discarded;
        self.open = Open::default();
        Ok(())
    }

    /// Gives up what is not committed.
    pub fn abandon(&mut self) {
        if self.open.since.is_some() && self.sink.fatal_error().is_none() {
            // If it can't be aborted now, the broker does it when the transaction's time is over.
            let _ = self.sink.abort_transaction();
        }
    }

    fn begin(&mut self) -> Result<(), Failure> {
        if self.open.since.is_none() {
            self.sink.begin_transaction().map_err(|trouble| failed(&self.sink, self.config, &trouble))?;
            self.open.since = Some(Instant::now());
        }
        Ok(())
    }

    fn next(&self) -> Result<TopicPartitionList, Failure> {
        let mut next = TopicPartitionList::new();
        for &partition in &self.open.moved {
            let done = &self.done[&partition];
            let mut element = next.add_partition(&self.config.dead_letter, partition);
            element
                .set_offset(Offset::Offset(done.next()))
                .map_err(|error| Failure::failed(format!("an offset that can't be committed: {error}")))?;
            let metadata = done.metadata();
            if !metadata.is_empty() {
                element.set_metadata(metadata);
            }
        }
        Ok(next)
    }

    /// Why a record was not written. One that the client took back itself tells nothing: then the producer's own trouble
    /// does, or the transaction's.
    fn undelivered(&self, (partition, offset): Position, code: RDKafkaErrorCode) -> Failure {
        if let Some((fatal, _)) = self.sink.fatal_error() {
            let trouble = Trouble::Fatal(KafkaError::MessageProduction(fatal));
            return failed(&self.sink, self.config, &trouble);
        }
        let code = self.sink.transaction_error().unwrap_or(code);
        let topic = &self.config.input;
        Failure::at_start(
            code,
            format!(
                "the record of letter {partition}:{offset} can't be written to topic `{topic}`: {code}. Its \
                 transaction is given up; mend the topic, or choose other letters with --offsets"
            ),
        )
    }

    fn done_of(&mut self, partition: i32) -> &mut Done {
        self.done.get_mut(&partition).expect("every partition that is read was looked up")
    }
}

/// Why a transaction does not go on. Nothing of it is seen by readers of committed records.
pub fn failed(sink: &Sink, config: &Config, trouble: &Trouble) -> Failure {
    let group = &config.group;
    let code = sink.fatal_error().map(|(code, _)| code);
    match (trouble, code) {
        (Trouble::Overdue, _) => Failure::stop_overdue(
            "stopped before the last transaction was committed: the next replay does it again",
        ),
        (_, Some(RDKafkaErrorCode::Fenced)) => {
            Failure::fenced(format!("another replay of the group `{group}` has taken over"))
        }
        (trouble, Some(code)) => Failure::at_start(code, format!("the producer can't go on: {trouble}")),
        (trouble, None) => {
            Failure::failed(format!("the last transaction is given up: {trouble}. Call it again to go on"))
        }
    }
}

/// A group remembers as many turns as there is room for beside an offset, and room comes by nothing but letters being done
/// at the beginning, whichever way.
fn too_scattered(group: &str, (partition, left): Position) -> Failure {
    Failure::failed(format!(
        "letters that are done and letters that are left take turns too often in partition {partition} for the group \
         `{group}` to remember. What was done before is committed. Replay or discard also those that are left from \
         offset {left} on, by --offsets {partition}:{left}-LAST alone, then call this again"
    ))
}
