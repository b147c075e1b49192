//! The wish to stop: a flag that signals set and every loop looks at.

use crate::exit::{self, Failure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// A shell's exit code for a process that a signal ended: this plus the signal's number.
const SIGNAL_EXIT_BASE: i32 = 128;

/// How long deliveries and commits may take once a stop was asked for. What is not acknowledged then is not committed
/// either.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// How long all of a stop may take. Kubernetes kills after 30 s, and librdkafka may wait for a broker longer than that.
const DEADLINE: Duration = Duration::from_secs(25);

/// How often the deadline is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Whether to stop. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    flag: Arc<AtomicBool>,
    /// When someone first saw the flag set: a signal handler reads no clock.
    noticed: Arc<OnceLock<Instant>>,
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

    /// Whether it is so long since anyone asked that there is no more waiting for the broker.
    pub fn is_overdue(&self) -> bool {
        self.since().is_some_and(|since| since.elapsed() > WAIT_MAX)
    }

    /// Ends the process with [`exit::STOP_OVERDUE`] if a stop takes longer than [`DEADLINE`]: closing a client waits for the
    /// broker without a limit of its own.
    pub fn enforce_deadline(&self) {
        let stop = self.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(LOOK_INTERVAL);
                if stop.since().is_some_and(|since| since.elapsed() > DEADLINE) {
                    let _ = writeln!(
                        io::stderr(),
                        "error: stopping took longer than {} s, so the process ends as it is; what is not \
                         committed is scored again by the next start",
                        DEADLINE.as_secs()
                    );
                    // At once: what runs at an orderly exit may wait for the very thread that hangs.
                    low_level::exit(exit::STOP_OVERDUE.into());
                }
            }
        });
    }

    fn since(&self) -> Option<Instant> {
        let requested = self.flag.load(Ordering::Relaxed);
        requested.then(|| *self.noticed.get_or_init(Instant::now))
    }
}
