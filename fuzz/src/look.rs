//! Reads everything that a registrar has.

use agent_registrar::api::{Answer, Method, Request, Service};
use serde_json::Value;

use crate::conversation::Conversation;
use crate::openapi;

const TOKENS: [&str; 3] = ["account", "environment", "stranger"];
const LISTS: [&str; 7] = [
    "agent?include_counts=true",
    "agent?sorting=status",
    "agent?sorting=-name",
    "environment",
    "account",
    "api_token",
    "agent?pagination[offset]=1&sorting=-updated_at",
];
const LISTS_OF_AGENT: [&str; 4] = [
    "agent_instance",
    "agent_spans",
    "agent_version",
    "agent_schema_version",
];

/// The answers to reading all lists, and what belongs to each agent, with each token. They are as the OpenAPI document says.
pub(crate) fn look(service: &mut Service) -> Vec<(u16, Value)> {
    let mut answers = Vec::new();
    for token in TOKENS {
        let mut read = |target: &str| {
            let target = format!("/api/v1/{target}");
            let authorization = format!("Bearer {token}");
            let mut answer = Answer::new();
            let request = Request {
                authorization: Some(&authorization),
                ..Request::new(Method::Get, &target, b"", Conversation::start())
            };
            service.handle(&request, &mut answer);
            let value = openapi::check(Method::Get, &target, &answer);
            answers.push((answer.status(), value.clone()));
            value
        };
        let agents = read(LISTS[0]);
        LISTS[1..].iter().for_each(|it| drop(read(it)));
        for agent in agents["summaries"].as_array().into_iter().flatten() {
            let id = agent["id"].as_str().unwrap_or_default();
            for list in LISTS_OF_AGENT {
                read(&format!("{list}?agent_id={id}"));
            }
        }
    }
    answers
}
