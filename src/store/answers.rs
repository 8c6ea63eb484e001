//! The stored answers of requests with an idempotency key.

use std::borrow::Cow;

use super::StoreError;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// How long the record of a key is kept, in microseconds: 24 hours.
pub const KEPT_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// The record of an idempotency key: the fingerprint of the request, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer<'a> {
    /// SHA-256 of the operation, its object and its body.
    pub fingerprint: [u8; 32],
    /// The HTTP status of the answer.
    pub status: u16,
    /// The object that the request created or changed, if there is one.
    pub object_id: Option<Pfid>,
    /// The bytes of the answer. A store that runs out of space may drop them and keep the rest of the record.
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

    /// Stores a record at `now`. It replaces an older one of the same key.
    fn keep_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        answer: &StoredAnswer<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes at most `at_most` records that are older than [`KEPT_MICROS`] at `now`, the oldest first. Returns the
    /// number of removed records. It changes no result of a read. A host calls it while it is idle.
    fn forget_answers(&mut self, now: Timestamp, at_most: u32) -> Result<u32, StoreError>;
}
