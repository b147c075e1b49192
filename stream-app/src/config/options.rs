//! Our own options as texts from several places in; values out, each with its origin, and what is wrong.

use super::choice::Choice;
use super::gathered::Value;
use super::keys::{flag, variable};
use super::origin::Origin;
use super::problem::{Problem, did_you_mean, quoted};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The longest name of a topic that Kafka takes, in characters.
const TOPIC_CHARACTERS_MAX: usize = 249;

/// What was given for the options.
#[derive(Debug, Default)]
pub struct Options {
    given: Vec<(&'static str, Value)>,
    /// Where the value of each option came from.
    pub origins: BTreeMap<&'static str, Origin>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    wrong: BTreeSet<&'static str>,
}

impl Options {
    /// Options from everywhere, in any order.
    pub fn new(given: Vec<(&'static str, Value)>) -> Self {
        Self { given, ..Self::default() }
    }

    /// The text that prevails. A variable that is empty stands for none: what starts processes often can't leave one out.
    pub fn value(&mut self, key: &'static str) -> Option<Value> {
        let all: Vec<Value> = self
            .given
            .iter()
            .filter(|(its_key, value)| {
                *its_key == key && !(value.text.is_empty() && matches!(value.origin, Origin::Variable(_)))
            })
            .map(|(_, value)| value.clone())
            .collect();
        let highest = all.iter().map(|value| value.origin.precedence()).max()?;
        let mut equals = all.into_iter().filter(|value| value.origin.precedence() == highest);
        let found = equals.next()?;
        self.origins.insert(key, found.origin.clone());
        for other in equals.filter(|other| other.text != found.text) {
            let both = format!("{} and, at {}, {}", quoted(&other.text), found.origin, quoted(&found.text));
            self.wrong(key, &other.origin, format!("found {both} for one thing"), "keep one of them");
        }
        Some(found)
    }

    /// Notes where a value comes from that nobody gave.
    pub fn note_default(&mut self, key: &'static str, why: &'static str) {
        self.origins.insert(key, Origin::Default(why));
    }

    /// A text that is not empty.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        let text = value.text.trim().to_owned();
        if text.is_empty() {
            self.wrong(key, &value.origin, "found nothing".to_owned(), "give a value or leave it out");
        }
        Some(text)
    }

    /// The name of one topic.
    pub fn topic(&mut self, key: &'static str) -> Option<String> {
        let name = self.text(key)?;
        let legal = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-');
        let problem = if name.starts_with('^') {
            Some("begins with `^`, which stands for a pattern; name one topic")
        } else if name.is_empty() {
            None
        } else if name == "." || name == ".." || !name.chars().all(legal) {
            Some("is no topic's name; letters, digits, `.`, `_` and `-` make one")
        } else if name.len() > TOPIC_CHARACTERS_MAX {
            Some("is too long for a topic's name; 249 characters are the most")
        } else {
            None
        };
        if let Some((found, action)) = problem.and_then(|problem| problem.split_once("; ")) {
            self.wrong_here(key, format!("{} {found}", quoted(&name)), action);
        }
        Some(name)
    }

    /// One of a few words.
    pub fn choice<T: Choice>(&mut self, key: &'static str, default: T) -> T {
        let Some(value) = self.value(key) else {
            self.note_default(key, "");
            return default;
        };
        T::from_word(&value.text).unwrap_or_else(|| {
            let near = did_you_mean(&value.text, T::WORDS.iter().map(|(word, _)| *word));
            let action = format!("{near}give one of {}", T::names());
            self.wrong(key, &value.origin, format!("found {}", quoted(&value.text)), &action);
            default
        })
    }

    /// A whole number.
    pub fn number(&mut self, key: &'static str, range: RangeInclusive<u64>, default: u64) -> u64 {
        let Some(value) = self.value(key) else {
            self.note_default(key, "");
            return default;
        };
        match value.text.trim().parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let action = format!("give a whole number from {} to {}", range.start(), range.end());
                self.wrong(key, &value.origin, format!("found {}", quoted(&value.text)), &action);
                default
            }
        }
    }

    /// Milliseconds, as a number alone or with `ms` or `s` behind it.
    pub fn duration(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<Duration> {
        let value = self.value(key)?;
        let text = value.text.trim();
        let (digits, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
            (Some(digits), _) => (digits, 1),
            (None, Some(digits)) => (digits, 1_000),
            (None, None) => (text, 1),
        };
        let milliseconds = digits.trim_end().parse::<u64>().ok().and_then(|it| it.checked_mul(unit));
        match milliseconds.filter(|milliseconds| range.contains(milliseconds)) {
            Some(milliseconds) => Some(Duration::from_millis(milliseconds)),
            None => {
                let action = format!("give milliseconds from {} to {}", range.start(), range.end());
                self.wrong(key, &value.origin, format!("found {}", quoted(&value.text)), &action);
                None
            }
        }
    }

    /// An address to listen at.
    pub fn address(&mut self, key: &'static str) -> Option<SocketAddr> {
        let value = self.value(key)?;
        let address = value.text.trim().parse().ok();
        if address.is_none() {
            let action = "give an IP address and a port, such as 127.0.0.1:9095 or 0.0.0.0:9095";
            self.wrong(key, &value.origin, format!("found {}", quoted(&value.text)), action);
        }
        address
    }

    /// Brokers, several with commas, as librdkafka takes them: `HOST`, `HOST:PORT` or `SASL_SSL://HOST:PORT`.
    pub fn brokers(&mut self, key: &'static str) -> String {
        let Some(value) = self.value(key) else {
            let place = format!("{} ({}, {key})", flag(key), variable(key));
            let problem = Problem::new(place, "no broker is given", "give HOST:PORT, several with commas");
            self.problems.push(problem);
            self.wrong.insert(key);
            return String::new();
        };
        for broker in value.text.split(',') {
            if !is_broker(broker.trim()) {
                // What stands before an `@` in an address may be a password.
                let shown = broker.trim().rsplit('@').next().unwrap_or_default();
                let found = format!("found {}", quoted(shown));
                self.wrong(key, &value.origin, found, "give HOST:PORT, several with commas");
            }
        }
        value.text.split(',').map(str::trim).collect::<Vec<_>>().join(",")
    }

    /// Adds a problem with an option's value.
    pub fn wrong(&mut self, key: &'static str, origin: &Origin, found: String, action: &str) {
        self.wrong.insert(key);
        self.problems.push(Problem::new(origin, found, action));
    }

    /// Adds a problem at the place where an option's value came from.
    pub fn wrong_here(&mut self, key: &'static str, found: String, action: &str) {
        let place = match self.origins.get(key) {
            None | Some(Origin::Default(_)) => Origin::Flag(flag(key)),
            Some(origin) => origin.clone(),
        };
        self.wrong(key, &place, found, action);
    }

    /// Whether all of these are as they should be, so that it makes sense to compare them.
    pub fn are_right(&self, keys: &[&str]) -> bool {
        !keys.iter().any(|key| self.wrong.contains(key))
    }
}

/// The protocols that a broker's address may begin with.
const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];

fn is_broker(text: &str) -> bool {
    let address = match text.split_once("://") {
        Some((protocol, address)) => {
            if !PROTOCOLS.contains(&protocol.to_ascii_lowercase().as_str()) {
                return false;
            }
            address
        }
        None => text,
    };
    // In an IPv6 address colons stand between brackets.
    let (host, port) = match address.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((host, ""))) => (host, None),
        Some(Some((host, rest))) => (host, Some(rest.strip_prefix(':').unwrap_or_default())),
        Some(None) => return false,
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let legal = |it: char| !it.is_whitespace() && !it.is_control() && !matches!(it, '/' | '@' | '=');
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    !host.is_empty() && host.chars().all(legal) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(texts: &[(&'static str, &str)]) -> Options {
        let given = texts
            .iter()
            .map(|(key, text)| (*key, Value { text: (*text).to_owned(), origin: Origin::Flag(flag(key)) }));
        Options::new(given.collect())
    }

    #[test]
    fn numbers_are_taken_to_their_limits_and_not_past_them() {
        for (text, taken) in [("1", Some(1)), ("64", Some(64)), ("0", None), ("65", None), ("2.5", None)] {
            let mut options = options(&[("threads", text)]);
            let number = options.number("threads", 1..=64, 7);
            assert_eq!(
                (number, options.problems.is_empty()),
                (taken.unwrap_or(7), taken.is_some()),
                "{text}"
            );
        }
    }

    #[test]
    fn durations_are_milliseconds_unless_they_say_seconds() {
        for (text, milliseconds) in [
            ("250", Some(250)),
            ("250ms", Some(250)),
            ("2 s", Some(2_000)),
            ("0", None),
            ("601s", None),
            ("1m", None),
        ] {
            let mut options = options(&[("commit_interval", text)]);
            let duration = options.duration("commit_interval", 1..=600_000);
            assert_eq!(duration, milliseconds.map(Duration::from_millis), "{text}");
            assert_eq!(options.problems.is_empty(), milliseconds.is_some(), "{text}");
        }
    }

    #[test]
    fn brokers_are_hosts_with_ports() {
        for text in ["localhost:9092", "a", "a:1, b:65535", "SASL_SSL://a.b:9093", "[::1]:9092", "[::1]"] {
            let mut options = options(&[("bootstrap_server", text)]);
            assert_eq!(options.brokers("bootstrap_server"), text.replace(' ', ""));
            assert!(options.problems.is_empty(), "{text}: {:?}", options.problems);
        }
        for text in
            ["", "a:0", "a:65536", "a:x", "a,,b", "http://a:1", ":9092", "[::1", "a b:1", "u:p@h:1", "::1"]
        {
            let mut options = options(&[("bootstrap_server", text)]);
            options.brokers("bootstrap_server");
            assert_eq!(options.problems.len(), 1, "{text}");
        }
    }

    #[test]
    fn topics_have_names_that_kafka_takes() {
        let longest = "a".repeat(TOPIC_CHARACTERS_MAX);
        for (name, right) in [
            ("a.B_c-1", true),
            (".", false),
            ("a/b", false),
            ("^a", false),
            (&longest, true),
            (&format!("{longest}a"), false),
        ] {
            let mut options = options(&[("input", name)]);
            options.topic("input");
            assert_eq!(options.problems.is_empty(), right, "{name}");
            assert_eq!(options.are_right(&["input"]), right);
        }
    }
}
