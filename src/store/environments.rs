//! What a store knows of environments.

use super::StoreError;
use super::codec::{Reader, Writer};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvironmentRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The account it belongs to.
    pub account_id: Pfid,
    /// Its name.
    pub name: &'a str,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl<'a> EnvironmentRow<'a> {
    /// Writes the row into a snapshot.
    pub fn write(&self, out: &mut Writer) {
        out.pfid(self.id);
        out.pfid(self.account_id);
        out.text(self.name);
        out.timestamp(self.inserted_at);
        out.timestamp(self.updated_at);
    }

    /// Reads a row from a snapshot.
    pub fn read(from: &mut Reader<'a>) -> Option<EnvironmentRow<'a>> {
        let row = EnvironmentRow {
            id: from.pfid(),
            account_id: from.pfid(),
            name: from.text(),
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

    /// Changes the environment of an id: its name, where there is a new one.
    fn update_environment(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes an environment that has no agents.
    fn delete_environment(&mut self, id: Pfid) -> Result<(), StoreError>;

    /// The environments of an account, in no particular order: an account has few.
    fn environments(&self, account_id: Pfid) -> Result<Vec<EnvironmentRow<'_>>, StoreError>;
}
