//! Whether a broker answers: problems that the clients report go in, log lines at a bounded rate come out.

#[cfg(test)]
mod tests;

use crate::refusal::Refusal;
use crate::reminder::{REMINDER_INTERVAL, Reminder};
use crate::telemetry::{Event, PipelineTelemetry};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataTopic};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long to wait between two looks at a broker that seems to be away.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);

/// How long the first look waits: an assignment by a broker that is well mostly takes less.
const FIRST_PROBE_DELAY: Duration = Duration::from_secs(5);

/// How long to serve what a client has to tell after a call that failed. A poll that is not to wait serves one event at most,
/// and a connection that is refused is several.
pub const EVENTS_TIME: Duration = Duration::from_millis(100);

/// How long to wait for one of these events.
const EVENT_WAIT: Duration = Duration::from_millis(10);

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
    /// That no broker answers.
    unreachable: Reminder,
    /// The first refusal of our name or password, or of a certificate, unless a broker has let us in.
    refused: Option<KafkaError>,
    let_in: bool,
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
            unreachable: Reminder::default(),
            refused: None,
            let_in: false,
            suspicious: false,
            next_probe: Instant::now() + FIRST_PROBE_DELAY,
        };
        Self { bootstrap_server: bootstrap_server.to_owned(), telemetry, state: Mutex::new(state) }
    }

    /// New clients are made: what brokers say to their name and password counts, not what they said to others'.
    pub fn new_life(&self) {
        let mut state = self.lock();
        state.let_in = false;
        state.refused = None;
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
            // It may be heard when the outage is over, or be of the one address of `localhost` at which no broker listens: a
            // look tells.
            RDKafkaErrorCode::AllBrokersDown => {
                state.suspicious = true;
                if !state.unreachable.is_on() {
                    state.next_probe = Instant::now();
                }
            }
            // Librdkafka tells this of every single broker that goes away, also while others answer: a look at the
            // cluster tells whether any does.
            RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::Resolve
            | RDKafkaErrorCode::OperationTimedOut => state.suspicious = true,
            code => {
                let is_refusal =
                    matches!(Refusal::of(code), Some(Refusal::Authentication | Refusal::Handshake));
                if is_refusal && !state.let_in {
                    state.refused.get_or_insert_with(|| error.clone());
                }
                if code == RDKafkaErrorCode::Fatal || state.may_tell(code) {
                    self.tell_problem(code, &problem);
                }
            }
        }
    }

    /// The brokers to begin with, as they were given.
    pub fn bootstrap_server(&self) -> &str {
        &self.bootstrap_server
    }

    /// Whether no broker takes a connection, by the last that is known.
    pub fn is_unreachable(&self) -> bool {
        self.lock().unreachable.is_on()
    }

    /// A broker has done what it was asked for, so it is there.
    pub fn answered(&self) {
        let mut state = self.lock();
        if !state.unreachable.is_on() {
            return;
        }
        if state.unreachable.end() {
            self.telemetry.tell(Event::BrokerReachable { bootstrap_server: &self.bootstrap_server });
        } else {
            self.telemetry.reachable(true);
        }
    }

    /// A broker knows us: what others refuse from now on may be a change of keys that is under way.
    pub fn let_in(&self) {
        let mut state = self.lock();
        state.let_in = true;
        state.refused = None;
    }

    /// Why there is no way to the brokers that waiting would open, if there is none: they do not let us in, or with none of
    /// them a TLS handshake succeeds.
    pub fn refused(&self) -> Option<KafkaError> {
        let state = self.lock();
        let code = state.refused.as_ref()?.rdkafka_error_code()?;
        // One broker's certificate may be bad while others serve.
        let is_final = Refusal::of(code) != Some(Refusal::Handshake) || state.unreachable.is_on();
        state.refused.clone().filter(|_| is_final)
    }

    /// The same of a consumer that has no partitions yet: serves what it has to tell first. It reads nothing.
    pub fn refused_by<C: ConsumerContext>(&self, consumer: &BaseConsumer<C>) -> Option<KafkaError> {
        let start = Instant::now();
        while start.elapsed() < EVENTS_TIME {
            consumer.poll(EVENT_WAIT);
        }
        self.refused()
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
        if !matches!(probe, Probe::Unreachable(_)) {
            self.let_in();
            self.answered();
        }
        let mut state = self.lock();
        state.next_probe = Instant::now() + PROBE_INTERVAL;
        if let Probe::Unreachable(problem) = probe {
            self.tell_unreachable(&mut state, problem);
            return;
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

    fn tell_problem(&self, code: RDKafkaErrorCode, problem: &str) {
        let bootstrap_server = &self.bootstrap_server;
        self.telemetry.tell(match (code, Refusal::of(code)) {
            (_, Some(Refusal::Authentication)) => Event::AuthenticationFailed { bootstrap_server, problem },
            (_, Some(Refusal::Handshake)) => Event::TlsFailed { bootstrap_server, problem },
            (_, Some(Refusal::Authorization(resource))) => Event::NotAuthorized { resource, problem },
            (RDKafkaErrorCode::Fatal, None) => Event::ClientFatal { problem },
            _ => Event::ClientProblem { problem },
        });
    }

    fn tell_unreachable(&self, state: &mut State, problem: &str) {
        if let Some(lasted) = state.unreachable.tell(Instant::now()) {
            let (bootstrap_server, seconds) = (&*self.bootstrap_server, lasted.as_secs());
            self.telemetry.tell(Event::BrokerUnreachable { bootstrap_server, seconds, problem });
        } else {
            self.telemetry.reachable(false);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn may_tell(&mut self, code: RDKafkaErrorCode) -> bool {
        let now = Instant::now();
        match self.told.iter_mut().find(|(told, _)| *told == code) {
            Some((_, when)) if now.duration_since(*when) < REMINDER_INTERVAL => false,
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
