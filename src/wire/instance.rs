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
    /// The type of the object.
    pub r#type: literal::AgentInstance,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// The agent that runs.
    pub agent_id: Pfid,
    /// The version that runs.
    pub agent_version_id: Option<Pfid>,
    /// The id of the agent, because an agent belongs to one environment.
    pub agent_deployment_id: Pfid,
    /// The agent's environment.
    pub environment_id: Pfid,
    /// Its status.
    pub status: RunStatus,
    /// When it was registered.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it was finished.
    pub finished_at: Option<Timestamp>,
    /// The number of its spans, by status.
    pub span_counts: InstanceCounts,
}

/// The registration of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct RegisterInstance<'a> {
    /// The agent that runs.
    pub agent_id: Pfid,
    /// It is created if it does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<NewVersion<'a>>,
    /// It is created if it does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_schema_version: Option<NewSchemaVersion<'a>>,
    /// The id of the instance, if the caller chooses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Pfid>,
    /// Whether the versions become the current ones of the agent; the default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_current_version: Option<bool>,
}

/// The start of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct StartInstance<'a> {
    /// The time; the default is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<GivenTimestamp<'a>>,
}

/// The end of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct FinishInstance<'a> {
    /// The final status; the default is `complete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FinishedStatus>,
    /// The time; the default is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<GivenTimestamp<'a>>,
}
