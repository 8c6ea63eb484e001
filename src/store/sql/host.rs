//! The interface between the store and the database that runs its statements.

use std::fmt;

use super::Statement;
use crate::store::StoreError;

/// A database that runs the statements of a [`SqlStore`](super::SqlStore).
///
/// It is synchronous and has no open cursor between two calls: a cursor is drained before
/// [`execute`](SqlHost::execute) returns, because an open cursor survives a rollback in some bindings.
pub trait SqlHost: Send {
    /// Runs a statement with its parameters, in the order of its placeholders, and appends every value of every row to `rows`.
    /// [`value`](super::value) describes the form of both.
    ///
    /// # Errors
    ///
    /// The reason why the database refused the statement. Its writes are undone then.
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError>;

    /// Opens a transaction that may write: `BEGIN IMMEDIATE`. A host that puts a transaction around the store's calls
    /// itself, as a Durable Object must, does nothing here, in [`commit`](SqlHost::commit) and in
    /// [`rollback`](SqlHost::rollback).
    fn begin(&mut self) -> Result<(), SqlError>;

    /// Commits the transaction.
    fn commit(&mut self) -> Result<(), SqlError>;

    /// Rolls the transaction back. It succeeds if none is open: SQLite ends a transaction by itself after some
    /// errors, such as a full disk.
    fn rollback(&mut self) -> Result<(), SqlError>;
}

/// Why a database did not run a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlErrorKind {
    /// The disk or the database is full.
    Full,
    /// Another connection holds a lock on the database.
    Busy,
    /// The database cannot be written.
    ReadOnly,
    /// The file of the database cannot be opened, read or written.
    Io,
    /// A value, a row or a statement is longer than the database allows.
    TooBig,
    /// A constraint of the schema does not hold.
    Constraint,
    /// The file is damaged.
    Damaged,
    /// The file is no SQLite database.
    NotADatabase,
    /// A newer version of this crate wrote the database.
    Newer,
    /// The database belongs to another program.
    Foreign,
    /// Anything else.
    Other,
}

impl SqlErrorKind {
    /// The kind of SQLite's result code. Extended codes count as their primary one.
    pub fn from_code(code: i32) -> SqlErrorKind {
        match code & 0xff {
            13 => SqlErrorKind::Full,
            5 | 6 => SqlErrorKind::Busy,
            8 => SqlErrorKind::ReadOnly,
            10 | 14 => SqlErrorKind::Io,
            18 => SqlErrorKind::TooBig,
            19 => SqlErrorKind::Constraint,
            11 => SqlErrorKind::Damaged,
            26 => SqlErrorKind::NotADatabase,
            _ => SqlErrorKind::Other,
        }
    }

    fn text(self) -> &'static str {
        match self {
            SqlErrorKind::Full => "the disk is full",
            SqlErrorKind::Busy => "the database is locked",
            SqlErrorKind::ReadOnly => "the database is read-only",
            SqlErrorKind::Io => "the database's file cannot be used",
            SqlErrorKind::TooBig => "a value is too long for the database",
            SqlErrorKind::Constraint => "a constraint of the database does not hold",
            SqlErrorKind::Damaged => "the database's file is damaged",
            SqlErrorKind::NotADatabase => "the file is no SQLite database",
            SqlErrorKind::Newer => "a newer version of this program wrote the database",
            SqlErrorKind::Foreign => "the database belongs to another program",
            SqlErrorKind::Other => "the database refused a statement",
        }
    }
}

/// The reason why a database did not run a statement, with its own message.
#[derive(Clone, PartialEq, Eq)]
pub struct SqlError {
    /// The kind of error.
    pub kind: SqlErrorKind,
    /// The message of the database.
    pub message: String,
}

impl SqlError {
    /// An error of a kind, with the database's message.
    pub fn new(kind: SqlErrorKind, message: impl Into<String>) -> SqlError {
        SqlError {
            kind,
            message: message.into(),
        }
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.text())?;
        if !self.message.is_empty() {
            f.write_str(": ")?;
            f.write_str(&self.message)?;
        }
        Ok(())
    }
}

// As that of `StoreError`, for the size.
impl fmt::Debug for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SqlError {}

impl From<SqlError> for StoreError {
    #[cold]
    fn from(error: SqlError) -> StoreError {
        match error.kind {
            SqlErrorKind::Constraint => StoreError::Conflict("a constraint of the database"),
            SqlErrorKind::Damaged => StoreError::Corrupt("the database's file is damaged"),
            SqlErrorKind::NotADatabase => StoreError::Corrupt("the file is no SQLite database"),
            _ => StoreError::Host(Box::new(error)),
        }
    }
}
