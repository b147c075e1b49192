//! `run` against a real Kafka, at least once: what arrives, what is committed, what a stop, a start and a kill do.

mod kafka;
mod process;

use kafka::{Cluster, Isolation, Record, unique};
use process::{App, DEADLINE};
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

const PARTITIONS: i32 = 4;

/// The topics and the group of one test.
struct Pricing {
    kafka: &'static Cluster,
    input: String,
    output: String,
    dead_letters: String,
    group: String,
}

impl Pricing {
    fn on(kafka: &'static Cluster) -> Self {
        let (input, output) = (kafka.topic("housing", PARTITIONS), kafka.topic("predictions", PARTITIONS));
        let dead_letters = kafka.topic("dead-letters", PARTITIONS);
        Self { kafka, input, output, dead_letters, group: unique("pricing") }
    }

    fn run(&self) -> App {
        App::start(&[
            "run",
            "--bootstrap-server",
            self.kafka.bootstrap_servers(),
            "--input",
            &self.input,
            "--output",
            &self.output,
            "--dead-letter",
            &self.dead_letters,
            "--group",
            &self.group,
            "--model",
            "house_prices",
            // A killed process holds its partitions for that long.
            "--property",
            "session.timeout.ms=3000",
        ])
    }

    fn produce(&self, houses: Range<u32>) {
        self.kafka.produce(&self.input, houses.map(house).collect::<Vec<_>>().iter());
    }

    fn wait_for_results(&self, count: usize) -> Vec<Record> {
        self.kafka.read_until(&self.output, Isolation::ReadCommitted, |records| records.len() >= count)
    }

    /// How many records of the input are committed, over all partitions.
    fn committed(&self) -> i64 {
        self.kafka.committed(&self.group, &self.input).into_iter().flatten().sum()
    }

    fn wait_for_commit(&self, count: i64) {
        let start = Instant::now();
        while self.committed() < count {
            assert!(start.elapsed() < DEADLINE, "{} of {count} records are committed", self.committed());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Who is in the group, by the broker.
    fn members(&self) -> usize {
        let consumer: BaseConsumer = self.kafka.client_config().create().unwrap();
        let groups = consumer.fetch_group_list(Some(&self.group), Duration::from_secs(30)).unwrap();
        groups.groups().iter().map(|group| group.members().len()).sum()
    }
}

fn house(number: u32) -> Record {
    let value = format!(r#"{{"id": {number}, "sqft": {}}}"#, 1_000 + number);
    Record::new(format!("house-{number}"), value)
}

/// What `score` makes of records, line by line.
fn scored(records: &[Record]) -> BTreeSet<String> {
    let lines: Vec<_> = records.iter().map(Record::text).collect();
    let score = App::start(&["score", "--model", "house_prices"]).write(&lines.join("\n")).finish();
    assert_eq!(score.code, Some(0), "{}", score.stderr);
    score.stdout.lines().map(str::to_owned).collect()
}

/// How often each value came out.
fn counts(records: &[Record]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry(record.text().to_owned()).or_default() += 1;
    }
    counts
}

fn stop(app: App) -> String {
    app.signal("TERM");
    let finished = app.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stderr
}

#[test]
fn a_record_comes_out_with_its_price_key_headers_and_timestamp() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka);
    let house = Record::new("house-1", r#"{ "sqft" : 2342.0, "note": "}" }"#)
        .with_header("trace", "abc")
        .with_header("trace", b"\xff")
        .at(1_234_567);
    kafka.produce(&pricing.input, [&house]);
    let app = pricing.run();
    let [result] = pricing.wait_for_results(1).try_into().unwrap();
    assert!(result.text().starts_with(r#"{ "sqft" : 2342.0, "note": "}" ,"selling_price":"#));
    assert_eq!(BTreeSet::from([result.text().to_owned()]), scored(std::slice::from_ref(&house)));
    assert_eq!(result.key, house.key);
    assert_eq!(result.headers, house.headers);
    assert_eq!(result.timestamp, house.timestamp);
    stop(app);
}

#[test]
fn a_bad_record_goes_to_the_dead_letters_as_it_came_with_the_reason_in_headers() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka);
    let bad =
        Record::new("house-1", r#"{"sqft": "my secret"}"#).with_header("trace", "abc").at(77).in_partition(3);
    let tombstone = Record { value: None, ..bad.clone().at(78).in_partition(2) };
    kafka.produce(&pricing.input, [&bad, &tombstone, &house(2)]);
    let app = pricing.run();
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
    let pricing = Pricing::on(kafka);
    pricing.produce(0..300);
    let app = pricing.run();
    pricing.wait_for_results(300);
    assert_eq!(pricing.members(), 1);
    stop(app);
    assert_eq!(pricing.members(), 0);
    let ends = kafka.end_offsets(&pricing.input, Isolation::ReadUncommitted);
    assert_eq!(ends.iter().sum::<i64>(), 300);
    let committed = kafka.committed(&pricing.group, &pricing.input);
    assert_eq!(committed.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>(), ends);
}

#[test]
fn the_next_start_continues_without_gap_or_repetition() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka);
    pricing.produce(0..300);
    let app = pricing.run();
    pricing.wait_for_results(300);
    stop(app);
    pricing.produce(300..500);
    let app = pricing.run();
    pricing.wait_for_results(500);
    let stderr = stop(app);
    assert!(stderr.contains("event=stopped records=200 results=200"), "{stderr}");
    let expected = scored(&(0..500).map(house).collect::<Vec<_>>());
    assert_eq!(expected.len(), 500);
    assert_eq!(
        counts(&kafka.read(&pricing.output, Isolation::ReadUncommitted)),
        expected.into_iter().map(|value| (value, 1)).collect()
    );
}

#[test]
fn a_kill_loses_nothing() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka);
    pricing.produce(0..20_000);
    let app = pricing.run();
    pricing.wait_for_results(1);
    app.signal("KILL");
    assert_eq!(app.finish().code, None);
    assert!(pricing.committed() < 20_000, "the kill came when all was done");
    pricing.produce(20_000..21_000);
    let app = pricing.run();
    pricing.wait_for_commit(21_000);
    stop(app);
    let expected = scored(&(0..21_000).map(house).collect::<Vec<_>>());
    assert_eq!(expected.len(), 21_000);
    assert!(counts(&kafka.read(&pricing.output, Isolation::ReadCommitted)).into_keys().eq(expected));
}
