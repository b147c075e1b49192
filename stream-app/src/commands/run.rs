//! `stream-app run`: the loop against a Kafka.

use crate::cli::RunArguments;
use crate::config::{self, Config, Role};
use crate::exit::Failure;
use crate::http;
use crate::selection::{Models, select};
use crate::stop::Stop;
use crate::supervisor;
use crate::telemetry::{Level, Telemetry, TelemetrySettings};
use model_runtime::Metadata;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;

/// Runs the loop until a signal comes.
pub fn run(models: Models, arguments: &RunArguments) -> Result<(), Failure> {
    let mut loaded = config::load(&arguments.sources(), models)
        .map_err(|problems| Failure::usage(problems.to_string()))?;
    for note in &loaded.notes {
        // A stderr that nobody reads changes nothing.
        let _ = writeln!(io::stderr(), "note: {note}");
    }
    if arguments.print_config {
        let printed = io::stdout().write_all(loaded.to_toml().as_bytes());
        return printed.map_err(|error| Failure::writing("stdout", &error));
    }
    let model = select(models, loaded.config.model.as_deref(), None)?;
    loaded.config.pass_through = arguments.pass_through;
    let config = &loaded.config;
    let telemetry = Telemetry::new(telemetry_settings(config, model.metadata()));
    let stop = Stop::of_loop(&telemetry)?;
    if let Some(address) = config.http {
        http::serve(address, &telemetry).map_err(|error| unserved(address, &loaded.place("http"), &error))?;
    }
    let live_line = telemetry.live_line();
    let ended = supervisor::run(config, model, &telemetry, &Arc::default(), &stop);
    drop(live_line);
    ended.map_err(|error| error.failure())
}

/// Why metrics and health can't be served. Where only another address, or the end of what has this one, helps, it is the
/// configuration that is wrong.
fn unserved(address: SocketAddr, place: &str, error: &io::Error) -> Failure {
    let port = address.port();
    let found = format!("{place}: can't listen at {address}: {error}");
    let action = match error.kind() {
        ErrorKind::AddrInUse => {
            format!(
                "give a port that is free, or end what listens there; `ss -ltnp 'sport = :{port}'` names it"
            )
        }
        ErrorKind::AddrNotAvailable => format!(
            "give an address of this machine, such as 127.0.0.1:{port}, or 0.0.0.0:{port} for all that it has"
        ),
        ErrorKind::PermissionDenied => {
            "give a port above 1023, or let this process have it (CAP_NET_BIND_SERVICE)".to_owned()
        }
        _ => return Failure::failed(found),
    };
    Failure::usage(format!("{found}; {action}"))
}

fn telemetry_settings(config: &Config, model: &'static Metadata) -> TelemetrySettings {
    let debug = config.client_properties(Role::Consumer).iter().any(|(name, _)| name == "debug");
    TelemetrySettings {
        level_min: if debug { Level::Debug } else { Level::Info },
        format: config.log_format,
        model: Some(model),
        threads: supervisor::threads(config),
        max_poll_interval: config.max_poll_interval(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::{FAILED, USAGE};

    #[test]
    fn an_address_that_can_not_be_had_is_a_wrong_configuration_and_anything_else_is_not() {
        let address: SocketAddr = "192.0.2.1:80".parse().unwrap();
        let told = |kind| unserved(address, "app.toml:3 (http)", &io::Error::from(kind));
        for (kind, action) in [
            (
                ErrorKind::AddrInUse,
                "; give a port that is free, or end what listens there; `ss -ltnp 'sport = :80'`",
            ),
            (ErrorKind::AddrNotAvailable, "; give an address of this machine, such as 127.0.0.1:80,"),
            (ErrorKind::PermissionDenied, "; give a port above 1023,"),
        ] {
            let failure = told(kind);
            let text = failure.to_string();
            assert!(text.starts_with("app.toml:3 (http): can't listen at 192.0.2.1:80: "), "{text}");
            assert!(text.contains(action), "{text}");
            assert_eq!(failure.code(), USAGE, "{text}");
        }
        assert_eq!(told(ErrorKind::OutOfMemory).code(), FAILED);
    }
}
