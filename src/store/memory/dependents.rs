//! Dependents in memory: versions, instances and spans, designed for a million of them. Records are small, and
//! the fields of one kind are a single allocation of bytes, which [`versions`](super::versions),
//! [`instances`](super::instances) and [`spans`](super::spans) encode. Snapshots contain the same bytes, so a change of their
//! format is a new format of snapshots.

use std::cmp::Ordering;

use super::codec::Reader;
use super::index::Index;
use super::ordered::Ordered;
use super::records::{DependentKind, DependentRecord, NOT_STARTED};
use super::siblings::{AgentSpans, KeptOrder, SiblingList};
use super::table::Table;
use super::undo::Undo;
use super::{Data, MemoryStore};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::sort::sorted;
use crate::store::{Ownership, Page, StoreError};

/// All dependents of one kind.
#[derive(Debug)]
pub(super) struct DependentTable {
    records: Table<DependentRecord>,
    /// By the slot of the parent.
    siblings: Vec<SiblingList>,
    /// Slots by the slot of the parent and the key.
    by_key: Index,
    /// Used for spans alone.
    by_agent: AgentSpans,
}

impl DependentTable {
    pub(super) fn new(seed: u64) -> DependentTable {
        DependentTable {
            records: Table::new(),
            siblings: Vec::new(),
            by_key: Index::new(seed),
            by_agent: AgentSpans::default(),
        }
    }

    pub(super) fn get(&self, slot: u32) -> Option<&DependentRecord> {
        self.records.get(slot)
    }

    pub(super) fn id(&self, slot: u32) -> Option<Pfid> {
        self.records.get(slot).map(|it| it.id)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The slots of all records, in the order of the slots.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.records.iter().map(|(slot, _)| slot)
    }

    /// The number of parent slots in this table. No parent has a higher slot.
    pub(super) fn parents(&self) -> usize {
        self.siblings.len()
    }

    /// The slot of the dependent of a parent with a key.
    pub(super) fn find_key(&self, kind: DependentKind, parent: u32, key: &str) -> Option<u32> {
        self.by_key
            .find(self.by_key.hash_text(parent, key), |slot| {
                self.records.get(slot).is_some_and(|record| {
                    record.parent == parent && kind.key(&record.body) == Some(key)
                })
            })
    }

    fn add(&mut self, kind: DependentKind, record: DependentRecord) -> Result<u32, StoreError> {
        let parent = record.parent;
        let hash = kind
            .key(&record.body)
            .map(|key| self.by_key.hash_text(parent, key));
        let slot = self.records.insert(record)?;
        let place = parent as usize;
        if self.siblings.len() <= place {
            self.siblings.resize_with(place + 1, SiblingList::default);
        }
        if let Some(siblings) = self.siblings.get_mut(place) {
            siblings.add(&self.records, slot);
        }
        if let Some(hash) = hash {
            self.by_key.insert(hash, slot);
        }
        Ok(slot)
    }

    fn remove(&mut self, kind: DependentKind, slot: u32) -> Option<DependentRecord> {
        let parent = self.records.get(slot)?.parent;
        if let Some(siblings) = self.siblings.get_mut(parent as usize) {
            siblings.remove(&self.records, slot);
        }
        let record = self.records.remove(slot)?;
        if let Some(key) = kind.key(&record.body) {
            let hash = self.by_key.hash_text(parent, key);
            self.by_key.remove(hash, slot);
        }
        Some(record)
    }

    /// Replaces the body and the start time of a record. The key in the body stays the same. Returns the previous two.
    pub(super) fn replace_body(
        &mut self,
        slot: u32,
        body: Box<[u8]>,
        started_at: i64,
    ) -> Option<(Box<[u8]>, i64)> {
        let before = self.set_beginning(slot, started_at)?;
        let record = self.records.get_mut(slot)?;
        Some((std::mem::replace(&mut record.body, body), before))
    }

    /// Sets the start time of a record, and moves the record in the order by start time. Returns the previous one.
    #[inline(never)]
    pub(super) fn set_beginning(&mut self, slot: u32, started_at: i64) -> Option<i64> {
        let record = self.records.get(slot)?;
        let (parent, before) = (record.parent as usize, record.started_at);
        if before != started_at {
            let mut siblings = self.siblings.get_mut(parent);
            if let Some(siblings) = &mut siblings {
                siblings.take_out(&self.records, slot);
            }
            self.records.get_mut(slot)?.started_at = started_at;
            if let Some(siblings) = siblings {
                siblings.put_in(&self.records, slot);
            }
        }
        Some(before)
    }

    /// The slots of a parent's dependents, by id.
    pub(super) fn of_parent(&self, parent: u32) -> Vec<u32> {
        let siblings = self.siblings.get(parent as usize);
        siblings.map(SiblingList::slots).unwrap_or_default()
    }

    /// The number of dependents of a parent.
    pub(super) fn count(&self, parent: u32) -> usize {
        self.siblings
            .get(parent as usize)
            .map_or(0, SiblingList::len)
    }

    /// The slots of a page in a maintained order, and the length of the list. Without a `wanted` range of start times only
    /// the page itself is read.
    pub(super) fn page(
        &mut self,
        parent: Option<u32>,
        order: KeptOrder,
        page: &Page,
        wanted: Option<&dyn Fn(Timestamp) -> bool>,
    ) -> (Vec<u32>, u64) {
        let siblings = parent.and_then(|parent| self.siblings.get_mut(parent as usize));
        let single;
        let list = match siblings {
            None | Some(SiblingList::None) => return (Vec::new(), 0),
            Some(SiblingList::One(slot)) => {
                single = Ordered::from_sorted(&[*slot]);
                &single
            }
            Some(SiblingList::Many(lists)) => lists.list(&self.records, order),
        };
        page_of(&self.records, list, order, page, wanted)
    }

    /// The same for the spans of an agent, over all its instances. `slots` returns all their slots, in any order.
    pub(super) fn page_of_agent(
        &mut self,
        agent: u32,
        slots: impl FnOnce(&DependentTable) -> Vec<u32>,
        order: KeptOrder,
        page: &Page,
        wanted: Option<&dyn Fn(Timestamp) -> bool>,
    ) -> (Vec<u32>, u64) {
        // Moved out of the table, so that `slots` can borrow the table.
        let mut by_agent = std::mem::take(&mut self.by_agent);
        let lists = by_agent.lists(&self.records, agent, || slots(self));
        let found = lists.map_or((Vec::new(), 0), |lists| {
            let list = lists.list(&self.records, order);
            page_of(&self.records, list, order, page, wanted)
        });
        self.by_agent = by_agent;
        found
    }
}

/// The slots of a page of a list, and the total.
#[inline(never)]
fn page_of(
    records: &Table<DependentRecord>,
    list: &Ordered,
    order: KeptOrder,
    page: &Page,
    wanted: Option<&dyn Fn(Timestamp) -> bool>,
) -> (Vec<u32>, u64) {
    let matching;
    let list = match wanted {
        None => list,
        Some(wanted) => {
            let is_wanted = |slot: &u32| {
                let began = records.get(*slot).map(|it| it.started_at);
                began.and_then(Timestamp::from_micros).is_some_and(wanted)
            };
            let slots: Vec<u32> = list.iter().filter(is_wanted).collect();
            matching = Ordered::from_sorted(&slots);
            &matching
        }
    };
    let valued = match order {
        KeptOrder::StartedAt => list.count_before(&|slot| {
            let record = records.get(slot);
            record.is_some_and(|it| it.started_at != NOT_STARTED)
        }),
        KeptOrder::Id | KeptOrder::InsertedAt => list.len(),
    };
    (list.page_with_last(page, valued), list.len() as u64)
}

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
            let DependentTable {
                records, by_agent, ..
            } = &mut self.spans;
            by_agent.add(records, instance.parent, slot);
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
            let DependentTable {
                records, by_agent, ..
            } = &mut self.spans;
            by_agent.remove(records, instance.parent, slot);
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
