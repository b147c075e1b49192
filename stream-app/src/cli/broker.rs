//! How to reach Kafka: brokers, and properties of its client.

use crate::config::{Broker, Sources, load_broker};
use crate::exit::Failure;
use clap::Args;
use std::env;
use std::path::PathBuf;

/// The heading of what is not about one option alone.
pub const CONFIGURATION: &str = "Configuration and client properties";

/// Properties of the Kafka client.
#[derive(Args, Debug)]
#[allow(clippy::doc_markdown, reason = "the text is help on a terminal, where backticks are noise")]
pub struct PropertyArguments {
    /// A property of the Kafka client by librdkafka's name, Java's or Kafka Streams'; may be given several times. With
    /// `consumer.` or `producer.` before it, it is for that client alone. STREAM_APP_PROPERTY_SASL_PASSWORD in the
    /// environment is `sasl.password`: a secret on a command line can be seen by others.
    #[arg(long = "property", short = 'X', value_name = "NAME=VALUE", help_heading = CONFIGURATION)]
    pub properties: Vec<String>,
    /// A file of such properties, NAME=VALUE a line, as Java's clients read it (STREAM_APP_PROPERTIES). It prevails over
    /// [properties] in the TOML file; the environment and -X prevail over it.
    #[arg(long = "properties", value_name = "FILE", help_heading = CONFIGURATION)]
    pub properties_file: Option<PathBuf>,
}

impl PropertyArguments {
    /// What was given, and the environment.
    pub fn sources(&self) -> Sources {
        Sources {
            properties: self.properties.clone(),
            properties_file: self.properties_file.clone(),
            environment: env::vars_os().collect(),
            ..Sources::default()
        }
    }
}

/// How to reach Kafka.
#[derive(Args, Debug)]
#[allow(clippy::doc_markdown, reason = "the text is help on a terminal, where backticks are noise")]
pub struct BrokerArguments {
    /// Brokers to begin with; several with commas (STREAM_APP_BOOTSTRAP_SERVER, or `bootstrap.servers` in the file of
    /// --properties).
    #[arg(long, value_name = "HOST:PORT")]
    pub bootstrap_server: Option<String>,
    #[command(flatten)]
    pub properties: PropertyArguments,
}

impl BrokerArguments {
    /// The brokers, and how to talk to them.
    pub fn broker(&self) -> Result<Broker, Failure> {
        let flags = self.bootstrap_server.iter().map(|text| ("bootstrap_server", text.clone())).collect();
        let sources = Sources { flags, ..self.properties.sources() };
        load_broker(&sources).map_err(|problems| Failure::usage(problems.to_string()))
    }
}
