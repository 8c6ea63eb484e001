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
    /// The bytes of the answer. Absent where they were dropped for room: see [`Answers::drop_bodies`].
    pub body: Option<Cow<'a, [u8]>>,
}

/// How much the records of keys take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUsage {
    /// The number of records.
    pub keys: u64,
    /// What their answers take, by [`answer_bytes`](super::answer_bytes).
    pub body_bytes: u64,
}

/// Records by key. Keys of different scopes (an account, or one environment of it) are different keys.
///
/// A record is in the store for at least [`KEPT_MICROS`], whatever else is short. `key_clock` says how that is held where the
/// clock jumps; its body may be dropped at any time.
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
    /// number of removed records. It changes no result of a read, unless the clock steps back. A host whose clock is right calls
    /// it while it is idle.
    fn forget_answers(&mut self, now: Timestamp, at_most: u32) -> Result<u32, StoreError>;

    /// How much all records take: those between the oldest and the newest that are still there.
    fn key_usage(&self) -> Result<KeyUsage, StoreError>;

    /// When the oldest record is over; absent if there is none.
    fn first_key_over(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Makes room for records by removing those that are older than [`KEPT_MICROS`] at `now`: some of them, at once or with the
    /// commit of the open unit.
    fn press_keys(&mut self, now: Timestamp) -> Result<(), StoreError>;

    /// Drops the bodies of the oldest records, so that those that stay take at most `at_most` bytes. The records stay.
    fn drop_bodies(&mut self, at_most: u64) -> Result<(), StoreError>;
}
