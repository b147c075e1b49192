//! How a command ends: its exit code, and what is said about it.

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// All went well. So did a program whose reader went away, as `head` does.
pub const OK: u8 = 0;
/// Something else than the arguments or the input was wrong: the broker, a file, the build.
pub const FAILED: u8 = 1;
/// The arguments were wrong. Clap's own code.
pub const USAGE: u8 = 2;
/// A line of the input was bad, and `--on-error fail` was asked for.
pub const BAD_INPUT: u8 = 3;

/// Why a command ended early.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: Option<String>,
}

impl Failure {
    /// Something else than arguments or input was wrong.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { code: FAILED, message: Some(message.into()) }
    }

    /// The arguments were wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: Some(message.into()) }
    }

    /// The input was wrong.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self { code: BAD_INPUT, message: Some(message.into()) }
    }

    /// Writing to `what` did not work. A reader that went away is no failure worth a word.
    pub fn writing(what: impl fmt::Display, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { code: OK, message: None },
            _ => Self::failed(format!("can't write to {what}: {error}")),
        }
    }

    /// Says what there is to say on stderr and gives the exit code.
    pub fn report(self) -> ExitCode {
        if self.message.is_some() {
            // A stderr that nobody reads changes nothing about the exit code.
            let _ = writeln!(io::stderr(), "error: {self}");
        }
        ExitCode::from(self.code)
    }
}

/// An error of the Kafka client in words. Of a property that it does not take, the value is left out: it may be a
/// password.
pub fn client_error(error: &KafkaError) -> String {
    match error {
        // Librdkafka's own words for a wrong value repeat it.
        KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, _, name, _) => {
            format!("the client has no property `{name}`, or is built without it")
        }
        KafkaError::ClientConfig(_, _, name, _) => {
            format!("the client's property `{name}` has a wrong value")
        }
        error => error.to_string(),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message.as_deref().unwrap_or_default())
    }
}
