//! The log: events in, a line each out, to one writer that it shares with a live line.

use super::event::{Event, Level};
use super::field::LogFormat;
use super::limiter::{LeftOut, Limiter};
use super::repeats::Repeats;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

/// Erases the terminal's line that the cursor is in and goes to its beginning.
const ERASE_LINE: &str = "\r\x1b[K";

/// Where lines go, from a level on.
pub(super) struct Log {
    level_min: Level,
    format: LogFormat,
    output: Mutex<Output>,
    limiter: Mutex<Limiter>,
    /// Whether the limiter may have something to say: read at every turn of the loop, where a lock would be too much.
    limited: AtomicBool,
    repeats: Mutex<Repeats>,
}

struct Output {
    writer: Box<dyn Write + Send>,
    /// What is drawn in the terminal's last line, without a line break.
    live: String,
}

impl Log {
    /// A log of the events of this level and above.
    pub fn new(level_min: Level, format: LogFormat, writer: Box<dyn Write + Send>) -> Self {
        Self {
            level_min,
            format,
            output: Mutex::new(Output { writer, live: String::new() }),
            limiter: Mutex::default(),
            limited: AtomicBool::new(false),
            repeats: Mutex::default(),
        }
    }

    pub fn format(&self) -> LogFormat {
        self.format
    }

    /// Writes the event's line, unless it is below the level or says nothing new; false if it is left out because too many
    /// came.
    pub fn tell(&self, event: &Event<'_>, thread: Option<u32>) -> bool {
        if let Event::BrokerReachable { .. } = event {
            self.repeats().forget();
        }
        if event.level() < self.level_min {
            return true;
        }
        // What is left out as a repetition takes no room from what is new, and is not told as left out.
        if event.repeated_by().is_some_and(|message| self.repeats().is_known(message, Instant::now())) {
            return true;
        }
        if let Some((name, reason)) = event.limited_by() {
            self.tell_what_was_left_out();
            if !self.limiter().admit(name, reason, Instant::now()) {
                self.limited.store(true, Ordering::Relaxed);
                return false;
            }
        }
        // Only what is written is remembered. Another thread may have written the same since.
        if event.repeated_by().is_none_or(|message| self.repeats().admit(message, Instant::now())) {
            self.write(&self.format.line(&event.told(), thread, SystemTime::now()));
        }
        true
    }

    /// Says what was left out in seconds that are over. Costs nothing while nothing was.
    pub fn tell_what_was_left_out(&self) {
        if self.limited.load(Ordering::Relaxed) {
            let left_out = self.limiter().over(Instant::now());
            self.tell_left_out(&left_out);
        }
    }

    /// Says all that was left out and not said yet.
    pub fn tell_all_that_was_left_out(&self) {
        let left_out = self.limiter().all();
        self.tell_left_out(&left_out);
    }

    fn tell_left_out(&self, left_out: &[LeftOut]) {
        for LeftOut { event, reason, lines } in left_out {
            self.tell(&Event::LinesLeftOut { of: event, reason, lines: *lines }, None);
        }
    }

    /// Draws this in the place of what is in the terminal's last line; nothing to clear it.
    pub fn draw(&self, live: &str) {
        let mut output = self.output();
        if !(live.is_empty() && output.live.is_empty()) {
            let _ = write!(output.writer, "{ERASE_LINE}{live}");
            let _ = output.writer.flush();
            live.clone_into(&mut output.live);
        }
    }

    /// Whoever read the log may have gone away: that must not end the loop.
    fn write(&self, line: &str) {
        let mut output = self.output();
        let text = match output.live.as_str() {
            "" => format!("{line}\n"),
            drawn => format!("{ERASE_LINE}{line}\n{drawn}"),
        };
        let _ = output.writer.write_all(text.as_bytes());
        let _ = output.writer.flush();
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn repeats(&self) -> MutexGuard<'_, Repeats> {
        self.repeats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limiter(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.tell_all_that_was_left_out();
        self.draw("");
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Log").field("level_min", &self.level_min).finish_non_exhaustive()
    }
}

/// The process's stderr.
pub(super) fn stderr() -> Box<dyn Write + Send> {
    Box::new(io::stderr())
}
