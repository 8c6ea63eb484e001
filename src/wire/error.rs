//! Errors: the API's own bodies, and RFC 9457 problem details.

use std::borrow::Cow;

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::literal;
use super::schema::inline_schema;
use crate::model::error::ErrorCode;
use crate::rules::{IssueCode, IssueReason};

/// The body of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct ErrorBody<'a> {
    /// The operation failed.
    pub status: literal::Error,
    /// The code of the error.
    pub code: ErrorCode,
    /// A message for people.
    pub message: Cow<'a, str>,
}

/// The body of the error for a request with invalid fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct ValidationErrors<'a> {
    /// The operation failed.
    pub status: literal::Error,
    /// The code of the error.
    pub code: literal::ValidationErrors,
    /// A message for people.
    pub message: Cow<'a, str>,
    /// The messages by the path of their field, dotted from the root of the body.
    pub errors: FieldErrors<'a>,
}

/// Messages by the path of their field, in the order in which the paths first occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> FromIterator<(&'a str, &'a str)> for FieldErrors<'a> {
    /// From pairs of a path and a message.
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> FieldErrors<'a> {
        let mut fields: Vec<(&str, Vec<&str>)> = Vec::new();
        for (path, message) in pairs {
            match fields.iter_mut().find(|(known, _)| *known == path) {
                Some((_, messages)) => messages.push(message),
                None => fields.push((path, vec![message])),
            }
        }
        FieldErrors(fields)
    }
}

impl Serialize for FieldErrors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (path, messages) in &self.0 {
            map.serialize_entry(path, messages)?;
        }
        map.end()
    }
}

inline_schema!(
    FieldErrors<'_>,
    "FieldErrors",
    json_schema!({
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    })
);

/// An error as RFC 9457 problem details, for requests with Accept: application/problem+json.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct Problem<'a> {
    /// Always `about:blank`: the status is the type.
    pub r#type: literal::AboutBlank,
    /// The phrase of the status.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A message for people.
    pub detail: &'a str,
    /// The code of the error.
    pub code: ErrorCode,
    /// The issues of fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(with = "Vec<ProblemIssue>"))]
    pub errors: Option<Vec<ProblemIssue<'a>>>,
}

/// One broken rule of one field, in problem details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(extend("oneOf" = [{"required": ["pointer"]}, {"required": ["parameter"]}]))
)]
pub struct ProblemIssue<'a> {
    /// A JSON Pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(with = "String"))]
    pub pointer: Option<String>,
    /// The query parameter, if the issue is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(with = "String"))]
    pub parameter: Option<String>,
    /// A message for people.
    pub detail: &'a str,
    /// The code of the issue.
    pub code: IssueCode,
    /// The rule that the field breaks.
    pub reason: IssueReason,
}

/// The title that RFC 9457 requires for `about:blank`: the phrase of the status. It covers every status of an error, also those that only hosts use.
const STATUS_TITLES: &[(u16, &str)] = &[
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (413, "Content Too Large"),
    (415, "Unsupported Media Type"),
    (417, "Expectation Failed"),
    (422, "Unprocessable Content"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
];

/// The title of a status; that of 500 for a status that no error has.
pub fn status_title(status: u16) -> &'static str {
    STATUS_TITLES
        .iter()
        .find(|(known, _)| *known == status)
        .map_or("Internal Server Error", |(_, title)| title)
}
