//! What a bad record becomes: its own key, value, headers and timestamp, and headers that say where it stood and
//! what is wrong with it. The names are those of Kafka Streams (KIP-1034), so that its tools read them.

use crate::bad_record::BadRecord;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};

/// The reason's short name.
pub const EXCEPTION: &str = "__streams.errors.exception";
/// The reason in words, without any value of the record.
pub const MESSAGE: &str = "__streams.errors.message";
/// The topic that the record came from.
pub const TOPIC: &str = "__streams.errors.topic";
/// The partition that the record came from.
pub const PARTITION: &str = "__streams.errors.partition";
/// The record's offset there.
pub const OFFSET: &str = "__streams.errors.offset";
/// The field that is to blame, where it is one: a name or a JSON pointer of the model's. Kafka Streams has no such header.
pub const FIELD: &str = "__stream-app.errors.field";
/// What of the record is left out, if anything is. Kafka Streams has no such header.
pub const OMITTED: &str = "__stream-app.errors.omitted";

/// What all of Kafka Streams' names begin with, those that this program does not write among them.
const STREAMS_PREFIX: &str = "__streams.errors.";

/// What all names begin with that this program adds to them.
const OWN_PREFIX: &str = "__stream-app.errors.";

/// What a dead letter leaves out of its record, once the broker has refused it with all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omitted {
    /// Nothing: the record is as it came.
    Nothing,
    /// The value.
    Value,
    /// The value, and the timestamp, in the place of which stands the time of sending.
    ValueAndTimestamp,
}

impl Omitted {
    /// What to leave out besides, after a dead letter without this was refused; nothing once nothing is left.
    pub fn more(self, code: RDKafkaErrorCode) -> Option<Self> {
        match (self, code) {
            (Self::ValueAndTimestamp, _) => None,
            (_, RDKafkaErrorCode::InvalidTimestamp) => Some(Self::ValueAndTimestamp),
            (Self::Nothing, _) => Some(Self::Value),
            (Self::Value, _) => None,
        }
    }

    fn names(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Value => Some("value"),
            Self::ValueAndTimestamp => Some("value,timestamp"),
        }
    }
}

/// The record's own headers, followed by those that tell about the error.
pub fn headers(message: &BorrowedMessage<'_>, bad: &BadRecord, omitted: Omitted) -> OwnedHeaders {
    let headers = own_headers(message)
        .insert(Header { key: EXCEPTION, value: Some(bad.reason()) })
        .insert(Header { key: MESSAGE, value: Some(&bad.to_string()) })
        .insert(Header { key: TOPIC, value: Some(message.topic()) })
        .insert(Header { key: PARTITION, value: Some(&message.partition().to_string()) })
        .insert(Header { key: OFFSET, value: Some(&message.offset().to_string()) });
    let told = [(FIELD, bad.field()), (OMITTED, omitted.names())];
    told.into_iter()
        .filter(|(_, value)| value.is_some())
        .fold(headers, |headers, (key, value)| headers.insert(Header { key, value }))
}

/// The record's own headers. A record that was a dead letter before has headers about that error: they are left out, so
/// that each name is there once and tells of this error, or of none.
pub fn own_headers(message: &BorrowedMessage<'_>) -> OwnedHeaders {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    headers
        .filter(|header| !header.key.starts_with(STREAMS_PREFIX) && !header.key.starts_with(OWN_PREFIX))
        .fold(OwnedHeaders::new(), OwnedHeaders::insert)
}
