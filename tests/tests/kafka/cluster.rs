//! A cluster: where it listens, and the script that starts, kills and stops its nodes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What `scripts/kafka` exits with where there is no Java, no Maven, or nothing to be fetched.
const UNAVAILABLE: i32 = 69;

/// Names the listener with passwords and without TLS.
const SASL_PLAINTEXT: &str = "KAFKA_SASL_PLAINTEXT_BOOTSTRAP_SERVERS";

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    bootstrap_servers: String,
    sasl_ssl: Option<SaslSsl>,
    sasl_plaintext: Option<String>,
    /// Where `scripts/kafka` keeps it; none of a cluster that we did not start.
    folder: Option<PathBuf>,
}

/// The listener with TLS, for a user by password: SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN.
#[derive(Debug)]
pub struct SaslSsl {
    pub bootstrap_servers: String,
    pub ca_file: String,
    pub username: String,
    pub password: String,
}

impl Cluster {
    /// The cluster that the environment names, by the variables that `scripts/kafka start` prints.
    pub fn from_environment() -> Option<Self> {
        let bootstrap_servers = std::env::var(super::BOOTSTRAP_SERVERS).ok()?;
        let sasl_ssl = SaslSsl::from_variables(|name| std::env::var(name).ok());
        let sasl_plaintext = std::env::var(SASL_PLAINTEXT).ok();
        Some(Self { bootstrap_servers, sasl_ssl, sasl_plaintext, folder: None })
    }

    /// Starts a cluster, with these options of `scripts/kafka start` besides, or tells why there is none to be had.
    ///
    /// # Panics
    ///
    /// If there is one to be had and it does not start.
    pub fn start(nodes: usize, options: &[&str], may_install: bool) -> Result<Self, String> {
        let (nodes, process) = (nodes.to_string(), std::process::id().to_string());
        let mut arguments = vec!["start", "--nodes", &nodes, "--watch", &process];
        arguments.extend(options);
        if !may_install {
            arguments.push("--no-install");
        }
        let output = script(&arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(UNAVAILABLE) {
            return Err(stderr.lines().last().unwrap_or_default().to_owned());
        }
        assert!(output.status.success(), "scripts/kafka start failed: {stderr}");
        let stdout = String::from_utf8(output.stdout).expect("UTF-8");
        let variable = |name: &str| {
            let mut pairs = stdout.lines().filter_map(|line| line.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        Ok(Self {
            bootstrap_servers: variable(super::BOOTSTRAP_SERVERS).expect("printed by scripts/kafka"),
            sasl_ssl: SaslSsl::from_variables(variable),
            sasl_plaintext: variable(SASL_PLAINTEXT),
            folder: Some(variable("KAFKA_FOLDER").expect("printed by scripts/kafka").into()),
        })
    }

    /// Where it listens in plaintext, comma-separated.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// Where it listens with TLS; a cluster that we did not start need not, and what then does not run is said.
    pub fn sasl_ssl(&self) -> Option<&SaslSsl> {
        if self.sasl_ssl.is_none() {
            super::not_run("KAFKA_SASL_SSL_BOOTSTRAP_SERVERS and its companions are not set.");
        }
        self.sasl_ssl.as_ref()
    }

    /// Where it listens without TLS for the user of `sasl_ssl` by the mechanism PLAIN, likewise.
    pub fn sasl_plaintext(&self) -> Option<&str> {
        if self.sasl_plaintext.is_none() {
            super::not_run(&format!("{SASL_PLAINTEXT} is not set."));
        }
        self.sasl_plaintext.as_deref()
    }

    /// Where a node, from 1, keeps the segments of its partitions; none of a cluster that we did not start.
    pub fn data_folder(&self, node: u32) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("node-{node}/data")))
    }

    /// Kills a node, from 1, as a crash would.
    pub fn kill(&self, node: u32) {
        self.signal(node, "KILL");
    }

    /// Sends a node a signal by its name, such as STOP and CONT.
    pub fn signal(&self, node: u32, name: &str) {
        self.command(&["kill", &node.to_string(), name]);
    }

    /// Starts a node with the data and ports that it had, and waits until it takes requests.
    pub fn restart(&self, node: u32) {
        self.command(&["restart", &node.to_string()]);
    }

    /// What one of Kafka's own command line tools prints, given the bootstrap servers and these arguments.
    pub fn tool(&self, class: &str, arguments: &[&str]) -> String {
        let mut all = vec!["tool", class, "--bootstrap-server", &self.bootstrap_servers];
        all.extend(arguments);
        let output = script(&all);
        assert!(output.status.success(), "{class}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What Kafka's own tool describes of a group.
    pub fn describe_group(&self, group: &str, what: &[&str]) -> String {
        let class = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
        // By itself the tool has 5 s for its question, of which a busy machine may need more to start with.
        let asked = ["--describe", "--group", group, "--timeout", "60000"];
        self.tool(class, &[&asked[..], what].concat())
    }

    fn command(&self, arguments: &[&str]) {
        let folder = self.folder.as_deref().expect("only a cluster of the test's own can be commanded");
        let folder = folder.to_str().expect("scripts/kafka printed it");
        let output = script(&[arguments, &["--folder", folder]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // A panic here would hide the one that the test failed by; who watches the process ends the cluster too.
            let _ = script(&["stop", "--folder", &folder.display().to_string()]);
        }
    }
}

impl SaslSsl {
    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        Some(Self {
            bootstrap_servers: variable("KAFKA_SASL_SSL_BOOTSTRAP_SERVERS")?,
            ca_file: variable("KAFKA_CA_FILE")?,
            username: variable("KAFKA_USERNAME")?,
            password: variable("KAFKA_PASSWORD")?,
        })
    }
}

/// Runs `scripts/kafka` to its end.
fn script(arguments: &[&str]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/kafka");
    let output = Command::new(path).args(arguments).stdin(Stdio::null()).output();
    output.expect("scripts/kafka can be run")
}
