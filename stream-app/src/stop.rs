//! The wish to stop: a flag that signals set and every loop looks at.

use crate::exit::{self, Failure};
use crate::telemetry::{Event, Telemetry};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// A shell's exit code for a process that a signal ended: this plus the signal's number.
const SIGNAL_EXIT_BASE: i32 = 128;

/// How long deliveries and commits may take once a stop was asked for. What is not acknowledged then is not committed
/// either.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// How long all of a stop may take: 25 s are promised, of which a second is for a busy machine to end the process in.
/// Kubernetes kills after 30 s, and librdkafka may wait for a broker longer than that.
pub const DEADLINE: Duration = Duration::from_secs(24);

/// How long the loop may take to abort what is open once a second signal came. With a broker that answers it takes
/// milliseconds.
const ABORT_MAX: Duration = Duration::from_secs(2);

/// How often signals and deadlines are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Whether to stop. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    flag: Arc<AtomicBool>,
    /// When someone first saw the flag set: a signal handler reads no clock.
    noticed: Arc<OnceLock<Instant>>,
    /// Whether to give up what is open instead of finishing it.
    at_once: Arc<AtomicBool>,
}

impl Stop {
    /// A flag that SIGINT and SIGTERM set; the second of them ends the process at once.
    pub fn on_signals() -> Result<Self, Failure> {
        Self::register().map_err(|error| Failure::failed(format!("can't listen for signals: {error}")))
    }

    fn register() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the second signal finds the flag that the first one has set.
            let flag = &stop.flag;
            flag::register_conditional_shutdown(signal, SIGNAL_EXIT_BASE + signal, Arc::clone(flag))?;
            flag::register(signal, Arc::clone(flag))?;
        }
        Ok(stop)
    }

    /// Asks everyone to stop.
    pub fn request(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Whether anyone asked.
    pub fn requested(&self) -> bool {
        self.since().is_some()
    }

    /// Whether it is so long since anyone asked, or so urgent, that there is no more waiting for the broker.
    pub fn is_overdue(&self) -> bool {
        self.at_once.load(Ordering::Relaxed) || self.since().is_some_and(|since| since.elapsed() > WAIT_MAX)
    }

    /// For a loop that has something to finish: the first SIGINT or SIGTERM asks it to, a second one makes it give up
    /// what is open instead, and a third ends the process. So do deadlines: closing a client waits for the broker without
    /// a limit of its own.
    pub fn of_loop(telemetry: &Arc<Telemetry>) -> Result<Self, Failure> {
        let failure = |error| Failure::failed(format!("can't listen for signals: {error}"));
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failure)?;
        let stop = Self::default();
        let (watched, telemetry) = (stop.clone(), Arc::clone(telemetry));
        thread::spawn(move || {
            let mut second = None;
            loop {
                for signal in signals.pending() {
                    if !watched.flag.swap(true, Ordering::Relaxed) {
                        continue;
                    }
                    if watched.at_once.swap(true, Ordering::Relaxed) {
                        low_level::exit(SIGNAL_EXIT_BASE + signal);
                    }
                    second = Some(Instant::now());
                }
                if second.is_some_and(|second: Instant| second.elapsed() > ABORT_MAX) {
                    end_overdue(&telemetry, ABORT_MAX);
                }
                if watched.since().is_some_and(|since| since.elapsed() > DEADLINE) {
                    end_overdue(&telemetry, DEADLINE);
                }
                thread::sleep(LOOK_INTERVAL);
            }
        });
        Ok(stop)
    }

    fn since(&self) -> Option<Instant> {
        let requested = self.flag.load(Ordering::Relaxed);
        requested.then(|| *self.noticed.get_or_init(Instant::now))
    }
}

/// Asks everyone to stop when it goes out of scope, also if that is by a panic.
#[derive(Debug)]
pub struct StopAtEnd<'a>(pub &'a Stop);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.request();
    }
}

/// Ends the process as it is, at once: what runs at an orderly exit may wait for the very thread that hangs.
fn end_overdue(telemetry: &Telemetry, limit: Duration) -> ! {
    telemetry.tell(Event::StopOverdue { seconds: limit.as_secs() });
    low_level::exit(exit::STOP_OVERDUE.into())
}
