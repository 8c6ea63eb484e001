//! One effect per idempotency key.
//!
//! A key belongs to the scope of the token it came with **\[ours\]**: an environment's token never gets
//! an answer that was made for a token of wider or other scope.

use std::borrow::Cow;

use super::{Caller, Failure, Registrar};
use crate::model::error::ErrorCode;
use crate::store::StoredAnswer;

/// SHA-256 of a request: of the operation, the object that it is about, and the body.
pub type Fingerprint = [u8; 32];

impl Registrar {
    /// The answer that a key was given before, if this is the same request; a refusal if the key
    /// was used for another one. The fingerprint of the request is only asked for where there is one to compare it with.
    pub(crate) fn stored_answer(
        &self,
        caller: &Caller,
        key: &str,
        fingerprint: impl FnOnce() -> Result<Fingerprint, Failure>,
    ) -> Result<Option<Cow<'_, [u8]>>, Failure> {
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
        match stored.body {
            Some(body) => Ok(Some(body)),
            // No store drops answers yet without their records; this is what the contract says for one that does.
            None => Err(Failure::refused(
                ErrorCode::IdempotencyKeyAlreadyUsed,
                "The request with this idempotency key was carried out; its answer is no longer kept.",
            )),
        }
    }

    /// Keeps the answer of a request that succeeded.
    pub(crate) fn keep_answer(
        &mut self,
        caller: &Caller,
        key: &str,
        fingerprint: Fingerprint,
        body: &[u8],
    ) -> Result<(), Failure> {
        let answer = StoredAnswer {
            fingerprint,
            status: 200,
            object_id: self.object_id(),
            body: Some(Cow::Borrowed(body)),
        };
        let store = self.write();
        Ok(store.keep_answer(caller.scope_id(), key, &answer, caller.now)?)
    }
}
