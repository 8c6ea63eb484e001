//! One effect per idempotency key.
//!
//! A key belongs to the scope of the request's token **\[ours\]**: the token of an environment never gets
//! an answer that was stored for a token of another scope.

use std::borrow::Cow;

use super::{Caller, Failure, Registrar};
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{StoreError, StoredAnswer};

/// The SHA-256 of a request: of its operation, its object and its body.
pub type Fingerprint = [u8; 32];

/// The answer to a request that was carried out before.
#[derive(Debug)]
pub(crate) enum Replay<'r> {
    /// The bytes of the answer.
    Body(Cow<'r, [u8]>),
    /// They were dropped for room. The object that the answer was about, if there is one.
    Dropped(Option<Pfid>),
}

impl Registrar {
    /// The stored answer of a key, if this is the same request; a refusal if the key
    /// was used for another one. `fingerprint` is called only if there is a stored answer to compare with.
    pub(crate) fn stored_answer(
        &self,
        caller: &Caller,
        key: &str,
        fingerprint: impl FnOnce() -> Result<Fingerprint, Failure>,
    ) -> Result<Option<Replay<'_>>, Failure> {
        let stored = self
            .store
            .stored_answer(caller.scope_id(), key, caller.now)?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        if stored.fingerprint != fingerprint()? {
            return Err(Failure::refused(
                ErrorCode::IdempotencyKeyAlreadyUsed,
                "The idempotency key was used for another request in the last 24 hours.",
            ));
        }
        Ok(Some(match stored.body {
            Some(body) => Replay::Body(body),
            None => Replay::Dropped(stored.object_id),
        }))
    }

    /// Removes at most `at_most` records of keys that are older than 24 hours, the oldest first, and answers how many. No
    /// answer depends on it: a host calls it while it is idle, to give the room back.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn forget_answers(&mut self, now: Timestamp, at_most: u32) -> Result<u32, StoreError> {
        self.store.forget_answers(now, at_most)
    }

    /// Stores the answer of a request that succeeded.
    pub(crate) fn keep_answer(
        &mut self,
        caller: &Caller,
        key: &str,
        fingerprint: Fingerprint,
        body: &[u8],
    ) -> Result<(), Failure> {
        let has_room = self.make_room_for_answer(body)?;
        let answer = StoredAnswer {
            fingerprint,
            status: 200,
            object_id: self.object_id(),
            body: has_room.then_some(Cow::Borrowed(body)),
        };
        let store = self.write();
        Ok(store.keep_answer(caller.scope_id(), key, &answer, caller.now)?)
    }
}
