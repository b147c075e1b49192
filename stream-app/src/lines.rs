//! Bytes in; batches of lines out. A batch is what one read brought, so that a slow pipe is answered at once and a
//! fast one in large batches.

use crate::exit::Failure;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::path::Path;

/// What stands for stdin and stdout.
pub const STANDARD_STREAM: &str = "-";

/// How much is read at once: some hundred to a thousand records, which keeps a batch within the processor's cache.
const READ_BYTES: usize = 256 * 1024;

/// The most lines of a batch: short lines must not make rows and predictions much larger than the read itself.
const BATCH_LINES_MAX: usize = 1_000;

/// The longest line that is kept. Kafka's own limit is 1 MiB unless raised; what is longer by far is no record.
pub const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A file, or stdin where the path is `-`.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    if path.as_os_str() == STANDARD_STREAM {
        return Ok(Box::new(io::stdin()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::failed(format!("can't open {}: {error}", path.display()))),
    }
}

/// Splits what it reads into batches of lines.
#[derive(Debug)]
pub struct Lines<Source> {
    source: BufReader<Source>,
    line_bytes_max: usize,
    number: u64,
    bytes: Vec<u8>,
    found: Vec<Line>,
}

/// A line that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1, blank ones too.
    pub number: u64,
    /// Where its bytes stand in the batch, without its line feed; nowhere if it is too long.
    range: Option<Range<usize>>,
}

/// Lines that stand in memory together.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    bytes: &'a [u8],
    /// In the order of the input.
    pub lines: &'a [Line],
}

impl<'a> Batch<'a> {
    /// A line's bytes without its line feed, or nothing where it was too long to keep.
    pub fn text(&self, line: &Line) -> Option<&'a [u8]> {
        line.range.clone().map(|range| &self.bytes[range])
    }
}

impl<Source: Read> Lines<Source> {
    /// The lines of `source`.
    pub fn new(source: Source) -> Self {
        Self::with_limits(source, READ_BYTES, LINE_BYTES_MAX)
    }

    fn with_limits(source: Source, read_bytes: usize, line_bytes_max: usize) -> Self {
        let source = BufReader::with_capacity(read_bytes, source);
        Self { source, line_bytes_max, number: 0, bytes: Vec::new(), found: Vec::new() }
    }

    /// The next lines, at least one of them; nothing at the end of the input. Blank lines are left out.
    pub fn next_batch(&mut self) -> io::Result<Option<Batch<'_>>> {
        self.bytes.clear();
        self.found.clear();
        while self.found.is_empty() || self.has_another_line() {
            if !self.read_line()? {
                break;
            }
        }
        // One huge line must not keep its memory for ever.
        self.bytes.shrink_to(4 * READ_BYTES);
        Ok(if self.found.is_empty() { None } else { Some(Batch { bytes: &self.bytes, lines: &self.found }) })
    }

    /// Whether a whole line can be had without waiting, and the batch has room for it.
    fn has_another_line(&self) -> bool {
        self.found.len() < BATCH_LINES_MAX && self.source.buffer().contains(&b'\n')
    }

    /// Reads one line; false at the end of the input.
    fn read_line(&mut self) -> io::Result<bool> {
        let start = self.bytes.len();
        let limit = self.line_bytes_max as u64 + 1;
        let read = self.source.by_ref().take(limit).read_until(b'\n', &mut self.bytes)?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        let number = self.number;
        if self.bytes.last() == Some(&b'\n') {
            self.bytes.pop();
        } else if read as u64 == limit {
            self.bytes.truncate(start);
            self.source.skip_until(b'\n')?;
            self.found.push(Line { number, range: None });
            return Ok(true);
        }
        if self.bytes[start..].trim_ascii().is_empty() {
            self.bytes.truncate(start);
        } else {
            self.found.push(Line { number, range: Some(start..self.bytes.len()) });
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8], read_bytes: usize, line_bytes_max: usize) -> Vec<(u64, Option<String>)> {
        let mut lines = Lines::with_limits(input, read_bytes, line_bytes_max);
        let mut found = Vec::new();
        while let Some(batch) = lines.next_batch().unwrap() {
            for line in batch.lines {
                let text = batch.text(line).map(|text| String::from_utf8(text.to_vec()).unwrap());
                found.push((line.number, text));
            }
        }
        found
    }

    #[test]
    fn lines_are_numbered_and_blank_ones_left_out() {
        let found = all(b"one\n\n  \r\ntwo\r\nthree", 4, 100);
        let line = |number, text: &str| (number, Some(text.to_owned()));
        assert_eq!(found, [line(1, "one"), line(4, "two\r"), line(5, "three")]);
    }

    #[test]
    fn a_line_at_the_limit_is_kept_and_one_past_it_is_not() {
        let found = all(b"1234\n12345\n1\n", 3, 4);
        assert_eq!(found, [(1, Some("1234".to_owned())), (2, None), (3, Some("1".to_owned()))]);
    }

    #[test]
    fn a_batch_is_what_one_read_brought() {
        struct Pieces(Vec<&'static [u8]>);
        impl Read for Pieces {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    return Ok(0);
                }
                let piece = self.0.remove(0);
                buffer[..piece.len()].copy_from_slice(piece);
                Ok(piece.len())
            }
        }
        let mut lines = Lines::new(Pieces(vec![b"a\nb\nc", b"c\n", b"d"]));
        let mut sizes = Vec::new();
        while let Some(batch) = lines.next_batch().unwrap() {
            sizes.push(batch.lines.len());
        }
        assert_eq!(sizes, [2, 1, 1]);
    }

    #[test]
    fn no_input_has_no_batch() {
        assert!(Lines::new(&b""[..]).next_batch().unwrap().is_none());
        assert!(Lines::new(&b"\n \n"[..]).next_batch().unwrap().is_none());
    }
}
