//! Runs the bodies in `tests/corpus` through the native rules and through the native HTTP handler: one verdict.
//!
//! The rules get their fields from serde_json here, the handler reads with the project's own reader, and the
//! JavaScript API runs the same files in `tests/package`.

#![cfg(all(feature = "service", feature = "json"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, HashSet};

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::model::pfid::Pfid;
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::registrar::Config;
use agent_registrar::rules::characters::trim;
use agent_registrar::rules::{
    self, CreateAgentFields, Given, IssueKind, IssueSet, Presence, UpdateAgentFields, create_agent,
    update_agent,
};
use agent_registrar::store::{MemoryStore, Store};
use agent_registrar::{Input, Invalid, Valid, validate_create_agent, validate_update_agent};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    body: Option<Box<RawValue>>,
    raw: Option<String>,
    options: Option<Options>,
    http: Option<Exception>,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(rename = "environmentId")]
    environment_id: String,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Exception {
    Validator,
    UnknownEnvironment,
    OtherEnvironment,
    UnknownVersion,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    ok: bool,
    value: Option<Value>,
    issues: Option<Vec<Issue>>,
    /// Not reported over HTTP.
    ignored: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issue {
    path: Vec<String>,
    code: String,
    reason: String,
    params: Option<Params>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    limit: u64,
}

impl Issue {
    fn of(issue: &rules::Issue) -> Issue {
        Issue {
            path: issue.path.split('.').map(str::to_owned).collect(),
            code: issue.code.to_string(),
            reason: issue.reason.to_string(),
            params: issue.params.map(|it| Params { limit: it.limit }),
        }
    }
}

impl Case {
    fn text(&self) -> &str {
        match (&self.body, &self.raw) {
            (Some(body), None) => body.get(),
            (None, Some(raw)) => raw,
            _ => panic!("{}: either body or raw", self.name),
        }
    }

    fn issues(&self) -> &[Issue] {
        self.expect.issues.as_deref().unwrap_or_default()
    }

    fn value(&self, path: &str) -> Option<&str> {
        self.expect.value.as_ref()?.pointer(path)?.as_str()
    }
}

fn cases(json: &str) -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(json).unwrap();
    let mut names = HashSet::new();
    for case in &cases {
        assert!(names.insert(&case.name), "{} is there twice", case.name);
        assert_eq!(case.expect.ok, case.expect.value.is_some(), "{}", case.name);
        assert_eq!(case.expect.ok, case.issues().is_empty(), "{}", case.name);
    }
    cases
}

fn create_cases() -> Vec<Case> {
    cases(include_str!("corpus/create_agent.json"))
}

fn update_cases() -> Vec<Case> {
    cases(include_str!("corpus/update_agent.json"))
}

/// The members of an object with undecoded values, because `serde_json::Value` would refuse a document for
/// one lone surrogate or one large number.
struct Fields(Option<BTreeMap<String, Box<RawValue>>>);

/// A member that should be a text.
enum Field {
    Absent,
    Null,
    Is(String),
    WrongType,
    NotWellFormed,
}

impl Fields {
    fn read(text: &str) -> Fields {
        Fields(serde_json::from_str(text).ok())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.as_ref()?.get(key).map(|raw| raw.get())
    }

    fn object(&self, key: &str) -> (Presence, Fields) {
        match self.get(key) {
            None => (Presence::Absent, Fields(None)),
            Some("null") => (Presence::Null, Fields(None)),
            Some(text) if text.starts_with('{') => (Presence::Present, Fields::read(text)),
            Some(_) => (Presence::WrongType, Fields(None)),
        }
    }

    fn field(&self, key: &str) -> Field {
        match self.get(key) {
            None => Field::Absent,
            Some("null") => Field::Null,
            // The document was parsed, so this is a string of JSON's grammar.
            Some(text) if text.starts_with('"') => match serde_json::from_str(text) {
                Ok(text) => Field::Is(text),
                Err(_) => Field::NotWellFormed,
            },
            Some(_) => Field::WrongType,
        }
    }
}

impl Field {
    fn text(&self) -> Given<'_> {
        match self {
            Field::Absent => Given::Absent,
            Field::Null => Given::Null,
            Field::Is(text) => Given::Text(text),
            Field::WrongType => Given::WrongType,
            Field::NotWellFormed => Given::NotWellFormed,
        }
    }
}

fn reported(found: IssueSet) -> Vec<Issue> {
    found.iter().map(|it| Issue::of(&it.issue())).collect()
}

#[test]
fn the_rules_of_create() {
    for case in create_cases() {
        let root = Fields::read(case.text());
        assert!(root.0.is_some(), "{}: no object", case.name);
        let (details, fields) = root.object("details");
        let [name, mut environment_id, description, id] =
            ["name", "environment_id", "description", "id"].map(|key| fields.field(key));
        let idempotency_key = root.field("idempotency_key");

        let option = case
            .options
            .as_ref()
            .map(|options| options.environment_id.as_str());
        let default = option.and_then(|option| Pfid::parse(option).ok());
        if let (Some(option), None, Field::Absent | Field::Null) =
            (option, default, &environment_id)
        {
            // A default that is not a PFID gets the verdict of a field.
            environment_id = Field::Is(option.to_owned());
        }
        let found = create_agent(
            &CreateAgentFields {
                details,
                name: name.text(),
                environment_id: environment_id.text(),
                description: description.text(),
                id: id.text(),
                idempotency_key: idempotency_key.text(),
            },
            default,
        );
        assert_eq!(reported(found), case.issues(), "{}", case.name);
        if let Field::Is(name) = &name
            && case.expect.ok
        {
            assert_eq!(
                Some(trim(name)),
                case.value("/details/name"),
                "{}",
                case.name
            );
        }
    }
}

/// Compares the whole result of the crate's validators with the expectation of a case for the JavaScript API.
fn judge_validation<T: serde::Serialize>(case: &Case, result: Result<Valid<T>, Invalid>) {
    let name = &case.name;
    match result {
        Ok(valid) => {
            let value = serde_json::to_value(&valid.value).unwrap();
            assert_eq!(Some(&value), case.expect.value.as_ref(), "{name}");
            assert_eq!(valid.ignored, case.expect.ignored, "{name}");
        }
        Err(invalid) => {
            let issues: Vec<Issue> = invalid.issues.iter().map(Issue::of).collect();
            assert_eq!(issues, case.issues(), "{name}");
            assert_eq!(invalid.ignored, case.expect.ignored, "{name}");
            let error = serde_json::to_string(&invalid.error()).unwrap();
            assert!(error.ends_with(&errors(case.issues())), "{name}: {error}");
        }
    }
}

/// The body of a case in each input form of the validators. Values that only JavaScript has are left out.
fn inputs(case: &Case, judge: &mut dyn FnMut(Input<'_>)) {
    let json = case.text().as_bytes();
    judge(Input::from_json(json).unwrap_or_else(|error| panic!("{}: {error}", case.name)));
    // A `Value` refuses lone surrogates and numbers beyond a double's range.
    if let Ok(value) = serde_json::from_slice::<Value>(json) {
        judge((&value).into());
    }
}

#[test]
fn validate_create_agent_from_json_and_from_values() {
    for case in create_cases() {
        let option = case.options.as_ref().map(|it| it.environment_id.as_str());
        let default = option.and_then(|option| Pfid::parse(option).ok());
        if option.is_some() && default.is_none() {
            // In Rust the default is a PFID by its type.
            continue;
        }
        inputs(&case, &mut |input| {
            judge_validation(&case, validate_create_agent(input, default));
        });
    }
}

#[test]
fn validate_update_agent_from_json_and_from_values() {
    for case in update_cases() {
        inputs(&case, &mut |input| {
            judge_validation(&case, validate_update_agent(input))
        });
    }
}

#[test]
fn the_rules_of_update() {
    for case in update_cases() {
        let root = Fields::read(case.text());
        assert!(root.0.is_some(), "{}: no object", case.name);
        let (details, fields) = root.object("details");
        let [name, description, current_version_id] =
            ["name", "description", "current_version_id"].map(|key| fields.field(key));
        let found = update_agent(&UpdateAgentFields {
            details,
            name: name.text(),
            description: description.text(),
            current_version_id: current_version_id.text(),
            idempotency_key: root.field("idempotency_key").text(),
        });
        assert_eq!(reported(found), case.issues(), "{}", case.name);
    }
}

/// A new service.
struct Http(Service);

impl Http {
    /// One on each store.
    fn on_every_store() -> Vec<Http> {
        vec![
            Http::new(Box::new(MemoryStore::new(1))),
            #[cfg(feature = "sqlite")]
            Http::new(Box::new(
                agent_registrar::store::sql::SqliteStore::open_in_memory().unwrap(),
            )),
        ]
    }

    fn new(store: Box<dyn Store>) -> Http {
        let config = json!({
            "tokens": [{"token": "account"}, {"token": "environment", "environment_id": ENVIRONMENT}],
            "seed": "0".repeat(64),
        });
        Http(
            Service::open(
                Config::from_json(config.to_string().as_bytes()).unwrap(),
                store,
                Timestamp::from_millis(1_778_148_000_000).unwrap(),
            )
            .unwrap(),
        )
    }

    fn send(&mut self, method: Method, target: &str, token: &str, body: &str) -> (u16, String) {
        let authorization = format!("Bearer {token}");
        let mut answer = Answer::new();
        self.0.handle(
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
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        (answer.status(), text)
    }
}

/// The end of an error answer's body: paths in the order of their first issue, each with its messages.
fn errors(issues: &[Issue]) -> String {
    let mut paths: Vec<(String, Vec<String>)> = Vec::new();
    for issue in issues {
        let path = issue.path.join(".");
        let message = IssueKind::all()
            .map(IssueKind::issue)
            .find(|it| Issue::of(it) == *issue)
            .unwrap_or_else(|| panic!("no issue {path} {}", issue.reason))
            .message
            .into_owned();
        match paths.iter_mut().find(|(other, _)| *other == path) {
            Some((_, messages)) => messages.push(message),
            None => paths.push((path, vec![message])),
        }
    }
    let members: Vec<String> = paths
        .iter()
        .map(|(path, messages)| format!("{}:{}", json!(path), json!(messages)))
        .collect();
    format!(r#""errors":{{{}}}}}"#, members.join(","))
}

/// Compares an answer with the expectation of a case. Returns whether the body was accepted.
fn judge(case: &Case, status: u16, text: &str) -> bool {
    let name = &case.name;
    let answer: Value = serde_json::from_str(text).unwrap();
    let refused_for = |path: &str| {
        assert_eq!(status, 422, "{name}: {text}");
        assert_eq!(answer["code"], "validation_errors", "{name}: {text}");
        let errors = answer["errors"].as_object().unwrap();
        assert_eq!(errors.keys().collect::<Vec<_>>(), [path], "{name}: {text}");
    };
    match case.http {
        Some(Exception::OtherEnvironment) => assert_eq!(status, 403, "{name}: {text}"),
        Some(Exception::UnknownEnvironment) => refused_for("details.environment_id"),
        Some(Exception::UnknownVersion) => refused_for("details.current_version_id"),
        _ if case.expect.ok => assert_eq!(status, 200, "{name}: {text}"),
        _ => {
            assert_eq!(status, 422, "{name}: {text}");
            assert_eq!(answer["code"], "validation_errors", "{name}: {text}");
            let errors = errors(case.issues());
            assert!(
                text.ends_with(&errors),
                "{name}: {text} does not end with {errors}"
            );
        }
    }
    status == 200
}

#[test]
fn create_over_http() {
    for case in create_cases() {
        if case.http == Some(Exception::Validator) {
            continue;
        }
        for mut http in Http::on_every_store() {
            check_create(&case, &mut http);
        }
    }
}

fn check_create(case: &Case, http: &mut Http) {
    let token = if case.options.is_some() {
        "environment"
    } else {
        "account"
    };
    let (status, text) = http.send(Method::Post, "/api/v1/agent", token, case.text());
    if judge(case, status, &text) {
        let details = &serde_json::from_str::<Value>(&text).unwrap()["details"];
        for (key, path) in [
            ("name", "/details/name"),
            ("environment_id", "/details/environment_id"),
            ("description", "/details/description"),
        ] {
            assert_eq!(
                details[key].as_str(),
                case.value(path),
                "{}: {key}",
                case.name
            );
        }
        if let Some(id) = case.value("/details/id") {
            assert_eq!(details["id"], id, "{}", case.name);
        }
    }
}

#[test]
fn update_over_http() {
    for case in update_cases() {
        for mut http in Http::on_every_store() {
            check_update(&case, &mut http);
        }
    }
}

fn check_update(case: &Case, http: &mut Http) {
    let agent = json!({"details": {"name": "Support bot", "description": "Answers tickets", "environment_id": ENVIRONMENT}});
    let (_, text) = http.send(Method::Post, "/api/v1/agent", "account", &agent.to_string());
    let before = serde_json::from_str::<Value>(&text).unwrap()["details"].clone();
    let target = format!("/api/v1/agent/{}", before["id"].as_str().unwrap());

    let (status, text) = http.send(Method::Put, &target, "account", case.text());
    if judge(case, status, &text) {
        let details = &serde_json::from_str::<Value>(&text).unwrap()["details"];
        let value = case.expect.value.as_ref().unwrap();
        for key in ["name", "description"] {
            let expected = value["details"].get(key).unwrap_or(&before[key]);
            assert_eq!(&details[key], expected, "{}: {key}", case.name);
        }
    }
}
