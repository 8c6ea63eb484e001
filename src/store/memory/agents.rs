//! Agents in memory, designed for a million of them: about 150 bytes each, plus their own text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::codec::Reader;
use super::records::AgentRecord;
use super::table::Table;
use super::undo::Undo;
use super::views::{ORDERS, Scopes, compare};
use super::{Data, MemoryStore};
use crate::model::agent::InstanceCounts;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{
    AgentChange, AgentOrder, AgentQuery, AgentRow, Agents, CountShift, Kind, Ownership, StoreError,
};

const MISSING: StoreError = StoreError::Conflict("there is no such agent");
const CORRUPT: StoreError = StoreError::Corrupt("an agent");

#[derive(Debug)]
pub(super) struct AgentTable {
    records: Table<AgentRecord>,
    scopes: Scopes,
}

impl AgentTable {
    pub(super) fn new(seed: u64) -> AgentTable {
        AgentTable {
            records: Table::new(),
            scopes: Scopes::new(seed),
        }
    }

    pub(super) fn get(&self, slot: u32) -> Option<&AgentRecord> {
        self.records.get(slot)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The number that follows the highest slot.
    pub(super) fn end(&self) -> u32 {
        self.records.end()
    }

    /// The slots of all agents, in the order of the slots.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.records.iter().map(|(slot, _)| slot)
    }
}

impl Data {
    fn agent_slot(&self, id: Pfid) -> Result<u32, StoreError> {
        self.find(Kind::Agent, id).ok_or(MISSING)
    }

    /// The agent of a slot, as the owner of what belongs to it.
    pub(super) fn agent_owner(&self, slot: u32) -> Option<Ownership> {
        let record = self.agents.records.get(slot)?;
        let environment = self.environments.get(record.environment)?;
        Some(Ownership {
            account_id: environment.account_id,
            environment_id: environment.id,
            agent_id: record.id,
        })
    }

    pub(super) fn agent_row(&self, slot: u32) -> Result<AgentRow<'_>, StoreError> {
        let record = self.agents.records.get(slot).ok_or(CORRUPT)?;
        let environment = self.environments.get(record.environment).ok_or(CORRUPT)?;
        let parts = record.text.split_at_checked(record.name_len as usize);
        let (name, description) = parts.ok_or(CORRUPT)?;
        let mut row = AgentRow {
            description: record.has_description.then_some(Cow::Borrowed(description)),
            updated_at: record.updated_at,
            retired: record.retired,
            last_activity: record.last_activity,
            counts: record.counts,
            ..AgentRow::new(
                record.id,
                environment.account_id,
                environment.id,
                Cow::Borrowed(name),
                record.inserted_at,
            )
        };
        if let Some(nullable) = &record.nullable {
            let mut from = Reader::new(nullable);
            row.nullable_mut().for_each(|field| from.nullable(field));
            from.sound(()).ok_or(CORRUPT)?;
        }
        Ok(row)
    }

    /// The ids of the account and the environment of an agent's record.
    fn scope_ids(&self, record: &AgentRecord) -> Result<[Pfid; 2], StoreError> {
        let environment = self.environments.get(record.environment).ok_or(CORRUPT)?;
        Ok([environment.account_id, environment.id])
    }

    pub(super) fn add_agent(&mut self, record: AgentRecord) -> Result<u32, StoreError> {
        let scope_ids = self.scope_ids(&record)?;
        let id = record.id;
        let AgentTable { records, scopes } = &mut self.agents;
        let slot = records.insert(record)?;
        for scope_id in scope_ids {
            scopes.add_agent(scope_id, records, slot)?;
        }
        self.ids.insert(id, Kind::Agent, slot);
        Ok(slot)
    }

    pub(super) fn remove_agent(&mut self, slot: u32) -> Option<AgentRecord> {
        let scope_ids = self.scope_ids(self.agents.records.get(slot)?).ok()?;
        let AgentTable { records, scopes } = &mut self.agents;
        for scope_id in scope_ids {
            scopes.remove_agent(scope_id, records, slot);
        }
        let record = records.remove(slot)?;
        self.ids.remove(record.id, Kind::Agent, slot);
        Some(record)
    }

    /// Replaces the record of an agent in its slot. Returns the previous one.
    pub(super) fn replace_agent(
        &mut self,
        slot: u32,
        record: AgentRecord,
    ) -> Result<AgentRecord, StoreError> {
        let scope_ids = self.scope_ids(&record)?;
        let AgentTable { records, scopes } = &mut self.agents;
        let old = records.get(slot).ok_or(CORRUPT)?;
        let moved: Vec<AgentOrder> = ORDERS
            .into_iter()
            .filter(|&order| compare(order, old, &record) != Ordering::Equal)
            .collect();
        for scope_id in scope_ids {
            if let Some(views) = scopes.views(scope_id) {
                for &order in &moved {
                    views.take_out(records, order, old);
                }
            }
        }
        let place = records.get_mut(slot).ok_or(CORRUPT)?;
        let old = std::mem::replace(place, record);
        for scope_id in scope_ids {
            if let Some(views) = scopes.views(scope_id) {
                for &order in &moved {
                    views.put_in(records, order, slot);
                }
            }
        }
        Ok(old)
    }

    /// Sets the facts about an agent's instances, and moves the agent in the order by status.
    pub(super) fn set_activity(
        &mut self,
        slot: u32,
        counts: InstanceCounts,
        last_activity: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let record = self.agents.records.get(slot).ok_or(CORRUPT)?;
        let scope_ids = self.scope_ids(record)?;
        let AgentTable { records, scopes } = &mut self.agents;
        if let Some(record) = records.get(slot) {
            for scope_id in scope_ids {
                if let Some(views) = scopes.views(scope_id) {
                    views.take_out(records, AgentOrder::Status, record);
                }
            }
        }
        if let Some(record) = records.get_mut(slot) {
            record.counts = counts;
            record.last_activity = last_activity;
        }
        for scope_id in scope_ids {
            if let Some(views) = scopes.views(scope_id) {
                views.put_in(records, AgentOrder::Status, slot);
            }
        }
        Ok(())
    }
}

impl Agents for MemoryStore {
    fn agent(&self, id: Pfid) -> Result<Option<AgentRow<'_>>, StoreError> {
        let slot = self.data.find(Kind::Agent, id);
        slot.map(|slot| self.data.agent_row(slot)).transpose()
    }

    fn insert_agent(&mut self, row: &AgentRow<'_>) -> Result<(), StoreError> {
        self.data.require_free(row.id)?;
        let environment = self.data.environment_slot(row.environment_id)?;
        let slot = self.data.add_agent(AgentRecord::new(row, environment))?;
        self.note(|| Undo::AgentInserted(slot));
        Ok(())
    }

    fn update_agent(&mut self, id: Pfid, change: &AgentChange<'_>) -> Result<(), StoreError> {
        let slot = self.data.agent_slot(id)?;
        let environment = self
            .data
            .agents
            .records
            .get(slot)
            .ok_or(CORRUPT)?
            .environment;
        let mut row = self.data.agent_row(slot)?;
        row.apply(change);
        let record = AgentRecord::new(&row, environment);
        let old = self.data.replace_agent(slot, record)?;
        self.note(|| Undo::AgentUpdated(slot, Box::new(old)));
        Ok(())
    }

    fn record_activity(
        &mut self,
        id: Pfid,
        shift: CountShift,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let slot = self.data.agent_slot(id)?;
        let record = self.data.agents.records.get(slot).ok_or(CORRUPT)?;
        let (before, last) = (record.counts, record.last_activity);
        let mut counts = before;
        shift.apply(&mut counts);
        let at = last.map_or(at, |last| last.max(at));
        self.data.set_activity(slot, counts, Some(at))?;
        self.note(|| Undo::AgentActivity(slot, before, last));
        Ok(())
    }

    fn delete_agent(&mut self, id: Pfid) -> Result<(), StoreError> {
        let slot = self.data.agent_slot(id)?;
        if self.data.agent_has_dependents(slot) {
            return Err(StoreError::Conflict("the agent has versions or instances"));
        }
        let record = self.data.remove_agent(slot).ok_or(CORRUPT)?;
        self.note(|| Undo::AgentDeleted(Box::new(record)));
        Ok(())
    }

    fn count_agents(
        &self,
        account_id: Pfid,
        environment_id: Option<Pfid>,
    ) -> Result<u64, StoreError> {
        let scope = environment_id.unwrap_or(account_id);
        Ok(self.data.agents.scopes.count(scope))
    }

    fn list_agents(
        &mut self,
        query: &AgentQuery,
        each: &mut dyn FnMut(&AgentRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let scope = query.environment_id.unwrap_or(query.account_id);
        let AgentTable { records, scopes } = &mut self.data.agents;
        let views = scopes.views(scope);
        let Some(list) = views.and_then(|views| views.list(records, query.order)) else {
            return Ok(0);
        };
        let (slots, total) = (list.page(&query.page), list.len() as u64);
        for slot in slots {
            if each(&self.data.agent_row(slot)?).is_break() {
                break;
            }
        }
        Ok(total)
    }
}
