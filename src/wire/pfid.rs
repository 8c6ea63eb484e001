//! Ids ahead of their objects, and the answer to a ping.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::PfidCount;
use crate::model::pfid::Pfid;
#[cfg(feature = "description")]
use crate::registrar::config::DEFAULT_ACCOUNT;

/// Ids that no object has yet, in increasing order. Older clients read them at the root, newer ones in `details`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct GeneratedPfids<'a> {
    /// That the operation was carried out.
    pub status: literal::Success,
    /// The ids.
    pub pfids: &'a [Pfid],
    /// The account that they are of.
    pub account_id: Pfid,
    /// The ids again.
    pub details: PfidList<'a>,
}

/// A list of ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct PfidList<'a> {
    /// The ids.
    pub pfids: &'a [Pfid],
}

/// How many ids are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct GeneratePfids {
    /// How many.
    pub count: PfidCount,
    /// The token's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(example = DEFAULT_ACCOUNT))]
    pub account_id: Option<Pfid>,
}

/// What kind of token it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct TokenType {
    /// The kind.
    pub token_type: literal::Api,
}
