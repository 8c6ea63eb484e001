//! Conversations: sequences of requests that use what earlier answers told.

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::{Config, Pfid, Timestamp};
use serde_json::{Value, json};

use crate::body::{ACCOUNT, ENVIRONMENT};
use crate::draw::Draw;
use crate::openapi;

const OTHER_ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h2";
const STRANGER: &str = "013xrzp12g0000000000000000000000";
const TOKENS: [&str; 4] = ["account", "environment", "stranger", "operator"];

/// The configuration that conversations are held with: two accounts, a token of each scope, and the operator's.
pub(crate) fn config() -> Config {
    let config = json!({
        "accounts": [
            {"id": ACCOUNT, "environments": [{"id": ENVIRONMENT}, {"id": OTHER_ENVIRONMENT}, {}]},
            {"id": STRANGER, "environments": [{}]},
        ],
        "tokens": [
            {"token": TOKENS[0]},
            {"token": TOKENS[1], "environment_id": ENVIRONMENT},
            {"token": TOKENS[2], "account_id": STRANGER},
        ],
        "operator_token": {"token": TOKENS[3]},
        "secret": "a secret of thirty-two characters",
        "cors": ["https://page.example"],
        "seed": "07".repeat(32),
    });
    Config::from_json(config.to_string().as_bytes()).unwrap()
}

/// A request that owns its parts.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) target: String,
    authorization: Option<String>,
    content_type: Option<String>,
    accept: Option<String>,
    origin: Option<String>,
    content_encoding: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    pub(crate) fn to(&self, service: &mut Service, now: Timestamp) -> Answer {
        let mut answer = Answer::new();
        let request = Request {
            authorization: self.authorization.as_deref(),
            content_type: self.content_type.as_deref(),
            accept: self.accept.as_deref(),
            origin: self.origin.as_deref(),
            requested_method: self.origin.as_deref().map(|_| "PUT"),
            requested_headers: self.origin.as_deref(),
            content_encoding: self.content_encoding.as_deref(),
            ..Request::new(self.method, &self.target, &self.body, now)
        };
        service.handle(&request, &mut answer);
        answer
    }
}

/// The operations: method, path after `/api/v1/`, whether a member `details` wraps the body, and its keys.
/// `{agent}` is the id of an agent.
type Shape = (Method, &'static str, bool, &'static [&'static str]);

const SHAPES: &[Shape] = &[
    (
        Method::Post,
        "agent",
        true,
        &["name", "environment_id", "description", "id"],
    ),
    (
        Method::Get,
        "agent",
        false,
        &["environment_id", "include_counts"],
    ),
    (Method::Get, "agent/show", false, &["agent_id"]),
    (Method::Get, "agent/{agent}", false, &[]),
    (
        Method::Put,
        "agent/{agent}",
        true,
        &["name", "description", "current_version_id"],
    ),
    (Method::Delete, "agent/{agent}", false, &[]),
    (Method::Post, "agent/{agent}/retire", false, &[]),
    (Method::Post, "agent/{agent}/reinstate", false, &[]),
    (
        Method::Post,
        "agent_instance/register",
        false,
        &[
            "agent_id",
            "agent_version",
            "agent_schema_version",
            "id",
            "update_current_version",
        ],
    ),
    (
        Method::Post,
        "agent_instance/register",
        false,
        &["agent_id", "agent_version"],
    ),
    (Method::Get, "agent_instance", false, &["agent_id"]),
    (Method::Get, "agent_instance/{agent_instance}", false, &[]),
    (
        Method::Post,
        "agent_instance/{agent_instance}/start",
        false,
        &["timestamp"],
    ),
    (
        Method::Post,
        "agent_instance/{agent_instance}/finish",
        false,
        &["status", "timestamp"],
    ),
    (
        Method::Post,
        "agent_spans",
        true,
        &[
            "agent_instance_id",
            "schema_name",
            "status",
            "payload",
            "id",
            "parent_span_id",
            "started_at",
            "finished_at",
            "result_payload",
        ],
    ),
    (
        Method::Post,
        "agent_spans",
        true,
        &["agent_instance_id", "schema_name", "status", "payload"],
    ),
    (
        Method::Post,
        "agent_spans/{agent_span}/finish",
        false,
        &["status", "timestamp", "result_payload"],
    ),
    (
        Method::Get,
        "agent_spans",
        false,
        &["agent_instance_id", "start_time", "end_time"],
    ),
    (
        Method::Get,
        "agent_spans",
        false,
        &["agent_id", "start_time"],
    ),
    (
        Method::Post,
        "agent_version",
        true,
        &["agent_id", "external_identifier", "name", "description"],
    ),
    (Method::Get, "agent_version", false, &["agent_id"]),
    (Method::Get, "agent_version/{agent_version}", false, &[]),
    (
        Method::Post,
        "agent_schema_version",
        true,
        &[
            "agent_id",
            "external_identifier",
            "span_schemas",
            "span_type_schemas",
        ],
    ),
    (Method::Get, "agent_schema_version", false, &["agent_id"]),
    (
        Method::Get,
        "agent_schema_version/{agent_schema_version}",
        false,
        &[],
    ),
    (
        Method::Post,
        "environment",
        true,
        &["account_id", "name", "id"],
    ),
    (Method::Get, "environment", false, &["account_id"]),
    (Method::Get, "environment/{environment}", false, &[]),
    (Method::Put, "environment/{environment}", true, &["name"]),
    (Method::Delete, "environment/{environment}", false, &[]),
    (Method::Get, "export", false, &["account_id", "cursor"]),
    (Method::Post, "import", false, &["account_id"]),
    (Method::Post, "account", true, &["name", "id"]),
    (Method::Get, "account", false, &[]),
    (Method::Get, "account/{account}", false, &[]),
    (Method::Put, "account/{account}", true, &["name"]),
    (
        Method::Post,
        "api_token",
        true,
        &[
            "token_scope",
            "account_id",
            "environment_id",
            "expires_at",
            "name",
        ],
    ),
    (Method::Get, "api_token", false, &["account_id"]),
    (Method::Get, "api_token/{api_token}", false, &[]),
    (Method::Delete, "api_token/{api_token}", false, &[]),
    (Method::Post, "api_token/{api_token}/suspend", false, &[]),
    (Method::Post, "api_token/{api_token}/activate", false, &[]),
    (Method::Post, "api_token/{api_token}/revoke", false, &[]),
    (
        Method::Post,
        "pfid/generate",
        false,
        &["count", "account_id"],
    ),
    (Method::Get, "ping", false, &[]),
    (Method::Post, "bulk", false, &["items"]),
    (Method::Post, "bulk", false, &["items"]),
];

/// Items of bulk requests: type, whether `details` wraps the members, and their keys.
const ITEMS: &[(&str, bool, &[&str])] = &[
    ("agents/list", false, &["environment_id"]),
    ("agents/show", false, &["agent_id"]),
    (
        "agents/create",
        true,
        &["name", "environment_id", "description", "id"],
    ),
    ("agents/update", true, &["agent_id", "name", "description"]),
    ("agents/delete", false, &["agent_id"]),
    ("agents/retire", false, &["agent_id"]),
    ("agents/reinstate", false, &["agent_id"]),
    ("environments/list", false, &["account_id"]),
    ("environments/create", true, &["account_id", "name"]),
    ("environments/update", true, &["environment_id", "name"]),
    (
        "agent_instances/register",
        false,
        &["agent_id", "agent_version"],
    ),
    (
        "agent_instances/start",
        false,
        &["agent_instance_id", "timestamp"],
    ),
    (
        "agent_instances/finish",
        false,
        &["agent_instance_id", "status"],
    ),
    (
        "agent_spans/create",
        true,
        &["agent_instance_id", "schema_name", "status", "payload"],
    ),
    ("agent_spans/finish", false, &["agent_span_id", "status"]),
    ("bulk", false, &[]),
];

const KINDS: [&str; 8] = [
    "account",
    "environment",
    "agent",
    "agent_version",
    "agent_schema_version",
    "agent_instance",
    "agent_span",
    "api_token",
];

const TIMES: &[&str] = &[
    "2026-05-07T12:00:00.123456789+02:00",
    "2026-05-07T10:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "1969-12-31T23:59:59.999999Z",
    "2016-12-31T23:59:60Z",
    "yesterday",
];
const STATUSES: &[&str] = &[
    "active",
    "complete",
    "pending",
    "failed",
    "cancelled",
    "odd",
];
const SORTS: &[&str] = &[
    "id",
    "-id",
    "name",
    "-name",
    "status",
    "-status",
    "inserted_at",
    "-inserted_at",
    "updated_at",
    "-updated_at",
    "started_at",
    "-started_at",
    "-finished_at",
    "external_identifier",
    "odd",
    "",
];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "20",
    "100",
    "101",
    "-1",
    "1.0",
    "1e2",
    "1e999",
    "9007199254740991",
    "9007199254740993",
    "18446744073709551616",
    "-0.0",
    "",
    "x",
];
const NESTED: &[&str] = &[
    "{}",
    "{\"a\":1.50}",
    "{\"a\":{\"b\":[1,null,\"\\ud83d\\ude00\"]}}",
    "{\"a\":\"\\ud800\"}",
    "{\"a\":1,\"a\":2}",
    "[]",
    "{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
];

/// Draws requests.
pub(crate) struct Conversation<'d> {
    draw: Draw<'d>,
    ids: [Vec<String>; KINDS.len()],
    tokens: Vec<String>,
    sent: Vec<Sent>,
    millis: i64,
}

impl<'d> Conversation<'d> {
    pub(crate) fn new(data: &'d [u8]) -> Conversation<'d> {
        let mut ids: [Vec<String>; KINDS.len()] = Default::default();
        ids[0] = vec![ACCOUNT.to_owned()];
        ids[1] = [ENVIRONMENT, OTHER_ENVIRONMENT].map(str::to_owned).to_vec();
        Conversation {
            draw: Draw::new(data),
            ids,
            tokens: TOKENS.map(str::to_owned).to_vec(),
            sent: Vec::new(),
            millis: 1_778_148_000_000,
        }
    }

    /// The moment of the first request.
    pub(crate) fn start() -> Timestamp {
        Timestamp::from_millis(1_778_148_000_000).unwrap()
    }

    /// The next request and its time, until the bytes are used up.
    pub(crate) fn next(&mut self) -> Option<(Sent, Timestamp)> {
        if self.draw.is_empty() || self.sent.len() >= 64 {
            return None;
        }
        self.millis += self
            .draw
            .one_of(&[0, 1, 60_000, 0, 1, 86_400_000, 40 * 86_400_000, -5_000]);
        let now = Timestamp::from_millis(self.millis).unwrap();
        let sent = match self.draw.rarely(8) && !self.sent.is_empty() {
            true => {
                let place = self.draw.below(self.sent.len());
                self.sent[place].clone()
            }
            false => self.request(),
        };
        self.sent.push(sent.clone());
        Some((sent, now))
    }

    /// Learns the ids and tokens of an answer.
    pub(crate) fn learn(&mut self, answer: &Value) {
        self.learn_one(&answer["details"]);
        for row in answer["summaries"].as_array().into_iter().flatten() {
            self.learn_one(row);
        }
        for output in answer["outputs"].as_object().into_iter().flatten() {
            self.learn_one(&output.1["details"]);
        }
        if let Some(token) = answer["token"].as_str() {
            self.tokens.push(token.to_owned());
        }
    }

    fn learn_one(&mut self, details: &Value) {
        let place = KINDS.iter().position(|it| details["type"] == *it);
        if let (Some(place), Some(id)) = (place, details["id"].as_str()) {
            let known = &mut self.ids[place];
            if !known.iter().any(|it| it == id) {
                known.push(id.to_owned());
            }
        }
    }

    /// The id of an object of this kind, the last one first; now and then of another, or of none.
    fn id(&mut self, kind: &str) -> String {
        let mut place = KINDS.iter().position(|it| *it == kind).unwrap_or(2);
        if self.draw.rarely(12) {
            place = self.draw.below(KINDS.len());
        }
        let count = self.ids[place].len();
        match count {
            0 => STRANGER.to_owned(),
            _ => {
                let back = self.draw.below(count);
                self.ids[place][count - 1 - back].clone()
            }
        }
    }

    fn new_id(&mut self) -> String {
        let partition = Pfid::parse(ACCOUNT).unwrap().partition();
        let mut random = [0; 10];
        random[9] = self.draw.byte();
        match self.draw.below(4) {
            0 => self.id("agent"),
            1 => Pfid::from_bytes(self.draw.bytes())
                .unwrap_or(Pfid::NIL)
                .to_string(),
            2 => Pfid::from_parts((1 << 48) - 1, partition, random)
                .unwrap()
                .to_string(),
            _ => Pfid::from_parts(1_778_148_000_000, partition, random)
                .unwrap()
                .to_string(),
        }
    }

    fn request(&mut self) -> Sent {
        let (mut method, path, is_wrapped, keys) = self.draw.one_of(SHAPES);
        let mut target = format!("/api/v1/{}", self.filled(path));
        let mut body = Vec::new();
        if matches!(method, Method::Get | Method::Delete) {
            let query = self.query(keys);
            if !query.is_empty() {
                target = format!("{target}?{query}");
            }
        }
        if method != Method::Get {
            let json = self.body(is_wrapped, keys);
            body = json.into_bytes();
        }
        if self.draw.rarely(16) {
            method = self.draw.one_of(&Method::ALL);
        }
        if self.draw.rarely(16) {
            target = match self.draw.below(3) {
                0 => self.draw.raw_text(60),
                1 => format!("/api/v1/{}", self.draw.raw_text(40)),
                _ => target + &self.draw.raw_text(20),
            };
        }
        if self.draw.rarely(16) {
            body = match self.draw.below(2) {
                0 => self.draw.raw_text(80).into_bytes(),
                _ => self.draw.bytes::<12>().to_vec(),
            };
        }
        let mut sent = Sent {
            method,
            target,
            authorization: Some(self.authorization(path)),
            content_type: Some("application/json".to_owned()),
            accept: None,
            origin: None,
            content_encoding: None,
            body,
        };
        if self.draw.rarely(6) {
            self.odd_headers(&mut sent);
        }
        sent
    }

    fn authorization(&mut self, path: &str) -> String {
        if path == "account" && !self.draw.rarely(3) {
            return "Bearer operator".to_owned();
        }
        let place = match self.draw.below(4) {
            0 => self.draw.below(self.tokens.len()),
            _ => 0,
        };
        format!("Bearer {}", self.tokens[place])
    }

    fn odd_headers(&mut self, sent: &mut Sent) {
        let media_types = &[
            "application/problem+json",
            "*/*",
            "application/json; charset=\"utf-8\"",
            "text/html",
            "application/*;q=0, */*",
        ];
        let mut value = |known: &[&str]| match self.draw.below(3) {
            0 => Some(self.draw.raw_text(30)),
            1 => None,
            _ => Some(self.draw.one_of(known).to_owned()),
        };
        sent.accept = value(media_types);
        sent.content_type = value(media_types).or(sent.content_type.take());
        sent.origin = value(&["https://page.example", "null", "https://other.example"]);
        sent.content_encoding = value(&["identity", "gzip", "identity, identity"]);
        if let Some(authorization) =
            value(&["bearer account", "Bearer  account", "Basic eA==", "Bearer"])
        {
            sent.authorization = Some(authorization);
        }
    }

    /// A path with ids in its places.
    fn filled(&mut self, path: &str) -> String {
        let Some((before, rest)) = path.split_once('{') else {
            return path.to_owned();
        };
        let (kind, after) = rest.split_once('}').unwrap_or((rest, ""));
        let id = self.id(kind);
        let id = match self.draw.rarely(30) {
            true => id.replacen('0', "%30", 1),
            false => id,
        };
        format!("{before}{id}{after}")
    }

    fn query(&mut self, keys: &[&str]) -> String {
        let mut pairs = Vec::new();
        for key in keys {
            if !self.draw.rarely(5) {
                let value = self.parameter(key);
                pairs.push(format!("{key}={value}"));
            }
        }
        for key in [
            "sorting",
            "pagination[offset]",
            "pagination[page_size]",
            "sorting[field]",
            "sorting[direction]",
            "team_id",
            "include_x",
        ] {
            if self.draw.rarely(5) {
                let value = self.parameter(key);
                pairs.push(format!("{key}={value}"));
            }
        }
        pairs.join("&")
    }

    fn parameter(&mut self, key: &str) -> String {
        if self.draw.rarely(12) {
            return self.draw.raw_text(8);
        }
        match key {
            "sorting" | "sorting[field]" => self.draw.one_of(SORTS).to_owned(),
            "sorting[direction]" => self.draw.one_of(&["asc", "desc", "odd"]).to_owned(),
            "pagination[offset]" | "pagination[page_size]" => self.draw.one_of(NUMBERS).to_owned(),
            "include_counts" => self.draw.one_of(&["true", "false", "1", ""]).to_owned(),
            "start_time" | "end_time" => self.draw.one_of(TIMES).replace('+', "%2B"),
            _ => self.id(key.trim_end_matches("_id")),
        }
    }

    fn body(&mut self, is_wrapped: bool, keys: &[&str]) -> String {
        let mut members = self.members(keys);
        if is_wrapped {
            // Some bodies have the key inside, where spans have it.
            if self.draw.rarely(6) {
                members.push(self.member("idempotency_key"));
            }
            members = vec![format!("\"details\":{{{}}}", members.join(","))];
        }
        if self.draw.rarely(3) {
            members.push(self.member("idempotency_key"));
        }
        format!("{{{}}}", members.join(","))
    }

    fn members(&mut self, keys: &[&str]) -> Vec<String> {
        let mut members = Vec::new();
        for key in keys {
            if !self.draw.rarely(8) {
                members.push(self.member(key));
            }
        }
        if self.draw.rarely(20) {
            members.push(self.member("unknown"));
        }
        members
    }

    fn member(&mut self, key: &str) -> String {
        let value = match self.draw.rarely(16) {
            true => self.odd_value(),
            false => self.value(key),
        };
        format!("\"{key}\":{value}")
    }

    fn odd_value(&mut self) -> String {
        match self.draw.below(5) {
            0 => "null".to_owned(),
            1 => self.draw.one_of(NESTED).to_owned(),
            2 => self
                .draw
                .one_of(&["true", "0", "1e999", "-0.0", "\"\\ud800\"", "\"\\u0000\""])
                .to_owned(),
            3 => json!(self.draw.text(300)).to_string(),
            _ => json!(self.id("agent")).to_string(),
        }
    }

    fn value(&mut self, key: &str) -> String {
        let text = match key {
            "environment_id" | "account_id" | "agent_id" | "agent_instance_id" => {
                self.id(key.trim_end_matches("_id"))
            }
            "parent_span_id" | "agent_span_id" => self.id("agent_span"),
            "current_version_id" => self.id("agent_version"),
            "id" => self.new_id(),
            "status" => self.draw.one_of(STATUSES).to_owned(),
            "timestamp" | "started_at" | "finished_at" | "expires_at" => {
                self.draw.one_of(TIMES).to_owned()
            }
            "token_scope" => self
                .draw
                .one_of(&["account", "environment", "odd"])
                .to_owned(),
            "idempotency_key" => format!("key-{:04}", self.draw.below(6)),
            "external_identifier" => self.draw.one_of(&["1", "2", "é", ""]).to_owned(),
            "description" if self.draw.rarely(12) => "é".repeat(9_000),
            "count" => return self.draw.one_of(&NUMBERS[..12]).to_owned(),
            "update_current_version" => return self.draw.one_of(&["true", "false"]).to_owned(),
            "payload" | "result_payload" | "span_schemas" | "span_type_schemas" => {
                return match self.draw.rarely(12) {
                    true => json!({"a": "é".repeat(9_000)}).to_string(),
                    false => self.draw.one_of(NESTED).to_owned(),
                };
            }
            "agent_version" => {
                let members = self.members(&["external_identifier", "name", "description"]);
                return format!("{{{}}}", members.join(","));
            }
            "agent_schema_version" => {
                let members = self.members(&["external_identifier", "span_schemas"]);
                return format!("{{{}}}", members.join(","));
            }
            "items" => {
                let items: Vec<String> = (0..=self.draw.below(5))
                    .map(|place| self.item(place))
                    .collect();
                return format!("[{}]", items.join(","));
            }
            _ => self.draw.text(255),
        };
        json!(text).to_string()
    }

    fn item(&mut self, place: usize) -> String {
        let (kind, is_wrapped, keys) = self.draw.one_of(ITEMS);
        let mut members = self.members(keys);
        if is_wrapped {
            let (outer, inner): (Vec<_>, Vec<_>) = members
                .into_iter()
                .partition(|it| it.starts_with("\"agent_id\""));
            members = outer;
            members.push(format!("\"details\":{{{}}}", inner.join(",")));
        }
        let key = match self.draw.rarely(10) {
            true => "same-key".to_owned(),
            false => format!("bulk-{place}-{}", self.draw.below(4)),
        };
        members.push(format!("\"_type\":\"{kind}\""));
        members.push(format!("\"idempotency_key\":\"{key}\""));
        format!("{{{}}}", members.join(","))
    }
}

/// Holds a conversation, and checks its answers.
pub(crate) fn hold(service: &mut Service, data: &[u8]) {
    let mut conversation = Conversation::new(data);
    while let Some((sent, now)) = conversation.next() {
        let answer = sent.to(service, now);
        conversation.learn(&openapi::check(sent.method, &sent.target, &answer));
    }
}
