//! Instances in memory, built for a million of them: about 110 bytes each with their places in the
//! indexes.

use super::MemoryStore;
use super::agents::Owner;
use super::children::{Child, Families};
use super::compact::{MaybeSlot, MaybeTimestamp};
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::codec::{Reader, Writer};
use crate::store::table::{Record, Table};
use crate::store::{Agents, ChildQuery, InstanceOrder, InstanceRow, Instances, StoreError};

#[derive(Debug, Default)]
pub(super) struct InstanceTable {
    records: Table<InstanceRecord>,
    by_agent: Families,
}

#[derive(Debug)]
struct InstanceRecord {
    inserted_at: Timestamp,
    updated_at: Timestamp,
    started_at: MaybeTimestamp,
    finished_at: MaybeTimestamp,
    id: Pfid,
    /// The agent's slot.
    agent: u32,
    /// The version's slot.
    version: MaybeSlot,
    span_counts: InstanceCounts,
    status: RunStatus,
}

impl Record for InstanceRecord {
    fn id(&self) -> Pfid {
        self.id
    }
}

impl Child for InstanceRecord {
    type Order = InstanceOrder;
    const ORDERS: &[InstanceOrder] = &[InstanceOrder::Id, InstanceOrder::InsertedAt];

    fn moment(&self, order: InstanceOrder) -> Option<Timestamp> {
        match order {
            InstanceOrder::Id => None,
            InstanceOrder::InsertedAt => Some(self.inserted_at),
        }
    }
}

impl InstanceTable {
    /// The slot of an instance.
    pub(super) fn find(&self, id: Pfid) -> Option<u32> {
        self.records.find(id)
    }

    /// The id of the instance of a slot, and the slot of its agent.
    pub(super) fn parent(&self, slot: u32) -> Option<(Pfid, u32)> {
        let record = self.records.get(slot)?;
        Some((record.id, record.agent))
    }
}

impl MemoryStore {
    fn instance_row(&self, record: &InstanceRecord) -> Option<InstanceRow> {
        let Owner {
            account_id,
            environment_id,
            agent_id,
        } = self.agents.owner(record.agent, &self.environments)?;
        Some(InstanceRow {
            id: record.id,
            account_id,
            environment_id,
            agent_id,
            version_id: record.version.get().and_then(|slot| self.versions.id(slot)),
            status: record.status,
            inserted_at: record.inserted_at,
            updated_at: record.updated_at,
            started_at: record.started_at.get(),
            finished_at: record.finished_at.get(),
            span_counts: record.span_counts,
        })
    }

    pub(super) fn save_instances(&self, out: &mut Writer) {
        out.number(self.instances.records.len() as u64);
        for (_, record) in self.instances.records.iter() {
            if let Some(row) = self.instance_row(record) {
                row.write(out);
            }
        }
    }

    pub(super) fn load_instances(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for _ in 0..from.number()? {
            let row = InstanceRow::read(from)?;
            let agent = self.agent(row.agent_id).ok()??;
            let same =
                (agent.account_id, agent.environment_id) == (row.account_id, row.environment_id);
            if !same || self.instances.find(row.id).is_some() {
                return None;
            }
            self.insert_instance(&row).ok()?;
        }
        Some(())
    }
}

impl Instances for MemoryStore {
    fn instance(&self, id: Pfid) -> Result<Option<InstanceRow>, StoreError> {
        let slot = self.instances.find(id);
        let record = slot.and_then(|slot| self.instances.records.get(slot));
        Ok(record.and_then(|record| self.instance_row(record)))
    }

    fn insert_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        let agent = self
            .agents
            .find(row.agent_id)
            .ok_or(StoreError::Unavailable)?;
        let version = match row.version_id {
            None => None,
            Some(id) => Some(self.versions.find(id).ok_or(StoreError::Unavailable)?),
        };
        let InstanceTable { records, by_agent } = &mut self.instances;
        let slot = records.insert(InstanceRecord {
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
            started_at: MaybeTimestamp::new(row.started_at),
            finished_at: MaybeTimestamp::new(row.finished_at),
            id: row.id,
            agent,
            version: MaybeSlot::new(version),
            span_counts: row.span_counts,
            status: row.status,
        })?;
        by_agent.add(records, agent, slot);
        Ok(())
    }

    fn update_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        let slot = self.instances.find(row.id);
        let record = slot.and_then(|slot| self.instances.records.get_mut(slot));
        let record = record.ok_or(StoreError::Unavailable)?;
        record.status = row.status;
        record.updated_at = row.updated_at;
        record.started_at = MaybeTimestamp::new(row.started_at);
        record.finished_at = MaybeTimestamp::new(row.finished_at);
        record.span_counts = row.span_counts;
        Ok(())
    }

    fn list_instances(
        &mut self,
        query: &ChildQuery<InstanceOrder>,
        each: &mut dyn FnMut(InstanceRow),
    ) -> Result<u64, StoreError> {
        let agent = self.agents.find(query.parent);
        let InstanceTable { records, by_agent } = &mut self.instances;
        let (page, count) = by_agent.page(records, agent, query, None);
        for slot in page {
            let record = self.instances.records.get(slot);
            if let Some(row) = record.and_then(|record| self.instance_row(record)) {
                each(row);
            }
        }
        Ok(count)
    }
}
