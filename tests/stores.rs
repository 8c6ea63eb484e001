//! A registrar on SQLite answers as one in memory does, byte for byte, under one clock and one seed: to generated requests
//! over every operation, valid and not, while it is opened again between any two of them.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic)]

use agent_registrar::store::sql::SqliteStore;
use agent_registrar::{Answer, Config, Method, Request, Service, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

#[path = "stores/transfer.rs"]
mod transfer;

const ACCOUNTS: [&str; 2] = [
    "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk",
    "013xrzp12g0000000000000000000000",
];
const ENVIRONMENTS: [&str; 2] = [
    "013xrzp12g3nqk8nzxvq7jm2arsfg5h1",
    "013xrzp12g3nqk8nzxvq7jm2arsfg5h2",
];
const TOKENS: [&str; 3] = ["account", "environment", "stranger"];
const OPERATOR: &str = "operator";
const KINDS: [&str; 6] = [
    "environment",
    "agent",
    "agent_version",
    "agent_schema_version",
    "agent_instance",
    "agent_spans",
];
const SORTS: [&str; 14] = [
    "id",
    "-id",
    "name",
    "-name",
    "status",
    "-status",
    "inserted_at",
    "-inserted_at",
    "updated_at",
    "-updated_at",
    "started_at",
    "-started_at",
    "-finished_at",
    "external_identifier",
];
const TIMES: [&str; 5] = [
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2026-05-07T12:00:00.123456789+02:00",
    "1969-12-31T23:59:59.999999Z",
    "yesterday",
];
const TEXTS: [&str; 8] = ["Ada", "", " é ", "a", "ab", "\u{1f600}", "\t", "B"];
const STATUSES: [&str; 6] = [
    "pending",
    "active",
    "complete",
    "failed",
    "cancelled",
    "odd",
];

fn config() -> Config {
    let config = json!({
        "accounts": [
            {"id": ACCOUNTS[0], "environments": [{"id": ENVIRONMENTS[0]}, {"id": ENVIRONMENTS[1]}, {}]},
            {"id": ACCOUNTS[1], "environments": [{}]},
        ],
        "tokens": [
            {"token": TOKENS[0]},
            {"token": TOKENS[1], "environment_id": ENVIRONMENTS[0]},
            {"token": TOKENS[2], "account_id": ACCOUNTS[1]},
        ],
        "operator_token": {"token": OPERATOR},
        "seed": "07".repeat(32),
    });
    Config::from_json(config.to_string().as_bytes()).unwrap()
}

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit as u64) as usize
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// True once in so many times.
    fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

#[derive(Clone, Debug)]
struct Sent {
    method: Method,
    target: String,
    token: &'static str,
    body: String,
}

/// Makes requests about what earlier answers told.
struct Requests {
    numbers: Numbers,
    ids: [Vec<String>; KINDS.len()],
    /// The last requests with a key: some are sent again.
    keyed: Vec<Sent>,
}

impl Requests {
    fn new(seed: u64) -> Requests {
        let mut ids: [Vec<String>; KINDS.len()] = Default::default();
        ids[0] = ENVIRONMENTS.map(str::to_owned).to_vec();
        Requests {
            numbers: Numbers(seed),
            ids,
            keyed: Vec::new(),
        }
    }

    /// Some id of this kind, and now and then of another.
    fn id(&mut self, kind: usize) -> String {
        let kind = match self.numbers.rarely(12) {
            true => self.numbers.below(KINDS.len()),
            false => kind,
        };
        let known = &self.ids[kind];
        match known.len() {
            0 => ACCOUNTS[1].to_owned(),
            count => known[self.numbers.below(count)].clone(),
        }
    }

    fn learn(&mut self, answer: &Value) {
        let mut note = |details: &Value| {
            let kind = match details["type"].as_str() {
                Some("agent_span") => "agent_spans",
                Some(kind) => kind,
                None => return,
            };
            let place = KINDS.iter().position(|it| *it == kind);
            if let (Some(place), Some(id)) = (place, details["id"].as_str()) {
                let known = &mut self.ids[place];
                if !known.iter().any(|it| it == id) {
                    known.push(id.to_owned());
                }
            }
        };
        note(&answer["details"]);
        for row in answer["summaries"].as_array().into_iter().flatten() {
            note(row);
        }
    }

    fn next(&mut self) -> Sent {
        if self.numbers.rarely(10) && !self.keyed.is_empty() {
            let place = self.numbers.below(self.keyed.len());
            return self.keyed[place].clone();
        }
        let (method, target, mut body) = match self.numbers.below(20) {
            0..=2 => self.create_agent(),
            3..=5 => self.change_agent(),
            6..=8 => self.register(),
            9 | 10 => self.act_on_instance(),
            11 | 12 => self.create_span(),
            13 => self.finish_span(),
            14 => self.version_or_environment(),
            15 => self.bulk(),
            _ => self.read(),
        };
        let token = match self.numbers.below(8) {
            0 => TOKENS[2],
            1 | 2 => TOKENS[1],
            _ => TOKENS[0],
        };
        let takes_key = method != Method::Get && body.is_object();
        if takes_key && self.numbers.rarely(3) {
            let key = json!(format!("key-{:05}", self.numbers.below(2_000)));
            match target.ends_with("/agent_spans") {
                true => body["details"]["idempotency_key"] = key,
                false => body["idempotency_key"] = key,
            }
        }
        let sent = Sent {
            method,
            target: format!("/api/v1/{target}"),
            token,
            body: match body.is_null() {
                true => String::new(),
                false => body.to_string(),
            },
        };
        if takes_key && sent.body.contains("key-") {
            self.keyed.push(sent.clone());
            if self.keyed.len() > 50 {
                self.keyed.remove(0);
            }
        }
        sent
    }

    fn agent_details(&mut self) -> Value {
        let mut details = json!({
            "name": self.numbers.one_of(&TEXTS),
            "environment_id": self.id(0),
        });
        if self.numbers.rarely(3) {
            let length = self.numbers.below(3) * 9_000;
            details["description"] = json!("é".repeat(length));
        }
        if self.numbers.rarely(6) {
            let end = self.numbers.below(500);
            details["id"] = json!(format!("01kr0y2g803nqk8nyt0q8s8a1vd3p{end:03}"));
        }
        details
    }

    fn create_agent(&mut self) -> (Method, String, Value) {
        let details = self.agent_details();
        (
            Method::Post,
            "agent".to_owned(),
            json!({"details": details}),
        )
    }

    fn change_agent(&mut self) -> (Method, String, Value) {
        let path = format!("agent/{}", self.id(1));
        match self.numbers.below(6) {
            0 => (Method::Post, format!("{path}/retire"), json!({})),
            1 => (Method::Post, format!("{path}/reinstate"), json!({})),
            2 => (Method::Delete, path, json!({})),
            3 => {
                let version = self.id(2);
                let details = json!({"current_version_id": version});
                (Method::Put, path, json!({"details": details}))
            }
            _ => {
                let name = self.numbers.one_of(&TEXTS);
                let details = json!({"name": name, "description": null});
                (Method::Put, path, json!({"details": details}))
            }
        }
    }

    fn register(&mut self) -> (Method, String, Value) {
        let mut body = json!({"agent_id": self.id(1)});
        if self.numbers.rarely(2) {
            let identifier = self.numbers.one_of(&TEXTS);
            body["agent_version"] = json!({"external_identifier": identifier});
        }
        if self.numbers.rarely(3) {
            let schemas = json!({"a": {"text": "x".repeat(self.numbers.below(3) * 15_000)}});
            let identifier = self.numbers.one_of(&TEXTS);
            body["agent_schema_version"] =
                json!({"external_identifier": identifier, "span_schemas": schemas});
        }
        body["update_current_version"] = json!(self.numbers.rarely(2));
        (Method::Post, "agent_instance/register".to_owned(), body)
    }

    fn act_on_instance(&mut self) -> (Method, String, Value) {
        let path = format!("agent_instance/{}", self.id(4));
        let time = match self.numbers.rarely(3) {
            true => json!(self.numbers.one_of(&TIMES)),
            false => Value::Null,
        };
        match self.numbers.rarely(2) {
            true => (
                Method::Post,
                format!("{path}/start"),
                json!({"timestamp": time}),
            ),
            false => {
                let body = json!({"status": self.numbers.one_of(&STATUSES), "timestamp": time});
                (Method::Post, format!("{path}/finish"), body)
            }
        }
    }

    fn create_span(&mut self) -> (Method, String, Value) {
        let mut details = json!({
            "agent_instance_id": self.id(4),
            "schema_name": self.numbers.one_of(&["step", "agent:llm", ""]),
            "status": self.numbers.one_of(&STATUSES),
            "payload": {"text": "é".repeat(self.numbers.below(4) * 4_000)},
        });
        if self.numbers.rarely(3) {
            details["parent_span_id"] = json!(self.id(5));
        }
        if self.numbers.rarely(3) {
            details["started_at"] = json!(self.numbers.one_of(&TIMES));
        }
        if self.numbers.rarely(4) {
            details["result_payload"] = json!({"b": [1.50, "\u{1f600}"]});
        }
        (
            Method::Post,
            "agent_spans".to_owned(),
            json!({"details": details}),
        )
    }

    fn finish_span(&mut self) -> (Method, String, Value) {
        let mut body = json!({"status": self.numbers.one_of(&STATUSES)});
        if self.numbers.rarely(2) {
            body["result_payload"] = json!({"text": "y".repeat(self.numbers.below(3) * 10_000)});
        }
        let target = format!("agent_spans/{}/finish", self.id(5));
        (Method::Post, target, body)
    }

    fn version_or_environment(&mut self) -> (Method, String, Value) {
        let text = self.numbers.one_of(&TEXTS);
        match self.numbers.below(7) {
            0 | 1 => {
                let kind = self.numbers.one_of(&KINDS[2..4]);
                let details = json!({"agent_id": self.id(1), "external_identifier": text});
                (Method::Post, kind.to_owned(), json!({"details": details}))
            }
            2 | 3 => {
                let details = json!({"account_id": self.numbers.one_of(&ACCOUNTS), "name": text});
                (
                    Method::Post,
                    KINDS[0].to_owned(),
                    json!({"details": details}),
                )
            }
            4 => {
                let target = format!("environment/{}", self.id(0));
                (Method::Put, target, json!({"details": {"name": text}}))
            }
            5 => (
                Method::Delete,
                format!("environment/{}", self.id(0)),
                json!({}),
            ),
            _ => {
                let target = format!("account/{}", self.numbers.one_of(&ACCOUNTS));
                (Method::Put, target, json!({"details": {"name": text}}))
            }
        }
    }

    fn bulk(&mut self) -> (Method, String, Value) {
        let count = 1 + self.numbers.below(4);
        let items: Vec<Value> = (0..count)
            .map(|place| {
                let key = format!("bulk-{:04}-{place}", self.numbers.below(300));
                let agent = self.id(1);
                match self.numbers.below(4) {
                    0 => json!({"_type": "agents/retire", "idempotency_key": key, "agent_id": agent}),
                    1 => json!({"_type": "agent_instances/register", "idempotency_key": key, "agent_id": agent}),
                    2 => json!({"_type": "agents/list", "idempotency_key": key}),
                    _ => json!({"_type": "agents/create", "idempotency_key": key, "details": self.agent_details()}),
                }
            })
            .collect();
        (Method::Post, "bulk".to_owned(), json!({"items": items}))
    }

    fn read(&mut self) -> (Method, String, Value) {
        let place = self.numbers.below(KINDS.len());
        let kind = KINDS[place];
        let target = match self.numbers.below(6) {
            0 | 1 => format!("{kind}/{}", self.id(place)),
            2 => {
                return (
                    Method::Post,
                    "pfid/generate".to_owned(),
                    json!({"count": 1 + self.numbers.below(5)}),
                );
            }
            _ => {
                let filter = match place {
                    0 | 1 if self.numbers.rarely(2) => String::new(),
                    0 => format!("account_id={}&", ACCOUNTS[self.numbers.below(2)]),
                    1 => format!("environment_id={}&include_counts=true&", self.id(0)),
                    5 if self.numbers.rarely(2) => format!("agent_instance_id={}&", self.id(4)),
                    _ => format!("agent_id={}&", self.id(1)),
                };
                let range = match self.numbers.rarely(5) {
                    true => "start_time=2026-01-01T00:00:00Z&",
                    false => "",
                };
                let sort = self.numbers.one_of(&SORTS);
                let offset = self.numbers.below(40) * self.numbers.below(3);
                let size = 1 + self.numbers.below(20);
                format!(
                    "{kind}?{filter}{range}sorting={sort}&pagination[offset]={offset}&pagination[page_size]={size}"
                )
            }
        };
        (Method::Get, target, Value::Null)
    }
}

/// Status, head and body of the answer.
fn send(service: &mut Service, sent: &Sent, now: Timestamp) -> (u16, String, String) {
    let authorization = format!("Bearer {}", sent.token);
    let request = Request {
        authorization: Some(&authorization),
        content_type: Some(match sent.target.starts_with("/api/v1/import") {
            true => "application/x-ndjson",
            false => "application/json",
        }),
        ..Request::new(sent.method, &sent.target, sent.body.as_bytes(), now)
    };
    let mut answer = Answer::new();
    service.handle(&request, &mut answer);
    assert_eq!(service.take_cause(), None, "{sent:?}");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (answer.status(), text(answer.head()), text(answer.body()))
}

/// The head without the id of the request: each opening of a registrar counts its requests anew.
fn without_request_id(head: &str) -> String {
    let lines = head
        .lines()
        .filter(|line| !line.starts_with("x-request-id"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Sends the same requests to both. `reopen`: once in so many requests the file is closed and opened again.
fn answers_are_equal(seed: u64, requests: usize, reopen: Option<usize>) {
    let folder = TempDir::new().unwrap();
    let open = |now| {
        let store = SqliteStore::open(folder.path().join("store.db")).unwrap();
        Service::open(config(), Box::new(store), now).unwrap()
    };
    let mut millis = 1_778_148_000_000;
    let moment = |millis| Timestamp::from_millis(millis).unwrap();
    let mut memory = Service::new(config(), moment(millis)).unwrap();
    let mut sqlite = Some(open(moment(millis)));
    let mut made = Requests::new(seed);
    let mut by_status = [0; 6];
    for _ in 0..requests {
        if made.numbers.rarely(3) {
            millis += 1;
        }
        if made.numbers.rarely(150) {
            // Up to 40 days, past the 24 hours of keys and the 30 days of activity.
            millis += 86_400_000 * made.numbers.below(40) as i64 / 8;
        }
        if reopen.is_some_and(|times| made.numbers.rarely(times)) {
            sqlite = None;
        }
        let service = sqlite.get_or_insert_with(|| open(moment(millis)));
        let sent = made.next();
        let mut one = send(&mut memory, &sent, moment(millis));
        let mut other = send(service, &sent, moment(millis));
        if reopen.is_some() {
            one.1 = without_request_id(&one.1);
            other.1 = without_request_id(&other.1);
        }
        assert!(one == other, "{sent:?}\n{one:?}\n{other:?}");
        by_status[usize::from(one.0 / 100)] += 1;
        if let Ok(answer) = serde_json::from_str(&one.2) {
            made.learn(&answer);
        }
    }
    // The requests are worth comparing.
    assert!(by_status[2] * 3 > requests, "{by_status:?}");
    assert!(by_status[4] * 10 > requests, "{by_status:?}");
}

#[test]
fn sqlite_answers_as_memory_does() {
    for seed in 0..3 {
        answers_are_equal(seed, 2_500, None);
    }
}

#[test]
fn sqlite_answers_as_memory_does_when_it_is_opened_again_between_any_two_requests() {
    answers_are_equal(10, 300, Some(1));
    answers_are_equal(11, 2_000, Some(20));
}
