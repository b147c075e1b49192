//! Speaks the protocol of `benches/peers/README.md` for a subject written in Rust, and does its timing.

use rustix::time::{ClockId, clock_gettime};
use std::{
    fs,
    io::{self, BufRead, Write},
};

/// The numbers of a row.
pub const COLUMNS: usize = 28;

/// The rows that are scored.
pub const ROWS: usize = 20_000;

/// The rows of a batch.
pub const BATCH_ROWS: usize = 512;

/// Whole batches: what is left over behind the last one is scored by the check alone.
const BATCHES: usize = ROWS / BATCH_ROWS;

/// What is wrong, in words.
pub type Error = Box<dyn std::error::Error>;

/// What rows are made of: what the subject takes.
pub trait Number: Copy {
    /// Reads numbers that follow one another; nothing where bytes are left over.
    fn read(bytes: &[u8]) -> Option<Vec<Self>>;
}

impl Number for f64 {
    fn read(bytes: &[u8]) -> Option<Vec<Self>> {
        let (numbers, rest) = bytes.as_chunks();
        rest.is_empty().then(|| numbers.iter().map(|number| Self::from_le_bytes(*number)).collect())
    }
}

impl Number for f32 {
    fn read(bytes: &[u8]) -> Option<Vec<Self>> {
        let (numbers, rest) = bytes.as_chunks();
        rest.is_empty().then(|| numbers.iter().map(|number| Self::from_le_bytes(*number)).collect())
    }
}

/// What is timed.
pub trait Subject<N = f64> {
    /// Scores one row.
    fn one(&mut self, row: &[N]) -> f64;

    /// Scores rows that follow one another.
    fn batch(&mut self, rows: &[N], answers: &mut [f64]) {
        for (row, answer) in rows.chunks_exact(COLUMNS).zip(answers) {
            *answer = self.one(row);
        }
    }
}

/// Reads `rows.f64` or `rows.f32`.
pub fn read_rows<N: Number>(file: &str) -> Result<Vec<N>, Error> {
    let bytes = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let rows = N::read(&bytes).filter(|rows| rows.len() == ROWS * COLUMNS);
    rows.ok_or_else(|| {
        format!("{file}: {} bytes are not {ROWS} rows of {COLUMNS} numbers", bytes.len()).into()
    })
}

/// Answers the commands of the standard input until it ends.
pub fn run<N>(rows: &[N], subject: &mut impl Subject<N>) -> Result<(), Error> {
    let mut passes = Passes { rows, subject, answers: vec![0.0; ROWS], next_row: 0, next_batch: 0 };
    say("ready")?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        match line.splitn(3, ' ').collect::<Vec<_>>()[..] {
            ["check", form, file] => {
                passes.check(form == "batch");
                let bytes: Vec<u8> = passes.answers.iter().flat_map(|answer| answer.to_le_bytes()).collect();
                fs::write(file, bytes).map_err(|error| format!("{file}: {error}"))?;
                say("checked")?;
            }
            ["pass", form, count] => say(&format!("{:.4}", passes.pass(form == "batch", count.parse()?)))?,
            _ => return Err(format!("unknown command: {line}").into()),
        }
    }
    Ok(())
}

fn say(answer: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{answer}")?;
    output.flush()
}

struct Passes<'a, N, S> {
    rows: &'a [N],
    subject: &'a mut S,
    answers: Vec<f64>,
    // Where the next pass goes on: a pass may be shorter or longer than all rows.
    next_row: usize,
    next_batch: usize,
}

impl<N, S: Subject<N>> Passes<'_, N, S> {
    fn check(&mut self, is_batch: bool) {
        self.answers.fill(0.0);
        if is_batch {
            let answers = self.answers.chunks_mut(BATCH_ROWS);
            for (rows, answers) in self.rows.chunks(BATCH_ROWS * COLUMNS).zip(answers) {
                self.subject.batch(rows, answers);
            }
        } else {
            self.score_one_by_one(ROWS);
        }
    }

    /// The nanoseconds that a row takes.
    fn pass(&mut self, is_batch: bool, count: usize) -> f64 {
        let begun = thread_nanoseconds();
        let count = if is_batch { self.score_batches(count) } else { self.score_one_by_one(count) };
        // `as`: as many rows as a float holds exactly.
        #[allow(clippy::cast_precision_loss)]
        let count = count as f64;
        (thread_nanoseconds() - begun) / count
    }

    fn score_one_by_one(&mut self, count: usize) -> usize {
        for _ in 0..count {
            let row = &self.rows[self.next_row * COLUMNS..][..COLUMNS];
            self.answers[self.next_row] = self.subject.one(row);
            self.next_row = if self.next_row + 1 == ROWS { 0 } else { self.next_row + 1 };
        }
        count
    }

    fn score_batches(&mut self, count: usize) -> usize {
        let batches = count.div_ceil(BATCH_ROWS);
        for _ in 0..batches {
            let first = self.next_batch * BATCH_ROWS;
            let rows = &self.rows[first * COLUMNS..][..BATCH_ROWS * COLUMNS];
            self.subject.batch(rows, &mut self.answers[first..][..BATCH_ROWS]);
            self.next_batch = if self.next_batch + 1 == BATCHES { 0 } else { self.next_batch + 1 };
        }
        batches * BATCH_ROWS
    }
}

fn thread_nanoseconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // `as`: a thread's nanoseconds are fewer than a float holds exactly, for a hundred days.
    #[allow(clippy::cast_precision_loss)]
    let nanoseconds = (time.tv_sec * 1_000_000_000 + time.tv_nsec) as f64;
    nanoseconds
}
