//! What clients report and looks find, and what is told of it.

use super::*;
use crate::telemetry::{Captured, Telemetry, TelemetrySettings};

fn watch() -> (Watch, Captured) {
    let captured = Captured::default();
    let telemetry = Telemetry::with_writer(TelemetrySettings::default(), Box::new(captured.clone()));
    (Watch::new("localhost:9092", telemetry.pipeline(0)), captured)
}

fn problem(watch: &Watch, code: RDKafkaErrorCode) {
    watch.problem(&KafkaError::Global(code), "it says so");
}

#[test]
fn a_refusal_is_told_as_what_it_is_and_not_again_at_once() {
    let (watch, captured) = watch();
    for code in [
        RDKafkaErrorCode::SaslAuthenticationFailed,
        RDKafkaErrorCode::SaslAuthenticationFailed,
        RDKafkaErrorCode::TransactionalIdAuthorizationFailed,
        RDKafkaErrorCode::Fatal,
        RDKafkaErrorCode::CoordinatorLoadInProgress,
    ] {
        problem(&watch, code);
    }
    let text = captured.text();
    let expected = [
        "level=error event=authentication_failed bootstrap_server=localhost:9092 problem=\"it says so\" action=",
        "level=error event=not_authorized resource=\"transactional id\" problem=\"it says so\" action=",
        "level=error event=client_fatal problem=\"it says so\"",
        "level=warning event=client_problem problem=\"it says so\"",
    ];
    assert_eq!(text.lines().count(), expected.len(), "{text}");
    for (line, expected) in text.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
}

#[test]
fn a_refusal_is_final_only_before_a_broker_has_let_us_in() {
    let (watch, _) = watch();
    problem(&watch, RDKafkaErrorCode::SaslAuthenticationFailed);
    assert!(watch.refused().is_some());
    find_unreachable(&watch);
    assert!(watch.refused().is_some());
    watch.probed(&Probe::TopicUnknown, "in");
    assert!(watch.refused().is_none());
    problem(&watch, RDKafkaErrorCode::SaslAuthenticationFailed);
    assert!(watch.refused().is_none());
}

#[test]
fn a_refusal_of_new_clients_is_final_though_others_were_let_in() {
    let (watch, _) = watch();
    watch.let_in();
    watch.new_life();
    problem(&watch, RDKafkaErrorCode::SaslAuthenticationFailed);
    assert!(watch.refused().is_some());
    watch.new_life();
    assert!(watch.refused().is_none());
}

#[test]
fn a_handshake_that_fails_is_final_once_no_broker_answers() {
    let (watch, _) = watch();
    problem(&watch, RDKafkaErrorCode::SSL);
    assert!(watch.refused().is_none());
    find_unreachable(&watch);
    assert!(watch.refused().is_some());
}

#[test]
fn one_broker_that_goes_away_is_looked_after_and_not_told() {
    let (watch, captured) = watch();
    problem(&watch, RDKafkaErrorCode::BrokerTransportFailure);
    assert_eq!(captured.text(), "");
    find_unreachable(&watch);
    watch.probed(&Probe::Healthy, "in");
    assert_eq!(events(&captured), ["event=broker_unreachable", "event=broker_reachable"]);
}

#[test]
fn what_a_client_says_of_an_outage_is_looked_into_at_once_and_told_by_the_look() {
    let (watch, captured) = watch();
    watch.probed(&Probe::Healthy, "in");
    assert!(!watch.probe_is_due(true));
    problem(&watch, RDKafkaErrorCode::AllBrokersDown);
    assert!(captured.text().is_empty() && watch.probe_is_due(true));
    watch.probed(&Probe::Healthy, "in");
    assert!(captured.text().is_empty() && !watch.probe_is_due(true));
    problem(&watch, RDKafkaErrorCode::AllBrokersDown);
    find_unreachable(&watch);
    assert_eq!(events(&captured), ["event=broker_unreachable"]);
    // What comes of it again and again makes no more looks than there are anyway.
    problem(&watch, RDKafkaErrorCode::AllBrokersDown);
    assert!(!watch.probe_is_due(true));
}

#[test]
fn an_outage_is_told_when_it_begins_and_when_a_broker_answers_whoever_finds_out() {
    let (watch, captured) = watch();
    for _ in 0..3 {
        find_unreachable(&watch);
    }
    assert_eq!(events(&captured), ["event=broker_unreachable"]);
    watch.answered();
    watch.answered();
    let_time_pass(&watch);
    find_unreachable(&watch);
    watch.probed(&Probe::Healthy, "in");
    let outage = ["event=broker_unreachable", "event=broker_reachable"];
    assert_eq!(events(&captured), [outage, outage].concat());
}

#[test]
fn a_network_that_comes_and_goes_is_told_as_one_outage_and_known_as_what_it_is() {
    let captured = Captured::default();
    let telemetry = Telemetry::with_writer(TelemetrySettings::default(), Box::new(captured.clone()));
    let watch = Watch::new("localhost:9092", telemetry.pipeline(0));
    let metric = |value| {
        let series = format!("stream_app_broker_reachable{{thread=\"0\"}} {value}\n");
        telemetry.metrics_text().contains(&series)
    };
    for _ in 0..5 {
        find_unreachable(&watch);
        assert!(watch.is_unreachable() && metric(0));
        watch.answered();
        assert!(!watch.is_unreachable() && metric(1));
    }
    assert_eq!(events(&captured), ["event=broker_unreachable", "event=broker_reachable"]);
}

#[test]
fn what_the_client_says_of_an_outage_is_written_once_for_each_outage() {
    let (watch, captured) = watch();
    let refused = "[thrd:a:1/1]: a:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms)";
    for _ in 0..2 {
        find_unreachable(&watch);
        watch.client_log(RDKafkaLogLevel::Error, "FAIL", refused);
        watch.client_log(RDKafkaLogLevel::Error, "FAIL", refused);
        watch.answered();
        let_time_pass(&watch);
    }
    let outage = ["event=broker_unreachable", "event=client_log", "event=broker_reachable"];
    assert_eq!(events(&captured), [outage, outage].concat());
}

fn find_unreachable(watch: &Watch) {
    watch.probed(&Probe::Unreachable("no answer".to_owned()), "in");
}

/// Enough of it for the next outage to be told.
fn let_time_pass(watch: &Watch) {
    watch.lock().unreachable = Reminder::default();
}

fn events(captured: &Captured) -> Vec<String> {
    let text = captured.text();
    text.lines().filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect()
}
