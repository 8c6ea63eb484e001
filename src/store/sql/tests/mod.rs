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

use tempfile::TempDir;

use super::*;

/// SQLite on a file that is removed with the store.
struct OnFile {
    sqlite: Sqlite,
    _folder: TempDir,
}

impl OnFile {
    fn new() -> OnFile {
        let folder = TempDir::new().unwrap();
        OnFile {
            sqlite: Sqlite::open(folder.path().join("store.db")).unwrap(),
            _folder: folder,
        }
    }
}

impl SqlHost for OnFile {
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        self.sqlite.execute(statement, parameters, rows)
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

    crate::store_conformance!(SqlStore::with_host(OnFile::new()).unwrap());
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
