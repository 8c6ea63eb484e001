//! The agents of one account or environment, sorted.

use std::cmp::Ordering;

use super::index::Index;
use super::ordered::Ordered;
use super::records::AgentRecord;
use super::table::Table;
use crate::model::pfid::Pfid;
use crate::sort::sort;
use crate::store::{AgentOrder, StoreError};

/// The sorted views of every account and environment that has agents, by the id of either.
#[derive(Debug)]
pub(super) struct Scopes {
    scopes: Table<Scope>,
    index: Index,
}

#[derive(Debug)]
struct Scope {
    id: Pfid,
    views: SortedViews,
}

impl Scopes {
    pub(super) fn new(seed: u64) -> Scopes {
        Scopes {
            scopes: Table::new(),
            index: Index::new(seed),
        }
    }

    fn find(&self, id: Pfid) -> Option<u32> {
        self.index.find(self.index.hash(id), |slot| {
            self.scopes.get(slot).is_some_and(|scope| scope.id == id)
        })
    }

    /// The number of agents of a scope.
    pub(super) fn count(&self, id: Pfid) -> u64 {
        let scope = self.find(id).and_then(|slot| self.scopes.get(slot));
        scope.map_or(0, |scope| scope.views.by_id.len() as u64)
    }

    pub(super) fn views(&mut self, id: Pfid) -> Option<&mut SortedViews> {
        let slot = self.find(id)?;
        self.scopes.get_mut(slot).map(|scope| &mut scope.views)
    }

    /// Adds an agent to a scope, which is created for its first agent.
    pub(super) fn add_agent(
        &mut self,
        id: Pfid,
        records: &Table<AgentRecord>,
        agent: u32,
    ) -> Result<(), StoreError> {
        let slot = match self.find(id) {
            Some(slot) => slot,
            None => {
                let slot = self.scopes.insert(Scope {
                    id,
                    views: SortedViews::default(),
                })?;
                self.index.insert(self.index.hash(id), slot);
                slot
            }
        };
        if let Some(scope) = self.scopes.get_mut(slot) {
            scope.views.add(records, agent);
        }
        Ok(())
    }

    /// Removes an agent from a scope, and the scope with its last agent.
    pub(super) fn remove_agent(&mut self, id: Pfid, records: &Table<AgentRecord>, agent: u32) {
        let Some(slot) = self.find(id) else {
            return;
        };
        if let Some(scope) = self.scopes.get_mut(slot) {
            scope.views.remove(records, agent);
            if scope.views.by_id.is_empty() {
                self.scopes.remove(slot);
                self.index.remove(self.index.hash(id), slot);
            }
        }
    }
}

/// The agents of one scope in the orders that were used. Every order except the one by id is built at its first use,
/// and maintained from then on.
#[derive(Debug, Default)]
pub(super) struct SortedViews {
    by_id: Ordered,
    by_name: Option<DeferredList>,
    by_status: Option<DeferredList>,
    by_inserted_at: Option<DeferredList>,
    by_updated_at: Option<DeferredList>,
}

/// A sorted list that is updated lazily: new agents wait until the list is next read, because inserting into a large
/// list costs more than the rest of a create.
#[derive(Debug)]
struct DeferredList {
    list: Ordered,
    /// Slots that are not in the list yet.
    waiting: Vec<u32>,
}

/// Every order.
pub(super) const ORDERS: [AgentOrder; 5] = [
    AgentOrder::Id,
    AgentOrder::Name,
    AgentOrder::Status,
    AgentOrder::InsertedAt,
    AgentOrder::UpdatedAt,
];

/// Compares two agents in an order.
pub(super) fn compare(order: AgentOrder, a: &AgentRecord, b: &AgentRecord) -> Ordering {
    let first = match order {
        AgentOrder::Name => a.name().cmp(b.name()),
        AgentOrder::InsertedAt => a.inserted_at.cmp(&b.inserted_at),
        AgentOrder::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        // The latest activity first; `None` is the least, so it comes last.
        AgentOrder::Status => {
            let activity = b.last_activity.cmp(&a.last_activity);
            a.group().cmp(&b.group()).then(activity)
        }
        AgentOrder::Id => Ordering::Equal,
    };
    first.then_with(|| a.id.cmp(&b.id))
}

/// Compares the record of a slot with another. A slot without a record sorts first.
fn compare_slot(
    records: &Table<AgentRecord>,
    order: AgentOrder,
    slot: u32,
    record: &AgentRecord,
) -> Ordering {
    records
        .get(slot)
        .map_or(Ordering::Less, |other| compare(order, other, record))
}

impl DeferredList {
    /// Adds a slot. Returns false once rebuilding the list is cheaper than inserting the pending slots.
    fn add(&mut self, slot: u32) -> bool {
        self.waiting.push(slot);
        self.waiting.len() <= (self.list.len() / 2).max(1024)
    }

    /// The list with every slot in its place.
    fn flush(&mut self, records: &Table<AgentRecord>, order: AgentOrder) -> &mut Ordered {
        for slot in self.waiting.drain(..) {
            if let Some(record) = records.get(slot) {
                let compare = |other| compare_slot(records, order, other, record);
                self.list.insert(slot, &compare);
            }
        }
        &mut self.list
    }
}

impl SortedViews {
    /// The view of an order, unless it is the one by id.
    fn view_mut(&mut self, order: AgentOrder) -> Option<&mut Option<DeferredList>> {
        match order {
            AgentOrder::Id => None,
            AgentOrder::Status => Some(&mut self.by_status),
            AgentOrder::Name => Some(&mut self.by_name),
            AgentOrder::InsertedAt => Some(&mut self.by_inserted_at),
            AgentOrder::UpdatedAt => Some(&mut self.by_updated_at),
        }
    }

    /// The list of an order that was built before, with the pending slots inserted.
    fn list_mut(
        &mut self,
        records: &Table<AgentRecord>,
        order: AgentOrder,
    ) -> Option<&mut Ordered> {
        match order {
            AgentOrder::Id => Some(&mut self.by_id),
            _ => {
                let deferred = self.view_mut(order)?.as_mut()?;
                Some(deferred.flush(records, order))
            }
        }
    }

    fn add(&mut self, records: &Table<AgentRecord>, slot: u32) {
        let Some(record) = records.get(slot) else {
            return;
        };
        let compare = |other| compare_slot(records, AgentOrder::Id, other, record);
        self.by_id.insert(slot, &compare);
        for order in ORDERS {
            if let Some(view) = self.view_mut(order)
                && view.as_mut().is_some_and(|list| !list.add(slot))
            {
                *view = None;
            }
        }
    }

    fn remove(&mut self, records: &Table<AgentRecord>, slot: u32) {
        if let Some(record) = records.get(slot) {
            for order in ORDERS {
                self.take_out(records, order, record);
            }
        }
    }

    /// Removes an agent from one order. The record determines its position.
    pub(super) fn take_out(
        &mut self,
        records: &Table<AgentRecord>,
        order: AgentOrder,
        record: &AgentRecord,
    ) {
        if let Some(list) = self.list_mut(records, order) {
            list.remove(&|other| compare_slot(records, order, other, record));
        }
    }

    /// Adds an agent to one order.
    pub(super) fn put_in(&mut self, records: &Table<AgentRecord>, order: AgentOrder, slot: u32) {
        if let Some(record) = records.get(slot)
            && let Some(list) = self.list_mut(records, order)
        {
            list.insert(slot, &|other| compare_slot(records, order, other, record));
        }
    }

    /// The list of an order, built at its first use.
    pub(super) fn list(
        &mut self,
        records: &Table<AgentRecord>,
        order: AgentOrder,
    ) -> Option<&Ordered> {
        if matches!(self.view_mut(order), Some(None)) {
            let mut slots: Vec<u32> = self.by_id.iter().collect();
            sort(
                &mut slots,
                &mut |a, b| match (records.get(a), records.get(b)) {
                    (Some(a), Some(b)) => compare(order, a, b),
                    _ => Ordering::Equal,
                },
            );
            if let Some(view) = self.view_mut(order) {
                *view = Some(DeferredList {
                    list: Ordered::from_sorted(&slots),
                    waiting: Vec::new(),
                });
            }
        }
        self.list_mut(records, order).map(|list| &*list)
    }
}
