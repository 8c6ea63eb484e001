//! Kept answers in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use super::MemoryStore;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;
use crate::store::answers::{Answers, KEPT_MICROS, KeptAnswer};
use crate::store::codec::{Reader, Writer};

#[derive(Debug, Default)]
pub(super) struct AnswerTable {
    /// There is one for each token's scope at most, so they are few.
    scopes: Vec<(Pfid, Scope)>,
}

/// The answers that one account, or one environment's tokens, can ask for again.
#[derive(Debug, Default)]
struct Scope {
    kept: HashMap<Arc<str>, Kept>,
    /// The keys in the order of their keeping: the oldest are forgotten first.
    queue: VecDeque<(i64, Arc<str>)>,
    /// How much memory they take, about.
    size: usize,
}

/// How much memory the kept answers of one scope may take: beyond it the oldest are forgotten before their 24 hours are
/// over. Otherwise small requests with large answers could fill the memory. No scope takes room from another.
/// **\[ours\]**
const BUDGET: usize = 64 * 1024 * 1024;

/// What an answer takes beside its bytes, about.
const OVERHEAD: usize = 256;

#[derive(Debug)]
struct Kept {
    fingerprint: [u8; 32],
    body: Box<[u8]>,
    until: i64,
}

fn size(key: &str, kept: &Kept) -> usize {
    OVERHEAD + key.len() + kept.body.len()
}

impl Scope {
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

    fn keep(&mut self, key: Arc<str>, kept: Kept) {
        self.size += size(&key, &kept);
        self.queue.push_back((kept.until, key.clone()));
        if let Some(before) = self.kept.insert(key.clone(), kept) {
            self.size -= size(&key, &before);
        }
    }
}

impl AnswerTable {
    fn scope(&self, id: Pfid) -> Option<&Scope> {
        let (_, scope) = self.scopes.iter().find(|(known, _)| *known == id)?;
        Some(scope)
    }

    fn keep(&mut self, id: Pfid, key: Arc<str>, kept: Kept) {
        match self.scopes.iter_mut().find(|(known, _)| *known == id) {
            Some((_, scope)) => scope.keep(key, kept),
            None => {
                let mut scope = Scope::default();
                scope.keep(key, kept);
                self.scopes.push((id, scope));
            }
        }
    }
}

impl MemoryStore {
    pub(super) fn save_answers(&self, out: &mut Writer) {
        out.number(self.answers.scopes.len() as u64);
        for (id, scope) in &self.answers.scopes {
            let current = scope.queue.iter().filter_map(|(until, key)| {
                let kept = scope.kept.get(key).filter(|kept| kept.until == *until);
                Some((key, kept?))
            });
            out.pfid(*id);
            out.number(current.clone().count() as u64);
            for (key, kept) in current {
                out.text(key);
                out.bytes(&kept.fingerprint);
                out.bytes(&kept.body);
                out.number(kept.until.unsigned_abs());
            }
        }
    }

    pub(super) fn load_answers(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for _ in 0..from.number()? {
            let id = from.pfid()?;
            for _ in 0..from.number()? {
                let key = from.text()?.into();
                let kept = Kept {
                    fingerprint: from.array()?,
                    body: from.bytes()?.into(),
                    until: from.number()?.try_into().ok()?,
                };
                self.answers.keep(id, key, kept);
            }
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
        let kept = self.answers.scope(scope).and_then(|it| it.kept.get(key));
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
            fingerprint: answer.fingerprint,
            body: answer.body.into(),
            until: now.saturating_add(KEPT_MICROS),
        };
        self.answers.keep(scope, key.into(), kept);
        // Those of scopes that nobody uses any more take no room for ever, either.
        for (_, scope) in &mut self.answers.scopes {
            scope.forget_old(now);
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
        let mut store = MemoryStore::new();
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
        let mut store = MemoryStore::new();
        let other = Pfid::parse(crate::registrar::config::DEFAULT_ACCOUNT).unwrap();
        keep(&mut store, other, "0", b"{}", Timestamp::EPOCH);
        let later = Timestamp::from_micros(KEPT_MICROS).unwrap();
        keep(&mut store, Pfid::NIL, "1", b"{}", later);
        assert!(store.answers.scope(other).unwrap().kept.is_empty());
    }
}
