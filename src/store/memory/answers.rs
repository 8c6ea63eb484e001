//! Records of idempotency keys in memory.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::MemoryStore;
use super::index::Index;
use super::records::AnswerRecord;
use super::table::Table;
use super::undo::Undo;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{Answers, KEPT_MICROS, StoreError, StoredAnswer};

pub(super) struct AnswerTable {
    /// At most one per scope of a token, so they are few.
    scopes: Table<Scope>,
    index: Index,
    seed: u64,
    /// The time of the last insertion since the last [`make_room`](AnswerTable::make_room).
    kept_at: Option<i64>,
}

/// The records of one scope: an account, or one environment.
#[derive(Debug)]
struct Scope {
    /// The id of the account or environment.
    id: Pfid,
    /// In the order of insertion: the oldest are removed first.
    queue: VecDeque<AnswerRecord>,
    /// The number of the first in the queue. Numbers are consecutive and restart from 0 after [`LAST`].
    first: u32,
    /// The numbers of the records by key.
    by_key: Index,
    /// Their approximate memory, in bytes.
    size: usize,
}

/// The last number of a record. Far fewer fit into memory at once.
const LAST: u32 = u32::MAX >> 1;

/// The memory that the records of one scope may take, in bytes. Beyond it the oldest are removed before their 24 hours are
/// over; otherwise small requests with large answers could fill the memory. Scopes do not share the budget.
/// **\[ours\]**
const BUDGET: usize = 64 * 1024 * 1024;

/// The approximate overhead of a record, in bytes.
const OVERHEAD: usize = 256;

impl AnswerRecord {
    fn size(&self) -> usize {
        OVERHEAD + self.key.len() + self.body.len()
    }
}

impl Scope {
    fn find(&self, key: &str) -> Option<u32> {
        self.by_key.find(self.by_key.hash_text(0, key), |number| {
            self.get(number).is_some_and(|record| *record.key == *key)
        })
    }

    fn place(&self, number: u32) -> usize {
        (number.wrapping_sub(self.first) & LAST) as usize
    }

    fn get(&self, number: u32) -> Option<&AnswerRecord> {
        self.queue.get(self.place(number))
    }

    /// Removes the oldest record.
    fn forget_first(&mut self) {
        if let Some(record) = self.queue.pop_front() {
            self.size -= record.size();
            if !record.is_replaced {
                let hash = self.by_key.hash_text(0, &record.key);
                self.by_key.remove(hash, self.first);
            }
            self.first = self.first.wrapping_add(1) & LAST;
        }
    }

    /// Whether the oldest record must be removed.
    fn is_first_due(&self, now: i64) -> bool {
        let first = self.queue.front();
        first.is_some_and(|first| first.until <= now || self.size > BUDGET)
    }

    /// Adds a record. Returns the number and the contents of the record that it replaces.
    fn keep(&mut self, record: AnswerRecord) -> Option<(u32, Box<AnswerRecord>)> {
        let hash = self.by_key.hash_text(0, &record.key);
        let mut replaced = None;
        if let Some(number) = self.find(&record.key) {
            self.by_key.remove(hash, number);
            let place = self.place(number);
            if let Some(before) = self.queue.get_mut(place) {
                self.size -= before.body.len();
                let empty = AnswerRecord {
                    body: Box::default(),
                    is_replaced: true,
                    ..before.clone_head()
                };
                replaced = Some((number, Box::new(std::mem::replace(before, empty))));
            }
        }
        let number = self.first.wrapping_add(self.queue.len() as u32) & LAST;
        self.by_key.insert(hash, number);
        self.size += record.size();
        self.queue.push_back(record);
        replaced
    }

    /// Undoes the last [`keep`](Scope::keep).
    fn take_back(&mut self, replaced: Option<(u32, Box<AnswerRecord>)>) {
        let Some(record) = self.queue.pop_back() else {
            return;
        };
        self.size -= record.size();
        let hash = self.by_key.hash_text(0, &record.key);
        let number = self.first.wrapping_add(self.queue.len() as u32) & LAST;
        self.by_key.remove(hash, number);
        if let Some((number, before)) = replaced {
            let place = self.place(number);
            self.size += before.body.len();
            if let Some(record) = self.queue.get_mut(place) {
                *record = *before;
                self.by_key.insert(hash, number);
            }
        }
    }
}

impl AnswerRecord {
    /// The record without its answer.
    fn clone_head(&self) -> AnswerRecord {
        AnswerRecord {
            key: self.key.clone(),
            fingerprint: self.fingerprint,
            status: self.status,
            object_id: self.object_id,
            body: Box::default(),
            until: self.until,
            is_replaced: self.is_replaced,
        }
    }
}

impl AnswerTable {
    pub(super) fn new(seed: u64) -> AnswerTable {
        AnswerTable {
            scopes: Table::new(),
            index: Index::new(seed),
            seed,
            kept_at: None,
        }
    }

    fn find(&self, id: Pfid) -> Option<u32> {
        self.index.find(self.index.hash(id), |slot| {
            self.scopes.get(slot).is_some_and(|scope| scope.id == id)
        })
    }

    fn scope(&self, id: Pfid) -> Option<&Scope> {
        self.scopes.get(self.find(id)?)
    }

    pub(super) fn keep(
        &mut self,
        id: Pfid,
        record: AnswerRecord,
    ) -> Result<Option<(u32, Box<AnswerRecord>)>, StoreError> {
        let slot = match self.find(id) {
            Some(slot) => slot,
            None => {
                let slot = self.scopes.insert(Scope {
                    id,
                    queue: VecDeque::new(),
                    first: 0,
                    by_key: Index::new(self.seed),
                    size: 0,
                })?;
                self.index.insert(self.index.hash(id), slot);
                slot
            }
        };
        let scope = self.scopes.get_mut(slot);
        Ok(scope.and_then(|scope| scope.keep(record)))
    }

    pub(super) fn take_back(&mut self, id: Pfid, replaced: Option<(u32, Box<AnswerRecord>)>) {
        self.kept_at = None;
        let slot = self.find(id);
        if let Some(scope) = slot.and_then(|slot| self.scopes.get_mut(slot)) {
            scope.take_back(replaced);
        }
    }

    /// Removes records that are too old or exceed the budget. It runs after a commit, so that a rollback never needs them. It covers
    /// all scopes, because a scope that is no longer used must not keep its memory.
    pub(super) fn make_room(&mut self) {
        if let Some(now) = self.kept_at.take() {
            self.forget(now, u32::MAX);
        }
    }

    fn forget(&mut self, now: i64, at_most: u32) -> u32 {
        let mut forgotten = 0;
        for slot in 0..self.scopes.len() as u32 {
            if let Some(scope) = self.scopes.get_mut(slot) {
                while forgotten < at_most && scope.is_first_due(now) {
                    scope.forget_first();
                    forgotten += 1;
                }
            }
        }
        forgotten
    }

    /// Every scope with its current records, the oldest first.
    pub(super) fn current(&self) -> impl Iterator<Item = (Pfid, Vec<&AnswerRecord>)> {
        self.scopes.iter().map(|(_, scope)| {
            let current = scope.queue.iter().filter(|record| !record.is_replaced);
            (scope.id, current.collect())
        })
    }

    /// The number of scopes.
    pub(super) fn len(&self) -> usize {
        self.scopes.len()
    }
}

impl Answers for MemoryStore {
    fn stored_answer(
        &self,
        scope: Pfid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer<'_>>, StoreError> {
        let scope = self.data.answers.scope(scope);
        let record = scope.and_then(|scope| scope.get(scope.find(key)?));
        Ok(record
            .filter(|record| record.until > now.micros())
            .map(|record| StoredAnswer {
                fingerprint: record.fingerprint,
                status: record.status,
                object_id: record.object_id,
                body: Some(Cow::Borrowed(&record.body)),
            }))
    }

    fn keep_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        answer: &StoredAnswer<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let now = now.micros();
        let record = AnswerRecord {
            key: key.into(),
            fingerprint: answer.fingerprint,
            status: answer.status,
            object_id: answer.object_id,
            body: answer.body.as_deref().unwrap_or_default().into(),
            until: now.saturating_add(KEPT_MICROS),
            is_replaced: false,
        };
        let replaced = self.data.answers.keep(scope, record)?;
        self.data.answers.kept_at = Some(now);
        self.note(|| Undo::AnswerKept(scope, replaced));
        if !self.log.is_open() {
            self.data.answers.make_room();
        }
        Ok(())
    }

    fn forget_answers(&mut self, now: Timestamp, at_most: u32) -> Result<u32, StoreError> {
        if self.log.is_open() {
            return Err(StoreError::Conflict("a unit of work is open"));
        }
        Ok(self.data.answers.forget(now.micros(), at_most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(store: &mut MemoryStore, scope: Pfid, key: &str, body: &[u8], now: Timestamp) {
        let answer = StoredAnswer {
            fingerprint: [0; 32],
            status: 200,
            object_id: None,
            body: Some(body.into()),
        };
        store.keep_answer(scope, key, &answer, now).unwrap();
    }

    fn there(store: &MemoryStore, scope: Pfid, key: &str) -> bool {
        let stored = store.stored_answer(scope, key, Timestamp::EPOCH);
        stored.unwrap().is_some()
    }

    #[test]
    fn beyond_the_budget_the_oldest_answers_of_the_scope_are_removed() {
        let mut store = MemoryStore::new(1);
        let other = Pfid::parse(crate::registrar::config::DEFAULT_ACCOUNT).unwrap();
        keep(&mut store, other, "0", b"{}", Timestamp::EPOCH);
        let body = vec![b'x'; BUDGET / 4];
        for number in 0..10 {
            let key = number.to_string();
            keep(&mut store, Pfid::NIL, &key, &body, Timestamp::EPOCH);
            // A replaced record counts once.
            keep(&mut store, Pfid::NIL, &key, &body, Timestamp::EPOCH);
        }
        for (key, kept) in [("0", false), ("6", false), ("7", true), ("9", true)] {
            assert_eq!(there(&store, Pfid::NIL, key), kept, "{key}");
        }
        assert!(there(&store, other, "0"));
        assert!(store.data.answers.scope(Pfid::NIL).unwrap().size <= BUDGET);
    }

    #[test]
    fn expired_answers_are_removed_in_every_scope() {
        let mut store = MemoryStore::new(1);
        let other = Pfid::parse(crate::registrar::config::DEFAULT_ACCOUNT).unwrap();
        keep(&mut store, other, "0", b"{}", Timestamp::EPOCH);
        let later = Timestamp::from_micros(KEPT_MICROS).unwrap();
        keep(&mut store, Pfid::NIL, "1", b"{}", later);
        assert!(store.data.answers.scope(other).unwrap().queue.is_empty());
    }
}
