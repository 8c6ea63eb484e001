//! One verdict on a body of `POST /api/v1/agent`: by the rules, by the validator on every form of input, and over HTTP.
//! A valid body's normal form is its own normal form.

use agent_registrar::api::Method;
use agent_registrar::rules::{Field, description, idempotency_key, name};
use agent_registrar::{CreateAgentFields, Input, IssueReason, Pfid, rules, validate_create_agent};

use crate::body::{self, Body, ENVIRONMENT, Piece, printed};
use crate::draw::Draw;

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let is_scoped = draw.rarely(2);
    let details = vec![
        ("name", Piece::text(&mut draw, name::LIMIT)),
        ("environment_id", Piece::pfid(&mut draw)),
        ("description", Piece::text(&mut draw, description::LIMIT)),
        ("id", Piece::pfid(&mut draw)),
    ];
    let key = Piece::text(&mut draw, idempotency_key::LIMIT);
    let body = Body::drawn(&mut draw, details, key);
    let default = is_scoped.then(|| Pfid::parse(ENVIRONMENT).unwrap());

    let verdict = body.one_verdict(|input| validate_create_agent(input, default));
    let fields = fields(&body);
    let mut issues = rules::create_agent(&fields, default);
    match &verdict {
        Ok(_) => assert!(issues.is_empty()),
        Err(invalid) => assert_eq!(issues.issues(), invalid.issues),
    }
    if let Ok(valid) = &verdict {
        let text = printed(&valid.value);
        let again = validate_create_agent(Input::from_json(text.as_bytes()).unwrap(), None);
        let again = again.unwrap_or_else(|invalid| panic!("{text}: {invalid}"));
        assert_eq!(
            (&again.value, again.ignored.len()),
            (&valid.value, 0),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            serde_json::to_value(&again.value).unwrap()
        );
    }

    // An environment that the account does not have is refused by the registrar, not by a rule.
    let environment = fields
        .environment_id
        .text()
        .and_then(|it| Pfid::parse(it).ok());
    if environment.is_some_and(|id| id.to_string() != ENVIRONMENT) {
        return;
    }
    // The registrar knows the account's partition without an environment.
    let id = fields.id.text().and_then(|it| Pfid::parse(it).ok());
    let account = Pfid::parse(ENVIRONMENT).unwrap().partition();
    if body.presence == agent_registrar::Presence::Present
        && id.is_some_and(|id| id.partition() != account)
    {
        issues.insert(Field::Id, IssueReason::ForeignPartition);
    }
    // An id that is taken is refused by the registrar, too.
    if id.is_some_and(|id| [ENVIRONMENT, body::ACCOUNT].contains(&&*id.to_string())) {
        return;
    }
    let mut service = body::service();
    let token = if is_scoped { "environment" } else { "account" };
    let target = "/api/v1/agent";
    let answer = body::send(
        &mut service,
        Method::Post,
        target,
        token,
        body.json.as_bytes(),
    );
    body::same_over_http(&issues.issues(), &answer, &body.json);
    if let Ok(valid) = verdict {
        let text = printed(&valid.value);
        let other = body::send(
            &mut body::service(),
            Method::Post,
            target,
            token,
            text.as_bytes(),
        );
        assert_eq!(other, answer, "{text}");
    }
}

fn fields(body: &Body) -> CreateAgentFields<'_> {
    CreateAgentFields {
        details: body.presence,
        name: body.given("name"),
        environment_id: body.given("environment_id"),
        description: body.given("description"),
        id: body.given("id"),
        idempotency_key: body.idempotency_key.given(),
    }
}
