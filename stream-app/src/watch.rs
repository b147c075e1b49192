//! Whether a broker answers: problems that the clients report go in, log lines at a bounded rate come out.

use crate::telemetry::{Event, PipelineTelemetry};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataTopic};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often one problem is told at most: often enough to be found at a log's end, seldom enough not to flood it.
const TELL_INTERVAL: Duration = Duration::from_secs(10);

/// How long to wait between two looks at a broker that seems to be away.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);

/// How long the first look waits: an assignment by a broker that is well mostly takes less.
const FIRST_PROBE_DELAY: Duration = Duration::from_secs(5);

/// Tells of problems, and knows when it is time to look at the broker. Both clients share it.
#[derive(Debug)]
pub struct Watch {
    bootstrap_server: String,
    telemetry: PipelineTelemetry,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When a problem was told last, by its code.
    told: Vec<(RDKafkaErrorCode, Instant)>,
    unreachable: bool,
    /// The first refusal of our name, password or certificate.
    refused: Option<KafkaError>,
    suspicious: bool,
    next_probe: Instant,
}

/// What a look at the broker found.
#[derive(Debug)]
pub enum Probe {
    /// It answers and has the topic.
    Healthy,
    /// It answers and does not have the topic.
    TopicUnknown,
    /// It answers and has something else to say about the topic.
    TopicProblem(String),
    /// It does not answer.
    Unreachable(String),
}

impl Probe {
    /// What a broker's answer about one topic means.
    pub fn of_topic(metadata: &Metadata) -> Self {
        match metadata.topics().iter().find_map(MetadataTopic::error).map(RDKafkaErrorCode::from) {
            None => Self::Healthy,
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                Self::TopicUnknown
            }
            Some(code) => Self::TopicProblem(code.to_string()),
        }
    }
}

impl Watch {
    /// A watch over the broker that both clients are connected to.
    pub fn new(bootstrap_server: &str, telemetry: PipelineTelemetry) -> Self {
        let state = State {
            told: Vec::new(),
            unreachable: false,
            refused: None,
            suspicious: false,
            next_probe: Instant::now() + FIRST_PROBE_DELAY,
        };
        Self { bootstrap_server: bootstrap_server.to_owned(), telemetry, state: Mutex::new(state) }
    }

    /// A client reports a problem that it goes on after.
    pub fn problem(&self, error: &KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        let problem = if reason.is_empty() { error.to_string() } else { reason.to_owned() };
        let mut state = self.lock();
        match code {
            RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => {
                state.suspicious = true;
            }
            RDKafkaErrorCode::AllBrokersDown => {
                state.suspicious = true;
                state.unreachable = true;
                if state.may_tell(code) {
                    self.tell_unreachable(&problem);
                }
            }
            // Librdkafka tells this of every single broker that goes away, also while others answer: a look at the
            // cluster tells whether any does.
            RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::Resolve
            | RDKafkaErrorCode::OperationTimedOut => state.suspicious = true,
            RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed => {
                state.refused.get_or_insert_with(|| error.clone());
                if state.may_tell(code) {
                    let bootstrap_server = &self.bootstrap_server;
                    self.telemetry.tell(Event::AuthenticationFailed { bootstrap_server, problem: &problem });
                }
            }
            RDKafkaErrorCode::Fatal => self.telemetry.tell(Event::ClientFatal { problem: &problem }),
            code => {
                if state.may_tell(code) {
                    self.telemetry.tell(Event::ClientProblem { problem: &problem });
                }
            }
        }
    }

    /// Why the brokers do not let us in, if they have said so.
    pub fn refused(&self) -> Option<KafkaError> {
        self.lock().refused.clone()
    }

    /// A line of a client's own log.
    pub fn client_log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.telemetry.client_log(level, facility, message);
    }

    /// Whether it is time to look at the broker. One that has given us partitions and no problem is left alone.
    pub fn probe_is_due(&self, assigned: bool) -> bool {
        let state = self.lock();
        (state.suspicious || !assigned) && Instant::now() >= state.next_probe
    }

    /// Tells what a look at the broker found.
    pub fn probed(&self, probe: &Probe, topic: &str) {
        let bootstrap_server = &self.bootstrap_server;
        let mut state = self.lock();
        state.next_probe = Instant::now() + PROBE_INTERVAL;
        if let Probe::Unreachable(problem) = probe {
            state.unreachable = true;
            if state.may_tell(RDKafkaErrorCode::AllBrokersDown) {
                self.tell_unreachable(problem);
            }
            return;
        }
        if std::mem::take(&mut state.unreachable) {
            self.telemetry.tell(Event::BrokerReachable { bootstrap_server });
        }
        state.suspicious = !matches!(probe, Probe::Healthy);
        if state.suspicious && state.may_tell(RDKafkaErrorCode::UnknownTopic) {
            match probe {
                Probe::TopicProblem(problem) => self.telemetry.tell(Event::TopicProblem { topic, problem }),
                _ => self.telemetry.tell(Event::TopicUnknown { topic, bootstrap_server }),
            }
        }
    }

    /// Tells of a topic to write to, once looked for, that is not there.
    pub fn output_looked_for(&self, probe: &Probe, topic: &str) {
        match probe {
            Probe::TopicUnknown => {
                let bootstrap_server = &self.bootstrap_server;
                self.telemetry.tell(Event::OutputUnknown { topic, bootstrap_server });
            }
            Probe::TopicProblem(problem) => self.telemetry.tell(Event::TopicProblem { topic, problem }),
            Probe::Healthy | Probe::Unreachable(_) => {}
        }
    }

    fn tell_unreachable(&self, problem: &str) {
        self.telemetry.tell(Event::BrokerUnreachable { bootstrap_server: &self.bootstrap_server, problem });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn may_tell(&mut self, code: RDKafkaErrorCode) -> bool {
        let now = Instant::now();
        match self.told.iter_mut().find(|(told, _)| *told == code) {
            Some((_, when)) if now.duration_since(*when) < TELL_INTERVAL => false,
            Some((_, when)) => {
                *when = now;
                true
            }
            None => {
                self.told.push((code, now));
                true
            }
        }
    }
}
