//! `stream-app score`: JSON lines in, the same lines with their predictions out, through the code of the loop.

use crate::bad_record::BadRecord;
use crate::cli::{OnError, ScoreArguments};
use crate::exit::Failure;
use crate::lines::{Batch, LINE_BYTES_MAX, Lines, STANDARD_STREAM, open};
use crate::score::Scorer;
use crate::selection::{Models, select};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Where stdin can be looked at as a file, on Linux and macOS.
const STDIN: &str = "/dev/stdin";

/// Scores every line of the input.
pub fn run(models: Models, arguments: &ScoreArguments) -> Result<(), Failure> {
    let model = select(models, arguments.model.as_deref(), None)?;
    let scorer = Scorer::new(model, arguments.margin).map_err(|error| Failure::failed(error.to_string()))?;
    refuse_same_file(&arguments.input, &arguments.output)?;
    let input = open(&arguments.input)?;
    let output = create_output(&arguments.output)?;
    let mut run = Run { arguments, scorer, output: BufWriter::new(output), scored: 0, bad: 0 };
    let result = run.score_all(input);
    // Also after a bad line: everything before it is to be there.
    run.output.flush().map_err(|error| run.write_failure(&error))?;
    run.report_unseen_categories();
    result
}

/// One run over one input.
struct Run<'a> {
    arguments: &'a ScoreArguments,
    scorer: Scorer,
    output: BufWriter<Box<dyn Write>>,
    scored: u64,
    bad: u64,
}

impl Run<'_> {
    fn score_all(&mut self, input: Box<dyn Read>) -> Result<(), Failure> {
        let mut lines = Lines::new(input);
        loop {
            let batch = lines.next_batch().map_err(|error| {
                Failure::failed(format!("can't read from {}: {error}", self.arguments.input.display()))
            })?;
            match batch {
                Some(batch) => self.score_batch(batch)?,
                None => break,
            }
            self.output.flush().map_err(|error| self.write_failure(&error))?;
        }
        if self.bad > 0 {
            let _ = writeln!(io::stderr(), "scored {} lines, left out {} bad lines", self.scored, self.bad);
        }
        Ok(())
    }

    fn score_batch(&mut self, batch: Batch<'_>) -> Result<(), Failure> {
        // A line that was too long to keep stands for itself as an empty record; its outcome is not looked at.
        let records: Vec<&[u8]> =
            batch.lines.iter().map(|line| batch.text(line).unwrap_or_default()).collect();
        let scored = self.scorer.score(&records);
        let too_long = BadRecord::LineTooLong { bytes_max: LINE_BYTES_MAX };
        for (line, outcome) in batch.lines.iter().zip(scored.outcomes()) {
            let outcome = if batch.text(line).is_none() { Err(&too_long) } else { outcome };
            match outcome {
                Ok(record) => {
                    let written = self.output.write_all(record).and_then(|()| self.output.write_all(b"\n"));
                    written.map_err(|error| Failure::writing(self.arguments.output.display(), &error))?;
                    self.scored += 1;
                }
                Err(bad) if self.arguments.on_error == OnError::Continue => {
                    let _ = writeln!(io::stderr(), "line {}: {bad} ({})", line.number, bad.reason());
                    self.bad += 1;
                }
                Err(bad) => {
                    return Err(Failure::bad_input(format!(
                        "line {}: {bad} ({}); the lines before it are written. \
                         `--on-error continue` skips such lines",
                        line.number,
                        bad.reason()
                    )));
                }
            }
        }
        Ok(())
    }

    fn report_unseen_categories(&self) {
        for (column, count) in self.scorer.unseen_categories() {
            let _ = writeln!(
                io::stderr(),
                "column `{column}`: {count} levels that the model never saw, scored as missing"
            );
        }
    }

    fn write_failure(&self, error: &io::Error) -> Failure {
        Failure::writing(self.arguments.output.display(), error)
    }
}

/// Creating the output empties it, so it must not be the input, by whatever name or link. Only a regular file can be
/// emptied: a terminal or `/dev/null` may well be both.
fn refuse_same_file(input: &Path, output: &Path) -> Result<(), Failure> {
    let standard = |path: &Path| path.as_os_str() == STANDARD_STREAM;
    if standard(output) {
        return Ok(());
    }
    let metadata = if standard(input) { fs::metadata(STDIN) } else { fs::metadata(input) };
    // What can't be looked at can't be opened either, which tells the reason.
    let (Ok(from), Ok(to)) = (metadata, fs::metadata(output)) else { return Ok(()) };
    if to.is_file() && (from.dev(), from.ino()) == (to.dev(), to.ino()) {
        return Err(Failure::usage(format!(
            "--input and --output are the same file, {}: writing it would empty it before it is read",
            output.display()
        )));
    }
    Ok(())
}

fn create_output(path: &Path) -> Result<Box<dyn Write>, Failure> {
    if path.as_os_str() == STANDARD_STREAM {
        return Ok(Box::new(io::stdout().lock()));
    }
    match File::create(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::failed(format!("can't create {}: {error}", path.display()))),
    }
}
