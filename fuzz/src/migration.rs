//! Databases of earlier versions with any data: migrated, they give the same answers.
//!
//! A conversation fills a database of today. Its rows are copied into the tables of an earlier version, which is then opened:
//! that migrates it. Columns that the earlier version does not have are left out.

use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::conversation::hold;
use crate::database::{Databases, Host};
use crate::draw::Draw;
use crate::look::{look, looks_like};
use crate::stores::EMPTY;

/// The databases of the released versions.
static OLDER: [Databases; 3] = [
    Databases::new(|host| {
        create(
            &host,
            include_str!("../../src/store/sql/tests/version_1.sql"),
        )
    }),
    Databases::new(|host| {
        create(
            &host,
            include_str!("../../src/store/sql/tests/version_2.sql"),
        )
    }),
    Databases::new(|host| {
        create(
            &host,
            include_str!("../../src/store/sql/tests/version_3.sql"),
        )
    }),
];

/// How the rows of today are copied into each of these.
static COPIES: LazyLock<Vec<Vec<Copy>>> = LazyLock::new(|| {
    let today = EMPTY.lend();
    let copies = |older: &'static Databases| {
        copies(
            today.sqlite().connection(),
            older.lend().sqlite().connection(),
        )
    };
    OLDER.iter().map(copies).collect()
});

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let version = draw.below(OLDER.len());
    let (today, before) = (EMPTY.lend(), OLDER[version].lend());
    hold(&mut today.open(), draw.rest());
    // Opening ensures the configuration, so the filled database is opened again, too.
    let expected = look(&mut today.open());

    for copy in &COPIES[version] {
        copy.run(today.sqlite().connection(), before.sqlite().connection());
    }
    let mut migrated = before.open();
    looks_like(&mut migrated, &expected);
    hold(&mut migrated, data);
}

/// Creates the tables of a version, as its file has them.
fn create(host: &Host, version: &str) {
    let is_wanted =
        |it: &&str| it.starts_with("CREATE ") || it.starts_with("INSERT INTO migration ");
    for statement in version.lines().filter(is_wanted) {
        host.sqlite().connection().execute_batch(statement).unwrap();
    }
}

fn names(connection: &Connection, query: &str) -> Vec<String> {
    let mut rows = connection.prepare(query).unwrap();
    let names = rows.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

/// Copies the rows of a table, in the columns that both databases have.
struct Copy {
    columns: usize,
    select: String,
    insert: String,
}

fn copies(from: &Connection, to: &Connection) -> Vec<Copy> {
    let columns = |connection, table: &str| {
        let query = format!("SELECT name FROM pragma_table_xinfo('{table}') WHERE hidden = 0");
        names(connection, &query)
    };
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migration'";
    let copy = |table: String| {
        let known = columns(from, &table);
        let mut common = columns(to, &table);
        common.retain(|it| known.contains(it));
        let (list, marks) = (common.join(", "), vec!["?"; common.len()].join(", "));
        Copy {
            columns: common.len(),
            select: format!("SELECT {list} FROM {table}"),
            insert: format!("INSERT INTO {table} ({list}) VALUES ({marks})"),
        }
    };
    names(to, tables).into_iter().map(copy).collect()
}

impl Copy {
    fn run(&self, from: &Connection, to: &Connection) {
        let mut insert = to.prepare_cached(&self.insert).unwrap();
        let mut select = from.prepare_cached(&self.select).unwrap();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values = (0..self.columns).map(|column| row.get::<_, Value>(column).unwrap());
            insert.execute(params_from_iter(values)).unwrap();
        }
    }
}
