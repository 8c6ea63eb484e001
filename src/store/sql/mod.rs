//! The store in an SQL database.
//!
//! [`SqlStore`] holds every statement; a [`SqlHost`] runs them: SQLite in the process (`SqliteStore`, feature `sqlite`), or a
//! host of your own, such as `node:sqlite` or the storage of a Durable Object. It stays within what a Durable Object allows:
//! no `BEGIN` of its own, at most 100 parameters, statements below 100 KB, values below 2 MB.
//!
//! # Schema
//!
//! - `object` has every id once, with the kind and the row number of its object: an id is unique over all kinds.
//! - Each kind has a table. Rows refer to each other by number; the id of an account or environment is stored once.
//! - Counts are columns, updated in the transaction of the rows that they count.
//! - `agent_bucket` has hints for the deep pages of long lists of agents (`buckets`).
//! - Texts of more than 16 KiB are in `chunk`, in pieces of 512 KiB.
//! - Tables are STRICT, and constraints restate what the traits promise.
//!
//! # Transactions
//!
//! Every write is part of a unit of work; one without [`begin`](Store::begin) before it is a unit by itself. If a write
//! fails half-way, its unit takes no more writes and can only be rolled back. A host that brackets units itself
//! reports their end by [`settle`](Store::settle). Units that share a transaction can be a [group](Store::begin_group).
//!
//! # Caches
//!
//! Ids of environments, the highest row numbers and the highest id, the newest record of an idempotency key, and hints for deep pages (`hints`).
//! A rollback empties them all. They hold because one store at a time uses a database.

mod accounts;
mod agent_table;
mod agents;
mod answers;
mod bucket_key;
mod buckets;
mod chunks;
mod counting;
mod environments;
mod group;
mod hints;
mod host;
mod instance_table;
mod instances;
mod key_room;
mod migration;
mod pages;
mod schema;
mod scope_cache;
mod scopes;
mod session;
mod span_table;
mod spans;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
mod tokens;
mod totals;
mod usage;
pub mod value;
mod versions;

use std::cell::RefCell;
use std::fmt;

pub use host::{SqlError, SqlErrorKind, SqlHost};
#[cfg(feature = "sqlite")]
pub use sqlite::{Sqlite, SqliteStore};
pub use statement::Statement;

use super::{Located, Store, StoreError};
use crate::model::pfid::Pfid;
use session::Session;

/// A store in the database behind a host.
pub struct SqlStore<H> {
    /// In a cell, because reads use the host, too.
    session: RefCell<Session<H>>,
}

/// Leaves the host and everything in it out.
impl<H> fmt::Debug for SqlStore<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore").finish_non_exhaustive()
    }
}

impl<H: SqlHost> SqlStore<H> {
    /// Opens the database. Migrates an empty one, or one of an older version, to this version.
    ///
    /// Each step from a version to the next is a transaction. A host that brackets transactions itself puts one around this
    /// call.
    ///
    /// # Errors
    ///
    /// [`SqlErrorKind::Newer`] or [`SqlErrorKind::Foreign`] inside [`StoreError::Host`], if a newer version of this crate
    /// or another program wrote the database, and the errors of the host. The database is unchanged then, or at the
    /// version of the last step that succeeded.
    pub fn with_host(host: H) -> Result<SqlStore<H>, StoreError> {
        let mut session = Session::new(host);
        session.refuse_newer(schema::CHANGES)?;
        session.migrate(schema::CHANGES)?;
        session.count_older_agents()?;
        Ok(SqlStore {
            session: RefCell::new(session),
        })
    }

    /// The host.
    pub fn host_mut(&mut self) -> &mut H {
        self.session.get_mut().host_mut()
    }
}

impl<H: SqlHost> Store for SqlStore<H> {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.session.get_mut().begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write_group()?;
        session.commit()
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.group = None;
        session.rollback()
    }

    fn begin_group(&mut self) {
        self.session.get_mut().begin_group();
    }

    fn end_group(&mut self) -> Result<(), StoreError> {
        self.session.get_mut().end_group()
    }

    fn settle(&mut self, is_committed: bool) {
        let session = self.session.get_mut();
        session.group = None;
        if !is_committed {
            session.forget();
        }
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.session.get_mut().write(Session::clear)
    }

    fn locate(&self, id: Pfid) -> Result<Option<Located>, StoreError> {
        self.session.borrow_mut().locate(id)
    }
}

/// Every statement of the store, in the order of their indexes from 0, for a host that prepares them all.
pub fn statements() -> impl Iterator<Item = Statement> {
    [
        scopes::STATEMENTS,
        migration::STATEMENTS,
        chunks::STATEMENTS,
        accounts::STATEMENTS,
        environments::STATEMENTS,
        agent_table::STATEMENTS,
        totals::STATEMENTS,
        versions::STATEMENTS,
        instance_table::STATEMENTS,
        span_table::STATEMENTS,
        answers::STATEMENTS,
        tokens::STATEMENTS,
        usage::STATEMENTS,
        key_room::STATEMENTS,
        buckets::STATEMENTS,
        counting::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}
