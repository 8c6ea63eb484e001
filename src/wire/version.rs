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
    /// The type of the object.
    pub r#type: literal::AgentVersion,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// Its agent.
    pub agent_id: Pfid,
    /// An identifier that the caller chooses, unique in the agent.
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
    /// The type of the object.
    pub r#type: literal::AgentSchemaVersion,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// Its agent.
    pub agent_id: Pfid,
    /// An identifier that the caller chooses, unique in the agent.
    pub external_identifier: &'a str,
    /// Its name.
    pub name: Option<&'a str>,
    /// Its description.
    pub description: Option<&'a str>,
    /// Unchanged, as the request had it.
    pub span_schemas: Option<JsonObject<'a>>,
    /// Unchanged, as the request had it.
    pub span_result_schemas: Option<JsonObject<'a>>,
    /// Unchanged, as the request had it.
    pub span_type_schemas: Option<JsonList<'a>>,
    /// Unchanged, as the request had it.
    pub quality_schemas: Option<JsonList<'a>>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A new version of an agent, in a request of its own or in a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct NewVersion<'a> {
    /// An identifier that the caller chooses, unique in the agent.
    pub external_identifier: NameText<'a>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<NameText<'a>>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<DescriptionText<'a>>,
}

/// A new schema version, in a request of its own or in a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct NewSchemaVersion<'a> {
    /// An identifier that the caller chooses, unique in the agent.
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
    /// The schemas of the kinds of spans, as a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_type_schemas: Option<JsonList<'a>>,
    /// Schemas of quality records. They are stored unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_schemas: Option<JsonList<'a>>,
}

/// A new version and its agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
#[cfg_attr(feature = "description", schemars(rename = "{T}OfAgent"))]
pub struct OfAgent<T> {
    /// The agent.
    pub agent_id: Pfid,
    /// The content of the version.
    #[serde(flatten)]
    pub version: T,
}
