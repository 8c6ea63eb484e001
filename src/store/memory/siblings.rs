//! The dependents of one parent, sorted.

use std::cmp::Ordering;

use super::ordered::Ordered;
use super::records::DependentRecord;
use super::table::Table;
use crate::sort::sort;

/// The dependents of one parent. A single one, the common case, takes no list.
#[derive(Debug, Default)]
pub(super) enum SiblingList {
    #[default]
    None,
    One(u32),
    Many(Box<Lists>),
}

/// The orders that are maintained after their first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeptOrder {
    Id,
    InsertedAt,
    StartedAt,
}

/// Every order but the one by id is built at its first use, and maintained from then on.
#[derive(Debug)]
pub(super) struct Lists {
    by_id: Ordered,
    others: Vec<(KeptOrder, Ordered)>,
}

/// Compares two slots in an order. A slot without a record sorts first.
fn compare(records: &Table<DependentRecord>, order: KeptOrder, a: u32, b: u32) -> Ordering {
    let (Some(a), Some(b)) = (records.get(a), records.get(b)) else {
        return Ordering::Less;
    };
    let first = match order {
        KeptOrder::Id => Ordering::Equal,
        KeptOrder::InsertedAt => a.inserted_at.cmp(&b.inserted_at),
        KeptOrder::StartedAt => a.started_at.cmp(&b.started_at),
    };
    first.then_with(|| a.id.cmp(&b.id))
}

#[inline(never)]
fn insert(list: &mut Ordered, records: &Table<DependentRecord>, order: KeptOrder, slot: u32) {
    list.insert(slot, &|other| compare(records, order, other, slot));
}

impl SiblingList {
    pub(super) fn add(&mut self, records: &Table<DependentRecord>, slot: u32) {
        match self {
            SiblingList::None => *self = SiblingList::One(slot),
            SiblingList::One(first) => {
                let mut by_id = Ordered::from_sorted(&[*first]);
                insert(&mut by_id, records, KeptOrder::Id, slot);
                let others = Vec::new();
                *self = SiblingList::Many(Box::new(Lists { by_id, others }));
            }
            SiblingList::Many(lists) => lists.add(records, slot),
        }
    }

    pub(super) fn remove(&mut self, records: &Table<DependentRecord>, slot: u32) {
        match self {
            SiblingList::One(only) if *only == slot => *self = SiblingList::None,
            SiblingList::None | SiblingList::One(_) => {}
            SiblingList::Many(lists) => {
                lists.remove(records, slot);
                if lists.by_id.is_empty() {
                    *self = SiblingList::None;
                }
            }
        }
    }

    /// Removes a slot from the order by start time, before its start time changes.
    pub(super) fn take_out(&mut self, records: &Table<DependentRecord>, slot: u32) {
        if let SiblingList::Many(lists) = self
            && let Some(list) = lists.by_beginning()
        {
            list.remove(&|other| compare(records, KeptOrder::StartedAt, other, slot));
        }
    }

    /// Adds a slot to the order by start time, after its start time changed.
    pub(super) fn put_in(&mut self, records: &Table<DependentRecord>, slot: u32) {
        if let SiblingList::Many(lists) = self
            && let Some(list) = lists.by_beginning()
        {
            insert(list, records, KeptOrder::StartedAt, slot);
        }
    }

    pub(super) fn slots(&self) -> Vec<u32> {
        match self {
            SiblingList::None => Vec::new(),
            SiblingList::One(slot) => vec![*slot],
            SiblingList::Many(lists) => lists.by_id.iter().collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            SiblingList::None => 0,
            SiblingList::One(_) => 1,
            SiblingList::Many(lists) => lists.by_id.len(),
        }
    }
}

impl Lists {
    /// The lists of these slots.
    pub(super) fn new(records: &Table<DependentRecord>, mut slots: Vec<u32>) -> Lists {
        sort(&mut slots, &mut |a, b| {
            compare(records, KeptOrder::Id, a, b)
        });
        Lists {
            by_id: Ordered::from_sorted(&slots),
            others: Vec::new(),
        }
    }

    #[inline(never)]
    pub(super) fn add(&mut self, records: &Table<DependentRecord>, slot: u32) {
        insert(&mut self.by_id, records, KeptOrder::Id, slot);
        for (order, list) in &mut self.others {
            insert(list, records, *order, slot);
        }
    }

    #[inline(never)]
    pub(super) fn remove(&mut self, records: &Table<DependentRecord>, slot: u32) {
        self.by_id
            .remove(&|other| compare(records, KeptOrder::Id, other, slot));
        for (order, list) in &mut self.others {
            list.remove(&|other| compare(records, *order, other, slot));
        }
    }

    /// The list by start time, if it was built.
    fn by_beginning(&mut self) -> Option<&mut Ordered> {
        let mut others = self.others.iter_mut();
        let found = others.find(|(order, _)| *order == KeptOrder::StartedAt);
        found.map(|(_, list)| list)
    }

    #[inline(never)]
    pub(super) fn list(&mut self, records: &Table<DependentRecord>, order: KeptOrder) -> &Ordered {
        let Lists { by_id, others } = self;
        if order == KeptOrder::Id {
            return by_id;
        }
        let known = others.iter().position(|(other, _)| *other == order);
        let index = known.unwrap_or_else(|| {
            let mut slots: Vec<u32> = by_id.iter().collect();
            sort(&mut slots, &mut |a, b| compare(records, order, a, b));
            others.push((order, Ordered::from_sorted(&slots)));
            others.len() - 1
        });
        others.get(index).map_or(by_id, |(_, list)| list)
    }
}

/// The spans of agents, over all their instances, for those agents whose spans were listed once.
#[derive(Debug, Default)]
pub(super) struct AgentSpans {
    /// By the slots of the agents.
    lists: Vec<Option<Box<Lists>>>,
}

impl AgentSpans {
    fn of(&mut self, agent: u32) -> Option<&mut Lists> {
        self.lists.get_mut(agent as usize)?.as_deref_mut()
    }

    pub(super) fn add(&mut self, records: &Table<DependentRecord>, agent: u32, slot: u32) {
        if let Some(lists) = self.of(agent) {
            lists.add(records, slot);
        }
    }

    pub(super) fn remove(&mut self, records: &Table<DependentRecord>, agent: u32, slot: u32) {
        if let Some(lists) = self.of(agent) {
            lists.remove(records, slot);
        }
    }

    /// The lists of an agent, built from `slots` at their first use.
    pub(super) fn lists(
        &mut self,
        records: &Table<DependentRecord>,
        agent: u32,
        slots: impl FnOnce() -> Vec<u32>,
    ) -> Option<&mut Lists> {
        let place = agent as usize;
        if self.lists.len() <= place {
            self.lists.resize_with(place + 1, || None);
        }
        let lists = self.lists.get_mut(place)?;
        Some(lists.get_or_insert_with(|| Box::new(Lists::new(records, slots()))))
    }
}
