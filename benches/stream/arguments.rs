//! What can be asked for.

use clap::Parser;
use std::path::PathBuf;

/// Measures the Kafka loop and its peers against a running broker of one node.
///
/// Called by `benches/stream/run`, which builds the subjects and starts the broker. Exit codes: 0 all measured,
/// 1 a wrong answer or an error, 2 wrong arguments, 3 a subject could not be had.
#[derive(Clone, Debug, Parser)]
pub struct Arguments {
    /// The broker.
    #[arg(long, value_name = "HOST:PORT")]
    pub bootstrap_server: String,
    /// The broker's process, whose CPU is counted.
    #[arg(long, value_name = "PID")]
    pub broker_process: u32,
    /// What the broker is, for the record.
    #[arg(long, value_name = "TEXT")]
    pub broker_version: String,
    /// The folder for `stream.json` and `stream.md`.
    #[arg(long, value_name = "FOLDER")]
    pub results: PathBuf,
    /// The folder for records and the subjects' logs.
    #[arg(long, value_name = "FOLDER")]
    pub work: PathBuf,
    /// The program `stream-app`, built for release.
    #[arg(long, value_name = "FILE")]
    pub stream_app: PathBuf,
    /// The folder of the Kafka Streams peer, packaged by Maven.
    #[arg(long, value_name = "FOLDER")]
    pub kafka_streams: PathBuf,
    /// The core that a subject is pinned to; broker and this program should have another [default: not pinned].
    #[arg(long, value_name = "CORE")]
    pub subject_core: Option<u32>,
    /// The records that are drained, all different.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub records: usize,
    /// For how long records come at `--rate`.
    #[arg(long, value_name = "S", default_value_t = 60)]
    pub seconds: usize,
    /// Records a second while memory and latency are measured.
    #[arg(long, value_name = "R", default_value_t = 10_000)]
    pub rate: usize,
    /// How often each subject is measured; the medians are reported.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Only these subjects, by name; several with commas [default: all].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub subjects: Vec<String>,
    /// Keep the runs that `stream.json` has already and measure the others.
    #[arg(long)]
    pub resume: bool,
}

impl Arguments {
    /// The records that come at a pace: one to begin with, then so many a second.
    pub fn paced_records(&self) -> usize {
        1 + self.rate * self.seconds
    }

    /// The different houses that are needed.
    pub fn houses(&self) -> usize {
        self.records.max(self.paced_records())
    }
}
