//! Migrations: from every version with data, refused ones, and ones that die half-way.

use rusqlite::Connection;

use super::*;
use crate::store::Accounts;
use crate::store::sql::schema::{CHANGES, Change};

const ADD_COLUMN: Statement = Statement::new(60_000, "ALTER TABLE account ADD COLUMN note TEXT");
const FILL_COLUMN: Statement = Statement::new(60_001, "UPDATE account SET note = name || '!'");
const ADD_INDEX: Statement = Statement::new(60_002, "CREATE INDEX account_note ON account (note)");
const BROKEN: Statement = Statement::new(60_003, "CREATE INDEX account_note ON account (nothing)");

const LATER: &[Change] = &[
    Change::new(2, ADD_COLUMN),
    Change::new(2, FILL_COLUMN),
    Change::new(3, ADD_INDEX),
];
const DYING: &[Change] = &[
    Change::new(2, ADD_COLUMN),
    Change::new(2, FILL_COLUMN),
    Change::new(2, BROKEN),
];

fn with(more: &'static [Change]) -> Vec<&'static [Change]> {
    let mut changes = CHANGES.to_vec();
    changes.push(more);
    changes
}

fn insert_account(store: &mut SqliteStore) {
    let row = crate::store::AccountRow {
        id: Pfid::from_bytes([1; 20]).unwrap(),
        name: "Account".into(),
        inserted_at: crate::Timestamp::EPOCH,
        updated_at: crate::Timestamp::EPOCH,
        ids: Default::default(),
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
    assert_eq!(versions_of(&eye), [1]);
    for _ in 0..2 {
        let session = store.session.get_mut();
        session.migrate(&with(LATER)).unwrap();
        assert_eq!(versions_of(&eye), [1, 2, 3]);
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
            .contains("version 3, and this build knows up to 1")
    );
    assert_eq!(dump(&eye), before);
}

#[test]
fn a_step_that_dies_leaves_the_version_before() {
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
    assert_eq!(versions_of(&eye), [1, 2, 3]);
}

/// A file that the first version wrote, with a row of every kind, is read by this one. Every released version gets its
/// file here.
#[test]
fn every_older_version_can_be_opened() {
    let versions = CHANGES.iter().copied().flatten().map(|it| it.version);
    assert_eq!(versions.max(), Some(1), "add a file of the version before");
}
