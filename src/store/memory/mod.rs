//! The default store: everything in memory, one table per kind of record, one index of all
//! ids, and an undo log between [`begin`](Store::begin) and [`rollback`](Store::rollback).

mod accounts;
mod agents;
mod answers;
mod codec;
mod dependent_table;
mod dependents;
mod environments;
mod ids;
mod index;
mod instances;
mod ordered;
mod records;
mod rollback;
mod siblings;
mod snapshot;
mod spans;
mod table;
mod tokens;
mod undo;
mod usage;
mod versions;
mod views;

use super::{GeneratedEnvironment, Kind, Limits, Located, Store, StoreError};
use crate::model::pfid::Pfid;
use dependent_table::DependentTable;
use records::DependentKind;
use std::fmt;
use table::Table;
use undo::{Log, Undo};

pub use codec::{Reader, Writer};
pub use snapshot::{SnapshotForm, Snapshots};

/// All records in memory.
///
/// ```
/// use agent_registrar::store::MemoryStore;
/// use agent_registrar::{Config, Registrar, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let seed = 0x9e37_79b9_7f4a_7c15; // Take a random number.
/// let registrar = Registrar::open(config, Box::new(MemoryStore::new(seed)), now)?;
/// assert!(registrar.has_tokens());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MemoryStore {
    data: Data,
    log: Log,
    seed: u64,
}

/// Leaves out the records and the secret of the indexes.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

/// The records, without the log.
struct Data {
    ids: ids::IdIndex,
    accounts: Table<records::AccountRecord>,
    /// One for each configured environment without an id.
    generated: Vec<GeneratedEnvironment>,
    environments: Table<records::EnvironmentRecord>,
    tokens: tokens::TokenTable,
    agents: agents::AgentTable,
    versions: DependentTable,
    schema_versions: DependentTable,
    instances: DependentTable,
    spans: DependentTable,
    answers: answers::AnswerTable,
}

impl Data {
    fn new(seed: u64) -> Data {
        Data {
            ids: ids::IdIndex::new(seed),
            accounts: Table::new(),
            generated: Vec::new(),
            environments: Table::new(),
            tokens: tokens::TokenTable::new(seed),
            agents: agents::AgentTable::new(seed),
            versions: DependentTable::new(seed),
            schema_versions: DependentTable::new(seed),
            instances: DependentTable::new(seed),
            spans: DependentTable::new(seed),
            answers: answers::AnswerTable::new(seed),
        }
    }

    /// The id of the record at a kind and slot.
    fn id_at(&self, kind: Kind, slot: u32) -> Option<Pfid> {
        match kind {
            Kind::Account => self.accounts.get(slot).map(|it| it.id),
            Kind::Environment => self.environments.get(slot).map(|it| it.id),
            Kind::Agent => self.agents.get(slot).map(|it| it.id),
            Kind::AgentVersion => self.versions.id(slot),
            Kind::AgentSchemaVersion => self.schema_versions.id(slot),
            Kind::AgentInstance => self.instances.id(slot),
            Kind::AgentSpan => self.spans.id(slot),
            Kind::ApiToken => self.tokens.get(slot).map(|it| it.id),
        }
    }

    /// The slot of an id of this kind.
    fn find(&self, kind: Kind, id: Pfid) -> Option<u32> {
        let found = self.ids.find(id, |its_kind, slot| {
            its_kind == kind && self.id_at(kind, slot) == Some(id)
        });
        found.map(|(_, slot)| slot)
    }

    /// The kind and slot of an id.
    fn find_any(&self, id: Pfid) -> Option<(Kind, u32)> {
        self.ids
            .find(id, |kind, slot| self.id_at(kind, slot) == Some(id))
    }

    fn require_free(&self, id: Pfid) -> Result<(), StoreError> {
        match self.find_any(id) {
            None => Ok(()),
            Some(_) => Err(StoreError::Conflict("the id is taken")),
        }
    }
}

impl MemoryStore {
    /// An empty store. The seed is a secret of its indexes: a caller who knew it could choose ids that make them slow.
    pub fn new(seed: u64) -> MemoryStore {
        MemoryStore {
            data: Data::new(seed),
            log: Log::default(),
            seed,
        }
    }

    fn note(&mut self, undo: impl FnOnce() -> Undo) {
        self.log.note(undo);
    }
}

impl Store for MemoryStore {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.log.open()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if !self.log.is_open() {
            return Err(StoreError::Conflict("no unit of work is open"));
        }
        self.log.commit();
        self.data.answers.make_room();
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        for undo in self.log.take_entries() {
            undo.apply(&mut self.data)?;
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        let before = std::mem::replace(&mut self.data, Data::new(self.seed));
        self.log.note(|| Undo::Cleared(Box::new(before)));
        Ok(())
    }

    fn locate(&self, id: Pfid) -> Result<Option<Located>, StoreError> {
        let data = &self.data;
        let Some((kind, slot)) = data.find_any(id) else {
            return Ok(None);
        };
        let located = match kind {
            Kind::Account => Some(Located {
                kind,
                account_id: id,
                environment_id: None,
            }),
            Kind::Environment => data.environments.get(slot).map(|record| Located {
                kind,
                account_id: record.account_id,
                environment_id: Some(id),
            }),
            Kind::ApiToken => data.tokens.get(slot).map(|record| Located {
                kind,
                account_id: record.account_id,
                environment_id: None,
            }),
            Kind::Agent
            | Kind::AgentVersion
            | Kind::AgentSchemaVersion
            | Kind::AgentInstance
            | Kind::AgentSpan => data.owner_of(kind, slot).map(|owner| Located {
                kind,
                account_id: owner.account_id,
                environment_id: Some(owner.environment_id),
            }),
        };
        located
            .map(Some)
            .ok_or(StoreError::Corrupt("an object without its owner"))
    }

    fn default_limits(&self) -> Limits {
        Limits::MEMORY
    }

    fn snapshots(&self) -> Option<&dyn Snapshots> {
        Some(self)
    }

    fn snapshots_mut(&mut self) -> Option<&mut dyn Snapshots> {
        Some(self)
    }
}

impl Data {
    /// The agent with an id, or the agent that the object with the id belongs to.
    fn owner_of(&self, kind: Kind, slot: u32) -> Option<super::Ownership> {
        match kind {
            Kind::Account | Kind::Environment | Kind::ApiToken => None,
            Kind::Agent => self.agent_owner(slot),
            Kind::AgentVersion => self.dependent_owner(DependentKind::Version, slot),
            Kind::AgentSchemaVersion => self.dependent_owner(DependentKind::SchemaVersion, slot),
            Kind::AgentInstance => self.dependent_owner(DependentKind::Instance, slot),
            Kind::AgentSpan => self.dependent_owner(DependentKind::Span, slot),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::store_conformance!(MemoryStore::new(1));
}
