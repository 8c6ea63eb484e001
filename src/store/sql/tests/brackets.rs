//! A host that brackets transactions itself, like the hosts in JavaScript: one around a batch of requests.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::api::testing::{ACCOUNT_TOKEN, NOW_MS, moment};
use crate::registrar::Config;
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};
use crate::{Answer, Method, Outcome, Request, Service};

/// SQLite whose transactions the test opens and ends, and the number of statements that changed a count or a state.
#[derive(Clone)]
struct Shared(Arc<Mutex<Sqlite>>, Arc<AtomicU32>);

impl SqlHost for Shared {
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        if [
            "UPDATE environment SET agents",
            "UPDATE account SET last_id",
        ]
        .iter()
        .any(|it| statement.text().starts_with(it))
        {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
        let mut sqlite = self.0.lock().unwrap();
        sqlite.execute(statement, parameters, rows)
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        Ok(())
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        Ok(())
    }
}

struct Host {
    database: Shared,
    service: Service,
}

impl Host {
    fn new() -> Host {
        let sqlite = Sqlite::open_in_memory().unwrap();
        Host::open(Shared(
            Arc::new(Mutex::new(sqlite)),
            Arc::new(AtomicU32::new(0)),
        ))
    }

    fn open(database: Shared) -> Host {
        database.0.lock().unwrap().begin().unwrap();
        let store = SqlStore::with_host(database.clone()).unwrap();
        let config = json!({
            "accounts": [{"id": DEFAULT_ACCOUNT, "environments": [{"id": DEFAULT_ENVIRONMENT}]}],
            "tokens": [{"token": ACCOUNT_TOKEN}],
            "seed_text": "seed",
        });
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        let service = Service::open(config, Box::new(store), moment(NOW_MS)).unwrap();
        database.0.lock().unwrap().commit().unwrap();
        Host { database, service }
    }

    /// The status of a request after an action in the same batch, and that of the request once the batch was rolled back.
    fn rerun(&mut self, action: &str, request: &Request<'_>) -> (u16, u16) {
        let authorization = format!("Bearer {ACCOUNT_TOKEN}");
        let first = Request {
            authorization: Some(&authorization),
            ..Request::new(Method::Post, action, b"", moment(NOW_MS))
        };
        self.database.0.lock().unwrap().begin().unwrap();
        let mut answer = Answer::new();
        let mut run = self.service.start(&first);
        assert!(self.service.step(&mut run, &mut answer).is_last);
        assert_eq!(answer.status(), 200);
        let mut run = self.service.start(request);
        assert!(self.service.step(&mut run, &mut answer).is_last);
        let within = answer.status();
        self.database.0.lock().unwrap().rollback().unwrap();
        self.service.settle(false);
        self.service.restart(&mut run);
        assert!(self.service.step(&mut run, &mut answer).is_last);
        self.service.settle(true);
        (within, answer.status())
    }

    /// Compares the counts in the database with its rows.
    fn check_counts(&self) {
        let database = self.database.0.lock().unwrap();
        let wrong = "SELECT count(*) FROM environment WHERE agents <> (SELECT count(*) FROM agent \
            WHERE agent.environment = environment.number)";
        let records = "SELECT records - (SELECT count(*) FROM object WHERE kind < 7) FROM account";
        let last = "SELECT last_id < (SELECT max(id) FROM agent) FROM account";
        for statement in [wrong, records, last] {
            let connection = database.connection();
            let value: i64 = connection
                .query_row(statement, [], |row| row.get(0))
                .unwrap();
            assert_eq!(value, 0, "{statement}");
        }
    }

    /// Runs requests in one transaction, which is rolled back or not.
    fn batch(&mut self, requests: &[(Method, &str, Value)], is_kept: bool) -> Vec<Value> {
        self.database.0.lock().unwrap().begin().unwrap();
        self.service.begin_group();
        let mut bodies = Vec::new();
        for (method, target, body) in requests {
            let body = match body {
                Value::Null => String::new(),
                body => body.to_string(),
            };
            let authorization = format!("Bearer {ACCOUNT_TOKEN}");
            let request = Request {
                authorization: Some(&authorization),
                content_type: Some("application/json"),
                ..Request::new(*method, target, body.as_bytes(), moment(NOW_MS))
            };
            let mut run = self.service.start(&request);
            let mut answer = Answer::new();
            loop {
                let step = self.service.step(&mut run, &mut answer);
                assert_ne!(step.outcome, Outcome::Rollback);
                if step.is_last {
                    break;
                }
            }
            bodies.push(serde_json::from_slice(answer.body()).unwrap());
        }
        match is_kept {
            true => {
                self.service.end_group().unwrap();
                self.database.0.lock().unwrap().commit().unwrap();
            }
            false => self.database.0.lock().unwrap().rollback().unwrap(),
        }
        self.service.settle(is_kept);
        bodies
    }
}

fn create(name: usize) -> (Method, &'static str, Value) {
    let details =
        json!({"name": format!("Agent {name:05}"), "environment_id": DEFAULT_ENVIRONMENT});
    (Method::Post, "/api/v1/agent", json!({"details": details}))
}

#[test]
fn a_batch_that_is_rolled_back_leaves_nothing_in_the_database_or_in_memory() {
    let mut host = Host::new();
    let names: Vec<_> = (0..1_500).map(create).collect();
    host.batch(&names, true);
    let deep = "/api/v1/agent?sorting=name&pagination[offset]=1400&pagination[page_size]=2";
    let page = || (Method::Get, deep, Value::Null);
    let before = host.batch(&[page()], true);
    assert_eq!(before[0]["summaries"][0]["name"], "Agent 01400");
    // A page inside of the batch sees it; a page after it does not.
    let details = json!({"account_id": DEFAULT_ACCOUNT, "name": "New"});
    let environment = || {
        (
            Method::Post,
            "/api/v1/environment",
            json!({"details": details}),
        )
    };
    let inside = host.batch(&[create(0), environment(), page()], false);
    assert_eq!(inside[2]["summaries"][0]["name"], "Agent 01399");
    let after = host.batch(&[page()], true);
    assert_eq!(after, before);
    // The same ids are generated again.
    let again = host.batch(&[create(0), environment(), page()], true);
    assert_eq!(again, inside);
    let after = host.batch(&[page()], true);
    assert_eq!(after[0], inside[2]);
}

#[test]
fn a_request_that_runs_again_after_a_rollback_is_authenticated_again() {
    let mut host = Host::new();
    let token = json!({"details": {"token_scope": "account"}});
    let made = host.batch(&[(Method::Post, "/api/v1/api_token", token)], true);
    let text = made[0]["token"].as_str().unwrap();
    let authorization = format!("Bearer {text}");
    let request = Request {
        authorization: Some(&authorization),
        ..Request::new(Method::Get, "/api/v1/agent", b"", moment(NOW_MS))
    };
    let act = |action: &str| {
        let id = made[0]["details"]["id"].as_str().unwrap();
        format!("/api/v1/api_token/{id}/{action}")
    };
    assert_eq!(host.rerun(&act("suspend"), &request), (401, 200));
    assert_eq!(host.rerun(&act("revoke"), &request), (401, 200));
    let suspend = act("suspend");
    host.batch(&[(Method::Post, &suspend, json!({}))], true);
    assert_eq!(host.rerun(&act("activate"), &request), (200, 401));
}

/// A group writes each count and each state once, a read inside of it sees them, and a store that is opened later finds them.
#[test]
fn a_group_writes_counts_and_states_once() {
    let mut host = Host::new();
    let list = || (Method::Get, "/api/v1/agent", Value::Null);
    let total = |body: &Value| body["pagination"]["item_count"].as_u64();
    let total = |body: &Value| total(body).unwrap_or_else(|| panic!("{body}"));
    for (size, is_kept) in [(1, true), (20, true), (20, false), (7, true)] {
        let before = host.database.1.load(Ordering::Relaxed);
        let requests: Vec<_> = (0..size).map(create).collect();
        host.batch(&requests, is_kept);
        let writes = host.database.1.load(Ordering::Relaxed) - before;
        assert_eq!(writes, if is_kept { 2 } else { 0 }, "{size}");
        host.check_counts();
    }
    let inside = host.batch(&[create(1), list(), create(2), list()], true);
    assert_eq!((total(&inside[1]), total(&inside[3])), (29, 30));
    // What is put off for rows that are removed later in the group does no harm.
    let id = inside[0]["details"]["id"].as_str().unwrap();
    let path = format!("/api/v1/agent/{id}");
    let removed = host.batch(
        &[create(3), (Method::Delete, &path, Value::Null), list()],
        true,
    );
    assert_eq!(total(&removed[2]), 30);
    host.check_counts();
    // A store that is opened again goes on after the last id of the group.
    let last = host.batch(&[create(4), create(5)], true);
    let mut host = Host::open(host.database.clone());
    let next = host.batch(&[create(6), list()], true);
    let id = |body: &Value| body["details"]["id"].as_str().unwrap().to_owned();
    assert!(id(&next[0]) > id(&last[1]));
    assert_eq!(total(&next[1]), 33);
    host.check_counts();
}
