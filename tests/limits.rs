//! Limits, and the records of idempotency keys: the same conversation with a registrar in memory and with one on SQLite, whose
//! answers are equal byte for byte.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic)]

use agent_registrar::store::sql::SqliteStore;
use agent_registrar::{Answer, Config, Limits, Method, Request, Service, Timestamp};
use serde_json::{Value, json};

const ACCOUNT: &str = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const OTHER_ACCOUNT: &str = "013xrzp12g0000000000000000000000";
const START: i64 = 1_778_148_000_000;
const HOUR: i64 = 60 * 60 * 1_000;
const DAY: i64 = 24 * HOUR;

/// A registrar in memory and one on SQLite.
struct Pair {
    services: [Service; 2],
    token: &'static str,
    now: i64,
}

#[derive(Debug, PartialEq)]
struct Reply {
    status: u16,
    replayed: bool,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn id(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        let body = self.json();
        body["details"]["id"].as_str().unwrap().to_owned()
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    #[track_caller]
    fn is_ok(&self) {
        assert_eq!(self.status, 200, "{}", self.body);
    }

    /// It was refused for this limit.
    #[track_caller]
    fn is_full(&self, limit: &str) {
        assert_eq!(
            (self.status, self.code().as_str()),
            (409, "insufficient_storage"),
            "{}",
            self.body
        );
        let message = self.message();
        assert!(message.contains(&format!("limit {limit} (")), "{message}");
    }
}

impl Pair {
    fn new(limits: Limits) -> Pair {
        let config = || {
            let config = json!({
                "accounts": [
                    {"id": ACCOUNT, "environments": [{"id": ENVIRONMENT}]},
                    {"id": OTHER_ACCOUNT, "environments": [{}]},
                ],
                "tokens": [{"token": "mine"}, {"token": "other", "account_id": OTHER_ACCOUNT}],
                "seed": "07".repeat(32),
            });
            let mut config = Config::from_json(config.to_string().as_bytes()).unwrap();
            config.limits = limits;
            config
        };
        let now = Timestamp::from_millis(START).unwrap();
        let store = SqliteStore::open_in_memory().unwrap();
        Pair {
            services: [
                Service::new(config(), now).unwrap(),
                Service::open(config(), Box::new(store), now).unwrap(),
            ],
            token: "mine",
            now: START,
        }
    }

    #[track_caller]
    fn send(&mut self, method: Method, target: &str, body: &Value) -> Reply {
        let text = body.to_string();
        let authorization = format!("Bearer {}", self.token);
        let now = Timestamp::from_millis(self.now).unwrap();
        let has_body = !body.is_null();
        let request = Request {
            authorization: Some(&authorization),
            content_type: has_body.then_some("application/json"),
            ..Request::new(
                method,
                target,
                if has_body { text.as_bytes() } else { b"" },
                now,
            )
        };
        let [memory, sql] = self.services.each_mut().map(|service| {
            let mut answer = Answer::new();
            service.handle(&request, &mut answer);
            Reply {
                status: answer.status(),
                replayed: String::from_utf8_lossy(answer.bytes())
                    .contains("idempotency-replayed: true"),
                body: String::from_utf8(answer.body().to_vec()).unwrap(),
            }
        });
        assert_eq!(memory, sql, "{target}");
        memory
    }

    #[track_caller]
    fn post(&mut self, target: &str, body: Value) -> Reply {
        self.send(Method::Post, &format!("/api/v1/{target}"), &body)
    }

    #[track_caller]
    fn delete(&mut self, target: &str, body: Value) -> Reply {
        self.send(Method::Delete, &format!("/api/v1/{target}"), &body)
    }

    #[track_caller]
    fn get(&mut self, target: &str) -> Reply {
        self.send(Method::Get, &format!("/api/v1/{target}"), &Value::Null)
    }

    #[track_caller]
    fn create(&mut self, name: &str, description: &str, key: Option<&str>) -> Reply {
        let details =
            json!({"name": name, "environment_id": ENVIRONMENT, "description": description});
        self.post("agent", json!({"details": details, "idempotency_key": key}))
    }

    #[track_caller]
    fn agents(&mut self) -> u64 {
        let list = self.get("agent").json();
        list["pagination"]["item_count"].as_u64().unwrap()
    }

    #[track_caller]
    fn register(&mut self, agent_id: &str) -> Reply {
        self.post(
            "agent_instance/register",
            json!({"agent_id": agent_id, "agent_version": {"external_identifier": "1"}}),
        )
    }

    #[track_caller]
    fn span(&mut self, instance_id: &str, payload: &str) -> Reply {
        let details = json!({
            "agent_instance_id": instance_id, "schema_name": "s", "status": "active", "payload": {"text": payload},
        });
        self.post("agent_spans", json!({"details": details}))
    }

    /// What still works at any limit, with keys: on an agent without instances, one with a pending one, and a span of that.
    #[track_caller]
    fn go_on(&mut self, fresh: &str, agent: &str, instance: &str, span: &str) {
        self.get(&format!("agent/{agent}")).is_ok();
        self.get("agent?page_size=1").is_ok();
        for (path, key) in [
            (format!("agent_instance/{instance}/start"), "go-start"),
            (format!("agent_spans/{span}/finish"), "go-span"),
            (format!("agent_instance/{instance}/finish"), "go-finish"),
            (format!("agent/{agent}/retire"), "go-retire"),
            (format!("agent/{agent}/reinstate"), "go-reinstate"),
        ] {
            let first = self.post(&path, json!({"idempotency_key": key}));
            first.is_ok();
            let again = self.post(&path, json!({"idempotency_key": key}));
            assert!(again.replayed, "{path}");
        }
        let body = || json!({"idempotency_key": "go-delete"});
        let first = self.delete(&format!("agent/{fresh}"), body());
        first.is_ok();
        let again = self.delete(&format!("agent/{fresh}"), body());
        match again.status {
            // The answer was dropped, and there is nothing to make it from.
            409 => assert!(
                again.message().contains("was carried out"),
                "{}",
                again.body
            ),
            _ => assert!(again.replayed && again.body == first.body),
        }
    }

    /// An agent without instances, one with a pending one, that instance, and a span of it.
    #[track_caller]
    fn furnish(&mut self) -> [String; 4] {
        let fresh = self.create("fresh", "", None).id();
        let agent = self.create("agent", "", None).id();
        let instance = self.register(&agent).id();
        let span = self.span(&instance, "").id();
        [fresh, agent, instance, span]
    }
}

#[test]
fn full_of_many_small_records() {
    for (limits, limit) in [
        (
            Limits {
                records: Some(40),
                ..Limits::default()
            },
            "records",
        ),
        (
            Limits {
                account_records: Some(40),
                ..Limits::default()
            },
            "accountRecords",
        ),
    ] {
        let mut pair = Pair::new(limits);
        let [fresh, agent, instance, span] = pair.furnish();
        let mut count = 2;
        let full = loop {
            let reply = pair.create("small", "", Some(&format!("key-{count}")));
            if reply.status != 200 {
                break reply;
            }
            count += 1;
        };
        full.is_full(limit);
        // Accounts and environments are records as well, and so are the version, the instance and the span.
        assert_eq!(count, if limit == "records" { 33 } else { 35 });
        assert_eq!(pair.agents(), count);
        pair.register(&agent).is_full(limit);
        pair.span(&instance, "").is_full(limit);
        pair.post(
            "environment",
            json!({"details": {"account_id": ACCOUNT, "name": "e"}}),
        )
        .is_full(limit);
        pair.post(
            "agent_version",
            json!({"details": {"agent_id": agent, "external_identifier": "2"}}),
        )
        .is_full(limit);
        pair.post("api_token", json!({"details": {"token_scope": "account"}}))
            .is_full(limit);
        let items = json!([
            {"_type": "agents/show", "idempotency_key": "bulk-show", "agent_id": agent},
            {"_type": "agents/create", "idempotency_key": "bulk-create",
             "details": {"name": "a", "environment_id": ENVIRONMENT}},
        ]);
        let bulk = pair.post("bulk", json!({ "items": items })).json();
        let output = &bulk["outputs"]["bulk-create"];
        assert_eq!(output["code"], "insufficient_storage", "{bulk}");
        assert_eq!(pair.agents(), count);
        // The key of a refused request is not used up; a delete makes the room.
        pair.go_on(&fresh, &agent, &instance, &span);
        let again = pair.create("small", "", Some(&format!("key-{count}")));
        again.is_ok();
        assert!(!again.replayed);
        pair.create("small", "", None).is_full(limit);
        // Another account is not concerned by this one's limit.
        pair.token = "other";
        let environments = pair.get("environment").json();
        let id = environments["summaries"][0]["id"].clone();
        let reply = pair.post(
            "agent",
            json!({"details": {"name": "a", "environment_id": id}}),
        );
        assert_eq!(reply.status, if limit == "records" { 409 } else { 200 });
    }
}

#[test]
fn full_of_few_large_records() {
    for (limits, limit) in [
        (
            Limits {
                bytes: Some(300_000),
                ..Limits::default()
            },
            "bytes",
        ),
        (
            Limits {
                account_bytes: Some(300_000),
                ..Limits::default()
            },
            "accountBytes",
        ),
    ] {
        let mut pair = Pair::new(limits);
        let [fresh, agent, instance, span] = pair.furnish();
        let large = "x".repeat(50_000);
        let mut spans = 0;
        let full = loop {
            let reply = pair.span(&instance, &large);
            if reply.status != 200 {
                break reply;
            }
            spans += 1;
        };
        full.is_full(limit);
        assert_eq!(spans, 5);
        // Neither a longer description nor a long result fits, but a short result does.
        let update = pair.send(
            Method::Put,
            &format!("/api/v1/agent/{fresh}"),
            &json!({"details": {"description": "\u{1f600}".repeat(10_000)}}),
        );
        assert_eq!(update.status, 200);
        let update = pair.send(
            Method::Put,
            &format!("/api/v1/agent/{agent}"),
            &json!({"details": {"description": "\u{1f600}".repeat(10_000)}}),
        );
        update.is_full(limit);
        let finish = format!("agent_spans/{span}/finish");
        let result = json!({"result_payload": {"text": large}});
        pair.post(&finish, result).is_full(limit);
        let mut agents = 2;
        while pair.create("more", &"d".repeat(5_000), None).status == 200 {
            agents += 1;
        }
        assert_eq!(pair.agents(), agents);
        pair.go_on(&fresh, &agent, &instance, &span);
        // The delete gave its bytes back, and what was refused took none.
        pair.span(&instance, "").code();
        pair.create("again", &"d".repeat(5_000), None).is_ok();
    }
}

#[test]
fn answers_are_dropped_for_room_and_made_anew() {
    let mut pair = Pair::new(Limits {
        bytes: Some(60_000),
        ..Limits::default()
    });
    let generated = pair.post("pfid/generate", json!({"count": 2, "idempotency_key": "p"}));
    generated.is_ok();
    let description = "d".repeat(2_000);
    let mut first = Vec::new();
    for number in 0..8 {
        let reply = pair.create("kept", &description, Some(&format!("key-{number}")));
        reply.is_ok();
        first.push(reply);
    }
    let deleted = first.pop().unwrap().id();
    let delete = pair.delete(&format!("agent/{deleted}"), json!({"idempotency_key": "d"}));
    delete.is_ok();
    // Fill what is left with records: every answer goes.
    let mut agents = 7;
    while pair.create("filling", &"f".repeat(100), None).status == 200 {
        agents += 1;
    }
    assert_eq!(pair.agents(), agents);
    for (number, reply) in first.iter().enumerate() {
        let again = pair.create("kept", &description, Some(&format!("key-{number}")));
        assert!(again.replayed);
        assert_eq!(again.body, reply.body);
    }
    for gone in [
        pair.create("kept", &description, Some("key-7")),
        pair.delete(&format!("agent/{deleted}"), json!({"idempotency_key": "d"})),
        pair.post("pfid/generate", json!({"count": 2, "idempotency_key": "p"})),
    ] {
        assert_eq!(gone.code(), "idempotency_key_already_used");
        assert!(gone.message().contains("was carried out"), "{}", gone.body);
    }
    let other = pair.create("another", "", Some("key-0"));
    assert_eq!(other.code(), "idempotency_key_already_used");
    assert_eq!(pair.agents(), agents);
}

#[test]
fn full_of_keys() {
    let mut pair = Pair::new(Limits {
        keys: Some(20),
        records: Some(100),
        ..Limits::default()
    });
    let [fresh, agent, instance, span] = pair.furnish();
    let mut others = Vec::new();
    for number in 0..20 {
        pair.now += 1_000;
        let reply = pair.create("keyed", "", Some(&format!("key-{number}")));
        others.push(reply.id());
    }
    let full = pair.create("keyed", "", Some("one-more"));
    full.is_full("keys");
    // The first key was kept one second after the start.
    let message = full.message();
    assert!(message.contains("2026-05-08T10:00:01.000000Z"), "{message}");
    pair.create("without a key", "", None).is_ok();
    pair.go_on(&fresh, &agent, &instance, &span);
    for id in &others {
        let reply = pair.delete(&format!("agent/{id}"), json!({"idempotency_key": id}));
        reply.is_ok();
    }
    pair.create("keyed", "", Some("one-more")).is_full("keys");
    // No key was forgotten for it.
    let again = pair.create("keyed", "", Some("key-0"));
    assert!(again.replayed);
    let other = pair.create("other", "", Some("key-0"));
    assert_eq!(other.code(), "idempotency_key_already_used");
    // After its 24 hours the first makes room for another.
    pair.now = START + DAY + 1_000;
    pair.create("keyed", "", Some("one-more")).is_ok();
    pair.now = START + 3 * DAY;
    for number in 0..20 {
        pair.create("keyed", "", Some(&format!("key-{number}")))
            .is_ok();
    }
    pair.create("keyed", "", Some("too many")).is_full("keys");
}

#[test]
fn the_reserve_for_changes_of_state_ends_before_that_for_deletes() {
    let mut pair = Pair::new(Limits {
        keys: Some(2),
        records: Some(20),
        ..Limits::default()
    });
    let agent = pair.create("agent", "", None).id();
    let mut changes = 0;
    let full = loop {
        let action = ["retire", "reinstate"][changes % 2];
        let key = format!("change-{changes}");
        let reply = pair.post(
            &format!("agent/{agent}/{action}"),
            json!({"idempotency_key": key}),
        );
        if reply.status != 200 {
            break reply;
        }
        changes += 1;
    };
    full.is_full("keys");
    assert_eq!(changes, 12);
    pair.post(&format!("agent/{agent}/retire"), json!({}))
        .is_ok();
    pair.delete(&format!("agent/{agent}"), json!({"idempotency_key": "d"}))
        .is_ok();
}

#[test]
fn a_key_lives_24_hours_where_the_clock_jumps() {
    for jump in [-400 * DAY, -DAY, -HOUR, 2 * DAY, 400 * DAY] {
        let mut pair = Pair::new(Limits::default());
        // The clock has run for a while, with requests that remove what is over.
        for minute in 0..150 {
            pair.now = START + minute * HOUR / 60;
            pair.create("before", "", Some(&format!("before-{minute}")))
                .is_ok();
        }
        pair.create("once", "", Some("once")).is_ok();
        let back = pair.now;
        let mut agents = 151;
        pair.now += jump;
        if jump < 0 {
            assert!(pair.create("once", "", Some("once")).replayed, "{jump}");
        }
        for number in 0..150 {
            pair.create("meanwhile", "", Some(&format!("meanwhile-{number}")))
                .is_ok();
            agents += 1;
        }
        pair.now = back + HOUR;
        assert!(pair.create("once", "", Some("once")).replayed, "{jump}");
        for number in [0, 75, 149] {
            let key = format!("meanwhile-{number}");
            let again = pair.create("meanwhile", "", Some(&key));
            assert!(again.replayed, "{jump} {key}");
        }
        assert_eq!(pair.agents(), agents);
    }
}

#[test]
fn two_registrars_do_not_share_limits() {
    let limits = Limits {
        records: Some(10),
        ..Limits::default()
    };
    let [mut one, mut two] = [Pair::new(limits), Pair::new(limits)];
    while one.create("a", "", None).status == 200 {}
    two.create("a", "", None).is_ok();
    one.create("a", "", None).is_full("records");
    assert_eq!((one.agents(), two.agents()), (6, 1));
}
