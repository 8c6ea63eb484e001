//! Where records live. [`Store`] is synchronous, because every place that persists here is; it is
//! made of one trait per kind of record, each in the file of that kind, so that a kind can be
//! added without touching the others.
//!
//! A store knows records and orders, nothing else: tenancy, rules and states are the registrar's.

#![forbid(unsafe_code)]

pub mod agents;
pub mod answers;
pub mod children;
pub mod codec;
pub mod environments;
pub mod index;
pub mod instances;
pub mod memory;
pub mod ordered;
pub mod spans;
pub mod table;
#[cfg(test)]
mod testing;
pub mod versions;

use codec::{Reader, Writer};
use thiserror::Error;

pub use agents::{AgentChange, AgentOrder, AgentQuery, AgentRow, Agents};
pub use answers::{Answers, KeptAnswer};
pub use children::{ChildKind, ChildOrder, ChildQuery, ChildRow, Children, NewChild, Owner};
pub use environments::{EnvironmentRow, Environments};
pub use instances::InstanceRow;
pub use memory::MemoryStore;
pub use spans::SpanRow;
pub use versions::{NewVersion, VersionKind, VersionRow};

/// All records of a registrar.
pub trait Store: Agents + Answers + Children + Environments {
    /// Writes every record into a snapshot.
    fn save(&self, out: &mut Writer);

    /// Fills an empty store with the records of a snapshot; `None` where it is not one.
    fn load(&mut self, from: &mut Reader<'_>) -> Option<()>;
}

/// Why a store could not do its work. Neither is a caller's fault.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// No room for another record.
    #[error("the store is full")]
    Full,
    /// The place behind the store failed, or holds what this version cannot read.
    #[error("the store is not available")]
    Unavailable,
}
