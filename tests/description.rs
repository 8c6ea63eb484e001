//! The generated files are up to date, and the description agrees with the behaviour of the API.
#![cfg(feature = "description")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;

use agent_registrar::api::http::Method;
use agent_registrar::api::operation::{Access, Body, Key, Path};
use agent_registrar::api::route;
use agent_registrar::api::{Answer, MAX_BODY, Request, Service};
use agent_registrar::description;
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::registrar::Config;
use agent_registrar::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};
use serde_json::{Value, json};

#[test]
fn the_generated_files_are_up_to_date() {
    let readme = fs::read_to_string("README.md").unwrap_or_default();
    let readme = [("README.md", description::readme(&readme))];
    for (path, wanted) in description::files().into_iter().chain(readme) {
        let there = fs::read_to_string(path).unwrap_or_default();
        assert!(
            there == wanted,
            "{path} is out of date: run `npm run describe`"
        );
    }
}

#[test]
fn every_operation_is_described() {
    for (_, operation) in route::all() {
        assert_ne!(operation.description.summary, "", "{}", operation.name);
    }
}

/// What generators of clients stumble over.
#[test]
fn names_are_identifiers_and_everything_is_used() {
    let document = description::openapi();
    let text = document.to_string();
    let is_identifier = |name: &str| {
        let mut characters = name.chars();
        characters.next().is_some_and(|it| it.is_ascii_alphabetic())
            && characters.all(|it| it.is_ascii_alphanumeric() || it == '_')
    };
    for kind in ["schemas", "responses", "securitySchemes"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(is_identifier(name), "{name}");
            let reference = format!("\"#/components/{kind}/{name}\"");
            assert!(
                kind == "securitySchemes" || text.contains(&reference),
                "{name} is not used"
            );
        }
    }
    let declared: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let (mut used, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for operation in document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().values())
    {
        let id = operation["operationId"].as_str().unwrap();
        assert!(is_identifier(id) && ids.insert(id), "{id}");
        assert_ne!(operation["description"], "", "{id}");
        used.extend(
            operation["tags"]
                .as_array()
                .unwrap()
                .iter()
                .map(|tag| tag.as_str().unwrap()),
        );
    }
    assert_eq!(declared, used);
}

#[test]
fn every_referenced_definition_exists() {
    let document = description::openapi().to_string();
    let defined = description::openapi();
    for reference in document.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        assert!(defined.pointer(pointer).is_some(), "{pointer}");
    }
}

/// The described statuses of each operation are those that requests can produce, except for 500 and 503, which no
/// request produces.
#[test]
fn the_described_errors_are_exactly_the_possible_ones() {
    let document = description::openapi();
    for (resource, operation) in route::all() {
        let mut world = World::new();
        let base = format!("/api/v1/{resource}");
        let target = |id: &str| match operation.path {
            Path::Collection | Path::Any => base.clone(),
            Path::Word(word) => format!("{base}/{word}"),
            Path::Item => format!("{base}/{id}"),
            Path::Action(word) => format!("{base}/{id}/{word}"),
        };
        const UNKNOWN: &str = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
        // An object of another kind than the operation takes, and an object that the operation refuses.
        // The token that the operation takes.
        let account = match operation.access {
            Access::Operator => "operator",
            _ => "account",
        };
        let (other, own) = match resource {
            "agent" => (DEFAULT_ENVIRONMENT.to_owned(), world.agent.clone()),
            "environment" => (world.agent.clone(), DEFAULT_ENVIRONMENT.to_owned()),
            "api_token" => (world.agent.clone(), world.token.clone()),
            _ => (world.agent.clone(), DEFAULT_ACCOUNT.to_owned()),
        };
        let world_account = json!({
            "kind": "account", "id": DEFAULT_ACCOUNT, "name": "Default",
            "inserted_at": "1970-01-01T00:00:00Z", "updated_at": "1970-01-01T00:00:00Z",
        })
        .to_string();
        let mut given = BTreeSet::from([200, 500]);
        if !operation.open {
            given.insert(503);
        }
        // Only where a limit is reached: see tests/stores/transfer.rs. Others have it for their keys, too.
        if operation.name == "import" {
            given.insert(409);
        }
        let method = operation.method;
        let media_type = match operation.body {
            Body::Lines => "application/x-ndjson",
            _ => "application/json",
        };
        let mut send = |token: &str, target: &str, body: &str| {
            given.insert(world.send(method, target, token, Some(media_type), body));
        };
        send("", &target(UNKNOWN), "{}");
        for id in [UNKNOWN, &other, &own] {
            for token in ["account", "environment", "operator"] {
                send(token, &target(id), "{}");
                send(token, &format!("{}?agent_id={id}", target(id)), "{}");
            }
        }
        send(account, &format!("{}?agent_id=x", target(&own)), "{");
        send(
            "account",
            &format!("{}?pagination[offset]=x", target(&own)),
            r#"{"idempotency_key":0}"#,
        );
        send(account, &target(&own), r#"{"idempotency_key":"used"}"#);
        let elsewhere = json!({"details": {"name": "x", "environment_id": UNKNOWN}});
        send("environment", &target(&own), &elsewhere.to_string());
        send(account, &target(&own), &" ".repeat(MAX_BODY + 1));
        send(account, &target(&own), " ");
        for id in [UNKNOWN, DEFAULT_ACCOUNT] {
            send(
                "operator",
                &format!("{}?account_id={id}", target(&own)),
                "\n\n{}",
            );
            send(
                "operator",
                &format!("{}?account_id={id}", target(&own)),
                &world_account,
            );
        }
        given.insert(world.send(method, &target(&own), account, Some("text/plain"), "{}"));

        let pointer = match operation.path {
            Path::Collection | Path::Any | Path::Word(_) => target(""),
            Path::Item | Path::Action(_) => target("{id}"),
        };
        let described = &document["paths"][pointer][operation.method.as_str().to_lowercase()];
        let described = described["responses"].as_object().unwrap();
        let described: BTreeSet<u16> = described.keys().map(|it| it.parse().unwrap()).collect();
        assert_eq!(described, given, "{}", operation.name);
        // A repeated import changes nothing by itself.
        if operation.name == "import" {
            continue;
        }
        assert_eq!(
            operation.key == Key::None,
            operation.method == Method::Get,
            "{}: what changes something takes a key",
            operation.name
        );
        assert!(operation.body == Body::Ignored || operation.key != Key::None);
    }
}

/// A registrar with an agent with an instance, and with a used idempotency key.
struct World {
    service: Service,
    agent: String,
    token: String,
    body: Vec<u8>,
}

impl World {
    fn new() -> World {
        let config = json!({
            "tokens": [{"token": "account"}, {"token": "environment", "environment_id": DEFAULT_ENVIRONMENT}],
            "operator_token": {"token": "operator"},
            "seed": "0".repeat(64),
        });
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        let mut world = World {
            service: Service::new(config, Timestamp::EPOCH).unwrap(),
            agent: String::new(),
            token: String::new(),
            body: Vec::new(),
        };
        let agent = json!({"details": {"name": "x", "environment_id": DEFAULT_ENVIRONMENT}, "idempotency_key": "used"});
        assert_eq!(world.post("/api/v1/agent", agent), 200);
        let made: Value = serde_json::from_slice(&world.body).unwrap();
        world.agent = made["details"]["id"].as_str().unwrap().to_owned();
        let token = json!({"details": {"token_scope": "account"}});
        assert_eq!(world.post("/api/v1/api_token", token), 200);
        let made: Value = serde_json::from_slice(&world.body).unwrap();
        world.token = made["details"]["id"].as_str().unwrap().to_owned();
        let json = Some("application/json");
        let account = r#"{"details": {"name": "x"}, "idempotency_key": "used"}"#;
        let made = world.send(Method::Post, "/api/v1/account", "operator", json, account);
        assert_eq!(made, 200);
        let instance = json!({"agent_id": world.agent});
        assert_eq!(world.post("/api/v1/agent_instance/register", instance), 200);
        world
    }

    fn post(&mut self, target: &str, body: Value) -> u16 {
        let json = Some("application/json");
        self.send(Method::Post, target, "account", json, &body.to_string())
    }

    fn send(
        &mut self,
        method: Method,
        target: &str,
        token: &str,
        content_type: Option<&str>,
        body: &str,
    ) -> u16 {
        let authorization = format!("Bearer {token}");
        let mut answer = Answer::new();
        let request = Request {
            method,
            target,
            authorization: Some(&authorization),
            content_type,
            accept: None,
            origin: None,
            requested_method: None,
            requested_headers: None,
            content_encoding: None,
            body: body.as_bytes(),
            now: Timestamp::EPOCH,
        };
        self.service.handle(&request, &mut answer);
        self.body = answer.body().to_vec();
        answer.status()
    }
}
