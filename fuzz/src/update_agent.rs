//! One verdict on a body of `PUT /api/v1/agent/{id}`, as in `create_agent`.

use agent_registrar::api::Method;
use agent_registrar::rules::{description, idempotency_key, name};
use agent_registrar::{Input, Pfid, UpdateAgentFields, rules, validate_update_agent};
use serde_json::json;

use crate::body::{self, Body, ENVIRONMENT, Piece, printed};
use crate::draw::Draw;

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let details = vec![
        ("name", Piece::text(&mut draw, name::LIMIT)),
        ("description", Piece::text(&mut draw, description::LIMIT)),
        ("current_version_id", Piece::pfid(&mut draw)),
    ];
    let key = Piece::text(&mut draw, idempotency_key::LIMIT);
    let body = Body::drawn(&mut draw, details, key);

    let verdict = body.one_verdict(|input| validate_update_agent(input));
    let fields = fields(&body);
    let issues = rules::update_agent(&fields);
    match &verdict {
        Ok(_) => assert!(issues.is_empty()),
        Err(invalid) => assert_eq!(issues.issues(), invalid.issues),
    }
    if let Ok(valid) = &verdict {
        let text = printed(&valid.value);
        let again = validate_update_agent(Input::from_json(text.as_bytes()).unwrap());
        let again = again.unwrap_or_else(|invalid| panic!("{text}: {invalid}"));
        assert_eq!(
            (&again.value, again.ignored.len()),
            (&valid.value, 0),
            "{text}"
        );
    }

    // A version that does not exist is refused by the registrar, not by a rule.
    let version = fields.current_version_id.text();
    if version.is_some_and(|it| Pfid::parse(it).is_ok()) {
        return;
    }
    let answer = sent(&body.json);
    body::same_over_http(&issues.issues(), &answer, &body.json);
    if let Ok(valid) = verdict {
        let text = printed(&valid.value);
        assert_eq!(sent(&text), answer, "{text}");
    }
}

/// The answer to a body about a new agent.
fn sent(json: &str) -> (u16, serde_json::Value) {
    let mut service = body::service();
    let agent = json!({"details": {"name": "Support bot", "description": "x", "environment_id": ENVIRONMENT}});
    let agent = agent.to_string();
    let (_, created) = body::send(
        &mut service,
        Method::Post,
        "/api/v1/agent",
        "account",
        agent.as_bytes(),
    );
    let target = format!(
        "/api/v1/agent/{}",
        created["details"]["id"].as_str().unwrap()
    );
    body::send(
        &mut service,
        Method::Put,
        &target,
        "account",
        json.as_bytes(),
    )
}

fn fields(body: &Body) -> UpdateAgentFields<'_> {
    UpdateAgentFields {
        details: body.presence,
        name: body.given("name"),
        description: body.given("description"),
        current_version_id: body.given("current_version_id"),
        idempotency_key: body.idempotency_key.given(),
    }
}
