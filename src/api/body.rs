//! Reads the body of a request, and refuses one of the wrong type, coding or length.

use std::borrow::Cow;

use super::http::Request;
use super::operation::{Body, Operation};
use super::read::headers;
use super::service::{MAX_BODY, Refusal};
use crate::json::{self, Object};
use crate::model::error::ErrorCode;

/// White space up to this length, in bytes, counts as no body where none is needed. Longer bodies need a type, so the head
/// decides it. **\[ours\]**
const MAX_BLANK: usize = 64;

const NOT_JSON: &str =
    "The body must be JSON in UTF-8: send the header Content-Type: application/json.";

const NOT_LINES: &str =
    "The body must be lines of JSON in UTF-8: send the header Content-Type: application/x-ndjson.";

/// Refuses what the head says about a body of at least this length: its coding, and its type unless the body may be empty.
#[inline(never)]
pub(super) fn check_body_head(
    request: &Request<'_>,
    operation: &Operation,
    length: usize,
) -> Result<(), Refusal> {
    if operation.body == Body::Ignored {
        return Ok(());
    }
    // Also without a body: the head decides, before a body is read. [ours]
    if let Some(codings) = headers::refused_codings(request.content_encoding) {
        return Err(Refusal::Rejected {
            status: 415,
            code: ErrorCode::BadRequest,
            message: Cow::Owned(format!(
                "A body with the content encoding {codings} is not read: send it as it is, without Content-Encoding."
            )),
            header: Some(("accept-encoding", Cow::Borrowed("identity"))),
        });
    }
    let may_be_empty = match operation.body {
        Body::Optional => length <= MAX_BLANK,
        _ => length == 0,
    };
    let (is_right, message) = match operation.body {
        Body::Lines => (headers::is_lines(request.content_type), NOT_LINES),
        _ => (headers::is_json(request.content_type), NOT_JSON),
    };
    if !may_be_empty && !is_right {
        return Err(Refusal::bad_request(415, message));
    }
    Ok(())
}

#[inline(never)]
pub(super) fn read_body<'a>(
    request: &Request<'a>,
    operation: &Operation,
) -> Result<Object<'a>, Refusal> {
    if request.body.len() > MAX_BODY {
        return Err(Refusal::bad_request(413, "The body is longer than 1 MiB."));
    }
    check_body_head(request, operation, request.body.len())?;
    if operation.body == Body::Ignored {
        return Ok(Object::default());
    }
    // White space alone counts as no body. [ours]
    let is_empty = json::without_byte_order_mark(request.body)
        .trim_ascii()
        .is_empty();
    match operation.body {
        Body::Optional if is_empty => return Ok(Object::default()),
        _ if is_empty => {
            let message = "The body is empty; it must be a JSON object.";
            return Err(Refusal::bad_request(400, message));
        }
        Body::Lines => return read_lines(request),
        _ => {}
    }
    if !headers::is_json(request.content_type) {
        return Err(Refusal::bad_request(415, NOT_JSON));
    }
    json::read_object(request.body, operation.levels)
        .map_err(|error| Refusal::bad_request(400, error.to_string()))
}

/// A body of lines, which the operation reads.
fn read_lines<'a>(request: &Request<'a>) -> Result<Object<'a>, Refusal> {
    if !headers::is_lines(request.content_type) {
        return Err(Refusal::bad_request(415, NOT_LINES));
    }
    let text = str::from_utf8(json::without_byte_order_mark(request.body));
    let text = text.map_err(|_| Refusal::bad_request(400, "The body is not valid UTF-8."))?;
    Ok(Object::unread(text))
}
