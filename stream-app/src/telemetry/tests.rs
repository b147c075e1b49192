//! Telemetry as the loop uses it: events and batches in, the log and the text of `/metrics` out.

use super::{
    Captured, Event, Level, LogFormat, PipelineTelemetry, State, Tally, Telemetry, TelemetrySettings,
};
use crate::bad_record::BadRecord;
use crate::test_model::NUMBER;
use model_runtime::Model;
use model_runtime::record::{JsonType, RecordError};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::statistics::{Partition, Statistics, Topic};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn settings(threads: u32) -> TelemetrySettings {
    TelemetrySettings { model: Some(NUMBER.metadata()), threads, ..TelemetrySettings::default() }
}

fn telemetry(settings: TelemetrySettings) -> (Arc<Telemetry>, Captured) {
    let captured = Captured::default();
    (Telemetry::with_writer(settings, Box::new(captured.clone())), captured)
}

/// The value of the series, whose name and labels are as in the text of `/metrics`.
fn value(telemetry: &Telemetry, series: &str) -> Option<f64> {
    let text = telemetry.metrics_text();
    let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(value.parse().unwrap())
}

fn refuse(pipeline: &PipelineTelemetry, offset: i64, bad: &BadRecord) {
    pipeline.tell(Event::RecordRefused { topic: "in", partition: 3, offset, bad });
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[test]
fn each_commit_that_fails_or_is_tried_again_is_counted_though_not_each_is_told() {
    let (telemetry, captured) = telemetry(settings(1));
    let pipeline = telemetry.pipeline(0);
    for _ in 0..3 {
        pipeline.commit_failed();
        pipeline.commit_retried();
    }
    pipeline.commit_retried();
    assert_eq!(value(&telemetry, r#"stream_app_commit_failures_total{thread="0"}"#), Some(3.0));
    assert_eq!(value(&telemetry, r#"stream_app_commit_retries_total{thread="0"}"#), Some(4.0));
    assert_eq!(captured.text(), "");
}

#[test]
fn committed_work_is_counted_and_aborted_work_is_not() {
    let (telemetry, captured) = telemetry(settings(1));
    let pipeline = telemetry.pipeline(0);
    let mut tally = Tally::default();
    pipeline.consumed(3, 300);
    tally.result(Some(now() - 60_000), 120);
    tally.result(None, 100);
    tally.dead_letter(None, "not_json");
    pipeline.in_flight(tally.records());
    assert_eq!(value(&telemetry, r#"stream_app_records_in_flight{thread="0"}"#), Some(3.0));
    pipeline.aborted(&mut tally, "partitions lost");
    assert_eq!(tally.records(), 0);
    assert_eq!(value(&telemetry, r#"stream_app_records_in_flight{thread="0"}"#), Some(0.0));
    assert_eq!(
        captured.text(),
        "level=warning event=transaction_aborted reason=\"partitions lost\" records=3\n"
    );
    pipeline.consumed(0, 0);
    pipeline.consumed(2, 200);
    tally.result(Some(now() - 60_000), 120);
    tally.dead_letter(None, "not_json");
    tally.skipped("no_value");
    pipeline.committed(&mut tally, Duration::from_millis(20));
    assert_eq!(tally.records(), 0);
    let expected = [
        (r#"stream_app_input_records_total{thread="0"}"#, 5.0),
        (r#"stream_app_input_bytes_total{thread="0"}"#, 500.0),
        (r#"stream_app_output_records_total{thread="0"}"#, 1.0),
        (r#"stream_app_output_bytes_total{thread="0"}"#, 120.0),
        (r#"stream_app_dead_letter_records_total{thread="0",reason="not_json"}"#, 1.0),
        (r#"stream_app_skipped_records_total{thread="0",reason="no_value"}"#, 1.0),
        (r#"stream_app_transactions_committed_total{thread="0"}"#, 1.0),
        (r#"stream_app_transactions_aborted_total{thread="0"}"#, 1.0),
        (r#"stream_app_aborted_records_total{thread="0"}"#, 3.0),
        (r#"stream_app_batch_records_bucket{thread="0",le="1"}"#, 0.0),
        (r#"stream_app_batch_records_count{thread="0"}"#, 2.0),
        (r#"stream_app_commit_duration_seconds_sum{thread="0"}"#, 0.02),
        (r#"stream_app_end_to_end_latency_seconds_count{thread="0"}"#, 1.0),
        (r#"stream_app_end_to_end_latency_seconds_bucket{thread="0",le="30"}"#, 0.0),
        (r#"stream_app_end_to_end_latency_seconds_bucket{thread="0",le="300"}"#, 1.0),
    ];
    for (series, expected) in expected {
        assert_eq!(value(&telemetry, series), Some(expected), "{series}\n{}", telemetry.metrics_text());
    }
}

#[test]
fn scoring_time_is_observed_by_batch_and_as_an_average_by_record() {
    let (telemetry, _) = telemetry(settings(1));
    let pipeline = telemetry.pipeline(0);
    pipeline.scored(500, Duration::from_millis(1));
    pipeline.scored(0, Duration::from_secs(1));
    for (series, expected) in [
        (r#"stream_app_batch_scoring_duration_seconds_count{thread="0"}"#, 1.0),
        (r#"stream_app_batch_scoring_duration_seconds_sum{thread="0"}"#, 0.001),
        (r#"stream_app_record_scoring_duration_seconds_sum{thread="0"}"#, 0.000_002),
    ] {
        assert_eq!(value(&telemetry, series), Some(expected), "{series}");
    }
}

#[test]
fn exactly_one_state_is_set_and_a_change_is_told_once() {
    let (telemetry, captured) = telemetry(settings(2));
    let pipeline = telemetry.pipeline(1);
    pipeline.set_state(State::Rebalancing);
    pipeline.set_state(State::Running);
    pipeline.set_state(State::Running);
    assert_eq!(
        captured.text(),
        "level=info event=state_changed from=CREATED to=REBALANCING thread=1\n\
         level=info event=state_changed from=REBALANCING to=RUNNING thread=1\n"
    );
    let states = State::ALL.map(|state| {
        value(&telemetry, &format!(r#"stream_app_state{{thread="1",state="{state}"}}"#)).unwrap()
    });
    assert_eq!(states, [0.0, 0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn the_process_is_ready_while_every_thread_runs() {
    let (telemetry, _) = telemetry(settings(2));
    assert_eq!(telemetry.ready(), Err("0 of 2 threads have started".to_owned()));
    let (first, second) = (telemetry.pipeline(0), telemetry.pipeline(1));
    first.set_state(State::Running);
    assert_eq!(telemetry.ready(), Err("thread 1 is CREATED".to_owned()));
    second.set_state(State::Running);
    assert_eq!(telemetry.ready(), Ok(()));
    first.set_state(State::PendingShutdown);
    assert_eq!(telemetry.ready(), Err("thread 0 is PENDING_SHUTDOWN".to_owned()));
}

#[test]
fn a_loop_that_does_not_turn_is_not_alive() {
    // Half of it is much more than a busy machine takes from one line of this to the next.
    let max_poll_interval = Duration::from_secs(4);
    let (telemetry, _) = telemetry(TelemetrySettings { max_poll_interval, ..settings(1) });
    assert_eq!(telemetry.alive(), Ok(()), "nothing has started");
    let pipeline = telemetry.pipeline(0);
    assert_eq!(telemetry.alive(), Ok(()));
    std::thread::sleep(max_poll_interval / 2 + Duration::from_millis(10));
    let reason = telemetry.alive().unwrap_err();
    assert!(reason.starts_with("the loop of thread 0 has not turned for "), "{reason}");
    assert!(reason.contains(" s; expected within 2 s, half of max.poll.interval.ms"), "{reason}");
    pipeline.turned();
    assert_eq!(telemetry.alive(), Ok(()));
}

#[test]
fn lag_is_that_of_the_partitions_that_are_ours() {
    let (telemetry, _) = telemetry(settings(2));
    let (first, second) = (telemetry.pipeline(0), telemetry.pipeline(1));
    let partition = Partition {
        ls_offset: 100,
        hi_offset: 100,
        next_offset: 100,
        app_offset: 99,
        ..Partition::default()
    };
    let topic =
        Topic { partitions: HashMap::from([(0, partition.clone()), (7, partition)]), ..Topic::default() };
    let statistics =
        Statistics { topics: HashMap::from([("in".to_owned(), topic)]), ..Statistics::default() };
    first.tell(Event::Assigned { topic: "in", partitions: &[0, 1] });
    first.in_flight(9);
    first.statistics("in", &statistics, [(0, Some(90)), (1, Some(5))]);
    first.lag("in", 1, 4);
    let lag = |partition: i32| {
        value(
            &telemetry,
            &format!(r#"stream_app_consumer_lag_records{{topic="in",partition="{partition}"}}"#),
        )
    };
    assert_eq!((lag(0), lag(1), lag(7)), (Some(9.0), Some(4.0), None));
    first.tell(Event::Revoked { topic: "in", partitions: &[0] });
    assert_eq!((lag(0), lag(1)), (None, Some(4.0)));
    // The other thread takes partition 1 before this one hears that it has lost it.
    second.lag("in", 1, 3);
    first.tell(Event::PartitionsLost { topic: "in", partitions: &[1] });
    assert_eq!(lag(1), Some(3.0), "the series is the other thread's by now");
    let delay = Duration::from_secs(1);
    second.tell(Event::ClientsRestarted { attempt: 1, delay, problem: "fatal" });
    assert_eq!(lag(1), None, "clients that are thrown away have no partitions");
    for (kind, times) in [("assigned", 1.0), ("revoked", 1.0), ("lost", 1.0)] {
        let series = format!(r#"stream_app_rebalances_total{{thread="0",kind="{kind}"}}"#);
        assert_eq!(value(&telemetry, &series), Some(times), "{series}");
    }
    assert_eq!(value(&telemetry, r#"stream_app_assigned_partitions{thread="0"}"#), Some(0.0));
}

#[test]
fn features_are_summed_over_threads_and_over_readers() {
    let (telemetry, _) = telemetry(settings(2));
    let (first, second) = (telemetry.pipeline(0), telemetry.pipeline(1));
    first.features(&[0, 5], &[]);
    second.features(&[0, 2], &[1, 1]);
    first.features(&[0, 6], &[10, 0]);
    // A new reader begins at zero.
    first.features(&[0, 1], &[2, 0]);
    for (series, expected) in [
        (r#"stream_app_unseen_categories_total{feature="floor"}"#, Some(9.0)),
        (r#"stream_app_unseen_categories_total{feature="size"}"#, None),
        (r#"stream_app_missing_values_total{feature="size"}"#, Some(13.0)),
        (r#"stream_app_missing_values_total{feature="floor"}"#, Some(1.0)),
    ] {
        assert_eq!(value(&telemetry, series), expected, "{series}\n{}", telemetry.metrics_text());
    }
}

#[test]
fn a_bad_record_is_told_by_its_place_and_type_and_never_by_its_value() {
    let (telemetry, captured) = telemetry(TelemetrySettings { format: LogFormat::Json, ..settings(1) });
    let wrong = RecordError::WrongType { field: "size", found: JsonType::Array, expected: "a number" };
    refuse(&telemetry.pipeline(0), 17, &BadRecord::Unreadable(wrong));
    let line: serde_json::Value = serde_json::from_str(&captured.text()).unwrap();
    for (key, expected) in
        [("topic", "in"), ("reason", "wrong_type"), ("field", "size"), ("json_type", "array")]
    {
        assert_eq!(line[key], expected, "{line}");
    }
    assert_eq!((&line["partition"], &line["offset"]), (&3.into(), &17.into()));
    let series = r#"stream_app_bad_records_total{thread="0",policy="dead-letter",reason="wrong_type"}"#;
    assert_eq!(value(&telemetry, series), Some(1.0));
}

#[test]
fn what_is_left_out_is_said_when_the_second_is_over_although_no_more_comes() {
    let (telemetry, captured, lines) = within_a_second(|| {
        let (telemetry, captured) = telemetry(settings(1));
        let pipeline = telemetry.pipeline(0);
        (0..25).for_each(|offset| refuse(&pipeline, offset, &BadRecord::NoValue));
        pipeline.turned();
        let refused = captured.text().lines().count();
        // What the client repeats is kept out for another reason, and is not said.
        (0..25).for_each(|_| pipeline.client_log(RDKafkaLogLevel::Error, "FAIL", "refused"));
        let all = captured.text().lines().count();
        (telemetry, captured, [refused, all])
    });
    let pipeline = telemetry.pipeline(0);
    assert_eq!(lines, [10, 11]);
    std::thread::sleep(Duration::from_millis(1_010));
    pipeline.turned();
    pipeline.turned();
    let text = captured.text();
    assert_eq!(text.lines().count(), 12);
    assert!(
        text.ends_with("level=warning event=lines_left_out of=record_refused reason=no_value lines=15\n"),
        "{text}"
    );
    assert_eq!(value(&telemetry, "stream_app_log_lines_left_out_total"), Some(15.0));
    let series = r#"stream_app_bad_records_total{thread="0",policy="dead-letter",reason="no_value"}"#;
    assert_eq!(value(&telemetry, series), Some(25.0), "left out of the log is not left out of the metrics");
}

#[test]
fn what_is_left_out_is_said_before_the_end() {
    let (telemetry, captured) = telemetry(settings(1));
    let pipeline = telemetry.pipeline(0);
    (0..11).for_each(|offset| refuse(&pipeline, offset, &BadRecord::NoValue));
    pipeline.tell(Event::Failed { problem: "x" });
    assert!(captured.text().ends_with("event=lines_left_out of=record_refused reason=no_value lines=1\n"));
}

#[test]
fn the_clients_log_has_its_level_and_its_warnings_about_shared_properties_are_dropped() {
    let (telemetry, captured) = telemetry(settings(1));
    let pipeline = telemetry.pipeline(0);
    pipeline.client_log(RDKafkaLogLevel::Debug, "FETCH", "quiet");
    pipeline.client_log(
        RDKafkaLogLevel::Warning,
        "CONFWARN",
        "[thrd:app]: Configuration property x is a consumer property and will be ignored by this producer instance",
    );
    pipeline.client_log(RDKafkaLogLevel::Error, "FAIL", "two words");
    pipeline.client_log(RDKafkaLogLevel::Emerg, "FATAL", "fenced");
    assert_eq!(
        captured.text(),
        "level=warning event=client_log facility=FAIL message=\"two words\"\n\
         level=error event=client_log facility=FATAL message=fenced\n"
    );
}

#[test]
fn a_line_of_the_clients_that_was_not_written_is_no_repetition() {
    let tell_others = |pipeline: &PipelineTelemetry| {
        (0..10).for_each(|n| pipeline.client_log(RDKafkaLogLevel::Error, "FAIL", &n.to_string()));
    };
    let (telemetry, captured) = within_a_second(|| {
        let (telemetry, captured) = telemetry(TelemetrySettings { level_min: Level::Warning, ..settings(1) });
        let pipeline = telemetry.pipeline(0);
        pipeline.client_log(RDKafkaLogLevel::Info, "FAIL", "quiet");
        pipeline.client_log(RDKafkaLogLevel::Error, "FAIL", "quiet");
        tell_others(&pipeline);
        (telemetry, captured)
    });
    assert_eq!(written(&captured), ["quiet", "0", "1", "2", "3", "4", "5", "6", "7", "8"]);
    std::thread::sleep(Duration::from_millis(1_010));
    tell_others(&telemetry.pipeline(0));
    assert_eq!(written(&captured).last(), Some(&"9".to_owned()), "too many came when it was told first");
    assert_eq!(written(&captured).len(), 11);
    assert_eq!(value(&telemetry, "stream_app_log_lines_left_out_total"), Some(1.0));
}

/// Does something within the second for which lines are counted: again if the machine stood still on the way.
fn within_a_second<T>(attempt: impl Fn() -> T) -> T {
    loop {
        let start = Instant::now();
        let done = attempt();
        if start.elapsed() < Duration::from_secs(1) {
            return done;
        }
    }
}

/// The messages of the client's log that were written.
fn written(captured: &Captured) -> Vec<String> {
    let text = captured.text();
    let messages = text.lines().filter_map(|line| line.split_once(" message=").map(|(_, message)| message));
    messages.map(str::to_owned).collect()
}

#[test]
fn log_lines_push_the_live_line_down() {
    let (telemetry, captured) = telemetry(settings(1));
    telemetry.log.draw("RUNNING 1/s");
    telemetry.pipeline(0).tell(Event::Stopping);
    telemetry.log.draw("RUNNING 2/s");
    telemetry.log.draw("");
    telemetry.log.draw("");
    let text = captured.text();
    let line = text.lines().next().unwrap().strip_prefix("\r\x1b[KRUNNING 1/s\r\x1b[K").unwrap();
    assert!(line.starts_with("level=info event=stopping "), "{text:?}");
    assert_eq!(text.lines().nth(1), Some("RUNNING 1/s\r\x1b[KRUNNING 2/s\r\x1b[K"), "{text:?}");
}

#[test]
fn events_below_the_level_are_counted_and_not_written() {
    let (telemetry, captured) = telemetry(TelemetrySettings { level_min: Level::Warning, ..settings(1) });
    telemetry.pipeline(0).tell(Event::Assigned { topic: "in", partitions: &[1] });
    assert_eq!(captured.text(), "");
    assert_eq!(value(&telemetry, r#"stream_app_assigned_partitions{thread="0"}"#), Some(1.0));
}

#[test]
fn the_model_is_named_with_digest_and_version() {
    let (telemetry, _) = telemetry(settings(1));
    let text = telemetry.metrics_text();
    let info = text.lines().find(|line| line.starts_with("stream_app_model_info{")).unwrap();
    let metadata = NUMBER.metadata();
    for label in [
        format!(r#"model="{}""#, metadata.name),
        format!(r#"digest="{}""#, metadata.source_digest),
        format!(r#"version="{}""#, env!("CARGO_PKG_VERSION")),
    ] {
        assert!(info.contains(&label), "{info}");
    }
    assert!(info.ends_with("} 1"), "{info}");
}

#[test]
fn the_series_of_a_metric_stand_in_the_order_of_their_labels_numbers_as_numbers() {
    // Twelve threads in a hash map stand in this order by chance once in 479 million scrapes.
    let (telemetry, _) = telemetry(settings(12));
    let pipelines: Vec<_> = (0..12).rev().map(|thread| telemetry.pipeline(thread)).collect();
    for (partition, pipeline) in (0..).zip(&pipelines) {
        pipeline.lag("in", partition, 1);
        refuse(pipeline, 0, &BadRecord::NotFinite { field: "f" });
        refuse(pipeline, 0, &BadRecord::NoValue);
    }
    let text = telemetry.metrics_text();
    let labels = |name: &str| -> Vec<&str> {
        text.lines().filter_map(|line| line.strip_prefix(name)?.split_once(' ')).map(|(it, _)| it).collect()
    };
    let threads: Vec<String> = (0..12).map(|thread| format!("{{thread=\"{thread}\"}}")).collect();
    assert_eq!(labels("stream_app_input_records_total"), threads);
    let partitions: Vec<String> =
        (0..12).map(|partition| format!("{{topic=\"in\",partition=\"{partition}\"}}")).collect();
    assert_eq!(labels("stream_app_consumer_lag_records"), partitions);
    let bad: Vec<String> = (0..12)
        .flat_map(|thread| {
            ["no_value", "not_finite"]
                .map(|reason| format!("{{thread=\"{thread}\",policy=\"dead-letter\",reason=\"{reason}\"}}"))
        })
        .collect();
    assert_eq!(labels("stream_app_bad_records_total"), bad);
}
