//! A log line's fields: keys and values in, text (logfmt) or JSON out.

use super::event::Told;
use super::state::State;
use std::borrow::Cow;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

/// A key and its value.
pub(super) type Field<'a> = (&'static str, Value<'a>);

/// A field's value.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Number(i128),
    Seconds(f64),
    Numbers(&'a [i32]),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<SocketAddr> for Value<'_> {
    fn from(address: SocketAddr) -> Self {
        address.to_string().into()
    }
}

impl From<State> for Value<'_> {
    fn from(state: State) -> Self {
        state.name().into()
    }
}

impl From<Duration> for Value<'_> {
    fn from(duration: Duration) -> Self {
        Self::Seconds(duration.as_secs_f64())
    }
}

impl<'a> From<&'a [i32]> for Value<'a> {
    fn from(numbers: &'a [i32]) -> Self {
        Self::Numbers(numbers)
    }
}

macro_rules! number {
    ($($number:ty)*) => {
        $(impl From<$number> for Value<'_> {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        })*
    };
}

number!(i32 i64 u32 u64);

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// `level=info event=stopped records=3`: logfmt. It has no time: whatever keeps the log (journald, a container's
    /// runtime) adds one.
    #[default]
    Text,
    /// A JSON object a line, with an RFC 3339 timestamp in UTC.
    Json,
}

impl LogFormat {
    /// The event's line, without a line break in it or at its end.
    pub(super) fn line(self, told: &Told<'_>, thread: Option<u32>, now: SystemTime) -> String {
        let thread = thread.map(|thread| ("thread", Value::from(thread)));
        let fields = told.fields.iter().chain(thread.iter());
        let mut line = String::new();
        match self {
            Self::Text => {
                push(&mut line, format_args!("level={} event={}", told.level.name(), told.name));
                for (key, value) in fields {
                    push(&mut line, format_args!(" {key}="));
                    value.push_text(&mut line);
                }
            }
            Self::Json => {
                let (time, level) = (humantime::format_rfc3339_millis(now), told.level.name());
                push(
                    &mut line,
                    format_args!(r#"{{"timestamp":"{time}","level":"{level}","event":"{}""#, told.name),
                );
                for (key, value) in fields {
                    push(&mut line, format_args!(r#","{key}":"#));
                    value.push_json(&mut line);
                }
                line.push('}');
            }
        }
        line
    }
}

impl Value<'_> {
    fn push_text(&self, line: &mut String) {
        match self {
            Self::Text(text) if is_bare(text) => line.push_str(text),
            Self::Text(text) => push(line, format_args!("{text:?}")),
            other => other.push_json(line),
        }
    }

    fn push_json(&self, line: &mut String) {
        match self {
            Self::Text(text) => push(line, format_args!("{}", serde_json::Value::from(&**text))),
            Self::Number(number) => push(line, format_args!("{number}")),
            Self::Seconds(seconds) => push(line, format_args!("{seconds}")),
            Self::Numbers(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                push(line, format_args!("[{}]", numbers.join(",")));
            }
        }
    }
}

/// Whether logfmt needs no quotes around a value. Control characters would let a text pass for a line of its own.
fn is_bare(text: &str) -> bool {
    let breaks = |character: char| {
        character.is_whitespace() || character.is_control() || matches!(character, '"' | '=' | '\\')
    };
    !text.is_empty() && !text.contains(breaks)
}

pub(super) fn push(line: &mut String, text: std::fmt::Arguments<'_>) {
    line.write_fmt(text).expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::*;
    use serde_json::json;

    const NOON: Duration = Duration::from_millis(1_764_072_000_123);

    fn line(format: LogFormat, event: &Event<'_>, thread: Option<u32>) -> String {
        format.line(&event.told(), thread, SystemTime::UNIX_EPOCH + NOON)
    }

    #[test]
    fn text_is_quoted_where_it_must_be() {
        let unreachable =
            Event::BrokerUnreachable { bootstrap_server: "a:1,b:2", seconds: 60, problem: "down\n\"x\"" };
        assert_eq!(
            line(LogFormat::Text, &unreachable, None),
            r#"level=warning event=broker_unreachable bootstrap_server=a:1,b:2 seconds=60 problem="down\n\"x\"" action="trying again; check the address and that a broker runs there""#
        );
        let assigned = Event::Assigned { topic: "", partitions: &[0, 12] };
        assert_eq!(
            line(LogFormat::Text, &assigned, Some(1)),
            r#"level=info event=assigned topic="" partitions=[0,12] thread=1"#
        );
    }

    #[test]
    fn a_json_line_has_typed_fields_and_a_time() {
        let restarted = Event::ClientsRestarted {
            attempt: 2,
            delay: Duration::from_millis(250),
            problem: "\"fatal\"\n\u{1b}",
        };
        let line = line(LogFormat::Json, &restarted, Some(0));
        assert!(!line.contains(char::is_control), "{line}");
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        let expected = json!({
            "timestamp": "2025-11-25T12:00:00.123Z", "level": "warning", "event": "clients_restarted",
            "attempt": 2, "delay": 0.25, "problem": "\"fatal\"\n\u{1b}", "thread": 0,
        });
        assert_eq!(parsed, expected);
    }
}
