//! Databases of older versions: the records of a database, as a build of that version would have stored them.

use agent_registrar::store::sql::Sqlite;
use rusqlite::Connection;

use crate::planted::Bug;

/// The oldest released version, with its number. The statements are those of the test of migrations.
const OLDEST: (i64, &str) = (1, include_str!("../../src/store/sql/tests/version_1.sql"));

/// A database of the oldest version, with the records of this one as far as that version had them.
///
/// # Errors
///
/// Those of SQLite.
pub(crate) fn rewrite(current: &Connection, bug: Option<Bug>) -> rusqlite::Result<Option<Sqlite>> {
    if columns(current, "migration")?.is_empty() {
        // It was never opened.
        return Ok(None);
    }
    let older = Sqlite::open_in_memory().map_err(|_| rusqlite::Error::InvalidQuery)?;
    let target = older.connection();
    target.execute_batch("PRAGMA foreign_keys = OFF; BEGIN")?;
    for statement in OLDEST.1.lines().filter(|line| line.starts_with("CREATE")) {
        target.execute_batch(statement)?;
    }
    for table in tables(target)? {
        if table != "migration" {
            copy(current, target, &table)?;
        }
    }
    target.execute("INSERT INTO migration (version) VALUES (?)", [OLDEST.0])?;
    if bug == Some(Bug::MigrationLosesRow) {
        target
            .execute_batch("DELETE FROM answer WHERE number = (SELECT max(number) FROM answer)")?;
    }
    target.execute_batch("COMMIT; PRAGMA foreign_keys = ON")?;
    Ok(Some(older))
}

fn tables(database: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}

/// The columns of a table that are stored.
fn columns(database: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = database.prepare("SELECT name FROM pragma_table_info(?)")?;
    let rows = statement.query_map([table], |row| row.get(0))?;
    rows.collect()
}

/// Copies the columns that both databases have.
fn copy(from: &Connection, to: &Connection, table: &str) -> rusqlite::Result<()> {
    let known = columns(from, table)?;
    let shared: Vec<String> = columns(to, table)?
        .into_iter()
        .filter(|it| known.contains(it))
        .collect();
    if shared.is_empty() {
        return Ok(());
    }
    let names = shared.join(", ");
    let marks = vec!["?"; shared.len()].join(", ");
    let mut select = from.prepare(&format!("SELECT {names} FROM {table} ORDER BY 1"))?;
    let mut insert = to.prepare(&format!("INSERT INTO {table} ({names}) VALUES ({marks})"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values: Vec<rusqlite::types::Value> = (0..shared.len())
            .map(|index| row.get(index))
            .collect::<rusqlite::Result<_>>()?;
        insert.execute(rusqlite::params_from_iter(values))?;
    }
    Ok(())
}
