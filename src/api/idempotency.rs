//! Runs an operation once per idempotency key.

use super::http::Method;
use super::operation::{Call, Handler, Key, Operation};
use super::operations::{accounts, agents, api_tokens, environments, instances, spans, versions};
use super::read::fields;
use super::read::query::Query;
use crate::digest::Digest;
use crate::json::{self, Json, Object};
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::registrar::idempotency::{Fingerprint, Replay};
use crate::registrar::{Failure, Kind, Registrar};
use crate::rules::Given;
use crate::sort::sorted;
use crate::store::VersionKind;

/// Runs an operation and appends the body of its answer to `out`, or else the stored body for the same request with
/// the same key. Returns whether it was stored. After an error the caller discards what was appended.
pub fn run_once(
    registrar: &mut Registrar,
    operation: &Operation,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<bool, Failure> {
    if replay(registrar, operation, call, out)? {
        return Ok(true);
    }
    require_room(registrar, operation, call)?;
    let start = out.len();
    (operation.handler)(registrar, call, out)?;
    let replayed = registrar.take_replayed_answer();
    let body = replayed.as_deref().unwrap_or(&out[start..]);
    keep(registrar, operation, call, body)?;
    Ok(false)
}

/// The idempotency key of a request. An invalid key is refused by the operation, and so never stored.
fn key_of<'c>(operation: &Operation, call: &Call<'c>) -> Option<&'c str> {
    let key = match operation.key {
        Key::None => Given::Absent,
        Key::Root => fields::text(call.body, "idempotency_key"),
        Key::Inner => fields::inner_key(call.body),
    };
    match key {
        Given::Text(key) => Some(key),
        _ => None,
    }
}

/// Appends the stored answer to the same request with the same key, or one that is made anew if it was dropped for room. Returns
/// whether there is one.
pub(super) fn replay(
    registrar: &mut Registrar,
    operation: &Operation,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<bool, Failure> {
    let Some(key) = key_of(operation, call) else {
        return Ok(false);
    };
    let fingerprint = || fingerprint(operation.name, call.id, call.body);
    let object_id = match registrar.stored_answer(&call.caller, key, fingerprint)? {
        None => return Ok(false),
        Some(Replay::Body(body)) => {
            out.extend_from_slice(&body);
            return Ok(true);
        }
        Some(Replay::Dropped(object_id)) => object_id,
    };
    let is_made = match object_id {
        Some(id) if operation.method != Method::Delete => details(registrar, call, id, out)?,
        _ => false,
    };
    match is_made {
        true => Ok(true),
        false => Err(Failure::refused(
            ErrorCode::IdempotencyKeyAlreadyUsed,
            "The request with this idempotency key was carried out, once. Its answer is no longer stored, and there is no object to \
             make it from anew.",
        )),
    }
}

/// Makes the answer to a request anew from the object that it was about, as the object is now. Returns whether the caller
/// sees it. **\[ours\]**
fn details(
    registrar: &mut Registrar,
    call: &Call<'_>,
    id: Pfid,
    out: &mut Vec<u8>,
) -> Result<bool, Failure> {
    let Some(kind) = registrar.kind_of(&call.caller, id)? else {
        return Ok(false);
    };
    let fetch: Handler = match kind {
        Kind::Account => accounts::fetch,
        Kind::Environment => environments::fetch,
        Kind::Agent => agents::fetch,
        Kind::AgentVersion => {
            |registrar, call, out| versions::fetch(VersionKind::Agent, registrar, call, out)
        }
        Kind::AgentSchemaVersion => {
            |registrar, call, out| versions::fetch(VersionKind::Schema, registrar, call, out)
        }
        Kind::AgentInstance => instances::fetch,
        Kind::AgentSpan => spans::details,
        Kind::ApiToken => api_tokens::fetch,
    };
    let id = id.to_string();
    let call = Call {
        id: &id,
        query: Query::default(),
        ..*call
    };
    fetch(registrar, &call, out)?;
    Ok(true)
}

/// Refuses a request with a key for which there is no room.
pub(super) fn require_room(
    registrar: &mut Registrar,
    operation: &Operation,
    call: &Call<'_>,
) -> Result<(), Failure> {
    match has_key(operation, call) {
        true => registrar.require_key_room(&call.caller, operation.key_room()),
        false => Ok(()),
    }
}

/// Whether the answer of a request is stored.
pub(super) fn has_key(operation: &Operation, call: &Call<'_>) -> bool {
    key_of(operation, call).is_some()
}

/// Stores the answer of a request that has a key.
pub(super) fn keep(
    registrar: &mut Registrar,
    operation: &Operation,
    call: &Call<'_>,
    body: &[u8],
) -> Result<(), Failure> {
    match key_of(operation, call) {
        None => Ok(()),
        Some(key) => {
            let fingerprint = fingerprint(operation.name, call.id, call.body)?;
            registrar.keep_answer(&call.caller, key, fingerprint, body)
        }
    }
}

/// The fingerprint of a request. Bodies that differ only in white space, in the order of keys or in string escapes
/// are equal; numbers are compared as written. **\[ours\]**
fn fingerprint(operation: &str, id: &str, body: &Object<'_>) -> Result<Fingerprint, Failure> {
    let mut digest = Digest::new();
    text(&mut digest, b'o', operation.as_bytes());
    text(&mut digest, b'i', id.as_bytes());
    // Deep levels of the body were not built. They have been checked, so they can be read again.
    let whole = json::read(body.raw().as_bytes(), json::MAX_DEPTH)
        .map_err(|error| Failure::refused(ErrorCode::BadRequest, error.to_string()))?;
    canonical(&mut digest, &whole);
    Ok(digest.finish())
}

/// Adds each text with its length, so that different values never add the same bytes.
fn text(digest: &mut Digest, tag: u8, bytes: &[u8]) {
    digest.add(&[tag]);
    digest.add(&(bytes.len() as u64).to_le_bytes());
    digest.add(bytes);
}

fn canonical(digest: &mut Digest, value: &Json<'_>) {
    match value {
        Json::Null => digest.add(b"n"),
        Json::Bool(true) => digest.add(b"t"),
        Json::Bool(false) => digest.add(b"f"),
        Json::Number(number) => text(digest, b'#', number.as_bytes()),
        Json::Text(content) => text(digest, b'"', content.as_bytes()),
        Json::NotWellFormed(raw) => text(digest, b'w', raw.as_bytes()),
        Json::Unread(raw) => text(digest, b'r', raw.as_bytes()),
        Json::Array(array) => {
            text(digest, b'[', &[]);
            array
                .items()
                .iter()
                .for_each(|item| canonical(digest, item));
            digest.add(b"]");
        }
        Json::Object(object) => {
            text(digest, b'{', &[]);
            for member in sorted(object.members(), |a, b| a.key.cmp(&b.key)) {
                text(digest, b'k', &member.key);
                canonical(digest, &member.value);
            }
            digest.add(b"}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: &str, id: &str, body: &str) -> Fingerprint {
        let body = json::read_object(body.as_bytes(), json::BODY_LEVELS).unwrap();
        fingerprint(operation, id, &body).unwrap()
    }

    #[test]
    fn the_fingerprint_ignores_spelling_but_not_content() {
        let first = of("a", "", r#"{"a":{"b":[1,{"c":null}]},"d":"x"}"#);
        assert_eq!(
            first,
            of(
                "a",
                "",
                " { \"d\" : \"\\u0078\", \"a\":{\"b\":[1, {\"c\":null}]}}"
            )
        );
        for other in [
            of("b", "", r#"{"a":{"b":[1,{"c":null}]},"d":"x"}"#),
            of("a", "1", r#"{"a":{"b":[1,{"c":null}]},"d":"x"}"#),
            of("a", "", r#"{"a":{"b":[1,{"c":false}]},"d":"x"}"#),
            of("a", "", r#"{"a":{"b":[1],"c":null},"d":"x"}"#),
            of("a", "", r#"{"a":{"b":[1,{"c":null}],"d":"x"}}"#),
        ] {
            assert_ne!(first, other);
        }
    }
}
