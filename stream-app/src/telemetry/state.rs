//! What a pipeline is doing, by the names of Kafka Streams.

use std::fmt;

/// A pipeline's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// It is made and has not begun.
    Created,
    /// It waits for its partitions: at the start, while the group shares them out, while its clients are made again.
    Rebalancing,
    /// It turns, with its partitions or with the knowledge that there are none for it.
    Running,
    /// It was asked to stop and finishes what it has.
    PendingShutdown,
    /// It ended on an error.
    Error,
}

impl State {
    /// All states, in the order of a life.
    pub const ALL: [Self; 5] =
        [Self::Created, Self::Rebalancing, Self::Running, Self::PendingShutdown, Self::Error];

    /// The name that Kafka Streams has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Rebalancing => "REBALANCING",
            Self::Running => "RUNNING",
            Self::PendingShutdown => "PENDING_SHUTDOWN",
            Self::Error => "ERROR",
        }
    }

    /// The state with this number: that of its place in [`Self::ALL`].
    pub(super) fn of_number(number: u8) -> Self {
        Self::ALL[usize::from(number)]
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
