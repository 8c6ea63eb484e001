//! Environments in memory.

use super::MemoryStore;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::codec::{Reader, Writer};
use crate::store::table::{Record, Table};
use crate::store::{EnvironmentRow, Environments, StoreError};

/// The slot of an environment stands for it in every agent.
pub(super) type EnvironmentTable = Table<EnvironmentRecord>;

#[derive(Debug)]
pub(super) struct EnvironmentRecord {
    pub(super) id: Pfid,
    pub(super) account_id: Pfid,
    name: Box<str>,
    inserted_at: Timestamp,
    updated_at: Timestamp,
}

impl Record for EnvironmentRecord {
    fn id(&self) -> Pfid {
        self.id
    }
}

impl EnvironmentRecord {
    fn new(row: &EnvironmentRow<'_>) -> EnvironmentRecord {
        EnvironmentRecord {
            id: row.id,
            account_id: row.account_id,
            name: row.name.into(),
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
        }
    }

    fn row(&self) -> EnvironmentRow<'_> {
        EnvironmentRow {
            id: self.id,
            account_id: self.account_id,
            name: &self.name,
            inserted_at: self.inserted_at,
            updated_at: self.updated_at,
        }
    }
}

impl MemoryStore {
    pub(super) fn save_environments(&self, out: &mut Writer) {
        out.number(self.environments.len() as u64);
        for (_, record) in self.environments.iter() {
            record.row().write(out);
        }
    }

    pub(super) fn load_environments(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for _ in 0..from.number() {
            let row = EnvironmentRow::read(from)?;
            if self.environments.find(row.id).is_some() {
                return None;
            }
            self.insert_environment(&row).ok()?;
        }
        Some(())
    }
}

impl Environments for MemoryStore {
    fn environment(&self, id: Pfid) -> Result<Option<EnvironmentRow<'_>>, StoreError> {
        Ok(self
            .environments
            .find(id)
            .and_then(|slot| self.environments.get(slot))
            .map(EnvironmentRecord::row))
    }

    fn insert_environment(&mut self, row: &EnvironmentRow<'_>) -> Result<(), StoreError> {
        self.environments.insert(EnvironmentRecord::new(row))?;
        Ok(())
    }

    fn update_environment(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<(), StoreError> {
        let slot = self.environments.find(id);
        let record = slot.and_then(|slot| self.environments.get_mut(slot));
        let record = record.ok_or(StoreError::Unavailable)?;
        if let Some(name) = name {
            record.name = name.into();
        }
        record.updated_at = updated_at;
        Ok(())
    }

    fn delete_environment(&mut self, id: Pfid) -> Result<(), StoreError> {
        self.environments
            .find(id)
            .and_then(|slot| self.environments.remove(slot))
            .ok_or(StoreError::Unavailable)?;
        Ok(())
    }

    fn environments(&self, account_id: Pfid) -> Result<Vec<EnvironmentRow<'_>>, StoreError> {
        Ok(self
            .environments
            .iter()
            .filter(|(_, record)| record.account_id == account_id)
            .map(|(_, record)| record.row())
            .collect())
    }
}
