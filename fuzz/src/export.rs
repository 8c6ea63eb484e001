//! Exports. Imported into an empty registrar, an export makes the same records, and imported again it changes nothing.
//! Changed exports are refused and change nothing, or they are taken, and what was taken can be exported and imported again.

use std::sync::LazyLock;

use agent_registrar::api::{Answer, Method, Request};
use agent_registrar::{Config, Service};
use serde_json::{Value, json};

use crate::body::ACCOUNT;
use crate::conversation::{Conversation, STRANGER, config, hold};
use crate::draw::Draw;
use crate::look::{Seen, look, looks_like};
use crate::mutate::Inputs;
use crate::openapi;

/// Exports to change: of some conversations, so that the bytes choose changes and not only requests.
static EXPORTS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let held = Inputs::new(1, Vec::new()).filter(|data| data.len() > 64);
    held.take(64).map(|data| exported(&data)).collect()
});

/// What a registrar looks like before an import.
static BEFORE: LazyLock<Vec<Seen>> = LazyLock::new(|| look(&mut open()));

/// The export of a conversation. Imported into another registrar, it makes the same records, and again it adds nothing.
fn exported(conversation: &[u8]) -> Vec<String> {
    let mut source = open();
    hold(&mut source, conversation);
    let lines = export(&mut source);
    let mut copy = empty();
    let (status, answer) = import(&mut copy, lines.join("\n").as_bytes(), "");
    assert_eq!(status, 200, "{answer}\n{lines:?}");
    assert_eq!(records(&export(&mut copy)), records(&lines));
    let (status, answer) = import(&mut copy, lines.join("\n").as_bytes(), "");
    assert_eq!(
        (status, &answer["added"]),
        (200, &Value::from(0)),
        "{answer}"
    );
    lines
}

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    // Of the input's own conversation, or of one of those.
    let lines = match draw.rarely(16) {
        true => exported(draw.take(2)),
        false => EXPORTS[draw.below(EXPORTS.len())].clone(),
    };
    let changed = changed(&mut draw, lines);
    let mut target = open();
    let (status, _) = import(
        &mut target,
        &changed,
        draw.one_of(&["", "&conflicts=keep", "&conflicts=refuse"]),
    );
    if status != 200 {
        looks_like(&mut target, &BEFORE);
        return;
    }
    look(&mut target);
    let taken = export(&mut target);
    let mut other = empty();
    let (status, answer) = import(&mut other, taken.join("\n").as_bytes(), "");
    assert_eq!(status, 200, "{answer}\n{taken:?}");
    assert_eq!(records(&export(&mut other)), records(&taken));
    hold(&mut target, draw.rest());
}

/// A registrar without the account.
fn empty() -> Service {
    let config = json!({
        "accounts": [{"id": STRANGER}],
        "tokens": [{"token": "stranger"}],
        "operator_token": {"token": "operator"},
        "seed": "08".repeat(32),
    });
    let config = Config::from_json(config.to_string().as_bytes()).unwrap();
    Service::new(config, Conversation::start()).unwrap()
}

fn open() -> Service {
    Service::new(config(), Conversation::start()).unwrap()
}

fn send(service: &mut Service, method: Method, target: &str, body: &[u8]) -> (u16, Value) {
    let mut answer = Answer::new();
    let request = Request {
        authorization: Some("Bearer operator"),
        content_type: Some("application/x-ndjson"),
        ..Request::new(method, target, body, Conversation::start())
    };
    service.handle(&request, &mut answer);
    (answer.status(), openapi::check(method, target, &answer))
}

/// The lines of an account's export, all pages of it.
fn export(service: &mut Service) -> Vec<String> {
    let mut lines = Vec::new();
    let mut cursor = String::new();
    loop {
        let target = format!("/api/v1/export?account_id={ACCOUNT}{cursor}");
        let (status, page) = send(service, Method::Get, &target, b"");
        assert_eq!(status, 200, "{page}");
        lines.extend(
            page["records"]
                .as_array()
                .into_iter()
                .flatten()
                .map(Value::to_string),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return lines,
        }
    }
}

/// The records of an export. The place in the random stream is the registrar's, not the account's.
fn records(lines: &[String]) -> Vec<Value> {
    let read = |line: &String| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        if let Some(members) = record.as_object_mut() {
            members.remove("random_position");
        }
        record
    };
    lines.iter().map(read).collect()
}

fn import(service: &mut Service, body: &[u8], parameters: &str) -> (u16, Value) {
    let target = format!("/api/v1/import?account_id={ACCOUNT}{parameters}");
    send(service, Method::Post, &target, body)
}

/// The lines with some changes: left out, repeated, exchanged, values of one in another, any bytes.
fn changed(draw: &mut Draw<'_>, mut lines: Vec<String>) -> Vec<u8> {
    for _ in 0..=draw.below(3) {
        let (one, other) = (
            draw.below(lines.len().max(1)),
            draw.below(lines.len().max(1)),
        );
        if lines.is_empty() {
            break;
        }
        match draw.below(6) {
            0 => drop(lines.remove(one)),
            1 => lines.insert(other, lines[one].clone()),
            2 => lines.swap(one, other),
            _ => {
                let from: Value = serde_json::from_str(&lines[other]).unwrap();
                let mut record: Value = serde_json::from_str(&lines[one]).unwrap();
                let value = match draw.below(4) {
                    0 => member(draw, &from),
                    1 => Value::from(draw.text(255)),
                    2 => draw
                        .one_of(&["null", "true", "0", "-1", "1e15", "\"\"", "{}", "[]"])
                        .parse()
                        .unwrap(),
                    _ => Value::from(draw.one_of(&[
                        "complete",
                        "active",
                        "9999-12-31T23:59:59.999999Z",
                        "0000-01-01T00:00:00Z",
                    ])),
                };
                let place = draw.below(record.as_object().map_or(1, |it| it.len().max(1)));
                if let Some((_, old)) = record
                    .as_object_mut()
                    .and_then(|it| it.iter_mut().nth(place))
                {
                    *old = value;
                }
                lines[one] = record.to_string();
            }
        }
    }
    let mut bytes = lines.join("\n").into_bytes();
    if draw.rarely(4) && !bytes.is_empty() {
        let place = draw.below(bytes.len());
        bytes[place] = draw.byte();
    }
    bytes
}

/// Some member of a record.
fn member(draw: &mut Draw<'_>, record: &Value) -> Value {
    let members = record.as_object().map_or(0, serde_json::Map::len);
    let place = draw.below(members.max(1));
    let found = record.as_object().and_then(|it| it.values().nth(place));
    found.cloned().unwrap_or_default()
}
