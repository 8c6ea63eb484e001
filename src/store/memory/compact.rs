//! Records that take less room: fields that may be absent at no cost, and several texts in one allocation.

use crate::model::timestamp::Timestamp;

/// A moment or none, in eight bytes: no [`Timestamp`] is as early as the earliest `i64`.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaybeTimestamp(i64);

impl MaybeTimestamp {
    pub(super) fn new(moment: Option<Timestamp>) -> MaybeTimestamp {
        MaybeTimestamp(moment.map_or(i64::MIN, Timestamp::micros))
    }

    pub(super) fn get(self) -> Option<Timestamp> {
        Timestamp::from_micros(self.0)
    }
}

/// A slot or none, in four bytes. Memory ends long before the last slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct MaybeSlot(u32);

impl MaybeSlot {
    pub(super) fn new(slot: Option<u32>) -> MaybeSlot {
        MaybeSlot(slot.unwrap_or(u32::MAX))
    }

    pub(super) fn get(self) -> Option<u32> {
        (self.0 != u32::MAX).then_some(self.0)
    }
}

/// Takes two texts apart that were put together with the first one ending at `end`.
pub(super) fn split(text: &str, end: u32) -> (&str, &str) {
    text.split_at_checked(end as usize).unwrap_or_default()
}
