//! The table of all dependents of one kind, with the lists below their parents.

use super::index::Index;
use super::ordered::Ordered;
use super::records::{DependentKind, DependentRecord, NOT_STARTED};
use super::siblings::{AgentSpans, KeptOrder, SiblingList};
use super::table::Table;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{Page, StoreError};

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

    /// The number that follows the highest slot.
    pub(super) fn end(&self) -> u32 {
        self.records.end()
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

    pub(super) fn add(
        &mut self,
        kind: DependentKind,
        record: DependentRecord,
    ) -> Result<u32, StoreError> {
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

    /// Adds a span to the list of its agent.
    pub(super) fn add_of_agent(&mut self, agent: u32, slot: u32) {
        self.by_agent.add(&self.records, agent, slot);
    }

    /// Removes a span from the list of its agent.
    pub(super) fn remove_of_agent(&mut self, agent: u32, slot: u32) {
        self.by_agent.remove(&self.records, agent, slot);
    }

    pub(super) fn remove(&mut self, kind: DependentKind, slot: u32) -> Option<DependentRecord> {
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
