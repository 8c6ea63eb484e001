//! Error bodies: the API's own, and RFC 9457 problem details for those who ask for them.

use std::borrow::Cow;

use crate::api::write::encode::JsonWriter;
use crate::model::error::ErrorCode;
use crate::registrar::{Failure, Issue};

/// Everything that an error's body says.
#[derive(Debug)]
pub(in crate::api) struct ErrorBody<'a> {
    pub(in crate::api) status: u16,
    pub(in crate::api) code: ErrorCode,
    pub(in crate::api) message: Cow<'a, str>,
    pub(in crate::api) issues: &'a [Issue],
}

impl<'a> ErrorBody<'a> {
    /// What a failure says.
    pub(in crate::api) fn of(failure: &'a Failure) -> ErrorBody<'a> {
        ErrorBody {
            status: failure.status(),
            code: failure.code(),
            message: Cow::Borrowed(failure.message()),
            issues: failure.issues(),
        }
    }

    /// With the request's id in the message, where the fault is ours: whoever reports it has
    /// something to name.
    pub(in crate::api) fn with_request_id(mut self, request_id: &str) -> ErrorBody<'a> {
        if self.code == ErrorCode::Unexpected {
            self.message = format!("{} The request was {request_id}.", self.message).into();
        }
        self
    }

    /// `{"status":"error","code":C,"message":text}`, and `errors` where there are issues.
    pub(in crate::api) fn write(&self, out: &mut Vec<u8>) {
        let mut json = JsonWriter::new(out);
        json.raw(r#"{"status":"error","code":"#)
            .text(self.code.as_str())
            .raw(r#","message":"#)
            .text(&self.message);
        // Clients of the published API take the map for granted under this code, also where a host refuses without issues.
        if self.code == ErrorCode::ValidationErrors {
            json.raw(r#","errors":{"#);
            for (index, issue) in self.issues.iter().enumerate() {
                let same_path = |other: &Issue| other.path == issue.path;
                if self.issues[..index].iter().any(same_path) {
                    continue;
                }
                if index > 0 {
                    json.raw(",");
                }
                json.text(&issue.path).raw(":[");
                let messages = self.issues.iter().filter(|other| same_path(other));
                for (index, issue) in messages.enumerate() {
                    if index > 0 {
                        json.raw(",");
                    }
                    json.text(&issue.message);
                }
                json.raw("]");
            }
            json.raw("}");
        }
        json.raw("}");
    }

    /// The same as RFC 9457 problem details: `errors` points into the body, or names the parameter as it is written
    /// (`pagination[offset]`) where the fields are those of the query. **\[ours\]**
    pub(in crate::api) fn write_problem(&self, of_query: bool, out: &mut Vec<u8>) {
        let mut json = JsonWriter::new(out);
        json.raw(r#"{"type":"about:blank","title":"#)
            .text(title(self.status))
            .raw(r#","status":"#)
            .number(self.status.into())
            .raw(r#","detail":"#)
            .text(&self.message)
            .raw(r#","code":"#)
            .text(self.code.as_str());
        if !self.issues.is_empty() {
            json.raw(r#","errors":["#);
            for (index, issue) in self.issues.iter().enumerate() {
                if index > 0 {
                    json.raw(",");
                }
                let (name, between, after) = match of_query {
                    false => (r##"{"pointer":"#/"##, "/", ""),
                    true if issue.path.contains('.') => (r#"{"parameter":""#, "[", "]"),
                    true => (r#"{"parameter":""#, "", ""),
                };
                json.raw(name);
                // Paths are ours: there is nothing in them to be escaped.
                for (index, part) in issue.path.split('.').enumerate() {
                    json.raw(if index > 0 { between } else { "" }).raw(part);
                }
                json.raw(after)
                    .raw(r#"","detail":"#)
                    .text(&issue.message)
                    .raw(r#","code":"#)
                    .text(issue.code.as_str())
                    .raw(r#","reason":"#)
                    .text(issue.reason.as_str())
                    .raw("}");
            }
            json.raw("]");
        }
        json.raw("}");
    }
}

/// What RFC 9457 wants as the title of `about:blank`: the status in words.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}
