//! Conversations with a registrar in memory. Every answer is one that the OpenAPI document describes, with a status below
//! 500. A second registrar gets every body parsed by serde_json and printed again, and gives the same answers: what is
//! accepted is accepted in any spelling.

use agent_registrar::api::{Answer, Service};
use serde_json::Value;

use crate::conversation::{Conversation, Sent, config};
use crate::openapi;

pub(crate) fn run(data: &[u8]) {
    let mut conversation = Conversation::new(data);
    let open = || Service::new(config(), Conversation::start()).unwrap();
    let (mut service, mut twin) = (open(), open());
    while let Some((sent, now)) = conversation.next() {
        let answer = sent.to(&mut service, now);
        let value = openapi::check(sent.method, &sent.target, &answer);
        compare(&sent, &answer, &printed_again(&sent).to(&mut twin, now));
        conversation.learn(&value);
    }
}

/// The request with its body parsed and printed, where serde_json can: it refuses numbers beyond a double's range and lone
/// surrogates, and of equal keys it keeps the last.
fn printed_again(sent: &Sent) -> Sent {
    let mut sent = sent.clone();
    let text = str::from_utf8(&sent.body).unwrap_or_default();
    let is_unique = agent_registrar::json::read(&sent.body, 0).is_ok();
    if is_unique && let Ok(value) = serde_json::from_str::<Value>(text) {
        sent.body = value.to_string().into_bytes();
    }
    sent
}

fn compare(sent: &Sent, one: &Answer, other: &Answer) {
    let value =
        |answer: &Answer| serde_json::from_slice::<Value>(answer.body()).unwrap_or_default();
    let head = |answer: &Answer| String::from_utf8_lossy(answer.head()).into_owned();
    // Another spelling under a used key is another request: the digest is of the text.
    let code = "idempotency_key_already_used";
    if value(one)["code"] == code || value(other)["code"] == code {
        return;
    }
    let shown = |answer: &Answer| String::from_utf8_lossy(answer.bytes()).into_owned();
    let is_same =
        one.status() == other.status() && head(one) == head(other) && value(one) == value(other);
    assert!(is_same, "{sent:?}\n{}\n{}", shown(one), shown(other));
}
