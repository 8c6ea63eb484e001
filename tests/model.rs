//! Random conversations with the registrar agree with a simple model of it.
//!
//! The model keeps all objects in lists and computes everything from them. The status of every answer is that of the model,
//! and after some of the steps everything that each caller sees is compared with the model.
#![cfg(feature = "service")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::cmp::Ordering;
use std::collections::HashMap;

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::registrar::Config;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const ACCOUNTS: [&str; 2] = [
    "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk",
    "013xrzp12g0000000000000000000000",
];
/// Two of the first account and one of the second.
const ENVIRONMENTS: [&str; 3] = [
    "013xrzp12g3nqk8nzxvq7jm2arsfg5h1",
    "013xrzp12g3nqk8nzxvq7jm2arsfg5h2",
    "013xrzp12g0000000000000000000001",
];
/// Those of the accounts, and one of the first environment.
const TOKENS: [&str; 3] = ["first", "second", "environment"];
const DAY_MS: f64 = 86_400_000.0;
const STATUSES: [&str; 5] = ["pending", "active", "complete", "failed", "cancelled"];
const KINDS: [&str; 2] = ["agent_version", "agent_schema_version"];

fn moment(now_ms: f64) -> Timestamp {
    Timestamp::from_millis(now_ms as i64).unwrap()
}

/// One request of a caller. The numbers choose among all objects, of any owner: what the caller does
/// not see must then be refused.
#[derive(Clone, Debug)]
enum Step {
    /// In one of the environments, or without an environment.
    Create(usize),
    Rename(usize),
    Retire(usize),
    Reinstate(usize),
    Delete(usize),
    /// An agent's current version becomes any version, or none.
    SetVersion(usize, Option<usize>),
    /// Of an agent, a kind and an external identifier.
    Version(usize, usize, u8),
    /// An agent, the identifiers of a version and a schema version, and whether these become current.
    Register(usize, [Option<u8>; 2], bool),
    Start(usize),
    Finish(usize, &'static str),
    /// Of an instance, perhaps with a parent.
    Span(usize, Option<usize>, &'static str),
    FinishSpan(usize, &'static str),
    /// Repeats the last successful request with a key.
    Again,
    Wait(u8),
    TakeTurns(usize),
    Snapshot,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    let end = || select(&STATUSES[2..]);
    let identifier = || prop::option::of(0..4u8);
    prop_oneof![
        6 => (0..6usize).prop_map(Step::Create),
        2 => any().prop_map(Step::Rename),
        2 => any().prop_map(Step::Retire),
        2 => any().prop_map(Step::Reinstate),
        2 => any().prop_map(Step::Delete),
        2 => (any(), prop::option::of(any())).prop_map(|(agent, version)| Step::SetVersion(agent, version)),
        2 => (any(), 0..2usize, 0..4u8).prop_map(|(agent, kind, identifier)| Step::Version(agent, kind, identifier)),
        6 => (any(), [identifier(), identifier()], prop::bool::ANY)
            .prop_map(|(agent, versions, update)| Step::Register(agent, versions, update)),
        3 => any().prop_map(Step::Start),
        3 => (any(), end()).prop_map(|(instance, end)| Step::Finish(instance, end)),
        5 => (any(), prop::option::of(any()), select(&STATUSES[..]))
            .prop_map(|(instance, parent, status)| Step::Span(instance, parent, status)),
        3 => (any(), end()).prop_map(|(span, end)| Step::FinishSpan(span, end)),
        2 => Just(Step::Again),
        2 => select(vec![1, 1, 1, 15, 29, 30, 31]).prop_map(Step::Wait),
        4 => (0..3usize).prop_map(Step::TakeTurns),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Restore),
    ]
}

#[derive(Clone, Debug)]
struct Agent {
    id: String,
    environment: usize,
    name: String,
    retired: bool,
    inserted_ms: f64,
    updated_ms: f64,
    last_activity_ms: f64,
    /// Its current version and schema version.
    current: [Option<String>; 2],
    deleted: bool,
}

#[derive(Clone, Debug)]
struct Version {
    id: String,
    agent: usize,
    kind: usize,
    identifier: String,
}

#[derive(Clone, Debug)]
struct Instance {
    id: String,
    agent: usize,
    version: Option<String>,
    status: &'static str,
}

#[derive(Clone, Debug)]
struct Span {
    id: String,
    instance: usize,
    parent: Option<String>,
    status: &'static str,
}

/// A request that changes something, and its answer.
#[derive(Clone, Debug, PartialEq)]
struct Sent {
    caller: usize,
    method: Method,
    target: String,
    body: String,
}

/// The state that the registrar should have.
#[derive(Clone, Debug, Default)]
struct Model {
    agents: Vec<Agent>,
    versions: Vec<Version>,
    instances: Vec<Instance>,
    spans: Vec<Span>,
    /// By caller and key: the request, its answer, and the time.
    kept: HashMap<(usize, String), (Sent, Vec<u8>, f64)>,
    /// The last id that was generated in each account.
    last_id: [String; 2],
}

/// Where the registrar's records are.
enum Home {
    Memory,
    /// In this folder, and looked up there again when the registrar is opened again.
    #[cfg(feature = "sqlite")]
    File(tempfile::TempDir),
}

impl Home {
    fn open(&self, now_ms: f64) -> Service {
        let accounts = json!([
            {"id": ACCOUNTS[0], "environments": [{"id": ENVIRONMENTS[0]}, {"id": ENVIRONMENTS[1]}]},
            {"id": ACCOUNTS[1], "environments": [{"id": ENVIRONMENTS[2]}]},
        ]);
        let tokens = json!([
            {"token": TOKENS[0]},
            {"token": TOKENS[1], "account_id": ACCOUNTS[1]},
            {"token": TOKENS[2], "environment_id": ENVIRONMENTS[0]},
        ]);
        let config = json!({"accounts": accounts, "tokens": tokens, "seed": "07".repeat(32)});
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        let service = match self {
            Home::Memory => Service::new(config, moment(now_ms)),
            #[cfg(feature = "sqlite")]
            Home::File(folder) => {
                let file = folder.path().join("store.db");
                let store = agent_registrar::store::sql::SqliteStore::open(file).unwrap();
                Service::open(config, Box::new(store), moment(now_ms))
            }
        };
        service.unwrap()
    }
}

struct World {
    service: Service,
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(dead_code, reason = "only a file can be opened again")
    )]
    home: Home,
    caller: usize,
    now_ms: f64,
    /// The key of every request that takes one.
    key: Option<u8>,
    last_keyed: Option<Sent>,
    model: Model,
    snapshot: Option<(Vec<u8>, Model)>,
}

fn choose<T>(all: &[T], number: usize) -> Option<usize> {
    (!all.is_empty()).then(|| number % all.len())
}

fn is_over(status: &str) -> bool {
    STATUSES[2..].contains(&status)
}

/// The seven counts of these statuses.
fn counts(statuses: &[&str]) -> Value {
    let of = |status: &str| statuses.iter().filter(|it| **it == status).count();
    json!({
        "total": statuses.len(),
        "pending": of("pending"),
        "active": of("active"),
        "complete": of("complete"),
        "failed": of("failed"),
        "cancelled": of("cancelled"),
        "finished": statuses.iter().filter(|it| is_over(it)).count(),
    })
}

impl World {
    fn new(home: Home) -> World {
        let now_ms = 1_778_148_000_000.0;
        World {
            service: home.open(now_ms),
            home,
            caller: 0,
            now_ms,
            key: None,
            last_keyed: None,
            model: Model::default(),
            snapshot: None,
        }
    }

    /// Returns the status, the body, and whether it was a stored answer.
    fn send(&mut self, request: &Sent) -> (u16, Vec<u8>, bool) {
        let authorization = format!("Bearer {}", TOKENS[request.caller]);
        let mut answer = Answer::new();
        let request = Request {
            method: request.method,
            target: &request.target,
            authorization: Some(&authorization),
            content_type: Some("application/json"),
            accept: None,
            origin: None,
            requested_method: None,
            requested_headers: None,
            content_encoding: None,
            body: request.body.as_bytes(),
            now: moment(self.now_ms),
        };
        self.service.handle(&request, &mut answer);
        let head = std::str::from_utf8(answer.head()).unwrap();
        let replayed = head.contains("idempotency-replayed: true\n");
        (answer.status(), answer.body().to_vec(), replayed)
    }

    fn get(&mut self, target: &str) -> (u16, Value) {
        let (status, body, _) = self.send(&Sent {
            caller: self.caller,
            method: Method::Get,
            target: target.to_owned(),
            body: String::new(),
        });
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// Sends a request that changes something. Returns the details if it was executed: `None` if it was refused or its
    /// key had been used.
    fn change(
        &mut self,
        method: Method,
        target: String,
        mut body: Value,
        expected: u16,
    ) -> Option<Value> {
        let mut key = None;
        if let Some(number) = self.key {
            let text = format!("key-{number}");
            body["idempotency_key"] = json!(text);
            key = Some((self.caller, text));
        }
        let request = Sent {
            caller: self.caller,
            method,
            target,
            body: body.to_string(),
        };
        let (status, answer, replayed) = self.send(&request);
        let text = String::from_utf8_lossy(&answer);
        let young = |at: &f64| self.now_ms - at < DAY_MS;
        if let Some(key) = &key
            && let Some((before, kept, at)) = self.model.kept.get(key)
            && young(at)
        {
            if *before == request {
                assert!(
                    replayed && status == 200 && answer == *kept,
                    "{request:?}: {text}"
                );
            } else {
                assert_eq!(status, 409, "{request:?}: {text}");
                assert!(text.contains("idempotency_key_already_used"), "{text}");
            }
            return None;
        }
        assert_eq!(status, expected, "{request:?}: {text}");
        assert!(!replayed);
        if status != 200 {
            return None;
        }
        let details = serde_json::from_slice::<Value>(&answer).unwrap()["details"].clone();
        if let Some(key) = key {
            self.last_keyed = Some(request.clone());
            self.model.kept.insert(key, (request, answer, self.now_ms));
        }
        Some(details)
    }

    /// The third caller's is the first one's.
    fn account(&self) -> usize {
        self.caller % 2
    }

    fn sees_environment(&self, environment: usize) -> bool {
        match self.caller {
            0 => environment < 2,
            1 => environment == 2,
            _ => environment == 0,
        }
    }

    fn sees(&self, agent: usize) -> bool {
        let agent = &self.model.agents[agent];
        !agent.deleted && self.sees_environment(agent.environment)
    }

    fn sees_instance(&self, instance: usize) -> bool {
        self.sees(self.model.instances[instance].agent)
    }

    fn instances_of(&self, agent: usize) -> Vec<&Instance> {
        let all = self.model.instances.iter();
        all.filter(|it| it.agent == agent).collect()
    }

    fn status(&self, agent: usize) -> &'static str {
        let it = &self.model.agents[agent];
        match () {
            () if it.retired => "retired",
            () if self.instances_of(agent).is_empty() => "pending",
            () if self.now_ms - it.last_activity_ms >= 30.0 * DAY_MS => "dormant",
            () => "active",
        }
    }

    /// An agent as it must be in a list, without its times.
    fn summary(&self, agent: usize) -> Value {
        let it = &self.model.agents[agent];
        json!({
            "type": "agent",
            "id": it.id,
            "name": it.name,
            "description": null,
            "environment_id": ENVIRONMENTS[it.environment],
            "status": self.status(agent),
            "current_version_id": it.current[0],
            "current_schema_version_id": it.current[1],
            "available_actions": {
                "update": !it.retired,
                "retire": !it.retired,
                "reinstate": it.retired,
                "delete": self.instances_of(agent).is_empty(),
            },
        })
    }

    fn instance(&self, instance: usize) -> Value {
        let it = &self.model.instances[instance];
        let agent = &self.model.agents[it.agent];
        let spans = self.model.spans.iter().filter(|it| it.instance == instance);
        let statuses: Vec<&str> = spans.map(|it| it.status).collect();
        json!({
            "type": "agent_instance",
            "id": it.id,
            "account_id": ACCOUNTS[agent.environment / 2],
            "agent_id": agent.id,
            "agent_version_id": it.version,
            "agent_deployment_id": agent.id,
            "environment_id": ENVIRONMENTS[agent.environment],
            "status": it.status,
            "span_counts": counts(&statuses),
        })
    }

    /// Records a generated id.
    fn made(&mut self, id: &Value) -> String {
        let id = id.as_str().unwrap().to_owned();
        let account = self.account();
        let last = &mut self.model.last_id[account];
        assert!(*last < id, "ids increase");
        last.clone_from(&id);
        id
    }

    fn act_on_agent(
        &mut self,
        agent: usize,
        method: Method,
        action: &str,
        body: Value,
        available: bool,
    ) -> bool {
        let expected = match (self.sees(agent), available) {
            (false, _) => 404,
            (true, false) => 409,
            (true, true) => 200,
        };
        let target = format!("/api/v1/agent/{}{action}", self.model.agents[agent].id);
        let done = self.change(method, target, body, expected).is_some();
        if done {
            self.model.agents[agent].updated_ms = self.now_ms;
        }
        done
    }

    fn act_on_instance(
        &mut self,
        instance: usize,
        action: &str,
        body: Value,
        to: Option<&'static str>,
    ) {
        let expected = match (self.sees_instance(instance), to) {
            (false, _) => 404,
            (true, None) => 409,
            (true, Some(_)) => 200,
        };
        let target = format!(
            "/api/v1/agent_instance/{}/{action}",
            self.model.instances[instance].id
        );
        if let (Some(details), Some(to)) = (self.change(Method::Post, target, body, expected), to) {
            assert_eq!(details["status"], to);
            self.model.instances[instance].status = to;
            self.note_activity(instance);
        }
    }

    fn note_activity(&mut self, instance: usize) {
        let agent = self.model.instances[instance].agent;
        self.model.agents[agent].last_activity_ms = self.now_ms;
    }

    fn version_of(&self, agent: usize, kind: usize, identifier: &str) -> Option<&Version> {
        let mut all = self.model.versions.iter();
        all.find(|it| it.agent == agent && it.kind == kind && it.identifier == identifier)
    }

    fn register(&mut self, agent: usize, identifiers: [Option<u8>; 2], update: bool) {
        let expected = match (self.sees(agent), self.model.agents[agent].retired) {
            (false, _) => 422,
            (true, true) => 409,
            (true, false) => 200,
        };
        let identifiers = identifiers.map(|it| it.map(|number| format!("v{number}")));
        let mut body =
            json!({"agent_id": self.model.agents[agent].id, "update_current_version": update});
        for (kind, identifier) in KINDS.into_iter().zip(&identifiers) {
            if let Some(identifier) = identifier {
                body[kind] = json!({"external_identifier": identifier});
            }
        }
        let target = "/api/v1/agent_instance/register".to_owned();
        let Some(details) = self.change(Method::Post, target, body, expected) else {
            return;
        };
        let mut versions = self.model.agents[agent].current.clone();
        for (kind, identifier) in identifiers.into_iter().enumerate() {
            let Some(identifier) = identifier else {
                continue;
            };
            if self.version_of(agent, kind, &identifier).is_none() {
                // Created by the registration: the newest version of the agent.
                let agent_id = &self.model.agents[agent].id;
                let target = format!(
                    "/api/v1/{}?agent_id={agent_id}&sorting=-id&pagination[page_size]=1",
                    KINDS[kind]
                );
                let (_, list) = self.get(&target);
                let newest = &list["summaries"][0];
                assert_eq!(newest["external_identifier"], *identifier);
                let id = self.made(&newest["id"]);
                self.model.versions.push(Version {
                    id,
                    agent,
                    kind,
                    identifier: identifier.clone(),
                });
            }
            versions[kind] = self
                .version_of(agent, kind, &identifier)
                .map(|it| it.id.clone());
        }
        let id = self.made(&details["id"]);
        let it = &mut self.model.agents[agent];
        if update && it.current != versions {
            it.current.clone_from(&versions);
            it.updated_ms = self.now_ms;
        }
        let [version, _] = versions;
        self.model.instances.push(Instance {
            id,
            agent,
            version,
            status: "pending",
        });
        self.note_activity(self.model.instances.len() - 1);
    }

    fn create_span(&mut self, instance: usize, parent: Option<usize>, status: &'static str) {
        let parent = parent.and_then(|it| choose(&self.model.spans, it));
        let is_known = self.sees_instance(instance)
            && parent.is_none_or(|it| self.model.spans[it].instance == instance);
        let expected = match (is_known, is_over(self.model.instances[instance].status)) {
            (false, _) => 422,
            (true, true) => 409,
            (true, false) => 200,
        };
        let parent = parent.map(|it| self.model.spans[it].id.clone());
        let details = json!({
            "agent_instance_id": self.model.instances[instance].id,
            "schema_name": "step",
            "status": status,
            "payload": {},
            "parent_span_id": parent,
        });
        let target = "/api/v1/agent_spans".to_owned();
        if let Some(details) =
            self.change(Method::Post, target, json!({"details": details}), expected)
        {
            let id = self.made(&details["id"]);
            self.model.spans.push(Span {
                id,
                instance,
                parent,
                status,
            });
            self.note_activity(instance);
        }
    }

    fn take(&mut self, step: &Step) {
        let post = Method::Post;
        match *step {
            Step::Create(environment) => {
                let named = (environment < 3).then_some(environment);
                let wanted = named.or((self.caller == 2).then_some(0));
                let expected = match (wanted, self.caller) {
                    (Some(it), _) if self.sees_environment(it) => 200,
                    (Some(_), 2) => 403,
                    _ => 422,
                };
                // Few names, so that some are equal.
                let name = format!("Agent {}", self.model.agents.len() % 5);
                let details =
                    json!({"name": name, "environment_id": named.map(|it| ENVIRONMENTS[it])});
                let body = json!({"details": details});
                if let Some(details) = self.change(post, "/api/v1/agent".to_owned(), body, expected)
                {
                    let id = self.made(&details["id"]);
                    self.model.agents.push(Agent {
                        id,
                        environment: wanted.unwrap(),
                        name,
                        retired: false,
                        inserted_ms: self.now_ms,
                        updated_ms: self.now_ms,
                        last_activity_ms: 0.0,
                        current: [None, None],
                        deleted: false,
                    });
                }
            }
            Step::Rename(number) => {
                let Some(agent) = choose(&self.model.agents, number) else {
                    return;
                };
                let name = format!("Renamed {}", number % 3);
                let available = !self.model.agents[agent].retired;
                let body = json!({"details": {"name": name}});
                if self.act_on_agent(agent, Method::Put, "", body, available) {
                    self.model.agents[agent].name = name;
                }
            }
            Step::Retire(number) | Step::Reinstate(number) => {
                let Some(agent) = choose(&self.model.agents, number) else {
                    return;
                };
                let retire = matches!(step, Step::Retire(_));
                let action = if retire { "/retire" } else { "/reinstate" };
                let available = self.model.agents[agent].retired != retire;
                if self.act_on_agent(agent, post, action, json!({}), available) {
                    self.model.agents[agent].retired = retire;
                }
            }
            Step::Delete(number) => {
                let Some(agent) = choose(&self.model.agents, number) else {
                    return;
                };
                let available = self.instances_of(agent).is_empty();
                if self.act_on_agent(agent, Method::Delete, "", json!({}), available) {
                    self.model.agents[agent].deleted = true;
                }
            }
            Step::SetVersion(number, version) => {
                let Some(agent) = choose(&self.model.agents, number) else {
                    return;
                };
                let version = version.and_then(|it| choose(&self.model.versions, it));
                let version = version.map(|it| &self.model.versions[it]);
                let fits = version.is_none_or(|it| it.agent == agent && it.kind == 0);
                let expected = match (self.sees(agent), fits, self.model.agents[agent].retired) {
                    (false, ..) => 404,
                    (true, false, _) => 422,
                    (true, true, true) => 409,
                    (true, true, false) => 200,
                };
                let id = version.map(|it| it.id.clone());
                let target = format!("/api/v1/agent/{}", self.model.agents[agent].id);
                let body = json!({"details": {"current_version_id": id}});
                if self.change(Method::Put, target, body, expected).is_some() {
                    let it = &mut self.model.agents[agent];
                    it.current[0] = id;
                    it.updated_ms = self.now_ms;
                }
            }
            Step::Version(number, kind, identifier) => {
                let Some(agent) = choose(&self.model.agents, number) else {
                    return;
                };
                let identifier = format!("v{identifier}");
                let is_new = self.version_of(agent, kind, &identifier).is_none();
                let expected = if self.sees(agent) && is_new { 200 } else { 422 };
                let details = json!({"agent_id": self.model.agents[agent].id, "external_identifier": identifier});
                let (target, body) = (
                    format!("/api/v1/{}", KINDS[kind]),
                    json!({"details": details}),
                );
                if let Some(details) = self.change(post, target, body, expected) {
                    let id = self.made(&details["id"]);
                    self.model.versions.push(Version {
                        id,
                        agent,
                        kind,
                        identifier,
                    });
                }
            }
            Step::Register(number, identifiers, update) => {
                if let Some(agent) = choose(&self.model.agents, number) {
                    self.register(agent, identifiers, update);
                }
            }
            Step::Start(number) => {
                if let Some(instance) = choose(&self.model.instances, number) {
                    let is_pending = self.model.instances[instance].status == "pending";
                    self.act_on_instance(
                        instance,
                        "start",
                        json!({}),
                        is_pending.then_some("active"),
                    );
                }
            }
            Step::Finish(number, how) => {
                let Some(instance) = choose(&self.model.instances, number) else {
                    return;
                };
                let to = match (self.model.instances[instance].status, how) {
                    ("active", "complete" | "failed") | ("pending", "cancelled") => Some(how),
                    _ => None,
                };
                self.act_on_instance(instance, "finish", json!({"status": how}), to);
            }
            Step::Span(number, parent, status) => {
                if let Some(instance) = choose(&self.model.instances, number) {
                    self.create_span(instance, parent, status);
                }
            }
            Step::FinishSpan(number, how) => {
                let Some(span) = choose(&self.model.spans, number) else {
                    return;
                };
                let instance = self.model.spans[span].instance;
                let expected = match (
                    self.sees_instance(instance),
                    is_over(self.model.spans[span].status),
                ) {
                    (false, _) => 404,
                    (true, true) => 409,
                    (true, false) => 200,
                };
                let target = format!("/api/v1/agent_spans/{}/finish", self.model.spans[span].id);
                if self
                    .change(post, target, json!({"status": how}), expected)
                    .is_some()
                {
                    self.model.spans[span].status = how;
                    self.note_activity(instance);
                }
            }
            Step::Again => {
                let Some(request) = self.last_keyed.clone() else {
                    return;
                };
                let kept = self
                    .model
                    .kept
                    .values()
                    .find(|(before, ..)| *before == request);
                if let Some((_, answer, at)) = kept.cloned()
                    && self.now_ms - at < DAY_MS
                {
                    assert_eq!(self.send(&request), (200, answer, true), "{request:?}");
                }
            }
            Step::Wait(days) => self.now_ms += f64::from(days) * DAY_MS,
            Step::TakeTurns(caller) => self.caller = caller,
            // What is on disk has no snapshots; it is opened again instead.
            #[cfg(feature = "sqlite")]
            Step::Snapshot | Step::Restore if matches!(self.home, Home::File(_)) => {
                // One store at a time has the file.
                self.service = Home::Memory.open(self.now_ms);
                self.service = self.home.open(self.now_ms);
            }
            Step::Snapshot => {
                let bytes = self.service.registrar().snapshot().unwrap();
                self.snapshot = Some((bytes, self.model.clone()));
            }
            Step::Restore => {
                if let Some((bytes, model)) = &self.snapshot {
                    self.service.registrar_mut().restore(bytes).unwrap();
                    self.model = model.clone();
                }
            }
        }
        self.now_ms += 1.0;
    }

    /// All pages of a list.
    fn list(&mut self, target: &str, page_size: usize) -> Vec<Value> {
        let mut listed = Vec::new();
        let mut next = Some(0);
        let mut count = 0;
        while let Some(offset) = next {
            let target =
                format!("{target}&pagination[page_size]={page_size}&pagination[offset]={offset}");
            let (status, body) = self.get(&target);
            assert_eq!(status, 200, "{target}: {body}");
            listed.extend(body["summaries"].as_array().unwrap().iter().cloned());
            count = body["pagination"]["item_count"].as_u64().unwrap();
            next = body["pagination"]["next_page_offset"].as_u64();
        }
        assert_eq!(listed.len() as u64, count, "{target}");
        listed
    }

    /// Compares everything that one caller sees with the model.
    fn check(&mut self) {
        for agent in 0..self.model.agents.len() {
            let id = self.model.agents[agent].id.clone();
            let seen = self.sees(agent);
            let (status, body) = self.get(&format!("/api/v1/agent/{id}"));
            assert_eq!(status, if seen { 200 } else { 404 }, "{body}");
            if seen {
                let statuses: Vec<&str> = self
                    .instances_of(agent)
                    .iter()
                    .map(|it| it.status)
                    .collect();
                has(&body["details"], &self.summary(agent));
                has(
                    &body["details"],
                    &json!({"instance_counts": counts(&statuses)}),
                );
            }
            let expected = (0..self.model.instances.len())
                .filter(|it| seen && self.model.instances[*it].agent == agent)
                .map(|it| self.instance(it))
                .collect::<Vec<_>>();
            let listed = self.list(&format!("/api/v1/agent_instance?agent_id={id}"), 2);
            have(&listed, &expected);
            let mut expected: Vec<(&str, Value)> = self
                .model
                .spans
                .iter()
                .filter(|it| seen && self.model.instances[it.instance].agent == agent)
                .map(|it| {
                    (
                        it.id.as_str(),
                        json!({"id": it.id, "agent_id": id, "status": it.status}),
                    )
                })
                .collect();
            expected.sort_by_key(|(id, _)| *id);
            let expected: Vec<Value> = expected.into_iter().map(|(_, span)| span).collect();
            let listed = self.list(&format!("/api/v1/agent_spans?agent_id={id}"), 3);
            have(&listed, &expected);
            for (kind, resource) in KINDS.into_iter().enumerate() {
                let all = self.model.versions.iter();
                let expected: Vec<Value> = all
                    .filter(|it| seen && it.agent == agent && it.kind == kind)
                    .map(|it| json!({"type": resource, "id": it.id, "agent_id": id, "external_identifier": it.identifier}))
                    .collect();
                let listed = self.list(&format!("/api/v1/{resource}?agent_id={id}"), 2);
                have(&listed, &expected);
            }
        }
        for instance in 0..self.model.instances.len() {
            let id = self.model.instances[instance].id.clone();
            let seen = self.sees_instance(instance);
            let (status, body) = self.get(&format!("/api/v1/agent_instance/{id}"));
            assert_eq!(status, if seen { 200 } else { 404 }, "{body}");
            if seen {
                has(&body["details"], &self.instance(instance));
            }
            let spans = self
                .model
                .spans
                .iter()
                .filter(|it| seen && it.instance == instance);
            let expected: Vec<Value> = spans
                .map(|it| json!({"id": it.id, "agent_instance_id": id, "parent_span_id": it.parent, "status": it.status}))
                .collect();
            let listed = self.list(&format!("/api/v1/agent_spans?agent_instance_id={id}"), 2);
            have(&listed, &expected);
        }
        for environment in [None, Some(0), Some(1), Some(2)] {
            for (number, field) in ["id", "name", "status", "inserted_at", "updated_at"]
                .into_iter()
                .enumerate()
            {
                for sign in ["", "-"] {
                    let mut expected: Vec<usize> = (0..self.model.agents.len())
                        .filter(|it| self.sees(*it))
                        .filter(|it| {
                            environment
                                .is_none_or(|only| self.model.agents[*it].environment == only)
                        })
                        .collect();
                    expected.sort_by(|a, b| self.compare(field, *a, *b));
                    if sign == "-" {
                        expected.reverse();
                    }
                    let expected: Vec<Value> =
                        expected.into_iter().map(|it| self.summary(it)).collect();
                    let filter = environment.map_or(String::new(), |it| {
                        format!("&environment_id={}", ENVIRONMENTS[it])
                    });
                    let listed = self.list(
                        &format!("/api/v1/agent?sorting={sign}{field}{filter}"),
                        number + 1,
                    );
                    have(&listed, &expected);
                }
            }
        }
    }

    fn compare(&self, field: &str, a: usize, b: usize) -> Ordering {
        let rank = |agent| {
            let ranks = ["pending", "active", "dormant", "retired"];
            ranks.iter().position(|it| *it == self.status(agent))
        };
        let activity = |agent| match self.instances_of(agent).is_empty() {
            true => f64::NEG_INFINITY,
            false => self.model.agents[agent].last_activity_ms,
        };
        let (one, other) = (&self.model.agents[a], &self.model.agents[b]);
        let first = match field {
            "name" => one.name.cmp(&other.name),
            // The latest activity first, and none last.
            "status" => rank(a)
                .cmp(&rank(b))
                .then_with(|| activity(b).total_cmp(&activity(a))),
            "inserted_at" => one.inserted_ms.total_cmp(&other.inserted_ms),
            "updated_at" => one.updated_ms.total_cmp(&other.updated_ms),
            _ => Ordering::Equal,
        };
        first.then_with(|| one.id.cmp(&other.id))
    }
}

/// Whether an object has these members, among others.
#[track_caller]
fn has(object: &Value, members: &Value) {
    for (key, value) in members.as_object().unwrap() {
        assert_eq!(object[key], *value, "{key} of {object}");
    }
}

#[track_caller]
fn have(listed: &[Value], expected: &[Value]) {
    assert_eq!(
        listed.len(),
        expected.len(),
        "{listed:?} instead of {expected:?}"
    );
    for (object, members) in listed.iter().zip(expected) {
        has(object, members);
    }
}

/// A step, and the key that its requests have.
fn keyed_step() -> impl Strategy<Value = (Option<u8>, Step)> {
    (prop::option::weighted(0.3, 0..8u8), step())
}

/// A conversation goes as the model says.
fn converse(home: Home, steps: &[(Option<u8>, Step)]) {
    let mut world = World::new(home);
    for (number, (key, step)) in steps.iter().enumerate() {
        world.key = *key;
        world.take(step);
        // Looking at everything takes its time.
        if number % 20 == 0 || number + 1 == steps.len() || matches!(step, Step::Restore) {
            let caller = world.caller;
            for caller in 0..TOKENS.len() {
                world.caller = caller;
                world.check();
            }
            world.caller = caller;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conversations_agree_with_the_model(steps in prop::collection::vec(keyed_step(), 1..120)) {
        converse(Home::Memory, &steps);
    }
}

#[cfg(feature = "sqlite")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conversations_with_a_file_agree_with_the_model(
        steps in prop::collection::vec(keyed_step(), 1..120),
    ) {
        converse(Home::File(tempfile::TempDir::new().unwrap()), &steps);
    }
}
