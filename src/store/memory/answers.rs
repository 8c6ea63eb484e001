//! Kept answers in memory.

use std::collections::VecDeque;

use super::MemoryStore;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;
use crate::store::answers::{Answers, KEPT_MICROS, KeptAnswer};
use crate::store::codec::{Reader, Writer};
use crate::store::index::Index;
use crate::store::table::{Record, Table};

#[derive(Debug)]
pub(super) struct AnswerTable {
    /// There is one for each token's scope at most, so they are few.
    scopes: Table<Scope>,
    seed: u64,
}

/// The answers that one account, or one environment's tokens, can ask for again.
#[derive(Debug)]
struct Scope {
    /// Whose.
    id: Pfid,
    /// In the order of their keeping: the oldest are forgotten first.
    queue: VecDeque<Kept>,
    /// The number of the first in the queue. They are numbered one after the other, from 0 again after [`LAST`].
    first: u32,
    /// Their numbers by their keys.
    by_key: Index,
    /// How much memory they take, about.
    size: usize,
}

/// The last number of an answer; far more than there can be at once.
const LAST: u32 = u32::MAX >> 1;

/// How much memory the kept answers of one scope may take: beyond it the oldest are forgotten before their 24 hours are
/// over. Otherwise small requests with large answers could fill the memory. No scope takes room from another.
/// **\[ours\]**
const BUDGET: usize = 64 * 1024 * 1024;

/// What an answer takes beside its bytes, about.
const OVERHEAD: usize = 256;

#[derive(Debug)]
struct Kept {
    key: Box<str>,
    fingerprint: [u8; 32],
    body: Box<[u8]>,
    until: i64,
    /// Whether its key was kept again since.
    is_replaced: bool,
}

impl Record for Scope {
    fn id(&self) -> Pfid {
        self.id
    }
}

impl Kept {
    fn size(&self) -> usize {
        OVERHEAD + self.key.len() + self.body.len()
    }
}

impl Scope {
    fn find(&self, key: &str) -> Option<u32> {
        self.by_key.find(self.by_key.hash_text(0, key), |number| {
            self.get(number).is_some_and(|kept| *kept.key == *key)
        })
    }

    fn get(&self, number: u32) -> Option<&Kept> {
        let place = number.wrapping_sub(self.first) & LAST;
        self.queue.get(place as usize)
    }

    fn forget_old(&mut self, now: i64) {
        while let Some(kept) = self.queue.front()
            && (kept.until <= now || self.size > BUDGET)
        {
            self.size -= kept.size();
            if !kept.is_replaced {
                let hash = self.by_key.hash_text(0, &kept.key);
                self.by_key.remove(hash, self.first);
            }
            self.queue.pop_front();
            self.first = self.first.wrapping_add(1) & LAST;
        }
    }

    fn keep(&mut self, kept: Kept) {
        let hash = self.by_key.hash_text(0, &kept.key);
        if let Some(number) = self.find(&kept.key) {
            self.by_key.remove(hash, number);
            let place = number.wrapping_sub(self.first) & LAST;
            if let Some(before) = self.queue.get_mut(place as usize) {
                self.size -= before.body.len();
                before.body = Box::default();
                before.is_replaced = true;
            }
        }
        let number = self.first.wrapping_add(self.queue.len() as u32) & LAST;
        self.by_key.insert(hash, number);
        self.size += kept.size();
        self.queue.push_back(kept);
    }
}

impl AnswerTable {
    pub(super) fn new(seed: u64) -> AnswerTable {
        AnswerTable {
            scopes: Table::new(seed),
            seed,
        }
    }

    fn scope(&self, id: Pfid) -> Option<&Scope> {
        self.scopes.get(self.scopes.find(id)?)
    }

    fn keep(&mut self, id: Pfid, kept: Kept) -> Result<(), StoreError> {
        let make = || Scope {
            id,
            queue: VecDeque::new(),
            first: 0,
            by_key: Index::new(self.seed),
            size: 0,
        };
        self.scopes.get_or_insert(id, make)?.keep(kept);
        Ok(())
    }
}

impl MemoryStore {
    pub(super) fn save_answers(&self, out: &mut Writer) {
        out.number(self.answers.scopes.len() as u64);
        for (_, scope) in self.answers.scopes.iter() {
            let current = scope.queue.iter().filter(|kept| !kept.is_replaced);
            out.pfid(scope.id);
            out.number(current.clone().count() as u64);
            for kept in current {
                out.text(&kept.key);
                out.bytes(&kept.fingerprint);
                out.bytes(&kept.body);
                out.number(kept.until.unsigned_abs());
            }
        }
    }

    pub(super) fn load_answers(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for _ in 0..from.number() {
            let id = from.pfid();
            for _ in 0..from.number() {
                let key = from.text().into();
                let fingerprint = from.bytes().try_into();
                let kept = Kept {
                    key,
                    fingerprint: fingerprint.ok()?,
                    body: from.bytes().into(),
                    until: from.number().try_into().ok()?,
                    is_replaced: false,
                };
                self.answers.keep(id, from.sound(kept)?).ok()?;
            }
            from.sound(())?;
        }
        Some(())
    }
}

impl Answers for MemoryStore {
    fn kept_answer(
        &self,
        scope: Pfid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer<'_>>, StoreError> {
        let scope = self.answers.scope(scope);
        let kept = scope.and_then(|scope| scope.get(scope.find(key)?));
        Ok(kept
            .filter(|kept| kept.until > now.micros())
            .map(|kept| KeptAnswer {
                fingerprint: kept.fingerprint,
                body: &kept.body,
            }))
    }

    fn keep_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        answer: KeptAnswer<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let now = now.micros();
        let kept = Kept {
            key: key.into(),
            fingerprint: answer.fingerprint,
            body: answer.body.into(),
            until: now.saturating_add(KEPT_MICROS),
            is_replaced: false,
        };
        self.answers.keep(scope, kept)?;
        // Those of scopes that nobody uses any more take no room for ever, either.
        for slot in 0..self.answers.scopes.len() as u32 {
            if let Some(scope) = self.answers.scopes.get_mut(slot) {
                scope.forget_old(now);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(store: &mut MemoryStore, scope: Pfid, key: &str, body: &[u8], now: Timestamp) {
        let fingerprint = [0; 32];
        let answer = KeptAnswer { fingerprint, body };
        assert_eq!(store.keep_answer(scope, key, answer, now), Ok(()));
    }

    fn there(store: &MemoryStore, scope: Pfid, key: &str) -> bool {
        let kept = store.kept_answer(scope, key, Timestamp::EPOCH);
        kept.is_ok_and(|kept| kept.is_some())
    }

    #[test]
    fn the_oldest_are_forgotten_where_there_is_no_room_and_of_their_own_scope_alone() {
        let mut store = MemoryStore::new(1);
        let other = Pfid::parse(crate::registrar::config::DEFAULT_ACCOUNT).unwrap();
        keep(&mut store, other, "0", b"{}", Timestamp::EPOCH);
        let body = vec![b'x'; BUDGET / 4];
        for number in 0..10 {
            let key = number.to_string();
            keep(&mut store, Pfid::NIL, &key, &body, Timestamp::EPOCH);
            // Kept again, it counts once.
            keep(&mut store, Pfid::NIL, &key, &body, Timestamp::EPOCH);
        }
        for (key, kept) in [("0", false), ("6", false), ("7", true), ("9", true)] {
            assert_eq!(there(&store, Pfid::NIL, key), kept, "{key}");
        }
        assert!(there(&store, other, "0"));
        assert!(store.answers.scope(Pfid::NIL).unwrap().size <= BUDGET);
    }

    #[test]
    fn what_is_too_old_is_forgotten_in_every_scope() {
        let mut store = MemoryStore::new(1);
        let other = Pfid::parse(crate::registrar::config::DEFAULT_ACCOUNT).unwrap();
        keep(&mut store, other, "0", b"{}", Timestamp::EPOCH);
        let later = Timestamp::from_micros(KEPT_MICROS).unwrap();
        keep(&mut store, Pfid::NIL, "1", b"{}", later);
        assert!(store.answers.scope(other).unwrap().queue.is_empty());
    }
}
