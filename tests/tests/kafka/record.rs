//! A record: what a test writes, and what it reads.

use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::BaseRecord;

/// A record of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub key: Option<Vec<u8>>,
    /// None is a tombstone.
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// Milliseconds since 1970; none leaves it to the client.
    pub timestamp: Option<i64>,
    /// None leaves it to the partitioner.
    pub partition: Option<i32>,
    /// None of a record that was not read.
    pub offset: Option<i64>,
}

impl Record {
    pub fn new(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()), ..Self::default() }
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), Some(value.into())));
        self
    }

    #[must_use]
    pub fn at(mut self, timestamp: i64) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    #[must_use]
    pub fn in_partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// The value as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.value.as_deref().expect("no tombstone")).expect("UTF-8")
    }

    /// The value as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.text()).expect("JSON")
    }

    /// The last value of a header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().rfind(|(found, _)| found == name)?;
        Some(std::str::from_utf8(value.as_deref()?).expect("UTF-8"))
    }

    pub(super) fn of(message: &BorrowedMessage<'_>) -> Self {
        let headers = message.headers().into_iter().flat_map(Headers::iter);
        Self {
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers
                .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
                .collect(),
            timestamp: message.timestamp().to_millis(),
            partition: Some(message.partition()),
            offset: Some(message.offset()),
        }
    }

    pub fn to_send<'a>(&'a self, topic: &'a str) -> BaseRecord<'a, [u8], [u8]> {
        let mut record = BaseRecord::to(topic);
        record.key = self.key.as_deref();
        record.payload = self.value.as_deref();
        record.timestamp = self.timestamp;
        record.partition = self.partition;
        record.headers = (!self.headers.is_empty()).then(|| {
            let headers = OwnedHeaders::new_with_capacity(self.headers.len());
            self.headers.iter().fold(headers, |headers, (key, value)| {
                headers.insert(Header { key, value: value.as_deref() })
            })
        });
        record
    }
}
