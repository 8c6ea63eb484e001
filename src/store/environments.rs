//! What a store knows of environments.

use std::borrow::Cow;

use super::StoreError;
use super::codec::{Reader, Writer};
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
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl<'a> EnvironmentRow<'a> {
    /// The same row without a hold on the store.
    pub fn into_owned(self) -> EnvironmentRow<'static> {
        EnvironmentRow {
            name: Cow::Owned(self.name.into_owned()),
            ..self
        }
    }

    /// Writes the row into a snapshot.
    pub fn write(&self, out: &mut Writer) {
        out.pfid(self.id);
        out.pfid(self.account_id);
        out.text(&self.name);
        out.timestamp(self.inserted_at);
        out.timestamp(self.updated_at);
    }

    /// Reads a row from a snapshot.
    pub fn read(from: &mut Reader<'a>) -> Option<EnvironmentRow<'a>> {
        let row = EnvironmentRow {
            id: from.pfid(),
            account_id: from.pfid(),
            name: Cow::Borrowed(from.text()),
            inserted_at: from.timestamp(),
            updated_at: from.timestamp(),
        };
        from.sound(row)
    }
}

/// Environments by id.
pub trait Environments {
    /// The environment of an id.
    fn environment(&self, id: Pfid) -> Result<Option<EnvironmentRow<'_>>, StoreError>;

    /// Adds an environment whose id does not exist yet.
    fn insert_environment(&mut self, row: &EnvironmentRow<'_>) -> Result<(), StoreError>;

    /// Puts a row in the place of the one with the same id and account.
    fn update_environment(&mut self, row: &EnvironmentRow<'_>) -> Result<(), StoreError>;

    /// Removes an environment that has no agents.
    fn delete_environment(&mut self, id: Pfid) -> Result<(), StoreError>;

    /// The environments of an account, in no particular order: an account has few.
    fn environments(&self, account_id: Pfid) -> Result<Vec<EnvironmentRow<'_>>, StoreError>;
}
