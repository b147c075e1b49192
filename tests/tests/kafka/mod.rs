//! A real Apache Kafka for tests: topics and records go in, what brokers hold about them comes out.
//!
//! `shared` is for tests that only need a broker: the one that `KAFKA_BOOTSTRAP_SERVERS` names, or one that
//! `scripts/kafka` starts for this process. `one_node` and `three_nodes` are clusters of the test's own, whose nodes it may kill.
//! All say loudly what does not run where there is no Kafka to be had, and the test returns:
//!
//! ```ignore
//! let Some(kafka) = kafka::shared() else { return };
//! ```
//!
//! With `KAFKA_TESTS=required` that is a failure, and what Kafka needs is installed where that is allowed.
//! A broker that was started ends with the process or earlier, however the process ends.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part of this")]

mod client;
mod cluster;
mod record;

pub use client::Isolation;
pub use cluster::{Cluster, SaslSsl};
pub use record::Record;

use std::io::{self, Write};
use std::sync::OnceLock;
use std::thread;

/// Names the brokers to use in place of one of our own, comma-separated.
const BOOTSTRAP_SERVERS: &str = "KAFKA_BOOTSTRAP_SERVERS";

/// `required` makes a failure of a Kafka that is not to be had.
const TESTS: &str = "KAFKA_TESTS";

/// The broker that all tests of this process share; names from `unique` keep them apart. None where there is none.
pub fn shared() -> Option<&'static Cluster> {
    // Never dropped: `scripts/kafka` watches this process.
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    let found = CLUSTER.get_or_init(|| match Cluster::from_environment() {
        Some(cluster) => Ok(cluster),
        None => Cluster::start(1, &[], is_required()),
    });
    match found {
        Ok(cluster) => Some(cluster),
        Err(why) => {
            not_run(why);
            None
        }
    }
}

/// A cluster of three nodes, stopped when it is dropped. None where there is none to be had.
pub fn three_nodes() -> Option<Cluster> {
    Cluster::start(3, &[], is_required()).map_err(|why| not_run(&why)).ok()
}

/// A cluster of one node, of the test's own, likewise. It makes topics that someone asks for, as brokers do that nobody has
/// told otherwise.
pub fn one_node() -> Option<Cluster> {
    Cluster::start(1, &["--create-topics"], is_required()).map_err(|why| not_run(&why)).ok()
}

/// A name that no other test and no earlier run has: of a topic, a group, a transactional id.
pub fn unique(name: &str) -> String {
    format!("{name}-{:016x}", fastrand::u64(..))
}

/// Whether a Kafka has to be there.
pub fn is_required() -> bool {
    std::env::var(TESTS).is_ok_and(|value| value == "required")
}

/// Says so past the capture of the test runner, which hides what a passed test prints.
fn not_run(why: &str) {
    let current = thread::current();
    let test = current.name().unwrap_or("a test");
    assert!(!is_required(), "{TESTS}=required, but there is no Kafka for it: {why}");
    let line = format!(
        "\nNOT RUN: {test}: there is no Kafka for it. {why}\nSet {BOOTSTRAP_SERVERS} to use one.\n\n"
    );
    // Nobody may be reading.
    let _ = io::stderr().write_all(line.as_bytes());
}
