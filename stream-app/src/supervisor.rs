//! Pipelines and their lives: as many threads as asked for, each with clients of its own, which are made anew after an
//! error that new clients can get over. Consumer groups share the partitions among all of them, here and elsewhere.

use crate::config::{Choice, Config, ProcessingGuarantee};
use crate::pipeline::{Identity, Pipeline, Shared};
use crate::pipeline_error::PipelineError;
use crate::progress::Progress;
use crate::stop::{Stop, StopAtEnd};
use crate::telemetry::{Event, Telemetry};
use crate::watch::Watch;
use model_runtime::{Model, forest::Kernels};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait before the first new life, doubled for each further one.
const RESTART_WAIT: Duration = Duration::from_millis(100);

/// How often that wait is doubled at most: to about 13 seconds.
const RESTART_DOUBLINGS_MAX: u32 = 7;

/// A life that lasted this long was a good one: the waits begin anew.
const GOOD_LIFE: Duration = Duration::from_mins(1);

/// How long a waiting thread sleeps before it looks whether it is to stop.
const WAIT_STEP: Duration = Duration::from_millis(50);

/// Runs the pipelines until they are asked to stop, or until one of them can't go on: then all stop, and its error comes
/// out.
pub fn run(
    config: &Config,
    model: &'static dyn Model,
    telemetry: &Arc<Telemetry>,
    progress: &Arc<Progress>,
    stop: &Stop,
) -> Result<(), PipelineError> {
    let metadata = model.metadata();
    telemetry.tell(Event::Started {
        model: metadata.name,
        digest: metadata.source_digest,
        kernels: if metadata.is_ranked { Kernels::best().name() } else { "none" },
        bootstrap_server: &config.bootstrap_server,
        input: &config.input,
        output: &config.output,
        dead_letter: &config.dead_letter,
        group: &config.group,
        processing_guarantee: config.processing_guarantee.name(),
        threads: threads(config),
    });
    let instance = config.group_instance_id.clone().unwrap_or_else(random_instance);
    let ended = Mutex::new(Ok(()));
    let outputs_told = Arc::default();
    thread::scope(|scope| {
        for number in 0..threads(config) {
            let identity = identity(config, &instance, number);
            let telemetry = telemetry.pipeline(number);
            let shared = Shared {
                watch: Arc::new(Watch::new(&config.bootstrap_server, telemetry.clone())),
                telemetry,
                progress: Arc::clone(progress),
                stop: stop.clone(),
                statistics: config.http.is_some(),
                output_closed: Arc::default(),
                outputs_told: Arc::clone(&outputs_told),
            };
            let ended = &ended;
            scope.spawn(move || {
                // Whatever ends one ends all, a panic too.
                let _stop = StopAtEnd(&shared.stop);
                note(live(config, &identity, model, &shared), ended);
            });
        }
    });
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = &ended {
        let problem = error.to_string();
        telemetry.tell(if error.is_replaced() {
            Event::Fenced { problem: &problem }
        } else {
            Event::Failed { problem: &problem }
        });
    }
    let (results, dead_letters) = (progress.results(), progress.dead_letters());
    telemetry.tell(Event::Stopped { records: results + dead_letters, results, dead_letters });
    ended
}

/// Keeps the error that came first: it is the cause, and what comes after it, such as a commit that was not done in time,
/// may follow from it.
fn note(result: Result<(), PipelineError>, first: &Mutex<Result<(), PipelineError>>) {
    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
    if first.is_ok() {
        *first = result;
    }
}

/// Lives until the end, or until an error that new clients can't get over.
fn live(
    config: &Config,
    identity: &Identity,
    model: &'static dyn Model,
    shared: &Shared,
) -> Result<(), PipelineError> {
    let mut attempt = 0;
    loop {
        let start = Instant::now();
        let ended = match Pipeline::connect(config, identity, model, shared) {
            // It was asked to stop before there was anything to finish.
            Err(_) if shared.stop.requested() => return Ok(()),
            connected => connected.and_then(Pipeline::run),
        };
        if ended.as_ref().is_err_and(PipelineError::is_fenced) {
            shared.telemetry.fenced();
        }
        let problem = match ended {
            // Of two processes with one name, each would fence the other for ever.
            Err(error) if error.is_replaced() && config.group_instance_id.is_some() => return Err(error),
            Err(error) if error.may_restart() && !shared.stop.requested() => error.to_string(),
            ended => return ended,
        };
        attempt = if start.elapsed() > GOOD_LIFE { 1 } else { attempt + 1 };
        let wait = RESTART_WAIT * (1 << (attempt - 1_u32).min(RESTART_DOUBLINGS_MAX));
        shared.telemetry.tell(Event::ClientsRestarted { attempt, delay: wait, problem: &problem });
        let start = Instant::now();
        while start.elapsed() < wait && !shared.stop.requested() {
            thread::sleep(WAIT_STEP);
        }
        if shared.stop.requested() {
            return Ok(());
        }
    }
}

/// What the clients of pipeline `number` are called.
fn identity(config: &Config, instance: &str, number: u32) -> Identity {
    let of_thread = |id: &String| if config.threads == 1 { id.clone() } else { format!("{id}-{number}") };
    let exactly_once = config.processing_guarantee == ProcessingGuarantee::ExactlyOnce;
    Identity {
        group_instance_id: config.group_instance_id.as_ref().map(of_thread),
        transactional_id: exactly_once
            .then(|| format!("{}-{instance}-{number}", config.transactional_id_prefix)),
    }
}

/// How many pipelines there are. The configuration allows 64 at most.
pub fn threads(config: &Config) -> u32 {
    u32::try_from(config.threads).unwrap_or(u32::MAX)
}

/// A name that no other process has, nor this one had before.
fn random_instance() -> String {
    format!("{:016x}", fastrand::u64(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_the_one_that_counts() {
        let ended = Mutex::new(Ok(()));
        note(Ok(()), &ended);
        note(Err(PipelineError::StoppedUnacknowledged { records: 3 }), &ended);
        note(Err(PipelineError::StoppedUncommitted), &ended);
        note(Ok(()), &ended);
        let ended = ended.into_inner().unwrap();
        assert!(matches!(ended, Err(PipelineError::StoppedUnacknowledged { records: 3 })), "{ended:?}");
    }
}
