//! What the consumer calls back: partitions taken over and given up, its statistics, and its troubles.

use crate::config::{Config, GroupProtocol};
use crate::ledger::Position;
use crate::pipeline::Shared;
use crate::pipeline_error::PipelineError;
use crate::progress::Progress;
use crate::sabotage::{self, Part};
use crate::telemetry::{Event, PipelineTelemetry, State};
use crate::watch::Watch;
use crate::work::{Outcome, Work};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::base_consumer::BaseConsumer;
use rdkafka::consumer::{Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::{ConsumerGroup, Statistics};
use rdkafka::topic_partition_list::{TopicPartitionList, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long the group's coordinator is known, in milliseconds, before a member without partitions is taken to get none: two
/// of the protocol's heartbeats, of which the first makes it a member.
const SETTLED_MS: i64 = 10_000;

/// What the consumer calls back, all of it from inside `poll`.
pub struct SourceContext {
    input: String,
    group_protocol: GroupProtocol,
    /// Where events and numbers go.
    pub telemetry: PipelineTelemetry,
    progress: Arc<Progress>,
    /// Whether a broker answers.
    pub watch: Arc<Watch>,
    /// What is sent of the partitions and not committed.
    pub work: Arc<Work>,
    turn: Mutex<Turn>,
}

/// What callbacks have to tell whoever polled.
#[derive(Default)]
pub struct Turn {
    /// Partitions that are not ours any more.
    pub revoked: Vec<i32>,
    /// Where to go on, because work was given up.
    pub rewind: Option<Vec<Position>>,
    /// Why there is no going on.
    pub problem: Option<PipelineError>,
}

impl SourceContext {
    /// Of a consumer whose rebalances commit this work or give it up.
    pub fn new(config: &Config, work: &Arc<Work>, shared: &Shared) -> Self {
        Self {
            input: config.input.clone(),
            group_protocol: config.group_protocol,
            telemetry: shared.telemetry.clone(),
            progress: Arc::clone(&shared.progress),
            watch: Arc::clone(&shared.watch),
            work: Arc::clone(work),
            turn: Mutex::default(),
        }
    }

    /// What the callbacks of the last poll have to tell.
    pub fn take_turn(&self) -> Turn {
        std::mem::take(&mut *self.turn())
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_over(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> KafkaResult<()> {
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(list)?,
            _ => consumer.assign(list)?,
        }
        self.watch.let_in();
        let partitions = partitions(list);
        self.work.take_over(&partitions);
        self.progress.assigned(partitions.len());
        self.telemetry.tell(Event::Assigned { topic: &self.input, partitions: &partitions });
        self.telemetry.set_state(State::Running);
        Ok(())
    }

    /// The loop handles one batch at a time, between polls: whatever of it is processed is in the work by now.
    fn give_up(&self, consumer: &BaseConsumer<Self>, revoked: &TopicPartitionList) -> KafkaResult<()> {
        let lost = consumer.assignment_lost() && !sabotage::lacks(Part::Fencing);
        let partitions = partitions(revoked);
        // Partitions that are lost may have a new owner already.
        let outcome = if lost { self.lose(&partitions) } else { self.work.commit(consumer) };
        let mut turn = self.turn();
        match outcome {
            Ok(Outcome::Rewind(positions)) => turn.rewind.get_or_insert_default().extend(positions),
            Ok(Outcome::Committed | Outcome::Postponed) => {}
            Err(error) => turn.problem = Some(error),
        }
        self.work.forget(&partitions);
        if let Some(positions) = &mut turn.rewind {
            positions.retain(|(partition, _)| !partitions.contains(partition));
        }
        self.telemetry.tell(if lost {
            Event::PartitionsLost { topic: &self.input, partitions: &partitions }
        } else {
            Event::Revoked { topic: &self.input, partitions: &partitions }
        });
        self.progress.revoked(partitions.len());
        // Whoever stops gives them up as well.
        if self.work.positions().is_empty() && self.telemetry.state() == State::Running {
            self.telemetry.set_state(State::Rebalancing);
        }
        turn.revoked.extend(partitions);
        drop(turn);
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(revoked),
            _ => consumer.unassign(),
        }
    }

    /// Whether the group has shared out its partitions. Of a member that gets none in the protocol `consumer` the client
    /// tells so by nothing: it stays as it was before it joined.
    fn has_settled(&self, group: &ConsumerGroup) -> bool {
        let has_none = self.group_protocol == GroupProtocol::Consumer
            && group.join_state == "init"
            && group.stateage >= SETTLED_MS;
        group.state == "up" && (group.join_state == "steady" || has_none)
    }

    fn lose(&self, partitions: &[i32]) -> Result<Outcome, PipelineError> {
        if self.work.is_transactional() {
            return self.work.give_up("the assignment is lost").map(Outcome::Rewind);
        }
        // What is on its way may come out twice; at least once allows it.
        self.work.forget(partitions);
        Ok(Outcome::Committed)
    }
}

impl ClientContext for SourceContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.watch.client_log(level, facility, message);
    }

    fn stats(&self, statistics: Statistics) {
        let positions = self.work.positions();
        if self.telemetry.state() == State::Rebalancing
            && statistics.cgrp.as_ref().is_some_and(|group| self.has_settled(group))
        {
            self.telemetry.set_state(State::Running);
        }
        self.telemetry.statistics(&self.input, &statistics, positions);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.problem(&error, reason);
    }
}

impl ConsumerContext for SourceContext {
    /// In place of rdkafka's own, which does not look at what the client answers.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let done = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.take_over(consumer, list),
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => self.give_up(consumer, list),
            error => consumer.unassign().and(Err(KafkaError::Rebalance(RDKafkaErrorCode::from(error)))),
        };
        if let Err(error) = done {
            self.turn().problem.get_or_insert(PipelineError::Client { doing: "rebalancing", error });
        }
    }
}

/// The numbers of the partitions in a list.
pub fn partitions(list: &TopicPartitionList) -> Vec<i32> {
    list.elements().iter().map(TopicPartitionListElem::partition).collect()
}
