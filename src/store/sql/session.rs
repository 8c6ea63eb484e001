//! One database: runs statements, brackets units of work, and holds the caches that a rollback empties.

use super::Statement;
use super::counting::{Counted, Counting, Run};
use super::group::Group;
use super::hints::Hints;
use super::host::{SqlError, SqlErrorKind, SqlHost};
use super::key_room::NewestKey;
use super::scope_cache::Scopes;
use super::value::{Row, Rows, Value};
use crate::model::pfid::Pfid;
use crate::store::StoreError;
use crate::store::key_clock::KeyClock;

/// Whether a unit of work is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Closed,
    Open,
    /// A statement failed: the database may have ended the transaction, and the unit can only be rolled back.
    Doomed,
}

/// The number of kinds of objects.
pub(super) const KINDS: usize = 8;

/// A database and the state that the store has in memory.
#[derive(Debug)]
pub(super) struct Session<H> {
    host: H,
    unit: Unit,
    /// Whether the current operation has tried to write.
    has_written: bool,
    /// Whether the open unit has tried to write.
    is_dirty: bool,
    /// The open group of units, if there is one.
    pub(super) group: Option<Group>,
    /// The error after which the unit can only be rolled back, as a text.
    doom: String,
    /// The parameters of the last statement. The buffer is reused.
    parameters: Vec<u8>,
    pub(super) scopes: Scopes,
    pub(super) hints: Hints,
    /// The number of records of keys that were stored since expired ones were last removed.
    pub(super) kept: u32,
    pub(super) key_clock: KeyClock,
    /// The newest record of a key, if it is known.
    pub(super) newest_key: Option<NewestKey>,
    /// The digest of the last key that was looked up, if it has no record.
    pub(super) absent_key: Option<[u8; 16]>,
    /// The highest row numbers that were given, by kind, where they are known.
    pub(super) highest: [Option<i64>; KINDS],
    /// Up to which rows agents are counted in buckets, if it is known.
    pub(super) counted: Option<Counted>,
    /// The run that counts agents in buckets, if there is one.
    pub(super) counting_run: Option<Run>,
    pub(super) counting: Counting,
    /// An id that no object's id exceeds, if one is known.
    pub(super) highest_id: Option<Pfid>,
}

impl<H: SqlHost> Session<H> {
    pub(super) fn new(host: H) -> Session<H> {
        Session {
            host,
            unit: Unit::Closed,
            has_written: false,
            is_dirty: false,
            group: None,
            doom: String::new(),
            parameters: Vec::new(),
            scopes: Scopes::default(),
            hints: Hints::default(),
            kept: 0,
            key_clock: KeyClock::default(),
            newest_key: None,
            absent_key: None,
            highest: [None; KINDS],
            counted: None,
            counting_run: None,
            counting: Counting::default(),
            highest_id: None,
        }
    }

    pub(super) fn host_mut(&mut self) -> &mut H {
        &mut self.host
    }

    /// Runs a statement.
    pub(super) fn run(
        &mut self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<Rows, StoreError> {
        if statement.writes() {
            if self.unit == Unit::Doomed {
                return Err(self.failed_unit());
            }
            self.note_write();
        }
        self.parameters.clear();
        for value in values {
            value.write(&mut self.parameters);
        }
        let mut rows = Rows::default();
        let executed = self.host.execute(statement, &self.parameters, &mut rows.0);
        match executed {
            Ok(()) => Ok(rows),
            Err(error) => {
                self.doom(&error);
                Err(error.into())
            }
        }
    }

    /// Notes that the current operation has tried to write.
    pub(super) fn note_write(&mut self) {
        self.has_written = true;
        self.is_dirty = true;
    }

    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        if self.unit != Unit::Closed {
            return Err(StoreError::Conflict("a unit of work is open already"));
        }
        self.host.begin()?;
        self.unit = Unit::Open;
        self.is_dirty = false;
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        let ended = match self.unit {
            Unit::Closed => return Err(StoreError::Conflict("no unit of work is open")),
            Unit::Open => self.host.commit().map_err(StoreError::from),
            // Nothing was written, so nothing is lost.
            Unit::Doomed if !self.is_dirty => return self.rollback(),
            Unit::Doomed => Err(self.failed_unit()),
        };
        match ended {
            Ok(()) => self.unit = Unit::Closed,
            // The first error is the one to report.
            Err(_) => drop(self.rollback()),
        }
        ended
    }

    pub(super) fn rollback(&mut self) -> Result<(), StoreError> {
        if self.unit == Unit::Closed {
            return Ok(());
        }
        self.unit = Unit::Closed;
        self.forget();
        Ok(self.host.rollback()?)
    }

    /// Makes the open unit refuse further writes.
    fn doom(&mut self, error: &dyn std::error::Error) {
        if self.unit == Unit::Open {
            self.unit = Unit::Doomed;
            self.doom = error.to_string();
        }
    }

    #[cold]
    fn failed_unit(&self) -> StoreError {
        let message = format!("the unit of work failed before: {}", self.doom);
        SqlError::new(SqlErrorKind::Other, message).into()
    }

    /// Empties the caches, which may have rows that were rolled back.
    pub(super) fn forget(&mut self) {
        self.scopes = Scopes::default();
        self.hints = Hints::default();
        self.newest_key = None;
        self.absent_key = None;
        self.highest = [None; KINDS];
        self.counted = None;
        self.counting_run = None;
        self.highest_id = None;
    }

    /// Runs one operation that writes, in the open unit of work or else in one of its own.
    ///
    /// A failure before the first write changes nothing. After a later failure the whole unit has to be rolled back: this
    /// function does so if the unit is the operation's own; otherwise the unit takes no more writes and cannot be committed.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Session<H>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let is_alone = self.unit == Unit::Closed;
        if is_alone {
            self.begin()?;
        }
        self.has_written = false;
        let result = work(self);
        match (&result, is_alone) {
            (Ok(_), true) => self.commit()?,
            // The operation's own error is the one to report.
            (Err(_), true) => drop(self.rollback()),
            (Err(error), false) if self.has_written => self.doom(error),
            _ => {}
        }
        result
    }

    /// The error for a write that contradicts the records. The statement before was the operation's first write, and
    /// changed no row.
    pub(super) fn refuse(&mut self, why: &'static str) -> StoreError {
        self.has_written = false;
        StoreError::Conflict(why)
    }

    /// Runs a statement that returns one row with one number, or no row.
    pub(super) fn number(
        &mut self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<Option<i64>, StoreError> {
        self.run(statement, values)?.first(Row::number)
    }
}
