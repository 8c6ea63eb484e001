//! Carries an operation out, once per idempotency key.

use super::operation::{Call, Key, Operation};
use super::read::fields;
use crate::digest::Digest;
use crate::json::{self, Json, Object};
use crate::model::error::ErrorCode;
use crate::registrar::idempotency::Fingerprint;
use crate::registrar::{Failure, Registrar};
use crate::rules::Given;
use crate::sort::sorted;

/// Carries out an operation and appends its answer's body to `out`, or the body that was kept for
/// the same request with the same key; says whether it was kept. What an operation appended before
/// it failed is left for the caller to throw away.
pub fn carry_out(
    registrar: &mut Registrar,
    operation: &Operation,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<bool, Failure> {
    let key = match operation.key {
        Key::None => Given::Absent,
        Key::Root => fields::text(call.body, "idempotency_key"),
        Key::Inner => fields::inner_key(call.body),
    };
    // A key that breaks a rule is refused by the operation, and so never kept.
    let Given::Text(key) = key else {
        (operation.handler)(registrar, call, out)?;
        return Ok(false);
    };
    let fingerprint = || fingerprint(operation.name, call.id, call.body);
    if let Some(body) = registrar.kept_answer(&call.caller, key, fingerprint)? {
        out.extend_from_slice(body);
        return Ok(true);
    }
    let start = out.len();
    (operation.handler)(registrar, call, out)?;
    registrar.keep_answer(&call.caller, key, fingerprint()?, &out[start..])?;
    Ok(false)
}

/// The fingerprint of a request. Bodies that differ only in white space, in the order of keys or in
/// how a string is escaped are the same; numbers are compared as written. **\[ours\]**
fn fingerprint(operation: &str, id: &str, body: &Object<'_>) -> Result<Fingerprint, Failure> {
    let mut digest = Digest::new();
    text(&mut digest, b'o', operation.as_bytes());
    text(&mut digest, b'i', id.as_bytes());
    // The body was read without what lies deep in it; it has been checked, so it can be read again.
    let whole = json::read(body.raw().as_bytes(), json::MAX_DEPTH)
        .map_err(|error| Failure::refused(ErrorCode::BadRequest, error.to_string()))?;
    canonical(&mut digest, &whole);
    Ok(digest.finish())
}

/// Feeds a length with every text, so that no two different values feed the same bytes.
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
    fn spelling_does_not_matter_and_content_does() {
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
