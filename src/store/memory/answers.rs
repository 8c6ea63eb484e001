//! Kept answers in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::{Equivalent, HashMap};

use super::MemoryStore;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;
use crate::store::answers::{Answers, KEPT_MICROS, KeptAnswer};
use crate::store::codec::{Reader, Writer};

#[derive(Debug, Default)]
pub(super) struct AnswerTable {
    kept: HashMap<Key, Kept>,
    /// The keys in the order of their keeping: the oldest are forgotten first.
    queue: VecDeque<(i64, Key)>,
    /// How much memory they take, about.
    size: usize,
}

/// How much memory all kept answers may take: beyond it the oldest are forgotten before their 24 hours are over.
/// Otherwise small requests with large answers could fill the memory. **\[ours\]**
const BUDGET: usize = 64 * 1024 * 1024;

/// What an answer takes beside its bytes, about.
const OVERHEAD: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    scope: Pfid,
    text: Arc<str>,
}

/// A key that is only looked for.
#[derive(Hash)]
struct Wanted<'a> {
    scope: Pfid,
    text: &'a str,
}

impl Equivalent<Key> for Wanted<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.scope == key.scope && *self.text == *key.text
    }
}

#[derive(Debug)]
struct Kept {
    fingerprint: [u8; 32],
    body: Box<[u8]>,
    until: i64,
}

fn size(key: &Key, kept: &Kept) -> usize {
    OVERHEAD + key.text.len() + kept.body.len()
}

impl AnswerTable {
    fn forget_old(&mut self, now: i64) {
        while let Some((until, _)) = self.queue.front()
            && (*until <= now || self.size > BUDGET)
        {
            let Some((until, key)) = self.queue.pop_front() else {
                break;
            };
            // The key may have been kept again since: then its answer is younger than this entry.
            if self.kept.get(&key).is_some_and(|kept| kept.until <= until)
                && let Some(kept) = self.kept.remove(&key)
            {
                self.size -= size(&key, &kept);
            }
        }
    }

    fn keep(&mut self, key: Key, kept: Kept) {
        self.size += size(&key, &kept);
        self.queue.push_back((kept.until, key.clone()));
        if let Some(before) = self.kept.insert(key.clone(), kept) {
            self.size -= size(&key, &before);
        }
    }
}

impl MemoryStore {
    pub(super) fn save_answers(&self, out: &mut Writer) {
        let current = |(until, key): &&(i64, Key)| {
            let kept = self.answers.kept.get(key);
            kept.is_some_and(|kept| kept.until == *until)
        };
        out.number(self.answers.queue.iter().filter(current).count() as u64);
        for (_, key) in self.answers.queue.iter().filter(current) {
            if let Some(kept) = self.answers.kept.get(key) {
                out.pfid(key.scope);
                out.text(&key.text);
                out.bytes(&kept.fingerprint);
                out.bytes(&kept.body);
                out.number(kept.until.unsigned_abs());
            }
        }
    }

    pub(super) fn load_answers(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for _ in 0..from.number()? {
            let key = Key {
                scope: from.pfid()?,
                text: from.text()?.into(),
            };
            let kept = Kept {
                fingerprint: from.array()?,
                body: from.bytes()?.into(),
                until: from.number()?.try_into().ok()?,
            };
            self.answers.keep(key, kept);
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
        Ok(self
            .answers
            .kept
            .get(&Wanted { scope, text: key })
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
        let key = Key {
            scope,
            text: key.into(),
        };
        let until = now.saturating_add(KEPT_MICROS);
        let kept = Kept {
            fingerprint: answer.fingerprint,
            body: answer.body.into(),
            until,
        };
        self.answers.keep(key, kept);
        self.answers.forget_old(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_where_there_is_no_room() {
        let mut store = MemoryStore::new();
        let body = vec![b'x'; BUDGET / 4];
        let answer = KeptAnswer {
            fingerprint: [0; 32],
            body: &body,
        };
        for number in 0..10 {
            let key = number.to_string();
            assert_eq!(
                store.keep_answer(Pfid::NIL, &key, answer, Timestamp::EPOCH),
                Ok(())
            );
            // Kept again, it counts once.
            assert_eq!(
                store.keep_answer(Pfid::NIL, &key, answer, Timestamp::EPOCH),
                Ok(())
            );
        }
        let there = |key: &str| {
            let kept = store.kept_answer(Pfid::NIL, key, Timestamp::EPOCH);
            kept.is_ok_and(|kept| kept.is_some())
        };
        assert!(!there("0") && !there("6"));
        assert!(there("7") && there("8") && there("9"));
        assert!(store.answers.size <= BUDGET);
    }
}
