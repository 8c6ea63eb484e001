//! Databases of earlier versions with any data: migrated, they give the same answers.
//!
//! A conversation fills a database of today. Its rows are copied into the tables of an earlier version, which is then migrated.
//! Columns that the earlier version does not have are left out.
//!
//! A migration changes the schema, and its rollback does so again: each time SQLite reads the schema anew and prepares every
//! statement anew, which takes many times as long as the requests of an input. So the migrated rows are copied once more, into a
//! database that was migrated while it was empty, and has the same schema. That one answers, with its statements prepared.

use std::sync::LazyLock;

use agent_registrar::store::sql::{SqlStore, Sqlite};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::conversation::hold;
use crate::database::{Databases, Host};
use crate::draw::Draw;
use crate::look::{look, looks_like};
use crate::stores::EMPTY;

/// A released version.
struct Version {
    /// Its databases, without rows.
    older: Databases,
    /// The same, migrated.
    migrated: Databases,
    plan: LazyLock<Plan>,
}

/// What is the same for every input.
struct Plan {
    /// From a database of today into one of this version.
    back: Vec<Copy>,
    /// From a migrated database into another one.
    over: Vec<Copy>,
    /// The schema of a migrated database.
    schema: Vec<String>,
    /// Whether a migration changes nothing, because the version has the schema of today.
    is_of_today: bool,
}

static VERSIONS: [Version; 3] = [
    Version {
        older: Databases::new(|host| create(&host, VERSION_1)),
        migrated: Databases::new(|host| create_migrated(host, VERSION_1)),
        plan: LazyLock::new(|| Plan::of(&VERSIONS[0])),
    },
    Version {
        older: Databases::new(|host| create(&host, VERSION_2)),
        migrated: Databases::new(|host| create_migrated(host, VERSION_2)),
        plan: LazyLock::new(|| Plan::of(&VERSIONS[1])),
    },
    Version {
        older: Databases::new(|host| create(&host, VERSION_3)),
        migrated: Databases::new(|host| create_migrated(host, VERSION_3)),
        plan: LazyLock::new(|| Plan::of(&VERSIONS[2])),
    },
];

const VERSION_1: &str = include_str!("../../src/store/sql/tests/version_1.sql");
const VERSION_2: &str = include_str!("../../src/store/sql/tests/version_2.sql");
const VERSION_3: &str = include_str!("../../src/store/sql/tests/version_3.sql");

impl Plan {
    fn of(version: &'static Version) -> Plan {
        let (today, older, migrated) =
            (EMPTY.lend(), version.older.lend(), version.migrated.lend());
        let (today, older, migrated) = (today.sqlite(), older.sqlite(), migrated.sqlite());
        Plan {
            back: copies(today.connection(), older.connection()),
            over: copies(migrated.connection(), migrated.connection()),
            schema: schema(migrated.connection()),
            is_of_today: schema(migrated.connection()) == schema(older.connection()),
        }
    }
}

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let version = &VERSIONS[draw.below(VERSIONS.len())];
    let plan = &*version.plan;
    let (today, older) = (EMPTY.lend(), version.older.lend());
    hold(&mut today.open(), draw.rest());
    // Opening ensures the configuration, so the filled database is opened again, too.
    let expected = look(&mut today.open());

    copy_all(&plan.back, &today.sqlite(), &older.sqlite());
    let migrated = match plan.is_of_today {
        true => older,
        false => {
            older.migrate();
            assert_eq!(schema(older.sqlite().connection()), plan.schema);
            let migrated = version.migrated.lend();
            copy_all(&plan.over, &older.sqlite(), &migrated.sqlite());
            migrated
        }
    };
    let mut service = migrated.open();
    looks_like(&mut service, &expected);
    hold(&mut service, data);
}

/// The statements of a schema, and the versions that a database was migrated to.
fn schema(connection: &Connection) -> Vec<String> {
    let mut schema = names(
        connection,
        "SELECT sql FROM sqlite_schema WHERE sql NOT NULL",
    );
    schema.extend(names(
        connection,
        "SELECT 'version ' || version FROM migration",
    ));
    schema
}

/// Creates the tables of a version, and migrates them.
fn create_migrated(host: Host, version: &str) {
    create(&host, version);
    drop(SqlStore::with_host(host).unwrap());
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
    let mut rows = connection.prepare_cached(query).unwrap();
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

fn copy_all(copies: &[Copy], from: &Sqlite, to: &Sqlite) {
    for copy in copies {
        copy.run(from.connection(), to.connection());
    }
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
