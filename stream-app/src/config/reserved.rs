//! The client properties that the loop's promises rest on: the loop sets them, and nobody else may.

use super::problem::quoted;

/// A property that the loop sets itself.
struct Reserved {
    name: &'static str,
    /// Values that say what the loop does anyway. They may stand in a file that was made for Java.
    harmless: &'static [&'static str],
    /// What to do instead.
    action: &'static str,
}

const COMMITS: &str =
    "the loop commits itself, after the results; see --commit-interval and --commit-records-max";

const RESERVED: [Reserved; 14] = [
    Reserved {
        name: "acks",
        harmless: &["all", "-1"],
        action: "the loop needs every in-sync replica's acknowledgement; leave it out",
    },
    Reserved {
        name: "delivery.report.only.error",
        harmless: &["false"],
        action: "the loop waits for the reports; leave it out",
    },
    Reserved { name: "enable.auto.commit", harmless: &["false"], action: COMMITS },
    Reserved { name: "enable.auto.offset.store", harmless: &["false"], action: COMMITS },
    Reserved {
        name: "enable.idempotence",
        harmless: &["true"],
        action: "without it a retry could write a record twice or out of order; leave it out",
    },
    Reserved {
        name: "enable.partition.eof",
        harmless: &["false"],
        action: "the loop does not end with a partition; leave it out",
    },
    Reserved { name: "enabled_events", harmless: &[], action: "the client library sets it; leave it out" },
    Reserved {
        name: "isolation.level",
        harmless: &["read_committed"],
        action: "the loop needs read_committed, also for its own offsets; leave it out",
    },
    Reserved { name: "log.queue", harmless: &["false"], action: "the client library sets it; leave it out" },
    Reserved {
        name: "message.timeout.ms",
        harmless: &[],
        action: "the loop keeps it below `max.poll.interval.ms` and the transaction's timeout; set those",
    },
    Reserved {
        name: "partition.assignment.strategy",
        harmless: &["cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"],
        action: "choose with --group-protocol classic (cooperative-sticky) or consumer",
    },
    Reserved {
        name: "partitioner",
        harmless: &[],
        action: "choose with --output-partition murmur2 or input",
    },
    Reserved {
        name: "queuing.strategy",
        harmless: &["fifo"],
        action: "the order of a partition is kept; leave it out",
    },
    Reserved {
        name: "transactional.id",
        harmless: &[],
        action: "use --processing-guarantee exactly_once, with --transactional-id-prefix",
    },
];

/// The most requests on their way to one broker with which an idempotent producer keeps the order.
const IN_FLIGHT_MAX: u64 = 5;

/// What is to happen with a property.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The user's to set.
    Free,
    /// The loop does so anyway: it need not be set.
    Harmless,
    /// It would break a promise: what was found, what to do.
    Refused(String, String),
}

/// The verdict on a property under its canonical name.
pub fn judge(name: &str, value: &str) -> Verdict {
    let value = value.trim();
    if name == "max.in.flight.requests.per.connection" {
        return match value.parse::<u64>() {
            Ok(count) if count > IN_FLIGHT_MAX => Verdict::Refused(
                format!("found {}", quoted(value)),
                format!("at most {IN_FLIGHT_MAX} keep the order of records when one is sent again"),
            ),
            _ => Verdict::Free,
        };
    }
    match RESERVED.iter().find(|reserved| reserved.name == name) {
        None => Verdict::Free,
        Some(reserved) if reserved.harmless.iter().any(|it| it.eq_ignore_ascii_case(value)) => {
            Verdict::Harmless
        }
        Some(reserved) => Verdict::Refused(
            format!("`{name}` is {}, and the loop depends on its own value", quoted(value)),
            reserved.action.to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::property_names::{canonical, scope};

    #[test]
    fn each_is_a_canonical_name_of_the_client_and_refused() {
        for reserved in RESERVED {
            assert!(scope(reserved.name).is_some(), "{}", reserved.name);
            assert_eq!(canonical(reserved.name), reserved.name);
            assert!(matches!(judge(reserved.name, "42"), Verdict::Refused(..)), "{}", reserved.name);
        }
        assert_eq!(judge("linger.ms", "42"), Verdict::Free);
    }

    #[test]
    fn a_value_that_changes_nothing_is_harmless() {
        assert_eq!(judge("acks", "ALL"), Verdict::Harmless);
        assert_eq!(judge("enable.auto.commit", "false"), Verdict::Harmless);
        assert!(matches!(judge("enable.auto.commit", "true"), Verdict::Refused(..)));
        assert!(matches!(judge("isolation.level", "read_uncommitted"), Verdict::Refused(..)));
    }

    #[test]
    fn five_requests_in_flight_are_the_most() {
        let name = "max.in.flight.requests.per.connection";
        assert_eq!(judge(name, "5"), Verdict::Free);
        assert!(matches!(judge(name, "6"), Verdict::Refused(..)));
    }
}
