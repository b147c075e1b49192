//! The properties of Java's clients and of Kafka Streams that librdkafka does not have: what each means here. What a table
//! can tell is in `java_names`.

use super::jaas;
use super::java_names::{HANDLERS, MEANINGLESS, OPTIONS, RENAMED};
use super::problem::quoted;

/// What a property of Java's means here.
#[derive(Debug, PartialEq, Eq)]
pub enum Translation {
    /// Nothing that Java alone would have.
    Unknown,
    /// A value for one of our options, by its key.
    Option(&'static str, String),
    /// Properties of librdkafka.
    Client(Vec<(&'static str, String)>),
    /// It has no meaning, and nothing changes without it. Why.
    Meaningless(&'static str),
    /// It has a meaning that can't be kept: what was found, what to do.
    Refused(String, String),
}

/// What the property means here. `other` tells the value of another property that was given beside it.
pub fn translate<'a>(name: &str, value: &str, other: &dyn Fn(&str) -> Option<&'a str>) -> Translation {
    let value = value.trim();
    let of = |table: &'static [(&'static str, &'static str)]| {
        table.iter().find(|(known, _)| *known == name).map(|(_, found)| *found)
    };
    if let Some(key) = of(&OPTIONS) {
        return Translation::Option(key, value.to_owned());
    }
    if let Some(key) = of(&HANDLERS) {
        return handler(key, value, other("errors.dead.letter.queue.topic.name").is_some());
    }
    if let Some(renamed) = of(&RENAMED) {
        return Translation::Client(vec![(renamed, value.to_owned())]);
    }
    match name {
        "sasl.jaas.config" => login(value),
        "ssl.truststore.location" => truststore(value, other("ssl.truststore.type")),
        "ssl.keystore.location" => keystore(value, other("ssl.keystore.type")),
        // Java's way to say that a broker's name is not compared with its certificate.
        "ssl.endpoint.identification.algorithm" if value.is_empty() => {
            Translation::Client(vec![("ssl.endpoint.identification.algorithm", "none".to_owned())])
        }
        "receive.buffer.bytes" => socket_buffer("socket.receive.buffer.bytes", value),
        "send.buffer.bytes" => socket_buffer("socket.send.buffer.bytes", value),
        "buffer.memory" => queue_memory(value),
        "partitioner.class" => Translation::Refused(
            "a partitioner of Java's".to_owned(),
            "choose with --output-partition murmur2 (as Java's clients) or input".to_owned(),
        ),
        _ => meaningless(name),
    }
}

fn meaningless(name: &str) -> Translation {
    let found = MEANINGLESS.iter().find(|(known, _)| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *known,
    });
    found.map_or(Translation::Unknown, |(_, why)| Translation::Meaningless(why))
}

/// The handlers that Kafka Streams comes with. With a dead letter queue (KIP-1034) those that go on send to it.
fn handler(key: &'static str, class: &str, has_queue: bool) -> Translation {
    let policy = match class.rsplit('.').next().unwrap_or_default() {
        "LogAndContinueExceptionHandler" | "LogAndContinueProcessingExceptionHandler" if has_queue => {
            "dead-letter"
        }
        "LogAndContinueExceptionHandler" | "LogAndContinueProcessingExceptionHandler" => "continue",
        "LogAndFailExceptionHandler"
        | "LogAndFailProcessingExceptionHandler"
        | "DefaultProductionExceptionHandler" => "fail",
        _ => {
            let action = format!("choose with {} fail, continue or dead-letter", super::keys::flag(key));
            return Translation::Refused(format!("a class of its own, {}", quoted(class)), action);
        }
    };
    Translation::Option(key, policy.to_owned())
}

fn login(line: &str) -> Translation {
    match jaas::credentials(line) {
        Ok((username, password)) => {
            Translation::Client(vec![("sasl.username", username), ("sasl.password", password)])
        }
        Err(action) => {
            Translation::Refused("a login that can't be taken over from Java".to_owned(), action.to_owned())
        }
    }
}

fn truststore(path: &str, store_type: Option<&str>) -> Translation {
    if is_pem(path, store_type) {
        return Translation::Client(vec![("ssl.ca.location", path.to_owned())]);
    }
    Translation::Refused(
        format!("a truststore of Java's, {}", quoted(path)),
        "export the certificates as PEM (`keytool -exportcert -rfc -keystore STORE -alias NAME -file ca.pem`) and set \
         `ssl.ca.location`; of a PEM truststore say `ssl.truststore.type=PEM`"
            .to_owned(),
    )
}

/// Librdkafka has the property too, for PKCS#12.
fn keystore(path: &str, store_type: Option<&str>) -> Translation {
    if is_pem(path, store_type) {
        // Java's PEM file holds the key and the chain.
        return Translation::Client(vec![
            ("ssl.certificate.location", path.to_owned()),
            ("ssl.key.location", path.to_owned()),
        ]);
    }
    let is_jks = store_type.is_some_and(|it| it.eq_ignore_ascii_case("JKS")) || has_extension(path, &["jks"]);
    if !is_jks {
        return Translation::Unknown;
    }
    Translation::Refused(
        format!("a JKS keystore, {}", quoted(path)),
        "make it PKCS#12 (`keytool -importkeystore -srckeystore STORE -destkeystore client.p12 -deststoretype PKCS12`) \
         and set `ssl.keystore.location=client.p12`; or PEM, with `ssl.certificate.location` and `ssl.key.location`"
            .to_owned(),
    )
}

fn is_pem(path: &str, store_type: Option<&str>) -> bool {
    match store_type {
        Some(store_type) => store_type.trim().eq_ignore_ascii_case("PEM"),
        None => has_extension(path, &["pem", "crt", "cer"]),
    }
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    extensions.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// Java's -1 is librdkafka's 0: what the system has.
fn socket_buffer(name: &'static str, value: &str) -> Translation {
    let value = if value == "-1" { "0" } else { value };
    Translation::Client(vec![(name, value.to_owned())])
}

/// Java counts bytes, librdkafka KiB.
fn queue_memory(value: &str) -> Translation {
    match value.parse::<u64>() {
        Ok(bytes) => {
            Translation::Client(vec![("queue.buffering.max.kbytes", bytes.div_ceil(1024).max(1).to_string())])
        }
        Err(_) => {
            Translation::Refused(format!("found {}", quoted(value)), "give a number of bytes".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(name: &str, value: &str) -> Translation {
        translate(name, value, &|_| None)
    }

    fn client(name: &'static str, value: &str) -> Translation {
        Translation::Client(vec![(name, value.to_owned())])
    }

    fn action(translation: Translation) -> String {
        let Translation::Refused(_, action) = translation else { panic!("{translation:?}") };
        action
    }

    #[test]
    fn options_of_kafka_streams_are_options_here() {
        assert_eq!(alone("application.id", " pricing "), Translation::Option("group", "pricing".to_owned()));
        assert_eq!(alone("num.stream.threads", "4"), Translation::Option("threads", "4".to_owned()));
    }

    #[test]
    fn exception_handlers_are_policies_and_with_a_queue_continuing_is_dead_letter() {
        let class = "org.apache.kafka.streams.errors.LogAndContinueExceptionHandler";
        let option = |key, value: &str| Translation::Option(key, value.to_owned());
        let name = "default.deserialization.exception.handler";
        assert_eq!(alone(name, class), option("on_decode_error", "continue"));
        let queue = |name: &str| (name == "errors.dead.letter.queue.topic.name").then_some("dead");
        assert_eq!(translate(name, class, &queue), option("on_decode_error", "dead-letter"));
        let fails = "org.apache.kafka.streams.errors.LogAndFailProcessingExceptionHandler";
        assert_eq!(
            translate("processing.exception.handler", fails, &queue),
            option("on_score_error", "fail")
        );
        assert!(
            action(alone("production.exception.handler", "com.acme.Mine")).contains("--on-produce-error")
        );
    }

    #[test]
    fn a_pem_store_is_understood_and_another_is_explained() {
        let pem =
            |name: &str| (name == "ssl.truststore.type" || name == "ssl.keystore.type").then_some("pem");
        assert_eq!(translate("ssl.truststore.location", "a", &pem), client("ssl.ca.location", "a"));
        assert_eq!(alone("ssl.truststore.location", "a/ca.crt"), client("ssl.ca.location", "a/ca.crt"));
        assert!(action(alone("ssl.truststore.location", "trust.jks")).contains("`ssl.ca.location`"));
        assert_eq!(
            translate("ssl.keystore.location", "k", &pem),
            Translation::Client(vec![
                ("ssl.certificate.location", "k".to_owned()),
                ("ssl.key.location", "k".to_owned())
            ])
        );
        assert!(action(alone("ssl.keystore.location", "key.jks")).contains("PKCS12"));
        assert_eq!(alone("ssl.keystore.location", "key.p12"), Translation::Unknown);
    }

    #[test]
    fn values_are_converted_where_librdkafka_counts_otherwise() {
        assert_eq!(alone("buffer.memory", "33554433"), client("queue.buffering.max.kbytes", "32769"));
        assert!(matches!(alone("buffer.memory", "32m"), Translation::Refused(..)));
        assert_eq!(alone("receive.buffer.bytes", "-1"), client("socket.receive.buffer.bytes", "0"));
        let name = "ssl.endpoint.identification.algorithm";
        assert_eq!(alone(name, ""), client(name, "none"));
        assert_eq!(alone(name, "https"), Translation::Unknown);
    }

    #[test]
    fn what_means_nothing_is_told_from_what_is_unknown() {
        for name in
            ["key.serializer", "default.key.serde", "max.poll.records", "replication.factor", "state.dir"]
        {
            assert!(matches!(alone(name, "x"), Translation::Meaningless(_)), "{name}");
        }
        assert_eq!(alone("linger.ms", "5"), Translation::Unknown);
        assert_eq!(alone("state", "5"), Translation::Unknown);
    }
}
