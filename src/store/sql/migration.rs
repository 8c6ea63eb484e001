//! Migrations: the steps from an empty database to the tables of this version.
//!
//! Each module declares the changes of its own tables, with the version that they belong to. The changes of a version run in
//! one transaction, which also inserts the version into the table `migration`. There are no down migrations, and a database
//! of a version that this build does not know is refused. `PRAGMA user_version` is not used: a Durable Object denies it.
//!
//! Numbers of 64 bits, such as times in microseconds, are INTEGER and cross to the host in two halves: see
//! [`value`](super::value). Ids, digests and positions in the random stream are BLOB.

use super::Statement;
use super::host::{SqlError, SqlErrorKind, SqlHost};
use super::session::Session;
use super::statement::statements;
use crate::store::StoreError;

statements! {
    after super::scopes::END;
    TABLES = "SELECT count(*), ifnull(sum(name = 'migration'), 0) FROM sqlite_master \
        WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'";
    CREATE_MIGRATION = "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, \
        at INTEGER NOT NULL DEFAULT (unixepoch())) STRICT";
    VERSION = "SELECT ifnull(max(version), 0) FROM migration";
    NOTE_VERSION = "INSERT INTO migration (version) VALUES (?)";
    CREATE_OBJECT = "CREATE TABLE object (id BLOB PRIMARY KEY CHECK (length(id) = 20), \
        kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 7), number INTEGER NOT NULL, account INTEGER NOT NULL, \
        environment INTEGER, CHECK ((kind IN (0, 7)) = (environment IS NULL))) STRICT, WITHOUT ROWID";
    CLEAR_OBJECT = "DELETE FROM object";
}

/// A statement that belongs to a version of the schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) version: i64,
    pub(super) statement: Statement,
}

impl Change {
    pub(super) const fn new(version: i64, statement: Statement) -> Change {
        Change { version, statement }
    }
}

/// The changes of the table of all objects.
pub(super) const CHANGES: &[Change] = &[Change::new(1, CREATE_OBJECT)];

impl<H: SqlHost> Session<H> {
    /// Migrates the database to the newest version of these changes.
    pub(super) fn migrate(&mut self, changes: &[&[Change]]) -> Result<(), StoreError> {
        let changes = || changes.iter().copied().flatten();
        let newest = changes().map(|it| it.version).max().unwrap_or(0);
        while self.version()?.is_none_or(|version| version < newest) {
            self.begin()?;
            match self.step(changes, newest) {
                Ok(()) => self.commit()?,
                Err(error) => {
                    // The error of the step is the one to report.
                    drop(self.rollback());
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// The version of the database; `None` if it is empty.
    fn version(&mut self) -> Result<Option<i64>, StoreError> {
        let rows = self.run(TABLES, &[])?;
        let mut row = rows.read();
        match (row.number()?, row.number()?) {
            (0, _) => Ok(None),
            (_, 0) => {
                let message = "it has tables, and none named migration";
                Err(SqlError::new(SqlErrorKind::Foreign, message).into())
            }
            _ => self.number(VERSION, &[]),
        }
    }

    /// Migrates the database to its next version, inside a transaction. Another connection may have done so meanwhile.
    fn step<'c, I: Iterator<Item = &'c Change>>(
        &mut self,
        changes: impl Fn() -> I,
        newest: i64,
    ) -> Result<(), StoreError> {
        self.run(CREATE_MIGRATION, &[])?;
        let version = self.number(VERSION, &[])?.unwrap_or(0);
        if version >= newest {
            return Ok(());
        }
        let next = version + 1;
        for change in changes().filter(|it| it.version == next) {
            self.run(change.statement, &[])?;
        }
        self.run(NOTE_VERSION, &[next.into()]).map(drop)
    }

    /// Refuses a database of a newer version.
    pub(super) fn refuse_newer(&mut self, changes: &[&[Change]]) -> Result<(), StoreError> {
        let newest = changes.iter().copied().flatten().map(|it| it.version).max();
        let newest = newest.unwrap_or(0);
        match self.version()? {
            Some(version) if version > newest => {
                let message =
                    format!("it has version {version}, and this build knows up to {newest}");
                Err(SqlError::new(SqlErrorKind::Newer, message).into())
            }
            _ => Ok(()),
        }
    }
}
