//! What a store keeps of requests that carried an idempotency key.

use std::borrow::Cow;

use super::StoreError;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// How long the record of a key is kept, in microseconds: 24 hours.
pub const KEPT_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// The record of an idempotency key: what was asked, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer<'a> {
    /// SHA-256 of the operation, its object and its body.
    pub fingerprint: [u8; 32],
    /// The HTTP status of the answer.
    pub status: u16,
    /// The object that the request made or changed, where there is one.
    pub object_id: Option<Pfid>,
    /// The answer's bytes. A store may drop them where it has no room, and keep the rest of the record.
    pub body: Option<Cow<'a, [u8]>>,
}

/// Records by key. Keys of different scopes (an account, or one environment of it) are different keys.
pub trait Answers {
    /// The record of a key that was kept less than [`KEPT_MICROS`] before `now`.
    fn stored_answer(
        &self,
        scope: Pfid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer<'_>>, StoreError>;

    /// Keeps a record from `now` on, in place of an older one of the key.
    fn keep_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        answer: &StoredAnswer<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes at most so many records that are older than [`KEPT_MICROS`] at `now`, the oldest first; answers how
    /// many it removed. Reads are the same before and after; a host calls it when it is idle.
    fn forget_answers(&mut self, now: Timestamp, at_most: u32) -> Result<u32, StoreError>;
}
