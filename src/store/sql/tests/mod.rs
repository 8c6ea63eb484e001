//! The store on SQLite.

mod brackets;
mod counting;
mod deep;
mod failures;
mod files;
mod foreign;
mod group;
mod migrations;
mod plans;
mod texts;

use tempfile::TempDir;

use super::*;

/// What a test has to do with the statements of an [`Observed`] host.
trait Observer: Send {
    /// A statement was executed, and gave these rows.
    fn note(&mut self, _statement: Statement, _parameters: &[u8], _rows: &[u8]) {}
}

/// SQLite, and what observes it.
struct Observed<O> {
    sqlite: Sqlite,
    observer: O,
}

/// The folder of a file is removed with the store.
impl Observer for TempDir {}

impl Observed<TempDir> {
    fn on_file() -> Observed<TempDir> {
        let folder = TempDir::new().unwrap();
        Observed {
            sqlite: Sqlite::open(folder.path().join("store.db")).unwrap(),
            observer: folder,
        }
    }
}

impl<O: Observer> Observed<O> {
    fn in_memory(observer: O) -> Observed<O> {
        Observed {
            sqlite: Sqlite::open_in_memory().unwrap(),
            observer,
        }
    }
}

impl<O: Observer> SqlHost for Observed<O> {
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        let executed = self.sqlite.execute(statement, parameters, rows);
        self.observer.note(statement, parameters, rows);
        executed
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        self.sqlite.begin()
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        self.sqlite.commit()
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        self.sqlite.rollback()
    }
}

mod in_memory {
    use super::*;

    crate::store_conformance!(SqliteStore::open_in_memory().unwrap());
}

mod on_file {
    use super::*;

    crate::store_conformance!(SqlStore::with_host(Observed::on_file()).unwrap());
}

/// Everything in a database, as text.
fn dump(connection: &rusqlite::Connection) -> Vec<String> {
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut lines = Vec::new();
    for table in tables {
        let table = table.unwrap();
        let mut rows = connection
            .prepare(&format!("SELECT * FROM {table} ORDER BY 1"))
            .unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values = (0..columns).map(|it| match row.get_ref_unwrap(it) {
                rusqlite::types::ValueRef::Blob(blob) if blob.len() > 64 => {
                    format!("{:?}", crate::digest::sha256(blob))
                }
                value => format!("{value:?}"),
            });
            lines.push(format!(
                "{table}: {}",
                values.collect::<Vec<_>>().join(", ")
            ));
        }
    }
    lines
}
