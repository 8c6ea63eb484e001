//! Validation: takes a body, and returns its normalised value or all its issues.

use std::borrow::Cow;

use super::agent::{CreateAgentDetails, UpdateAgentDetails};
use super::input::{Fields, Input};
use super::request::{CreateAgentRequest, UpdateAgentRequest};
use crate::model::pfid::Pfid;
use crate::rules::{
    self, CreateAgentFields, Field, Issue, IssueSet, UpdateAgentFields, VALIDATION_MESSAGE,
};

/// A body that breaks no rule.
///
/// ```
/// use agent_registrar::{Input, validate_update_agent};
///
/// let body = Input::from_json(br#"{"details": {"name": " Ada ", "team": "x"}}"#)?;
/// let valid = validate_update_agent(body).unwrap();
/// assert_eq!(valid.value.details.name.as_deref(), Some("Ada"));
/// assert_eq!(valid.ignored, ["details.team"]);
/// # Ok::<(), agent_registrar::JsonError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valid<T> {
    /// The body, normalised: the name is trimmed, unknown keys are dropped, and values that count as absent are absent.
    pub value: T,
    /// The dotted paths of unknown keys, which were dropped, in their order. **\[ours\]**
    pub ignored: Vec<String>,
}

/// A body that breaks rules.
///
/// ```
/// use agent_registrar::{Input, IssueReason, validate_create_agent};
///
/// let invalid = validate_create_agent(Input::from_json(b"{}")?, None).unwrap_err();
/// assert_eq!(invalid.issues[0].path, "details");
/// assert_eq!(invalid.issues[0].reason, IssueReason::Missing);
/// assert_eq!(invalid.to_string(), "details: Details are required.");
/// # Ok::<(), agent_registrar::JsonError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", sentence(.issues))]
pub struct Invalid {
    /// All issues, in the order of the contract's table. Never empty.
    pub issues: Vec<Issue>,
    /// As in [`Valid::ignored`].
    pub ignored: Vec<String>,
}

fn sentence(issues: &[Issue]) -> String {
    let lines: Vec<String> = issues
        .iter()
        .map(|issue| [&issue.path, ": ", &issue.message].concat())
        .collect();
    lines.join(" ")
}

impl Invalid {
    /// The body of the API's answer to it, to be sent with status 422.
    pub fn error(&self) -> ValidationErrors {
        let mut errors: Vec<(Cow<'static, str>, Vec<Cow<'static, str>>)> = Vec::new();
        for issue in &self.issues {
            let message = issue.message.clone();
            match errors.iter_mut().find(|(path, _)| *path == issue.path) {
                Some((_, messages)) => messages.push(message),
                None => errors.push((issue.path.clone(), vec![message])),
            }
        }
        ValidationErrors {
            message: Cow::Borrowed(VALIDATION_MESSAGE),
            errors,
        }
    }
}

/// The body of a `validation_errors` answer. **\[doc\]**
///
/// With the feature `serde` it serialises to exactly what the service sends:
/// `{"status":"error","code":"validation_errors","message":…,"errors":{path:[message,…]}}`.
///
/// ```
/// use agent_registrar::{Input, validate_create_agent};
///
/// let invalid = validate_create_agent(Input::from_json(b"{}")?, None).unwrap_err();
/// let (path, messages) = &invalid.error().errors[0];
/// assert_eq!((path.as_ref(), messages.len()), ("details", 1));
/// # Ok::<(), agent_registrar::JsonError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationErrors {
    /// A sentence for a person.
    pub message: Cow<'static, str>,
    /// The messages of each field by its path, dotted from the body's root, in the order of the issues.
    pub errors: Vec<(Cow<'static, str>, Vec<Cow<'static, str>>)>,
}

/// Validates a body of `POST /api/v1/agent`. Returns it normalised, or all its issues.
///
/// `default_environment` replaces an absent `environment_id`, as a token's environment does over HTTP.
/// **\[ours\]** An `id` must have the partition of the environment.
///
/// `input` is an [`Input`], the fields as [`CreateAgentFields`], or with the feature `json` a `&serde_json::Value`.
///
/// # Errors
///
/// [`Invalid`] names every broken rule at once, in the order of the contract's table.
///
/// ```
/// use agent_registrar::{CreateAgentFields, validate_create_agent};
///
/// let fields = CreateAgentFields {
///     name: " Support bot ".into(),
///     environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1".into(),
///     ..CreateAgentFields::default()
/// };
/// let valid = validate_create_agent(fields, None)?;
/// assert_eq!(valid.value.details.name, "Support bot");
/// # Ok::<(), agent_registrar::Invalid>(())
/// ```
pub fn validate_create_agent<'a>(
    input: impl Into<Input<'a>>,
    default_environment: Option<Pfid>,
) -> Result<Valid<CreateAgentRequest>, Invalid> {
    let input = input.into();
    let fields = Fields::read(&input, CreateAgentFields::FIELDS);
    let given = |field| fields.given(field);
    let issues = rules::create_agent(
        &CreateAgentFields::read(fields.details, given),
        default_environment,
    );
    // Without issues, the required details are present.
    let details = CreateAgentDetails::read(&fields, default_environment);
    let Some(details) = details.filter(|_| issues.is_empty()) else {
        return Err(invalid(issues, fields.ignored));
    };
    let value = CreateAgentRequest {
        details,
        idempotency_key: idempotency_key(&fields),
    };
    Ok(Valid {
        value,
        ignored: fields.ignored,
    })
}

/// Validates a body of `PUT /api/v1/agent/{id}`. Returns it normalised, or all its issues.
///
/// An absent key keeps its value and `null` clears it; a name cannot be cleared.
///
/// `input` is an [`Input`], the fields as [`UpdateAgentFields`], or with the feature `json` a `&serde_json::Value`.
///
/// # Errors
///
/// [`Invalid`] names every broken rule at once, in the order of the contract's table.
///
/// ```
/// use agent_registrar::{Given, UpdateAgentFields, validate_update_agent};
///
/// let fields = UpdateAgentFields {
///     description: Given::Null,
///     ..UpdateAgentFields::default()
/// };
/// let valid = validate_update_agent(fields)?;
/// assert_eq!(valid.value.details.name, None);
/// assert_eq!(valid.value.details.description, Some(None));
/// # Ok::<(), agent_registrar::Invalid>(())
/// ```
pub fn validate_update_agent<'a>(
    input: impl Into<Input<'a>>,
) -> Result<Valid<UpdateAgentRequest>, Invalid> {
    let input = input.into();
    let fields = Fields::read(&input, UpdateAgentFields::FIELDS);
    let given = |field| fields.given(field);
    let issues = rules::update_agent(&UpdateAgentFields::read(fields.details, given));
    if !issues.is_empty() {
        return Err(invalid(issues, fields.ignored));
    }
    let value = UpdateAgentRequest {
        details: UpdateAgentDetails::read(&fields),
        idempotency_key: idempotency_key(&fields),
    };
    Ok(Valid {
        value,
        ignored: fields.ignored,
    })
}

#[cold]
fn invalid(issues: IssueSet, ignored: Vec<String>) -> Invalid {
    Invalid {
        issues: issues.issues(),
        ignored,
    }
}

fn idempotency_key(fields: &Fields<'_>) -> Option<String> {
    let key = fields.given(Field::IdempotencyKey);
    key.text().map(str::to_owned)
}
