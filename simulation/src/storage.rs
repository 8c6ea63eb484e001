//! The simulated storage of one object: SQLite in memory, which outlives the core in front of it, and fails when told to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agent_registrar::store::sql::{SqlError, SqlErrorKind, SqlHost, Sqlite, Statement};
use rusqlite::Connection;

use crate::planted::Bug;

/// What goes wrong. The names are those of the option `--without`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A statement is refused. The transaction stays open.
    StatementRefused,
    /// A statement has run, and its result is lost.
    ResultLost,
    /// A statement is refused, and the database ends the transaction by itself.
    TransactionEnded,
    /// No transaction can be opened.
    BeginFailed,
    /// The transaction cannot be committed.
    CommitFailed,
    /// The process ends before a statement, a begin or a commit.
    Crash,
    /// The process ends after a commit, before the answer.
    CrashAfterCommit,
}

impl Fault {
    /// All faults of a storage.
    pub const ALL: [Fault; 7] = [
        Fault::StatementRefused,
        Fault::ResultLost,
        Fault::TransactionEnded,
        Fault::BeginFailed,
        Fault::CommitFailed,
        Fault::Crash,
        Fault::CrashAfterCommit,
    ];

    /// Its name in reports and options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Fault::StatementRefused => "statement-refused",
            Fault::ResultLost => "result-lost",
            Fault::TransactionEnded => "transaction-ended",
            Fault::BeginFailed => "begin-failed",
            Fault::CommitFailed => "commit-failed",
            Fault::Crash => "crash",
            Fault::CrashAfterCommit => "crash-after-commit",
        }
    }
}

/// A fault that is to come.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The fault.
    pub fault: Fault,
    /// How many calls of its sort succeed before it.
    pub after: u64,
    /// The kind of the error.
    pub kind: SqlErrorKind,
}

/// The calls of a host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Begin,
    Execute,
    Commit,
}

struct Disk {
    sqlite: Sqlite,
    /// Whether the store brackets its transactions itself, by the calls of [`SqlHost`].
    brackets: bool,
    /// Whether the host has opened a transaction and not ended it.
    is_open: bool,
    plan: Option<Plan>,
    /// Whether every statement that writes fails, because the disk is full.
    is_full: bool,
    /// Whether the process has crashed: nothing works until [`Storage::revive`].
    is_dead: bool,
    /// The faults that came since [`Storage::take_injected`].
    injected: Vec<&'static str>,
    /// The first error since [`Storage::clear_failure`].
    failure: Option<SqlError>,
    /// The number of commits.
    commits: u64,
    bug: Option<Bug>,
    /// How often the planted bug had the chance to come.
    turns: u64,
}

/// A database that a core and the simulation share.
#[derive(Clone)]
pub struct Storage(Arc<Mutex<Disk>>);

/// The host that a core uses.
pub struct SimulatedHost(Storage);

impl Storage {
    /// An empty database. With `brackets`, the store opens and ends transactions; otherwise the simulation does.
    ///
    /// # Errors
    ///
    /// Those of SQLite.
    pub fn new(brackets: bool, bug: Option<Bug>) -> Result<Storage, SqlError> {
        let disk = Disk {
            sqlite: Sqlite::open_in_memory()?,
            brackets,
            is_open: false,
            plan: None,
            is_full: false,
            is_dead: false,
            injected: Vec::new(),
            failure: None,
            commits: 0,
            bug,
            turns: 0,
        };
        Ok(Storage(Arc::new(Mutex::new(disk))))
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A host for a new core.
    #[must_use]
    pub fn host(&self) -> SimulatedHost {
        SimulatedHost(self.clone())
    }

    /// Plans a fault, or none.
    pub fn plan(&self, plan: Option<Plan>) {
        self.disk().plan = plan;
    }

    /// Fills the disk, or frees it.
    pub fn set_full(&self, is_full: bool) {
        self.disk().is_full = is_full;
    }

    /// Whether the process has crashed.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.disk().is_dead
    }

    /// After a crash: what was not committed is gone.
    pub fn revive(&self) {
        let mut disk = self.disk();
        (disk.is_dead, disk.is_open) = (false, false);
        disk.plan = None;
        // The rollback of a database in memory does not fail.
        let _ = disk.sqlite.rollback();
        disk.plant(Bug::at_revival);
    }

    /// The faults since the last call.
    #[must_use]
    pub fn take_injected(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.disk().injected)
    }

    /// The first error since [`clear_failure`](Storage::clear_failure).
    #[must_use]
    pub fn failure(&self) -> Option<SqlError> {
        self.disk().failure.clone()
    }

    /// Forgets the last error.
    pub fn clear_failure(&self) {
        self.disk().failure = None;
    }

    /// The number of commits.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.disk().commits
    }

    /// Opens a transaction, as a host that brackets transactions does.
    ///
    /// # Errors
    ///
    /// An injected one.
    pub fn begin(&self) -> Result<(), SqlError> {
        let mut disk = self.disk();
        disk.begin().map(|()| disk.is_open = true)
    }

    /// Commits it.
    ///
    /// # Errors
    ///
    /// An injected one. Nothing is kept then.
    pub fn commit(&self) -> Result<(), SqlError> {
        let mut disk = self.disk();
        disk.is_open = false;
        disk.commit()
    }

    /// Rolls it back.
    pub fn rollback(&self) {
        let mut disk = self.disk();
        disk.is_open = false;
        if !disk.is_dead {
            disk.roll_back();
        }
    }

    /// Works on the database itself.
    pub fn with<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        work(self.disk().sqlite.connection())
    }

    /// Puts another database in the place of this one.
    pub fn replace(&self, sqlite: Sqlite) {
        self.disk().sqlite = sqlite;
    }
}

fn crashed() -> SqlError {
    SqlError::new(SqlErrorKind::Io, "the process has crashed")
}

impl Disk {
    /// The fault that comes at this call, if it is its turn.
    fn due(&mut self, call: Call) -> Option<Plan> {
        let plan = self.plan.as_mut()?;
        let is_its = match plan.fault {
            Fault::StatementRefused | Fault::ResultLost | Fault::TransactionEnded => {
                call == Call::Execute
            }
            Fault::BeginFailed => call == Call::Begin,
            Fault::CommitFailed | Fault::CrashAfterCommit => call == Call::Commit,
            Fault::Crash => true,
        };
        if !is_its {
            return None;
        }
        if plan.after > 0 {
            plan.after -= 1;
            return None;
        }
        let plan = self.plan.take();
        self.injected.extend(plan.map(|it| it.fault.name()));
        plan
    }

    fn fail(&mut self, error: SqlError) -> Result<(), SqlError> {
        self.failure.get_or_insert_with(|| error.clone());
        Err(error)
    }

    fn crash(&mut self) -> Result<(), SqlError> {
        self.is_dead = true;
        self.fail(crashed())
    }

    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        if self.is_dead {
            return self.fail(crashed());
        }
        // SQLite may have ended the transaction by itself: as `js/sql/imports.ts`, nothing more is run in it.
        if self.is_open
            && let Some(error) = &self.failure
        {
            return Err(error.clone());
        }
        let text = statement.text();
        if self.is_full && !text.starts_with("SELECT") {
            self.injected.push("disk-full");
            return self.fail(SqlError::new(SqlErrorKind::Full, "injected"));
        }
        let due = self.due(Call::Execute);
        if let Some(plan) = due {
            let error = SqlError::new(plan.kind, "injected");
            match plan.fault {
                Fault::Crash => return self.crash(),
                Fault::ResultLost => {
                    // As if the connection was lost after it.
                    let _ = self.sqlite.execute(statement, parameters, &mut Vec::new());
                }
                Fault::TransactionEnded => self.sqlite.rollback()?,
                _ => {}
            }
            return self.fail(error);
        }
        if let Some(bug) = self.bug {
            self.turns += 1;
            if bug.swallows(self.turns, text) {
                return Ok(());
            }
        }
        match self.sqlite.execute(statement, parameters, rows) {
            Err(error) => self.fail(error),
            done => done,
        }
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        if self.is_dead {
            return self.fail(crashed());
        }
        match self.due(Call::Begin) {
            None => self.sqlite.begin(),
            Some(plan) if plan.fault == Fault::Crash => self.crash(),
            Some(plan) => self.fail(SqlError::new(plan.kind, "injected")),
        }
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        if self.is_dead {
            return self.fail(crashed());
        }
        let due = self.due(Call::Commit);
        match due {
            Some(plan) if plan.fault == Fault::Crash => return self.crash(),
            Some(plan) if plan.fault == Fault::CommitFailed => {
                self.sqlite.rollback()?;
                return self.fail(SqlError::new(plan.kind, "injected"));
            }
            _ => {}
        }
        if self.sqlite.connection().is_autocommit() {
            // A statement before has ended it, which the store must have noticed.
            return self.fail(SqlError::new(SqlErrorKind::Other, "no transaction is open"));
        }
        self.plant(Bug::before_commit);
        if self.bug.is_some_and(|bug| bug.loses_commit(self.turns)) {
            self.sqlite.rollback()?;
        } else {
            self.sqlite.commit()?;
        }
        self.commits += 1;
        // A crash from here on loses nothing but the answer.
        self.is_dead = due.is_some();
        Ok(())
    }

    /// Has a planted bug work on the database.
    fn plant(&mut self, work: impl FnOnce(Bug, u64, &Connection)) {
        if let Some(bug) = self.bug {
            self.turns += 1;
            work(bug, self.turns, self.sqlite.connection());
        }
    }

    fn roll_back(&mut self) {
        self.plant(Bug::before_rollback);
        // The rollback of a database in memory does not fail.
        let _ = self.sqlite.rollback();
    }
}

impl SqlHost for SimulatedHost {
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        self.0.disk().execute(statement, parameters, rows)
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        let mut disk = self.0.disk();
        match disk.brackets {
            true => disk.begin(),
            false => Ok(()),
        }
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        let mut disk = self.0.disk();
        match disk.brackets {
            true => disk.commit(),
            false => Ok(()),
        }
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        let mut disk = self.0.disk();
        if disk.brackets && !disk.is_dead {
            disk.roll_back();
        }
        Ok(())
    }
}
