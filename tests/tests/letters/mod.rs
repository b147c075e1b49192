//! A loop whose records go wrong: its topics and group, `run` and the commands of `dead-letters` on them.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use crate::kafka::{Cluster, Isolation, Record, unique};
use crate::process::{App, DEADLINE, Finished, run};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use std::thread;
use std::time::{Duration, Instant};

pub const EXCEPTION: &str = "__streams.errors.exception";
pub const FIELD: &str = "__stream-app.errors.field";
pub const OMITTED: &str = "__stream-app.errors.omitted";

/// Records of this size pass into the input and, where they need to, out of the output.
pub const LARGE_BYTES_MAX: &str = "16777216";

/// Enough for a house, too little for one with a long note.
pub const SMALL: &[(&str, &str)] = &[("max.message.bytes", "2000")];

/// The topics and the group of one test.
pub struct Loop {
    pub kafka: &'static Cluster,
    pub input: String,
    pub output: String,
    pub dead_letters: String,
    pub group: String,
}

impl Loop {
    /// With topics of so many partitions, of which the output has this configuration. The input takes large records.
    pub fn on(kafka: &'static Cluster, partitions: i32, output: &[(&str, &str)]) -> Self {
        let found = Self::without_output(kafka, partitions);
        kafka.create_topic(&found.output, partitions, output);
        found
    }

    /// One that has worked off the [`houses`]: three are letters, as the output takes no long ones.
    pub fn with_letters(kafka: &'static Cluster) -> Self {
        let pricing = Self::on(kafka, 2, SMALL);
        kafka.produce(&pricing.input, &houses());
        let app = pricing.run(&[]);
        pricing.wait_for_letters(3);
        stop(app);
        pricing
    }

    /// With an output topic that is only a name.
    pub fn without_output(kafka: &'static Cluster, partitions: i32) -> Self {
        let (input, output) = (unique("housing"), unique("predictions"));
        kafka.create_topic(&input, partitions, &[("max.message.bytes", LARGE_BYTES_MAX)]);
        let dead_letters = kafka.topic("dead-letters", partitions);
        Self { kafka, input, output, dead_letters, group: unique("pricing") }
    }

    /// Starts `run`, exactly once.
    pub fn run(&self, more: &[&str]) -> App {
        App::start(&self.arguments(&["run"], more))
    }

    /// `dead-letters` with a command of its own.
    pub fn dead_letters(&self, command: &str, more: &[&str]) -> Finished {
        run(&self.arguments(&["dead-letters", command], more))
    }

    /// Starts `dead-letters replay`.
    pub fn start_replay(&self, more: &[&str]) -> App {
        App::start(&self.arguments(&["dead-letters", "replay"], more))
    }

    /// What `dead-letters replay` says, having gone well.
    pub fn replay(&self, more: &[&str]) -> String {
        let finished = self.dead_letters("replay", more);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        finished.stderr
    }

    /// The group of what is done of the dead letters.
    pub fn replay_group(&self) -> String {
        format!("{}-dead-letters", self.group)
    }

    fn arguments<'a>(&'a self, command: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = command.to_vec();
        if !more.contains(&"--bootstrap-server") {
            arguments.extend(["--bootstrap-server", self.kafka.bootstrap_servers()]);
        }
        arguments.extend([
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
            "--processing-guarantee",
            "exactly_once",
        ]);
        arguments.extend(more);
        arguments
    }

    pub fn wait_for_results(&self, count: usize) -> Vec<Record> {
        self.kafka.read_until(&self.output, Isolation::ReadCommitted, |records| records.len() >= count)
    }

    pub fn wait_for_letters(&self, count: usize) -> Vec<Record> {
        self.kafka.read_until(&self.dead_letters, Isolation::ReadCommitted, |records| records.len() >= count)
    }

    pub fn results(&self) -> Vec<Record> {
        self.kafka.read(&self.output, Isolation::ReadCommitted)
    }

    pub fn letters(&self) -> Vec<Record> {
        self.kafka.read(&self.dead_letters, Isolation::ReadCommitted)
    }

    pub fn records(&self) -> Vec<Record> {
        self.kafka.read(&self.input, Isolation::ReadCommitted)
    }

    /// What is committed of each partition of the input; 0 where nothing is.
    pub fn committed(&self) -> Vec<i64> {
        let committed = self.kafka.committed(&self.group, &self.input);
        committed.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// Waits until all that the input has is committed.
    pub fn wait_for_all(&self) {
        let count = i64::try_from(self.records().len()).expect("few");
        let start = Instant::now();
        // The mark of a replay's transaction takes an offset, which is committed or not.
        while self.committed().iter().sum::<i64>() < count {
            assert!(start.elapsed() < DEADLINE, "{:?} is committed of {count}", self.committed());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until so much of each partition of the input is committed.
    pub fn wait_for_commits(&self, committed: &[i64]) {
        let start = Instant::now();
        while self.committed() != committed {
            assert!(start.elapsed() < DEADLINE, "{:?} is committed, not {committed:?}", self.committed());
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Sets a topic's configuration, all of it, and waits until the broker has it: the controller answers before.
pub fn configure(kafka: &Cluster, topic: &str, name: &str, value: &str) {
    let admin: AdminClient<DefaultClientContext> = kafka.client_config().create().expect("valid");
    let (topic, options) = (ResourceSpecifier::Topic(topic), AdminOptions::new());
    let alteration = AlterConfig::new(topic).set(name, value);
    let altered = futures_executor::block_on(admin.alter_configs([&alteration], &options));
    for result in altered.expect("the broker answers") {
        result.expect("a topic's configuration can be set");
    }
    let start = Instant::now();
    let is_set = || {
        let described = futures_executor::block_on(admin.describe_configs([&topic], &options));
        let described = described.expect("the broker answers").remove(0).expect("the topic is there");
        described.get(name).and_then(|entry| entry.value.as_deref()) == Some(value)
    };
    while !is_set() {
        assert!(start.elapsed() < DEADLINE, "{name} does not become {value}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Ends a `run` in order; what it said comes out.
pub fn stop(app: App) -> String {
    app.signal("TERM");
    let finished = app.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stderr
}

/// What `score` makes of a record.
pub fn scored(record: &Record) -> String {
    let score = App::start(&["score", "--model", "house_prices"]).write(record.text()).finish();
    assert_eq!(score.code, Some(0), "{}", score.stderr);
    score.stdout.trim_end_matches('\n').to_owned()
}

/// A house of which the JSON text has about so many bytes.
pub fn house_of_bytes(name: &str, bytes: usize) -> Record {
    Record::new(name, format!(r#"{{"sqft": 1500, "note": "{}"}}"#, "n".repeat(bytes)))
}

/// Two houses with too long a note for a small output, one whose area is no number, and a good one.
pub fn houses() -> [Record; 4] {
    let long =
        |name, partition| house_of_bytes(name, 3_000).in_partition(partition).with_header("trace", name);
    let bad = Record::new("bad", r#"{"sqft": "my secret"}"#).with_header("trace", "c").at(77).in_partition(1);
    [
        long("long-a", 0).at(1_000_000),
        long("long-b", 1).at(2_000_000),
        bad,
        Record::new("good", r#"{"sqft": 1500}"#).in_partition(0).at(3_000_000),
    ]
}

/// The places of the listed letters, as `--offsets` takes them, each with its key's reason and its status.
pub fn listed(pricing: &Loop, more: &[&str]) -> Vec<(String, String, String)> {
    let listed = pricing.dead_letters("list", more);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(!listed.stderr.contains("event="), "{}", listed.stderr);
    let lines = listed.stdout.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let row = |line: Vec<&str>| (format!("{}:{}", line[0], line[1]), line[6].to_owned(), line[9].to_owned());
    let mut rows: Vec<_> = lines.map(row).collect();
    rows.sort_unstable_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));
    rows
}

pub fn statuses(rows: &[(String, String, String)]) -> Vec<&str> {
    rows.iter().map(|(_, _, status)| status.as_str()).collect()
}
