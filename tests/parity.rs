//! The same fields as native values and as JSON bytes over HTTP get the same verdict, for all values and all spellings
//! of the JSON.

#![cfg(feature = "service")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "shared/texts.rs"]
mod texts;

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::model::pfid::Pfid;
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::registrar::Config;
use agent_registrar::rules::{
    CreateAgentFields, Field, Given, IssueReason, IssueSet, Presence, UpdateAgentFields,
    create_agent, description, idempotency_key, name, update_agent,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use texts::{FILLERS, ODD, json_string};

const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

/// The value of a key.
#[derive(Clone, Debug)]
enum Piece {
    Absent,
    Null,
    /// A text, and for each of its UTF-16 units whether it is written as an escape (repeated cyclically).
    Is(String, Vec<bool>),
    /// JSON of another type.
    Other(&'static str),
    /// The content of a string that is well-formed JSON and ill-formed Unicode.
    NotWellFormed(&'static str),
}

impl Piece {
    fn text(&self) -> Given<'_> {
        match self {
            Piece::Absent => Given::Absent,
            Piece::Null => Given::Null,
            Piece::Is(text, _) => Given::Text(text),
            Piece::Other(_) => Given::WrongType,
            Piece::NotWellFormed(_) => Given::NotWellFormed,
        }
    }

    fn json(&self) -> Option<String> {
        match self {
            Piece::Absent => None,
            Piece::Null => Some("null".to_owned()),
            Piece::Is(text, escaped) => {
                let is_escaped = |index: usize| escaped[index % escaped.len()];
                Some(json_string(text, is_escaped))
            }
            Piece::Other(json) => Some((*json).to_owned()),
            Piece::NotWellFormed(raw) => Some(format!("\"{raw}\"")),
        }
    }
}

fn is(text: impl Strategy<Value = String>) -> impl Strategy<Value = Piece> {
    (text, prop::collection::vec(any::<bool>(), 1..4))
        .prop_map(|(text, escaped)| Piece::Is(text, escaped))
}

fn other() -> impl Strategy<Value = Piece> {
    prop_oneof![
        select(
            &[
                "true",
                "false",
                "0",
                "-0.0e-0",
                "1e999",
                "[]",
                "{}",
                "[\"a\"]",
                r#"{"name":"a"}"#,
                r#"["\ud800"]"#
            ][..]
        )
        .prop_map(Piece::Other),
        select(
            &[
                r"\ud800",
                r"\udfff",
                r"a\uD83D",
                r"\ud83d\ud83d\ude00",
                r"\ude00\ud83d",
                r" \uDBFF\n",
                r"\ud800\u0041"
            ][..]
        )
        .prop_map(Piece::NotWellFormed),
        Just(Piece::Null),
        Just(Piece::Absent),
    ]
}

/// Boundary characters: a few, or about as many as a limit allows.
fn text(limit: usize) -> impl Strategy<Value = Piece> {
    let few = prop::collection::vec(select(ODD), 0..6).prop_map(|pieces| pieces.concat());
    let many = (
        prop::collection::vec(select(ODD), 0..3),
        select(FILLERS),
        limit.saturating_sub(4)..limit + 4,
        prop::collection::vec(select(ODD), 0..3),
    )
        .prop_map(|(before, filler, count, after)| {
            before.concat() + &filler.repeat(count) + &after.concat()
        });
    prop_oneof![
        4 => is(few),
        3 => is(many),
        2 => is(Just("Support bot".to_owned())),
        1 => other(),
    ]
}

/// PFIDs, and texts that are almost PFIDs.
fn pfid(good: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = Piece> {
    let almost = (0..32_usize, select(ODD))
        .prop_map(|(at, nasty)| {
            let tail = ENVIRONMENT.get(at + 1..).unwrap_or_default();
            format!("{}{nasty}{tail}", &ENVIRONMENT[..at])
        })
        // The replacement may equal the replaced character.
        .prop_filter("an id after all", |text| text.parse::<Pfid>().is_err());
    prop_oneof![
        4 => is(good),
        1 => is(almost),
        // A valid PFID would name an object that does not exist, which no rule checks.
        1 => is("[0-9a-z]{31,33}".prop_map(|text| format!("i{}", &text[1..]))),
        1 => is(select(ODD).prop_map(str::to_owned)),
        1 => other(),
    ]
}

fn partition() -> impl Strategy<Value = String> {
    // The account's partition, and partitions that differ in one bit.
    (
        "[0-7][0-9a-hjkmnp-tv-z]{9}",
        select(&["3nqk8n", "3nqk8n", "3nqk8p", "000000", "zzzzzz"][..]),
        "[0-9a-hjkmnp-tv-z]{16}",
    )
        .prop_map(|(time, partition, random)| time + partition + &random)
}

/// The kind of `details`.
fn presence() -> impl Strategy<Value = (Presence, &'static str)> {
    prop_oneof![
        12 => Just((Presence::Present, "")),
        1 => Just((Presence::Absent, "")),
        1 => Just((Presence::Null, "null")),
        1 => select(&["[]", "\"details\"", "0", "false", r#"[{"name":"a"}]"#][..]).prop_map(|json| (Presence::WrongType, json)),
    ]
}

/// Members with unknown keys.
fn strangers() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    prop::sample::subsequence(
        vec![
            ("__proto__", r#"{"name":"","idempotency_key":""}"#),
            ("constructor", "1"),
            ("", "null"),
            ("Name", "\"\""),
            ("name ", "[[[]]]"),
            ("details.name", "\"\\ud800\""),
            ("idempotencyKey", "1e999"),
        ],
        0..=7,
    )
}

/// An object of these members, rotated by `turn`.
fn object<'a>(
    known: impl IntoIterator<Item = (&'a str, Option<String>)>,
    strangers: &[(&'a str, &str)],
    turn: usize,
) -> String {
    let mut members: Vec<String> = known
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .chain(
            strangers
                .iter()
                .map(|(key, value)| (*key, (*value).to_owned())),
        )
        .map(|(key, value)| {
            format!(
                " {}\t:\n{value}\r",
                json_string(key, |place| place % 2 == 0 && turn % 2 == 1)
            )
        })
        .collect();
    let length = members.len().max(1);
    members.rotate_left(turn % length);
    format!("{{{}}}", members.join(","))
}

fn send(
    method: Method,
    target: &str,
    token: &str,
    body: &str,
    service: &mut Service,
) -> (u16, Value) {
    let authorization = format!("Bearer {token}");
    let mut answer = Answer::new();
    service.handle(
        &Request {
            method,
            target,
            authorization: Some(&authorization),
            content_type: Some("application/json"),
            accept: None,
            origin: None,
            requested_method: None,
            requested_headers: None,
            content_encoding: None,
            body: body.as_bytes(),
            now: Timestamp::from_millis(1_778_148_000_000).unwrap(),
        },
        &mut answer,
    );
    (
        answer.status(),
        serde_json::from_slice(answer.body()).unwrap(),
    )
}

fn service() -> Service {
    let config = json!({
        "tokens": [{"token": "account"}, {"token": "environment", "environment_id": ENVIRONMENT}],
        "seed": "0".repeat(64),
    });
    Service::new(
        Config::from_json(config.to_string().as_bytes()).unwrap(),
        Timestamp::from_millis(1_778_148_000_000).unwrap(),
    )
    .unwrap()
}

/// The `errors` of a verdict over HTTP.
fn errors(issues: IssueSet) -> Value {
    let mut errors = serde_json::Map::new();
    for issue in issues.issues() {
        let messages = errors.entry(issue.path).or_insert_with(|| json!([]));
        messages.as_array_mut().unwrap().push(json!(issue.message));
    }
    errors.into()
}

fn same_verdict(issues: IssueSet, (status, answer): (u16, Value)) -> Result<(), TestCaseError> {
    prop_assert_eq!(
        status,
        if issues.is_empty() { 200 } else { 422 },
        "{}",
        answer
    );
    if !issues.is_empty() {
        prop_assert_eq!(&answer["code"], "validation_errors");
        prop_assert_eq!(&answer["errors"], &errors(issues));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn create(
        (present, otherwise) in presence(),
        name in text(name::LIMIT),
        environment_id in pfid(Just(ENVIRONMENT.to_owned())),
        description in text(description::LIMIT),
        id in pfid(partition()),
        idempotency_key in text(idempotency_key::LIMIT),
        strangers in strangers(),
        turn in 0..12_usize,
        scoped: bool,
    ) {
        let fields = CreateAgentFields {
            details: present,
            name: name.text(),
            environment_id: environment_id.text(),
            description: description.text(),
            id: id.text(),
            idempotency_key: idempotency_key.text(),
        };
        let default = scoped.then(|| ENVIRONMENT.parse().unwrap());
        let details = match present {
            Presence::Present => Some(object(
                [
                    ("name", name.json()),
                    ("environment_id", environment_id.json()),
                    ("description", description.json()),
                    ("id", id.json()),
                ],
                &strangers,
                turn,
            )),
            Presence::Absent => None,
            _ => Some(otherwise.to_owned()),
        };
        let body = object([("details", details), ("idempotency_key", idempotency_key.json())], &strangers, turn);
        let token = if scoped { "environment" } else { "account" };
        let answer = send(Method::Post, "/api/v1/agent", token, &body, &mut service());
        let mut issues = create_agent(&fields, default);
        // The service knows the account's partition without an environment.
        if let (Presence::Present, Given::Text(id)) = (present, fields.id)
            && let (Ok(id), Ok(account)) = (Pfid::parse(id), Pfid::parse(ENVIRONMENT))
            && id.partition() != account.partition()
        {
            issues.insert(Field::Id, IssueReason::ForeignPartition);
        }
        same_verdict(issues, answer)?;
    }

    #[test]
    fn update(
        (present, otherwise) in presence(),
        name in text(name::LIMIT),
        description in text(description::LIMIT),
        version in pfid(Just("7".to_owned())),
        idempotency_key in text(idempotency_key::LIMIT),
        strangers in strangers(),
        turn in 0..12_usize,
    ) {
        let fields = UpdateAgentFields {
            details: present,
            name: name.text(),
            description: description.text(),
            current_version_id: version.text(),
            idempotency_key: idempotency_key.text(),
        };
        let details = match present {
            Presence::Present => Some(object(
                [("name", name.json()), ("description", description.json()), ("current_version_id", version.json())],
                &strangers,
                turn,
            )),
            Presence::Absent => None,
            _ => Some(otherwise.to_owned()),
        };
        let body = object([("details", details), ("idempotency_key", idempotency_key.json())], &strangers, turn);
        let mut service = service();
        let agent = json!({"details": {"name": "Support bot", "environment_id": ENVIRONMENT}}).to_string();
        let (_, made) = send(Method::Post, "/api/v1/agent", "account", &agent, &mut service);
        let target = format!("/api/v1/agent/{}", made["details"]["id"].as_str().unwrap());
        let answer = send(Method::Put, &target, "account", &body, &mut service);
        same_verdict(update_agent(&fields), answer)?;
    }

    /// Random bytes, some of them almost JSON, are refused with a status below 500.
    #[test]
    fn noise(bytes in prop::collection::vec(select(br#"{}[]",:\ud8e1-tfn 0"#.to_vec()), 0..60)) {
        let body = String::from_utf8(bytes).unwrap();
        let (status, _) = send(Method::Post, "/api/v1/agent", "account", &body, &mut service());
        let is_object = serde_json::from_str::<&serde_json::value::RawValue>(&body).is_ok_and(|raw| raw.get().starts_with('{'));
        prop_assert!(status == 400 || (status == 422 && is_object), "{}: {}", status, body);
    }
}
