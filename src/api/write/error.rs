//! Writes error bodies: the API's own, or RFC 9457 problem details on request.

use std::borrow::Cow;

use crate::model::error::ErrorCode;
use crate::registrar::{Failure, Issue};
use crate::wire::{self, json, literal, status_title};

/// The content of an error body.
#[derive(Debug)]
pub(in crate::api) struct ErrorBody<'a> {
    pub(in crate::api) status: u16,
    pub(in crate::api) code: ErrorCode,
    pub(in crate::api) message: Cow<'a, str>,
    pub(in crate::api) issues: &'a [Issue],
}

impl<'a> ErrorBody<'a> {
    /// The content for a failure.
    pub(in crate::api) fn of(failure: &'a Failure) -> ErrorBody<'a> {
        ErrorBody {
            status: failure.status(),
            code: failure.code(),
            message: Cow::Borrowed(failure.message()),
            issues: failure.issues(),
        }
    }

    /// Adds the request id to the message of an internal error, for reports.
    pub(in crate::api) fn with_request_id(mut self, request_id: &str) -> ErrorBody<'a> {
        if self.code == ErrorCode::Unexpected {
            self.message = format!("{} The request was {request_id}.", self.message).into();
        }
        self
    }

    /// Appends the API's own body.
    pub(in crate::api) fn write(&self, out: &mut Vec<u8>) -> Result<(), json::Unsupported> {
        let message = Cow::Borrowed(&*self.message);
        if self.code != ErrorCode::ValidationErrors {
            let body = wire::ErrorBody {
                status: literal::Error,
                code: self.code,
                message,
            };
            return json::append(out, &body);
        }
        let pair = |issue: &'a Issue| (&*issue.path, &*issue.message);
        let body = wire::ValidationErrors {
            status: literal::Error,
            code: literal::ValidationErrors,
            message,
            errors: self.issues.iter().map(pair).collect(),
        };
        json::append(out, &body)
    }

    /// Appends the same as problem details. Their `errors` point into the body, or name the query parameter as it is
    /// written (`pagination[offset]`). **\[ours\]**
    pub(in crate::api) fn write_problem(
        &self,
        of_query: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), json::Unsupported> {
        let issue = |issue: &'a Issue| wire::ProblemIssue {
            pointer: (!of_query).then(|| format!("#/{}", issue.path.replace('.', "/"))),
            parameter: of_query.then(|| parameter(&issue.path)),
            detail: &issue.message,
            code: issue.code,
            reason: issue.reason,
        };
        let problem = wire::Problem {
            r#type: literal::AboutBlank,
            title: status_title(self.status),
            status: self.status,
            detail: &self.message,
            code: self.code,
            errors: (!self.issues.is_empty()).then(|| self.issues.iter().map(issue).collect()),
        };
        json::append(out, &problem)
    }
}

/// Converts a dotted path to a parameter: `pagination.offset` to `pagination[offset]`.
fn parameter(path: &str) -> String {
    match path.split_once('.') {
        Some((outer, inner)) => format!("{outer}[{inner}]"),
        None => path.to_owned(),
    }
}
