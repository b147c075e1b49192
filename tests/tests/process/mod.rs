//! The program as a process: started, written to, signalled, waited for.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{
    Mutex,
    mpsc::{self, Receiver},
};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// No process needs that long unless something is wrong, also on a slow machine with much else to do.
pub const DEADLINE: Duration = Duration::from_mins(5);

/// Of a process's stderr, what a failed test shows: enough to see what it was at.
const LAST_LINES: usize = 60;

/// Held while a process starts, and while a mock broker is taken down.
static STARTING: Mutex<()> = Mutex::new(());

/// Calls while no process starts. Between its fork and its exec one holds all sockets of this process, also those that it is not to
/// inherit; a mock broker that is taken down opens its port anew at once, and aborts where the port is still held.
pub fn while_none_starts<R>(call: impl FnOnce() -> R) -> R {
    let _alone = STARTING.lock().expect("no call panics");
    call()
}

/// Starts a process.
pub fn spawn(command: &mut Command) -> Child {
    while_none_starts(|| command.spawn()).expect("the binary is built")
}

/// A running process.
pub struct App {
    child: Child,
    stdout: Output,
    stderr: Output,
}

/// What a process prints, read as it comes.
struct Output {
    reading: Option<JoinHandle<String>>,
    lines: Receiver<String>,
}

/// A process that ended.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl App {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// With variables in its environment.
    pub fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = spawn(
            Command::new(env!("CARGO_BIN_EXE_acceptance"))
                .args(arguments)
                .envs(variables.iter().copied())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        );
        let stdout = Output::follow(child.stdout.take().expect("piped"));
        let stderr = Output::follow(child.stderr.take().expect("piped"));
        Self { child, stdout, stderr }
    }

    /// Writes all of stdin and closes it. A process that does not want it is no error.
    pub fn write(mut self, input: &str) -> Self {
        let mut stdin = self.child.stdin.take().expect("piped");
        let input = input.to_owned();
        thread::spawn(move || {
            let _ = stdin.write_all(input.as_bytes());
        });
        self
    }

    /// Writes a line to stdin, which stays open.
    pub fn write_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("piped, and open until the end is waited for");
        writeln!(stdin, "{line}").expect("the process reads");
    }

    /// Waits for a line of stderr that contains `text`, which comes out.
    pub fn wait_for_stderr(&self, text: &str) -> String {
        self.stderr.wait_for(text)
    }

    /// What stands on stderr by now is not waited for any more.
    pub fn pass_over_stderr(&self) {
        self.stderr.lines.try_iter().for_each(drop);
    }

    /// Waits for a line of stdout that contains `text`.
    pub fn wait_for_stdout(&self, text: &str) {
        self.stdout.wait_for(text);
    }

    /// Sends a signal by its name, as `kill` knows it.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill can be run").success());
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_none()
    }

    /// Waits for the end.
    pub fn finish(mut self) -> Finished {
        drop(self.child.stdin.take());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            assert!(start.elapsed() < DEADLINE, "the process does not end");
            thread::sleep(Duration::from_millis(10));
        };
        Finished { code: status.code(), stdout: self.stdout.join(), stderr: self.stderr.join() }
    }
}

impl Output {
    fn follow(stream: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::channel();
        let reading = thread::spawn(move || {
            let mut text = String::new();
            let mut stream = BufReader::new(stream);
            loop {
                let start = text.len();
                if stream.read_line(&mut text).expect("UTF-8") == 0 {
                    return text;
                }
                // Nobody may be listening.
                let _ = sender.send(text[start..].to_owned());
            }
        });
        Self { reading: Some(reading), lines }
    }

    fn wait_for(&self, text: &str) -> String {
        let start = Instant::now();
        while start.elapsed() < DEADLINE {
            match self.lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) | Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        panic!("the process never printed {text:?}");
    }

    fn join(&mut self) -> String {
        self.reading
            .take()
            .map_or_else(String::new, |reading| reading.join().expect("reading does not panic"))
    }
}

impl Drop for App {
    /// A failed test leaves no process behind, and tells what those that still ran had to say.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking()
            && let Some(Ok(stderr)) = self.stderr.reading.take().map(JoinHandle::join)
        {
            // Refused records are told by the hundred, and of them nothing is wanted here.
            let lines: Vec<&str> = stderr.lines().filter(|line| !line.contains("record_refused")).collect();
            let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
            eprintln!("process {} said at last:\n{}", self.child.id(), last.join("\n"));
        }
    }
}

/// Runs the program to its end without input.
pub fn run(arguments: &[&str]) -> Finished {
    App::start(arguments).finish()
}

/// Runs the program with a stdout that nobody reads.
pub fn run_without_reader(arguments: &[&str], input: &str) -> Finished {
    let mut child = spawn(
        Command::new(env!("CARGO_BIN_EXE_acceptance"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    );
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("piped");
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("a child can be waited for");
    Finished {
        code: output.status.code(),
        stdout: String::new(),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}
