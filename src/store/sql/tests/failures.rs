//! A host that fails at any step: the answer is a 500 or a 503, and nothing has changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::*;
use crate::api::testing::{ACCOUNT_TOKEN, Client, NOW_MS, Reply, moment};
use crate::registrar::Config;
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};
use crate::{Method, OpenError, Service};

/// The ways in which a step fails.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// The statement is undone, and the transaction stays open.
    Refused,
    /// The statement has run, and its answer is lost.
    Lost,
    /// SQLite rolls the whole transaction back, as it does when the disk is full.
    RolledBack,
}

/// SQLite with a second connection that looks at the file.
struct Failing {
    sqlite: Sqlite,
    /// How many more steps succeed.
    budget: Arc<AtomicU32>,
    way: Way,
}

impl Failing {
    /// The statement fails, and so does every later one until the budget is refilled.
    fn step<T>(
        &mut self,
        run: impl FnOnce(&mut Sqlite) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        match self.budget.load(Ordering::Relaxed) {
            u32::MAX => run(&mut self.sqlite),
            0 => {
                match self.way {
                    Way::Refused => {}
                    Way::Lost => drop(run(&mut self.sqlite)),
                    Way::RolledBack => self.sqlite.rollback()?,
                }
                Err(SqlError::new(SqlErrorKind::Full, "injected"))
            }
            left => {
                self.budget.store(left - 1, Ordering::Relaxed);
                run(&mut self.sqlite)
            }
        }
    }
}

impl SqlHost for Failing {
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        self.step(|sqlite| sqlite.execute(statement, parameters, rows))
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        self.step(Sqlite::begin)
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        // A commit whose answer is lost has happened; that is no failure of ours to undo.
        match self.way {
            Way::Lost => self.sqlite.commit(),
            _ => self.step(Sqlite::commit),
        }
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        self.sqlite.rollback()
    }
}

/// A client whose service fails when the test says so.
struct Bench {
    client: Client,
    budget: Arc<AtomicU32>,
    /// Looks at the same file.
    eye: Connection,
    _folder: TempDir,
}

fn config() -> Config {
    let config = json!({
        "accounts": [{"id": DEFAULT_ACCOUNT, "environments": [{"id": DEFAULT_ENVIRONMENT}, {}]}],
        "tokens": [{"token": ACCOUNT_TOKEN}],
        "seed_text": "seed",
    });
    Config::from_json(config.to_string().as_bytes()).unwrap()
}

impl Bench {
    fn new(way: Way) -> Bench {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("store.db");
        let budget = Arc::new(AtomicU32::new(u32::MAX));
        let host = Failing {
            sqlite: Sqlite::open(&file).unwrap(),
            budget: Arc::clone(&budget),
            way,
        };
        let store = SqlStore::with_host(host).unwrap();
        let service = Service::open(config(), Box::new(store), moment(NOW_MS)).unwrap();
        Bench {
            client: Client {
                service,
                ..Client::default()
            },
            budget,
            eye: Connection::open(&file).unwrap(),
            _folder: folder,
        }
    }

    /// Sends a request that fails after 0 steps, 1 step and so on, until it succeeds.
    fn insist(&mut self, way: Way, method: Method, path: &str, body: &Value) -> Reply {
        let body = body.to_string();
        for steps in 0.. {
            let before = dump(&self.eye);
            self.budget.store(steps, Ordering::Relaxed);
            let reply = self.client.send(method, path, &[], body.as_bytes());
            self.budget.store(u32::MAX, Ordering::Relaxed);
            let Some(cause) = self.client.service.take_cause() else {
                return reply;
            };
            let what = format!("{way:?} {path} after {steps} steps: {cause}");
            assert!(cause.contains("the disk is full: injected"), "{what}");
            if reply.status == 200 {
                // An item of a bulk request.
                assert!(path.ends_with("/bulk"), "{what}");
                nothing_reported_was_rolled_back(&mut self.client, &reply.json());
                continue;
            }
            assert_eq!(reply.status, 503, "{what}");
            assert_eq!(reply.header("retry-after"), Some("5"));
            if !path.ends_with("/bulk") {
                assert_eq!(dump(&self.eye), before, "{what}");
            }
        }
        unreachable!("the loop ends with an answer");
    }
}

/// Every agent in the outputs of a bulk request exists.
fn nothing_reported_was_rolled_back(client: &mut Client, bulk: &Value) {
    let outputs = bulk["outputs"].as_object().unwrap();
    for output in outputs.values().filter(|it| it["status"] == "success") {
        let id = output["details"]["id"].as_str().unwrap();
        assert_eq!(client.get(&format!("/api/v1/agent/{id}")).status, 200);
    }
}

/// Sends every operation once to a service that fails at every step, and to a twin in memory. Both answer alike.
fn every_operation(way: Way) {
    let mut bench = Bench::new(way);
    let mut twin = Client {
        service: Service::new(config(), moment(NOW_MS)).unwrap(),
        ..Client::default()
    };
    let mut key = 0;
    let mut both = |method: Method, path: &str, mut body: Value| {
        key += 1;
        let takes_key = method != Method::Get;
        // A new token is shown once: its replay is another answer.
        let is_shown_once = path == "api_token";
        if takes_key && !is_shown_once && body["details"]["agent_instance_id"].is_null() {
            body["idempotency_key"] = json!(format!("key-{key:05}"));
        }
        let path = format!("/api/v1/{path}");
        let reply = bench.insist(way, method, &path, &body);
        let other = twin.send(method, &path, &[], body.to_string().as_bytes());
        assert_eq!(
            (reply.status, reply.text()),
            (other.status, other.text()),
            "{path}"
        );
        if takes_key && reply.status == 200 && !body["idempotency_key"].is_null() {
            let again = bench
                .client
                .send(method, &path, &[], body.to_string().as_bytes());
            assert_eq!(again.text(), reply.text());
            assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}");
        }
        reply.json()
    };
    let id = |reply: &Value| reply["details"]["id"].as_str().unwrap().to_owned();
    let (get, post, put, delete) = (Method::Get, Method::Post, Method::Put, Method::Delete);

    let details = json!({"account_id": DEFAULT_ACCOUNT, "name": "New"});
    let environment = both(post, "environment", json!({"details": details}));
    let path = format!("environment/{}", id(&environment));
    both(put, &path, json!({"details": {"name": "Renamed"}}));
    both(get, &path, json!({}));
    both(delete, &path, json!({}));
    both(get, "environment", json!({}));
    let details = json!({"token_scope": "environment", "environment_id": DEFAULT_ENVIRONMENT});
    let token = both(post, "api_token", json!({"details": details}));
    let path = format!("api_token/{}", id(&token));
    for action in ["suspend", "activate", "revoke"] {
        both(post, &format!("{path}/{action}"), json!({}));
    }
    both(get, &path, json!({}));
    both(delete, &path, json!({}));
    both(get, "api_token?sorting=-name", json!({}));
    let account = format!("account/{DEFAULT_ACCOUNT}");
    both(put, &account, json!({"details": {"name": "Renamed"}}));
    both(get, &account, json!({}));
    both(post, "pfid/generate", json!({"count": 3}));

    let details = json!({"name": "Ada", "environment_id": DEFAULT_ENVIRONMENT, "description": "é"});
    let agent = id(&both(post, "agent", json!({"details": details})));
    let chosen = json!({"name": "Eve", "environment_id": DEFAULT_ENVIRONMENT,
        "id": "0fffffffffffqk8nzxvq7jm2arsfg5h9"});
    let other = both(post, "agent", json!({"details": chosen}));
    if other["status"] == "success" {
        both(delete, &format!("agent/{}", id(&other)), json!({}));
    }
    let path = format!("agent/{agent}");
    both(
        put,
        &path,
        json!({"details": {"name": "Renamed", "description": null}}),
    );
    both(post, &format!("{path}/retire"), json!({}));
    both(post, &format!("{path}/reinstate"), json!({}));
    for kind in ["agent_version", "agent_schema_version"] {
        let details = json!({"agent_id": agent, "external_identifier": "0"});
        let version = id(&both(post, kind, json!({"details": details})));
        both(get, &format!("{kind}/{version}"), json!({}));
        both(
            get,
            &format!("{kind}?agent_id={agent}&sorting=-external_identifier"),
            json!({}),
        );
    }
    let version = json!({"external_identifier": "1"});
    let schema =
        json!({"external_identifier": "1", "span_schemas": {"a": {"text": "x".repeat(20_000)}}});
    let body = json!({"agent_id": agent, "agent_version": version, "agent_schema_version": schema});
    let instance = id(&both(post, "agent_instance/register", body));
    both(post, &format!("agent_instance/{instance}/start"), json!({}));
    let details = json!({"agent_instance_id": instance, "schema_name": "s", "status": "active",
        "payload": {"text": "x".repeat(20_000)}, "idempotency_key": "span-0001"});
    let span = id(&both(post, "agent_spans", json!({"details": details})));
    let result = json!({"result_payload": {"text": "y".repeat(20_000)}});
    both(post, &format!("agent_spans/{span}/finish"), result);
    both(
        post,
        &format!("agent_instance/{instance}/finish"),
        json!({}),
    );
    for list in ["agent_instance", "agent_spans"] {
        for order in ["id", "-started_at", "finished_at", "-status"] {
            both(
                get,
                &format!("{list}?agent_id={agent}&sorting={order}"),
                json!({}),
            );
        }
    }
    both(
        get,
        &format!("agent_spans?agent_instance_id={instance}"),
        json!({}),
    );
    both(get, &format!("agent_instance/{instance}"), json!({}));
    both(get, "agent?sorting=-status", json!({}));

    let item = |name: &str| {
        json!({"_type": "agents/create", "idempotency_key": format!("bulk-{name}"),
        "details": {"name": name, "environment_id": DEFAULT_ENVIRONMENT}})
    };
    both(
        post,
        "bulk",
        json!({"items": [item("Bob"), item("Trent"), item("Mallory")]}),
    );
    both(get, "agent?sorting=name", json!({}));
}

#[test]
fn every_operation_withstands_refused_statements() {
    every_operation(Way::Refused);
}

#[test]
fn every_operation_withstands_lost_answers() {
    every_operation(Way::Lost);
}

#[test]
fn every_operation_withstands_transactions_that_end_by_themselves() {
    every_operation(Way::RolledBack);
}

#[test]
fn a_registrar_that_cannot_be_opened_or_reset_leaves_nothing() {
    let mut bench = Bench::new(Way::Refused);
    bench.client.create_agent("Ada");
    for steps in 0.. {
        let before = dump(&bench.eye);
        bench.budget.store(steps, Ordering::Relaxed);
        let reset = bench.client.service.registrar_mut().reset(moment(NOW_MS));
        bench.budget.store(u32::MAX, Ordering::Relaxed);
        match reset {
            Ok(()) => break,
            Err(error) => assert!(matches!(error, OpenError::Store(StoreError::Host(_)))),
        }
        assert_eq!(dump(&bench.eye), before);
        assert_eq!(
            bench.client.get("/api/v1/agent").json()["pagination"]["item_count"],
            1
        );
    }
    assert_eq!(
        bench.client.get("/api/v1/agent").json()["pagination"]["item_count"],
        0
    );
    for steps in 0.. {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("store.db");
        let budget = Arc::new(AtomicU32::new(steps));
        let host = |budget: &Arc<AtomicU32>| Failing {
            sqlite: Sqlite::open(&file).unwrap(),
            budget: Arc::clone(budget),
            way: Way::Refused,
        };
        let opened = SqlStore::with_host(host(&budget)).map_err(OpenError::from);
        let opened =
            opened.and_then(|store| Service::open(config(), Box::new(store), moment(NOW_MS)));
        let is_open = opened.is_ok();
        drop(opened);
        budget.store(u32::MAX, Ordering::Relaxed);
        let store = SqlStore::with_host(host(&budget)).unwrap();
        Service::open(config(), Box::new(store), moment(NOW_MS)).unwrap();
        if is_open {
            break;
        }
    }
}

/// A unit that continues after a failed write is not committed.
#[test]
fn a_unit_that_failed_takes_no_more_writes() {
    let budget = Arc::new(AtomicU32::new(u32::MAX));
    let host = Failing {
        sqlite: Sqlite::open_in_memory().unwrap(),
        budget: Arc::clone(&budget),
        way: Way::RolledBack,
    };
    let mut store = SqlStore::with_host(host).unwrap();
    let row = |number| crate::store::AccountRow {
        id: Pfid::from_bytes([number; 20]).unwrap(),
        name: "Account".into(),
        inserted_at: moment(NOW_MS),
        updated_at: moment(NOW_MS),
        ids: Default::default(),
        usage: Default::default(),
    };
    use crate::store::Accounts;
    store.begin().unwrap();
    store.insert_account(&row(1)).unwrap();
    // A contradiction changes nothing, and the unit goes on.
    assert!(matches!(
        store.insert_account(&row(1)),
        Err(StoreError::Conflict(_))
    ));
    store.insert_account(&row(2)).unwrap();
    budget.store(1, Ordering::Relaxed);
    store.insert_account(&row(3)).unwrap_err();
    budget.store(u32::MAX, Ordering::Relaxed);
    assert!(matches!(
        store.insert_account(&row(4)),
        Err(StoreError::Host(_))
    ));
    assert!(matches!(store.commit(), Err(StoreError::Host(_))));
    assert!(store.accounts().unwrap().is_empty());
    store.begin().unwrap();
    store.insert_account(&row(5)).unwrap();
    store.commit().unwrap();
    assert_eq!(store.accounts().unwrap().len(), 1);
}
