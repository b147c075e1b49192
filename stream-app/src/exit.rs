//! How a command ends: its exit code, and what is said about it.
//!
//! A supervisor can tell by the code whether starting again helps: it does after 1, 6 and 8, it may after 4, and it does
//! not after 2, 3, 5 and 7 before someone has changed the arguments, the input or the brokers' permissions.

use crate::refusal::Refusal;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaConfRes;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// All went well. So did a program whose reader went away, as `head` does.
pub const OK: u8 = 0;
/// Something else than the arguments or the input was wrong: the broker, a file, the build.
pub const FAILED: u8 = 1;
/// The arguments or the configuration were wrong, such as an address to listen at that is taken. Clap's own code.
pub const USAGE: u8 = 2;
/// A line of the input was bad, and `--on-error fail` was asked for (`score`), or longer than 64 MiB (`produce --file`).
pub const BAD_INPUT: u8 = 3;
/// Another process with the same transactional id or place in the group took over (`run`).
pub const FENCED: u8 = 4;
/// A record was bad, and the policy for it is `fail` (`run`). Its offset is not committed: the next start meets it again.
pub const BAD_RECORD: u8 = 5;
/// No broker answered `dead-letters`, or acknowledged what `produce` wrote, in time; `run` waits for one.
pub const UNREACHABLE: u8 = 6;
/// The brokers refused: authentication failed, or a topic, group or transactional id is not authorised; or their certificate
/// is not to be trusted.
pub const REFUSED: u8 = 7;
/// A stop's deadline passed with work uncommitted; the next start does it again (`run`).
pub const STOP_OVERDUE: u8 = 8;

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

    /// Another process with our id took over.
    pub fn fenced(message: impl Into<String>) -> Self {
        Self { code: FENCED, message: Some(message.into()) }
    }

    /// A record was bad, and the policy is `fail`.
    pub fn bad_record(message: impl Into<String>) -> Self {
        Self { code: BAD_RECORD, message: Some(message.into()) }
    }

    /// No broker answered in time.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { code: UNREACHABLE, message: Some(message.into()) }
    }

    /// The brokers did not let us in, or not at what we need.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: REFUSED, message: Some(message.into()) }
    }

    /// A stop's deadline passed with work uncommitted.
    pub fn stop_overdue(message: impl Into<String>) -> Self {
        Self { code: STOP_OVERDUE, message: Some(message.into()) }
    }

    /// What a client's problem at the start is: the brokers refused, did not answer, or something else.
    pub fn at_start(code: RDKafkaErrorCode, message: impl Into<String>) -> Self {
        use RDKafkaErrorCode as Code;
        match code {
            code if Refusal::of(code).is_some() => Self::refused(message),
            Code::AllBrokersDown
            | Code::BrokerTransportFailure
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::BrokerNotAvailable => Self::unreachable(message),
            _ => Self::failed(message),
        }
    }

    /// Writing to `what` did not work. A reader that went away is no failure worth a word.
    pub fn writing(what: impl fmt::Display, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { code: OK, message: None },
            _ => Self::failed(format!("can't write to {what}: {error}")),
        }
    }

    /// The exit code.
    #[cfg(test)]
    pub fn code(&self) -> u8 {
        self.code
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
        // What was asked for is no user's concern.
        KafkaError::MetadataFetch(code) => code.to_string(),
        error => error.to_string(),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    #[test]
    fn the_help_explains_each_exit_code_once() {
        let help = Arguments::command().render_long_help().to_string();
        let (_, table) = help.split_once("Exit codes:").expect("the help has a table");
        let explained: Vec<u8> = table
            .lines()
            .skip(1)
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.trim_start().split_once(' ')?.0.parse().ok())
            .collect();
        let codes = [OK, FAILED, USAGE, BAD_INPUT, FENCED, BAD_RECORD, UNREACHABLE, REFUSED, STOP_OVERDUE];
        assert_eq!(explained, codes);
    }

    /// The systemd unit that operators are given.
    const UNIT: &str = include_str!("../../packaging/stream-app.service");

    fn setting(name: &str) -> &'static str {
        let mut settings = UNIT.lines().filter_map(|line| line.split_once('='));
        settings.find(|(key, _)| *key == name).expect("the unit has it").1
    }

    #[test]
    fn the_systemd_unit_starts_again_after_the_codes_that_it_helps_after_and_no_others() {
        let left_alone: Vec<u8> =
            setting("RestartPreventExitStatus").split(' ').map(|code| code.parse().unwrap()).collect();
        assert_eq!(left_alone, [USAGE, BAD_INPUT, FENCED, BAD_RECORD, REFUSED]);
        assert_eq!(setting("Restart"), "on-failure");
    }

    #[test]
    fn the_systemd_unit_does_not_kill_before_the_stop_s_own_deadline() {
        let stop_max: u64 = setting("TimeoutStopSec").parse().unwrap();
        assert!(stop_max > crate::stop::DEADLINE.as_secs());
    }

    #[test]
    fn a_problem_at_the_start_has_the_code_of_its_kind() {
        let code = |problem| Failure::at_start(problem, "").code;
        assert_eq!(code(RDKafkaErrorCode::TransactionalIdAuthorizationFailed), REFUSED);
        assert_eq!(code(RDKafkaErrorCode::SaslAuthenticationFailed), REFUSED);
        assert_eq!(code(RDKafkaErrorCode::SSL), REFUSED);
        assert_eq!(code(RDKafkaErrorCode::AllBrokersDown), UNREACHABLE);
        assert_eq!(code(RDKafkaErrorCode::InvalidReplicationFactor), FAILED);
    }
}
