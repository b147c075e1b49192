//! The whole loop side by side against a real Kafka broker: ours, ours without scoring, and the application it replaces.
//!
//! `run` beside this file builds all of it, starts a broker and calls this program, which writes `stream.json` and
//! `stream.md`. The hypotheses that it is there to refute: scoring costs at most 1 µs of client CPU a record above the
//! pass-through; the loop takes a fifth of the peer's CPU a record and a tenth of its peak resident memory.

mod arguments;
mod check;
mod drain;
mod feed;
mod houses;
mod machine;
mod paced;
mod process;
mod reader;
mod report;
mod results;
mod statistics;
mod subject;
mod topics;
mod trial;

use arguments::Arguments;
use check::Expected;
use clap::Parser;
use results::{Phase, Results, Run};
use std::process::ExitCode;
use std::time::Instant;
use subject::Subject;
use topics::Topics;

/// A benchmark's errors are read by a person and by nobody else.
type Outcome<T> = Result<T, String>;

/// Something that was asked for could not be had, and the rest is measured.
const INCOMPLETE: u8 = 3;

/// What the measurements have in common.
struct Bench {
    arguments: Arguments,
    topics: Topics,
    expected: Expected,
    /// What both ends of a latency are counted from.
    clock: Instant,
}

fn main() -> ExitCode {
    match measure(Arguments::parse()) {
        Ok(results) if results.has_wrong_answers() => {
            eprintln!("error: a subject's answers are wrong; its figures do not count");
            ExitCode::FAILURE
        }
        Ok(results) if results.is_incomplete() => {
            eprintln!(
                "incomplete: a subject could not be had or did not finish; the table says which and why"
            );
            ExitCode::from(INCOMPLETE)
        }
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: Arguments) -> Outcome<Results> {
    let mut results = Results::open(&arguments)?;
    let subjects = subject::chosen(&arguments.subjects)?;
    let houses = houses::houses(arguments.houses());
    eprintln!("{} records, {} bytes each on average", houses.len(), houses::mean_bytes(&houses));
    let expected = Expected::score(houses, &arguments)?;
    let topics = Topics::connect(&arguments.bootstrap_server)?;
    let bench = Bench { arguments, topics, expected, clock: Instant::now() };
    let input = bench.topics.unique("input");
    bench.topics.create(&input)?;
    feed::all(&bench, &input, bench.arguments.records)?;
    for round in 1..=bench.arguments.rounds {
        // Interleaved, so that a machine that slows down slows all of them.
        for phase in [Phase::Drain, Phase::Paced] {
            for subject in &subjects {
                if !results.has(phase, subject.name, round) {
                    results.add(measure_one(&bench, subject, phase, round, &input))?;
                }
            }
        }
    }
    bench.topics.delete(&[&input])?;
    print!("{}", report::markdown(&results));
    Ok(results)
}

fn measure_one(bench: &Bench, subject: &'static Subject, phase: Phase, round: u32, input: &str) -> Run {
    let run = Run::new(phase, subject.name, round);
    let run = match subject.missing(&bench.arguments) {
        Some(reason) => run.failed(reason),
        None => {
            let measured = match phase {
                Phase::Drain => drain::measure(bench, subject, input).map(|drain| run.clone().drained(drain)),
                Phase::Paced => paced::measure(bench, subject).map(|paced| run.clone().paced(paced)),
            };
            measured.unwrap_or_else(|reason| run.failed(reason))
        }
    };
    eprintln!("{}", report::line(&run));
    run
}
