//! HTTP as a caller sees it.

use serde_json::{Value, json};

use super::testing::*;
use super::{Method, Service};
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};
use crate::registrar::{Config, SnapshotError};
use crate::rules::name;

fn new_agent() -> serde_json::Value {
    json!({"details": {"name": " Scout ", "environment_id": DEFAULT_ENVIRONMENT, "team_id": "x"}})
}

#[test]
fn both_ways_of_fetching_give_the_same() {
    let mut client = Client::default();
    let id = client.create_agent("Scout");
    let first = client.get(&format!("/api/v1/agent/{id}"));
    let second = client.get(&format!(
        "/api/v1/agent/show?agent_id={id}&include_counts=true"
    ));
    assert_eq!(first.status, 200);
    assert_eq!(first.body, second.body);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    let head = client.send(Method::Head, &format!("/api/v1/agent/{id}"), &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(client.get("/api/v1/agent/show").paths(), ["agent_id"]);
}

#[test]
fn all_issues_are_reported_at_once() {
    let mut client = Client::default();
    let reply = client.post(
        "/api/v1/agent",
        json!({"details": {"name": "", "environment_id": 5}, "idempotency_key": ""}),
    );
    assert_eq!(reply.status, 422);
    assert_eq!(reply.code(), "validation_errors");
    assert_eq!(
        reply.paths(),
        ["details.name", "details.environment_id", "idempotency_key"]
    );
    let problem = client.send(
        Method::Post,
        "/api/v1/agent",
        &[("accept", "application/problem+json")],
        br#"{"details":{"environment_id":"013xrzp12g3nqk8nzxvq7jm2arsfg5h1","name":"\ud800"}}"#,
    );
    assert_eq!(problem.status, 422);
    assert_eq!(
        problem.header("content-type"),
        Some("application/problem+json")
    );
    let json = problem.json();
    assert_eq!(json["title"], "Unprocessable Content");
    assert_eq!(json["errors"][0]["pointer"], "#/details/name");
    assert_eq!(json["errors"][0]["reason"], "not_well_formed");
    assert_eq!(json["errors"][0]["code"], "invalid_value");
}

#[test]
fn references_are_looked_up_despite_other_issues() {
    const UNKNOWN: &str = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
    let mut client = Client::default();
    let agent = client.create_agent("Scout");
    let mut create = |details: Value| {
        let reply = client.post(
            "/api/v1/agent",
            json!({"details": details, "idempotency_key": ""}),
        );
        (reply.status, reply.paths())
    };
    let key = "idempotency_key";
    for (details, paths) in [
        (
            json!({"name": "", "environment_id": DEFAULT_ENVIRONMENT, "id": agent}),
            vec!["details.name", "details.id", key],
        ),
        (
            json!({"name": "", "environment_id": UNKNOWN, "description": "\u{0}", "id": agent}),
            vec![
                "details.name",
                "details.environment_id",
                "details.description",
                "details.id",
                key,
            ],
        ),
        // The account's partition counts; this environment has another one.
        (
            json!({"name": "x", "environment_id": "013xrzp12g0000000000000000000001", "id": UNKNOWN}),
            vec!["details.environment_id", key],
        ),
        (
            json!({"id": "013xrzp12g0000000000000000000001"}),
            vec!["details.name", "details.environment_id", "details.id", key],
        ),
        // A refusal of the whole request is reported only once the fields are valid.
        (
            json!({"name": "", "environment_id": agent}),
            vec!["details.name", key],
        ),
    ] {
        let paths = paths.into_iter().map(str::to_owned).collect();
        assert_eq!(create(details.clone()), (422, paths), "{details}");
    }
    client.as_token(ENVIRONMENT_TOKEN);
    let reply = client.post("/api/v1/agent", json!({}));
    assert_eq!(reply.paths(), ["details"]);

    client.as_token(ACCOUNT_TOKEN);
    let path = format!("/api/v1/agent/{agent}");
    let body =
        json!({"details": {"name": "", "current_version_id": UNKNOWN}, "idempotency_key": ""});
    let paths = ["details.name", "details.current_version_id", key];
    assert_eq!(client.put(&path, body.clone()).paths(), paths);
    client.post(&format!("{path}/retire"), json!({}));
    assert_eq!(client.put(&path, body).paths(), paths);

    let details =
        json!({"account_id": UNKNOWN, "name": "\u{0}".repeat(name::LIMIT + 1), "id": agent});
    let reply = client.post("/api/v1/environment", json!({"details": details}));
    let paths = ["details.account_id", "details.name", "details.id"];
    assert_eq!(reply.paths(), paths);
    let messages = reply.json()["errors"]["details.name"].clone();
    assert_eq!(
        messages,
        json!([
            format!("Name must have at most {} characters.", name::LIMIT),
            "Name must not contain control characters."
        ])
    );

    let register =
        json!({"agent_id": UNKNOWN, "agent_version": {}, "id": agent, "update_current_version": 1});
    assert_eq!(
        client
            .post("/api/v1/agent_instance/register", register)
            .paths(),
        [
            "agent_id",
            "agent_version.external_identifier",
            "id",
            "update_current_version"
        ]
    );
    let mut version = |details: Value| {
        let reply = client.post("/api/v1/agent_version", json!({"details": details}));
        if reply.status == 200 {
            vec![]
        } else {
            reply.paths()
        }
    };
    let details = json!({"agent_id": agent, "external_identifier": "1"});
    assert_eq!(version(details), [""; 0]);
    assert_eq!(
        version(json!({"agent_id": agent, "external_identifier": "1", "name": ""})),
        ["details.external_identifier", "details.name"]
    );
    assert_eq!(
        version(json!({"agent_id": UNKNOWN, "external_identifier": ""})),
        ["details.agent_id", "details.external_identifier"]
    );
}

#[test]
fn a_problem_names_the_invalid_parameter() {
    let mut client = Client::default();
    let reply = client.send(
        Method::Get,
        "/api/v1/agent?pagination[page_size]=0&environment_id=x",
        &[("accept", "application/problem+json")],
        b"",
    );
    let errors = &reply.json()["errors"];
    assert_eq!(errors[0]["parameter"], "environment_id");
    assert_eq!(errors[1]["parameter"], "pagination[page_size]");
    assert_eq!(errors[1]["pointer"], Value::Null);
}

#[test]
fn every_operation_refuses_a_body_over_the_limit() {
    let mut client = Client::default();
    let mut body = vec![b' '; crate::api::MAX_BODY + 1];
    body.splice(1..3, *b"{}");
    for method in [Method::Get, Method::Post] {
        assert_eq!(client.send(method, "/api/v1/agent", &[], &body).status, 413);
    }
    let id = client.create_agent("Scout");
    let path = format!("/api/v1/agent/{id}");
    assert_eq!(client.send(Method::Delete, &path, &[], &body).status, 413);
    assert_eq!(
        client.send(Method::Delete, &path, &[], &body[1..]).status,
        200
    );
}

#[test]
fn a_chosen_id_is_checked_against_the_account() {
    let mut client = Client::default();
    let mut send = |id: &str| {
        client.post(
            "/api/v1/agent",
            json!({"details": {"name": "x", "environment_id": DEFAULT_ENVIRONMENT, "id": id}}),
        )
    };
    let own = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
    assert_eq!(send(own).details()["id"], own);
    assert_eq!(send(own).paths(), ["details.id"]);
    assert_eq!(send(DEFAULT_ENVIRONMENT).paths(), ["details.id"]);
    assert_eq!(
        send("013xrzp12g0000000000000000000001").paths(),
        ["details.id"]
    );
    assert_eq!(
        client.get("/api/v1/agent").json()["pagination"]["item_count"],
        1
    );
}

#[test]
fn an_unknown_environment_is_an_issue_and_one_of_another_token_is_forbidden() {
    let mut client = Client::default();
    let body = |environment: &str| json!({"details": {"name": "x", "environment_id": environment}});
    let unknown = "013xrzp12g3nqk8nzxvq7jm2arsfg5hz";
    let reply = client.post("/api/v1/agent", body(unknown));
    assert_eq!(
        (reply.status, reply.paths()),
        (422, vec!["details.environment_id".to_owned()])
    );
    let reply = client.post("/api/v1/agent", body(DEFAULT_ACCOUNT));
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (422, "unexpected_ref_type")
    );

    client.as_token(ENVIRONMENT_TOKEN);
    for other in [unknown, OTHER_ENVIRONMENT] {
        let reply = client.post("/api/v1/agent", body(other));
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (403, "not_permitted")
        );
    }
    let reply = client.post("/api/v1/agent", json!({"details": {"name": "x"}}));
    assert_eq!(reply.details()["environment_id"], DEFAULT_ENVIRONMENT);
}

#[test]
fn objects_of_others_do_not_exist() {
    let mut client = Client::default();
    let id = client.create_agent("Scout");
    let nothing = client.get("/api/v1/agent/013xrzp12g3nqk8nx0y2vfkg4s3jp2qr");
    assert_eq!(
        (nothing.status, nothing.code().as_str()),
        (404, "not_found")
    );
    for token in [OTHER_ENVIRONMENT_TOKEN, STRANGER_TOKEN] {
        client.as_token(token);
        let path = format!("/api/v1/agent/{id}");
        for reply in [
            client.get(&path),
            client.get(&format!("/api/v1/agent/show?agent_id={id}")),
            client.put(&path, json!({"details": {"name": "y"}})),
            client.delete(&path),
            client.post(&format!("{path}/retire"), json!({})),
            client.post(&format!("{path}/reinstate"), json!({})),
        ] {
            assert_eq!(reply.status, 404);
            assert_eq!(reply.body, nothing.body);
        }
        assert_eq!(
            client.get("/api/v1/agent").json()["pagination"]["item_count"],
            0
        );
    }
    assert_eq!(client.get("/api/v1/agent/nonsense").status, 404);
    assert_eq!(
        client
            .get(&format!(
                "/api/v1/agent?environment_id={DEFAULT_ENVIRONMENT}"
            ))
            .json()["summaries"],
        json!([])
    );
}

#[test]
fn an_id_of_another_kind_is_refused_as_such() {
    let mut client = Client::default();
    let reply = client.get(&format!("/api/v1/agent/{DEFAULT_ENVIRONMENT}"));
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (422, "unexpected_ref_type")
    );
    client.as_token(STRANGER_TOKEN);
    assert_eq!(
        client
            .get(&format!("/api/v1/agent/{DEFAULT_ENVIRONMENT}"))
            .status,
        404
    );
}

#[test]
fn following_the_pages_visits_each_once_while_agents_are_created() {
    let mut client = Client::default();
    let before: Vec<String> = (0..120)
        .map(|n| client.create_agent(&format!("{n}")))
        .collect();
    let mut seen = Vec::new();
    let mut next = json!(0);
    while let Some(offset) = next.as_u64() {
        let json = client
            .get(&format!(
                "/api/v1/agent?pagination[page_size]=7&pagination[offset]={offset}"
            ))
            .json();
        for item in json["summaries"].as_array().unwrap() {
            seen.push(item["id"].as_str().unwrap().to_owned());
        }
        next = json["pagination"]["next_page_offset"].clone();
        if seen.len() < 200 {
            client.create_agent("late");
        }
    }
    assert_eq!(seen[..120], before);
    let mut unique = seen.clone();
    unique.dedup();
    assert_eq!(unique.len(), seen.len());
}

#[test]
fn allowed_origins_get_cors_headers() {
    let mut client = Client::new(&["https://app.example"]);
    let preflight = |client: &mut Client, origin: &str| {
        client.send(
            Method::Options,
            "/api/v1/agent",
            &[
                ("origin", origin),
                ("access-control-request-method", "POST"),
                (
                    "access-control-request-headers",
                    "authorization, content-type, x-prefactor-sdk",
                ),
            ],
            b"",
        )
    };
    let yes = preflight(&mut client, "https://app.example");
    assert_eq!((yes.status, yes.body.len()), (204, 0));
    assert_eq!(
        yes.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(
        yes.header("access-control-allow-methods"),
        Some("GET, HEAD, POST, OPTIONS")
    );
    assert_eq!(
        yes.header("access-control-allow-headers"),
        Some("authorization, content-type, x-prefactor-sdk")
    );
    let no = preflight(&mut client, "https://evil.example");
    assert_eq!(no.status, 204);
    assert_eq!(no.header("access-control-allow-origin"), None);
    let reply = client.send(
        Method::Get,
        "/api/v1/agent",
        &[("origin", "https://app.example")],
        b"",
    );
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(reply.header("vary"), Some("origin"));
    let mut client = Client::default();
    assert_eq!(
        preflight(&mut client, "https://app.example").header("access-control-allow-origin"),
        None
    );
}

#[test]
fn a_snapshot_holds_everything() {
    let mut client = Client::default();
    let mut body = new_agent();
    body["idempotency_key"] = json!("key-1");
    let first = client.post("/api/v1/agent", body.clone());
    let id = client.create_agent("Scout");
    client.post(&format!("/api/v1/agent/{id}/retire"), json!({}));
    let list = client.get("/api/v1/agent");
    let snapshot = client.service.registrar().snapshot().unwrap();
    let next = client.create_agent("later");

    client.service.registrar_mut().restore(&snapshot).unwrap();
    assert_eq!(client.create_agent("later"), next, "the same from here on");

    let mut client = Client::default();
    client.service.registrar_mut().restore(&snapshot).unwrap();
    assert_eq!(client.get("/api/v1/agent").body, list.body);
    assert_eq!(client.post("/api/v1/agent", body).body, first.body);
    assert!(client.create_agent("new") > id);

    fn refuse(client: &mut Client, bytes: &[u8]) {
        let restored = client.service.registrar_mut().restore(bytes);
        assert!(matches!(restored, Err(SnapshotError::Refused)));
    }
    let before = client.service.registrar().snapshot().unwrap();
    for length in 0..snapshot.len() {
        refuse(&mut client, &snapshot[..length]);
    }
    let more = [&snapshot[..], &[0]].concat();
    refuse(&mut client, &more);
    for at in 0..snapshot.len() {
        let mut damaged = snapshot.clone();
        damaged[at] ^= 1;
        refuse(&mut client, &damaged);
    }
    assert_eq!(client.service.registrar().snapshot().unwrap(), before);
}

#[test]
fn reset_removes_every_record() {
    let mut client = Client::default();
    let first = client.create_agent("Scout");
    let second = client.create_agent("Scout");
    client
        .service
        .registrar_mut()
        .reset(moment(NOW_MS))
        .unwrap();
    let third = client.create_agent("Scout");
    assert!(third > second, "ids go on");
    client
        .service
        .registrar_mut()
        .restart(moment(NOW_MS))
        .unwrap();
    assert_eq!(
        client.create_agent("Scout"),
        first,
        "the same seed gives the same ids"
    );
    assert_eq!(client.get(&format!("/api/v1/agent/{second}")).status, 404);
}

/// A client of one account whose environment has no id in the configuration, and a token for that environment: its id
/// follows from seed and time.
fn client_of_a_made_environment(seed: &str) -> (Client, String) {
    let service = |tokens: Value| {
        let config = json!({"accounts": [{"id": DEFAULT_ACCOUNT}], "tokens": tokens, "seed": seed.repeat(32)});
        Service::new(
            Config::from_json(config.to_string().as_bytes()).unwrap(),
            moment(NOW_MS),
        )
        .unwrap()
    };
    let (_, environment) = service(json!([])).registrar().defaults().unwrap().unwrap();
    let environment = environment.unwrap().to_string();
    let token = json!({"token": ENVIRONMENT_TOKEN, "environment_id": environment});
    let client = Client {
        service: service(json!([{"token": ACCOUNT_TOKEN}, token])),
        ..Client::default()
    };
    (client, environment)
}

fn default_environment(client: &Client) -> Option<String> {
    let (_, environment) = client.service.registrar().defaults().unwrap().unwrap();
    environment.map(|id| id.to_string())
}

#[test]
fn reset_keeps_the_ids_of_environments() {
    let (mut client, environment) = client_of_a_made_environment("01");
    client.as_token(ENVIRONMENT_TOKEN);
    let body = json!({"details": {"name": "Scout"}});
    let first = client.post("/api/v1/agent", body.clone()).details();
    assert_eq!(first["environment_id"], *environment);
    for later in [0.0, 1_000.0, 2_000.0] {
        let now = moment(NOW_MS + later);
        client.service.registrar_mut().reset(now).unwrap();
        assert_eq!(default_environment(&client), Some(environment.clone()));
        let again = client.post("/api/v1/agent", body.clone()).details();
        assert_eq!(again["environment_id"], *environment);
        assert_ne!(again["id"], first["id"]);
    }
}

#[test]
fn restoring_moves_tokens_to_the_environments_of_the_snapshot() {
    let (mut first, environment) = client_of_a_made_environment("01");
    first.as_token(ENVIRONMENT_TOKEN);
    let body = json!({"details": {"name": "Scout"}});
    let agent = first.post("/api/v1/agent", body.clone()).details();
    let snapshot = first.service.registrar().snapshot().unwrap();

    let (mut second, other) = client_of_a_made_environment("02");
    assert_ne!(environment, other);
    second.as_token(ENVIRONMENT_TOKEN);
    assert_eq!(second.post("/api/v1/agent", body.clone()).status, 200);
    for _ in 0..2 {
        second.service.registrar_mut().restore(&snapshot).unwrap();
        assert_eq!(default_environment(&second), Some(environment.clone()));
        let list = second.get("/api/v1/agent").json();
        assert_eq!(list["summaries"][0]["id"], agent["id"]);
        let new = second.post("/api/v1/agent", body.clone()).details();
        assert_eq!(new["environment_id"], *environment);
        let path = format!("/api/v1/environment/{other}");
        assert_eq!(second.as_token(ACCOUNT_TOKEN).get(&path).status, 404);
        second.as_token(ENVIRONMENT_TOKEN);
    }
    second
        .service
        .registrar_mut()
        .reset(moment(NOW_MS))
        .unwrap();
    assert_eq!(second.post("/api/v1/agent", body).status, 200);
}

#[test]
fn a_snapshot_fits_configurations_with_other_environments() {
    const B: &str = "013xrzp12g0000000000000000000000";
    const OF_B: &str = "013xrzp12g0000000000000000000001";
    let service = |environments: [Value; 2], seed: &str| {
        let [of_a, of_b] = environments;
        let config = json!({
            "accounts": [
                {"id": DEFAULT_ACCOUNT, "environments": of_a},
                {"id": B, "environments": of_b},
            ],
            "tokens": [{"token": ACCOUNT_TOKEN}],
            "seed": seed.repeat(32),
        });
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        Service::new(config, moment(NOW_MS)).unwrap()
    };
    let named = |id: &str| json!([{"id": id}]);
    let made = |count: usize| Value::Array(vec![json!({}); count]);
    let all = [
        [made(1), named(OF_B)],
        [made(2), named(OF_B)],
        [named(DEFAULT_ENVIRONMENT), made(1)],
        [made(1), made(1)],
        [made(0), made(2)],
    ];
    for from in &all {
        for to in &all {
            let mut client = Client {
                service: service(from.clone(), "01"),
                ..Client::default()
            };
            let list = client.get("/api/v1/environment").json();
            let snapshot = client.service.registrar().snapshot().unwrap();
            client.service = service(to.clone(), "02");
            client.service.registrar_mut().restore(&snapshot).unwrap();
            assert_eq!(
                client.get("/api/v1/environment").json(),
                list,
                "{from:?} {to:?}"
            );
            client
                .service
                .registrar_mut()
                .reset(moment(NOW_MS))
                .unwrap();
            let count =
                client.get("/api/v1/environment").json()["pagination"]["item_count"].clone();
            assert_eq!(count, to[0].as_array().unwrap().len());
        }
    }
}

#[test]
fn the_default_environment_is_one_that_exists() {
    let mut client = Client::default();
    assert_eq!(
        default_environment(&client).as_deref(),
        Some(DEFAULT_ENVIRONMENT)
    );
    for (gone, left) in [
        (DEFAULT_ENVIRONMENT, Some(OTHER_ENVIRONMENT.to_owned())),
        (OTHER_ENVIRONMENT, None),
    ] {
        client.delete(&format!("/api/v1/environment/{gone}"));
        assert_eq!(default_environment(&client), left);
        let snapshot = client.service.registrar().snapshot().unwrap();
        let mut other = Client::default();
        other.service.registrar_mut().restore(&snapshot).unwrap();
        assert_eq!(default_environment(&other), left);
    }
}

#[test]
fn ids_depend_only_on_operations_that_generate_ids() {
    let mut quiet = Client::default();
    let mut busy = Client::default();
    let mut requests = Vec::new();
    for path in ["/api/v1/ping", "/api/v1/agent", "/nowhere"] {
        let reply = busy.get(path);
        requests.push(reply.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(quiet.create_agent("Scout"), busy.create_agent("Scout"));
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), 3);
}

mod anything {
    use super::*;
    use proptest::prelude::*;

    fn pick(choices: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        prop::sample::select(choices)
    }

    /// Values that are valid, nearly valid and invalid.
    fn value() -> impl Strategy<Value = &'static str> {
        pick(&[
            "null",
            "true",
            "1",
            "\"\"",
            "\"x\"",
            "\" \\u0000\"",
            "\"\\ud800\"",
            "[]",
            "{}",
            "{\"a\":[{\"b\":1}]}",
            "\"key-12345\"",
            "\"2026-05-07T10:00:00Z\"",
            "\"complete\"",
            "\"active\"",
            "\"agents/create\"",
            "\"013xrzp12g3nqk8nzxvq7jm2arsfg5h1\"",
            "\"013xrzp12g3nqk8nyt0q8s8a1vd3p7wk\"",
            "\"013xrzp12g3nqk8nx0y2vfkg4s3jp2qr\"",
        ])
    }

    fn object() -> impl Strategy<Value = String> {
        let key = pick(&[
            "name",
            "environment_id",
            "account_id",
            "agent_id",
            "agent_instance_id",
            "id",
            "description",
            "idempotency_key",
            "current_version_id",
            "external_identifier",
            "schema_name",
            "status",
            "payload",
            "timestamp",
            "count",
            "_type",
        ]);
        prop::collection::hash_map(key, value(), 0..6).prop_map(|members| {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("\"{key}\":{value}"))
                .collect();
            format!("{{{}}}", members.join(","))
        })
    }

    fn body() -> impl Strategy<Value = String> {
        let named = |key: &'static str| {
            (object(), object()).prop_map(move |(outer, inner)| {
                let outer = outer.trim_end_matches('}');
                let comma = if outer.len() > 1 { "," } else { "" };
                format!("{outer}{comma}\"{key}\":{inner}}}")
            })
        };
        prop_oneof![
            object(),
            named("details"),
            named("agent_version"),
            object().prop_map(|item| format!("{{\"items\":[{item}]}}")),
            ".{0,20}",
        ]
    }

    fn target() -> impl Strategy<Value = String> {
        (
            pick(&[
                "agent",
                "agent_instance",
                "agent_spans",
                "agent_version",
                "agent_schema_version",
                "environment",
                "account",
                "pfid",
                "ping",
                "bulk",
            ]),
            pick(&[
                "",
                "/show",
                "/register",
                "/generate",
                "/%ff",
                "/013xrzp12g3nqk8nzxvq7jm2arsfg5h1",
                "/013xrzp12g3nqk8nyt0q8s8a1vd3p7wk",
                "/013xrzp12g3nqk8nx0y2vfkg4s3jp2qr",
            ]),
            pick(&["", "/retire", "/reinstate", "/start", "/finish"]),
            pick(&[
                "",
                "?",
                "?agent_id=013xrzp12g3nqk8nx0y2vfkg4s3jp2qr",
                "?pagination[offset]=99999999999999999999",
                "?pagination[offset]=18446744073709551615&pagination[page_size]=1",
                "?sorting=-status",
                "?%&=&&sorting[direction]=%",
            ]),
        )
            .prop_map(|(resource, id, action, query)| {
                format!("/api/v1/{resource}{id}{action}{query}")
            })
    }

    proptest! {
        /// Every answer is JSON, and none has status 500 or above.
        #[test]
        fn that_is_sent_has_an_answer(
            requests in prop::collection::vec((0..8_usize, target(), body(), 0..2_usize), 1..12)
        ) {
            let mut client = Client::default();
            client.post("/api/v1/agent", json!({"details": {
                "name": "x",
                "environment_id": DEFAULT_ENVIRONMENT,
                "id": "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr",
            }}));
            for (method, target, body, token) in requests {
                client.token = [ACCOUNT_TOKEN, ENVIRONMENT_TOKEN][token];
                let method = [
                    Method::Get,
                    Method::Post,
                    Method::Put,
                    Method::Delete,
                    Method::Post,
                    Method::Options,
                    Method::Patch,
                    Method::Post,
                ][method];
                let reply = client.send(method, &target, &[], body.as_bytes());
                prop_assert!(reply.status < 500, "{method:?} {target} {body}: {}", reply.text());
                if reply.status != 204 {
                    let json = reply.json();
                    let status = if reply.status == 200 { "success" } else { "error" };
                    prop_assert_eq!(&json["status"], status);
                }
            }
        }
    }
}

/// A store that fails at any call: the answer is a 503 and nothing is left behind.
mod a_failing_store {
    use super::*;
    use crate::registrar::testing::{Budget, FailingStore};

    fn client() -> (Client, Budget) {
        let (store, budget) = FailingStore::new();
        let config = json!({
            "accounts": [{"id": DEFAULT_ACCOUNT, "environments": [{"id": DEFAULT_ENVIRONMENT}]}],
            "tokens": [{"token": ACCOUNT_TOKEN}],
            "seed_text": "seed",
        });
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        let service = Service::open(config, Box::new(store), moment(NOW_MS)).unwrap();
        let client = Client {
            service,
            ..Client::default()
        };
        (client, budget)
    }

    /// Every agent in the outputs of a bulk request exists.
    fn nothing_reported_was_rolled_back(client: &mut Client, bulk: &Value) {
        let outputs = bulk["outputs"].as_object().unwrap();
        for output in outputs.values().filter(|it| it["status"] == "success") {
            let id = output["details"]["id"].as_str().unwrap();
            let reply = client.get(&format!("/api/v1/agent/{id}"));
            assert_eq!(reply.status, 200, "{output}");
        }
    }

    /// Sends a request that fails after 0 calls, 1 call and so on, until it succeeds.
    fn insist(client: &mut Client, budget: &Budget, path: &str, body: &Value) -> Reply {
        for calls in 0.. {
            budget.set(calls);
            let reply = client.post(path, body.clone());
            budget.unlimited();
            let cause = client.service.take_cause();
            let Some(cause) = cause else {
                return reply;
            };
            assert!(cause.ends_with("the disk is gone"), "{path} {calls}");
            if reply.status != 200 {
                assert_eq!((reply.status, reply.code().as_str()), (503, "unexpected"));
                assert_eq!(reply.header("retry-after"), Some("5"));
                assert!(!reply.text().contains("disk"));
            } else if path == "/api/v1/bulk" {
                nothing_reported_was_rolled_back(client, &reply.json());
            }
        }
        unreachable!("the loop ends with an answer");
    }

    #[test]
    fn a_failed_request_leaves_nothing() {
        let (mut failing, budget) = client();
        let (mut twin, _) = client();
        let mut both = |path: &str, body: Value| {
            let reply = insist(&mut failing, &budget, path, &body);
            assert_eq!(reply.body, twin.post(path, body.clone()).body);
            let again = failing.post(path, body);
            assert_eq!(again.body, reply.body);
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
            reply.json()
        };
        let details = |name: &str| json!({"name": name, "environment_id": DEFAULT_ENVIRONMENT});
        let body = json!({"details": details("Ada"), "idempotency_key": "create-1"});
        let agent = both("/api/v1/agent", body)["details"]["id"].clone();
        let version = json!({"external_identifier": "1"});
        let body =
            json!({"agent_id": agent, "agent_version": version, "idempotency_key": "register-1"});
        let instance = both("/api/v1/agent_instance/register", body)["details"]["id"].clone();
        let span = json!({"agent_instance_id": instance, "schema_name": "s", "status": "active", "payload": {}});
        let body = json!({"details": span, "idempotency_key": "create-2"});
        both("/api/v1/agent_spans", body);
        // Each item is a unit of its own: what the failed attempts carried out is replayed for the items' keys.
        let item = |name: &str| json!({"_type": "agents/create", "idempotency_key": format!("bulk-{name}"), "details": details(name)});
        let body = json!({"items": [item("Bob"), item("Eve"), item("Mallory")], "idempotency_key": "bulk-all"});
        both("/api/v1/bulk", body);
        let count = |client: &mut Client| {
            let list = client.get("/api/v1/agent").json();
            list["pagination"]["item_count"].clone()
        };
        assert_eq!(count(&mut failing), 4);
        assert_eq!(count(&mut twin), 4);
    }
}
