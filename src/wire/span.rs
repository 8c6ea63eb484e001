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
    /// What kind of object it is.
    pub r#type: literal::AgentSpan,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// The agent of its instance.
    pub agent_id: Pfid,
    /// Its instance.
    pub agent_instance_id: Pfid,
    /// The span that it is a part of.
    pub parent_span_id: Option<Pfid>,
    /// What kind of step it is.
    pub schema_name: &'a str,
    /// Where it is in its life.
    pub status: RunStatus,
    /// What went in, as it was sent.
    pub payload: JsonObject<'a>,
    /// What came out, as it was sent.
    pub result_payload: Option<JsonObject<'a>>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a span is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct CreateSpan<'a> {
    /// The instance that it is a step of.
    pub agent_instance_id: Pfid,
    /// What kind of step it is.
    pub schema_name: NameText<'a>,
    /// Where it is in its life.
    pub status: RunStatus,
    /// What goes in; kept as it is sent.
    pub payload: JsonObject<'a>,
    /// Its id, where the caller chooses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Pfid>,
    /// A span of the same instance that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<Pfid>,
    /// Now unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<GivenTimestamp<'a>>,
    /// Only where the status says that it is over; now unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<GivenTimestamp<'a>>,
    /// What came out; kept as it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_payload: Option<JsonObject<'a>>,
    /// The request's idempotency key, where it is not at the body's root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey<'a>>,
}

/// How a span is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct FinishSpan<'a> {
    /// How it went; `complete` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FinishedStatus>,
    /// When; now unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<GivenTimestamp<'a>>,
    /// What came out; kept as it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_payload: Option<JsonObject<'a>>,
}
