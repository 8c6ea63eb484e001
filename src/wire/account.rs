//! Accounts.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::NameText;
#[cfg(feature = "description")]
use super::scalar::sentence;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// An owner of environments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Account<'a> {
    /// The type of the object.
    pub r#type: literal::Account,
    /// Its id.
    pub id: Pfid,
    /// Its name, trimmed.
    #[cfg_attr(feature = "description", schemars(description = sentence::name()))]
    pub name: &'a str,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What an account is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct CreateAccount<'a> {
    /// Its name. White space around it is trimmed; no control characters.
    #[cfg_attr(feature = "description", schemars(description = sentence::given_name()))]
    pub name: NameText<'a>,
    /// Its id, where the caller chooses it: of a partition that no account has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Pfid>,
}
