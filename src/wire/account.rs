//! Accounts.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
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
