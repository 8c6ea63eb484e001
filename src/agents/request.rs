//! Bodies that are valid, normalised.

#[cfg(feature = "description")]
use schemars::JsonSchema;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::model::pfid::Pfid;
#[cfg(feature = "description")]
use crate::rules::name::LIMIT as NAME_LIMIT;
#[cfg(feature = "description")]
use crate::wire::sentence;
#[cfg(feature = "description")]
use crate::wire::{DescriptionText, IdempotencyKey, NameText};

/// A valid body of `POST /api/v1/agent`, normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct CreateAgentRequest {
    /// What the agent is made from.
    pub details: CreateAgentDetails,
    /// Sent again with this key, the request has no second effect.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(feature = "description", schemars(with = "IdempotencyKey"))]
    pub idempotency_key: Option<String>,
}

/// What an agent is made from, normalised: the name trimmed, other keys gone, absent what is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct CreateAgentDetails {
    /// Its name, trimmed.
    #[cfg_attr(feature = "description", schemars(length(min = 1, max = NAME_LIMIT), description = sentence::name()))]
    pub name: String,
    /// The environment that it will live in.
    pub environment_id: Pfid,
    /// Its description.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "super::serialize::nullable"
        )
    )]
    #[cfg_attr(feature = "description", schemars(with = "Option<DescriptionText>", description = sentence::description()))]
    pub description: Option<Option<String>>,
    /// Its id, where the caller chooses it.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(feature = "description", schemars(with = "Pfid"))]
    pub id: Option<Pfid>,
}

/// A valid body of `PUT /api/v1/agent/{id}`, normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct UpdateAgentRequest {
    /// What changes.
    pub details: UpdateAgentDetails,
    /// Sent again with this key, the request has no second effect.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(feature = "description", schemars(with = "IdempotencyKey"))]
    pub idempotency_key: Option<String>,
}

/// What an update changes, normalised: what is absent stays, null clears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct UpdateAgentDetails {
    /// Its name, trimmed.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(feature = "description", schemars(with = "NameText", description = sentence::name()))]
    pub name: Option<String>,
    /// Its description.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "super::serialize::nullable"
        )
    )]
    #[cfg_attr(feature = "description", schemars(with = "Option<DescriptionText>", description = sentence::description()))]
    pub description: Option<Option<String>>,
    /// The version that it is at.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "super::serialize::nullable"
        )
    )]
    #[cfg_attr(feature = "description", schemars(with = "Option<Pfid>"))]
    pub current_version_id: Option<Option<Pfid>>,
}
