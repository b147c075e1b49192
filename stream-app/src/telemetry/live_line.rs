//! The line that `stream-app run` keeps up to date on a terminal: the pipelines' numbers in, one line out.

use super::Telemetry;
use super::field::push;
use super::latency_histogram::LatencyCounts;
use super::state::State;
use crate::view::LINE_CHARACTERS_MAX;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the line is drawn.
const DRAW_INTERVAL: Duration = Duration::from_millis(500);

/// How many drawings back speed and latency reach: five seconds, so that they hold still enough to be read.
const RECENT_MAX: usize = 10;

/// A live line; dropping it clears the line.
#[derive(Debug)]
pub struct LiveLine {
    /// Never sent to: its end wakes the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl LiveLine {
    pub(super) fn start(telemetry: Arc<Telemetry>) -> Self {
        let (end, ended) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut recent = VecDeque::new();
            while ended.recv_timeout(DRAW_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                recent.push_back(Totals::of(&telemetry));
                if recent.len() > RECENT_MAX {
                    recent.pop_front();
                }
                telemetry.log.draw(&line(&recent));
            }
            telemetry.log.draw("");
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // If it has panicked, that was said, and there is nothing to clear.
            let _ = thread.join();
        }
    }
}

/// All pipelines' numbers at one moment.
struct Totals {
    at: Instant,
    states: Vec<State>,
    input: u64,
    output: u64,
    dead_letters: u64,
    lag: Option<u64>,
    latency: LatencyCounts,
}

impl Totals {
    fn of(telemetry: &Telemetry) -> Self {
        let mut totals = Self {
            at: Instant::now(),
            states: Vec::new(),
            input: 0,
            output: 0,
            dead_letters: 0,
            lag: telemetry.metrics.lags.sum(),
            latency: LatencyCounts::default(),
        };
        for cells in telemetry.pipelines().iter() {
            totals.states.push(cells.state());
            totals.input += cells.handles.input_records.get();
            totals.output += cells.handles.output_records.get();
            totals.dead_letters += cells.dead_letters.load(Ordering::Relaxed);
            totals.latency = totals.latency.plus(cells.handles.end_to_end_latency_seconds.counts());
        }
        totals
    }
}

/// The line after these drawings, oldest first. Speed is that of results and dead letters together.
fn line(recent: &VecDeque<Totals>) -> String {
    let (Some(first), Some(last)) = (recent.front(), recent.back()) else { return String::new() };
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    let done = |totals: &Totals| totals.output + totals.dead_letters;
    let per_second = if seconds > 0.0 { (done(last) - done(first)) as f64 / seconds } else { 0.0 };
    let mut line = format!(
        "{}  {}/s  in {} out {} dead {}",
        states(&last.states),
        short(per_second.round() as u64),
        short(last.input),
        short(last.output),
        short(last.dead_letters)
    );
    if let Some(lag) = last.lag {
        push(&mut line, format_args!(" lag {}", short(lag)));
    }
    let latency = last.latency.since(first.latency);
    if let (Some(median), Some(late)) = (latency.percentile(50), latency.percentile(99)) {
        push(&mut line, format_args!("  latency p50 <{median} ms p99 <{late} ms"));
    }
    // Each character of it is ASCII.
    line.truncate(LINE_CHARACTERS_MAX);
    line
}

/// `RUNNING` if all are, else such as `3 RUNNING, 1 REBALANCING`.
fn states(states: &[State]) -> String {
    let counts: Vec<(State, usize)> = State::ALL
        .iter()
        .map(|&state| (state, states.iter().filter(|&&other| other == state).count()))
        .filter(|(_, count)| *count > 0)
        .collect();
    match counts.as_slice() {
        [(state, _)] => state.name().to_owned(),
        counts => {
            let counts: Vec<String> =
                counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
            counts.join(", ")
        }
    }
}

/// A number in at most six characters, up to a million million: `999`, `12.3k`, `4.5M`.
fn short(number: u64) -> String {
    let units = [(1_000_000_000, 'G'), (1_000_000, 'M'), (1_000, 'k')];
    match units.into_iter().find(|(unit, _)| number >= *unit) {
        None => number.to_string(),
        Some((unit, letter)) => format!("{}.{}{letter}", number / unit, number % unit * 10 / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::super::latency_histogram::LatencyHistogram;
    use super::*;

    fn totals(at: Instant, done: u64, latency: LatencyCounts) -> Totals {
        Totals {
            at,
            states: vec![State::Running; 3],
            input: done + 7,
            output: done,
            dead_letters: 12,
            lag: Some(1_999),
            latency,
        }
    }

    #[test]
    fn speed_and_latency_are_those_of_the_last_drawings() {
        let histogram = LatencyHistogram::default();
        let start = Instant::now();
        histogram.observe(3_000, 1_000);
        let first = totals(start, 1_000, histogram.counts());
        histogram.observe(4, 4_900);
        histogram.observe(40, 100);
        let last = totals(start + Duration::from_secs(2), 6_000, histogram.counts());
        assert_eq!(
            line(&VecDeque::from([first, last])),
            "RUNNING  2.5k/s  in 6.0k out 6.0k dead 12 lag 1.9k  latency p50 <5 ms p99 <50 ms"
                .chars()
                .take(LINE_CHARACTERS_MAX)
                .collect::<String>()
        );
    }

    #[test]
    fn threads_in_different_states_are_counted() {
        assert_eq!(states(&[State::Running, State::Running]), "RUNNING");
        assert_eq!(states(&[State::Running, State::Rebalancing, State::Running]), "1 REBALANCING, 2 RUNNING");
    }

    #[test]
    fn numbers_are_short_and_never_round_up() {
        let shorts = [0, 999, 1_000, 12_399, 999_999, 4_560_000, 7_000_000_000].map(short);
        assert_eq!(shorts, ["0", "999", "1.0k", "12.3k", "999.9k", "4.5M", "7.0G"]);
    }
}
