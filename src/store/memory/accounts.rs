//! Accounts in memory.

use super::records::AccountRecord;
use super::undo::Undo;
use super::{Data, MemoryStore};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{AccountRow, Accounts, GeneratedEnvironment, IdState, Kind, StoreError, Usage};

impl Data {
    pub(super) fn account_slot(&self, id: Pfid) -> Result<u32, StoreError> {
        let slot = self.find(Kind::Account, id);
        slot.ok_or(StoreError::Conflict("there is no such account"))
    }
}

impl Accounts for MemoryStore {
    fn account(&self, id: Pfid) -> Result<Option<AccountRow<'_>>, StoreError> {
        let slot = self.data.find(Kind::Account, id);
        let record = slot.and_then(|slot| self.data.accounts.get(slot));
        Ok(record.map(AccountRecord::row))
    }

    fn accounts(&self) -> Result<Vec<AccountRow<'_>>, StoreError> {
        let records = self.data.accounts.iter();
        Ok(records.map(|(_, record)| record.row()).collect())
    }

    fn insert_account(&mut self, row: &AccountRow<'_>) -> Result<(), StoreError> {
        self.data.require_free(row.id)?;
        let slot = self.data.accounts.insert(AccountRecord {
            id: row.id,
            name: row.name.as_ref().into(),
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
            ids: row.ids,
            usage: row.usage,
        })?;
        self.data.ids.insert(row.id, Kind::Account, slot);
        self.note(|| Undo::AccountInserted(slot));
        Ok(())
    }

    fn update_account(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<AccountRow<'_>, StoreError> {
        let slot = self.data.account_slot(id)?;
        let MemoryStore { data, log, .. } = self;
        let record = data.accounts.get_mut(slot);
        let record = record.ok_or(StoreError::Corrupt("an account"))?;
        log.note(|| Undo::AccountUpdated(slot, Box::new(record.clone())));
        if let Some(name) = name {
            record.name = name.into();
        }
        record.updated_at = updated_at;
        Ok(record.row())
    }

    fn set_account_state(
        &mut self,
        id: Pfid,
        ids: &IdState,
        usage: &Usage,
    ) -> Result<(), StoreError> {
        let slot = self.data.account_slot(id)?;
        let MemoryStore { data, log, .. } = self;
        let record = data.accounts.get_mut(slot);
        let record = record.ok_or(StoreError::Corrupt("an account"))?;
        log.note(|| Undo::AccountState(slot, record.ids, record.usage));
        (record.ids, record.usage) = (*ids, *usage);
        Ok(())
    }

    fn generated_environments(&self) -> Result<Vec<GeneratedEnvironment>, StoreError> {
        Ok(self.data.generated.clone())
    }

    fn keep_generated_environment(&mut self, row: &GeneratedEnvironment) -> Result<(), StoreError> {
        let MemoryStore { data, log, .. } = self;
        log.note(|| Undo::Generated(data.generated.clone()));
        let key = |it: &GeneratedEnvironment| (it.account_id, it.place);
        match data.generated.iter_mut().find(|it| key(it) == key(row)) {
            Some(before) => *before = *row,
            None => data.generated.push(*row),
        }
        Ok(())
    }
}
