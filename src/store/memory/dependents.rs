//! Dependents in memory: versions, instances and spans, designed for a million of them. Records are small, and
//! the fields of one kind are a single allocation of bytes, which [`versions`](super::versions),
//! [`instances`](super::instances) and [`spans`](super::spans) encode. Snapshots contain the same bytes, so a change of their
//! format is a new format of snapshots.

use std::cmp::Ordering;

use super::codec::Reader;
use super::dependent_table::DependentTable;
use super::records::{DependentKind, DependentRecord};
use super::undo::Undo;
use super::{Data, MemoryStore};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::sort::sorted;
use crate::store::{Ownership, Page, StoreError};

impl Data {
    pub(super) fn dependents(&self, kind: DependentKind) -> &DependentTable {
        match kind {
            DependentKind::Version => &self.versions,
            DependentKind::SchemaVersion => &self.schema_versions,
            DependentKind::Instance => &self.instances,
            DependentKind::Span => &self.spans,
        }
    }

    pub(super) fn dependents_mut(&mut self, kind: DependentKind) -> &mut DependentTable {
        match kind {
            DependentKind::Version => &mut self.versions,
            DependentKind::SchemaVersion => &mut self.schema_versions,
            DependentKind::Instance => &mut self.instances,
            DependentKind::Span => &mut self.spans,
        }
    }

    /// The id of the parent of a record, and the agent that the record belongs to.
    pub(super) fn parent_of(
        &self,
        kind: DependentKind,
        record: &DependentRecord,
    ) -> Result<(Pfid, Ownership), StoreError> {
        let found = match kind {
            DependentKind::Span => self.instances.get(record.parent).and_then(|instance| {
                let owner = self.agent_owner(instance.parent)?;
                Some((instance.id, owner))
            }),
            _ => {
                let owner = self.agent_owner(record.parent);
                owner.map(|owner| (owner.agent_id, owner))
            }
        };
        found.ok_or(StoreError::Corrupt("an object without its owner"))
    }

    /// The agent that the record of a slot belongs to.
    pub(super) fn dependent_owner(&self, kind: DependentKind, slot: u32) -> Option<Ownership> {
        let record = self.dependents(kind).get(slot)?;
        self.parent_of(kind, record).ok().map(|(_, owner)| owner)
    }

    /// The slot of the parent of dependents. It does not change while the parent has any.
    pub(super) fn parent_slot(&self, kind: DependentKind, id: Pfid) -> Result<u32, StoreError> {
        let slot = self.find(kind.parent(), id);
        slot.ok_or(StoreError::Conflict("there is no such parent"))
    }

    pub(super) fn dependent_slot(&self, kind: DependentKind, id: Pfid) -> Result<u32, StoreError> {
        let slot = self.find(kind.kind(), id);
        slot.ok_or(StoreError::Conflict("there is no such object"))
    }

    pub(super) fn add_dependent(
        &mut self,
        kind: DependentKind,
        record: DependentRecord,
    ) -> Result<u32, StoreError> {
        let (id, parent) = (record.id, record.parent);
        let slot = self.dependents_mut(kind).add(kind, record)?;
        if kind == DependentKind::Span
            && let Some(instance) = self.instances.get(parent)
        {
            self.spans.add_of_agent(instance.parent, slot);
        }
        self.ids.insert(id, kind.kind(), slot);
        Ok(slot)
    }

    pub(super) fn remove_dependent(
        &mut self,
        kind: DependentKind,
        slot: u32,
    ) -> Option<DependentRecord> {
        if kind == DependentKind::Span
            && let Some(span) = self.spans.get(slot)
            && let Some(instance) = self.instances.get(span.parent)
        {
            self.spans.remove_of_agent(instance.parent, slot);
        }
        let record = self.dependents_mut(kind).remove(kind, slot)?;
        self.ids.remove(record.id, kind.kind(), slot);
        Some(record)
    }

    pub(super) fn agent_has_dependents(&self, slot: u32) -> bool {
        [
            DependentKind::Version,
            DependentKind::SchemaVersion,
            DependentKind::Instance,
        ]
        .into_iter()
        .any(|kind| self.dependents(kind).count(slot) > 0)
    }
}

/// A dependent to add.
pub(super) struct NewDependent {
    pub(super) id: Pfid,
    pub(super) parent_id: Pfid,
    pub(super) inserted_at: Timestamp,
    pub(super) started_at: i64,
    pub(super) body: Box<[u8]>,
}

impl MemoryStore {
    pub(super) fn insert_dependent(
        &mut self,
        kind: DependentKind,
        new: NewDependent,
    ) -> Result<(), StoreError> {
        self.data.require_free(new.id)?;
        let parent = self.data.parent_slot(kind, new.parent_id)?;
        if let Some(key) = kind.key(&new.body)
            && self
                .data
                .dependents(kind)
                .find_key(kind, parent, key)
                .is_some()
        {
            return Err(StoreError::Conflict("the parent has one of this key"));
        }
        let record = DependentRecord {
            inserted_at: new.inserted_at,
            started_at: new.started_at,
            body: new.body,
            id: new.id,
            parent,
        };
        let slot = self.data.add_dependent(kind, record)?;
        self.note(|| Undo::DependentInserted(kind, slot));
        Ok(())
    }

    pub(super) fn update_dependent(
        &mut self,
        kind: DependentKind,
        slot: u32,
        body: Box<[u8]>,
        started_at: i64,
    ) {
        let table = self.data.dependents_mut(kind);
        if let Some((body, started_at)) = table.replace_body(slot, body, started_at) {
            self.note(|| Undo::DependentUpdated(kind, slot, body, started_at));
        }
    }
}

/// Tests whether a time is in a range, both ends included; `None` if every time is.
pub(super) fn range(
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Option<impl Fn(Timestamp) -> bool> {
    (from.is_some() || until.is_some()).then_some(move |at: Timestamp| {
        from.is_none_or(|from| at >= from) && until.is_none_or(|until| at <= until)
    })
}

/// Reads all of a body. Leftover bytes mean that another version wrote it.
pub(super) fn decode<'a, T>(
    body: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> T,
) -> Result<T, StoreError> {
    let mut from = Reader::new(body);
    let value = read(&mut from);
    if from.is_finished() {
        Ok(value)
    } else {
        Err(StoreError::Corrupt(
            "the body of a version, instance or span",
        ))
    }
}

/// A page of slots sorted by a computed key, for orders that are not maintained. Slots whose key is `None`
/// come last in both directions.
pub(super) fn page_by_key<K: Ord>(
    keyed: &[(Option<K>, Pfid, u32)],
    page: &Page,
) -> (Vec<u32>, u64) {
    let sorted = sorted(keyed, |a, b| {
        let backwards = |order: Ordering| {
            if page.descending {
                order.reverse()
            } else {
                order
            }
        };
        a.0.is_none()
            .cmp(&b.0.is_none())
            .then_with(|| backwards(a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1))))
    });
    let total = keyed.len() as u64;
    let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let slots = sorted.iter().skip(offset).take(page.size as usize);
    (slots.map(|(_, _, slot)| *slot).collect(), total)
}
