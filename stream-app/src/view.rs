//! What the demo shows: scored records in; on a terminal a block that is drawn again and again, elsewhere plain lines.

use crate::latency::Latencies;
use model_runtime::Metadata;
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How many records the block shows.
const BLOCK_RECORDS: usize = 12;

/// How wide a line is at most: what every terminal has, less one.
pub(crate) const LINE_CHARACTERS_MAX: usize = 79;

/// How often the block is drawn.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);

/// How often a plain line is printed: slow enough to be read, and for a log to stay small.
const PLAIN_INTERVAL: Duration = Duration::from_millis(100);

/// The view of one demo.
pub struct View<Output> {
    output: Output,
    terminal: bool,
    metadata: &'static Metadata,
    /// What records are called and what happens to them: `house` is `priced`.
    noun: &'static str,
    verb: &'static str,
    scored: u64,
    latencies: Latencies,
    first: Option<Instant>,
    last: Option<Instant>,
    shown: VecDeque<String>,
    drawn_lines: usize,
    drawn_at: Option<Instant>,
}

impl<Output: Write> View<Output> {
    /// A view of records of this model.
    pub fn new(output: Output, terminal: bool, metadata: &'static Metadata, noun: &'static str) -> Self {
        Self {
            output,
            terminal,
            metadata,
            noun,
            verb: if noun == "house" { "priced" } else { "scored" },
            scored: 0,
            latencies: Latencies::default(),
            first: None,
            last: None,
            shown: VecDeque::new(),
            drawn_lines: 0,
            drawn_at: None,
        }
    }

    /// How many records came out so far.
    pub fn scored(&self) -> u64 {
        self.scored
    }

    /// A line that stays.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.output, "{line}")?;
        self.output.flush()
    }

    /// One more record came out.
    pub fn add(&mut self, key: &str, record: &[u8], latency_milliseconds: u64) -> io::Result<()> {
        let now = Instant::now();
        self.scored += 1;
        self.latencies.add(latency_milliseconds);
        self.first.get_or_insert(now);
        self.last = Some(now);
        let is_time = self.drawn_at.is_none_or(|at| now.duration_since(at) >= PLAIN_INTERVAL);
        if self.terminal {
            self.shown.push_back(self.line(key, record));
            if self.shown.len() > BLOCK_RECORDS {
                self.shown.pop_front();
            }
        } else if is_time {
            self.drawn_at = Some(now);
            let line = self.line(key, record);
            self.say(&line)?;
        }
        Ok(())
    }

    /// Draws the block, if there is one and it is time to.
    pub fn refresh(&mut self, dead_letters: u64) -> io::Result<()> {
        if !self.terminal || self.drawn_at.is_some_and(|at| at.elapsed() < DRAW_INTERVAL) {
            return Ok(());
        }
        self.drawn_at = Some(Instant::now());
        let mut block = String::new();
        if self.drawn_lines > 0 {
            // Up to the block's first line, and erase from there on. Writing to a `String` can't fail.
            let _ = write!(block, "\x1b[{}F\x1b[J", self.drawn_lines);
        }
        for line in &self.shown {
            block.push_str(line);
            block.push('\n');
        }
        let counts = format!("{} {}s {}", self.scored, self.noun, self.verb);
        let _ = writeln!(block, "{counts}, {dead_letters} dead letters{}", self.speed());
        self.drawn_lines = self.shown.len() + 1;
        self.output.write_all(block.as_bytes())?;
        self.output.flush()
    }

    /// The last line.
    pub fn close(&mut self, written: u64, dead_letters: u64) -> io::Result<()> {
        let (scored, noun, verb, speed) = (self.scored, self.noun, self.verb, self.speed());
        self.say(&format!("{verb} {scored} of {written} {noun}s, {dead_letters} dead letters{speed}"))
    }

    fn speed(&self) -> String {
        let (Some(first), Some(last)) = (self.first, self.last) else { return String::new() };
        let mut text = String::new();
        let seconds = last.duration_since(first).as_secs_f64();
        if self.scored > 1 && seconds > 0.0 {
            let _ = write!(text, ", {:.0} records/s", (self.scored - 1) as f64 / seconds);
        }
        if let (Some(median), Some(late)) = (self.latencies.percentile(50), self.latencies.percentile(99)) {
            let _ = write!(text, ", latency p50 {median} ms, p99 {late} ms");
        }
        text
    }

    /// The record's key, its prediction and as many of its fields as there is room for.
    fn line(&self, key: &str, record: &[u8]) -> String {
        let record: Value = serde_json::from_slice(record).unwrap_or_default();
        let response = self.metadata.response;
        let mut line = format!("{key}  {response}={}", text(record.get(response)));
        let mut separator = "  ";
        for column in self.metadata.columns {
            let value = if column.field.starts_with('/') {
                record.pointer(column.field)
            } else {
                record.get(column.field)
            };
            let part = format!("{separator}{}={}", column.name, text(value));
            if line.chars().count() + part.chars().count() > LINE_CHARACTERS_MAX {
                break;
            }
            line.push_str(&part);
            separator = " ";
        }
        line.chars().take(LINE_CHARACTERS_MAX).filter(|character| !character.is_control()).collect()
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_model::NUMBER;
    use model_runtime::Model;

    fn view(terminal: bool) -> View<Vec<u8>> {
        View::new(Vec::new(), terminal, NUMBER.metadata(), "house")
    }

    fn printed(view: View<Vec<u8>>) -> String {
        String::from_utf8(view.output).unwrap()
    }

    #[test]
    fn plain_lines_are_followed_by_a_summary() {
        let mut view = view(false);
        view.add("house-0", br#"{"size":1,"floor":"tile","price":1.25}"#, 3).unwrap();
        // However long the machine takes to get here, the next one comes at once.
        view.drawn_at = Some(Instant::now() + Duration::from_hours(1));
        view.add("house-1", br#"{"size":2,"price":2.0}"#, 5).unwrap();
        view.refresh(1).unwrap();
        view.close(3, 1).unwrap();
        let text = printed(view);
        let lines: Vec<&str> = text.lines().collect();
        // The second came too soon after the first for a line of its own.
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], "house-0  price=1.25  size=1 floor=tile");
        assert!(lines[1].starts_with("priced 2 of 3 houses, 1 dead letters, "), "{}", lines[1]);
        assert!(lines[1].ends_with(" records/s, latency p50 3 ms, p99 5 ms"), "{}", lines[1]);
    }

    #[test]
    fn a_block_is_drawn_over_the_last_one() {
        let mut view = view(true);
        for number in 0..BLOCK_RECORDS + 5 {
            view.add(&format!("house-{number}"), br#"{"size":1,"price":1.0}"#, 1).unwrap();
        }
        view.refresh(0).unwrap();
        view.drawn_at = None;
        view.refresh(0).unwrap();
        let text = printed(view);
        let (first, second) = text.split_once("\x1b[13F\x1b[J").unwrap();
        assert_eq!(first.lines().count(), BLOCK_RECORDS + 1);
        assert_eq!(first, second);
        assert!(first.starts_with("house-5  price=1.0  size=1 floor=?\n"), "{first}");
    }

    #[test]
    fn a_line_fits_a_terminal_and_holds_no_control_characters() {
        let record = format!(r#"{{"price":"\u001b[2J{}","size":1}}"#, "x".repeat(200));
        let line = view(true).line("key", record.as_bytes());
        assert!(line.chars().count() <= LINE_CHARACTERS_MAX && !line.contains('\x1b'), "{line}");
    }
}
