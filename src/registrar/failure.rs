//! Why an operation was refused.

use std::borrow::Cow;

use thiserror::Error;

use crate::model::error::ErrorCode;
use crate::model::pfid::PfidError;
use crate::rules::Issue;
use crate::store::StoreError;

/// That an operation was refused. Nothing was changed. It is one pointer, since nearly all that can fail does not.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{0}")]
pub struct Failure(Box<Reason>);

/// Why an operation was refused.
#[derive(Clone, Debug, Error, PartialEq)]
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
}

impl Failure {
    #[cold]
    #[inline(never)]
    fn of(reason: Reason) -> Failure {
        Failure(Box::new(reason))
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.0
    }

    /// A refusal with any code.
    pub fn refused(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Failure {
        let message = message.into();
        Failure::of(Reason::Refused { code, message })
    }

    /// A refusal because of fields: at least one.
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

    /// A fault of ours.
    #[cold]
    #[inline(never)]
    pub fn unexpected() -> Failure {
        Failure::refused(ErrorCode::Unexpected, "Something went wrong on our side.")
    }

    /// Refuses when there is any issue.
    pub fn unless_valid(issues: Vec<Issue>) -> Result<(), Failure> {
        if issues.is_empty() {
            Ok(())
        } else {
            Err(Failure::invalid(issues))
        }
    }
}

/// What is wrong with a request: with its fields by themselves, and with what they name.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is wrong with fields.
    pub issues: Vec<Issue>,
    /// Why the request is refused as a whole.
    pub refusal: Option<Failure>,
}

impl Findings {
    /// Adds what a check found, before the issues of the fields that come `later`.
    pub fn add(&mut self, found: Result<Option<Issue>, Failure>, later: &[&str]) {
        match found {
            Ok(None) => {}
            Ok(Some(issue)) => {
                let is_later = |it: &Issue| later.contains(&&*it.path);
                let at = self.issues.iter().position(is_later);
                self.issues.insert(at.unwrap_or(self.issues.len()), issue);
            }
            Err(failure) => self.refusal = self.refusal.take().or(Some(failure)),
        }
    }

    /// Refuses if anything was found. A refusal as a whole is told where no field is at fault. **\[ours\]**
    pub fn finish(self) -> Result<(), Failure> {
        Failure::unless_valid(self.issues)?;
        self.refusal.map_or(Ok(()), Err)
    }
}

impl From<StoreError> for Failure {
    fn from(_: StoreError) -> Failure {
        Failure::unexpected()
    }
}

impl From<PfidError> for Failure {
    fn from(_: PfidError) -> Failure {
        Failure::unexpected()
    }
}
