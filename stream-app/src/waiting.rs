//! What the loop does while it waits for brokers: it turns, hears what the client has to tell and, where that is nothing,
//! looks whether a broker is there at all. A process that is started again in its place would wait for them too.

use crate::sink::Sink;
use crate::watch::Probe;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::Producer;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long a wait may last before the brokers are looked at: of a broker that hangs, clients hear nothing for a minute.
const LOOK_PATIENCE: Duration = Duration::from_secs(3);

/// How long to wait between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// How long to wait for the end of a call on a thread of its own between two looks at everything else.
const CALL_STEP: Duration = Duration::from_millis(50);

/// One wait.
pub struct Waiting<'a> {
    sink: &'a Sink,
    next_look: Instant,
}

impl<'a> Waiting<'a> {
    /// A wait that begins now.
    pub fn new(sink: &'a Sink) -> Self {
        Self { sink, next_look: Instant::now() + LOOK_PATIENCE }
    }

    /// One that looks at its first step, which comes when the first call has had its time.
    pub fn looking_at_once(sink: &'a Sink) -> Self {
        Self { sink, next_look: Instant::now() }
    }

    /// To be called again and again while it lasts: takes this time, or longer if it is time for a look.
    pub fn step(&mut self, time: Duration) {
        self.sink.producer.poll(time);
        self.sink.telemetry.turned();
        self.look();
    }

    /// Looks at the brokers if it is time to.
    pub fn look(&mut self) {
        if Instant::now() < self.next_look {
            return;
        }
        let watch = &self.sink.producer.context().watch;
        match self.sink.ask_anew(&self.sink.output) {
            // What it answers of the topic is for others to tell.
            Ok(_) => {
                watch.let_in();
                watch.answered();
            }
            Err(error) => watch.probed(&Probe::Unreachable(error.to_string()), &self.sink.output),
        }
        self.sink.telemetry.turned();
        self.next_look = Instant::now() + LOOK_INTERVAL;
    }
}

/// What came of a call that has a thread of its own, so that the loop turns meanwhile; none while it lasts. One that got no
/// thread is cancelled.
pub fn answer(call: &Receiver<KafkaResult<()>>) -> Option<KafkaResult<()>> {
    match call.recv_timeout(CALL_STEP) {
        Ok(answer) => Some(answer),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Err(KafkaError::Canceled)),
    }
}
