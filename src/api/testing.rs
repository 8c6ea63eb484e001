//! Sends requests to a service in tests.

use serde_json::Value;

use super::{Answer, MAX_BODY, Method, Request, Service};
use crate::model::timestamp::Timestamp;
use crate::registrar::Config;
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};

/// The token of the account's scope.
pub(crate) const ACCOUNT_TOKEN: &str = "account-token";
/// The token of the default environment's scope.
pub(crate) const ENVIRONMENT_TOKEN: &str = "environment-token";
/// A second environment of the default account, and a token for it.
pub(crate) const OTHER_ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h2";
/// See [`OTHER_ENVIRONMENT`].
pub(crate) const OTHER_ENVIRONMENT_TOKEN: &str = "other-environment-token";
/// A token of another account.
pub(crate) const STRANGER_TOKEN: &str = "stranger-token";
/// The time at which every test begins: 2026-05-07T10:00:00Z.
pub(crate) const NOW_MS: f64 = 1_778_148_000_000.0;

/// A time from Unix milliseconds.
pub(crate) fn moment(now_ms: f64) -> Timestamp {
    Timestamp::from_millis(now_ms as i64).unwrap()
}

/// A service, its clock and its caller.
pub(crate) struct Client {
    pub(crate) service: Service,
    pub(crate) token: &'static str,
    pub(crate) now_ms: f64,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The answer to a request that its head refuses: every test compares it with the whole request's.
fn refuse_by_head(service: &mut Service, request: &Request<'_>) -> Option<(u16, Vec<u8>)> {
    let mut answer = Answer::new();
    let head = Request {
        body: b"",
        ..*request
    };
    let is_refused = service.refuse_by_head(&head, request.body.len(), &mut answer);
    is_refused.then(|| (answer.status(), answer.body().to_vec()))
}

/// A parsed answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The `details` of a successful answer.
    pub(crate) fn details(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()["details"].clone()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The paths in `errors`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"].as_object().unwrap();
        errors.keys().cloned().collect()
    }
}

impl Default for Client {
    fn default() -> Client {
        Client::new(&[])
    }
}

impl Client {
    pub(crate) fn new(cors: &[&str]) -> Client {
        let config = serde_json::json!({
            "accounts": [
                {"id": DEFAULT_ACCOUNT, "environments": [
                    {"id": DEFAULT_ENVIRONMENT, "name": "Default"},
                    {"id": OTHER_ENVIRONMENT, "name": "Other"},
                ]},
                {"id": "013xrzp12g0000000000000000000000"},
            ],
            "tokens": [
                {"token": ACCOUNT_TOKEN, "account_id": DEFAULT_ACCOUNT},
                {"token": ENVIRONMENT_TOKEN, "account_id": DEFAULT_ACCOUNT, "environment_id": DEFAULT_ENVIRONMENT},
                {"token": OTHER_ENVIRONMENT_TOKEN, "account_id": DEFAULT_ACCOUNT, "environment_id": OTHER_ENVIRONMENT},
                {"token": STRANGER_TOKEN, "account_id": "013xrzp12g0000000000000000000000"},
            ],
            "seed": "00".repeat(32),
            "cors": cors,
        });
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        Client {
            service: Service::new(config, moment(NOW_MS)).unwrap(),
            token: ACCOUNT_TOKEN,
            now_ms: NOW_MS,
            headers: vec![("content-type", "application/json".to_owned())],
        }
    }

    /// Uses another token from now on.
    pub(crate) fn as_token(&mut self, token: &'static str) -> &mut Client {
        self.token = token;
        self
    }

    /// Sends a request. `headers` come before the client's own.
    pub(crate) fn send(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let authorization = format!("Bearer {}", self.token);
        let header = |name: &str| {
            headers
                .iter()
                .find(|(other, _)| *other == name)
                .map(|(_, value)| *value)
                .or_else(|| {
                    self.headers
                        .iter()
                        .find(|(other, _)| *other == name)
                        .map(|(_, value)| value.as_str())
                })
        };
        let mut answer = Answer::new();
        let request = Request {
            method,
            target,
            authorization: header("authorization").or(Some(&authorization)),
            content_type: header("content-type"),
            accept: header("accept"),
            origin: header("origin"),
            requested_method: header("access-control-request-method"),
            requested_headers: header("access-control-request-headers"),
            content_encoding: header("content-encoding"),
            body,
            now: moment(self.now_ms),
        };
        let by_head = refuse_by_head(&mut self.service, &request);
        self.service.handle(&request, &mut answer);
        match by_head {
            // The length of the body comes before its type, and the host looks at it first.
            _ if body.len() > MAX_BODY => {}
            Some(refused) => assert_eq!(refused, (answer.status(), answer.body().to_vec())),
            None => {
                assert!(![401, 405].contains(&answer.status()));
                // The type of a body that may be blank.
                assert!(answer.status() != 415 || body.len() <= 64);
            }
        }
        let head = str::from_utf8(answer.head()).unwrap();
        Reply {
            status: answer.status(),
            head: head
                .lines()
                .map(|line| line.split_once(": ").unwrap())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: answer.body().to_vec(),
        }
    }

    pub(crate) fn get(&mut self, target: &str) -> Reply {
        self.send(Method::Get, target, &[], b"")
    }

    pub(crate) fn delete(&mut self, target: &str) -> Reply {
        self.send(Method::Delete, target, &[], b"")
    }

    pub(crate) fn post(&mut self, target: &str, body: Value) -> Reply {
        self.send(Method::Post, target, &[], body.to_string().as_bytes())
    }

    pub(crate) fn put(&mut self, target: &str, body: Value) -> Reply {
        self.send(Method::Put, target, &[], body.to_string().as_bytes())
    }

    /// Creates an agent in the default environment and returns its id.
    pub(crate) fn create_agent(&mut self, name: &str) -> String {
        let reply = self.post(
            "/api/v1/agent",
            serde_json::json!({"details": {"name": name, "environment_id": DEFAULT_ENVIRONMENT}}),
        );
        reply.details()["id"].as_str().unwrap().to_owned()
    }

    /// Registers an instance of an agent and returns its id.
    pub(crate) fn register(&mut self, agent: &str) -> String {
        let body = serde_json::json!({"agent_id": agent});
        let reply = self.post("/api/v1/agent_instance/register", body);
        reply.details()["id"].as_str().unwrap().to_owned()
    }
}
