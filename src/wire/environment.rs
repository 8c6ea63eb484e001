//! Environments.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::NameText;
#[cfg(feature = "description")]
use super::scalar::sentence;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
#[cfg(feature = "description")]
use crate::registrar::config::DEFAULT_ACCOUNT;

/// A named part of an account, with agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Environment<'a> {
    /// The type of the object.
    pub r#type: literal::Environment,
    /// Its id.
    pub id: Pfid,
    /// The account that it belongs to.
    pub account_id: Pfid,
    /// Its name, trimmed.
    #[cfg_attr(feature = "description", schemars(description = sentence::name()))]
    pub name: &'a str,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A new environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct CreateEnvironment<'a> {
    /// The token's account.
    #[cfg_attr(feature = "description", schemars(example = DEFAULT_ACCOUNT))]
    pub account_id: Pfid,
    /// Its name. White space around it is trimmed; no control characters.
    #[cfg_attr(feature = "description", schemars(description = sentence::given_name()))]
    pub name: NameText<'a>,
    /// Its id, if the caller chooses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Pfid>,
}

/// A new name of an environment or an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct Rename<'a> {
    /// If absent, it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(with = "NameText"))]
    pub name: Option<NameText<'a>>,
}
