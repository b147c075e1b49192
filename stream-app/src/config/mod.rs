//! Stub.
#![allow(missing_docs)]
use std::time::Duration;
#[derive(Clone, Debug)]
pub struct Config {
    pub model: Option<String>,
    pub bootstrap_server: String,
    pub input: String,
    pub output: String,
    pub dead_letter: String,
    pub group: String,
    pub group_instance_id: Option<String>,
    pub group_protocol: GroupProtocol,
    pub processing_guarantee: ProcessingGuarantee,
    pub transactional_id_prefix: String,
    pub commit_interval: Duration,
    pub commit_records_max: u64,
    pub threads: usize,
    pub on_decode_error: Policy,
    pub on_score_error: Policy,
    pub on_produce_error: Policy,
    pub on_output_error: Policy,
    pub output_partition: OutputPartition,
    pub auto_offset_reset: OffsetReset,
    pub prediction_headers: bool,
    pub properties: Vec<(String, String)>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupProtocol {
    Classic,
    Consumer,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessingGuarantee {
    AtLeastOnce,
    ExactlyOnce,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Fail,
    Continue,
    DeadLetter,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputPartition {
    Murmur2,
    Input,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetReset {
    Earliest,
    Latest,
    Error,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Consumer,
    Producer,
}
impl Config {
    pub fn client_properties(&self, _: Role) -> Vec<(String, String)> {
        self.properties.clone()
    }
    pub fn of(bootstrap_server: &str) -> Self {
        Self {
            model: None,
            bootstrap_server: bootstrap_server.to_owned(),
            input: "housing".into(),
            output: "predictions".into(),
            dead_letter: "housing-dead-letters".into(),
            group: "stream-app".into(),
            group_instance_id: None,
            group_protocol: GroupProtocol::Classic,
            processing_guarantee: ProcessingGuarantee::AtLeastOnce,
            transactional_id_prefix: "stream-app".into(),
            commit_interval: Duration::from_secs(1),
            commit_records_max: 50_000,
            threads: 1,
            on_decode_error: Policy::DeadLetter,
            on_score_error: Policy::DeadLetter,
            on_produce_error: Policy::DeadLetter,
            on_output_error: Policy::Fail,
            output_partition: OutputPartition::Murmur2,
            auto_offset_reset: OffsetReset::Earliest,
            prediction_headers: false,
            properties: Vec::new(),
        }
    }
}
