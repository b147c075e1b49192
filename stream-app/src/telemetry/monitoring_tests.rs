//! The files of `monitoring/` against the text of `/metrics`: what they ask for is there, what is there they show.

use super::{Event, PipelineTelemetry, State, Tally, Telemetry, TelemetrySettings};
use crate::bad_record::BadRecord;
use crate::test_model::NUMBER;
use model_runtime::Model;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

const DASHBOARD: &str = include_str!("../../../monitoring/grafana-dashboard.json");
const ALERTS: &str = include_str!("../../../monitoring/prometheus-alerts.yaml");

/// Series of the dashboard's histograms that no panel needs, because `_bucket` has all of it.
const NOT_SHOWN: [&str; 9] = [
    "stream_app_batch_records_count",
    "stream_app_batch_records_sum",
    "stream_app_batch_scoring_duration_seconds_count",
    "stream_app_commit_duration_seconds_count",
    "stream_app_commit_duration_seconds_sum",
    "stream_app_end_to_end_latency_seconds_count",
    "stream_app_end_to_end_latency_seconds_sum",
    "stream_app_record_scoring_duration_seconds_count",
    "stream_app_record_scoring_duration_seconds_sum",
];

/// Everything that may happen happens once: families without a series are not in the text.
fn eventful() -> String {
    let settings = TelemetrySettings { model: Some(NUMBER.metadata()), ..TelemetrySettings::default() };
    let telemetry = Telemetry::with_writer(settings, Box::new(io::sink()));
    let pipeline: PipelineTelemetry = telemetry.pipeline(0);
    pipeline.set_state(State::Running);
    pipeline.tell(Event::TopicUnknown { topic: "in", bootstrap_server: "localhost:9092" });
    pipeline.tell(Event::RecordRefused { topic: "in", partition: 0, offset: 0, bad: &BadRecord::NoValue });
    pipeline.lag("in", 0, 1);
    let mut work = Tally::default();
    work.dead_letter(None, "no_value");
    work.skipped("no_value");
    pipeline.committed(&mut work, Duration::from_millis(1));
    telemetry.metrics_text()
}

/// The names of the series in the text.
fn series(text: &str) -> BTreeSet<&str> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).collect()
}

/// The names of metrics that an expression, or any text, speaks of.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words.filter(|word| word.starts_with("stream_app_") || word.starts_with("process_")).collect()
}

#[test]
fn dashboard_and_alerts_ask_for_metrics_that_are_there() {
    let text = eventful();
    for (file, content) in [("the dashboard", DASHBOARD), ("the alerts", ALERTS)] {
        let unknown: Vec<_> = named(content).difference(&series(&text)).copied().collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}

#[test]
fn every_metric_is_on_the_dashboard_or_on_the_list() {
    let text = eventful();
    let shown = named(DASHBOARD);
    let missing: Vec<_> = series(&text).difference(&shown).copied().collect();
    assert_eq!(missing, NOT_SHOWN);
}

#[test]
fn every_metric_has_a_help_text_and_a_type_and_counters_end_in_total() {
    let text = eventful();
    let about = |keyword: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(keyword));
        lines.filter_map(|line| line.split(' ').next().map(ToOwned::to_owned)).collect()
    };
    assert_eq!(about("# HELP "), about("# TYPE "));
    for name in series(&text) {
        let suffixes = ["_bucket", "_sum", "_count"].map(|suffix| name.strip_suffix(suffix));
        let known = |name: &str| about("# TYPE ").contains(name);
        assert!(known(name) || suffixes.into_iter().flatten().any(known), "{name}");
    }
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        let is_counter = line.ends_with(" counter");
        assert_eq!(is_counter, line.contains("_total "), "{line}");
    }
}

#[test]
fn the_dashboard_is_json_with_places_that_do_not_overlap() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut taken = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{}", panel["title"]);
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(x < 24 && taken.insert((x, y)), "{} at {x}, {y}", panel["title"]);
            }
        }
    }
}
