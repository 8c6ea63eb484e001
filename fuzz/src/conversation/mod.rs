//! Conversations: sequences of requests that use what earlier answers told.

mod bodies;
mod tables;

use std::sync::LazyLock;

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::{Config, Pfid, Timestamp};
use serde_json::{Value, json};

use crate::body::{ACCOUNT, ENVIRONMENT};
use crate::draw::Draw;
use crate::openapi;
use tables::*;

const OTHER_ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h2";
/// An account beside that of the conversations.
pub(crate) const STRANGER: &str = "013xrzp12g0000000000000000000000";
const TOKENS: [&str; 4] = ["account", "environment", "stranger", "operator"];

/// The configuration that conversations are held with: two accounts, a token of each scope, and the operator's.
pub(crate) fn config() -> Config {
    Config::from_json(CONFIG.as_bytes()).unwrap()
}

static CONFIG: LazyLock<String> = LazyLock::new(|| {
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
    config.to_string()
});

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
                let separator = if target.contains('?') { '&' } else { '?' };
                target = format!("{target}{separator}{query}");
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
            content_type: Some(
                match path.starts_with("import") {
                    true => "application/x-ndjson",
                    false => "application/json",
                }
                .to_owned(),
            ),
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
        let is_operators = path == "account" || path.contains("port?");
        if is_operators && !self.draw.rarely(3) {
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
}

/// Holds a conversation, and checks its answers.
pub(crate) fn hold(service: &mut Service, data: &[u8]) {
    let mut conversation = Conversation::new(data);
    while let Some((sent, now)) = conversation.next() {
        let answer = sent.to(service, now);
        conversation.learn(&openapi::check(sent.method, &sent.target, &answer));
    }
}
