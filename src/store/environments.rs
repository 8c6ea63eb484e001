//! Environment records.

use std::borrow::Cow;

use super::StoreError;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The account it belongs to.
    pub account_id: Pfid,
    /// Its name.
    pub name: Cow<'a, str>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Environments by id.
pub trait Environments {
    /// The environment of an id.
    fn environment(&self, id: Pfid) -> Result<Option<EnvironmentRow<'_>>, StoreError>;

    /// The environments of an account, in no particular order: an account has few.
    fn environments(&self, account_id: Pfid) -> Result<Vec<EnvironmentRow<'_>>, StoreError>;

    /// Adds an environment whose id is free, in an account that exists.
    fn insert_environment(&mut self, row: &EnvironmentRow<'_>) -> Result<(), StoreError>;

    /// Updates an environment: its name, if there is a new one. Returns the updated row.
    fn update_environment(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<EnvironmentRow<'_>, StoreError>;

    /// Removes an environment. One that has agents is [`StoreError::Conflict`].
    fn delete_environment(&mut self, id: Pfid) -> Result<(), StoreError>;
}
