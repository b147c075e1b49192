//! The wish to stop: a flag that signals set and every loop looks at.

use crate::exit::Failure;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A shell's exit code for a process that a signal ended: this plus the signal's number.
const SIGNAL_EXIT_BASE: i32 = 128;

/// Whether to stop. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A flag that SIGINT and SIGTERM set; the second of them ends the process at once.
    pub fn on_signals() -> Result<Self, Failure> {
        Self::register().map_err(|error| Failure::failed(format!("can't listen for signals: {error}")))
    }

    fn register() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the second signal finds the flag that the first one has set.
            flag::register_conditional_shutdown(signal, SIGNAL_EXIT_BASE + signal, Arc::clone(&stop.0))?;
            flag::register(signal, Arc::clone(&stop.0))?;
        }
        Ok(stop)
    }

    /// Asks everyone to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether anyone asked.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
