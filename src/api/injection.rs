//! No byte of a caller gets into a head, or into a line of a log, unescaped, from wherever it is in a request.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::testing::{ACCOUNT_TOKEN, Client, ENVIRONMENT_TOKEN};
use super::{Method, route};
use crate::api::operation::Path;

/// Every header that an answer can have.
const HEADERS: &[&str] = &[
    "x-request-id",
    "cache-control",
    "x-content-type-options",
    "content-type",
    "vary",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "allow",
    "accept-encoding",
    "www-authenticate",
    "retry-after",
    "idempotency-replayed",
];

/// The headers of a request that are read.
const READ: &[&str] = &[
    "authorization",
    "content-type",
    "accept",
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
    "content-encoding",
];

/// The members of bodies, and the parameters of queries.
const MEMBERS: &[&str] = &[
    "name",
    "description",
    "environment_id",
    "account_id",
    "agent_id",
    "agent_instance_id",
    "agent_version_id",
    "parent_span_id",
    "id",
    "idempotency_key",
    "external_identifier",
    "schema_name",
    "status",
    "payload",
    "result_payload",
    "timestamp",
    "started_at",
    "start_time",
    "end_time",
    "expires_at",
    "token_scope",
    "count",
    "_type",
    "sorting",
    "pagination[offset]",
    "include_counts",
];

/// Marks what a caller sent.
const MARK: &str = "Injected";

/// Texts that would end a line, a head or a JSON string, or that a terminal obeys.
fn hostile() -> Vec<String> {
    let endings = [
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u{1b}[2J",
        "\u{85}",
        "\u{2028}",
        "\u{7f}",
        "\"",
        "\\",
        "\t",
        "é",
        "\u{1f980}",
        ": ",
        ",",
        ";",
        "%0d%0a",
        "\\r\\n",
    ];
    endings
        .iter()
        .map(|it| format!("x{it}{MARK}: 1{it}{it}"))
        .collect()
}

fn trace_of(client: &Client) -> Option<&'static str> {
    client.service.trace().operation
}

/// Sends a request with a text in one place and checks the whole answer.
fn check(client: &mut Client, method: Method, target: &str, headers: &[(&str, &str)], body: &str) {
    let reply = client.send(method, target, headers, body.as_bytes());
    let what = || {
        format!(
            "{method:?} {target:?} {headers:?} {body:?}: {:?}",
            reply.head
        )
    };
    assert!(reply.status < 500, "{}", what());
    let mut names: Vec<_> = reply.head.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.iter().all(|name| HEADERS.contains(name)),
        "{}",
        what()
    );
    for (name, value) in &reply.head {
        assert!(
            value.bytes().all(|it| (0x20..0x7f).contains(&it)),
            "{}",
            what()
        );
        // Echoed for pages of allowed origins, where a header can carry it.
        if ![
            "access-control-allow-origin",
            "access-control-allow-headers",
        ]
        .contains(&name.as_str())
        {
            assert!(!value.contains(MARK), "{}", what());
        }
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), reply.head.len(), "{}", what());
    // The OpenAPI document is a constant, and long.
    if !reply.body.is_empty() && trace_of(client) != Some("openapi") {
        let parsed: Result<Value, _> = serde_json::from_slice(&reply.body);
        assert!(parsed.is_ok(), "{}: {}", what(), reply.text());
    }
    // Of the log, the caller chooses nothing.
    let is_known =
        |name| name == "bulk" || route::all().any(|(_, operation)| operation.name == name);
    assert!(trace_of(client).is_none_or(is_known), "{}", what());
    assert_eq!(client.service.take_cause(), None, "{}", what());
}

/// A text as it stands in a target: spaces and line breaks cannot.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn check_all(client: &mut Client, text: &str) {
    for (resource, operation) in route::all() {
        let path = |id: &str| match operation.path {
            Path::Item => format!("/api/v1/{resource}/{id}"),
            Path::Action(word) => format!("/api/v1/{resource}/{id}/{word}"),
            Path::Word(word) => format!("/api/v1/{resource}/{word}"),
            Path::Collection | Path::Any => format!("/api/v1/{resource}"),
        };
        let method = operation.method;
        let plain = path("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr");
        for id in [text.to_owned(), encoded(text)] {
            check(client, method, &path(&id), &[], "{}");
            check(client, method, &format!("{plain}?{id}={id}"), &[], "{}");
        }
        for header in READ {
            check(client, method, &plain, &[(header, text)], "{}");
            check(
                client,
                Method::Options,
                &plain,
                &[("origin", "https://a.example"), (header, text)],
                "",
            );
        }
        let problem = ("accept", "application/problem+json");
        let parameters: Vec<_> = MEMBERS
            .iter()
            .map(|name| format!("{name}={}", encoded(text)))
            .collect();
        let target = format!("{plain}?{}", parameters.join("&"));
        check(client, method, &target, &[problem], "{}");
        let members: Map<String, Value> = MEMBERS
            .iter()
            .copied()
            .chain([text])
            .map(|name| (name.to_owned(), text.into()))
            .collect();
        let mut nested = members.clone();
        for outer in ["details", "agent_version", "agent_schema_version"] {
            nested.insert(outer.to_owned(), members.clone().into());
        }
        nested.insert("items".to_owned(), json!([members]));
        let nested = Value::from(nested).to_string();
        check(client, method, &plain, &[], &nested);
        check(client, method, &plain, &[problem], &nested);
        check(client, method, &plain, &[], text);
    }
}

#[test]
fn no_text_of_a_caller_gets_into_a_head_from_anywhere_in_any_operation() {
    let mut clients = [&["*"][..], &[]].map(Client::new);
    clients[1].as_token(ENVIRONMENT_TOKEN);
    for client in &mut clients {
        for text in hostile() {
            check_all(client, &text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn nor_does_any_other_text(text in "[\\x00-\\x7f\u{80}-\u{a0}\u{2028}]{0,24}") {
        check_all(&mut Client::new(&["*"]), &text);
    }
}

/// The order of the checks of a preflight: the path first, then the origin; no token, no body and no method is looked at.
#[test]
fn a_preflight_tells_a_page_of_another_origin_nothing_but_the_methods_of_the_path() {
    let asks = |origin| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization"),
        ]
    };
    let cors_headers = |reply: &super::testing::Reply| {
        reply
            .head
            .iter()
            .filter(|(name, _)| name.starts_with("access-control-"))
            .count()
    };
    // By default no origin is allowed, and the answer does not even depend on it.
    let mut client = Client::new(&[]);
    for origin in ["https://a.example", "null", "*", ""] {
        let reply = client.send(Method::Options, "/api/v1/agent", &asks(origin), b"");
        assert_eq!(
            (reply.status, cors_headers(&reply), reply.header("vary")),
            (204, 0, None)
        );
        let reply = client.send(Method::Get, "/api/v1/agent", &asks(origin), b"");
        assert_eq!((reply.status, cors_headers(&reply)), (200, 0));
    }
    let mut client = Client::new(&["https://a.example"]);
    for (origin, target, token, status, expected) in [
        ("https://a.example", "/api/v1/agent", ACCOUNT_TOKEN, 204, 5),
        ("https://a.example", "/api/v1/agent", "made up", 204, 5),
        ("https://a.example", "/healthz", "made up", 204, 5),
        ("https://b.example", "/api/v1/agent", ACCOUNT_TOKEN, 204, 0),
        (
            "https://a.example.b.example",
            "/api/v1/agent",
            ACCOUNT_TOKEN,
            204,
            0,
        ),
        ("HTTPS://a.example", "/api/v1/agent", ACCOUNT_TOKEN, 204, 0),
        ("*", "/api/v1/agent", ACCOUNT_TOKEN, 204, 0),
        // The reason why the preflight fails can be read: there is no such path.
        (
            "https://a.example",
            "/api/v1/nothing",
            ACCOUNT_TOKEN,
            404,
            2,
        ),
        (
            "https://b.example",
            "/api/v1/nothing",
            ACCOUNT_TOKEN,
            404,
            0,
        ),
    ] {
        client.as_token(token);
        // A body that no operation would take.
        let reply = client.send(Method::Options, target, &asks(origin), &[0xff; 64]);
        assert_eq!(
            (reply.status, cors_headers(&reply)),
            (status, expected),
            "{origin} {target}"
        );
        assert_eq!(reply.header("access-control-allow-credentials"), None);
    }
}
