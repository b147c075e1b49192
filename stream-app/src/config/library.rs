//! What the client library that is linked says to a property, with no broker and no client.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

/// How to get a client with TLS, SCRAM and OAUTHBEARER.
pub const TLS_BUILD: &str = "use a build with TLS: `cargo build --release -p stream-app --features tls`";

/// How to get a client with zstd.
pub const ZSTD_BUILD: &str =
    "use a build with zstd, as one by default is (its feature is `zstd`), or gzip, snappy or lz4";

/// The client library.
pub struct Library {
    /// What it was built with, by librdkafka's words.
    features: Vec<String>,
}

impl Library {
    /// The one that is linked.
    pub fn linked() -> Self {
        let features = ClientConfig::new().create_native_config().and_then(|it| it.get("builtin.features"));
        Self::with_features(&features.unwrap_or_default())
    }

    /// One with these features, separated by commas.
    fn with_features(features: &str) -> Self {
        Self { features: features.split(',').map(|feature| feature.trim().to_owned()).collect() }
    }

    /// Whether there is such a property.
    #[expect(clippy::unused_self, reason = "the linked library is asked, and there is one")]
    pub fn knows(&self, name: &str) -> bool {
        // Some of its own can be set through functions only. The client says to them what it says to wrong values.
        let set = ClientConfig::new().set(name, "").create_native_config();
        !matches!(
            set,
            Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..) | KafkaError::Nul(_))
        )
    }

    /// What to do if the library was built without what this value needs.
    pub fn lacks(&self, name: &str, value: &str) -> Option<String> {
        let value = value.trim().to_ascii_uppercase();
        let (feature, advice) = match (name, value.as_str()) {
            ("security.protocol", "SSL" | "SASL_SSL") => ("ssl", TLS_BUILD),
            ("sasl.mechanism", "SCRAM-SHA-256" | "SCRAM-SHA-512") => ("sasl_scram", TLS_BUILD),
            ("sasl.mechanism", "OAUTHBEARER") => ("sasl_oauthbearer", TLS_BUILD),
            ("sasl.mechanism", "GSSAPI") => {
                ("sasl_gssapi", "Kerberos needs a librdkafka with it; use another mechanism")
            }
            ("compression.type", "ZSTD") => ("zstd", ZSTD_BUILD),
            // The default of this one asks for nothing.
            ("enable.ssl.certificate.verification" | "ssl.endpoint.identification.algorithm", _) => {
                return None;
            }
            (name, _) if name.starts_with("ssl.") => ("ssl", TLS_BUILD),
            _ => return None,
        };
        let has = self.features.iter().any(|built_in| built_in == feature);
        (!has).then(|| advice.to_owned())
    }

    /// What to do if the library does not take this value.
    #[expect(clippy::unused_self, reason = "the linked library is asked, and there is one")]
    pub fn check_value(&self, name: &str, value: &str) -> Result<(), String> {
        match ClientConfig::new().set(name, value).create_native_config() {
            Ok(_) => Ok(()),
            Err(KafkaError::Nul(_)) => Err("a value can't hold the character NUL".to_owned()),
            Err(KafkaError::ClientConfig(_, problem, ..)) if !problem.contains(value) => {
                Err(format!("the client says: {problem}"))
            }
            // Librdkafka's words may repeat the value.
            Err(_) => Err("give one that librdkafka's CONFIGURATION.md allows".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_library_s_optional_parts_is_missed_where_it_is_needed() {
        let bare = Library::with_features("gzip,snappy, sasl,regex");
        for (name, value, advice) in [
            ("security.protocol", "sasl_ssl", TLS_BUILD),
            ("security.protocol", "SSL", TLS_BUILD),
            ("ssl.ca.location", "ca.pem", TLS_BUILD),
            ("sasl.mechanism", "scram-sha-512", TLS_BUILD),
            ("compression.type", "zstd", ZSTD_BUILD),
        ] {
            assert_eq!(bare.lacks(name, value).as_deref(), Some(advice), "{name}");
        }
        for (name, value) in [
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "PLAIN"),
            ("compression.type", "lz4"),
            ("ssl.endpoint.identification.algorithm", "none"),
        ] {
            assert_eq!(bare.lacks(name, value), None, "{name}");
        }
        let whole = Library::with_features("ssl, sasl_scram, zstd");
        assert_eq!(whole.lacks("security.protocol", "SSL"), None);
        assert_eq!(whole.lacks("sasl.mechanism", "SCRAM-SHA-256"), None);
        assert_eq!(whole.lacks("compression.type", "zstd"), None);
    }

    #[test]
    fn the_linked_library_tells_its_features_names_and_values() {
        let linked = Library::linked();
        assert!(linked.features.iter().any(|feature| feature == "snappy"), "{:?}", linked.features);
        assert!(linked.knows("session.timeout.ms") && !linked.knows("session.timeout"));
        assert!(!linked.knows("a\0b"));
        assert_eq!(linked.check_value("session.timeout.ms", "6000"), Ok(()));
        assert_eq!(linked.check_value("security.protocol", "SASL_PLAINTEXT"), Ok(()));
        assert!(linked.check_value("session.timeout.ms", "0").is_err());
        let wrong = linked.check_value("session.timeout.ms", "hunter2").unwrap_err();
        assert!(!wrong.contains("hunter2"), "{wrong}");
        assert!(linked.check_value("sasl.password", "a\0b").unwrap_err().contains("NUL"));
    }
}
