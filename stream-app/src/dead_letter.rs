//! What a bad record becomes: its own key, value, headers and timestamp, and headers that say where it stood and
//! what is wrong with it. The names are those of Kafka Streams (KIP-1034), so that its tools read them.

use crate::bad_record::BadRecord;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header, Message, OwnedHeaders};

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

/// The record's own headers, followed by those that tell about the error.
pub fn headers(message: &BorrowedMessage<'_>, bad: &BadRecord) -> OwnedHeaders {
    let own = message.headers().map_or_else(OwnedHeaders::new, BorrowedHeaders::detach);
    own.insert(Header { key: EXCEPTION, value: Some(bad.reason()) })
        .insert(Header { key: MESSAGE, value: Some(&bad.to_string()) })
        .insert(Header { key: TOPIC, value: Some(message.topic()) })
        .insert(Header { key: PARTITION, value: Some(&message.partition().to_string()) })
        .insert(Header { key: OFFSET, value: Some(&message.offset().to_string()) })
}
