//! Spans: steps of instances.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::{FinishedStatus, GivenTimestamp, IdempotencyKey, JsonObject, NameText};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// A step of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct AgentSpan<'a> {
    /// The type of the object.
    pub r#type: literal::AgentSpan,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// The agent of its instance.
    pub agent_id: Pfid,
    /// Its instance.
    pub agent_instance_id: Pfid,
    /// Its parent span.
    pub parent_span_id: Option<Pfid>,
    /// The kind of step.
    pub schema_name: &'a str,
    /// Its status.
    pub status: RunStatus,
    /// The input of the step, unchanged.
    pub payload: JsonObject<'a>,
    /// The output of the step, unchanged.
    pub result_payload: Option<JsonObject<'a>>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it finished.
    pub finished_at: Option<Timestamp>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A new span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct CreateSpan<'a> {
    /// Its instance.
    pub agent_instance_id: Pfid,
    /// The kind of step.
    pub schema_name: NameText<'a>,
    /// Its status.
    pub status: RunStatus,
    /// The input of the step. It is stored unchanged.
    pub payload: JsonObject<'a>,
    /// Its id, if the caller chooses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Pfid>,
    /// Its parent span, in the same instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<Pfid>,
    /// The default is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<GivenTimestamp<'a>>,
    /// Only with a final status; the default is then now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<GivenTimestamp<'a>>,
    /// The output of the step. It is stored unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_payload: Option<JsonObject<'a>>,
    /// The idempotency key of the request, unless it is at the root of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey<'a>>,
}

/// The end of a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct FinishSpan<'a> {
    /// The final status; the default is `complete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FinishedStatus>,
    /// The time; the default is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<GivenTimestamp<'a>>,
    /// The output of the step. It is stored unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_payload: Option<JsonObject<'a>>,
}
