//! Whether brokers refuse a client for what it is and not for how they are: an error's code in, what is refused out. Trying
//! again does not help before someone has changed a password or an access control list.

use rdkafka::error::RDKafkaErrorCode as Code;

/// What brokers refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Who the client says it is.
    Authentication,
    /// The TLS handshake. Often it is the client that refuses: the broker's certificate.
    Handshake,
    /// What it wants to use: `topic`, `group` and so on.
    Authorization(&'static str),
}

impl Refusal {
    /// What an error with this code refuses; none if it is something else.
    pub fn of(code: Code) -> Option<Self> {
        match code {
            Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::IllegalSASLState => Some(Self::Authentication),
            Code::SSL => Some(Self::Handshake),
            Code::TopicAuthorizationFailed => Some(Self::Authorization("topic")),
            Code::GroupAuthorizationFailed => Some(Self::Authorization("group")),
            Code::ClusterAuthorizationFailed => Some(Self::Authorization("cluster")),
            Code::TransactionalIdAuthorizationFailed => Some(Self::Authorization("transactional id")),
            _ => None,
        }
    }

    /// What to do about it. The brokers' and the client's own words are in the log.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Authentication => "check security.protocol, the name and the password",
            Self::Handshake => {
                "check ssl.ca.location, and that the port is one for TLS; the log says what was refused"
            }
            Self::Authorization(_) => "ask for the access control list to be changed",
        }
    }
}
