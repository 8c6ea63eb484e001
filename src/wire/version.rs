//! Versions of agents, and of the schemas of their spans.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::{DescriptionText, JsonList, JsonObject, NameText};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// A version of an agent's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct AgentVersion<'a> {
    /// What kind of object it is.
    pub r#type: literal::AgentVersion,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// Its agent.
    pub agent_id: Pfid,
    /// What its caller calls it; once in an agent.
    pub external_identifier: &'a str,
    /// Its name.
    pub name: Option<&'a str>,
    /// Its description.
    pub description: Option<&'a str>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A version of the schemas of an agent's spans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct AgentSchemaVersion<'a> {
    /// What kind of object it is.
    pub r#type: literal::AgentSchemaVersion,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// Its agent.
    pub agent_id: Pfid,
    /// What its caller calls it; once in an agent.
    pub external_identifier: &'a str,
    /// Its name.
    pub name: Option<&'a str>,
    /// Its description.
    pub description: Option<&'a str>,
    /// As it was sent.
    pub span_schemas: Option<JsonObject<'a>>,
    /// As it was sent.
    pub span_result_schemas: Option<JsonObject<'a>>,
    /// As it was sent.
    pub span_type_schemas: Option<JsonList<'a>>,
    /// As it was sent.
    pub quality_schemas: Option<JsonList<'a>>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a version of an agent is made from, in its own request and in a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct NewVersion<'a> {
    /// What its caller calls it; once in an agent.
    pub external_identifier: NameText<'a>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<NameText<'a>>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<DescriptionText<'a>>,
}

/// What a schema version is made from, in its own request and in a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct NewSchemaVersion<'a> {
    /// What its caller calls it; once in an agent.
    pub external_identifier: NameText<'a>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<NameText<'a>>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<DescriptionText<'a>>,
    /// A JSON Schema for each kind of span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_schemas: Option<JsonObject<'a>>,
    /// A JSON Schema for each kind of span's result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_result_schemas: Option<JsonObject<'a>>,
    /// The same as a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_type_schemas: Option<JsonList<'a>>,
    /// Schemas of quality records; kept as they are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_schemas: Option<JsonList<'a>>,
}

/// A version and the agent that it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
#[cfg_attr(feature = "description", schemars(rename = "{T}OfAgent"))]
pub struct OfAgent<T> {
    /// The agent.
    pub agent_id: Pfid,
    /// What the version is made from.
    #[serde(flatten)]
    pub version: T,
}
