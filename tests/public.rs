//! The public API of the crate: the items at the root, `Send` and `Sync`, and `Debug` without secrets.

#![cfg(feature = "service")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use agent_registrar::*;

const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const ID: &str = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-05-07T10:00:00Z").unwrap()
}

fn service() -> Service {
    let config = br#"{"seed_text": "seed-secret", "tokens": [{"token": "token-secret"}]}"#;
    Service::new(Config::from_json(config).unwrap(), now()).unwrap()
}

#[cfg(feature = "json")]
fn send(service: &mut Service, method: Method, target: &str, body: &str) -> (u16, String) {
    let mut answer = Answer::new();
    let request = Request {
        authorization: Some("Bearer token-secret"),
        content_type: Some("application/json"),
        ..Request::new(method, target, body.as_bytes(), now())
    };
    service.handle(&request, &mut answer);
    let body = String::from_utf8(answer.body().to_vec()).unwrap();
    (answer.status(), body)
}

#[test]
fn everything_can_move_to_another_thread() {
    fn send<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    send::<Service>();
    send::<Registrar>();
    send::<Box<dyn store::Store>>();
    #[cfg(feature = "sqlite")]
    send::<store::sql::SqliteStore>();
    shared::<Config>();
    shared::<HostRefusal<'static>>();
    shared::<SnapshotError>();
    shared::<Answer>();
    shared::<Request<'static>>();
    shared::<Input<'static>>();
    shared::<Valid<CreateAgentRequest>>();
    shared::<Valid<UpdateAgentRequest>>();
    shared::<Invalid>();
    shared::<ValidationErrors>();
    shared::<AgentRecord>();
    shared::<AgentResponse>();
    shared::<ResponseError>();
    shared::<OpenError>();
    shared::<ConfigError>();
    shared::<JsonError>();
    shared::<PfidError>();
    shared::<PfidGenerator>();
    shared::<TimestampError>();
}

#[test]
fn debug_keeps_tokens_seeds_and_bodies() {
    let mut service = service();
    let mut answer = Answer::new();
    let request = Request {
        authorization: Some("Bearer token-secret"),
        ..Request::new(Method::Get, "/api/v1/account", b"body-secret", now())
    };
    service.handle(&request, &mut answer);
    let config = br#"{"seed_text": "seed-secret", "tokens": [{"token": "token-secret"}]}"#;
    let config = Config::from_json(config).unwrap();
    // Bytes of the seed and of a token's digest, as a derived `Debug` would show them.
    let secrets = [
        format!("{:?}", &config.seed[..3]),
        format!("{:?}", &config.tokens[0].sha256[..3]),
    ];
    let run = service.start(&request);
    let seed = 0x0123_4567_89ab_cdef_u64;
    let store = store::MemoryStore::new(seed);
    let token = &config.tokens[0];
    let shown =
        format!("{service:?} {request:?} {answer:?} {run:?} {config:?} {token:?} {store:?}");
    assert!(!shown.contains(&seed.to_string()), "{shown}");
    for secret in secrets {
        assert!(!shown.contains(secret.trim_matches(['[', ']'])), "{shown}");
    }
    assert!(!shown.contains("secret"), "{shown}");
}

/// No type derives `Debug` if one of its fields has a name of secrets.
#[test]
fn fields_with_secrets_have_no_derived_debug() {
    const SECRETS: [&str; 8] = [
        "authorization",
        "digest",
        "digests",
        "secret",
        "seed",
        "sha256",
        "token",
        "tokens",
    ];
    fn visit(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, found);
                continue;
            }
            // Whether the last `derive` has `Debug`, and whether the current line is in the body of its type.
            let (mut derives, mut within) = (false, false);
            for line in fs::read_to_string(&path).unwrap().lines() {
                let line = line.trim_start();
                match line.split(' ').next() {
                    Some(attribute) if attribute.starts_with("#[derive(") => {
                        derives = line.contains("Debug");
                    }
                    _ if line.contains("struct ") && line.ends_with('{') => within = derives,
                    _ if line.starts_with('}') => (derives, within) = (false, false),
                    _ => {}
                }
                let name = line.trim_start_matches("pub ").split(':').next();
                if within && SECRETS.contains(&name.unwrap_or_default()) {
                    found.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
    let mut found = Vec::new();
    visit(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    assert!(found.is_empty(), "{found:#?}");
}

/// The result of `build_agent_response` is the answer of the service, byte for byte.
#[test]
#[cfg(feature = "json")]
fn an_answer_that_is_built_is_the_services_own() {
    let mut service = service();
    let body = format!(
        r#"{{"details":{{"name":" Ada ","environment_id":"{ENVIRONMENT}","description":"x","id":"{ID}"}}}}"#
    );
    let (status, answer) = send(&mut service, Method::Post, "/api/v1/agent", &body);
    assert_eq!(status, 200, "{answer}");

    let valid = validate_create_agent(Input::from_json(body.as_bytes()).unwrap(), None).unwrap();
    let built = build_agent_response(&valid.value, &ResponseOptions::at(now())).unwrap();
    assert_eq!(serde_json::to_string(&built).unwrap(), answer);
    // It deserialises to the same value.
    assert_eq!(
        serde_json::from_str::<AgentResponse>(&answer).unwrap(),
        built
    );

    let register = format!(
        r#"{{"agent_id":"{ID}","agent_version":{{"external_identifier":"v1"}},"agent_schema_version":{{"external_identifier":"s1","span_schemas":{{}}}}}}"#
    );
    let (status, text) = send(
        &mut service,
        Method::Post,
        "/api/v1/agent_instance/register",
        &register,
    );
    assert_eq!(status, 200, "{text}");
    let (_, answer) = send(
        &mut service,
        Method::Get,
        &format!("/api/v1/agent/{ID}"),
        "",
    );
    let shown = serde_json::from_str::<AgentResponse>(&answer)
        .unwrap()
        .details;
    let record = AgentRecord {
        description: Some("x".to_owned()),
        last_activity_at: Some(now()),
        current_version_id: shown.current_version_id,
        current_schema_version_id: shown.current_schema_version_id,
        instance_counts: InstanceCounts {
            pending: 1,
            ..InstanceCounts::default()
        },
        ..AgentRecord::new(shown.id, "Ada".to_owned(), shown.environment_id, now())
    };
    let built = build_agent_response(&record, &ResponseOptions::at(now())).unwrap();
    assert_eq!(serde_json::to_string(&built).unwrap(), answer);
}

/// The error of an invalid body is the answer of the service, byte for byte.
#[test]
#[cfg(feature = "json")]
fn the_error_of_a_refused_body_is_the_services_own() {
    let body = r#"{"details":{"name":" ","environment_id":"nowhere","id":7},"idempotency_key":""}"#;
    let (status, answer) = send(&mut service(), Method::Post, "/api/v1/agent", body);
    assert_eq!(status, 422);
    let invalid =
        validate_create_agent(Input::from_json(body.as_bytes()).unwrap(), None).unwrap_err();
    assert_eq!(serde_json::to_string(&invalid.error()).unwrap(), answer);
    let issue = serde_json::to_value(&invalid.issues[0]).unwrap();
    assert_eq!(
        issue,
        serde_json::json!({
            "path": ["details", "name"],
            "code": "invalid_value",
            "reason": "blank",
            "message": "Name must not be blank.",
        })
    );
}

#[test]
fn an_answer_needs_an_id_and_keeps_the_rules() {
    let environment_id = Pfid::parse(ENVIRONMENT).unwrap();
    let details = CreateAgentDetails {
        description: Some(None),
        ..CreateAgentDetails::new(" Ada ".to_owned(), environment_id)
    };
    let at = ResponseOptions::at(now());
    assert_eq!(
        build_agent_response(&details, &at),
        Err(ResponseError::NoId)
    );
    let fresh = ResponseOptions {
        randomness: Some([7; 10]),
        ..at
    };
    let made = build_agent_response(&details, &fresh).unwrap().details;
    assert_eq!(made.id.partition(), environment_id.partition());
    assert_eq!(made.id.timestamp(), 1_778_148_000_000);
    assert_eq!((made.name.as_str(), made.id.randomness()), ("Ada", [7; 10]));

    let foreign = ResponseOptions {
        id: Some(Pfid::parse("013xrzp12g00000000y2vfkg4s3jp2qr").unwrap()),
        ..at
    };
    let error = build_agent_response(&details, &foreign).unwrap_err();
    assert_eq!(
        error.to_string(),
        "details.id: ID must be in the account's partition."
    );
    let before = ResponseOptions::at(Timestamp::from_micros(-1).unwrap());
    assert_eq!(
        build_agent_response(&details, &before),
        Err(ResponseError::BeforeIds)
    );

    let retired = AgentRecord {
        retired: true,
        ..AgentRecord::new(
            Pfid::parse(ID).unwrap(),
            "Ada".to_owned(),
            environment_id,
            now(),
        )
    };
    let shown = build_agent_response(&retired, &at).unwrap().details;
    assert_eq!(shown.status, AgentStatus::Retired);
    assert!(shown.available_actions.reinstate && !shown.available_actions.update);
}
