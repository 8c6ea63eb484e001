//! API tokens in memory.

use super::index::Index;
use super::records::TokenRecord;
use super::table::Table;
use super::undo::Undo;
use super::{Data, MemoryStore};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;
use crate::store::{ApiTokenRow, ApiTokens, Kind, StoreError, TokenDigest};

/// All API tokens, with what else a store keeps for tokens. It has no `Debug`, which would show digests.
pub(super) struct TokenTable {
    records: Table<TokenRecord>,
    by_digest: Index,
    /// The digests of configured tokens whose environment was deleted: few.
    pub(super) void: Vec<TokenDigest>,
    pub(super) secret: Option<[u8; 32]>,
}

impl TokenTable {
    pub(super) fn new(seed: u64) -> TokenTable {
        TokenTable {
            records: Table::new(),
            by_digest: Index::new(seed),
            void: Vec::new(),
            secret: None,
        }
    }

    pub(super) fn get(&self, slot: u32) -> Option<&TokenRecord> {
        self.records.get(slot)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// All records, in the order of their slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = &TokenRecord> {
        self.records.iter().map(|(_, record)| record)
    }

    /// Gives a token another record of the same id and digest.
    pub(super) fn replace(&mut self, slot: u32, record: TokenRecord) {
        if let Some(place) = self.records.get_mut(slot) {
            *place = record;
        }
    }

    fn find(&self, digest: &TokenDigest) -> Option<u32> {
        self.by_digest
            .find(self.by_digest.hash_digest(digest), |slot| {
                self.get(slot).is_some_and(|it| it.digest == *digest)
            })
    }
}

impl Data {
    fn token_slot(&self, id: Pfid) -> Result<u32, StoreError> {
        let slot = self.find(Kind::ApiToken, id);
        slot.ok_or(StoreError::Conflict("there is no such API token"))
    }

    pub(super) fn add_token(&mut self, record: TokenRecord) -> Result<u32, StoreError> {
        let (id, hash) = (record.id, self.tokens.by_digest.hash_digest(&record.digest));
        let slot = self.tokens.records.insert(record)?;
        self.tokens.by_digest.insert(hash, slot);
        self.ids.insert(id, Kind::ApiToken, slot);
        Ok(slot)
    }

    pub(super) fn remove_token(&mut self, slot: u32) -> Option<TokenRecord> {
        let record = self.tokens.records.remove(slot)?;
        let hash = self.tokens.by_digest.hash_digest(&record.digest);
        self.tokens.by_digest.remove(hash, slot);
        self.ids.remove(record.id, Kind::ApiToken, slot);
        Some(record)
    }
}

impl MemoryStore {
    /// Changes a token, and notes what it was.
    fn change_token(
        &mut self,
        id: Pfid,
        change: impl FnOnce(&mut TokenRecord),
    ) -> Result<&TokenRecord, StoreError> {
        let slot = self.data.token_slot(id)?;
        let MemoryStore { data, log, .. } = self;
        let record = data.tokens.records.get_mut(slot);
        let record = record.ok_or(StoreError::Corrupt("an API token"))?;
        log.note(|| Undo::TokenUpdated(slot, Box::new(record.clone())));
        change(record);
        Ok(record)
    }
}

impl ApiTokens for MemoryStore {
    fn api_token(&self, id: Pfid) -> Result<Option<ApiTokenRow<'_>>, StoreError> {
        let slot = self.data.find(Kind::ApiToken, id);
        let record = slot.and_then(|slot| self.data.tokens.get(slot));
        Ok(record.map(TokenRecord::row))
    }

    fn api_token_of_digest(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<ApiTokenRow<'_>>, StoreError> {
        let tokens = &self.data.tokens;
        let record = tokens.find(digest).and_then(|slot| tokens.get(slot));
        Ok(record.map(TokenRecord::row))
    }

    fn api_tokens(&self, account_id: Pfid) -> Result<Vec<ApiTokenRow<'_>>, StoreError> {
        let of_account = |it: &&TokenRecord| it.account_id == account_id;
        let records = self.data.tokens.iter().filter(of_account);
        Ok(records.map(TokenRecord::row).collect())
    }

    fn has_api_tokens(&self) -> Result<bool, StoreError> {
        Ok(self.data.tokens.len() > 0)
    }

    fn insert_api_token(&mut self, row: &ApiTokenRow<'_>) -> Result<(), StoreError> {
        self.data.require_free(row.id)?;
        self.data.account_slot(row.account_id)?;
        if self.data.tokens.find(&row.digest).is_some() {
            return Err(StoreError::Conflict("the digest is taken"));
        }
        let slot = self.data.add_token(TokenRecord::new(row))?;
        self.note(|| Undo::TokenInserted(slot));
        Ok(())
    }

    fn update_api_token(
        &mut self,
        id: Pfid,
        state: TokenState,
        updated_at: Timestamp,
    ) -> Result<ApiTokenRow<'_>, StoreError> {
        let changed = self.change_token(id, |record| {
            record.state = state;
            record.updated_at = updated_at;
        });
        changed.map(TokenRecord::row)
    }

    fn note_api_token_use(&mut self, id: Pfid, hour: Timestamp) -> Result<(), StoreError> {
        self.change_token(id, |record| record.last_used_at = Some(hour))
            .map(drop)
    }

    fn delete_api_token(&mut self, id: Pfid) -> Result<(), StoreError> {
        let slot = self.data.token_slot(id)?;
        if let Some(record) = self.data.remove_token(slot) {
            self.note(|| Undo::TokenDeleted(Box::new(record)));
        }
        Ok(())
    }

    fn is_void_token(&self, digest: &TokenDigest) -> Result<bool, StoreError> {
        Ok(self.data.tokens.void.contains(digest))
    }

    fn void_token(&mut self, digest: &TokenDigest) -> Result<(), StoreError> {
        if !self.data.tokens.void.contains(digest) {
            self.data.tokens.void.push(*digest);
            self.note(|| Undo::TokenVoided);
        }
        Ok(())
    }

    fn token_secret(&self) -> Result<Option<[u8; 32]>, StoreError> {
        Ok(self.data.tokens.secret)
    }

    fn keep_token_secret(&mut self, secret: &[u8; 32]) -> Result<(), StoreError> {
        let before = self.data.tokens.secret.replace(*secret);
        self.note(|| Undo::TokenSecret(before));
        Ok(())
    }
}
