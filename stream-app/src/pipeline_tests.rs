//! The loop against the embedded broker, with a model written by hand.

mod refused;

use crate::config::{Config, OutputPartition, Policy};
use crate::embedded::EmbeddedBroker;
use crate::http;
use crate::pipeline_error::PipelineError;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::supervisor;
use crate::telemetry::{Captured, Level, Telemetry, TelemetrySettings};
use crate::test_model::NUMBER;
use model_runtime::Model;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// No test waits that long unless it fails, also on a slow machine.
const DEADLINE: Duration = Duration::from_mins(5);
const PARTITIONS: i32 = 2;

fn config(broker: &EmbeddedBroker) -> Config {
    Config {
        input: "in".to_owned(),
        output: "out".to_owned(),
        dead_letter: "dead".to_owned(),
        group: "group".to_owned(),
        // After the last member has left, the embedded broker waits this long (less a second) for it to come back.
        properties: vec![("session.timeout.ms".to_owned(), "6000".to_owned())],
        ..Config::new(&broker.bootstrap_server())
    }
}

/// Runs the loop until `done` of its progress, then asks it to stop.
fn run_until(config: &Config, done: impl Fn(&Progress) -> bool) -> Result<(), PipelineError> {
    run_until_with(&telemetry(), config, done)
}

fn telemetry() -> Arc<Telemetry> {
    Telemetry::new(TelemetrySettings {
        level_min: Level::Warning,
        model: Some(NUMBER.metadata()),
        ..TelemetrySettings::default()
    })
}

fn run_until_with(
    telemetry: &Arc<Telemetry>,
    config: &Config,
    done: impl Fn(&Progress) -> bool,
) -> Result<(), PipelineError> {
    let progress = Arc::new(Progress::default());
    let stop = Stop::default();
    thread::scope(|scope| {
        let running = scope.spawn(|| supervisor::run(config, &NUMBER, telemetry, &progress, &stop));
        let start = Instant::now();
        while !done(&progress) && !running.is_finished() && start.elapsed() < DEADLINE {
            thread::sleep(Duration::from_millis(10));
        }
        stop.request();
        running.join().expect("the loop does not panic")
    })
}

fn produce(broker: &EmbeddedBroker, records: &[BaseRecord<'_, [u8], [u8]>]) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", broker.bootstrap_server()).create().unwrap();
    for record in records {
        let mut copy = BaseRecord::<[u8], [u8]>::to(record.topic);
        (copy.key, copy.payload, copy.partition) = (record.key, record.payload, record.partition);
        (copy.timestamp, copy.headers) = (record.timestamp, record.headers.clone());
        producer.send(copy).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(DEADLINE).unwrap();
}

fn sizes(count: usize) -> Vec<String> {
    (0..count).map(|size| format!(r#"{{"size":{size}}}"#)).collect()
}

fn input(value: &str, partition: i32) -> BaseRecord<'_, [u8], [u8]> {
    BaseRecord::to("in").payload(value.as_bytes()).partition(partition)
}

/// The first `count` records of a topic, in no order across partitions.
fn consume(broker: &EmbeddedBroker, topic: &str, count: usize) -> Vec<OwnedMessage> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap_server())
        .set("group.id", "test")
        .create()
        .unwrap();
    let mut assignment = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        assignment.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&assignment).unwrap();
    let start = Instant::now();
    let mut messages = Vec::new();
    while messages.len() < count && start.elapsed() < DEADLINE {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            messages.push(message.detach());
        }
    }
    messages
}

fn committed(broker: &EmbeddedBroker) -> Vec<Offset> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap_server())
        .set("group.id", "group")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_range("in", 0, PARTITIONS - 1);
    let committed = consumer.committed_offsets(partitions, DEADLINE).unwrap();
    committed.elements().iter().map(TopicPartitionListElem::offset).collect()
}

fn start() -> EmbeddedBroker {
    EmbeddedBroker::start(&["in", "out", "dead"], PARTITIONS).unwrap()
}

fn header<'a>(message: &'a OwnedMessage, key: &str) -> Option<&'a str> {
    let headers = message.headers()?;
    let found = headers.iter().find(|header| header.key == key)?;
    std::str::from_utf8(found.value?).ok()
}

#[test]
fn a_result_keeps_key_headers_and_timestamp() {
    let broker = start();
    let headers = OwnedHeaders::new()
        .insert(Header { key: "trace", value: Some("abc") })
        .insert(Header { key: "trace", value: None::<&str> });
    let record = input(r#"{ "size": 4 }"#, 1).key(&b"house-1"[..]).timestamp(1_234).headers(headers);
    produce(&broker, &[record]);
    run_until(&config(&broker), |progress| progress.results() == 1).unwrap();
    let [result] = consume(&broker, "out", 1).try_into().unwrap();
    assert_eq!(result.payload(), Some(&br#"{ "size": 4 ,"price":4.0}"#[..]));
    assert_eq!(result.key(), Some(&b"house-1"[..]));
    assert_eq!(result.timestamp().to_millis(), Some(1_234));
    let headers = result.headers().unwrap();
    assert_eq!(headers.count(), 2);
    assert_eq!((headers.get(0).key, headers.get(0).value), ("trace", Some(&b"abc"[..])));
    assert_eq!((headers.get(1).key, headers.get(1).value), ("trace", None));
    assert_eq!(committed(&broker), [Offset::Invalid, Offset::Offset(1)]);
}

#[test]
fn a_bad_record_becomes_a_dead_letter_and_the_loop_goes_on() {
    let broker = start();
    let headers = OwnedHeaders::new().insert(Header { key: "trace", value: Some("abc") });
    let bad = input(r#"{"size":"secret"}"#, 1).key(&b"k"[..]).timestamp(77).headers(headers);
    produce(&broker, &[input(r#"{"size":1}"#, 1), bad, input(r#"{"size":2}"#, 1)]);
    run_until(&config(&broker), |progress| progress.results() == 2 && progress.dead_letters() == 1).unwrap();
    assert_eq!(consume(&broker, "out", 2).len(), 2);
    let [letter] = consume(&broker, "dead", 1).try_into().unwrap();
    assert_eq!(letter.payload(), Some(&br#"{"size":"secret"}"#[..]));
    assert_eq!(letter.key(), Some(&b"k"[..]));
    assert_eq!(letter.timestamp().to_millis(), Some(77));
    assert_eq!(header(&letter, "trace"), Some("abc"));
    assert_eq!(header(&letter, "__streams.errors.exception"), Some("not_a_number"));
    assert_eq!(header(&letter, "__streams.errors.topic"), Some("in"));
    assert_eq!(header(&letter, "__streams.errors.partition"), Some("1"));
    assert_eq!(header(&letter, "__streams.errors.offset"), Some("1"));
    let message = header(&letter, "__streams.errors.message").unwrap();
    assert!(message.contains("`size`") && !message.contains("secret"), "{message}");
    assert_eq!(committed(&broker), [Offset::Invalid, Offset::Offset(3)]);
}

#[test]
fn metrics_count_missing_values_and_unseen_levels_by_feature() {
    let broker = start();
    let records = [
        r#"{"size":1}"#,
        r#"{"size":2,"floor":null}"#,
        r#"{"size":"","floor":"tile"}"#,
        r#"{"size":3,"floor":"lava"}"#,
        r#"{"size":4,"floor":"carpet"}"#,
        "{}",
    ];
    produce(&broker, &records.map(|record| input(record, 0)));
    let telemetry = telemetry();
    // A missing size has no finite prediction with this model, but it was read; what is no record of its was not.
    let done = |progress: &Progress| progress.results() == 4 && progress.dead_letters() == 2;
    run_until_with(&telemetry, &config(&broker), done).unwrap();
    let metrics = scrape(&telemetry);
    for (series, count) in [
        (r#"stream_app_missing_values_total{feature="size"}"#, 1),
        (r#"stream_app_missing_values_total{feature="floor"}"#, 2),
        (r#"stream_app_unseen_categories_total{feature="floor"}"#, 1),
    ] {
        assert!(metrics.lines().any(|line| line == format!("{series} {count}")), "{series}\n{metrics}");
    }
}

#[test]
fn records_whose_results_are_not_committed_yet_are_in_flight() {
    let broker = start();
    produce(&broker, &[r#"{"size":1}"#, r#"{"size":2}"#, "bad"].map(|record| input(record, 0)));
    let telemetry = telemetry();
    let config = Config { commit_interval: DEADLINE, ..config(&broker) };
    let in_flight = |count| {
        let line = format!("stream_app_records_in_flight{{thread=\"0\"}} {count}");
        telemetry.metrics_text().lines().any(|found| found == line)
    };
    let seen = Cell::new(false);
    let see = |_: &Progress| {
        seen.set(in_flight(3));
        seen.get()
    };
    run_until_with(&telemetry, &config, see).unwrap();
    assert!(seen.get(), "{}", telemetry.metrics_text());
    assert!(in_flight(0), "{}", telemetry.metrics_text());
}

/// What a monitor is told at `/metrics`.
fn scrape(telemetry: &Arc<Telemetry>) -> String {
    let server = http::serve("127.0.0.1:0", telemetry).unwrap();
    let mut connection = TcpStream::connect(server).unwrap();
    connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_record_that_was_a_dead_letter_before_tells_of_the_new_error_only() {
    let broker = start();
    let headers = OwnedHeaders::new()
        .insert(Header { key: "__streams.errors.exception", value: Some("old") })
        .insert(Header { key: "trace", value: Some("abc") })
        .insert(Header { key: "__streams.errors.stacktrace", value: Some("old") })
        .insert(Header { key: "__stream-app.errors.omitted", value: Some("value") });
    produce(&broker, &[input("bad", 0).headers(headers)]);
    run_until(&config(&broker), |progress| progress.dead_letters() == 1).unwrap();
    let [letter] = consume(&broker, "dead", 1).try_into().unwrap();
    let names: Vec<&str> = letter.headers().unwrap().iter().map(|header| header.key).collect();
    let told = ["exception", "message", "topic", "partition", "offset"];
    let told = told.map(|name| format!("__streams.errors.{name}"));
    assert_eq!(names, [vec!["trace"], told.iter().map(String::as_str).collect()].concat());
    assert_ne!(header(&letter, "__streams.errors.exception"), Some("old"));
}

#[test]
fn keys_and_timestamps_stay_with_their_records_among_bad_ones() {
    let broker = start();
    let timestamp = |id: usize| 1_000 + i64::try_from(id).unwrap();
    let (mut values, mut keys) = (Vec::new(), Vec::new());
    for id in 0..60 {
        let bad = id % 3 == 1;
        values.push(if bad { format!("bad-{id}") } else { format!(r#"{{"size":{id}}}"#) });
        keys.push(format!("house-{id}"));
    }
    let records: Vec<_> =
        (0..60).map(|id| input(&values[id], 0).key(keys[id].as_bytes()).timestamp(timestamp(id))).collect();
    produce(&broker, &records);
    run_until(&config(&broker), |progress| progress.results() + progress.dead_letters() == 60).unwrap();
    let (results, letters) = (consume(&broker, "out", 40), consume(&broker, "dead", 20));
    assert_eq!((results.len(), letters.len()), (40, 20));
    let mut seen = Vec::new();
    for message in results.iter().chain(&letters) {
        let value = std::str::from_utf8(message.payload().unwrap()).unwrap();
        let id: usize = match value.strip_prefix("bad-") {
            Some(id) => id.parse().unwrap(),
            None => {
                serde_json::from_str::<serde_json::Value>(value).unwrap()["price"].as_f64().unwrap() as usize
            }
        };
        assert_eq!(message.key(), Some(keys[id].as_bytes()), "{value}");
        assert_eq!(message.timestamp().to_millis(), Some(timestamp(id)), "{value}");
        seen.push(id);
    }
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..60));
}

#[test]
fn a_property_that_the_client_does_not_take_is_named_without_its_value() {
    let broker = start();
    for name in ["linger.ms", "no.such.password"] {
        let mut config = config(&broker);
        config.properties.push((name.to_owned(), "my secret".to_owned()));
        let text = run_until(&config, |_| false).unwrap_err().to_string();
        assert!(text.contains(&format!("`{name}`")) && !text.contains("secret"), "{text}");
    }
}

#[test]
fn a_record_without_a_value_is_a_dead_letter_that_keeps_it_so() {
    let broker = start();
    let tombstone = BaseRecord::<[u8], [u8]>::to("in").key(&b"null"[..]).partition(0);
    let empty = BaseRecord::<[u8], [u8]>::to("in").key(&b"empty"[..]).payload(&b""[..]).partition(0);
    produce(&broker, &[tombstone, empty]);
    run_until(&config(&broker), |progress| progress.dead_letters() == 2).unwrap();
    for letter in consume(&broker, "dead", 2) {
        let value = if letter.key() == Some(b"null") { None } else { Some(&b""[..]) };
        assert_eq!(letter.payload(), value);
        assert_eq!(header(&letter, "__streams.errors.exception"), Some("no_value"));
    }
}

#[test]
fn a_restart_continues_without_a_gap_or_a_repetition() {
    let broker = start();
    let values = sizes(40);
    let records = |range: std::ops::Range<usize>| -> Vec<_> {
        range.map(|index| input(&values[index], i32::try_from(index).unwrap() % PARTITIONS)).collect()
    };
    produce(&broker, &records(0..20));
    run_until(&config(&broker), |progress| progress.results() == 20).unwrap();
    produce(&broker, &records(20..40));
    run_until(&config(&broker), |progress| progress.results() == 20).unwrap();
    assert_eq!(committed(&broker), [Offset::Offset(20), Offset::Offset(20)]);
    // One more than there are, so that a repetition would be seen.
    produce(&broker, &[BaseRecord::to("out").payload(&b"end"[..]).partition(0)]);
    let results = consume(&broker, "out", 41);
    assert_eq!(results.len(), 41);
    for value in &values {
        let start = value.trim_end_matches('}').as_bytes();
        let found =
            results.iter().filter(|result| result.payload().unwrap().starts_with(&[start, b","].concat()));
        assert_eq!(found.count(), 1, "{value}");
    }
}

#[test]
fn a_loop_that_waits_for_brokers_is_alive() {
    let broker = start();
    produce(&broker, &[input(r#"{"size":1}"#, 0)]);
    // Tried again each second at most, so for longer than a loop that does not turn is taken for alive; which is longer than
    // a busy machine takes to turn it.
    broker.refuse_produce_requests(&[RDKafkaRespErr::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT; 20]);
    let max_poll_interval = Duration::from_secs(16);
    let settings = TelemetrySettings { level_min: Level::Warning, max_poll_interval, ..Default::default() };
    let telemetry = Telemetry::new(settings);
    let dead = Cell::new(None);
    run_until_with(&telemetry, &config(&broker), |progress| {
        if telemetry.ready().is_ok() {
            dead.set(dead.take().or(telemetry.alive().err()));
        }
        progress.results() == 1
    })
    .unwrap();
    assert_eq!(dead.take(), None);
    assert_eq!(consume(&broker, "out", 1).len(), 1);
}

#[test]
fn an_output_with_too_few_partitions_is_told_once_however_many_threads_there_are() {
    let broker = EmbeddedBroker::start(&["in", "dead"], PARTITIONS).unwrap();
    broker.create_topic("out", 1);
    let config = Config {
        threads: 2,
        output_partition: OutputPartition::Input,
        on_output_error: Policy::DeadLetter,
        ..config(&broker)
    };
    let captured = Captured::default();
    let settings = TelemetrySettings { threads: 2, ..TelemetrySettings::default() };
    let telemetry = Telemetry::with_writer(settings, Box::new(captured.clone()));
    let ready = Cell::new(false);
    run_until_with(&telemetry, &config, |_| {
        ready.set(telemetry.ready().is_ok());
        ready.get()
    })
    .unwrap();
    assert!(ready.get(), "both threads have looked by then: {}", captured.text());
    assert_eq!(captured.text().matches("event=output_partitions_too_few").count(), 1, "{}", captured.text());
}
