//! What a store keeps of requests that carried an idempotency key.

use super::StoreError;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// How long an answer is kept, in microseconds: 24 hours.
pub const KEPT_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// The first answer that was given for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptAnswer<'a> {
    /// What was asked: the operation, its object and its body.
    pub fingerprint: [u8; 32],
    /// The answer's bytes.
    pub body: &'a [u8],
}

/// Answers by key. Keys of different scopes (an account, or one environment of it) never meet.
pub trait Answers {
    /// The answer kept for a key and not older than [`KEPT_MICROS`].
    fn kept_answer(
        &self,
        scope: Pfid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer<'_>>, StoreError>;

    /// Keeps an answer from `now` on.
    fn keep_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        answer: KeptAnswer<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
