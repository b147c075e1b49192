//! The old names of what is in `telemetry`, until the last of their users has gone there.

pub use crate::telemetry::{Event, Level, PipelineTelemetry as Events};
