//! Why an operation was refused.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::panic::Location;

use thiserror::Error;

use crate::model::error::ErrorCode;
use crate::model::pfid::PfidError;
use crate::rules::{Field, Issue, VALIDATION_MESSAGE};
use crate::store::StoreError;

/// An operation was refused and changed nothing. Boxed, so that `Result` stays small on the success path.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct Failure(Box<Reason>);

/// The reason why an operation was refused.
#[derive(Debug, Error)]
pub enum Reason {
    /// Refused as a whole.
    #[error("{message}")]
    Refused {
        /// The code of the answer.
        code: ErrorCode,
        /// A sentence for a person, echoing no input.
        message: Cow<'static, str>,
    },
    /// Some fields break a rule: code `validation_errors`.
    #[error("the request breaks the rules of {} of its fields", .0.len())]
    Invalid(Vec<Issue>),
    /// The store cannot answer now: code `unexpected`, status 503.
    #[error("the store cannot answer now")]
    Unavailable(#[source] StoreError),
    /// An error of the service: code `unexpected`, status 500.
    #[error("something went wrong on our side")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An invariant of the registrar that does not hold.
#[derive(Error)]
#[error("an invariant does not hold at {0}")]
struct BrokenInvariant(&'static Location<'static>);

// As that of `StoreError`, for the size.
impl fmt::Debug for BrokenInvariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The value of `Retry-After` while the store cannot answer, in seconds.
pub const RETRY_AFTER_SECONDS: u32 = 5;

impl Failure {
    #[cold]
    #[inline(never)]
    fn of(reason: Reason) -> Failure {
        Failure(Box::new(reason))
    }

    /// The reason.
    pub fn reason(&self) -> &Reason {
        &self.0
    }

    /// A refusal with any code.
    pub fn refused(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Failure {
        let message = message.into();
        Failure::of(Reason::Refused { code, message })
    }

    /// A refusal because of the issues of fields: at least one.
    pub fn invalid(issues: Vec<Issue>) -> Failure {
        Failure::of(Reason::Invalid(issues))
    }

    /// The action is not available in the object's state.
    #[cold]
    #[inline(never)]
    pub fn invalid_action(message: &'static str) -> Failure {
        Failure::refused(ErrorCode::InvalidAction, message)
    }

    /// The token's scope does not cover this.
    #[cold]
    #[inline(never)]
    pub fn not_permitted(message: &'static str) -> Failure {
        Failure::refused(ErrorCode::NotPermitted, message)
    }

    /// An error of the service: an invariant does not hold at the caller's line.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn unexpected() -> Failure {
        Failure::fault(BrokenInvariant(Location::caller()))
    }

    /// The store cannot answer now, whatever its error.
    #[cold]
    #[inline(never)]
    pub fn unavailable(cause: StoreError) -> Failure {
        Failure::of(Reason::Unavailable(cause))
    }

    /// An error of the service, with its cause.
    #[cold]
    #[inline(never)]
    pub fn fault(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        Failure::of(Reason::Fault(cause.into()))
    }

    /// The code of the answer.
    pub fn code(&self) -> ErrorCode {
        match self.reason() {
            Reason::Refused { code, .. } => *code,
            Reason::Invalid(_) => ErrorCode::ValidationErrors,
            Reason::Unavailable(_) | Reason::Fault(_) => ErrorCode::Unexpected,
        }
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self.reason() {
            Reason::Unavailable(_) => 503,
            _ => self.code().http_status(),
        }
    }

    /// The message of the answer: a sentence for a person, without internals.
    pub fn message(&self) -> &str {
        match self.reason() {
            Reason::Refused { message, .. } => message,
            Reason::Invalid(_) => VALIDATION_MESSAGE,
            Reason::Unavailable(_) => {
                "The service cannot reach its records now. Nothing was changed; try again."
            }
            Reason::Fault(_) => "Something went wrong on our side.",
        }
    }

    /// The issues of the answer.
    pub fn issues(&self) -> &[Issue] {
        match self.reason() {
            Reason::Invalid(issues) => issues,
            _ => &[],
        }
    }

    /// Whether the registrar or its store is at fault, and not the caller.
    pub fn is_fault(&self) -> bool {
        matches!(self.reason(), Reason::Unavailable(_) | Reason::Fault(_))
    }

    /// The seconds after which the request can be sent again, if that can succeed.
    pub fn retry_after(&self) -> Option<u32> {
        matches!(self.reason(), Reason::Unavailable(_)).then_some(RETRY_AFTER_SECONDS)
    }

    /// The chain of errors behind a fault in one line, for the log.
    pub fn cause(&self) -> Option<String> {
        if !self.is_fault() {
            return None;
        }
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            // Writing into a string cannot fail.
            let _ = write!(text, ": {error}");
            source = error.source();
        }
        // A text of the store's host could have line breaks, or the escape sequences of a terminal.
        Some(text.replace(char::is_control, " "))
    }

    /// Refuses the request if there is any issue.
    pub fn unless_valid(issues: Vec<Issue>) -> Result<(), Failure> {
        if issues.is_empty() {
            Ok(())
        } else {
            Err(Failure::invalid(issues))
        }
    }
}

/// The problems of a request: the issues of its fields, and a refusal as a whole.
#[derive(Debug, Default)]
pub struct Findings {
    /// The issues of the fields.
    pub issues: Vec<Issue>,
    /// Why the request is refused as a whole.
    pub refusal: Option<Failure>,
}

impl Findings {
    /// Adds the result of a check, before the issues of the fields in `later`.
    pub fn add(&mut self, found: Result<Option<Issue>, Failure>, later: &[Field]) {
        match found {
            Ok(None) => {}
            Ok(Some(issue)) => {
                let is_later =
                    |it: &Issue| later.iter().any(|field| field.dotted_path() == it.path);
                let at = self.issues.iter().position(is_later);
                self.issues.insert(at.unwrap_or(self.issues.len()), issue);
            }
            // An error of the store is not hidden behind an earlier refusal.
            Err(failure) => match &self.refusal {
                Some(known) if known.is_fault() || !failure.is_fault() => {}
                _ => self.refusal = Some(failure),
            },
        }
    }

    /// Refuses the request if there is a problem. A refusal as a whole is reported if no field has an issue **\[ours\]**; an error of
    /// the store is always reported.
    pub fn finish(self) -> Result<(), Failure> {
        match self.refusal {
            Some(failure) if failure.is_fault() => Err(failure),
            refusal => {
                Failure::unless_valid(self.issues)?;
                refusal.map_or(Ok(()), Err)
            }
        }
    }
}

impl From<StoreError> for Failure {
    #[cold]
    fn from(error: StoreError) -> Failure {
        match error {
            StoreError::Full(_) | StoreError::Host(_) => Failure::unavailable(error),
            StoreError::Conflict(_) | StoreError::Corrupt(_) => Failure::fault(error),
        }
    }
}

impl From<PfidError> for Failure {
    fn from(error: PfidError) -> Failure {
        Failure::fault(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_store_is_reported_whatever_was_found_before_and_after() {
        let not_permitted = || Failure::not_permitted("Not with this token.");
        let of_store = || Failure::from(StoreError::Full("a test"));
        let issue = || Issue::new("details.id", crate::rules::IssueReason::Taken, "Taken.");
        for place in 0..3 {
            let mut found = Findings {
                issues: vec![issue()],
                refusal: None,
            };
            for step in 0..3 {
                let failure = match step == place {
                    true => of_store(),
                    false => not_permitted(),
                };
                found.add(Err(failure), &[]);
            }
            assert!(found.finish().is_err_and(|failure| failure.is_fault()));
        }
        let mut found = Findings {
            issues: Vec::new(),
            refusal: None,
        };
        found.add(Err(not_permitted()), &[]);
        found.add(Err(Failure::invalid_action("Not now.")), &[]);
        let refused = found.finish().is_err_and(|failure| {
            matches!(
                failure.reason(),
                Reason::Refused {
                    code: ErrorCode::NotPermitted,
                    ..
                }
            )
        });
        assert!(refused);
    }
}
