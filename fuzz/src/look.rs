//! Reads everything that a registrar has.

use agent_registrar::api::{Answer, Method, Request, Service};

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

/// An answer to a read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    token: &'static str,
    target: String,
    status: u16,
    body: Vec<u8>,
}

fn read(service: &mut Service, token: &'static str, target: &str) -> Answer {
    let authorization = format!("Bearer {token}");
    let mut answer = Answer::new();
    let request = Request {
        authorization: Some(&authorization),
        ..Request::new(Method::Get, target, b"", Conversation::start())
    };
    service.handle(&request, &mut answer);
    answer
}

/// The answers to reading all lists, and what belongs to each agent, with each token. They are as the OpenAPI document says.
pub(crate) fn look(service: &mut Service) -> Vec<Seen> {
    let mut seen = Vec::new();
    for token in TOKENS {
        let mut look_at = |target: &str| {
            let target = format!("/api/v1/{target}");
            let answer = read(service, token, &target);
            let value = openapi::check(Method::Get, &target, &answer);
            seen.push(Seen {
                token,
                target,
                status: answer.status(),
                body: answer.body().to_vec(),
            });
            value
        };
        let agents = look_at(LISTS[0]);
        LISTS[1..].iter().for_each(|it| drop(look_at(it)));
        for agent in agents["summaries"].as_array().into_iter().flatten() {
            let id = agent["id"].as_str().unwrap_or_default();
            for list in LISTS_OF_AGENT {
                look_at(&format!("{list}?agent_id={id}"));
            }
        }
    }
    seen
}

/// The same reads have the same answers. The lists of agents are among them, so that looking anew would read the same.
pub(crate) fn looks_like(service: &mut Service, seen: &[Seen]) {
    for Seen {
        token,
        target,
        status,
        body,
    } in seen
    {
        let answer = read(service, token, target);
        let is_same = answer.status() == *status && answer.body() == body;
        let shown = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
        assert!(
            is_same,
            "{target}: {} for {status}\n{}\n{}",
            answer.status(),
            shown(answer.body()),
            shown(body)
        );
    }
}
