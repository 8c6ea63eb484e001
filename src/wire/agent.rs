//! Agents.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
#[cfg(feature = "description")]
use super::scalar::sentence;
use super::scalar::{DescriptionText, NameText};
use crate::model::agent::{self, AgentStatus};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
#[cfg(feature = "description")]
use crate::registrar::config::DEFAULT_ENVIRONMENT;

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Agent<'a> {
    /// What it has in lists, too.
    #[serde(flatten)]
    pub summary: AgentSummary<'a>,
    /// How many instances it has, by status.
    pub instance_counts: InstanceCounts,
}

/// An agent in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct AgentSummary<'a> {
    /// What kind of object it is.
    pub r#type: literal::Agent,
    /// Its id.
    pub id: Pfid,
    /// Its name, trimmed.
    #[cfg_attr(feature = "description", schemars(description = sentence::name()))]
    pub name: &'a str,
    /// Its description.
    #[cfg_attr(feature = "description", schemars(description = sentence::description()))]
    pub description: Option<&'a str>,
    /// The environment that it lives in.
    pub environment_id: Pfid,
    /// Where it is in its life.
    pub status: AgentStatus,
    /// The version that it is at.
    pub current_version_id: Option<Pfid>,
    /// The schema version that it is at.
    pub current_schema_version_id: Option<Pfid>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What can be done to it now.
    pub available_actions: AvailableActions,
}

// A schema alone: a list is written of `AgentSummary` or of `Agent`.
/// An agent in a list.
#[cfg(feature = "description")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "AgentSummary")]
pub struct ListedAgent<'a> {
    /// What every list has.
    #[serde(flatten)]
    pub summary: AgentSummary<'a>,
    /// How many instances it has, by status. Only with `include_counts=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_counts: Option<InstanceCounts>,
}

/// What can be done to an agent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct AvailableActions {
    /// Its name, description or current version can be changed.
    pub update: bool,
    /// It can be taken out of use.
    pub retire: bool,
    /// It can be taken back into use.
    pub reinstate: bool,
    /// It can be removed altogether.
    pub delete: bool,
}

impl From<agent::AvailableActions> for AvailableActions {
    fn from(actions: agent::AvailableActions) -> AvailableActions {
        let agent::AvailableActions {
            update,
            retire,
            reinstate,
            delete,
        } = actions;
        AvailableActions {
            update,
            retire,
            reinstate,
            delete,
        }
    }
}

/// How many instances or spans there are, by status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct InstanceCounts {
    /// All of them.
    pub total: u64,
    /// Not started.
    pub pending: u32,
    /// Running.
    pub active: u32,
    /// Finished well.
    pub complete: u32,
    /// Finished badly.
    pub failed: u32,
    /// Called off.
    pub cancelled: u32,
    /// Complete, failed and cancelled.
    pub finished: u64,
}

impl From<&agent::InstanceCounts> for InstanceCounts {
    fn from(counts: &agent::InstanceCounts) -> InstanceCounts {
        InstanceCounts {
            total: counts.total(),
            pending: counts.pending,
            active: counts.active,
            complete: counts.complete,
            failed: counts.failed,
            cancelled: counts.cancelled,
            finished: counts.finished(),
        }
    }
}

/// What an agent is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct CreateAgent<'a> {
    /// Its name. White space around it is trimmed; no control characters.
    #[cfg_attr(feature = "description", schemars(description = sentence::given_name()))]
    pub name: NameText<'a>,
    /// Where it will live. A token of an environment's scope may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(example = DEFAULT_ENVIRONMENT))]
    pub environment_id: Option<Pfid>,
    /// Its description. No control characters but tabs and line breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(description = sentence::given_description()))]
    pub description: Option<DescriptionText<'a>>,
    /// Its id, where the caller chooses it; of the account's partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Pfid>,
}

/// What an update of an agent changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct UpdateAgent<'a> {
    /// Absent: it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(with = "NameText"))]
    pub name: Option<NameText<'a>>,
    /// Absent: it stays; null clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(with = "Option<DescriptionText>"))]
    pub description: Option<Option<DescriptionText<'a>>>,
    /// A version of the agent. Absent: it stays; null clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(with = "Option<Pfid>"))]
    pub current_version_id: Option<Option<Pfid>>,
}
