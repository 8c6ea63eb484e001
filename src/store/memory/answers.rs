//! Records of idempotency keys in memory.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::MemoryStore;
use super::index::Index;
use super::records::AnswerRecord;
use super::undo::Undo;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::key_clock::{KeyClock, is_over};
use crate::store::{Answers, KEPT_MICROS, KeyUsage, StoreError, StoredAnswer, answer_bytes};

/// The records of all scopes, in the order of insertion: the oldest are removed first, and lose their bodies first.
pub(super) struct AnswerTable {
    queue: VecDeque<AnswerRecord>,
    /// The number of the first in the queue. Numbers are consecutive and restart from 0 after [`LAST`].
    first: u32,
    /// The numbers of the records by scope and key.
    by_key: Index,
    /// How many records at the front have no body.
    bare: usize,
    /// What the bodies take, by [`answer_bytes`].
    body_bytes: u64,
    clock: KeyClock,
    /// The time of the last insertion since the last [`make_room`](AnswerTable::make_room).
    kept_at: Option<i64>,
    /// The time at which room was asked for.
    pressed_at: Option<i64>,
}

/// The last number of a record. Far fewer fit into memory at once.
const LAST: u32 = u32::MAX >> 1;

/// The most records that one commit removes, so that a request after a long pause takes no longer than others.
const BATCH: u32 = 256;

impl AnswerTable {
    pub(super) fn new(seed: u64) -> AnswerTable {
        AnswerTable {
            queue: VecDeque::new(),
            first: 0,
            by_key: Index::new(seed),
            bare: 0,
            body_bytes: 0,
            clock: KeyClock::default(),
            kept_at: None,
            pressed_at: None,
        }
    }

    fn hash(&self, scope: Pfid, key: &str) -> u64 {
        let scope = self.by_key.hash(scope) as u32;
        self.by_key.hash_text(scope, key)
    }

    fn find(&self, scope: Pfid, key: &str) -> Option<u32> {
        self.by_key.find(self.hash(scope, key), |number| {
            self.queue
                .get(self.place(number))
                .is_some_and(|record| record.scope == scope && *record.key == *key)
        })
    }

    fn place(&self, number: u32) -> usize {
        (number.wrapping_sub(self.first) & LAST) as usize
    }

    fn get(&self, scope: Pfid, key: &str) -> Option<&AnswerRecord> {
        self.queue.get(self.place(self.find(scope, key)?))
    }

    /// Adds a record. Returns the number and the contents of the record that it replaces.
    pub(super) fn keep(&mut self, record: AnswerRecord) -> Option<(u32, Box<AnswerRecord>)> {
        let hash = self.hash(record.scope, &record.key);
        let mut replaced = None;
        if let Some(number) = self.find(record.scope, &record.key) {
            self.by_key.remove(hash, number);
            let place = self.place(number);
            if let Some(before) = self.queue.get_mut(place) {
                self.body_bytes -= answer_bytes(&before.body);
                let empty = AnswerRecord {
                    key: Box::default(),
                    body: Box::default(),
                    is_replaced: true,
                    ..*before
                };
                replaced = Some((number, Box::new(std::mem::replace(before, empty))));
            }
        }
        let number = self.first.wrapping_add(self.queue.len() as u32) & LAST;
        self.by_key.insert(hash, number);
        self.body_bytes += answer_bytes(&record.body);
        self.queue.push_back(record);
        replaced
    }

    /// Undoes the last [`keep`](AnswerTable::keep).
    pub(super) fn take_back(&mut self, replaced: Option<(u32, Box<AnswerRecord>)>) {
        self.kept_at = None;
        let Some(record) = self.queue.pop_back() else {
            return;
        };
        self.body_bytes -= answer_bytes(&record.body);
        self.bare = self.bare.min(self.queue.len());
        let hash = self.hash(record.scope, &record.key);
        let number = self.first.wrapping_add(self.queue.len() as u32) & LAST;
        self.by_key.remove(hash, number);
        if let Some((number, before)) = replaced {
            let place = self.place(number);
            if let Some(record) = self.queue.get_mut(place) {
                self.body_bytes += answer_bytes(&before.body);
                self.bare = self.bare.min(place);
                *record = *before;
                self.by_key.insert(hash, number);
            }
        }
    }

    /// Removes the oldest record.
    fn forget_first(&mut self) {
        if let Some(record) = self.queue.pop_front() {
            self.body_bytes -= answer_bytes(&record.body);
            self.bare = self.bare.saturating_sub(1);
            if !record.is_replaced {
                let hash = self.hash(record.scope, &record.key);
                self.by_key.remove(hash, self.first);
            }
            self.first = self.first.wrapping_add(1) & LAST;
        }
    }

    /// Removes records that are over. It runs after a commit, so that a rollback never needs them.
    pub(super) fn make_room(&mut self) {
        if let Some(now) = self.pressed_at.take() {
            self.forget(BATCH, |table, record| {
                is_over(record.kept_at, now) || table.clock.is_over(record.kept_at, now)
            });
        }
        if let Some(now) = self.kept_at.take()
            && self.clock.is_steady()
        {
            self.forget(BATCH, |table, record| {
                table.clock.is_over(record.kept_at, now)
            });
        }
        while self.queue.front().is_some_and(|first| first.is_replaced) {
            self.forget_first();
        }
    }

    fn forget(&mut self, at_most: u32, is_due: impl Fn(&Self, &AnswerRecord) -> bool) -> u32 {
        let mut forgotten = 0;
        while forgotten < at_most && self.queue.front().is_some_and(|first| is_due(self, first)) {
            self.forget_first();
            forgotten += 1;
        }
        forgotten
    }

    fn drop_bodies(&mut self, at_most: u64) {
        while self.body_bytes > at_most
            && let Some(record) = self.queue.get_mut(self.bare)
        {
            self.body_bytes -= answer_bytes(&record.body);
            record.body = Box::default();
            self.bare += 1;
        }
    }

    /// The time for a key that is kept now.
    fn time_for_key(&mut self, now: i64) -> i64 {
        self.clock.observe(now);
        let last = self.queue.back().map(|record| record.kept_at);
        self.clock.kept_at(now, last)
    }

    /// The current records, the oldest first.
    pub(super) fn current(&self) -> impl Iterator<Item = &AnswerRecord> {
        self.queue.iter().filter(|record| !record.is_replaced)
    }
}

impl Answers for MemoryStore {
    fn stored_answer(
        &self,
        scope: Pfid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer<'_>>, StoreError> {
        let record = self.data.answers.get(scope, key);
        Ok(record
            .filter(|record| !is_over(record.kept_at, now.micros()))
            .map(|record| StoredAnswer {
                fingerprint: record.fingerprint,
                status: record.status,
                object_id: record.object_id,
                body: (!record.body.is_empty()).then_some(Cow::Borrowed(&record.body)),
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
            scope,
            key: key.into(),
            fingerprint: answer.fingerprint,
            status: answer.status,
            object_id: answer.object_id,
            body: answer.body.as_deref().unwrap_or_default().into(),
            kept_at: self.data.answers.time_for_key(now),
            is_replaced: false,
        };
        let replaced = self.data.answers.keep(record);
        self.data.answers.kept_at = Some(now);
        self.note(|| Undo::AnswerKept(replaced));
        if !self.log.is_open() {
            self.data.answers.make_room();
        }
        Ok(())
    }

    fn forget_answers(&mut self, now: Timestamp, at_most: u32) -> Result<u32, StoreError> {
        if self.log.is_open() {
            return Err(StoreError::Conflict("a unit of work is open"));
        }
        let now = now.micros();
        let forgotten = self.data.answers.forget(at_most, |_, record| {
            record.is_replaced || is_over(record.kept_at, now)
        });
        Ok(forgotten)
    }

    fn key_usage(&self) -> Result<KeyUsage, StoreError> {
        Ok(KeyUsage {
            keys: self.data.answers.queue.len() as u64,
            body_bytes: self.data.answers.body_bytes,
        })
    }

    fn first_key_over(&self) -> Result<Option<Timestamp>, StoreError> {
        let first = self.data.answers.queue.front();
        let over = first.map(|first| first.kept_at.saturating_add(KEPT_MICROS));
        Ok(over.map(|over| Timestamp::from_micros(over).unwrap_or(Timestamp::MAX)))
    }

    fn press_keys(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.data.answers.pressed_at = Some(now.micros());
        if !self.log.is_open() {
            self.data.answers.make_room();
        }
        Ok(())
    }

    fn drop_bodies(&mut self, at_most: u64) -> Result<(), StoreError> {
        self.data.answers.drop_bodies(at_most);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store as _;

    const HOUR: i64 = 60 * 60 * 1_000_000;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    fn keep(store: &mut MemoryStore, scope: Pfid, key: &str, body: &[u8], now: i64) {
        let answer = StoredAnswer {
            fingerprint: [0; 32],
            status: 200,
            object_id: None,
            body: Some(body.into()),
        };
        store.keep_answer(scope, key, &answer, at(now)).unwrap();
    }

    fn count(store: &MemoryStore) -> u64 {
        store.key_usage().unwrap().keys
    }

    #[test]
    fn bodies_are_dropped_oldest_first_and_their_records_stay() {
        let mut store = MemoryStore::new(1);
        for number in 0..10 {
            keep(&mut store, Pfid::NIL, &number.to_string(), &[b'x'; 84], 0);
        }
        assert_eq!(store.key_usage().unwrap().body_bytes, 1_000);
        store.begin().unwrap();
        keep(&mut store, Pfid::NIL, "3", b"other", 0);
        store.drop_bodies(450).unwrap();
        store.rollback().unwrap();
        store.drop_bodies(450).unwrap();
        let body = |key: &str| {
            let stored = store.stored_answer(Pfid::NIL, key, at(1)).unwrap();
            stored.unwrap().body.is_some()
        };
        assert_eq!(
            ["0", "3", "5", "6", "9"].map(body),
            [false, false, false, true, true]
        );
        assert!(store.key_usage().unwrap().body_bytes <= 450);
        store.drop_bodies(0).unwrap();
        assert_eq!(
            store.key_usage().unwrap(),
            KeyUsage {
                keys: 10,
                body_bytes: 0
            }
        );
    }

    #[test]
    fn records_that_are_over_are_removed_while_the_clock_runs_steadily() {
        let mut store = MemoryStore::new(1);
        let other = Pfid::parse(crate::registrar::config::DEFAULT_ACCOUNT).unwrap();
        keep(&mut store, other, "0", b"{}", 0);
        keep(&mut store, Pfid::NIL, "1", b"{}", KEPT_MICROS);
        assert_eq!(count(&store), 2);
        keep(&mut store, Pfid::NIL, "2", b"{}", KEPT_MICROS + HOUR);
        assert_eq!(count(&store), 2);
        // Under pressure they go at once.
        keep(&mut store, Pfid::NIL, "3", b"{}", 3 * KEPT_MICROS);
        store.press_keys(at(3 * KEPT_MICROS)).unwrap();
        assert_eq!(count(&store), 1);
    }

    #[test]
    fn a_replaced_record_leaves_with_the_oldest() {
        let mut store = MemoryStore::new(1);
        keep(&mut store, Pfid::NIL, "0", b"{}", 0);
        keep(&mut store, Pfid::NIL, "0", b"{}", 1);
        assert_eq!(count(&store), 1);
        keep(&mut store, Pfid::NIL, "1", b"{}", 2);
        keep(&mut store, Pfid::NIL, "1", b"{}", 3);
        assert_eq!(count(&store), 3);
    }
}
