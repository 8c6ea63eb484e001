//! Where records live.
//!
//! [`Store`] is the seam between the registrar and the place that holds its records: memory, or a database. It is made
//! of one trait per kind of record, each in the file of that kind. A store compares facts and keeps orders; tenancy,
//! rules and states belong to the registrar.
//!
//! # Semantics that hold for every store
//!
//! The suite in `conformance` tests each of these rules; every store runs it.
//!
//! - **Reads** give rows whose texts are [`Cow`](std::borrow::Cow): a store in memory borrows them, a database hands
//!   over owned ones. What does not exist reads as `None` or as an empty list.
//! - **Insert** of an id that any record of any kind has is [`StoreError::Conflict`]; so is the insert of something
//!   whose parent does not exist.
//! - **Update** and **delete** of a record that does not exist are [`StoreError::Conflict`]. Deleting all dependents of
//!   a parent that has none succeeds.
//! - A write that fails changes nothing.
//! - **Orders** break ties by id. A descending list is the exact reverse of the ascending one, but records without a
//!   value in the order (`finished_at`) come last in both.
//! - **Offsets** past the end give no rows; the total is still right. A list stops early where its callback says
//!   [`Break`](std::ops::ControlFlow::Break).
//!
//! # Units of work
//!
//! A unit of work is one request, or one item of a bulk request, with the answer kept for its idempotency key. The core
//! reports after each whether it is to be committed or rolled back ([`Outcome`](crate::registrar::Outcome)); the host
//! brackets it:
//!
//! - [`Store::begin`], [`Store::commit`] and [`Store::rollback`] bracket a unit where the store can do so itself.
//!   [`Service::handle`](crate::api::Service::handle) calls them. [`MemoryStore`] keeps an undo log between them; a
//!   store on SQLite says `BEGIN IMMEDIATE`, `COMMIT` and `ROLLBACK`.
//! - In a Durable Object SQL has no `BEGIN`. There the three do nothing: the host puts `transactionSync` around one
//!   [`Service::step`](crate::api::Service::step), throws inside it to roll back, and reports the end by
//!   [`Service::settle`](crate::api::Service::settle).
//! - For group commit (`node:sqlite`) the host puts one `BEGIN IMMEDIATE` around the steps of a batch of requests,
//!   holds their answers until `COMMIT`, and settles once. Where a step asks for a rollback, the host rolls the batch
//!   back and runs its requests again one by one. A step that failed before it wrote anything asks for none.
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
mod located;
pub mod memory;
mod page;
mod spans;
#[cfg(feature = "sql")]
pub mod sql;
mod tokens;
mod versions;

use std::fmt;

use thiserror::Error;

use crate::model::pfid::Pfid;

pub use accounts::{AccountRow, Accounts, GeneratedEnvironment, IdState};
pub use agents::{AgentChange, AgentOrder, AgentQuery, AgentRow, Agents};
pub use answers::{Answers, KEPT_MICROS, StoredAnswer};
pub use dependents::{CountShift, Ownership, RunOrder};
pub use environments::{EnvironmentRow, Environments};
pub use instances::{InstanceQuery, InstanceRow, Instances};
pub use located::{Kind, Located};
pub use memory::{MemoryStore, Snapshots};
pub use page::Page;
pub use spans::{SpanChange, SpanParent, SpanQuery, SpanRow, Spans};
pub use tokens::{ApiTokenRow, ApiTokens, TokenDigest};
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
    /// [`StoreError::Conflict`] where one is open already.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Keeps all writes since [`begin`](Store::begin).
    ///
    /// # Errors
    ///
    /// Where it fails, nothing of the unit is kept.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Undoes all writes since [`begin`](Store::begin). Does nothing where no unit is open, so that it can follow any
    /// error.
    fn rollback(&mut self) -> Result<(), StoreError>;

    /// Hears how the transaction around one or more units of work ended, where the host brackets them. What a store
    /// holds beside its records may be wrong after a rollback.
    fn settle(&mut self, is_committed: bool) {
        let _ = is_committed;
    }

    /// Removes every record, inside the open unit where there is one.
    fn clear(&mut self) -> Result<(), StoreError>;

    /// What has an id, and whose it is, whatever kind it is of.
    fn locate(&self, id: Pfid) -> Result<Option<Located>, StoreError>;

    /// The store's snapshots, where it has any. Only stores in memory do: those on disk are exported instead.
    fn snapshots(&self) -> Option<&dyn Snapshots> {
        None
    }

    /// As [`snapshots`](Store::snapshots), to load one.
    fn snapshots_mut(&mut self) -> Option<&mut dyn Snapshots> {
        None
    }
}

/// Why a store could not do its work. A caller of the API is never at fault.
#[derive(Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A limit of the store is reached: the text names it. Nothing was changed.
    #[error("the store is full: {0}")]
    Full(&'static str),
    /// A write contradicts the records that exist: an id that is taken, a record that is gone.
    #[error("the write contradicts the store: {0}")]
    Conflict(&'static str),
    /// The store holds something that this version cannot read.
    #[error("the store holds unreadable data: {0}")]
    Corrupt(&'static str),
    /// The place behind the store failed: disk full, locked, closed.
    #[error("the store's host failed")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

// PERF(size): a derived implementation takes 3 KB of gzip, because the standard library escapes texts by Unicode's tables.
impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
