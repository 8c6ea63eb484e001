//! Databases in memory that inputs use one after another: each input finds what the first one found.
//!
//! To open a database, to create its tables and to prepare its statements takes a hundred times as long as a request. So a
//! connection is kept with its prepared statements, an input runs in a transaction that is rolled back at its end, and the
//! store's own transactions are savepoints in it. The schema has no deferred constraints, so that the two mean the same.

use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agent_registrar::Service;
use agent_registrar::store::sql::{SqlError, SqlHost, SqlStore, Sqlite, Statement};

use crate::conversation::{Conversation, config};

/// The connections to equal databases that no input uses.
pub(crate) struct Databases {
    create: fn(Host),
    idle: Mutex<Vec<Shared>>,
}

type Shared = Arc<Mutex<Sqlite>>;

impl Databases {
    /// Databases that this function fills.
    pub(crate) const fn new(create: fn(Host)) -> Databases {
        Databases {
            create,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// A database as it was created.
    pub(crate) fn lend(&'static self) -> Database {
        let idle = locked(&self.idle).pop();
        let sqlite = idle.unwrap_or_else(|| {
            let sqlite = Arc::new(Mutex::new(Sqlite::open_in_memory().unwrap()));
            (self.create)(Host::of(&sqlite));
            sqlite
        });
        run(&locked(&sqlite), "BEGIN IMMEDIATE").unwrap();
        Database { sqlite, home: self }
    }
}

/// A database that is lent until this is dropped.
pub(crate) struct Database {
    sqlite: Shared,
    home: &'static Databases,
}

impl Database {
    /// The connection. No service uses it meanwhile.
    pub(crate) fn sqlite(&self) -> MutexGuard<'_, Sqlite> {
        locked(&self.sqlite)
    }

    /// Migrates it to the tables of today.
    pub(crate) fn migrate(&self) {
        drop(SqlStore::with_host(Host::of(&self.sqlite)).unwrap());
    }

    /// A service with its records in this database.
    pub(crate) fn open(&self) -> Service {
        let store = SqlStore::with_host(Host::of(&self.sqlite)).unwrap();
        Service::open(config(), Box::new(store), Conversation::start()).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database whose transaction SQLite has ended is not what it was.
        if run(&locked(&self.sqlite), "ROLLBACK").is_ok() {
            locked(&self.home.idle).push(Arc::clone(&self.sqlite));
        }
    }
}

/// Runs the statements of a store; its transactions are savepoints.
pub(crate) struct Host {
    sqlite: Shared,
    is_open: bool,
}

impl Host {
    fn of(sqlite: &Shared) -> Host {
        Host {
            sqlite: Arc::clone(sqlite),
            is_open: false,
        }
    }

    /// The connection.
    pub(crate) fn sqlite(&self) -> MutexGuard<'_, Sqlite> {
        locked(&self.sqlite)
    }
}

impl SqlHost for Host {
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        locked(&self.sqlite).execute(statement, parameters, rows)
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        self.rollback()?;
        run(&locked(&self.sqlite), "SAVEPOINT unit")?;
        self.is_open = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        run(&locked(&self.sqlite), "RELEASE unit")?;
        self.is_open = false;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        if take(&mut self.is_open) {
            let sqlite = locked(&self.sqlite);
            run(&sqlite, "ROLLBACK TO unit")?;
            run(&sqlite, "RELEASE unit")?;
        }
        Ok(())
    }
}

fn run(sqlite: &Sqlite, statement: &str) -> Result<(), SqlError> {
    let prepared = sqlite.connection().prepare_cached(statement);
    prepared.and_then(|mut it| it.execute([]))?;
    Ok(())
}

/// What a failed input left behind is rolled back, so a poisoned lock is as good as any.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::conversation::hold;

    static DATABASES: Databases = Databases::new(|host| drop(SqlStore::with_host(host)));

    /// How many rows each table has.
    fn rows(database: &Database) -> BTreeMap<String, i64> {
        let sqlite = database.sqlite();
        let query = "SELECT name FROM sqlite_schema WHERE type = 'table'";
        let mut tables = sqlite.connection().prepare(query).unwrap();
        let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let count = |name: String| {
            let query = format!("SELECT count(*) FROM {name}");
            let count = sqlite.connection().query_row(&query, [], |row| row.get(0));
            (name, count.unwrap())
        };
        names.map(Result::unwrap).map(count).collect()
    }

    #[test]
    fn an_input_finds_a_database_as_it_was_created() {
        let created = rows(&DATABASES.lend());
        for _ in 0..3 {
            let database = DATABASES.lend();
            assert_eq!(rows(&database), created);
            hold(&mut database.open(), &[7; 200]);
            assert!(rows(&database).values().sum::<i64>() > created.values().sum());
        }
        assert_eq!(locked(&DATABASES.idle).len(), 1);
    }
}
