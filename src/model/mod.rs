//! Identifiers, times, life cycle and error codes. Plain Rust on borrowed values: nothing here allocates, knows JSON
//! or JavaScript, reads a clock or generates random numbers. Callers pass those in.

#![forbid(unsafe_code)]

pub mod agent;
pub mod error;
pub mod generator;
pub mod instance;
pub mod lifecycle;
pub mod pfid;
pub mod timestamp;
pub mod token;

pub use agent::{AgentStatus, AvailableActions, InstanceCounts};
pub use error::ErrorCode;
pub use instance::RunStatus;
pub use pfid::{Partition, Pfid, PfidError};
pub use timestamp::{Timestamp, TimestampError};
