//! What a result holds for: the machine, the commit, the versions.

use crate::arguments::Arguments;
use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;

/// Where the results come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub memory_mib: u64,
    pub kernel: String,
    /// The mean number of processes that ran in the minute before: a busy machine measures noise.
    pub load_before: f64,
    pub commit: String,
    /// Programs, and what they say of themselves.
    pub versions: Vec<(String, String)>,
}

impl Machine {
    /// This one.
    pub fn this(arguments: &Arguments) -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kibibytes = memory.split_ascii_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let model = cpus.lines().find(|line| line.starts_with("model name"));
        Self {
            processor: model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").to_owned(),
            cores: cpus.lines().filter(|line| line.starts_with("processor")).count(),
            memory_mib: kibibytes.unwrap_or_default() / 1024,
            kernel: first_line("uname", &["-sr"]),
            load_before: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
            commit: commit(),
            versions: versions(arguments),
        }
    }

    /// Whether results of both may stand in one table.
    pub fn is_alike(&self, other: &Self) -> bool {
        (&self.processor, self.cores, &self.commit, &self.versions)
            == (&other.processor, other.cores, &other.commit, &other.versions)
    }
}

fn commit() -> String {
    let commit = first_line("git", &["rev-parse", "HEAD"]);
    // Results that are written meanwhile change nothing that is measured.
    let changes = first_line("git", &["status", "--porcelain", "--", ".", ":(exclude)benches/results"]);
    if changes.is_empty() { commit } else { format!("{commit} with changes") }
}

fn versions(arguments: &Arguments) -> Vec<(String, String)> {
    let (_, librdkafka) = rdkafka::util::get_rdkafka_version();
    let mut versions = vec![
        ("rustc".to_owned(), first_line("rustc", &["--version"])),
        ("librdkafka".to_owned(), librdkafka),
        ("java".to_owned(), first_line("java", &["--version"])),
        ("broker".to_owned(), arguments.broker_version.clone()),
    ];
    let jars = fs::read_dir(arguments.kafka_streams.join("target/jars")).into_iter().flatten().flatten();
    let mut jars: Vec<String> = jars.filter_map(|jar| jar.file_name().into_string().ok()).collect();
    jars.sort_unstable();
    jars.retain(|jar| {
        ["kafka-", "h2o-genmodel", "jackson-databind"].iter().any(|name| jar.starts_with(name))
    });
    versions.push(("peer's jars".to_owned(), jars.join(" ")));
    versions
}

/// The first line of what a program prints; nothing if it can't be run.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned()
}
