//! Children in memory, built for a million of them: records are small, and what only their kind knows is one allocation.

use std::cmp::Ordering;

use super::MemoryStore;
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::sort::sort;
use crate::store::children::{
    ChildKind, ChildOrder, ChildQuery, ChildRow, Children, NewChild, Owner,
};
use crate::store::codec::{Reader, Writer};
use crate::store::index::Index;
use crate::store::ordered::Ordered;
use crate::store::table::{Record, Table};
use crate::store::{InstanceRow, SpanRow, StoreError};

/// All children of one kind.
#[derive(Debug)]
pub(super) struct ChildTable {
    records: Table<ChildRecord>,
    /// By the slots of their parents.
    families: Vec<Family>,
    /// Slots by the parents' slots and the keys.
    by_key: Index,
}

#[derive(Debug)]
struct ChildRecord {
    inserted_at: Timestamp,
    started_at: Timestamp,
    body: Box<[u8]>,
    id: Pfid,
    /// The parent's slot.
    parent: u32,
}

impl Record for ChildRecord {
    fn id(&self) -> Pfid {
        self.id
    }
}

/// The children of one parent. Many have only one: that takes no list.
#[derive(Debug, Default)]
enum Family {
    #[default]
    None,
    One(u32),
    Many(Box<Lists>),
}

/// An order but the one by id is made when it is first needed, and kept up to date from then on.
#[derive(Debug)]
struct Lists {
    by_id: Ordered,
    others: Vec<(ChildOrder, Ordered)>,
}

/// Compares two slots in an order; what is not there comes first.
fn compare(records: &Table<ChildRecord>, order: ChildOrder, a: u32, b: u32) -> Ordering {
    let (Some(a), Some(b)) = (records.get(a), records.get(b)) else {
        return Ordering::Less;
    };
    let first = match order {
        ChildOrder::Id => Ordering::Equal,
        ChildOrder::InsertedAt => a.inserted_at.cmp(&b.inserted_at),
        ChildOrder::StartedAt => a.started_at.cmp(&b.started_at),
    };
    first.then_with(|| a.id.cmp(&b.id))
}

fn insert(list: &mut Ordered, records: &Table<ChildRecord>, order: ChildOrder, slot: u32) {
    list.insert(slot, &|other| compare(records, order, other, slot));
}

impl Family {
    fn add(&mut self, records: &Table<ChildRecord>, slot: u32) {
        match self {
            Family::None => *self = Family::One(slot),
            Family::One(first) => {
                let mut by_id = Ordered::from_sorted(&[*first]);
                insert(&mut by_id, records, ChildOrder::Id, slot);
                let others = Vec::new();
                *self = Family::Many(Box::new(Lists { by_id, others }));
            }
            Family::Many(lists) => {
                insert(&mut lists.by_id, records, ChildOrder::Id, slot);
                for (order, list) in &mut lists.others {
                    insert(list, records, *order, slot);
                }
            }
        }
    }

    fn slots(&self) -> Vec<u32> {
        match self {
            Family::None => Vec::new(),
            Family::One(slot) => vec![*slot],
            Family::Many(lists) => lists.by_id.iter().collect(),
        }
    }
}

impl Lists {
    fn list(&mut self, records: &Table<ChildRecord>, order: ChildOrder) -> &Ordered {
        let Lists { by_id, others } = self;
        if order == ChildOrder::Id {
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

impl ChildTable {
    pub(super) fn new(seed: u64) -> ChildTable {
        ChildTable {
            records: Table::new(seed),
            families: Vec::new(),
            by_key: Index::new(seed),
        }
    }

    fn find_key(&self, kind: ChildKind, parent: u32, key: &str) -> Option<u32> {
        self.by_key
            .find(self.by_key.hash_text(parent, key), |slot| {
                self.records.get(slot).is_some_and(|record| {
                    record.parent == parent && kind.key(&record.body) == Some(key)
                })
            })
    }

    fn insert(
        &mut self,
        kind: ChildKind,
        parent: u32,
        child: &NewChild<'_>,
    ) -> Result<(), StoreError> {
        let slot = self.records.insert(ChildRecord {
            inserted_at: child.inserted_at,
            started_at: child.started_at,
            body: child.body.into(),
            id: child.id,
            parent,
        })?;
        let place = parent as usize;
        if self.families.len() <= place {
            self.families.resize_with(place + 1, Family::default);
        }
        if let Some(family) = self.families.get_mut(place) {
            family.add(&self.records, slot);
        }
        if let Some(key) = kind.key(child.body) {
            let hash = self.by_key.hash_text(parent, key);
            self.by_key.insert(hash, slot);
        }
        Ok(())
    }

    fn remove_all(&mut self, kind: ChildKind, parent: u32) {
        let Some(family) = self.families.get_mut(parent as usize) else {
            return;
        };
        for slot in std::mem::take(family).slots() {
            if let Some(record) = self.records.remove(slot)
                && let Some(key) = kind.key(&record.body)
            {
                let hash = self.by_key.hash_text(parent, key);
                self.by_key.remove(hash, slot);
            }
        }
    }

    /// The slots of a page, and how many children are wanted in all. Where all of them are, only the page itself is
    /// looked at.
    fn page(&mut self, parent: Option<u32>, query: &ChildQuery) -> (Vec<u32>, u64) {
        let family = parent.and_then(|parent| self.families.get_mut(parent as usize));
        let single;
        let list = match family {
            None | Some(Family::None) => return (Vec::new(), 0),
            Some(Family::One(slot)) => {
                single = Ordered::from_sorted(&[*slot]);
                &single
            }
            Some(Family::Many(lists)) => lists.list(&self.records, query.order),
        };
        let wanted = |slot: &u32| {
            self.records.get(*slot).is_some_and(|record| {
                query.from.is_none_or(|from| record.started_at >= from)
                    && query.until.is_none_or(|until| record.started_at <= until)
            })
        };
        let matching;
        let list = if query.from.is_none() && query.until.is_none() {
            list
        } else {
            let slots: Vec<u32> = list.iter().filter(wanted).collect();
            matching = Ordered::from_sorted(&slots);
            &matching
        };
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let page = list.page(offset, query.size as usize, query.descending);
        (page, list.len() as u64)
    }
}

impl MemoryStore {
    fn table(&self, kind: ChildKind) -> &ChildTable {
        match kind {
            ChildKind::AgentVersion => &self.versions,
            ChildKind::AgentSchemaVersion => &self.schema_versions,
            ChildKind::AgentInstance => &self.instances,
            ChildKind::AgentSpan => &self.spans,
        }
    }

    fn table_mut(&mut self, kind: ChildKind) -> &mut ChildTable {
        match kind {
            ChildKind::AgentVersion => &mut self.versions,
            ChildKind::AgentSchemaVersion => &mut self.schema_versions,
            ChildKind::AgentInstance => &mut self.instances,
            ChildKind::AgentSpan => &mut self.spans,
        }
    }

    /// The slot of an object that children of a kind belong to. It stays the same as long as there are any.
    fn parent_slot(&self, kind: ChildKind, parent_id: Pfid) -> Option<u32> {
        match kind.parent() {
            None => self.agents.find(parent_id),
            Some(parent) => self.table(parent).records.find(parent_id),
        }
    }

    /// The parent in a slot, and the agent that it is or belongs to.
    fn parent(&self, kind: ChildKind, slot: u32) -> Option<(Pfid, Owner)> {
        match kind.parent() {
            None => {
                let owner = self.agents.owner(slot, &self.environments)?;
                Some((owner.agent_id, owner))
            }
            Some(kind) => {
                let record = self.table(kind).records.get(slot)?;
                let (_, owner) = self.parent(kind, record.parent)?;
                Some((record.id, owner))
            }
        }
    }

    fn child_row(&self, kind: ChildKind, slot: u32) -> Option<ChildRow<'_>> {
        let record = self.table(kind).records.get(slot)?;
        let (parent_id, owner) = self.parent(kind, record.parent)?;
        let child = NewChild {
            id: record.id,
            parent_id,
            inserted_at: record.inserted_at,
            started_at: record.started_at,
            body: &record.body,
        };
        Some(ChildRow { child, owner })
    }

    pub(super) fn save_children(&self, out: &mut Writer) {
        for kind in ChildKind::ALL {
            let records = &self.table(kind).records;
            out.number(records.len() as u64);
            for (slot, _) in records.iter() {
                if let Some(ChildRow { child, .. }) = self.child_row(kind, slot) {
                    out.pfid(child.id);
                    out.pfid(child.parent_id);
                    out.timestamp(child.inserted_at);
                    out.timestamp(child.started_at);
                    out.bytes(child.body);
                }
            }
        }
    }

    pub(super) fn load_children(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for kind in ChildKind::ALL {
            for _ in 0..from.number() {
                let child = NewChild {
                    id: from.pfid(),
                    parent_id: from.pfid(),
                    inserted_at: from.timestamp(),
                    started_at: from.timestamp(),
                    body: from.bytes(),
                };
                let child = from.sound(child)?;
                let slot = self.parent_slot(kind, child.parent_id)?;
                let (_, owner) = self.parent(kind, slot)?;
                let table = self.table(kind);
                let key = kind.key(child.body);
                if !kind.reads(&ChildRow { child, owner })
                    || table.records.find(child.id).is_some()
                    || key.is_some_and(|key| table.find_key(kind, slot, key).is_some())
                {
                    return None;
                }
                self.table_mut(kind).insert(kind, slot, &child).ok()?;
            }
        }
        Some(())
    }
}

impl MemoryStore {
    /// Whether agents have counted their instances right, and instances their spans.
    pub(super) fn counts_hold(&self) -> bool {
        let instances = self.tally(ChildKind::AgentInstance, |row| {
            InstanceRow::read(row).map(|it| it.status)
        });
        let spans = self.tally(ChildKind::AgentSpan, |row| {
            SpanRow::read(row).map(|it| it.status)
        });
        let holds = |tally: &[InstanceCounts], slot: u32, counts: &InstanceCounts| {
            tally.get(slot as usize).copied().unwrap_or_default() == *counts
        };
        let instance = |slot| {
            let row = self.child_row(ChildKind::AgentInstance, slot);
            row.and_then(|row| InstanceRow::read(&row).ok())
        };
        self.agents
            .counts()
            .all(|(slot, counts)| holds(&instances, slot, counts))
            && self.instances.records.iter().all(|(slot, _)| {
                instance(slot).is_some_and(|row| holds(&spans, slot, &row.span_counts))
            })
    }

    /// How many children of a kind are in each status, by the slots of their parents.
    fn tally(
        &self,
        kind: ChildKind,
        status: fn(&ChildRow<'_>) -> Result<RunStatus, StoreError>,
    ) -> Vec<InstanceCounts> {
        let table = self.table(kind);
        let mut tally = vec![InstanceCounts::default(); table.families.len()];
        for (slot, record) in table.records.iter() {
            let status = self.child_row(kind, slot).map(|row| status(&row));
            if let (Some(Ok(status)), Some(counts)) =
                (status, tally.get_mut(record.parent as usize))
            {
                counts.add(status);
            }
        }
        tally
    }
}

impl Children for MemoryStore {
    fn child(&self, kind: ChildKind, id: Pfid) -> Result<Option<ChildRow<'_>>, StoreError> {
        let slot = self.table(kind).records.find(id);
        Ok(slot.and_then(|slot| self.child_row(kind, slot)))
    }

    fn child_of_key(
        &self,
        kind: ChildKind,
        parent_id: Pfid,
        key: &str,
    ) -> Result<Option<Pfid>, StoreError> {
        let table = self.table(kind);
        let parent = self.parent_slot(kind, parent_id);
        let slot = parent.and_then(|parent| table.find_key(kind, parent, key));
        let record = slot.and_then(|slot| table.records.get(slot));
        Ok(record.map(|record| record.id))
    }

    fn insert_child(&mut self, kind: ChildKind, child: &NewChild<'_>) -> Result<(), StoreError> {
        let parent = self.parent_slot(kind, child.parent_id);
        let parent = parent.ok_or(StoreError::Unavailable)?;
        self.table_mut(kind).insert(kind, parent, child)
    }

    fn update_child(&mut self, kind: ChildKind, id: Pfid, body: &[u8]) -> Result<(), StoreError> {
        let records = &mut self.table_mut(kind).records;
        let record = records.find(id).and_then(|slot| records.get_mut(slot));
        record.ok_or(StoreError::Unavailable)?.body = body.into();
        Ok(())
    }

    fn delete_children(&mut self, kind: ChildKind, parent_id: Pfid) -> Result<(), StoreError> {
        if let Some(parent) = self.parent_slot(kind, parent_id) {
            self.table_mut(kind).remove_all(kind, parent);
        }
        Ok(())
    }

    fn list_children(
        &mut self,
        kind: ChildKind,
        query: &ChildQuery,
        each: &mut dyn FnMut(&ChildRow<'_>),
    ) -> Result<u64, StoreError> {
        let parent = self.parent_slot(kind, query.parent_id);
        let (page, count) = self.table_mut(kind).page(parent, query);
        for slot in page {
            if let Some(row) = self.child_row(kind, slot) {
                each(&row);
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::testing::{id, moment};
    use crate::store::{AgentRow, Agents, EnvironmentRow, Environments, Store};

    proptest! {
        #[test]
        fn every_page_is_that_of_the_sorted_children(
            rows in prop::collection::btree_map(0u64..500, (0i64..20, 0u32..3), 0..80),
            early in any::<bool>(),
            descending in any::<bool>(),
            order in prop::sample::select(&[ChildOrder::Id, ChildOrder::InsertedAt, ChildOrder::StartedAt][..]),
            from in prop::option::of(0i64..20),
            until in prop::option::of(0i64..20),
            offset in 0u64..30,
            size in 1u32..20,
        ) {
            const KIND: ChildKind = ChildKind::AgentSpan;
            let mut table = ChildTable::new(1);
            let query = ChildQuery {
                parent_id: Pfid::NIL,
                order,
                descending,
                offset,
                size,
                from: from.map(moment),
                until: until.map(moment),
            };
            // Not in the order of the ids.
            let shuffled = rows.iter().map(|(&id, &row)| (id * 7919 % 500, row));
            for (number, (micros, parent)) in shuffled {
                let child = NewChild {
                    id: id(number),
                    parent_id: Pfid::NIL,
                    inserted_at: moment(20 - micros),
                    started_at: moment(micros),
                    body: &[],
                };
                table.insert(KIND, parent, &child).unwrap();
                if early {
                    table.page(Some(parent), &query);
                }
            }
            for parent in 0..3 {
                let wanted = |record: &ChildRecord| {
                    let micros = record.started_at.micros();
                    record.parent == parent
                        && from.is_none_or(|from| from <= micros)
                        && until.is_none_or(|until| micros <= until)
                };
                let all = table.records.iter().filter(|(_, record)| wanted(record));
                let mut all: Vec<u32> = all.map(|(slot, _)| slot).collect();
                all.sort_by_key(|&slot| {
                    let record = table.records.get(slot).unwrap();
                    let moment = match order {
                        ChildOrder::Id => Timestamp::EPOCH,
                        ChildOrder::InsertedAt => record.inserted_at,
                        ChildOrder::StartedAt => record.started_at,
                    };
                    (moment, record.id)
                });
                if descending {
                    all.reverse();
                }
                let (page, count) = table.page(Some(parent), &query);
                prop_assert_eq!(count, all.len() as u64);
                let expected: Vec<u32> = all.into_iter().skip(offset as usize).take(size as usize).collect();
                prop_assert_eq!(page, expected);
            }
            prop_assert_eq!(table.page(None, &query), (Vec::new(), 0));
            for parent in 0..4 {
                table.remove_all(KIND, parent);
                prop_assert_eq!(table.page(Some(parent), &query), (Vec::new(), 0));
            }
            prop_assert!(table.records.is_empty());
        }
    }

    /// A store with one agent that counts so many instances, of which one is there.
    fn store_counting(pending: u32) -> MemoryStore {
        let mut store = MemoryStore::new(1);
        let (account_id, environment_id, agent_id) = (id(1), id(2), id(3));
        let now = moment(0);
        let environment = EnvironmentRow {
            id: environment_id,
            account_id,
            name: "Default",
            inserted_at: now,
            updated_at: now,
        };
        store.insert_environment(&environment).unwrap();
        let counts = InstanceCounts {
            pending,
            ..InstanceCounts::default()
        };
        let agent = AgentRow {
            id: agent_id,
            account_id,
            environment_id,
            name: "Scout",
            description: None,
            inserted_at: now,
            updated_at: now,
            retired: false,
            last_activity: Some(now),
            counts,
            current_version_id: None,
            current_schema_version_id: None,
        };
        store.insert_agent(&agent).unwrap();
        let instance = InstanceRow {
            id: id(4),
            owner: Owner {
                account_id,
                environment_id,
                agent_id,
            },
            version_id: None,
            status: RunStatus::Pending,
            inserted_at: now,
            updated_at: now,
            started_at: None,
            finished_at: None,
            span_counts: InstanceCounts::default(),
        };
        let child = NewChild {
            id: instance.id,
            parent_id: agent_id,
            inserted_at: now,
            started_at: now,
            body: &instance.body(),
        };
        let kind = ChildKind::AgentInstance;
        store.insert_child(kind, &child).unwrap();
        store
    }

    #[test]
    fn a_snapshot_whose_agents_count_wrong_is_refused() {
        for (pending, loads) in [(0, false), (1, true), (2, false)] {
            let mut out = Writer::new();
            store_counting(pending).save(&mut out);
            let bytes = out.into_bytes();
            let loaded = MemoryStore::new(1).load(&mut Reader::new(&bytes));
            assert_eq!(loaded.is_some(), loads, "{pending}");
        }
    }

    #[test]
    fn of_one_key_a_parent_has_one_child() {
        const KIND: ChildKind = ChildKind::AgentVersion;
        let mut table = ChildTable::new(1);
        let insert = |table: &mut ChildTable, number: u64, parent: u32, key: &str| {
            let mut body = Writer::new();
            body.text(key);
            let child = NewChild {
                id: id(number),
                parent_id: Pfid::NIL,
                inserted_at: moment(0),
                started_at: moment(0),
                body: &body.into_bytes(),
            };
            table.insert(KIND, parent, &child).unwrap();
        };
        for number in 0..100 {
            insert(
                &mut table,
                number,
                (number % 2) as u32,
                &format!("v{}", number / 2),
            );
        }
        let known = |table: &ChildTable, parent, key| {
            let slot = table.find_key(KIND, parent, key);
            slot.map(|slot| table.records.get(slot).unwrap().id)
        };
        assert_eq!(known(&table, 0, "v7"), Some(id(14)));
        assert_eq!(known(&table, 1, "v7"), Some(id(15)));
        assert_eq!(known(&table, 1, "v70"), None);
        table.remove_all(KIND, 0);
        assert_eq!(known(&table, 0, "v7"), None);
        assert_eq!(known(&table, 1, "v7"), Some(id(15)));
        insert(&mut table, 200, 0, "v7");
        assert_eq!(known(&table, 0, "v7"), Some(id(200)));
    }
}
