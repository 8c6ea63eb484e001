//! A file that cannot be used gives a clear error and stays unchanged, and works again once the cause is removed.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use super::*;
use crate::Service;
use crate::api::testing::{ACCOUNT_TOKEN, Client, NOW_MS, moment};
use crate::registrar::Config;
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};

fn client(store: SqliteStore) -> Client {
    let config = json!({
        "accounts": [{"id": DEFAULT_ACCOUNT, "environments": [{"id": DEFAULT_ENVIRONMENT}]}],
        "tokens": [{"token": ACCOUNT_TOKEN}],
        "seed_text": "seed",
    });
    let config = Config::from_json(config.to_string().as_bytes()).unwrap();
    let service = Service::open(config, Box::new(store), moment(NOW_MS)).unwrap();
    Client {
        service,
        ..Client::default()
    }
}

/// A file with some agents, closed.
fn filled(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("store.db");
    let mut client = client(SqliteStore::open(&file).unwrap());
    for name in ["Ada", "Bob", "Eve"] {
        client.create_agent(name);
    }
    file
}

fn agents(client: &mut Client) -> serde_json::Value {
    client.get("/api/v1/agent").json()["pagination"]["item_count"].clone()
}

/// Runs statements as another program.
fn execute(file: &Path, statements: &str) {
    let connection = Connection::open(file).unwrap();
    connection.execute_batch(statements).unwrap();
}

/// Opening fails with this error, and leaves the file as it is.
fn refuses(file: &Path, expected: &str) {
    let before = fs::read(file).unwrap();
    let error = SqliteStore::open(file).unwrap_err();
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(&error) {
        text = format!("{text}: {source}");
    }
    assert!(text.contains(expected), "{text}");
    assert!(fs::read(file).unwrap() == before);
}

#[test]
fn a_file_can_be_opened_again() {
    let folder = TempDir::new().unwrap();
    let file = filled(folder.path());
    for count in 3..6 {
        let mut client = client(SqliteStore::open(&file).unwrap());
        assert_eq!(agents(&mut client), count);
        client.create_agent("More");
    }
    let connection = Connection::open(&file).unwrap();
    let check: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn other_files_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text");
    fs::write(&text, "This is a text, and no database.".repeat(100)).unwrap();
    refuses(&text, "the file is no SQLite database");

    let foreign = folder.path().join("foreign.db");
    execute(
        &foreign,
        "PRAGMA journal_mode = WAL; CREATE TABLE agent (id)",
    );
    refuses(&foreign, "the database belongs to another program");

    let utf16 = folder.path().join("utf16.db");
    execute(
        &utf16,
        "PRAGMA encoding = 'UTF-16le'; CREATE TABLE mine (x); DROP TABLE mine",
    );
    refuses(
        &utf16,
        "the database belongs to another program: its texts are UTF-16le, and not UTF-8",
    );

    let file = filled(folder.path());
    execute(&file, "INSERT INTO migration (version) VALUES (99)");
    refuses(
        &file,
        "a newer version of this program wrote the database: it has version 99",
    );
    execute(&file, "DELETE FROM migration WHERE version = 99");
    assert_eq!(agents(&mut client(SqliteStore::open(&file).unwrap())), 3);

    let missing = folder.path().join("no").join("folder.db");
    let error = SqliteStore::open(&missing).unwrap_err();
    assert!(matches!(error, StoreError::Host(_)));
}

#[test]
fn a_damaged_file_is_an_error_and_not_an_empty_service() {
    let folder = TempDir::new().unwrap();
    let file = filled(folder.path());
    let whole = fs::read(&file).unwrap();
    for cut in [100, 4_096, whole.len() / 2, whole.len() - 4_096] {
        fs::write(&file, &whole[..cut]).unwrap();
        let opened = SqliteStore::open(&file);
        let Ok(store) = opened else {
            continue;
        };
        let config = json!({"seed_text": "", "tokens": [{"token": ACCOUNT_TOKEN}]});
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        let Ok(service) = Service::open(config, Box::new(store), moment(NOW_MS)) else {
            continue;
        };
        let mut client = Client {
            service,
            ..Client::default()
        };
        let reply = client.get("/api/v1/agent");
        let is_whole = reply.status == 200 && reply.json()["pagination"]["item_count"] == 3;
        assert!(is_whole || reply.status >= 500, "{cut}: {}", reply.text());
    }
    // Nonsense in the middle of every page but the first.
    let mut damaged = whole.clone();
    for page in damaged.chunks_mut(4_096).skip(1) {
        page[..16].fill(0xa5);
    }
    fs::write(&file, &damaged).unwrap();
    assert!(matches!(
        SqliteStore::open(&file),
        Err(StoreError::Corrupt(_))
    ));
    fs::write(&file, &whole).unwrap();
    assert_eq!(agents(&mut client(SqliteStore::open(&file).unwrap())), 3);
}

/// A running service answers 503 while the cause lasts, and works again afterwards.
#[test]
fn locked_full_and_read_only_databases_are_answered_503_until_they_are_not() {
    let folder = TempDir::new().unwrap();
    let file = filled(folder.path());
    let other = Connection::open(&file).unwrap();
    let mut client = client(SqliteStore::open(&file).unwrap());
    let body = json!({"details": {"name": "New", "environment_id": DEFAULT_ENVIRONMENT}});
    let mut refused = |client: &mut Client, expected: &str| {
        let before = agents(client);
        let reply = client.post("/api/v1/agent", body.clone());
        assert_eq!(reply.status, 503, "{}", reply.text());
        assert_eq!(reply.header("retry-after"), Some("5"));
        let cause = client.service.take_cause().unwrap();
        assert!(cause.contains(expected), "{cause}");
        assert_eq!(agents(client), before);
    };
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    refused(&mut client, "the database is locked");
    other.execute_batch("ROLLBACK").unwrap();
    client.create_agent("After the lock");
    assert_eq!(agents(&mut client), 4);

    drop(client);
    let mut store = SqliteStore::open(&file).unwrap();
    let connection = store.host_mut().connection();
    connection.execute_batch("PRAGMA query_only = ON").unwrap();
    let error = store.begin().and_then(|()| store.clear()).unwrap_err();
    let StoreError::Host(error) = error else {
        panic!("{error}");
    };
    assert!(error.to_string().contains("the database is read-only"));
    store.rollback().unwrap();
    let connection = store.host_mut().connection();
    connection.execute_batch("PRAGMA query_only = OFF").unwrap();
    store.begin().unwrap();
    store.rollback().unwrap();
    drop(store);

    full(&file, &mut refused);
}

/// The database reaches its greatest number of pages: a stand-in for a full disk.
fn full(file: &Path, refused: &mut dyn FnMut(&mut Client, &str)) {
    let mut store = SqliteStore::open(file).unwrap();
    let connection = store.host_mut().connection();
    let pages: i64 = connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    let limit = format!("PRAGMA max_page_count = {pages}");
    connection
        .query_row(&limit, [], |row| row.get::<_, i64>(0))
        .unwrap();
    let mut client = client(store);
    // Free space within the pages is used first.
    let body = json!({"details": {"name": "New", "environment_id": DEFAULT_ENVIRONMENT, "description": "x".repeat(9_000)}});
    let mut made = 0;
    while client.post("/api/v1/agent", body.clone()).status == 200 {
        made += 1;
        assert!(made < 100);
    }
    let before = agents(&mut client);
    let reply = client.post("/api/v1/agent", body.clone());
    assert_eq!(reply.status, 503);
    let cause = client.service.take_cause().unwrap();
    assert!(cause.contains("the disk is full"), "{cause}");
    assert_eq!(agents(&mut client), before);
    let _ = refused;
    drop(client);
    let mut client = self::client(SqliteStore::open(file).unwrap());
    assert_eq!(agents(&mut client), before);
    assert_eq!(client.post("/api/v1/agent", body).status, 200);
}

#[test]
fn a_read_only_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("store.db");
    // Empty and not writable: there is nothing to read, and no table can be created.
    fs::write(&file, "").unwrap();
    let uri = format!("file:{}?mode=ro", file.display());
    let error = SqliteStore::open(uri).unwrap_err();
    let StoreError::Host(error) = error else {
        panic!("{error}");
    };
    assert!(
        error.to_string().contains("the database is read-only"),
        "{error}"
    );
}
