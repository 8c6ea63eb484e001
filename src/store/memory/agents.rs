//! Agents in memory, built for a million of them: about 150 bytes each beside their own text.

use std::cmp::Ordering;

use super::MemoryStore;
use super::environments::EnvironmentTable;
use crate::model::agent::{AgentStatus, InstanceCounts};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::sort::sort;
use crate::store::children::Owner;
use crate::store::codec::{Reader, Writer};
use crate::store::ordered::Ordered;
use crate::store::table::{Record, Table};
use crate::store::{AgentChange, AgentOrder, AgentQuery, AgentRow, Agents, StoreError};

#[derive(Debug)]
pub(super) struct AgentTable {
    records: Table<AgentRecord>,
    scopes: Table<Scope>,
}

/// The agents of one account or one environment.
#[derive(Debug)]
struct Scope {
    /// The id of either.
    id: Pfid,
    orders: Orders,
}

impl Record for Scope {
    fn id(&self) -> Pfid {
        self.id
    }
}

#[derive(Debug)]
struct AgentRecord {
    id: Pfid,
    /// The environment's slot.
    environment: u32,
    inserted_at: Timestamp,
    updated_at: Timestamp,
    last_activity: Option<Timestamp>,
    counts: InstanceCounts,
    retired: bool,
    has_description: bool,
    /// Where the name ends in `text`.
    name_len: u32,
    /// The name, then the description: one allocation instead of two.
    text: Box<str>,
    /// The current version and schema version; most agents have neither.
    versions: Option<Box<(Option<Pfid>, Option<Pfid>)>>,
}

impl Table<Scope> {
    fn orders(&mut self, id: Pfid) -> Option<&mut Orders> {
        let slot = self.find(id)?;
        self.get_mut(slot).map(|scope| &mut scope.orders)
    }

    fn take(&mut self, id: Pfid, records: &Table<AgentRecord>, agent: u32) {
        let Some(slot) = self.find(id) else {
            return;
        };
        if let Some(scope) = self.get_mut(slot) {
            scope.orders.remove(records, agent);
            if scope.orders.by_id.is_empty() {
                self.remove(slot);
            }
        }
    }
}

impl AgentTable {
    pub(super) fn new(seed: u64) -> AgentTable {
        AgentTable {
            records: Table::new(seed),
            scopes: Table::new(seed),
        }
    }

    /// The slot of an agent, which stays the same as long as anything belongs to the agent.
    pub(super) fn find(&self, id: Pfid) -> Option<u32> {
        self.records.find(id)
    }

    /// How many instances each agent has, by the agents' slots.
    pub(super) fn counts(&self) -> impl Iterator<Item = (u32, &InstanceCounts)> {
        let records = self.records.iter();
        records.map(|(slot, record)| (slot, &record.counts))
    }

    /// The agent of a slot.
    pub(super) fn owner(&self, slot: u32, environments: &EnvironmentTable) -> Option<Owner> {
        let record = self.records.get(slot)?;
        let environment = environments.get(record.environment)?;
        Some(Owner {
            account_id: environment.account_id,
            environment_id: environment.id,
            agent_id: record.id,
        })
    }
}

impl Record for AgentRecord {
    fn id(&self) -> Pfid {
        self.id
    }
}

impl AgentRecord {
    fn new(row: &AgentRow<'_>, environment: u32) -> AgentRecord {
        let text = match &row.description {
            None => row.name.into(),
            Some(description) => {
                let mut text = String::with_capacity(row.name.len() + description.len());
                text.push_str(row.name);
                text.push_str(description);
                text.into_boxed_str()
            }
        };
        let versions = (row.current_version_id, row.current_schema_version_id);
        AgentRecord {
            id: row.id,
            environment,
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
            last_activity: row.last_activity,
            counts: row.counts,
            retired: row.retired,
            has_description: row.description.is_some(),
            name_len: row.name.len() as u32,
            text,
            versions: (versions != (None, None)).then(|| Box::new(versions)),
        }
    }

    fn name(&self) -> &str {
        self.text.get(..self.name_len as usize).unwrap_or_default()
    }

    fn row(&self, environments: &EnvironmentTable) -> Option<AgentRow<'_>> {
        let environment = environments.get(self.environment)?;
        let parts = self.text.split_at_checked(self.name_len as usize);
        let (name, description) = parts.unwrap_or_default();
        let (version, schema_version) = self.versions.as_deref().copied().unwrap_or_default();
        Some(AgentRow {
            id: self.id,
            account_id: environment.account_id,
            environment_id: environment.id,
            name,
            description: self.has_description.then_some(description),
            inserted_at: self.inserted_at,
            updated_at: self.updated_at,
            retired: self.retired,
            last_activity: self.last_activity,
            counts: self.counts,
            current_version_id: version,
            current_schema_version_id: schema_version,
        })
    }
}

/// The agents of one account or environment in the orders that have been asked for. An order but
/// the one by id is made when it is first needed, and kept up to date from then on.
#[derive(Debug, Default)]
struct Orders {
    by_id: Ordered,
    by_name: Option<Lazy>,
    by_inserted_at: Option<Lazy>,
    by_updated_at: Option<Lazy>,
}

/// An order whose newest agents find their places when they have to: whoever asked for it once may not ask again, and
/// in a large store a place costs more than all the rest of making an agent.
#[derive(Debug)]
struct Lazy {
    list: Ordered,
    /// Slots that are not in the list yet.
    waiting: Vec<u32>,
}

/// The orders that do not depend on the clock.
const STEADY: [AgentOrder; 4] = [
    AgentOrder::Id,
    AgentOrder::Name,
    AgentOrder::InsertedAt,
    AgentOrder::UpdatedAt,
];

fn compare(order: AgentOrder, a: &AgentRecord, b: &AgentRecord) -> Ordering {
    let first = match order {
        AgentOrder::Name => a.name().cmp(b.name()),
        AgentOrder::InsertedAt => a.inserted_at.cmp(&b.inserted_at),
        AgentOrder::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        AgentOrder::Id | AgentOrder::Status => Ordering::Equal,
    };
    first.then_with(|| a.id.cmp(&b.id))
}

/// Compares the record of a slot with another; a slot without a record would come first.
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

impl Lazy {
    /// Adds a slot. Says no where so many wait that making the order anew, should it ever be asked for, is as good.
    fn add(&mut self, slot: u32) -> bool {
        self.waiting.push(slot);
        self.waiting.len() <= (self.list.len() / 2).max(1024)
    }

    /// The list with all in their places.
    fn settled(&mut self, records: &Table<AgentRecord>, order: AgentOrder) -> &mut Ordered {
        for slot in self.waiting.drain(..) {
            if let Some(record) = records.get(slot) {
                let compare = |other| compare_slot(records, order, other, record);
                self.list.insert(slot, &compare);
            }
        }
        &mut self.list
    }
}

impl Orders {
    /// Where an order stands; that by id stands for itself.
    fn place(&mut self, order: AgentOrder) -> Option<&mut Option<Lazy>> {
        match order {
            AgentOrder::Id | AgentOrder::Status => None,
            AgentOrder::Name => Some(&mut self.by_name),
            AgentOrder::InsertedAt => Some(&mut self.by_inserted_at),
            AgentOrder::UpdatedAt => Some(&mut self.by_updated_at),
        }
    }

    /// An order that was asked for, with all in their places.
    fn get_mut(&mut self, records: &Table<AgentRecord>, order: AgentOrder) -> Option<&mut Ordered> {
        match order {
            AgentOrder::Id | AgentOrder::Status => Some(&mut self.by_id),
            _ => {
                let lazy = self.place(order)?.as_mut()?;
                Some(lazy.settled(records, order))
            }
        }
    }

    fn add(&mut self, records: &Table<AgentRecord>, slot: u32) {
        let Some(record) = records.get(slot) else {
            return;
        };
        let compare = |other| compare_slot(records, AgentOrder::Id, other, record);
        self.by_id.insert(slot, &compare);
        for order in STEADY {
            if let Some(place) = self.place(order)
                && place.as_mut().is_some_and(|lazy| !lazy.add(slot))
            {
                *place = None;
            }
        }
    }

    fn remove(&mut self, records: &Table<AgentRecord>, slot: u32) {
        let Some(record) = records.get(slot) else {
            return;
        };
        for order in STEADY {
            if let Some(list) = self.get_mut(records, order) {
                list.remove(&|other| compare_slot(records, order, other, record));
            }
        }
    }

    /// The list in an order, made now if it was never asked for.
    fn list(&mut self, records: &Table<AgentRecord>, order: AgentOrder) -> Option<&Ordered> {
        if matches!(self.place(order), Some(None)) {
            let mut slots: Vec<u32> = self.by_id.iter().collect();
            // By id already, and stable: what is equal stays ordered by id.
            sort(
                &mut slots,
                &mut |a, b| match (records.get(a), records.get(b)) {
                    (Some(a), Some(b)) => compare(order, a, b),
                    _ => Ordering::Equal,
                },
            );
            if let Some(place) = self.place(order) {
                *place = Some(Lazy {
                    list: Ordered::from_sorted(&slots),
                    waiting: Vec::new(),
                });
            }
        }
        self.get_mut(records, order).map(|list| &*list)
    }
}

impl MemoryStore {
    pub(super) fn save_agents(&self, out: &mut Writer) {
        out.number(self.agents.records.len() as u64);
        for (_, record) in self.agents.records.iter() {
            if let Some(row) = record.row(&self.environments) {
                row.write(out);
            }
        }
    }

    pub(super) fn load_agents(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for _ in 0..from.number() {
            let row = AgentRow::read(from)?;
            if self.agents.records.find(row.id).is_some() {
                return None;
            }
            self.insert_agent(&row).ok()?;
        }
        Some(())
    }
}

/// A page in the order of the status. It is worked out each time, in two passes over all agents, because time alone moves
/// agents from `active` to `dormant`.
fn page_by_status(
    records: &Table<AgentRecord>,
    environments: &EnvironmentTable,
    query: &AgentQuery,
    list: &Ordered,
) -> Vec<u32> {
    let rank = |slot: u32| {
        let record = records.get(slot);
        let row = record.and_then(|record| record.row(environments));
        // Their numbers are their order.
        row.map_or(0, |row| row.status(query.now) as usize)
    };
    let mut begins = [0_u64; AgentStatus::ALL.len() + 1];
    for slot in list.iter() {
        begins[rank(slot) + 1] += 1;
    }
    for index in 1..begins.len() {
        begins[index] += begins[index - 1];
    }
    let total = list.len() as u64;
    let (from, until) = window(query, total);
    let mut page = vec![0; (until - from) as usize];
    for slot in list.iter() {
        let place = &mut begins[rank(slot)];
        if (from..until).contains(place) {
            page[(*place - from) as usize] = slot;
        }
        *place += 1;
    }
    if query.descending {
        page.reverse();
    }
    page
}

/// Which positions of the ascending list make the page.
fn window(query: &AgentQuery, total: u64) -> (u64, u64) {
    let offset = query.offset.min(total);
    let size = u64::from(query.size).min(total - offset);
    if query.descending {
        (total - offset - size, total - offset)
    } else {
        (offset, offset + size)
    }
}

impl Agents for MemoryStore {
    fn agent(&self, id: Pfid) -> Result<Option<AgentRow<'_>>, StoreError> {
        Ok(self
            .agents
            .records
            .find(id)
            .and_then(|slot| self.agents.records.get(slot))
            .and_then(|record| record.row(&self.environments)))
    }

    fn insert_agent(&mut self, row: &AgentRow<'_>) -> Result<(), StoreError> {
        let place = self.environments.find(row.environment_id);
        let place = place.ok_or(StoreError::Unavailable)?;
        let environment = self.environments.get(place);
        let environment = environment.ok_or(StoreError::Unavailable)?;
        let AgentTable { records, scopes } = &mut self.agents;
        let slot = records.insert(AgentRecord::new(row, place))?;
        for scope in [environment.account_id, environment.id] {
            let make = || Scope {
                id: scope,
                orders: Orders::default(),
            };
            let scope = scopes.get_or_insert(scope, make)?;
            scope.orders.add(records, slot);
        }
        Ok(())
    }

    fn update_agent(&mut self, id: Pfid, change: &AgentChange<'_>) -> Result<(), StoreError> {
        let AgentTable { records, scopes } = &mut self.agents;
        let slot = records.find(id).ok_or(StoreError::Unavailable)?;
        let old = records.get(slot).ok_or(StoreError::Unavailable)?;
        let mut row = old.row(&self.environments).ok_or(StoreError::Unavailable)?;
        row.updated_at = change.updated_at;
        row.name = change.name.unwrap_or(row.name);
        row.description = change.description.unwrap_or(row.description);
        row.retired = change.retired.unwrap_or(row.retired);
        row.current_version_id = change.current_version_id.unwrap_or(row.current_version_id);
        row.current_schema_version_id = change
            .current_schema_version_id
            .unwrap_or(row.current_schema_version_id);
        let scope_ids = [row.account_id, row.environment_id];
        let record = AgentRecord::new(&row, old.environment);
        let moved: Vec<AgentOrder> = STEADY
            .into_iter()
            .filter(|&order| compare(order, old, &record) != Ordering::Equal)
            .collect();
        for scope in scope_ids {
            for &order in &moved {
                let orders = scopes.orders(scope);
                if let Some(list) = orders.and_then(|it| it.get_mut(records, order)) {
                    list.remove(&|other| compare_slot(records, order, other, old));
                }
            }
        }
        if let Some(place) = records.get_mut(slot) {
            *place = record;
        }
        let Some(record) = records.get(slot) else {
            return Err(StoreError::Unavailable);
        };
        for scope in scope_ids {
            for &order in &moved {
                let orders = scopes.orders(scope);
                if let Some(list) = orders.and_then(|it| it.get_mut(records, order)) {
                    list.insert(slot, &|other| compare_slot(records, order, other, record));
                }
            }
        }
        Ok(())
    }

    fn set_activity(
        &mut self,
        id: Pfid,
        counts: &InstanceCounts,
        last_activity: Timestamp,
    ) -> Result<(), StoreError> {
        let slot = self.agents.records.find(id);
        // No order goes by either: the one by status is worked out each time.
        let record = slot.and_then(|slot| self.agents.records.get_mut(slot));
        let record = record.ok_or(StoreError::Unavailable)?;
        record.counts = *counts;
        record.last_activity = Some(last_activity);
        Ok(())
    }

    fn delete_agent(&mut self, id: Pfid) -> Result<(), StoreError> {
        let Some(row) = self.agent(id)? else {
            return Ok(());
        };
        let scope_ids = [row.account_id, row.environment_id];
        let AgentTable { records, scopes } = &mut self.agents;
        let Some(slot) = records.find(id) else {
            return Ok(());
        };
        for scope in scope_ids {
            scopes.take(scope, records, slot);
        }
        records.remove(slot);
        Ok(())
    }

    fn list_agents(
        &mut self,
        query: &AgentQuery,
        each: &mut dyn FnMut(&AgentRow<'_>),
    ) -> Result<u64, StoreError> {
        let scope = match query.environment_id {
            Some(environment) => environment,
            None => query.account_id,
        };
        let AgentTable { records, scopes } = &mut self.agents;
        let orders = scopes.orders(scope);
        let Some(list) = orders.and_then(|orders| orders.list(records, query.order)) else {
            return Ok(0);
        };
        let slots = if query.order == AgentOrder::Status {
            page_by_status(records, &self.environments, query, list)
        } else {
            let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
            list.page(offset, query.size as usize, query.descending)
        };
        let total = list.len() as u64;
        for slot in slots {
            let record = records.get(slot);
            if let Some(row) = record.and_then(|record| record.row(&self.environments)) {
                each(&row);
            }
        }
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lifecycle::DORMANT_AFTER;
    use crate::store::testing::{id, moment};
    use crate::store::{EnvironmentRow, Environments};
    use proptest::prelude::*;

    const ACCOUNT: u64 = 1_000_000;
    const NOW: i64 = 2 * DORMANT_AFTER;

    fn store() -> MemoryStore {
        let mut store = MemoryStore::new(1);
        for environment in 1..=2 {
            let row = EnvironmentRow {
                id: id(ACCOUNT + environment),
                account_id: id(ACCOUNT),
                name: "Default",
                inserted_at: moment(0),
                updated_at: moment(0),
            };
            store.insert_environment(&row).unwrap();
        }
        store
    }

    /// A row of a test; its name is never freed.
    fn row(number: u64, name: String, activity: i64, retired: bool) -> AgentRow<'static> {
        AgentRow {
            id: id(number),
            account_id: id(ACCOUNT),
            environment_id: id(ACCOUNT + 1 + number % 2),
            name: name.leak(),
            description: number.is_multiple_of(3).then_some("text"),
            inserted_at: moment(activity / 2),
            updated_at: moment(activity),
            retired,
            last_activity: (activity > 0).then(|| moment(activity)),
            counts: InstanceCounts {
                pending: (activity > 0).into(),
                ..InstanceCounts::default()
            },
            current_version_id: number.is_multiple_of(5).then(|| id(7)),
            current_schema_version_id: None,
        }
    }

    fn status_rank(row: &AgentRow<'_>) -> AgentStatus {
        row.status(moment(NOW))
    }

    proptest! {
        /// Whatever is added, changed and removed, in whichever moment an order is asked for
        /// first: every page is what sorting everything would give.
        #[test]
        fn pages_are_those_of_a_sorted_list(
            steps in prop::collection::vec(
                (0_u64..40, "[ab]{0,2}", 0..2 * NOW / DORMANT_AFTER, any::<bool>(), 0..10_u8),
                1..120,
            ),
        ) {
            let mut store = store();
            let mut rows = std::collections::BTreeMap::new();
            for (number, name, activity, retired, action) in steps {
                let new = row(number, name, activity * DORMANT_AFTER / 2, retired);
                match (rows.contains_key(&number), action) {
                    (true, 0..3) => {
                        store.delete_agent(new.id).unwrap();
                        rows.remove(&number);
                    }
                    (true, _) => {
                        let old: &AgentRow<'_> = &rows[&number];
                        let mut new = AgentRow {
                            inserted_at: old.inserted_at,
                            ..new
                        };
                        match new.last_activity {
                            None => (new.last_activity, new.counts) = (old.last_activity, old.counts),
                            Some(last) => store.set_activity(new.id, &new.counts, last).unwrap(),
                        }
                        let change = AgentChange {
                            updated_at: new.updated_at,
                            name: Some(new.name),
                            description: Some(new.description),
                            retired: Some(new.retired),
                            current_version_id: Some(new.current_version_id),
                            current_schema_version_id: Some(new.current_schema_version_id),
                        };
                        store.update_agent(new.id, &change).unwrap();
                        rows.insert(number, new);
                    }
                    (false, _) => {
                        store.insert_agent(&new).unwrap();
                        rows.insert(number, new);
                    }
                }
                for environment_id in [None, Some(id(ACCOUNT + 1))] {
                    for descending in [false, true] {
                        let order = [
                            AgentOrder::Id,
                            AgentOrder::Name,
                            AgentOrder::Status,
                            AgentOrder::InsertedAt,
                            AgentOrder::UpdatedAt,
                        ][usize::from(action) % 5];
                        let mut expected: Vec<_> = rows
                            .values()
                            .filter(|row| environment_id.is_none_or(|id| id == row.environment_id))
                            .collect();
                        expected.sort_by_key(|row| match order {
                            AgentOrder::Id => (String::new(), 0, AgentStatus::Pending),
                            AgentOrder::Name => (row.name.to_string(), 0, AgentStatus::Pending),
                            AgentOrder::Status => (String::new(), 0, status_rank(row)),
                            AgentOrder::InsertedAt => (String::new(), row.inserted_at.micros(), AgentStatus::Pending),
                            AgentOrder::UpdatedAt => (String::new(), row.updated_at.micros(), AgentStatus::Pending),
                        });
                        if descending {
                            expected.reverse();
                        }
                        let query = AgentQuery {
                            account_id: id(ACCOUNT),
                            environment_id,
                            order,
                            descending,
                            offset: 2,
                            size: 5,
                            now: moment(NOW),
                        };
                        let mut page = Vec::new();
                        let total = store
                            .list_agents(&query, &mut |row| page.push(format!("{row:?}")))
                            .unwrap();
                        prop_assert_eq!(total, expected.len() as u64);
                        let expected: Vec<_> = expected
                            .into_iter()
                            .skip(2)
                            .take(5)
                            .map(|row| format!("{row:?}"))
                            .collect();
                        prop_assert_eq!(page, expected);
                    }
                }
            }
            // By themselves: their counts are of no instances.
            let mut out = Writer::new();
            store.save_environments(&mut out);
            store.save_agents(&mut out);
            let mut again = MemoryStore::new(1);
            let bytes = out.into_bytes();
            let mut from = Reader::new(&bytes);
            again.load_environments(&mut from).unwrap();
            again.load_agents(&mut from).unwrap();
            prop_assert!(from.is_finished());
            for row in rows.values() {
                let loaded = again.agent(row.id).unwrap();
                prop_assert_eq!(loaded.as_ref(), Some(row));
            }
        }
    }
}
