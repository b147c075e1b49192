//! `run` against a real Kafka, at least once: what arrives, what is committed, what a stop, a start and a kill do.

mod kafka;
mod pricing;
mod process;

use kafka::{Cluster, Isolation, Record};
use pricing::{MODEL, Pricing, counts, house, scored, stop, wait_until};
use process::App;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::collections::BTreeSet;
use std::time::Duration;

const PARTITIONS: i32 = 4;

fn pricing_on(kafka: &'static Cluster) -> Pricing {
    Pricing::on(kafka, PARTITIONS)
}

/// Starts a process. A killed one holds its partitions for as long as its session lasts.
fn run(pricing: &Pricing) -> App {
    run_with(pricing, &[])
}

/// The same, told more. By itself the client beats every 3 s, which is too seldom for a session this short.
fn run_with(pricing: &Pricing, more: &[&str]) -> App {
    let session = ["--property", "session.timeout.ms=6000", "--property", "heartbeat.interval.ms=1000"];
    pricing.run(&[&session[..], more].concat())
}

/// At most so many results are on their way, and wait so many milliseconds before they are sent: 500 a second, however fast
/// the machine is.
const PACE: [&str; 4] = ["--property", "queue.buffering.max.messages=100", "--property", "linger.ms=200"];

/// How many are in the group, by the broker.
fn members(pricing: &Pricing) -> usize {
    let consumer: BaseConsumer = pricing.kafka.client_config().create().unwrap();
    let groups = consumer.fetch_group_list(Some(&pricing.group), Duration::from_secs(30)).unwrap();
    groups.groups().iter().map(|group| group.members().len()).sum()
}

#[test]
fn produce_writes_the_lines_of_a_file_or_of_stdin_as_they_stand() {
    let Some(kafka) = kafka::shared() else { return };
    let topic = kafka.topic("lines", 1);
    let produce = |file: &str, more: &[&str]| {
        let start =
            ["produce", "--bootstrap-server", kafka.bootstrap_servers(), "--topic", &topic, "--file", file];
        App::start(&[&start[..], more].concat())
    };
    let piped = produce("-", &[]).write("{ \"sqft\" : 2342.0 }\n\n\u{fc}\r\nno line feed").finish();
    assert_eq!(piped.code, Some(0), "{}", piped.stderr);
    assert!(piped.stderr.contains("wrote 3 records to topic"), "{}", piped.stderr);
    let path = std::env::temp_dir().join(kafka::unique("lines"));
    std::fs::write(&path, "a\nb\nc\n").unwrap();
    let counted = produce(path.to_str().unwrap(), &["--count", "2"]).finish();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(counted.code, Some(0), "{}", counted.stderr);
    let records = kafka.read(&topic, Isolation::ReadCommitted);
    let values: Vec<&str> = records.iter().map(Record::text).collect();
    assert_eq!(values, ["{ \"sqft\" : 2342.0 }", "\u{fc}\r", "no line feed", "a", "b"]);
    assert!(records.iter().all(|record| record.key.is_none()));
    let absent = produce("/does/not/exist", &[]).finish();
    assert_eq!(absent.code, Some(1));
    assert!(absent.stderr.contains("can't open /does/not/exist"), "{}", absent.stderr);
    // A pipe that stays open and silent keeps no signal waiting.
    let mut open = produce("-", &[]);
    open.write_line("c");
    kafka.read_until(&topic, Isolation::ReadCommitted, |records| records.len() >= 6);
    open.signal("INT");
    wait_until("it stops", || !open.is_running());
    let ended = open.finish();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_topic_that_is_not_there_is_told_as_that_and_read_once_it_is() {
    let Some(kafka) = kafka::shared() else { return };
    let topic = kafka::unique("absent");
    let server = kafka.bootstrap_servers();
    let app = App::start(&["consume", "--bootstrap-server", server, "--topic", &topic, "--count", "1"]);
    app.wait_for_stderr(&format!("event=topic_unknown topic={topic} "));
    // Some more looks, of which each finds the same.
    std::thread::sleep(Duration::from_secs(3));
    kafka.create_topic(&topic, 1, &[]);
    kafka.produce(&topic, [&Record::new("a", "here")]);
    let finished = app.finish();
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "here\n"), "{}", finished.stderr);
    let told: Vec<&str> = finished.stderr.lines().filter(|line| line.contains("event=")).collect();
    assert_eq!(told.len(), 1, "{}", finished.stderr);
}

#[test]
fn a_record_comes_out_with_its_price_key_headers_and_timestamp() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = pricing_on(kafka);
    let house = Record::new("house-1", r#"{ "sqft" : 2342.0, "note": "}" }"#)
        .with_header("trace", "abc")
        .with_header("trace", b"\xff")
        .at(1_234_567);
    kafka.produce(&pricing.input, [&house]);
    let app = run(&pricing);
    let [result] = pricing.wait_for_results(1).try_into().unwrap();
    assert!(result.text().starts_with(r#"{ "sqft" : 2342.0, "note": "}" ,"selling_price":"#));
    assert_eq!([result.text()], scored(MODEL, std::slice::from_ref(&house)).as_slice());
    assert_eq!(result.key, house.key);
    assert_eq!(result.headers, house.headers);
    assert_eq!(result.timestamp, house.timestamp);
    stop(app);
}

#[test]
fn a_bad_record_goes_to_the_dead_letters_as_it_came_with_the_reason_in_headers() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = pricing_on(kafka);
    let bad =
        Record::new("house-1", r#"{"sqft": "my secret"}"#).with_header("trace", "abc").at(77).in_partition(3);
    let tombstone = Record { value: None, ..bad.clone().at(78).in_partition(2) };
    kafka.produce(&pricing.input, [&bad, &tombstone, &house(2)]);
    let app = run(&pricing);
    let mut letters =
        kafka.read_until(&pricing.dead_letters, Isolation::ReadCommitted, |letters| letters.len() >= 2);
    pricing.wait_for_results(1);
    letters.sort_by_key(|letter| letter.timestamp);
    for (letter, original, partition) in [(&letters[0], &bad, "3"), (&letters[1], &tombstone, "2")] {
        assert_eq!(
            (&letter.key, &letter.value, letter.timestamp),
            (&original.key, &original.value, original.timestamp)
        );
        assert_eq!(letter.header("trace"), Some("abc"));
        assert_eq!(letter.header("__streams.errors.topic"), Some(&*pricing.input));
        assert_eq!(letter.header("__streams.errors.partition"), Some(partition));
        assert_eq!(letter.header("__streams.errors.offset"), Some("0"));
    }
    assert_eq!(letters[0].header("__streams.errors.exception"), Some("not_a_number"));
    let stderr = stop(app);
    assert!(!stderr.contains("secret"), "{stderr}");
    assert_eq!(letters.len(), 2);
    assert_eq!(kafka.read(&pricing.output, Isolation::ReadUncommitted).len(), 1);
    assert_eq!(pricing.committed(), 3);
}

#[test]
fn a_stop_commits_what_was_done_and_leaves_the_group_at_once() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = pricing_on(kafka);
    pricing.produce(0..300);
    let app = run(&pricing);
    pricing.wait_for_results(300);
    assert_eq!(members(&pricing), 1);
    stop(app);
    assert_eq!(members(&pricing), 0);
    let ends = kafka.end_offsets(&pricing.input, Isolation::ReadUncommitted);
    assert_eq!(ends.iter().sum::<i64>(), 300);
    let committed = kafka.committed(&pricing.group, &pricing.input);
    assert_eq!(committed.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>(), ends);
}

#[test]
fn the_next_start_continues_without_gap_or_repetition() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = pricing_on(kafka);
    pricing.produce(0..300);
    let app = run(&pricing);
    pricing.wait_for_results(300);
    stop(app);
    pricing.produce(300..500);
    let app = run(&pricing);
    pricing.wait_for_results(500);
    let stderr = stop(app);
    assert!(stderr.contains("event=stopped records=200 results=200"), "{stderr}");
    pricing.assert_priced_once(0..500);
}

#[test]
fn a_kill_loses_nothing() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = pricing_on(kafka);
    pricing.produce(0..20_000);
    let app = run_with(&pricing, &PACE);
    wait_until("some records are committed", || pricing.committed() > 0);
    app.signal("KILL");
    assert_eq!(app.finish().code, None);
    assert!(pricing.committed() < 20_000, "the kill came when all was done");
    pricing.produce(20_000..21_000);
    let app = run(&pricing);
    pricing.wait_for_commit(21_000);
    stop(app);
    let expected: BTreeSet<String> =
        scored(MODEL, &(0..21_000).map(house).collect::<Vec<_>>()).into_iter().collect();
    assert_eq!(expected.len(), 21_000);
    assert!(counts(&kafka.read(&pricing.output, Isolation::ReadCommitted)).into_keys().eq(expected));
}
