//! Sends the records of dead letters to the input again, each once: records and what was replayed are one transaction.
//!
//! The transactional id is taken before it is asked what was replayed. So whatever an earlier replay left open is over by
//! then, and one that still runs can commit no more.

use super::done::Done;
use super::filter::Filter;
use super::letter::{Letter, Origin};
use super::letters::Letters;
use super::originals::Originals;
use super::sending::{Sending, failed, foreign_group};
use super::telemetry;
use crate::config::{Config, DEAD_LETTER_SUFFIX};
use crate::exit::Failure;
use crate::pipeline::Shared;
use crate::sink::Sink;
use crate::stop::Stop;
use crate::watch::Watch;
use rdkafka::message::Message;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

/// Replays the letters that the filter takes and that were not replayed before by the group.
pub fn replay(config: &Config, group: Option<&str>, filter: &Filter<'_>) -> Result<(), Failure> {
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
    let group = group.map_or_else(|| format!("{}{DEAD_LETTER_SUFFIX}", config.group), str::to_owned);
    let config = Config { group, ..config.clone() };
    let mut replay = Replay::connect(&config, &shared)?;
    let ended = replay.send_all(filter, &stop).and_then(|()| replay.sending.commit(&replay.letters));
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
    letters: Letters,
    originals: Originals,
    sending: Sending<'a>,
    /// Letters beyond the group's offset that were replayed before.
    before: u64,
    /// Letters that the filter or their origin leaves for another replay.
    left: u64,
    /// Letters whose records are gone.
    gone: u64,
}

impl<'a> Replay<'a> {
    fn connect(config: &'a Config, shared: &Shared) -> Result<Self, Failure> {
        let letters = Letters::connect(config, &shared.watch)?;
        let mut bounds = letters.bounds()?;
        let id = format!("{}-{}", config.transactional_id_prefix, config.group);
        let sink = Sink::connect(config, Some(&id), None, shared).map_err(|error| error.failure())?;
        sink.init_transactions().map_err(|trouble| failed(&sink, config, &trouble))?;
        let mut done = BTreeMap::new();
        for committed in letters.committed(bounds.keys().copied())? {
            let Some(range) = bounds.get_mut(&committed.partition) else { continue };
            let next = committed.next.unwrap_or_default();
            range.start = range.start.max(next);
            let found = Done::parse(next, &committed.metadata);
            done.insert(committed.partition, found.ok_or_else(|| foreign_group(&config.group))?);
        }
        letters.assign(&bounds)?;
        let originals = Originals::connect(config, &shared.watch)?;
        let sending = Sending::new(config, sink, done);
        Ok(Self { config, letters, originals, sending, before: 0, left: 0, gone: 0 })
    }

    fn send_all(&mut self, filter: &Filter<'_>, stop: &Stop) -> Result<(), Failure> {
        while let Some(message) = self.letters.next(stop)? {
            let letter = Letter::of(&message);
            if self.sending.is_done(&letter) {
                self.before += 1;
                self.sending.enter(&letter, &self.letters)?;
                continue;
            }
            let origin = letter.origin.filter(|origin| origin.topic == self.config.input);
            let Some(origin) = origin.filter(|_| filter.takes(&letter)) else {
                self.left += 1;
                self.sending.leave(&letter);
                continue;
            };
            if letter.omitted.is_none() {
                self.sending.enter(&letter, &self.letters)?;
                self.sending.send(&letter, &message, origin.partition)?;
            } else {
                let original = self.originals.fetch(origin, message.key(), stop)?;
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
            self.sending.commit_if_due(&self.letters)?;
        }
        Ok(())
    }

    fn tell(&self, stopped: bool) {
        let mut counts =
            format!("replayed {} dead letters into topic {}", self.sending.replayed, self.config.input);
        for (count, what) in [
            (self.before, "replayed before"),
            (self.left, "left by the filter or of other topics"),
            (self.gone, "gone"),
        ] {
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
