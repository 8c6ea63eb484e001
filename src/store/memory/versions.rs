//! Versions and schema versions in memory: one table for each kind.

use std::borrow::Cow;

use super::MemoryStore;
use super::agents::Owner;
use super::children::{Child, Families};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::codec::{Reader, Writer};
use crate::store::index::Index;
use crate::store::table::{Record, Table};
use crate::store::versions::SCHEMA_KEYS;
use crate::store::{
    Agents, ChildQuery, StoreError, VersionKind, VersionOrder, VersionRow, Versions,
};

#[derive(Debug, Default)]
pub(super) struct VersionTable {
    records: Table<VersionRecord>,
    by_agent: Families,
    /// Slots by agent and external identifier.
    by_identifier: Index,
}

#[derive(Debug)]
struct VersionRecord {
    inserted_at: Timestamp,
    id: Pfid,
    /// The agent's slot.
    agent: u32,
    external_identifier: Box<str>,
    name: Option<Box<str>>,
    description: Option<Box<str>>,
    /// Only schema versions have any.
    schemas: Option<Box<Schemas>>,
}

type Schemas = [Option<Box<str>>; SCHEMA_KEYS.len()];

impl Record for VersionRecord {
    fn id(&self) -> Pfid {
        self.id
    }
}

impl Child for VersionRecord {
    type Order = VersionOrder;
    const ORDERS: &[VersionOrder] = &[VersionOrder::Id, VersionOrder::InsertedAt];

    fn moment(&self, order: VersionOrder) -> Option<Timestamp> {
        match order {
            VersionOrder::Id => None,
            VersionOrder::InsertedAt => Some(self.inserted_at),
        }
    }
}

impl VersionTable {
    /// The slot of a version.
    pub(super) fn find(&self, id: Pfid) -> Option<u32> {
        self.records.find(id)
    }

    /// The id of the version of a slot.
    pub(super) fn id(&self, slot: u32) -> Option<Pfid> {
        self.records.get(slot).map(|record| record.id)
    }

    fn find_identifier(&self, agent: u32, identifier: &str) -> Option<u32> {
        let hash = self.by_identifier.hash((agent, identifier));
        self.by_identifier.find(hash, |slot| {
            self.records.get(slot).is_some_and(|record| {
                record.agent == agent && *record.external_identifier == *identifier
            })
        })
    }

    fn insert(&mut self, agent: u32, row: &VersionRow<'_>) -> Result<(), StoreError> {
        let boxed = |text: &Option<Cow<'_, str>>| text.as_deref().map(Box::from);
        let slot = self.records.insert(VersionRecord {
            inserted_at: row.inserted_at,
            id: row.id,
            agent,
            external_identifier: (*row.external_identifier).into(),
            name: boxed(&row.name),
            description: boxed(&row.description),
            schemas: row
                .schemas
                .iter()
                .any(Option::is_some)
                .then(|| Box::new(row.schemas.each_ref().map(boxed))),
        })?;
        let VersionTable {
            records,
            by_agent,
            by_identifier,
        } = self;
        by_agent.add(records, agent, slot);
        let hash = by_identifier.hash((agent, &*row.external_identifier));
        by_identifier.insert(hash, slot);
        Ok(())
    }

    fn remove_all(&mut self, agent: u32) {
        for slot in self.by_agent.remove(agent) {
            let Some(record) = self.records.remove(slot) else {
                continue;
            };
            let hash = self
                .by_identifier
                .hash((agent, &*record.external_identifier));
            self.by_identifier.remove(hash, slot);
        }
    }
}

impl VersionRecord {
    fn row(&self, owner: Owner) -> VersionRow<'_> {
        fn borrowed(text: &Option<Box<str>>) -> Option<Cow<'_, str>> {
            text.as_deref().map(Cow::Borrowed)
        }
        VersionRow {
            id: self.id,
            account_id: owner.account_id,
            environment_id: owner.environment_id,
            agent_id: owner.agent_id,
            external_identifier: Cow::Borrowed(&self.external_identifier),
            name: borrowed(&self.name),
            description: borrowed(&self.description),
            schemas: match &self.schemas {
                None => Default::default(),
                Some(schemas) => schemas.each_ref().map(borrowed),
            },
            inserted_at: self.inserted_at,
        }
    }
}

const KINDS: [VersionKind; 2] = [VersionKind::Agent, VersionKind::Schema];

impl MemoryStore {
    fn versions(&self, kind: VersionKind) -> &VersionTable {
        match kind {
            VersionKind::Agent => &self.versions,
            VersionKind::Schema => &self.schema_versions,
        }
    }

    fn versions_mut(&mut self, kind: VersionKind) -> &mut VersionTable {
        match kind {
            VersionKind::Agent => &mut self.versions,
            VersionKind::Schema => &mut self.schema_versions,
        }
    }

    fn version_row<'s>(&'s self, record: &'s VersionRecord) -> Option<VersionRow<'s>> {
        let owner = self.agents.owner(record.agent, &self.environments)?;
        Some(record.row(owner))
    }

    pub(super) fn save_versions(&self, out: &mut Writer) {
        for kind in KINDS {
            let records = &self.versions(kind).records;
            out.number(records.len() as u64);
            for (_, record) in records.iter() {
                if let Some(row) = self.version_row(record) {
                    row.write(out);
                }
            }
        }
    }

    pub(super) fn load_versions(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for kind in KINDS {
            for _ in 0..from.number()? {
                let row = VersionRow::read(from)?;
                let agent = self.agent(row.agent_id).ok()??;
                let same = (agent.account_id, agent.environment_id)
                    == (row.account_id, row.environment_id);
                let known = self.version_of(kind, row.agent_id, &row.external_identifier);
                if !same || self.versions(kind).find(row.id).is_some() || known.ok()?.is_some() {
                    return None;
                }
                self.insert_version(kind, &row).ok()?;
            }
        }
        Some(())
    }
}

impl Versions for MemoryStore {
    fn version(&self, kind: VersionKind, id: Pfid) -> Result<Option<VersionRow<'_>>, StoreError> {
        let table = self.versions(kind);
        let record = table.find(id).and_then(|slot| table.records.get(slot));
        Ok(record.and_then(|record| self.version_row(record)))
    }

    fn version_of(
        &self,
        kind: VersionKind,
        agent_id: Pfid,
        external_identifier: &str,
    ) -> Result<Option<Pfid>, StoreError> {
        let table = self.versions(kind);
        Ok(self
            .agents
            .find(agent_id)
            .and_then(|agent| table.find_identifier(agent, external_identifier))
            .and_then(|slot| table.id(slot)))
    }

    fn insert_version(
        &mut self,
        kind: VersionKind,
        row: &VersionRow<'_>,
    ) -> Result<(), StoreError> {
        let agent = self.agents.find(row.agent_id);
        let agent = agent.ok_or(StoreError::Unavailable)?;
        self.versions_mut(kind).insert(agent, row)
    }

    fn delete_versions(&mut self, agent_id: Pfid) -> Result<(), StoreError> {
        if let Some(agent) = self.agents.find(agent_id) {
            for kind in KINDS {
                self.versions_mut(kind).remove_all(agent);
            }
        }
        Ok(())
    }

    fn list_versions(
        &mut self,
        kind: VersionKind,
        query: &ChildQuery<VersionOrder>,
        each: &mut dyn FnMut(VersionRow<'_>),
    ) -> Result<u64, StoreError> {
        let agent = self.agents.find(query.parent);
        let VersionTable {
            records, by_agent, ..
        } = self.versions_mut(kind);
        let (page, count) = by_agent.page(records, agent, query, None);
        for slot in page {
            let record = self.versions(kind).records.get(slot);
            if let Some(row) = record.and_then(|record| self.version_row(record)) {
                each(row);
            }
        }
        Ok(count)
    }
}
