//! Migrations: from every version with data, refused ones, and ones that fail half-way.

use rusqlite::Connection;

use super::*;
use crate::model::instance::RunStatus;
use crate::model::token::TokenState;
use crate::store::sql::migration::Change;
use crate::store::sql::schema::CHANGES;
use crate::store::*;

const ADD_COLUMN: Statement = Statement::new(60_000, "ALTER TABLE account ADD COLUMN note TEXT");
const FILL_COLUMN: Statement = Statement::new(60_001, "UPDATE account SET note = name || '!'");
const ADD_INDEX: Statement = Statement::new(60_002, "CREATE INDEX account_note ON account (note)");
const BROKEN: Statement = Statement::new(60_003, "CREATE INDEX account_note ON account (nothing)");

const LATER: &[Change] = &[
    Change::new(4, ADD_COLUMN),
    Change::new(4, FILL_COLUMN),
    Change::new(5, ADD_INDEX),
];
const DYING: &[Change] = &[
    Change::new(4, ADD_COLUMN),
    Change::new(4, FILL_COLUMN),
    Change::new(4, BROKEN),
];

fn with(more: &'static [Change]) -> Vec<&'static [Change]> {
    let mut changes = CHANGES.to_vec();
    changes.push(more);
    changes
}

fn insert_account(store: &mut SqliteStore) {
    let row = AccountRow {
        id: Pfid::from_bytes([1; 20]).unwrap(),
        name: "Account".into(),
        inserted_at: crate::Timestamp::EPOCH,
        updated_at: crate::Timestamp::EPOCH,
        ids: Default::default(),
        usage: Default::default(),
    };
    store.insert_account(&row).unwrap();
}

fn versions_of(connection: &Connection) -> Vec<i64> {
    let mut rows = connection
        .prepare("SELECT version FROM migration WHERE at > 1700000000 ORDER BY version")
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn steps_run_once_each_and_keep_the_data() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("store.db");
    let mut store = SqliteStore::open(&file).unwrap();
    insert_account(&mut store);
    let eye = Connection::open(&file).unwrap();
    assert_eq!(versions_of(&eye), [1, 2, 3]);
    for _ in 0..2 {
        let session = store.session.get_mut();
        session.migrate(&with(LATER)).unwrap();
        assert_eq!(versions_of(&eye), [1, 2, 3, 4, 5]);
        let note: String = eye
            .query_row("SELECT note FROM account", [], |row| row.get(0))
            .unwrap();
        assert_eq!(note, "Account!");
        assert_eq!(store.accounts().unwrap().len(), 1);
    }
    // The build before is refused, and the database stays as it is.
    let before = dump(&eye);
    let error = SqliteStore::open(&file).unwrap_err();
    let StoreError::Host(error) = error else {
        panic!("{error}");
    };
    assert!(
        error
            .to_string()
            .contains("version 5, and this build knows up to 3")
    );
    assert_eq!(dump(&eye), before);
}

#[test]
fn a_step_that_fails_leaves_the_version_before() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("store.db");
    let mut store = SqliteStore::open(&file).unwrap();
    insert_account(&mut store);
    let eye = Connection::open(&file).unwrap();
    let before = dump(&eye);
    store.session.get_mut().migrate(&with(DYING)).unwrap_err();
    assert_eq!(dump(&eye), before);
    // The process may end there, too.
    drop(store);
    let mut store = SqliteStore::open(&file).unwrap();
    store.session.get_mut().migrate(&with(LATER)).unwrap();
    assert_eq!(versions_of(&eye), [1, 2, 3, 4, 5]);
}

/// A row of every kind.
fn fill(store: &mut SqliteStore) {
    let id = |byte| Pfid::from_bytes([byte; 20]).unwrap();
    let at = crate::Timestamp::MAX;
    insert_account(store);
    let row = EnvironmentRow {
        id: id(2),
        account_id: id(1),
        name: "Environment".into(),
        inserted_at: at,
        updated_at: crate::Timestamp::MIN,
    };
    store.insert_environment(&row).unwrap();
    let mut usage = Usage::of_account("Account").plus(Usage::of_environment(&row));
    let row = AgentRow {
        id: id(3),
        account_id: id(1),
        environment_id: id(2),
        name: "é".into(),
        description: Some("".into()),
        inserted_at: at,
        updated_at: at,
        retired: false,
        last_activity: None,
        counts: Default::default(),
        current_version_id: Some(id(4)),
        current_schema_version_id: None,
    };
    store.insert_agent(&row).unwrap();
    usage = usage.plus(Usage::of_agent(&row));
    let owner = row.ownership();
    let row = VersionRow {
        id: id(4),
        owner,
        version: NewVersion {
            external_identifier: "1".into(),
            name: None,
            description: None,
            schemas: [Some("{}".into()), None, None, None],
        },
        inserted_at: at,
    };
    store.insert_version(VersionKind::Agent, &row).unwrap();
    usage = usage.plus(Usage::of_version(&row));
    let row = InstanceRow {
        id: id(5),
        owner,
        version_id: Some(id(4)),
        status: RunStatus::Active,
        inserted_at: at,
        updated_at: at,
        started_at: Some(at),
        finished_at: None,
        span_counts: Default::default(),
    };
    store.insert_instance(&row).unwrap();
    usage = usage.plus(Usage::of_instance());
    let shift = CountShift::added(RunStatus::Active);
    store.record_activity(id(3), shift, at).unwrap();
    let row = SpanRow {
        id: id(6),
        owner,
        instance_id: id(5),
        parent_id: None,
        schema_name: "agent:llm".into(),
        status: RunStatus::Complete,
        payload: format!("{{\"a\":\"{}\"}}", "x".repeat(17_000)).into(),
        result_payload: Some("{}".into()),
        started_at: at,
        finished_at: Some(at),
        inserted_at: at,
        updated_at: at,
    };
    store.insert_span(&row).unwrap();
    usage = usage.plus(Usage::of_span(&row));
    store.shift_span_counts(id(5), shift).unwrap();
    let row = GeneratedEnvironment {
        account_id: id(1),
        place: 0,
        id: id(2),
    };
    store.keep_generated_environment(&row).unwrap();
    let answer = StoredAnswer {
        fingerprint: [9; 32],
        status: 200,
        object_id: Some(id(3)),
        body: Some(b"{}".into()),
    };
    store.keep_answer(id(1), "key", &answer, at).unwrap();
    let token = ApiTokenRow {
        id: id(7),
        account_id: id(1),
        environment_id: Some(id(2)),
        digest: [7; 32],
        name: Some("Token".into()),
        state: TokenState::Suspended,
        expires_at: Some(at),
        last_used_at: Some(at),
        inserted_at: at,
        updated_at: at,
    };
    store.insert_api_token(&token).unwrap();
    usage = usage.plus(Usage::of_token(&token));
    let ids = IdState::default();
    store.set_account_state(id(1), &ids, &usage).unwrap();
    store.void_token(&[8; 32]).unwrap();
    store.keep_token_secret(&[9; 32]).unwrap();
}

/// A database as the statements that create it.
fn script(connection: &Connection) -> String {
    let mut out = String::new();
    let mut tables = connection
        .prepare("SELECT name, sql, type = 'table' FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        .unwrap();
    let mut rows = tables.query([]).unwrap();
    let mut names = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        out.push_str(&format!("{};\n", row.get::<_, String>(1).unwrap()));
        if row.get(2).unwrap() {
            names.push(row.get::<_, String>(0).unwrap());
        }
    }
    for name in names {
        let columns: String = connection
            .query_row(
                &format!("SELECT group_concat(name, ', ') FROM pragma_table_info('{name}')"),
                [],
                |row| row.get(0),
            )
            .unwrap();
        let quoted = columns.replace(", ", ") || ', ' || quote(");
        let mut rows = connection
            .prepare(&format!("SELECT quote({quoted}) FROM {name}"))
            .unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for row in rows {
            let row = row.unwrap();
            // The moment of the migration is not part of it.
            let row = match name == "migration" {
                true => format!("{}, 1767225600", row.split(',').next().unwrap()),
                false => row,
            };
            out.push_str(&format!("INSERT INTO {name} ({columns}) VALUES ({row});\n"));
        }
    }
    out
}

/// The databases that earlier versions wrote, with a row of every kind: `script` of `fill`. Every released version
/// gets its own here, and none of them ever changes.
const OLDER: &[(i64, &str)] = &[
    (1, include_str!("version_1.sql")),
    (2, include_str!("version_2.sql")),
    (3, include_str!("version_3.sql")),
];

#[test]
fn databases_of_every_version_are_read() {
    let newest = CHANGES.iter().copied().flatten().map(|it| it.version).max();
    let covered: Vec<i64> = OLDER.iter().map(|it| it.0).collect();
    assert_eq!(covered, (1..=newest.unwrap()).collect::<Vec<_>>());
    let mut expected = SqliteStore::open_in_memory().unwrap();
    fill(&mut expected);
    // The newest version, as this build writes it.
    let script = script(expected.host_mut().connection());
    assert!(script == OLDER[OLDER.len() - 1].1, "{script}");
    let expected = dump(expected.host_mut().connection());
    for (version, script) in OLDER {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("store.db");
        let connection = Connection::open(&file).unwrap();
        connection.execute_batch(script).unwrap();
        drop(connection);
        let mut store = SqliteStore::open(&file).unwrap();
        let rows = |it: &&String| !it.starts_with("migration");
        let dumped = dump(store.host_mut().connection());
        let dumped: Vec<_> = dumped.iter().filter(rows).collect();
        assert!(
            dumped == expected.iter().filter(rows).collect::<Vec<_>>(),
            "{version}"
        );
        let id = Pfid::from_bytes([6; 20]).unwrap();
        let span = store.span(id).unwrap().unwrap();
        assert_eq!(span.payload.len(), 17_008);
        assert_eq!(span.started_at, crate::Timestamp::MAX);
        assert!(
            store
                .agent(Pfid::from_bytes([3; 20]).unwrap())
                .unwrap()
                .is_some()
        );
    }
}
