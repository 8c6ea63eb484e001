//! Bodies that are valid, normalised.

#[cfg(feature = "description")]
use schemars::JsonSchema;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::agent::{CreateAgentDetails, UpdateAgentDetails};
#[cfg(feature = "description")]
use crate::wire::IdempotencyKey;

/// A valid body of `POST /api/v1/agent`, normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct CreateAgentRequest {
    /// The details of the new agent.
    pub details: CreateAgentDetails,
    /// A repeated request with this key has no second effect.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(feature = "description", schemars(with = "IdempotencyKey"))]
    pub idempotency_key: Option<String>,
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
    /// The changes.
    pub details: UpdateAgentDetails,
    /// A repeated request with this key has no second effect.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(feature = "description", schemars(with = "IdempotencyKey"))]
    pub idempotency_key: Option<String>,
}
