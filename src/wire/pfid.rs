//! Generated ids, and the answer to a ping.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::PfidCount;
use crate::model::pfid::Pfid;
#[cfg(feature = "description")]
use crate::registrar::config::DEFAULT_ACCOUNT;

/// Generated ids, in increasing order. Older clients read them at the root, newer ones in `details`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct GeneratedPfids<'a> {
    /// The operation succeeded.
    pub status: literal::Success,
    /// The ids.
    pub pfids: &'a [Pfid],
    /// The account of the ids.
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

/// A request for ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct GeneratePfids {
    /// The number of ids.
    pub count: PfidCount,
    /// The token's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(example = DEFAULT_ACCOUNT))]
    pub account_id: Option<Pfid>,
}

/// The type of a token.
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
