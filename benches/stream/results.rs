//! What was measured, as `stream.json`: written after every run, so that one that is cut short can be resumed.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::check::Verdict;
use crate::machine::Machine;
use crate::report;
use crate::statistics::CoreShares;
use crate::subject;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;

/// All of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    pub machine: Machine,
    pub settings: Settings,
    /// In the order in which they were measured.
    pub runs: Vec<Run>,
    #[serde(skip)]
    folder: PathBuf,
}

/// What results must have in common to stand side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub records: usize,
    pub seconds: usize,
    pub rate: usize,
    pub subject_core: Option<u32>,
    /// How each subject is started, with words for what differs from run to run.
    pub commands: Vec<(String, String)>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Drain,
    Paced,
}

/// One subject, once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    pub phase: Phase,
    pub subject: String,
    pub round: u32,
    pub drain: Option<Drain>,
    pub paced: Option<Paced>,
    /// Why there is nothing.
    pub failure: Option<String>,
}

/// Of a topic that is worked off. Nothing stands where a moment was too short to tell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drain {
    /// From the process's start to the first record that a `read_committed` reader has.
    pub first_output_seconds: f64,
    pub start_cpu_seconds: f64,
    /// From the first output to the last, as what follows unless it says otherwise.
    pub seconds: f64,
    pub records_per_second: Option<f64>,
    pub second_half_records_per_second: Option<f64>,
    pub cpu_microseconds_per_record: Option<f64>,
    pub second_half_cpu_microseconds_per_record: Option<f64>,
    /// From the process's start.
    pub cpu_microseconds_per_record_with_start: f64,
    pub broker_cpu_microseconds_per_record: Option<f64>,
    pub core_shares: CoreShares,
    pub checked: Checked,
}

/// Of records that come at a pace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Paced {
    pub latency: Latency,
    pub latency_with_warm_up: Latency,
    /// By how much the feeder was behind its own pace, at worst.
    pub feeder_latest_milliseconds: f64,
    pub cpu_microseconds_per_record: Option<f64>,
    pub core_shares: CoreShares,
    pub checked: Checked,
}

/// What is known once a subject has stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    pub resident_peak_kib: u64,
    pub exit: String,
    pub verdict: Verdict,
}

/// In milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Results {
    /// New results, or those that are there and to be resumed.
    pub fn open(arguments: &Arguments) -> Outcome<Self> {
        let new = Self {
            machine: Machine::this(arguments),
            settings: Settings::of(arguments),
            runs: Vec::new(),
            folder: arguments.results.clone(),
        };
        fs::create_dir_all(&new.folder)
            .map_err(|error| format!("can't make the results' folder: {error}"))?;
        let Ok(text) = fs::read_to_string(new.folder.join("stream.json")) else { return Ok(new) };
        if !arguments.resume {
            return Err("the results' folder has a stream.json; remove it, or give --resume".to_owned());
        }
        new.resume(&text)
    }

    fn resume(self, text: &str) -> Outcome<Self> {
        let mut found: Self =
            serde_json::from_str(text).map_err(|error| format!("stream.json can't be resumed: {error}"))?;
        if found.settings != self.settings || !found.machine.is_alike(&self.machine) {
            return Err("stream.json is of another machine, commit or setting; begin anew".to_owned());
        }
        // What could not be had may be there now.
        found.runs.retain(|run| run.failure.is_none());
        Ok(Self { runs: found.runs, ..self })
    }

    /// Whether this was measured already.
    pub fn has(&self, phase: Phase, subject: &str, round: u32) -> bool {
        self.runs.iter().any(|run| (run.phase, run.subject.as_str(), run.round) == (phase, subject, round))
    }

    /// Adds a run and writes all of them.
    pub fn add(&mut self, run: Run) -> Outcome<()> {
        self.runs.push(run);
        let json = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        for (file, text) in [("stream.json", json + "\n"), ("stream.md", report::markdown(self))] {
            fs::write(self.folder.join(file), text)
                .map_err(|error| format!("can't write {file}: {error}"))?;
        }
        Ok(())
    }

    /// Whether an answer was wrong.
    pub fn has_wrong_answers(&self) -> bool {
        self.runs.iter().filter_map(Run::checked).any(|checked| !checked.verdict.is_right())
    }

    /// Whether a run has failed.
    pub fn is_incomplete(&self) -> bool {
        self.runs.iter().any(|run| run.failure.is_some())
    }

    /// The drains of a subject whose answers are right.
    pub fn drains(&self, subject: &str) -> impl Iterator<Item = &Drain> {
        self.right_runs(subject).filter_map(|run| run.drain.as_ref())
    }

    /// The paced runs of a subject whose answers are right.
    pub fn paced(&self, subject: &str) -> impl Iterator<Item = &Paced> {
        self.right_runs(subject).filter_map(|run| run.paced.as_ref())
    }

    fn right_runs(&self, subject: &str) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| {
            run.subject == subject && run.checked().is_some_and(|checked| checked.verdict.is_right())
        })
    }
}

impl Settings {
    fn of(arguments: &Arguments) -> Self {
        Self {
            records: arguments.records,
            seconds: arguments.seconds,
            rate: arguments.rate,
            subject_core: arguments.subject_core,
            commands: subject::commands(arguments),
        }
    }
}

impl Run {
    /// One that has not been measured yet.
    pub fn new(phase: Phase, subject: &str, round: u32) -> Self {
        Self { phase, subject: subject.to_owned(), round, drain: None, paced: None, failure: None }
    }

    pub fn drained(self, drain: Drain) -> Self {
        Self { drain: Some(drain), ..self }
    }

    pub fn paced(self, paced: Paced) -> Self {
        Self { paced: Some(paced), ..self }
    }

    pub fn failed(self, reason: String) -> Self {
        Self { failure: Some(reason), ..self }
    }

    /// What was checked, if it came so far.
    pub fn checked(&self) -> Option<&Checked> {
        let drain = self.drain.as_ref().map(|drain| &drain.checked);
        drain.or(self.paced.as_ref().map(|paced| &paced.checked))
    }
}
