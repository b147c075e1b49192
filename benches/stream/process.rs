//! A subject as a process, and what the kernel has counted for a process: CPU and peak memory.

use crate::Outcome;
use crate::arguments::Arguments;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The unit of CPU time in `/proc`, which is 1/100 s on all of Linux's common architectures, whatever the kernel's own is.
const TICKS_PER_SECOND: f64 = 100.0;

/// Kafka Streams and ours have to leave their groups in this time.
const STOP_SECONDS_MAX: u64 = 40;

/// A process that is being measured. It is killed if it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    /// When it was started.
    pub started: Instant,
}

impl Process {
    /// Starts a command on the subjects' core, its output in a log file.
    pub fn start(command: &Command, name: &str, arguments: &Arguments) -> Outcome<Self> {
        let log = arguments.work.join(format!("{}.log", name.replace(' ', "-")));
        let file = File::create(&log).map_err(|error| format!("can't write {}: {error}", log.display()))?;
        let errors = file.try_clone().map_err(|error| format!("can't write {}: {error}", log.display()))?;
        let mut command = pinned(command, arguments.subject_core);
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("can't start {command:?}: {error}"))?;
        Ok(Self { child, log, started })
    }

    /// Its id. `taskset` gives its own to the program that it runs.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails if it has ended.
    pub fn check_runs(&mut self) -> Outcome<()> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => {
                Err(format!("it ended by itself, {status}; its last line: {}", self.last_line()))
            }
            Err(error) => Err(format!("can't wait for it: {error}")),
        }
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> Outcome<ExitStatus> {
        let id = self.id().to_string();
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .map_err(|error| format!("can't send a signal: {error}"))?;
        let deadline = Instant::now() + Duration::from_secs(STOP_SECONDS_MAX);
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Ok(status);
            }
            sleep(Duration::from_millis(20));
        }
        Err(format!("it did not stop within {STOP_SECONDS_MAX} s of SIGTERM"))
    }

    fn last_line(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("none").to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It fails where the process has been waited for already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pinned(command: &Command, core: Option<u32>) -> Command {
    let mut pinned = match core {
        Some(core) => {
            let mut taskset = Command::new("taskset");
            taskset.args(["--cpu-list", &core.to_string()]).arg(command.get_program());
            taskset
        }
        None => Command::new(command.get_program()),
    };
    pinned.args(command.get_args());
    pinned
}

/// CPU seconds that a process has used, user and system, all of its threads.
pub fn cpu_seconds(process: u32) -> Outcome<f64> {
    let path = PathBuf::from(format!("/proc/{process}/stat"));
    ticks(&read(&path)?)
        .map(|ticks| ticks as f64 / TICKS_PER_SECOND)
        .ok_or_else(|| format!("{} does not look like Linux's", path.display()))
}

/// The most memory that a process had resident, in KiB.
pub fn resident_peak_kib(process: u32) -> Outcome<u64> {
    let path = PathBuf::from(format!("/proc/{process}/status"));
    peak(&read(&path)?).ok_or_else(|| format!("{} has no VmHWM", path.display()))
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("can't read {}: {error}", path.display()))
}

/// `utime` and `stime`, the 14th and 15th field. The second is the program's name in brackets, with anything in it.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn user_and_system_time_are_added_whatever_the_program_is_called() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 10 11 12 13 700 55 3 4 20 0 9 0 100 1 1";
        assert_eq!(ticks(stat), Some(755));
        assert_eq!(ticks("42 (a) S 1"), None);
    }

    #[test]
    fn the_peak_is_read_and_not_the_current_size() {
        assert_eq!(peak("Name:\tx\nVmHWM:\t  123456 kB\nVmRSS:\t  99 kB\n"), Some(123_456));
        assert_eq!(peak("Name:\tx\nVmRSS:\t  99 kB\n"), None);
    }

    #[test]
    fn work_shows_as_a_difference_of_cpu_seconds() {
        let process = std::process::id();
        let before = cpu_seconds(process).unwrap();
        // The kernel rounds to 10 ms; other tests of this process can only add.
        let mut sum = 0_u64;
        while cpu_seconds(process).unwrap() < before + 0.05 {
            sum = black_box((0..100_000_u64).fold(sum, |sum, number| black_box(sum ^ number)));
        }
        assert!(resident_peak_kib(process).unwrap() > 1_000);
    }
}
