//! `produce` and `consume` as processes against a broker in the test: what comes through, how outages are told, how they end.

mod process;

use process::{App, Finished};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::time::{Duration, Instant};

/// The longest line that is written.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

struct Broker(MockCluster<'static, DefaultProducerContext>);

impl Broker {
    fn start() -> Self {
        let cluster = MockCluster::new(1).unwrap();
        for topic in ["housing", "silent"] {
            cluster.create_topic(topic, 1, 1).unwrap();
        }
        Self(cluster)
    }

    fn app(&self, command: &str, options: &[&str]) -> App {
        let bootstrap_server = self.0.bootstrap_servers();
        App::start(&[&[command, "--bootstrap-server", &bootstrap_server], options].concat())
    }

    fn produce(&self, options: &[&str]) -> App {
        self.app("produce", options)
    }

    fn consume(&self, count: usize) -> Finished {
        self.app("consume", &["--topic", "housing", "--count", &count.to_string()]).finish()
    }
}

/// Lines of which the second is one byte too long.
fn lines() -> String {
    format!("first\n{}\nthird\n", "x".repeat(LINE_BYTES_MAX + 1))
}

#[test]
fn produce_and_consume_pass_houses_on() {
    let broker = Broker::start();
    let produced = broker.produce(&["--count", "25", "--rate", "0", "--seed", "3"]).finish();
    assert_eq!(produced.code, Some(0), "{}", produced.stderr);
    assert!(produced.stderr.contains("wrote 25 houses"), "{}", produced.stderr);
    let consumed = broker.consume(25);
    assert_eq!(consumed.code, Some(0), "{}", consumed.stderr);
    assert_eq!(consumed.stdout.lines().count(), 25);
    assert!(consumed.stdout.lines().all(|line| line.starts_with("{\"sqft\":")), "{}", consumed.stdout);
}

#[test]
fn a_line_that_is_too_long_ends_produce_and_what_stands_before_it_is_written() {
    let broker = Broker::start();
    let produced = broker.produce(&["--file", "-"]).write(&lines()).finish();
    assert_eq!(produced.code, Some(3), "{}", produced.stderr);
    let told = format!("error: line 2 of - is longer than {LINE_BYTES_MAX} bytes");
    assert!(produced.stderr.lines().any(|line| line.starts_with(&told)), "{}", produced.stderr);
    assert!(produced.stderr.contains("wrote 1 records to topic housing"), "{}", produced.stderr);
    assert_eq!(broker.consume(1).stdout, "first\n");
}

#[test]
fn a_line_that_is_too_long_is_told_also_where_what_stands_before_it_is_not_acknowledged() {
    let broker = Broker::start();
    let refusals = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS; 1_000];
    broker.0.request_errors(RDKafkaApiKey::Produce, &refusals);
    let produced = broker.produce(&["--file", "-"]).write(&lines()).finish();
    assert_eq!(produced.code, Some(3), "{}", produced.stderr);
    let last = produced.stderr.lines().last().unwrap();
    assert!(last.starts_with("error: line 2 of - is longer than"), "{}", produced.stderr);
    assert!(
        produced.stderr.contains("error: 1 records were not acknowledged within 30 s"),
        "{}",
        produced.stderr
    );
    assert!(!produced.stderr.contains("wrote"), "{}", produced.stderr);
}

#[test]
fn what_no_broker_acknowledges_ends_produce_with_a_code_of_its_own() {
    let broker = Broker::start();
    let app = broker.produce(&["--rate", "100"]);
    broker.consume(1);
    process::while_none_starts(|| broker.0.broker_down(1)).unwrap();
    app.wait_for_stderr("event=broker_unreachable");
    // Time for some records that nobody takes.
    std::thread::sleep(Duration::from_millis(500));
    app.signal("TERM");
    let finished = app.finish();
    assert_eq!(finished.code, Some(6), "{}", finished.stderr);
    let last = finished.stderr.lines().last().unwrap();
    assert!(last.contains("records were not acknowledged within 30 s"), "{last}");
    assert!(last.contains("check that a broker runs at"), "{last}");
}

#[test]
fn each_outage_is_told_with_its_end_also_where_no_record_comes() {
    let broker = Broker::start();
    let producer = broker.produce(&["--rate", "100"]);
    let consumer = broker.app("consume", &["--topic", "housing"]);
    let silent = broker.app("consume", &["--topic", "silent"]);
    consumer.wait_for_stdout("sqft");
    let apps = [producer, consumer, silent];
    let mut begun = Instant::now();
    for _ in 0..2 {
        begun = Instant::now();
        process::while_none_starts(|| broker.0.broker_down(1)).unwrap();
        for app in &apps {
            app.wait_for_stderr("event=broker_unreachable");
        }
        broker.0.broker_up(1).unwrap();
        for app in &apps {
            app.wait_for_stderr("event=broker_reachable");
        }
    }
    let last_outage_max = begun.elapsed().as_secs();
    for app in apps {
        app.signal("TERM");
        let finished = app.finish();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let told: Vec<&str> = finished.stderr.lines().filter(|line| line.contains("event=broker_")).collect();
        assert_eq!(told.len(), 4, "{}", finished.stderr);
        let seconds = told[2].split(' ').find_map(|field| field.strip_prefix("seconds=")).unwrap();
        // It is not told as if it had begun with the one before.
        assert!(seconds.parse::<u64>().unwrap() <= last_outage_max, "{}", finished.stderr);
    }
}
