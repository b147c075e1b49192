//! Sends the records of dead letters to the input again, each once: records and what is done are one transaction. Discards
//! letters in the same way, without their records.
//!
//! The transactional id is taken before it is asked what is done. So whatever an earlier replay left open is over by
//! then, and one that still runs can commit no more.

use super::done::Done;
use super::filter::Filter;
use super::letter::{Letter, Origin};
use super::letters::Letters;
use super::originals::Originals;
use super::sending::{Sending, failed};
use super::telemetry;
use crate::config::Config;
use crate::exit::Failure;
use crate::pipeline::Shared;
use crate::sink::Sink;
use crate::stop::Stop;
use crate::watch::Watch;
use rdkafka::message::Message;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

/// What is to be done with the letters that are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Their records go to the input again.
    Replay,
    /// They are done as they are.
    Discard,
}

/// What becomes of one letter.
enum Fate<'a> {
    /// It stays done.
    DoneBefore,
    /// It stays open.
    Left,
    /// It is done as it is.
    Discarded,
    /// The record that it holds goes to the input again.
    Sent(Origin<'a>),
    /// It leaves the record's value out: the record is fetched from where it stands, and goes to the input again if it is
    /// there.
    Fetched(Origin<'a>),
}

/// Replays or discards the letters that the filter takes and that the group has not done before.
pub fn replay(config: &Config, task: Task, filter: &Filter<'_>) -> Result<(), Failure> {
    let stop = Stop::on_signals()?;
    let telemetry = telemetry();
    let shared = Shared {
        watch: Arc::new(Watch::new(&config.bootstrap_server, telemetry.clone())),
        telemetry,
        progress: Arc::default(),
        stop: stop.clone(),
        statistics: false,
        output_closed: Arc::default(),
        outputs_told: Arc::default(),
    };
    let mut replay = Replay::connect(config, task, filter, &shared)?;
    let ended = replay.do_all(filter, &stop).and_then(|()| replay.sending.commit(&replay.letters));
    if ended.is_err() {
        replay.sending.abandon();
    }
    // Also after a failure: what is committed is committed.
    replay.tell(stop.requested());
    ended
}

/// One replay.
struct Replay<'a> {
    config: &'a Config,
    task: Task,
    letters: Letters,
    originals: Originals,
    sending: Sending<'a>,
    /// Letters beyond the group's offset that were done before.
    before: u64,
    /// Letters that the filter or their origin leaves open.
    left: u64,
    /// Letters whose records are gone.
    gone: u64,
}

impl<'a> Replay<'a> {
    fn connect(
        config: &'a Config,
        task: Task,
        filter: &Filter<'_>,
        shared: &Shared,
    ) -> Result<Self, Failure> {
        let letters = Letters::connect(config, &shared.watch)?;
        let mut bounds = letters.bounds()?;
        filter.check(&config.dead_letter, &bounds)?;
        let id = format!("{}-{}", config.transactional_id_prefix, config.group);
        let sink = Sink::connect(config, Some(&id), None, shared).map_err(|error| error.failure())?;
        sink.init_transactions().map_err(|trouble| failed(&sink, config, &trouble))?;
        let done = letters.done(bounds.keys().copied())?;
        for (partition, range) in &mut bounds {
            range.start = range.start.max(done.get(partition).map_or(0, Done::next));
        }
        letters.assign(&bounds)?;
        let originals = Originals::connect(config, &shared.watch)?;
        let sending = Sending::new(config, sink, done);
        Ok(Self { config, task, letters, originals, sending, before: 0, left: 0, gone: 0 })
    }

    fn do_all(&mut self, filter: &Filter<'_>, stop: &Stop) -> Result<(), Failure> {
        loop {
            let meanwhile = || self.sending.commit_if_due(&self.letters);
            let Some(message) = self.letters.next(stop, meanwhile)? else { return Ok(()) };
            let letter = Letter::of(&message);
            match self.fate(&letter, filter) {
                Fate::DoneBefore => {
                    self.before += 1;
                    self.sending.enter(&letter, &self.letters)?;
                }
                Fate::Left => {
                    self.left += 1;
                    self.sending.leave(&letter);
                }
                Fate::Discarded => self.sending.discard(&letter, &self.letters)?,
                Fate::Sent(origin) => {
                    self.sending.enter(&letter, &self.letters)?;
                    self.sending.send(&letter, &message, origin.partition)?;
                }
                Fate::Fetched(origin) => {
                    let meanwhile = || self.sending.commit_if_due(&self.letters);
                    let original = self.originals.fetch(origin, message.key(), stop, meanwhile)?;
                    if stop.requested() {
                        // Whether it is there is not known.
                        return Ok(());
                    }
                    self.sending.enter(&letter, &self.letters)?;
                    match original {
                        Some(original) => self.sending.send(&letter, &original, origin.partition)?,
                        None => {
                            self.gone += 1;
                            tell_gone(&letter, origin);
                        }
                    }
                }
            }
        }
    }

    fn fate<'b>(&self, letter: &Letter<'b>, filter: &Filter<'_>) -> Fate<'b> {
        if self.sending.is_done(letter) {
            return Fate::DoneBefore;
        }
        if !filter.takes(letter) {
            return Fate::Left;
        }
        match (self.task, letter.origin) {
            // What is not wanted back need not have come from this input.
            (Task::Discard, _) => Fate::Discarded,
            (Task::Replay, Some(origin)) if origin.topic == self.config.input => {
                if letter.omitted.is_none() {
                    Fate::Sent(origin)
                } else {
                    Fate::Fetched(origin)
                }
            }
            (Task::Replay, _) => Fate::Left,
        }
    }

    fn tell(&self, stopped: bool) {
        let Config { input, dead_letter, .. } = self.config;
        let (mut counts, left) = match self.task {
            Task::Replay => (
                format!("replayed {} dead letters into topic {input}", self.sending.replayed),
                "left by the filter or of other topics",
            ),
            Task::Discard => (
                format!("discarded {} dead letters of topic {dead_letter}", self.sending.discarded),
                "left by the filter",
            ),
        };
        for (count, what) in [(self.before, "done before"), (self.left, left), (self.gone, "gone")] {
            if count > 0 {
                // Writing to a `String` can't fail.
                let _ = write!(counts, "; {count} {what}");
            }
        }
        let end = if stopped { "; stopped before the end" } else { "" };
        // A stderr that nobody reads changes nothing.
        let _ = writeln!(io::stderr(), "{counts}{end}");
    }
}

/// The letter had to leave its value out, and there is no other copy.
fn tell_gone(letter: &Letter<'_>, origin: Origin<'_>) {
    let Letter { partition, offset, .. } = letter;
    let _ = writeln!(
        io::stderr(),
        "letter {partition}:{offset} is not replayed: it leaves its value out, and the record at offset {} of \
         partition {} of topic `{}` is gone",
        origin.offset,
        origin.partition,
        origin.topic
    );
}
