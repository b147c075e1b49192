//! How the parts of a configuration go together: topics, times, the group's protocol, the model, the clients.

use super::Config;
use super::choice::{GroupProtocol, ProcessingGuarantee};
use super::keys::flag;
use super::options::Options;
use super::origin::Origin;
use super::problem::Problem;
use super::property::{Property, Role};
use crate::selection::{Models, select};
use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::BaseProducer;

/// Adds what is wrong to the options' problems. What is wrong by itself is not compared with anything.
pub fn check(config: &Config, options: &mut Options, properties: &[Property], models: Models) {
    check_topics(config, options);
    check_group_protocol(config, options, properties);
    if config.processing_guarantee == ProcessingGuarantee::ExactlyOnce {
        check_transactions(config, options, properties);
    }
    // A program without models says so when it is to score, whatever the configuration is.
    if !models.is_empty()
        && let Err(failure) = select(models, config.model.as_deref(), None)
    {
        options.wrong_here("model", failure.to_string(), "`stream-app models` lists them");
    }
}

/// A topic that is read and written would never come to an end, and what is in it would be neither input nor output.
fn check_topics(config: &Config, options: &mut Options) {
    let topics = [("input", &config.input), ("output", &config.output), ("dead_letter", &config.dead_letter)];
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let ((one, topic), (other, same)) = (topics[one], topics[other]);
        if topic == same && options.are_right(&[one, other]) {
            let found = format!("{} and {} are the same topic, `{topic}`", flag(one), flag(other));
            let of = |key: &str| options.origins.get(key).map_or(0, Origin::precedence);
            let place = if of(one) > of(other) { one } else { other };
            options.wrong_here(place, found, "use three topics");
        }
    }
}

/// In the protocol `consumer` the broker sets what the members of a classic group set.
fn check_group_protocol(config: &Config, options: &mut Options, properties: &[Property]) {
    if config.group_protocol == GroupProtocol::Classic {
        return;
    }
    for name in ["session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"] {
        for property in properties.iter().filter(|property| property.name == name) {
            let action = format!(
                "leave it out, and set the broker's `group.consumer.{name}`; or use --group-protocol classic"
            );
            let found = format!("`{name}` is the broker's to set in the group protocol consumer");
            options.problems.push(Problem::new(&property.origin, found, action));
        }
    }
}

/// A transaction ends before the session of the process that began it, and is committed before it ends by itself.
fn check_transactions(config: &Config, options: &mut Options, properties: &[Property]) {
    let (transaction, session) = (config.transaction_timeout(), config.session_timeout());
    if transaction >= session {
        let of = |name: &str| properties.iter().rfind(|property| property.name == name);
        if let Some(property) = of("transaction.timeout.ms").or_else(|| of("session.timeout.ms")) {
            let found = format!(
                "`transaction.timeout.ms` is {} ms, `session.timeout.ms` {} ms",
                transaction.as_millis(),
                session.as_millis()
            );
            let action = "a transaction that outlives a lost process's session keeps the next owner of its \
                          partitions waiting: set the former below the latter";
            options.problems.push(Problem::new(&property.origin, found, action));
        }
    }
    if config.commit_interval >= transaction && options.are_right(&["commit_interval"]) {
        let found = format!("a commit every {} ms", config.commit_interval.as_millis());
        let action = format!(
            "stay below the transaction's timeout, {} ms, or raise `transaction.timeout.ms`",
            transaction.as_millis()
        );
        options.wrong_here("commit_interval", found, &action);
    }
}

/// What the clients say to their properties as a whole, such as a certificate that can't be read. They are made without
/// a broker and connect to nothing.
pub fn clients(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    for role in [Role::Consumer, Role::Producer] {
        let mut client = ClientConfig::new();
        for (name, value) in config.client_properties(role) {
            client.set(name, value);
        }
        let (made, place): (KafkaResult<()>, _) = match role {
            Role::Consumer => {
                client.set("group.id", &config.group);
                if config.group_protocol == GroupProtocol::Consumer {
                    client.set("group.protocol", "consumer");
                }
                (client.create::<BaseConsumer>().map(drop), "properties of the consumer")
            }
            Role::Producer => {
                client.set("enable.idempotence", "true");
                (client.create::<BaseProducer>().map(drop), "properties of the producer")
            }
        };
        if let Err(error) = made {
            let found = match error {
                KafkaError::ClientCreation(problem) => problem,
                error => crate::exit::client_error(&error),
            };
            problems.push(Problem::new(place, found, "correct the property that the client names"));
        }
    }
    problems.dedup_by(|left, right| left.found == right.found);
    problems
}
