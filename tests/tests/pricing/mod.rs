//! What tests of `run` against a real Kafka have in common: the topics and the group of one test, records that go in, and
//! what must come out for them.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use crate::kafka::{Cluster, Isolation, Record, unique};
use crate::process::{App, DEADLINE};
use std::collections::BTreeMap;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

/// The model that prices are of unless a test says otherwise.
pub const MODEL: &str = "house_prices";

/// The topics and the group of one test.
pub struct Pricing {
    pub kafka: &'static Cluster,
    pub input: String,
    pub output: String,
    pub dead_letters: String,
    pub group: String,
}

impl Pricing {
    pub fn on(kafka: &'static Cluster, partitions: i32) -> Self {
        Self::with_output(kafka, partitions, &[])
    }

    /// With an input and an output that are configured so.
    pub fn with_output(kafka: &'static Cluster, partitions: i32, configuration: &[(&str, &str)]) -> Self {
        let topic = |name: &str| {
            let topic = unique(name);
            kafka.create_topic(&topic, partitions, configuration);
            topic
        };
        let (input, output, dead_letters) = (topic("housing"), topic("predictions"), topic("dead-letters"));
        Self { kafka, input, output, dead_letters, group: unique("pricing") }
    }

    /// Starts a process with these options besides those that all have.
    pub fn run(&self, options: &[&str]) -> App {
        self.run_at(self.kafka.bootstrap_servers(), options, &[])
    }

    /// Starts one against these brokers, with variables in its environment.
    pub fn run_at(&self, bootstrap_servers: &str, options: &[&str], variables: &[(&str, &str)]) -> App {
        let mut arguments = vec![
            "run",
            "--bootstrap-server",
            bootstrap_servers,
            "--input",
            &self.input,
            "--output",
            &self.output,
            "--dead-letter",
            &self.dead_letters,
            "--group",
            &self.group,
        ];
        if !options.contains(&"--model") {
            arguments.extend(["--model", MODEL]);
        }
        arguments.extend(options);
        App::start_with(&arguments, variables)
    }

    pub fn produce(&self, houses: Range<u32>) {
        self.kafka.produce(&self.input, houses.map(house).collect::<Vec<_>>().iter());
    }

    /// Waits until so many results are committed; all of them come out.
    pub fn wait_for_results(&self, count: usize) -> Vec<Record> {
        self.kafka.read_until(&self.output, Isolation::ReadCommitted, |records| records.len() >= count)
    }

    /// Checks that exactly these houses are priced in the output, each once; to be called when all processes are stopped.
    pub fn assert_priced_once(&self, houses: Range<u32>) {
        let expected = scored(MODEL, &houses.map(house).collect::<Vec<_>>());
        let found = counts(&self.kafka.read(&self.output, Isolation::ReadCommitted));
        assert_eq!(found, expected.into_iter().map(|value| (value, 1)).collect());
    }

    /// How many records of the input are committed, over all partitions.
    pub fn committed(&self) -> i64 {
        self.kafka.committed(&self.group, &self.input).into_iter().flatten().sum()
    }

    pub fn wait_for_commit(&self, count: i64) {
        wait_until("all records are committed", || self.committed() >= count);
    }

    /// The members of the group by the broker, a line each, of either group protocol. Needs Java.
    pub fn members(&self) -> Vec<String> {
        let listed = self.kafka.describe_group(&self.group, &["--members", "--verbose"]);
        listed.lines().filter(|line| line.starts_with(&self.group)).map(str::to_owned).collect()
    }

    /// How many partitions each member of the group has, in rising order.
    pub fn shares(&self) -> Vec<usize> {
        // GROUP CONSUMER-ID HOST CLIENT-ID #PARTITIONS ...; of static members GROUP-INSTANCE-ID follows CONSUMER-ID.
        let share = |line: &String| line.split_whitespace().find_map(|column| column.parse().ok());
        let mut shares: Vec<usize> = self.members().iter().filter_map(share).collect();
        shares.sort_unstable();
        shares
    }
}

pub fn house(number: u32) -> Record {
    let value = format!(r#"{{"id": {number}, "sqft": {}}}"#, 1_000 + number % 4_000);
    Record::new(format!("house-{number}"), value)
}

/// What `score` makes of records, in their order.
pub fn scored(model: &str, records: &[Record]) -> Vec<String> {
    let lines: Vec<_> = records.iter().map(Record::text).collect();
    let score = App::start(&["score", "--model", model]).write(&lines.join("\n")).finish();
    assert_eq!(score.code, Some(0), "{}", score.stderr);
    score.stdout.lines().map(str::to_owned).collect()
}

/// How often each value came out.
pub fn counts(records: &[Record]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry(record.text().to_owned()).or_default() += 1;
    }
    counts
}

/// Asks a process to stop, which it must do as asked; its stderr comes out.
pub fn stop(app: App) -> String {
    app.signal("TERM");
    let finished = app.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stderr
}

/// The lines that tell of partitions which a process got; of a cooperative rebalance that brought it none there is one too.
pub fn assignments(printed: &str) -> Vec<&str> {
    let assigned = printed.lines().filter(|line| line.contains("event=assigned"));
    assigned.filter(|line| !line.contains("partitions=[]")).collect()
}

pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        thread::sleep(Duration::from_millis(200));
    }
}
