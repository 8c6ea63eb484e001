//! Instances: runs of agents.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::{FinishedStatus, GivenTimestamp};
use super::{InstanceCounts, NewSchemaVersion, NewVersion};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// A run of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct AgentInstance {
    /// What kind of object it is.
    pub r#type: literal::AgentInstance,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// The agent that runs.
    pub agent_id: Pfid,
    /// The version that runs.
    pub agent_version_id: Option<Pfid>,
    /// The agent's id: here an agent lives in one environment.
    pub agent_deployment_id: Pfid,
    /// The agent's environment.
    pub environment_id: Pfid,
    /// Where it is in its life.
    pub status: RunStatus,
    /// When it was registered.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it was finished.
    pub finished_at: Option<Timestamp>,
    /// How many spans it has, by status.
    pub span_counts: InstanceCounts,
}

/// What an instance is registered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct RegisterInstance<'a> {
    /// The agent that runs.
    pub agent_id: Pfid,
    /// Made on first sight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<NewVersion<'a>>,
    /// Made on first sight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_schema_version: Option<NewSchemaVersion<'a>>,
    /// The instance's id, where the caller chooses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Pfid>,
    /// Whether the versions become the agent's current ones; true unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_current_version: Option<bool>,
}

/// How an instance is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct StartInstance<'a> {
    /// When; now unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<GivenTimestamp<'a>>,
}

/// How an instance is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct FinishInstance<'a> {
    /// How it went; `complete` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FinishedStatus>,
    /// When; now unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<GivenTimestamp<'a>>,
}
