//! Random conversations with the registrar agree with a model of it that is simple enough to be seen to be right.
//!
//! The model keeps every agent and instance in a list and works everything out from scratch. After each step it is
//! compared with everything that the registrar says.
#![cfg(feature = "service")]
#![allow(clippy::unwrap_used, clippy::panic)]

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::registrar::Config;
use proptest::prelude::*;
use serde_json::{Value, json};

const ACCOUNTS: [&str; 2] = [
    "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk",
    "013xrzp12g0000000000000000000000",
];
const ENVIRONMENTS: [&str; 2] = [
    "013xrzp12g3nqk8nzxvq7jm2arsfg5h1",
    "013xrzp12g0000000000000000000001",
];
const TOKENS: [&str; 2] = ["first-token", "second-token"];
const DAY_MS: f64 = 86_400_000.0;

/// One thing that a caller does. The numbers choose among what there is, whatever account it is of: what belongs to
/// the other account must then be refused.
#[derive(Clone, Debug)]
enum Step {
    Create,
    Rename(usize),
    Retire(usize),
    Reinstate(usize),
    Delete(usize),
    Register(usize),
    Start(usize),
    Finish(usize, &'static str),
    Wait(u8),
    TakeTurns,
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    prop_oneof![
        4 => Just(Step::Create),
        2 => any().prop_map(Step::Rename),
        2 => any().prop_map(Step::Retire),
        2 => any().prop_map(Step::Reinstate),
        2 => any().prop_map(Step::Delete),
        4 => any().prop_map(Step::Register),
        3 => any().prop_map(Step::Start),
        3 => (any(), prop::sample::select(vec!["complete", "failed", "cancelled"])).prop_map(|(which, how)| Step::Finish(which, how)),
        1 => (0u8..40).prop_map(Step::Wait),
        2 => Just(Step::TakeTurns),
    ]
}

#[derive(Clone, Debug)]
struct Agent {
    id: String,
    owner: usize,
    name: String,
    retired: bool,
    last_activity_ms: f64,
    deleted: bool,
}

#[derive(Clone, Debug)]
struct Instance {
    id: String,
    agent: usize,
    status: &'static str,
}

struct World {
    service: Service,
    caller: usize,
    now_ms: f64,
    agents: Vec<Agent>,
    instances: Vec<Instance>,
}

impl World {
    fn new() -> World {
        let accounts: Vec<Value> = (0..2)
            .map(|it| json!({"id": ACCOUNTS[it], "environments": [{"id": ENVIRONMENTS[it]}]}))
            .collect();
        let tokens: Vec<Value> = (0..2)
            .map(|it| json!({"token": TOKENS[it], "account_id": ACCOUNTS[it]}))
            .collect();
        let now_ms = 1_778_148_000_000.0;
        let config =
            json!({"accounts": accounts, "tokens": tokens, "seed": "07".repeat(32), "now": now_ms});
        World {
            service: Service::new(Config::from_json(config.to_string().as_bytes()).unwrap())
                .unwrap(),
            caller: 0,
            now_ms,
            agents: Vec::new(),
            instances: Vec::new(),
        }
    }

    fn send(&mut self, method: Method, target: &str, body: Value) -> (u16, Value) {
        let authorization = format!("Bearer {}", TOKENS[self.caller]);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut answer = Answer::new();
        let request = Request {
            method,
            target,
            authorization: Some(&authorization),
            content_type: Some("application/json"),
            accept: None,
            origin: None,
            requested_method: None,
            requested_headers: None,
            body: body.as_bytes(),
            now_ms: self.now_ms,
        };
        self.service.handle(&request, &mut answer);
        (
            answer.status(),
            serde_json::from_slice(answer.body()).unwrap(),
        )
    }

    fn agent(&self, number: usize) -> Option<usize> {
        (!self.agents.is_empty()).then(|| number % self.agents.len())
    }

    fn instance(&self, number: usize) -> Option<usize> {
        (!self.instances.is_empty()).then(|| number % self.instances.len())
    }

    fn exists(&self, agent: usize) -> bool {
        self.agents[agent].owner == self.caller && !self.agents[agent].deleted
    }

    fn of(&self, agent: usize, status: &str) -> usize {
        let of_agent = self.instances.iter().filter(|it| it.agent == agent);
        of_agent
            .filter(|it| status.is_empty() || it.status == status)
            .count()
    }

    fn status(&self, agent: usize) -> &'static str {
        let it = &self.agents[agent];
        match () {
            () if it.retired => "retired",
            () if self.of(agent, "") == 0 => "pending",
            () if self.now_ms - it.last_activity_ms >= 30.0 * DAY_MS => "dormant",
            () => "active",
        }
    }

    /// What the registrar must say of an agent, but its times.
    fn expected(&self, agent: usize) -> Value {
        let it = &self.agents[agent];
        let [pending, active, complete, failed, cancelled] =
            ["pending", "active", "complete", "failed", "cancelled"]
                .map(|status| self.of(agent, status));
        json!({
            "id": it.id,
            "name": it.name,
            "environment_id": ENVIRONMENTS[it.owner],
            "status": self.status(agent),
            "available_actions": {
                "update": !it.retired,
                "retire": !it.retired,
                "reinstate": it.retired,
                "delete": self.of(agent, "") == 0,
            },
            "instance_counts": {
                "total": self.of(agent, ""),
                "pending": pending,
                "active": active,
                "complete": complete,
                "failed": failed,
                "cancelled": cancelled,
                "finished": complete + failed + cancelled,
            },
        })
    }

    fn act_on_agent(
        &mut self,
        agent: usize,
        method: Method,
        action: &str,
        body: Value,
        available: bool,
    ) -> bool {
        let expected = match (self.exists(agent), available) {
            (false, _) => 404,
            (true, false) => 409,
            (true, true) => 200,
        };
        let target = format!("/api/v1/agent/{}{action}", self.agents[agent].id);
        let (status, body) = self.send(method, &target, body);
        assert_eq!(status, expected, "{method:?} {target}: {body}");
        status == 200
    }

    fn act_on_instance(
        &mut self,
        instance: usize,
        action: &str,
        body: Value,
        to: Option<&'static str>,
    ) {
        let agent = self.instances[instance].agent;
        let expected = match (self.exists(agent), to) {
            (false, _) => 404,
            (true, None) => 409,
            (true, Some(_)) => 200,
        };
        let target = format!(
            "/api/v1/agent_instance/{}/{action}",
            self.instances[instance].id
        );
        let (status, body) = self.send(Method::Post, &target, body);
        assert_eq!(status, expected, "{target}: {body}");
        if let (200, Some(to)) = (status, to) {
            assert_eq!(body["details"]["status"], to);
            self.instances[instance].status = to;
            self.agents[agent].last_activity_ms = self.now_ms;
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Create => {
                let name = format!("Agent {}", self.agents.len());
                let details = json!({"name": name, "environment_id": ENVIRONMENTS[self.caller]});
                let (status, body) =
                    self.send(Method::Post, "/api/v1/agent", json!({"details": details}));
                assert_eq!(status, 200, "{body}");
                let id = body["details"]["id"].as_str().unwrap().to_owned();
                let before = self
                    .agents
                    .iter()
                    .filter(|it| it.owner == self.caller)
                    .map(|it| &it.id)
                    .max();
                assert!(before < Some(&id), "ids increase");
                self.agents.push(Agent {
                    id,
                    owner: self.caller,
                    name,
                    retired: false,
                    last_activity_ms: 0.0,
                    deleted: false,
                });
            }
            Step::Rename(number) => {
                let Some(agent) = self.agent(number) else {
                    return;
                };
                let name = format!("Renamed {number}");
                let available = !self.agents[agent].retired;
                let body = json!({"details": {"name": name}});
                if self.act_on_agent(agent, Method::Put, "", body, available) {
                    self.agents[agent].name = name;
                }
            }
            Step::Retire(number) | Step::Reinstate(number) => {
                let Some(agent) = self.agent(number) else {
                    return;
                };
                let retire = matches!(step, Step::Retire(_));
                let action = if retire { "/retire" } else { "/reinstate" };
                let available = self.agents[agent].retired != retire;
                if self.act_on_agent(agent, Method::Post, action, Value::Null, available) {
                    self.agents[agent].retired = retire;
                }
            }
            Step::Delete(number) => {
                let Some(agent) = self.agent(number) else {
                    return;
                };
                let available = self.of(agent, "") == 0;
                if self.act_on_agent(agent, Method::Delete, "", Value::Null, available) {
                    self.agents[agent].deleted = true;
                }
            }
            Step::Register(number) => {
                let Some(agent) = self.agent(number) else {
                    return;
                };
                let expected = match (self.exists(agent), self.agents[agent].retired) {
                    (false, _) => 422,
                    (true, true) => 409,
                    (true, false) => 200,
                };
                let body = json!({"agent_id": self.agents[agent].id});
                let (status, body) =
                    self.send(Method::Post, "/api/v1/agent_instance/register", body);
                assert_eq!(status, expected, "{body}");
                if status == 200 {
                    let id = body["details"]["id"].as_str().unwrap().to_owned();
                    self.agents[agent].last_activity_ms = self.now_ms;
                    self.instances.push(Instance {
                        id,
                        agent,
                        status: "pending",
                    });
                }
            }
            Step::Start(number) => {
                let Some(instance) = self.instance(number) else {
                    return;
                };
                let to = (self.instances[instance].status == "pending").then_some("active");
                self.act_on_instance(instance, "start", json!({}), to);
            }
            Step::Finish(number, how) => {
                let Some(instance) = self.instance(number) else {
                    return;
                };
                let to = match (self.instances[instance].status, how) {
                    ("active", "complete" | "failed") | ("pending", "cancelled") => Some(how),
                    _ => None,
                };
                self.act_on_instance(instance, "finish", json!({"status": how}), to);
            }
            Step::Wait(days) => self.now_ms += f64::from(days) * DAY_MS,
            Step::TakeTurns => self.caller = 1 - self.caller,
        }
        self.now_ms += 1.0;
    }

    /// Everything that the caller can see is as the model has it.
    fn check(&mut self) {
        let mut ids = Vec::new();
        for agent in 0..self.agents.len() {
            let target = format!("/api/v1/agent/{}", self.agents[agent].id);
            let (status, body) = self.send(Method::Get, &target, Value::Null);
            if !self.exists(agent) {
                assert_eq!((status, body["code"].as_str()), (404, Some("not_found")));
                continue;
            }
            ids.push(self.agents[agent].id.clone());
            let expected = self.expected(agent);
            for (key, value) in expected.as_object().unwrap() {
                assert_eq!(body["details"][key], *value, "{key} of {target}");
            }
        }
        ids.sort_unstable();
        let mut listed = Vec::new();
        let mut next = Some(0);
        while let Some(offset) = next {
            let target =
                format!("/api/v1/agent?pagination[page_size]=3&pagination[offset]={offset}");
            let (_, body) = self.send(Method::Get, &target, Value::Null);
            let summaries = body["summaries"].as_array().unwrap();
            listed.extend(
                summaries
                    .iter()
                    .map(|it| it["id"].as_str().unwrap().to_owned()),
            );
            assert_eq!(body["pagination"]["item_count"], ids.len());
            next = body["pagination"]["next_page_offset"].as_u64();
        }
        assert_eq!(listed, ids);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_conversation_goes_as_the_model_says(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            world.check();
        }
    }
}
