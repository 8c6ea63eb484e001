//! Bodies of an agent, in every form in which a binding hands them over.

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::{
    Config, Given, Input, Invalid, Issue, JsonError, Pfid, Presence, Timestamp, Valid,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::draw::Draw;
use crate::openapi;
use crate::texts::json_string;

pub(crate) const ACCOUNT: &str = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
pub(crate) const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

/// The value of a key.
#[derive(Debug)]
pub(crate) enum Piece {
    Absent,
    Null,
    Text(String),
    /// JSON of another type.
    Other(&'static str),
    /// The content of a string that is well-formed JSON and ill-formed Unicode.
    NotWellFormed(&'static str),
}

const OTHERS: &[&str] = &[
    "true",
    "0",
    "-0.0e-0",
    "1e999",
    "[]",
    "{}",
    "[\"a\"]",
    r#"{"name":"a"}"#,
    r#"["\ud800"]"#,
];
const NOT_WELL_FORMED: &[&str] = &[
    r"\ud800",
    r"\udfff",
    r"a\uD83D",
    r"\ud83d\ud83d\ude00",
    r"\ude00\ud83d",
    r" \uDBFF\n",
    r"\ud800\u0041",
];

impl Piece {
    fn drawn(draw: &mut Draw<'_>, text: impl FnOnce(&mut Draw<'_>) -> String) -> Piece {
        match draw.below(12) {
            0 => Piece::Absent,
            1 => Piece::Null,
            2 => Piece::Other(draw.one_of(OTHERS)),
            3 => Piece::NotWellFormed(draw.one_of(NOT_WELL_FORMED)),
            _ => Piece::Text(text(draw)),
        }
    }

    /// A text around a limit.
    pub(crate) fn text(draw: &mut Draw<'_>, limit: usize) -> Piece {
        Piece::drawn(draw, |draw| draw.text(limit))
    }

    /// An id, or almost one.
    pub(crate) fn pfid(draw: &mut Draw<'_>) -> Piece {
        Piece::drawn(draw, |draw| match draw.below(5) {
            0 | 1 => ENVIRONMENT.to_owned(),
            2 => Pfid::from_bytes(draw.bytes())
                .unwrap_or(Pfid::NIL)
                .to_string(),
            3 => {
                let id = Pfid::parse(ENVIRONMENT).unwrap();
                let own = Pfid::from_parts(draw.number() >> 16, id.partition(), draw.bytes());
                own.unwrap().to_string()
            }
            _ => {
                let mut text = ENVIRONMENT.to_owned();
                let place = draw.below(text.len());
                text.replace_range(place..=place, &draw.raw_text(2));
                text
            }
        })
    }

    pub(crate) fn given(&self) -> Given<'_> {
        match self {
            Piece::Absent => Given::Absent,
            Piece::Null => Given::Null,
            Piece::Text(text) => Given::Text(text),
            Piece::Other(_) => Given::WrongType,
            Piece::NotWellFormed(_) => Given::NotWellFormed,
        }
    }

    /// As the binding by wasm-bindgen reads a value of JavaScript.
    fn input(&self) -> Input<'_> {
        match self {
            Piece::Absent => Input::Absent,
            Piece::Null => Input::Null,
            Piece::Text(text) => Input::Text(text.into()),
            Piece::Other(_) => Input::WrongType,
            Piece::NotWellFormed(_) => Input::NotWellFormed,
        }
    }

    fn json(&self, draw: &mut Draw<'_>) -> Option<String> {
        match self {
            Piece::Absent => None,
            Piece::Null => Some("null".to_owned()),
            Piece::Text(text) => Some(spelled(text, draw)),
            Piece::Other(json) => Some((*json).to_owned()),
            Piece::NotWellFormed(raw) => Some(format!("\"{raw}\"")),
        }
    }
}

/// A text as a JSON string, with some unnecessary escapes.
fn spelled(text: &str, draw: &mut Draw<'_>) -> String {
    let period = [usize::MAX, 1, 2, 3][draw.below(4)];
    json_string(text, |index| index % period == period - 1)
}

/// Unknown members. Their keys are no field's.
const STRANGERS: &[(&str, &str)] = &[
    ("__proto__", r#"{"name":"","idempotency_key":""}"#),
    ("constructor", "1"),
    ("", "null"),
    ("Name", "\"\""),
    ("name ", "[[[]]]"),
    ("details.name", "\"\\ud800\""),
    ("idempotencyKey", "1e999"),
];

/// A body: the fields of its `details`, and those beside them.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) presence: Presence,
    /// The members of `details`, by their keys.
    pub(crate) details: Vec<(&'static str, Piece)>,
    pub(crate) idempotency_key: Piece,
    /// It as JSON.
    pub(crate) json: String,
    /// The paths of the unknown members.
    strangers: Vec<String>,
}

impl Body {
    pub(crate) fn drawn(
        draw: &mut Draw<'_>,
        details: Vec<(&'static str, Piece)>,
        idempotency_key: Piece,
    ) -> Body {
        let presence = match draw.below(12) {
            0 => Presence::Absent,
            1 => Presence::Null,
            2 => Presence::WrongType,
            _ => Presence::Present,
        };
        let mut strangers = Vec::new();
        let inner = match presence {
            Presence::Absent => None,
            Presence::Null => Some("null".to_owned()),
            Presence::Present => {
                let members = details.iter().map(|(key, piece)| (*key, piece.json(draw)));
                let members: Vec<_> = members.collect();
                Some(object(draw, members, "details.", &mut strangers))
            }
            _ => Some(
                draw.one_of(&["[]", "\"details\"", "0", "false", r#"[{"name":"a"}]"#])
                    .to_owned(),
            ),
        };
        let members = vec![
            ("details", inner),
            ("idempotency_key", idempotency_key.json(draw)),
        ];
        let json = object(draw, members, "", &mut strangers);
        Body {
            presence,
            details,
            idempotency_key,
            json,
            strangers,
        }
    }

    pub(crate) fn given(&self, key: &str) -> Given<'_> {
        let found = self.details.iter().find(|it| it.0 == key);
        found.map_or(Given::Absent, |it| it.1.given())
    }

    /// As the binding by wasm-bindgen reads it: unknown members are dropped.
    fn input(&self) -> Input<'_> {
        let members = |pieces: &mut dyn Iterator<Item = (&'static str, &'_ Piece)>| {
            let read = pieces.map(|(key, piece)| (key, piece.input()));
            read.filter(|it| it.1 != Input::Absent)
                .map(|(key, input)| (key.into(), owned(input)))
                .collect::<Vec<_>>()
        };
        let details = match self.presence {
            Presence::Absent => Input::Absent,
            Presence::Null => Input::Null,
            Presence::Present => {
                Input::Object(members(&mut self.details.iter().map(|it| (it.0, &it.1))))
            }
            _ => Input::WrongType,
        };
        let mut all = members(&mut [("idempotency_key", &self.idempotency_key)].into_iter());
        all.push(("details".into(), details));
        Input::Object(all)
    }

    /// Validates the body in every form that bindings use, and returns their one verdict.
    pub(crate) fn one_verdict<T: PartialEq + std::fmt::Debug>(
        &self,
        validate: impl Fn(Input<'_>) -> Result<Valid<T>, Invalid>,
    ) -> Result<Valid<T>, Invalid> {
        let read: Result<Input<'_>, JsonError> = Input::from_json(self.json.as_bytes());
        let verdict = validate(read.unwrap_or_else(|error| panic!("{error}: {}", self.json)));
        let ignored = match &verdict {
            Ok(valid) => &valid.ignored,
            Err(invalid) => &invalid.ignored,
        };
        let mut paths = ignored.clone();
        let mut strangers = self.strangers.clone();
        paths.sort();
        strangers.sort();
        assert_eq!(paths, strangers, "{}", self.json);
        let by_bindgen = validate(self.input());
        assert_eq!(
            without_ignored(&by_bindgen),
            without_ignored(&verdict),
            "{}",
            self.json
        );
        // serde_json has no lone surrogates and no numbers beyond a double's.
        if let Ok(value) = serde_json::from_str::<Value>(&self.json) {
            assert_eq!(validate(Input::from(&value)), verdict, "{}", self.json);
        }
        verdict
    }
}

fn owned(input: Input<'_>) -> Input<'static> {
    match input {
        Input::Text(text) => Input::Text(text.into_owned().into()),
        Input::Null => Input::Null,
        Input::WrongType => Input::WrongType,
        Input::NotWellFormed => Input::NotWellFormed,
        other => panic!("{other:?} is no piece"),
    }
}

/// The value, or the issues.
fn without_ignored<T>(verdict: &Result<Valid<T>, Invalid>) -> Result<&T, &[Issue]> {
    match verdict {
        Ok(valid) => Ok(&valid.value),
        Err(invalid) => Err(&invalid.issues),
    }
}

/// An object of these members and some unknown ones, in any order and any spelling.
fn object(
    draw: &mut Draw<'_>,
    known: Vec<(&'static str, Option<String>)>,
    parent: &str,
    strangers: &mut Vec<String>,
) -> String {
    let mut members: Vec<String> = Vec::new();
    for (key, value) in known {
        let Some(value) = value else { continue };
        members.push(format!("{}:{value}", spelled(key, draw)));
    }
    let first = draw.below(STRANGERS.len());
    for (key, value) in &STRANGERS[first..][..draw.below(3).min(STRANGERS.len() - first)] {
        strangers.push(format!("{parent}{key}"));
        members.push(format!(" {}\t:\n{value}\r", spelled(key, draw)));
    }
    let turn = draw.below(members.len() + 1);
    members.rotate_left(turn);
    format!("{{{}}}", members.join(","))
}

/// A registrar with an account and one environment, and with a token of each.
pub(crate) fn service() -> Service {
    let config = json!({
        "tokens": [{"token": "account"}, {"token": "environment", "environment_id": ENVIRONMENT}],
        "seed": "0".repeat(64),
    });
    let config = Config::from_json(config.to_string().as_bytes()).unwrap();
    Service::new(config, now()).unwrap()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(1_778_148_000_000).unwrap()
}

/// Sends a request with a body; its answer is as the OpenAPI document says.
pub(crate) fn send(
    service: &mut Service,
    method: Method,
    target: &str,
    token: &str,
    body: &[u8],
) -> (u16, Value) {
    let authorization = format!("Bearer {token}");
    let mut answer = Answer::new();
    let request = Request {
        authorization: Some(&authorization),
        content_type: Some("application/json"),
        ..Request::new(method, target, body, now())
    };
    service.handle(&request, &mut answer);
    let value = openapi::check(method, target, &answer);
    (answer.status(), value)
}

/// The answer over HTTP is the verdict: 200, or 422 with exactly these errors.
pub(crate) fn same_over_http(issues: &[Issue], (status, answer): &(u16, Value), body: &str) {
    let expected = if issues.is_empty() { 200 } else { 422 };
    assert_eq!(*status, expected, "{body}: {answer}");
    if !issues.is_empty() {
        let mut errors = serde_json::Map::new();
        for issue in issues {
            let messages = errors.entry(&*issue.path).or_insert_with(|| json!([]));
            messages.as_array_mut().unwrap().push(json!(issue.message));
        }
        assert_eq!(answer["errors"], Value::from(errors), "{body}");
    }
}

/// A value as JSON text.
pub(crate) fn printed(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}
