//! `run` as a process against a broker in the test: what arrives, what is committed, what a crash loses.

mod broker;
mod process;

use broker::Broker;
use model_runtime::forest::Kernels;
use process::App;
use rdkafka::message::{Headers, Message, OwnedMessage};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often each house came out.
fn counts(messages: &[OwnedMessage]) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for message in messages {
        let record: serde_json::Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        assert!(record["selling_price"].is_number(), "{record}");
        *counts.entry(record["id"].as_u64().unwrap()).or_default() += 1;
    }
    counts
}

fn header<'a>(message: &'a OwnedMessage, key: &str) -> Option<&'a str> {
    let found = message.headers()?.iter().find(|header| header.key == key)?;
    std::str::from_utf8(found.value?).ok()
}

#[test]
fn a_record_comes_out_with_its_price_key_headers_and_timestamp() {
    let broker = Broker::start();
    let value = r#"{ "sqft" : 2342.0, "note": "}" }"#;
    broker.produce_one("house-1", value, 1_234_567);
    let app = broker.run();
    let [result] = broker.consume("predictions", |found| !found.is_empty()).try_into().unwrap();
    let text = std::str::from_utf8(result.payload().unwrap()).unwrap();
    assert!(text.starts_with(r#"{ "sqft" : 2342.0, "note": "}" ,"selling_price":"#), "{text}");
    assert_eq!(result.key(), Some(&b"house-1"[..]));
    assert_eq!(result.timestamp().to_millis(), Some(1_234_567));
    assert_eq!(header(&result, "trace"), Some("abc"));
    app.signal("TERM");
    assert_eq!(app.finish().code, Some(0));
}

#[test]
fn a_bad_record_goes_to_the_dead_letters_as_it_came_and_is_logged_without_its_content() {
    let broker = Broker::start();
    broker.produce_one("house-1", r#"{"sqft": "my secret"}"#, 77);
    broker.produce(2..3);
    let app = broker.run();
    broker.consume("predictions", |found| !found.is_empty());
    let [letter] = broker.consume("housing-dead-letters", |found| !found.is_empty()).try_into().unwrap();
    assert_eq!(letter.payload(), Some(&br#"{"sqft": "my secret"}"#[..]));
    assert_eq!(letter.key(), Some(&b"house-1"[..]));
    assert_eq!(letter.timestamp().to_millis(), Some(77));
    assert_eq!(header(&letter, "trace"), Some("abc"));
    assert_eq!(header(&letter, "__streams.errors.exception"), Some("not_a_number"));
    assert_eq!(header(&letter, "__streams.errors.topic"), Some("housing"));
    assert_eq!(header(&letter, "__streams.errors.offset"), Some("0"));
    app.signal("INT");
    let finished = app.finish();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("event=record_refused topic=housing"), "{}", finished.stderr);
    assert!(finished.stderr.contains("reason=not_a_number"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("secret"), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("event=stopped records=2 results=1 dead_letters=1"),
        "{}",
        finished.stderr
    );
    assert_eq!(broker.committed(), 2);
}

#[test]
fn a_graceful_stop_commits_and_the_next_start_continues_without_gap_or_repetition() {
    let broker = Broker::start();
    broker.produce(0..300);
    let app = broker.run();
    broker.consume("predictions", |found| found.len() == 300);
    app.signal("TERM");
    let finished = app.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    // Partitions that are given up at the end are no rebalance.
    assert!(finished.stderr.contains("to=PENDING_SHUTDOWN"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("from=PENDING_SHUTDOWN"), "{}", finished.stderr);
    assert_eq!(broker.committed(), 300);
    broker.produce(300..500);
    let app = broker.run();
    broker.consume("predictions", |found| found.len() == 500);
    app.signal("TERM");
    let finished = app.finish();
    assert!(finished.stderr.contains("event=stopped records=200 results=200"), "{}", finished.stderr);
    let counts = counts(&broker.consume("predictions", |found| found.len() >= 500));
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), (0..500).map(|id| (id, 1)).collect::<Vec<_>>());
}

#[test]
fn a_kill_loses_nothing() {
    let broker = Broker::start();
    broker.produce(0..2_000);
    let app = broker.run();
    broker.consume("predictions", |found| !found.is_empty());
    app.signal("KILL");
    assert_eq!(app.finish().code, None);
    broker.produce(2_000..3_000);
    let app = broker.run();
    let results = broker.consume("predictions", |found| counts(found).len() == 3_000);
    assert!(counts(&results).into_keys().eq(0..3_000));
    app.signal("TERM");
    assert_eq!(app.finish().code, Some(0));
    assert_eq!(broker.committed(), 3_000);
}

#[test]
fn two_processes_share_the_work_and_one_takes_over_for_the_other() {
    let broker = Broker::start();
    broker.produce(0..100);
    let (first, second) = (broker.run(), broker.run());
    first.wait_for_stderr("event=assigned");
    second.wait_for_stderr("event=assigned");
    broker.consume("predictions", |found| counts(found).len() == 100);
    first.signal("TERM");
    assert_eq!(first.finish().code, Some(0));
    broker.produce(100..200);
    let results = broker.consume("predictions", |found| counts(found).len() == 200);
    assert!(counts(&results).into_keys().eq(0..200));
    second.signal("TERM");
    assert_eq!(second.finish().code, Some(0));
    assert_eq!(broker.committed(), 200);
}

#[test]
fn a_broker_that_is_away_is_named_and_waited_for() {
    let options = ["run", "--bootstrap-server", "127.0.0.1:1", "--model", "house_prices"];
    for guarantee in ["at_least_once", "exactly_once"] {
        let app = App::start(&[&options[..], &["--processing-guarantee", guarantee]].concat());
        app.wait_for_stderr("event=broker_unreachable bootstrap_server=127.0.0.1:1");
        app.signal("TERM");
        let start = Instant::now();
        let finished = app.finish();
        assert_eq!(finished.code, Some(0), "{guarantee}: {}", finished.stderr);
        // After 24 s it would end as it is, with another code.
        assert!(start.elapsed() < Duration::from_secs(20), "{guarantee}: {:?}", start.elapsed());
    }
}

#[test]
fn kernels_are_told_at_the_start_and_are_those_that_the_variable_names() {
    let best = Kernels::supported().last().unwrap().name();
    for (model, named, expected) in [
        ("house_prices_2", "portable", "portable"),
        ("house_prices_2", "no such", best),
        ("house_prices", "portable", "none"),
    ] {
        let options = ["run", "--bootstrap-server", "127.0.0.1:1", "--model", model];
        let app = App::start_with(&options, &[("MODEL_FOREST_KERNELS", named)]);
        let started = app.wait_for_stderr("event=started");
        assert!(started.contains(&format!(" kernels={expected} ")), "{named}: {started}");
        app.signal("TERM");
        assert_eq!(app.finish().code, Some(0));
    }
}

#[test]
fn an_outage_is_told_once_and_what_is_tried_again_by_its_name() {
    let options = ["--model", "house_prices", "--processing-guarantee", "exactly_once"];
    let app = App::start(&[&["run", "--bootstrap-server", "127.0.0.1:1"], &options[..]].concat());
    app.wait_for_stderr("event=transaction_call_retried call=init_transactions");
    // Time for the client to try again many times.
    std::thread::sleep(Duration::from_secs(15));
    app.signal("TERM");
    let told = app.finish().stderr;
    let lines = |event: &str| told.lines().filter(|line| line.contains(event)).count();
    assert_eq!(lines("event=broker_unreachable"), 1, "{told}");
    assert_eq!(lines("event=transaction_call_retried"), 1, "{told}");
    assert_eq!(lines("facility=FAIL"), 1, "{told}");
}

#[test]
fn an_input_that_does_not_exist_is_named_and_waited_for() {
    let broker = Broker::start();
    broker.0.topic_error("housing", RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).unwrap();
    let app = broker.run();
    app.wait_for_stderr("event=topic_unknown topic=housing");
    app.signal("TERM");
    assert_eq!(app.finish().code, Some(0));
}

#[test]
fn an_input_that_may_not_be_read_is_not_called_unknown() {
    let broker = Broker::start();
    broker.0.topic_error("housing", RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).unwrap();
    let app = broker.run();
    app.wait_for_stderr("event=topic_problem topic=housing");
    app.signal("TERM");
    let finished = app.finish();
    assert_eq!(finished.code, Some(0));
    assert!(!finished.stderr.contains("topic_unknown"), "{}", finished.stderr);
}

#[test]
fn topics_to_write_to_that_do_not_exist_are_named_at_the_start() {
    let broker = Broker::start();
    for topic in ["predictions", "housing-dead-letters"] {
        broker.0.topic_error(topic, RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).unwrap();
    }
    let app = broker.run();
    app.wait_for_stderr("event=output_unknown topic=predictions");
    app.wait_for_stderr("event=output_unknown topic=housing-dead-letters");
    app.signal("TERM");
    assert_eq!(app.finish().code, Some(0));
}

#[test]
fn a_topic_to_write_to_that_does_not_exist_is_told_once_for_all_threads() {
    let broker = Broker::start();
    let unknown = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    broker.0.topic_error("predictions", unknown).unwrap();
    let app = broker.run_with(&["--threads", "3"]);
    // Each thread has looked by the time that it has partitions.
    for _ in 0..3 {
        app.wait_for_stderr("event=assigned topic=housing");
    }
    app.signal("TERM");
    let finished = app.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let told = finished.stderr.matches("event=output_unknown topic=predictions").count();
    assert_eq!(told, 1, "{}", finished.stderr);
}

#[test]
fn an_address_for_http_that_is_taken_is_a_wrong_configuration() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let broker = Broker::start();
    let ended = broker.run_with(&["--http", &address]).finish();
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.starts_with(&format!("error: --http: can't listen at {address}: ")), "{last}");
    assert!(last.contains("; give a port that is free, or end what listens there"), "{last}");
}

#[test]
fn dead_letters_that_have_no_topic_are_told_where_to_look_for_them() {
    let broker = Broker::start();
    let topic = "housing-dead-letters";
    broker.0.topic_error(topic, RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).unwrap();
    let bootstrap_server = broker.0.bootstrap_servers();
    for command in ["list", "replay"] {
        let ended = process::run(&["dead-letters", command, "--bootstrap-server", &bootstrap_server]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let told = format!(
            "error: there is no topic `{topic}` at {bootstrap_server}; name the topic of the dead letters with --dead-letter, "
        );
        assert!(ended.stderr.lines().any(|line| line.starts_with(&told)), "{}", ended.stderr);
    }
}

#[test]
fn a_stop_that_can_not_commit_ends_in_time_and_is_no_success() {
    let broker = Broker::start();
    let refusals = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 100];
    broker.0.request_errors(RDKafkaApiKey::OffsetCommit, &refusals);
    broker.produce(0..10);
    let app = broker.run();
    broker.consume("predictions", |found| found.len() == 10);
    process::while_none_starts(|| broker.0.broker_down(1)).unwrap();
    app.signal("TERM");
    let start = Instant::now();
    let finished = app.finish();
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(finished.code, Some(8), "{}", finished.stderr);
    assert!(finished.stderr.contains("the next start"), "{}", finished.stderr);
}

/// Each attempt is a request to the broker, which has reasons of its own to refuse it.
#[test]
fn a_last_commit_that_is_refused_is_tried_again_at_a_measured_pace() {
    const REFUSALS: usize = 60;
    /// Half of what it waits between two attempts, as the test may see the first ones late.
    const PAUSE_MIN: Duration = Duration::from_millis(25);
    let broker = Broker::start();
    let refusals = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; REFUSALS];
    broker.0.request_errors(RDKafkaApiKey::OffsetCommit, &refusals);
    broker.produce(0..10);
    let app = broker.run();
    app.wait_for_stderr("event=assigned");
    let running = Instant::now();
    broker.consume("predictions", |found| found.len() == 10);
    app.signal("TERM");
    let start = Instant::now();
    // Until then it tries twice a second.
    let before = usize::try_from(running.elapsed().as_millis() / 500).unwrap();
    let finished = app.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("event=commit_failed").count(), 1, "{}", finished.stderr);
    // All that were to be refused were, as the offsets are committed in the end.
    let attempts = REFUSALS.saturating_sub(before);
    assert!(attempts > 0, "all were made before the stop");
    let time_min = PAUSE_MIN * u32::try_from(attempts).unwrap();
    assert!(start.elapsed() > time_min, "{attempts} attempts within {:?}", start.elapsed());
    assert_eq!(broker.committed(), 10);
}

#[test]
fn a_stderr_that_nobody_reads_does_not_end_the_loop() {
    let broker = Broker::start();
    let bootstrap_server = broker.0.bootstrap_servers();
    let mut child = process::spawn(
        std::process::Command::new(env!("CARGO_BIN_EXE_acceptance"))
            .args(["run", "--bootstrap-server", &bootstrap_server, "--model", "house_prices"])
            .stderr(std::process::Stdio::piped()),
    );
    drop(child.stderr.take());
    broker.produce_one("house-1", "bad", 77);
    broker.produce(2..3);
    broker.consume("housing-dead-letters", |found| !found.is_empty());
    broker.consume("predictions", |found| !found.is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
}
