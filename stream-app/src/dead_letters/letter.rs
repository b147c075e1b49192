//! A dead letter as its headers tell of it: where its record stood, and what was wrong.

use crate::dead_letter::{EXCEPTION, FIELD, OFFSET, OMITTED, PARTITION, TOPIC};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use std::str;

/// What a dead letter says of itself.
#[derive(Debug, Default)]
pub struct Letter<'a> {
    /// Its partition in the topic of the dead letters.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Its time in milliseconds since 1970, which is its record's.
    pub timestamp: Option<i64>,
    /// Where its record stood, if it says so: a record that someone else wrote to the topic may not.
    pub origin: Option<Origin<'a>>,
    /// The reason's short name.
    pub reason: Option<&'a str>,
    /// The field that is to blame.
    pub field: Option<&'a str>,
    /// What of the record is left out.
    pub omitted: Option<&'a str>,
}

/// Where a record stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

impl<'a> Letter<'a> {
    /// Reads the headers. Of a name that is there twice the last one counts, as in Kafka's own clients.
    pub fn of(message: &'a BorrowedMessage<'_>) -> Self {
        let mut letter = Self {
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis(),
            ..Self::default()
        };
        let (mut topic, mut partition, mut offset) = (None, None, None);
        for header in message.headers().into_iter().flat_map(Headers::iter) {
            let text = header.value.and_then(|value| str::from_utf8(value).ok());
            match header.key {
                EXCEPTION => letter.reason = text,
                FIELD => letter.field = text,
                OMITTED => letter.omitted = text,
                TOPIC => topic = text,
                PARTITION => partition = text.and_then(|text| text.parse().ok()),
                OFFSET => offset = text.and_then(|text| text.parse().ok()),
                _ => {}
            }
        }
        letter.origin = topic.zip(partition).zip(offset).map(|((topic, partition), offset)| Origin {
            topic,
            partition,
            offset,
        });
        letter
    }
}
