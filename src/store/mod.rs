//! Stores of records.
//!
//! [`Store`] is the interface between the registrar and the storage of its records: memory, or a database. It consists
//! of one trait per kind of record, each in the file of that kind. A store compares facts and maintains orders; tenancy,
//! rules and states belong to the registrar.
//!
//! # Semantics that hold for every store
//!
//! The suite in `conformance` tests each of these rules; every store runs it.
//!
//! - **Reads** return rows whose texts are [`Cow`](std::borrow::Cow): a store in memory borrows them, a database returns
//!   owned ones. A read of a record that does not exist returns `None` or an empty list.
//! - **Insert** of an id that any record of any kind has is [`StoreError::Conflict`]; so is the insert of a record whose
//!   parent does not exist.
//! - **Update** and **delete** of a record that does not exist are [`StoreError::Conflict`]. Deleting all dependents of
//!   a parent that has none succeeds.
//! - A write that fails changes nothing.
//! - **Orders** break ties by id. A descending list is the exact reverse of the ascending one, but records without a
//!   value in the order (`finished_at`) come last in both.
//! - **Offsets** past the end return no rows, and the correct total. A list stops early when its callback returns
//!   [`Break`](std::ops::ControlFlow::Break).
//!
//! # Units of work
//!
//! A unit of work is one request, or one item of a bulk request, with the answer kept for its idempotency key. The core
//! reports after each whether it is to be committed or rolled back ([`Outcome`](crate::registrar::Outcome)); the host
//! brackets it:
//!
//! - [`Store::begin`], [`Store::commit`] and [`Store::rollback`] bracket a unit if the store has transactions of its own.
//!   [`Service::handle`](crate::api::Service::handle) calls them. [`MemoryStore`] keeps an undo log between them; a
//!   store on SQLite runs `BEGIN IMMEDIATE`, `COMMIT` and `ROLLBACK`.
//! - A Durable Object refuses `BEGIN` in SQL. There the three do nothing: the host calls `transactionSync` around one
//!   [`Service::step`](crate::api::Service::step), throws inside it to roll back, and reports the outcome by
//!   [`Service::settle`](crate::api::Service::settle).
//! - For group commit (`node:sqlite`) the host puts one `BEGIN IMMEDIATE` around the steps of a batch of requests,
//!   holds their answers until `COMMIT`, and settles once. It calls
//!   [`Service::begin_group`](crate::api::Service::begin_group) after `BEGIN` and
//!   [`Service::end_group`](crate::api::Service::end_group) before `COMMIT`, so that counts are written once.
//!   If a step asks for a rollback, the host rolls the batch back and runs its requests again one by one. A step that failed before it wrote anything asks for none.
//!
//! State that the registrar holds beside the store (ids of accounts, the position of the random stream) follows
//! the transaction: it is taken over by a commit and put back by a rollback. The store holds all of it, so a registrar
//! that is opened again on the same store continues where the last commit left it.
//!
//! ```
//! use agent_registrar::{Config, Registrar, Timestamp};
//!
//! let config = || Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#);
//! let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
//! let store = Registrar::new(config()?, now)?.into_store();
//! let reopened = Registrar::open(config()?, store, now)?;
//! assert!(reopened.has_tokens());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accounts;
mod agents;
mod answers;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod dependents;
mod environments;
mod instances;
pub mod key_clock;
mod limits;
mod located;
pub mod memory;
mod page;
mod spans;
#[cfg(feature = "sql")]
pub mod sql;
mod tokens;
mod usage;
mod versions;

use std::fmt;

use thiserror::Error;

use crate::model::pfid::Pfid;

pub use accounts::{AccountRow, Accounts, GeneratedEnvironment, IdState};
pub use agents::{
    AgentChange, AgentOrder, AgentQuery, AgentRow, AgentState, Agents, Nullable, NullableMut,
};
pub use answers::{Answers, KEPT_MICROS, KeyUsage, StoredAnswer};
pub use dependents::{CountShift, Ownership, RunOrder};
pub use environments::{EnvironmentRow, Environments};
pub use instances::{InstanceQuery, InstanceRow, Instances};
pub use limits::Limits;
pub use located::{Kind, Located};
pub use memory::{MemoryStore, Snapshots};
pub use page::Page;
pub use spans::{SpanChange, SpanParent, SpanQuery, SpanRow, Spans};
pub use tokens::{ApiTokenRow, ApiTokens, TokenDigest};
pub use usage::{KEY_BYTES, RESULT_BYTES, Usage, answer_bytes};
pub use versions::{
    NewVersion, SCHEMA_KEYS, VersionKind, VersionOrder, VersionQuery, VersionRow, Versions,
};

/// All records of a registrar.
///
/// It is synchronous, because the places that persist here are, and `Send`, so that a registrar can move to another
/// thread. See the [module](self) for the rules.
pub trait Store:
    Accounts + Environments + ApiTokens + Agents + Versions + Instances + Spans + Answers + Send
{
    /// Opens a unit of work.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if one is open already.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Keeps all writes since [`begin`](Store::begin).
    ///
    /// # Errors
    ///
    /// If it fails, nothing of the unit is kept.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Undoes all writes since [`begin`](Store::begin). Does nothing if no unit is open, so that it can follow any
    /// error.
    fn rollback(&mut self) -> Result<(), StoreError>;

    /// Called after the transaction around one or more units of work ended, if the host brackets them. A store drops
    /// its caches after a rollback.
    fn settle(&mut self, is_committed: bool) {
        let _ = is_committed;
    }

    /// Begins a group of units of work in one transaction that the host opened. Until its end the store may put off writes to rows that
    /// every unit changes, such as counts; reads see them.
    fn begin_group(&mut self) {}

    /// Writes what was put off since [`begin_group`](Store::begin_group). The host calls it right before it commits: what is put off then
    /// is lost. It need not before a rollback.
    ///
    /// # Errors
    ///
    /// The transaction has to be rolled back.
    fn end_group(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Removes every record, inside the open unit if there is one.
    fn clear(&mut self) -> Result<(), StoreError>;

    /// The kind and the owner of the object with an id.
    fn locate(&self, id: Pfid) -> Result<Option<Located>, StoreError>;

    /// The limits of a registrar whose configuration has none. **\[ours\]**
    fn default_limits(&self) -> Limits {
        Limits::NONE
    }

    /// The snapshots of the store, if it has any. Only a store in memory does.
    fn snapshots(&self) -> Option<&dyn Snapshots> {
        None
    }

    /// The same, mutable, for loading a snapshot.
    fn snapshots_mut(&mut self) -> Option<&mut dyn Snapshots> {
        None
    }
}

/// An error of a store. It is never the fault of a caller of the API.
#[derive(Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A limit of the store is reached; the text names it. Nothing was changed.
    #[error("the store is full: {0}")]
    Full(&'static str),
    /// A write contradicts the records that exist: an id that is taken, a record that is gone.
    #[error("the write contradicts the store: {0}")]
    Conflict(&'static str),
    /// The store holds data that this version cannot read.
    #[error("the store holds unreadable data: {0}")]
    Corrupt(&'static str),
    /// The storage failed: the disk is full, locked or closed.
    #[error("the store's host failed")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

// PERF(size): a derived implementation takes 3 KB of gzip, because the standard library escapes texts by Unicode's tables.
impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
