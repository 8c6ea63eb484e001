//! SQLite in the process, by `rusqlite`.

use std::path::Path;
use std::time::Duration;

use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};

use super::value::{BLOB, NULL, NUMBER, RawValue, TEXT, Values};
use super::{SqlError, SqlErrorKind, SqlHost, SqlStore, Statement};
use crate::store::StoreError;

/// A store in an SQLite database, in a file or in memory.
///
/// Only one store at a time may use a file: a second one would generate the same ids. The changes of a request are on
/// the disk before its answer is returned (WAL, `synchronous = FULL`).
///
/// ```
/// use agent_registrar::store::sql::SqliteStore;
/// use agent_registrar::{Config, Service, Timestamp};
///
/// let file = std::env::temp_dir().join("agent-registrar-example.db");
/// # let file = file.with_extension(std::process::id().to_string());
/// # let remove = || for end in ["", "-wal", "-shm"] {
/// #     let _ = std::fs::remove_file(format!("{}{end}", file.display()));
/// # };
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let service = Service::open(config, Box::new(SqliteStore::open(&file)?), now)?;
/// # drop(service);
/// # remove();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type SqliteStore = SqlStore<Sqlite>;

impl SqliteStore {
    /// Opens a file, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// Those of [`SqlStore::with_host`]; the file is unharmed then.
    pub fn open(path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqlStore::with_host(Sqlite::open(path)?)
    }

    /// Opens an empty database in memory, for tests.
    ///
    /// # Errors
    ///
    /// Those of SQLite.
    pub fn open_in_memory() -> Result<SqliteStore, StoreError> {
        SqlStore::with_host(Sqlite::open_in_memory()?)
    }
}

/// The capacity of the cache of prepared statements, more than the store has.
const PREPARED: usize = 256;
/// How long to wait for a lock of another connection. All requests wait as long.
const LOCK_WAIT: Duration = Duration::from_millis(100);

// The limits of a Durable Object, so that tests reach them.
const MOST_PARAMETERS: i32 = 100;
const LONGEST_STATEMENT: i32 = 100_000;
const LONGEST_VALUE: i32 = 2_000_000;
const MOST_COLUMNS: i32 = 100;
const MOST_TERMS: i32 = 5;
const DEEPEST_EXPRESSION: i32 = 100;
const MOST_ARGUMENTS: i32 = 32;

/// A connection to an SQLite database.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens a file, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// Those of SQLite.
    pub fn open(path: impl AsRef<Path>) -> Result<Sqlite, SqlError> {
        Sqlite::new(Connection::open(path)?)
    }

    /// Opens an empty database in memory.
    ///
    /// # Errors
    ///
    /// Those of SQLite.
    pub fn open_in_memory() -> Result<Sqlite, SqlError> {
        Sqlite::new(Connection::open_in_memory()?)
    }

    fn new(connection: Connection) -> Result<Sqlite, SqlError> {
        connection.busy_timeout(LOCK_WAIT)?;
        refuse_other_encodings(&connection)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.set_limit(Limit::SQLITE_LIMIT_VARIABLE_NUMBER, MOST_PARAMETERS)?;
        connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_STATEMENT)?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
        connection.set_limit(Limit::SQLITE_LIMIT_COLUMN, MOST_COLUMNS)?;
        connection.set_limit(Limit::SQLITE_LIMIT_COMPOUND_SELECT, MOST_TERMS)?;
        connection.set_limit(Limit::SQLITE_LIMIT_EXPR_DEPTH, DEEPEST_EXPRESSION)?;
        connection.set_limit(Limit::SQLITE_LIMIT_FUNCTION_ARG, MOST_ARGUMENTS)?;
        // A pragma that answers is a query; a read-only database keeps the mode that it has.
        for pragma in [
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA cache_size = -16384",
            "PRAGMA temp_store = MEMORY",
        ] {
            connection.execute_batch(pragma)?;
        }
        Ok(Sqlite { connection })
    }

    /// The connection, for tasks that the store does not do: a backup, a check of the file.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// Refuses a file whose texts are not UTF-8: they cross as bytes, too, which would have another meaning.
fn refuse_other_encodings(connection: &Connection) -> Result<(), SqlError> {
    let encoding: String = connection.query_row("PRAGMA encoding", [], |row| row.get(0))?;
    if encoding == "UTF-8" {
        return Ok(());
    }
    let message = format!("its texts are {encoding}, and not UTF-8");
    Err(SqlError::new(SqlErrorKind::Foreign, message))
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> SqlError {
        let kind = match &error {
            rusqlite::Error::SqliteFailure(failure, _) => {
                SqlErrorKind::from_code(failure.extended_code)
            }
            _ => SqlErrorKind::Other,
        };
        SqlError::new(kind, error.to_string())
    }
}

impl ToSql for RawValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            RawValue::Null => ValueRef::Null,
            // The hosts in JavaScript bind numbers like this.
            RawValue::Number(number) => ValueRef::Real(number),
            RawValue::Text(text) => ValueRef::Text(text),
            RawValue::Blob(blob) => ValueRef::Blob(blob),
        }))
    }
}

impl SqlHost for Sqlite {
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        let mut prepared = self.connection.prepare_cached(statement.text())?;
        let mut count = 0;
        for value in Values::new(parameters) {
            count += 1;
            prepared.raw_bind_parameter(count, value)?;
        }
        // Some hosts refuse this; SQLite would take the rest as nulls.
        if count != prepared.parameter_count() {
            let message = "a statement has other parameters than marks";
            return Err(SqlError::new(SqlErrorKind::Other, message));
        }
        let columns = prepared.column_count();
        let mut cursor = prepared.raw_query();
        while let Some(row) = cursor.next()? {
            for column in 0..columns {
                write(row.get_ref(column)?, rows)?;
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        // An error that ended an earlier unit left it open.
        self.rollback()?;
        Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        match self.connection.is_autocommit() {
            true => Ok(()),
            false => Ok(self.connection.execute_batch("ROLLBACK")?),
        }
    }
}

/// The largest number that every host can represent.
const MOST: u64 = 1 << 53;

fn write(value: ValueRef<'_>, rows: &mut Vec<u8>) -> Result<(), SqlError> {
    let (tag, bytes) = match value {
        ValueRef::Null => {
            rows.push(NULL);
            return Ok(());
        }
        ValueRef::Integer(number) if number.unsigned_abs() > MOST => {
            let message = "a number of a result is beyond 2^53";
            return Err(SqlError::new(SqlErrorKind::Other, message));
        }
        ValueRef::Integer(number) => {
            rows.push(NUMBER);
            rows.extend((number as f64).to_le_bytes());
            return Ok(());
        }
        ValueRef::Real(number) => {
            rows.push(NUMBER);
            rows.extend(number.to_le_bytes());
            return Ok(());
        }
        ValueRef::Text(bytes) => (TEXT, bytes),
        ValueRef::Blob(bytes) => (BLOB, bytes),
    };
    rows.push(tag);
    rows.extend((bytes.len() as u32).to_le_bytes());
    rows.extend_from_slice(bytes);
    Ok(())
}
