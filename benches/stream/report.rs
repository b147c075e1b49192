//! Results for a person: a line a run as it ends, and the table of medians.

use crate::results::{Drain, Paced, Results, Run};
use crate::statistics::median;
use std::fmt::Write;

const GUARANTEES: [&str; 2] = ["at_least_once", "exactly_once"];

/// One run in a line.
pub fn line(run: &Run) -> String {
    let figures = match (&run.drain, &run.paced, &run.failure) {
        (_, _, Some(failure)) => format!("NOT MEASURED: {failure}"),
        (Some(drain), ..) => format!(
            "drain: first output after {:.2} s, {} records/s, {} µs of client CPU a record, {}",
            drain.first_output_seconds,
            number(drain.records_per_second.unwrap_or(f64::NAN), 0),
            number(drain.cpu_microseconds_per_record.unwrap_or(f64::NAN), 2),
            drain.core_shares.bottleneck(),
        ),
        (_, Some(paced), _) => format!(
            "paced: p50 {:.1} ms, p99 {:.1} ms, peak {} MiB",
            paced.latency.p50,
            paced.latency.p99,
            paced.checked.resident_peak_kib / 1024,
        ),
        _ => "nothing".to_owned(),
    };
    let wrong = run.checked().filter(|checked| !checked.verdict.is_right());
    let wrong = wrong.map(|checked| format!("; WRONG ANSWERS: {:?}", checked.verdict)).unwrap_or_default();
    format!("round {}, {}, {figures}{wrong}", run.round, run.subject)
}

/// The whole result.
pub fn markdown(results: &Results) -> String {
    let mut text = String::from("# The Kafka loop, side by side\n\n");
    // Writing to a string does not fail.
    let _ = write_facts(&mut text, results);
    let _ = write_drains(&mut text, results);
    let _ = write_paced(&mut text, results);
    let _ = write_comparison(&mut text, results);
    let _ = write_failures(&mut text, results);
    text
}

fn write_facts(text: &mut String, results: &Results) -> std::fmt::Result {
    let (machine, settings) = (&results.machine, &results.settings);
    writeln!(
        text,
        "{}, {} cores, {} MiB, {}; load before: {}. Commit {}.\n",
        machine.processor,
        machine.cores,
        machine.memory_mib,
        machine.kernel,
        machine.load_before,
        machine.commit
    )?;
    for (program, version) in &machine.versions {
        writeln!(text, "- {program}: {version}")?;
    }
    let pinned = match settings.subject_core {
        Some(core) => format!(
            "The subject has core {core} for itself; broker, feeder and reader share another. A Java virtual machine \
             that sees one core takes the serial collector"
        ),
        None => "Nothing is pinned: subject, broker, feeder and reader share all cores".to_owned(),
    };
    writeln!(text, "\n{pinned}. Figures are medians of the rounds whose every answer was right.\n")?;
    for (subject, command) in &settings.commands {
        writeln!(text, "- {subject}: `{command}`")?;
    }
    Ok(())
}

fn write_drains(text: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(
        text,
        "\n## Working off {} records\n\n\
         | Subject | rounds | records/s | second half | client CPU µs/record | second half | with start | CPU before \
         first output, s | first output after, s | broker CPU µs/record | cores: client, broker, driver | held up by |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|",
        results.settings.records
    )?;
    for (subject, _) in &results.settings.commands {
        let runs: Vec<&Drain> = results.drains(subject).collect();
        let Some(last) = runs.last() else { continue };
        let of = |figure: fn(&Drain) -> f64, digits| figures(&runs, figure, digits);
        writeln!(
            text,
            "| {subject} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {}, {}, {} | {} |",
            runs.len(),
            of(|run| run.records_per_second.unwrap_or(f64::NAN), 0),
            of(|run| run.second_half_records_per_second.unwrap_or(f64::NAN), 0),
            of(|run| run.cpu_microseconds_per_record.unwrap_or(f64::NAN), 2),
            of(second_half_cpu, 2),
            of(|run| run.cpu_microseconds_per_record_with_start, 2),
            of(|run| run.start_cpu_seconds, 2),
            of(|run| run.first_output_seconds, 2),
            of(|run| run.broker_cpu_microseconds_per_record.unwrap_or(f64::NAN), 2),
            of(|run| run.core_shares.subject, 2),
            of(|run| run.core_shares.broker, 2),
            of(|run| run.core_shares.driver, 2),
            last.core_shares.bottleneck(),
        )?;
    }
    Ok(())
}

fn write_paced(text: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(
        text,
        "\n## {} records/s for {} s\n\n\
         | Subject | rounds | peak resident, MiB | p50, ms | p99, ms | max, ms | p99 with warm-up, ms | client CPU \
         µs/record | feeder behind, at most, ms |\n|---|---|---|---|---|---|---|---|---|",
        results.settings.rate, results.settings.seconds
    )?;
    for (subject, _) in &results.settings.commands {
        let runs: Vec<&Paced> = results.paced(subject).collect();
        if runs.is_empty() {
            continue;
        }
        let of = |figure: fn(&Paced) -> f64, digits| figures(&runs, figure, digits);
        writeln!(
            text,
            "| {subject} | {} | {} | {} | {} | {} | {} | {} | {} |",
            runs.len(),
            of(peak_mebibytes, 1),
            of(|run| run.latency.p50, 1),
            of(|run| run.latency.p99, 1),
            of(|run| run.latency.max, 1),
            of(|run| run.latency_with_warm_up.p99, 1),
            of(|run| run.cpu_microseconds_per_record.unwrap_or(f64::NAN), 2),
            of(|run| run.feeder_latest_milliseconds, 1),
        )?;
    }
    Ok(())
}

/// What the benchmark is there to refute, where both sides were measured.
fn write_comparison(text: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(text, "\n## Compared\n\n| | wanted | at_least_once | exactly_once |\n|---|---|---|---|")?;
    let cpu = |subject: &str| of_drains(results, subject, second_half_cpu);
    let memory = |subject: &str| median(&results.paced(subject).map(peak_mebibytes).collect::<Vec<_>>());
    let row =
        |compare: &dyn Fn(&str) -> f64| GUARANTEES.map(|guarantee| number(compare(guarantee), 2)).join(" | ");
    let scoring =
        row(&|guarantee| cpu(&format!("stream-app {guarantee}")) - cpu(&format!("pass-through {guarantee}")));
    writeln!(text, "| client CPU above the pass-through, second half, µs/record | at most 1 | {scoring} |")?;
    let times = row(&|guarantee| {
        cpu(&format!("kafka-streams {guarantee}")) / cpu(&format!("stream-app {guarantee}"))
    });
    writeln!(text, "| records a CPU second, second half, to Kafka Streams' | at least 5 | {times} |")?;
    let share = row(&|guarantee| {
        memory(&format!("stream-app {guarantee}")) / memory(&format!("kafka-streams {guarantee}"))
    });
    writeln!(text, "| peak resident memory, to Kafka Streams' | at most 0.10 | {share} |")
}

fn write_failures(text: &mut String, results: &Results) -> std::fmt::Result {
    let is_wrong = |run: &&Run| run.checked().is_none_or(|checked| !checked.verdict.is_right());
    let mut wrong = results.runs.iter().filter(is_wrong).peekable();
    if wrong.peek().is_some() {
        writeln!(text, "\n## Not measured\n")?;
    }
    wrong.try_for_each(|run| writeln!(text, "- {}", line(run)))
}

fn second_half_cpu(run: &Drain) -> f64 {
    run.second_half_cpu_microseconds_per_record.unwrap_or(f64::NAN)
}

fn peak_mebibytes(run: &Paced) -> f64 {
    run.checked.resident_peak_kib as f64 / 1024.0
}

fn of_drains(results: &Results, subject: &str, figure: fn(&Drain) -> f64) -> f64 {
    median(&results.drains(subject).map(figure).collect::<Vec<_>>())
}

fn figures<T>(runs: &[&T], figure: fn(&T) -> f64, digits: usize) -> String {
    number(median(&runs.iter().map(|run| figure(run)).collect::<Vec<_>>()), digits)
}

/// A dash stands for what could not be told.
fn number(number: f64, digits: usize) -> String {
    if number.is_finite() { format!("{number:.digits$}") } else { "-".to_owned() }
}
