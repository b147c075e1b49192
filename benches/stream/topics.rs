//! The topics of a run: created, counted, deleted.

use crate::Outcome;
use futures_executor::block_on;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Of every topic.
pub const PARTITIONS: i32 = 6;

/// For a single request; a busy broker on one core takes a while.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The broker's topics.
pub struct Topics {
    admin: AdminClient<DefaultClientContext>,
    /// Of the clients that ask for the ends of partitions, records of open transactions included.
    watching: ClientConfig,
    /// Distinguishes the topics and groups of this process from those of others.
    prefix: String,
    count: AtomicU32,
}

impl Topics {
    /// Connects lazily; an unreachable broker shows at the first use.
    pub fn connect(bootstrap_server: &str) -> Outcome<Self> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap_server).set("isolation.level", "read_uncommitted");
        let admin = config.create().map_err(|error| format!("no admin client: {error}"))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            admin,
            watching: config,
            prefix: format!("bench-{}", now.as_secs()),
            count: AtomicU32::new(0),
        })
    }

    /// A name that no topic or group has yet.
    pub fn unique(&self, name: &str) -> String {
        format!("{}-{}-{name}", self.prefix, self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// Creates a topic and waits until the broker leads its partitions.
    pub fn create(&self, topic: &str) -> Outcome<()> {
        let new = [NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1))];
        let options = AdminOptions::new().operation_timeout(Some(REQUEST_TIMEOUT));
        let created = block_on(self.admin.create_topics(&new, &options))
            .map_err(|error| format!("can't create {topic}: {error}"))?;
        for result in created {
            result.map_err(|(topic, code)| format!("can't create {topic}: {code}"))?;
        }
        self.written(topic).map(|_| ())
    }

    /// Deletes topics.
    pub fn delete(&self, topics: &[&str]) -> Outcome<()> {
        block_on(self.admin.delete_topics(topics, &AdminOptions::new()))
            .map_err(|error| format!("can't delete {topics:?}: {error}"))?;
        Ok(())
    }

    /// How many records a topic has, those of open transactions and the marks of ended ones included.
    pub fn written(&self, topic: &str) -> Outcome<u64> {
        let mut written = 0;
        // A new client each time: one that knew topics which are gone may not hear of new ones for a minute.
        let watcher: BaseConsumer =
            self.watching.create().map_err(|error| format!("no consumer: {error}"))?;
        for partition in 0..PARTITIONS {
            let (low, high) = watermarks(&watcher, topic, partition)?;
            written += high.saturating_sub(low) as u64;
        }
        Ok(written)
    }
}

/// A partition's first offset and the one behind its last. Asks again for a while, because a new topic's metadata may
/// not have come yet, or may be gone for a moment while topics are deleted.
fn watermarks(watcher: &BaseConsumer, topic: &str, partition: i32) -> Outcome<(i64, i64)> {
    let deadline = Instant::now() + REQUEST_TIMEOUT;
    loop {
        match watcher.fetch_watermarks(topic, partition, REQUEST_TIMEOUT) {
            Ok(ends) => return Ok(ends),
            Err(error) if Instant::now() > deadline => {
                return Err(format!("can't ask for the end of {topic}: {error}"));
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}
