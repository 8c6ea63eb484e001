//! Databases of earlier versions with any data: migrated, they give the same answers.
//!
//! A conversation fills a database of today. Its rows are copied into the tables of an earlier version, which is then opened:
//! that migrates it. Columns that the earlier version does not have are left out.

use std::sync::atomic::{AtomicU64, Ordering};

use agent_registrar::Service;
use agent_registrar::store::sql::SqliteStore;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::conversation::{Conversation, config, hold};
use crate::draw::Draw;
use crate::look::look;

/// The databases of the released versions, as statements.
const OLDER: &[&str] = &[
    include_str!("../../src/store/sql/tests/version_1.sql"),
    include_str!("../../src/store/sql/tests/version_2.sql"),
];

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let older = draw.one_of(OLDER);
    let (today, before) = (name(), name());
    // A database in memory lives as long as a connection to it.
    let (filled, empty) = (
        Connection::open(&today).unwrap(),
        Connection::open(&before).unwrap(),
    );
    let mut service = open(&today);
    hold(&mut service, draw.rest());
    drop(service);
    // Opening ensures the configuration, so the filled database is opened again, too.
    let expected = look(&mut open(&today));

    for statement in older
        .lines()
        .filter(|it| it.starts_with("CREATE ") || it.starts_with("INSERT INTO migration "))
    {
        empty.execute_batch(statement).unwrap();
    }
    for table in names(
        &empty,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migration'",
    ) {
        copy(&filled, &empty, &table);
    }
    let mut migrated = open(&before);
    let found = look(&mut migrated);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    hold(&mut migrated, data);
}

/// A name for a database in memory that several connections share.
fn name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("file:migration-{count}?mode=memory&cache=shared")
}

fn open(name: &str) -> Service {
    let store = SqliteStore::open(name).unwrap();
    Service::open(config(), Box::new(store), Conversation::start()).unwrap()
}

fn names(connection: &Connection, query: &str) -> Vec<String> {
    let mut rows = connection.prepare(query).unwrap();
    let names = rows.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

/// Copies the rows of a table, in the columns that both have.
fn copy(from: &Connection, to: &Connection, table: &str) {
    let columns = |connection| {
        names(
            connection,
            &format!("SELECT name FROM pragma_table_xinfo('{table}') WHERE hidden = 0"),
        )
    };
    let known = columns(from);
    let common: Vec<String> = columns(to)
        .into_iter()
        .filter(|it| known.contains(it))
        .collect();
    let list = common.join(", ");
    let marks = vec!["?"; common.len()].join(", ");
    let mut insert = to
        .prepare(&format!("INSERT INTO {table} ({list}) VALUES ({marks})"))
        .unwrap();
    let mut select = from
        .prepare(&format!("SELECT {list} FROM {table}"))
        .unwrap();
    let mut rows = select.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values = (0..common.len()).map(|column| row.get::<_, Value>(column).unwrap());
        insert.execute(params_from_iter(values)).unwrap();
    }
}
