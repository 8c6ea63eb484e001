//! API tokens.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
#[cfg(feature = "description")]
use super::scalar::sentence;
use super::scalar::{GivenTimestamp, NameText};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::{TokenScope, TokenStatus};
#[cfg(feature = "description")]
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};

/// A token that opens an account or one environment of it. Its text is told once, when it is created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct ApiToken<'a> {
    /// What kind of object it is.
    pub r#type: literal::ApiToken,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// The environment that it is for; null with the scope `account`.
    pub environment_id: Option<Pfid>,
    /// What it is for.
    pub token_scope: TokenScope,
    /// Where it is in its life.
    pub status: TokenStatus,
    /// Its name, trimmed.
    #[cfg_attr(feature = "description", schemars(description = sentence::name()))]
    pub name: Option<&'a str>,
    /// When it expires; null if never.
    pub expires_at: Option<Timestamp>,
    /// The beginning of the hour in which it was used last.
    pub last_used_at: Option<Timestamp>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed. Its use is no change.
    pub updated_at: Timestamp,
    /// What the caller may do with it.
    pub available_actions: ApiTokenActions,
}

/// What the caller may do with an API token. All are false for the token that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct ApiTokenActions {
    /// A suspended one.
    pub activate: bool,
    /// An active one.
    pub suspend: bool,
    /// An active or a suspended one.
    pub revoke: bool,
    /// Any.
    pub delete: bool,
}

/// What an API token is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct CreateApiToken<'a> {
    /// What it is for.
    pub token_scope: TokenScope,
    /// The token's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(example = DEFAULT_ACCOUNT))]
    pub account_id: Option<Pfid>,
    /// Required with the scope `environment`, refused with `account`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(example = DEFAULT_ENVIRONMENT))]
    pub environment_id: Option<Pfid>,
    /// When it expires: a time that lies ahead. Absent or null: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<GivenTimestamp<'a>>,
    /// Its name. White space around it is trimmed; no control characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(description = sentence::given_name()))]
    pub name: Option<NameText<'a>>,
}
