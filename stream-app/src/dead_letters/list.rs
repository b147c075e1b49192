//! Prints dead letters, a line each: what their headers tell, and their values where that is asked for.

use super::done::Done;
use super::filter::Filter;
use super::letter::Letter;
use super::letters::Letters;
use super::telemetry;
use crate::config::Config;
use crate::exit::Failure;
use crate::stop::Stop;
use crate::watch::Watch;
use rdkafka::message::Message;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// The names of the columns.
const COLUMNS: &str = "partition\toffset\ttime\toriginal_topic\toriginal_partition\toriginal_offset\treason\tfield\tomitted\tstatus";

/// What stands for what is not known.
const UNKNOWN: &str = "-";

/// What is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Only letters that are not done.
    pub open_only: bool,
    /// Whether each letter's status is asked for: it is shown in any case, but then it must be known.
    pub status: bool,
    /// The values too.
    pub values: bool,
}

/// Prints the letters that the filter takes.
pub fn list(config: &Config, filter: &Filter<'_>, shown: Shown) -> Result<(), Failure> {
    let stop = Stop::on_signals()?;
    let letters = Letters::connect(config, &Arc::new(Watch::new(&config.bootstrap_server, telemetry())))?;
    let bounds = letters.bounds()?;
    filter.check(&config.dead_letter, &bounds)?;
    let done = match letters.done(bounds.keys().copied()) {
        Ok(done) => Some(done),
        Err(failure) if shown.status => return Err(failure),
        // Whoever only looks need not have rights on the group.
        Err(failure) => {
            let _ = writeln!(io::stderr(), "note: which letters are done is not known: {failure}");
            None
        }
    };
    letters.assign(&bounds)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let failure = |error: io::Error| Failure::writing("stdout", &error);
    writeln!(output, "{COLUMNS}{}", if shown.values { "\tvalue" } else { "" }).map_err(failure)?;
    let (mut listed, mut open, mut left_out) = (0_u64, 0_u64, 0_u64);
    while let Some(message) = letters.next(&stop, || Ok(()))? {
        let letter = Letter::of(&message);
        let is_done = done.as_ref().map(|done| is_done(done, &letter));
        if !filter.takes(&letter) || (shown.open_only && is_done == Some(true)) {
            left_out += 1;
            continue;
        }
        listed += 1;
        open += u64::from(is_done == Some(false));
        output.write_all(line(&letter, is_done).as_bytes()).map_err(failure)?;
        if shown.values {
            write!(output, "\t{}", value(message.payload())).map_err(failure)?;
        }
        output.write_all(b"\n").map_err(failure)?;
    }
    output.flush().map_err(failure)?;
    let open = if done.is_some() { format!(", {open} of them open") } else { String::new() };
    let left_out = if left_out > 0 { format!(", {left_out} left out") } else { String::new() };
    let _ = writeln!(io::stderr(), "{listed} dead letters in topic {}{open}{left_out}", config.dead_letter);
    Ok(())
}

fn is_done(done: &BTreeMap<i32, Done>, letter: &Letter<'_>) -> bool {
    done.get(&letter.partition).is_some_and(|done| done.contains(letter.offset))
}

fn line(letter: &Letter<'_>, is_done: Option<bool>) -> String {
    let text = |text: Option<&str>| text.map_or_else(|| UNKNOWN.to_owned(), escaped);
    let number = |number: Option<i64>| number.map_or_else(|| UNKNOWN.to_owned(), |number| number.to_string());
    let origin = letter.origin;
    [
        letter.partition.to_string(),
        letter.offset.to_string(),
        letter.timestamp.and_then(time).unwrap_or_else(|| UNKNOWN.to_owned()),
        text(origin.map(|origin| origin.topic)),
        number(origin.map(|origin| origin.partition.into())),
        number(origin.map(|origin| origin.offset)),
        text(letter.reason),
        text(letter.field),
        text(letter.omitted),
        text(is_done.map(|is_done| if is_done { "done" } else { "open" })),
    ]
    .join("\t")
}

/// Milliseconds since 1970 as a date and a time of UTC, from 1970 to 9999.
fn time(milliseconds: i64) -> Option<String> {
    let since = Duration::from_millis(u64::try_from(milliseconds).ok()?);
    let time = UNIX_EPOCH.checked_add(since)?;
    let mut text = String::new();
    // It fails for years that have more than four digits.
    std::fmt::Write::write_fmt(&mut text, format_args!("{}", humantime::format_rfc3339_millis(time))).ok()?;
    Some(text)
}

/// Headers may be anyone's: nothing in them is to end a line or to speak to a terminal.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let plain = !character.is_control() && character != '\\';
            plain
                .then_some(character)
                .into_iter()
                .chain((!plain).then(|| character.escape_default()).into_iter().flatten())
        })
        .collect()
}

/// A value between quotes, so that an empty one is not taken for none.
fn value(value: Option<&[u8]>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| format!("\"{}\"", value.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::super::letter::Origin;
    use super::*;

    #[test]
    fn a_line_has_a_column_for_each_name_and_marks_what_is_not_known() {
        let letter = Letter {
            partition: 1,
            offset: 17,
            timestamp: Some(1_234_567),
            origin: Some(Origin { topic: "houses", partition: 3, offset: 99 }),
            reason: Some("wrong_type"),
            field: Some("sqft"),
            omitted: None,
        };
        let known = "1\t17\t1970-01-01T00:20:34.567Z\thouses\t3\t99\twrong_type\tsqft\t-\t";
        assert_eq!(line(&letter, Some(true)), format!("{known}done"));
        assert_eq!(line(&letter, Some(false)), format!("{known}open"));
        let unknown = line(&Letter { timestamp: Some(-1), ..Letter::default() }, None);
        assert_eq!(unknown, "0\t0\t-\t-\t-\t-\t-\t-\t-\t-");
        assert_eq!(COLUMNS.split('\t').count(), unknown.split('\t').count());
        assert_eq!(time(i64::MAX), None);
    }

    #[test]
    fn what_could_end_a_line_or_speak_to_a_terminal_is_escaped() {
        assert_eq!(escaped("a\tb\n\u{1b}[2J\\ü"), r"a\tb\n\u{1b}[2J\\ü");
        assert_eq!(value(Some(b"{\"a\": \"\xff\n\"}")), r#""{\"a\": \"\xff\n\"}""#);
        assert_eq!((value(Some(b"")), value(None)), ("\"\"".to_owned(), "null".to_owned()));
    }
}
