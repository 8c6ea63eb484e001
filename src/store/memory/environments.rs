//! Environments in memory.

use super::records::EnvironmentRecord;
use super::undo::Undo;
use super::{Data, MemoryStore};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{Agents as _, EnvironmentRow, Environments, Kind, StoreError};

impl Data {
    pub(super) fn environment_slot(&self, id: Pfid) -> Result<u32, StoreError> {
        let slot = self.find(Kind::Environment, id);
        slot.ok_or(StoreError::Conflict("there is no such environment"))
    }

    pub(super) fn add_environment(&mut self, record: EnvironmentRecord) -> Result<u32, StoreError> {
        let id = record.id;
        let slot = self.environments.insert(record)?;
        self.ids.insert(id, Kind::Environment, slot);
        Ok(slot)
    }

    pub(super) fn remove_environment(&mut self, slot: u32) -> Option<EnvironmentRecord> {
        let record = self.environments.remove(slot)?;
        self.ids.remove(record.id, Kind::Environment, slot);
        Some(record)
    }
}

impl Environments for MemoryStore {
    fn environment(&self, id: Pfid) -> Result<Option<EnvironmentRow<'_>>, StoreError> {
        let slot = self.data.find(Kind::Environment, id);
        let record = slot.and_then(|slot| self.data.environments.get(slot));
        Ok(record.map(EnvironmentRecord::row))
    }

    fn environments(&self, account_id: Pfid) -> Result<Vec<EnvironmentRow<'_>>, StoreError> {
        let records = self.data.environments.iter().map(|(_, record)| record);
        Ok(records
            .filter(|record| record.account_id == account_id)
            .map(EnvironmentRecord::row)
            .collect())
    }

    fn insert_environment(&mut self, row: &EnvironmentRow<'_>) -> Result<(), StoreError> {
        self.data.require_free(row.id)?;
        self.data.account_slot(row.account_id)?;
        let slot = self.data.add_environment(EnvironmentRecord {
            id: row.id,
            account_id: row.account_id,
            name: row.name.as_ref().into(),
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
        })?;
        self.note(|| Undo::EnvironmentInserted(slot));
        Ok(())
    }

    fn update_environment(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<EnvironmentRow<'_>, StoreError> {
        let slot = self.data.environment_slot(id)?;
        let MemoryStore { data, log, .. } = self;
        let record = data.environments.get_mut(slot);
        let record = record.ok_or(StoreError::Corrupt("an environment"))?;
        log.note(|| Undo::EnvironmentUpdated(slot, Box::new(record.clone())));
        if let Some(name) = name {
            record.name = name.into();
        }
        record.updated_at = updated_at;
        Ok(record.row())
    }

    fn delete_environment(&mut self, id: Pfid) -> Result<(), StoreError> {
        let slot = self.data.environment_slot(id)?;
        if self.count_agents(Pfid::NIL, Some(id))? > 0 {
            return Err(StoreError::Conflict("the environment has agents"));
        }
        if let Some(record) = self.data.remove_environment(slot) {
            self.note(|| Undo::EnvironmentDeleted(Box::new(record)));
        }
        Ok(())
    }
}
