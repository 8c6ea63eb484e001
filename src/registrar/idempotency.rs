//! One effect per idempotency key.
//!
//! A key belongs to the scope of the token it came with **\[ours\]**: an environment's token never gets
//! an answer that was made for a token of wider or other scope.

use super::{Caller, Failure, Registrar};
use crate::model::error::ErrorCode;
use crate::store::KeptAnswer;

/// What was asked: the operation, the object it was asked of, and the body.
pub type Fingerprint = [u8; 32];

impl Registrar {
    /// The answer that a key was given before, if this is the same request; a refusal if the key
    /// was used for another one. The fingerprint of the request is only asked for where there is one to compare it with.
    pub fn kept_answer(
        &self,
        caller: &Caller,
        key: &str,
        fingerprint: impl FnOnce() -> Result<Fingerprint, Failure>,
    ) -> Result<Option<&[u8]>, Failure> {
        match self.store.kept_answer(caller.scope_id(), key, caller.now)? {
            None => Ok(None),
            Some(kept) if kept.fingerprint == fingerprint()? => Ok(Some(kept.body)),
            Some(_) => Err(Failure::refused(
                ErrorCode::IdempotencyKeyAlreadyUsed,
                "The idempotency key was used for another request in the last 24 hours.",
            )),
        }
    }

    /// Keeps the answer of a request that succeeded.
    pub fn keep_answer(
        &mut self,
        caller: &Caller,
        key: &str,
        fingerprint: Fingerprint,
        body: &[u8],
    ) -> Result<(), Failure> {
        let answer = KeptAnswer { fingerprint, body };
        self.store
            .keep_answer(caller.scope_id(), key, answer, caller.now)?;
        Ok(())
    }
}
