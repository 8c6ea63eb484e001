//! Versions in memory.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::codec::{Reader, Writer};
use super::dependents::{NewDependent, decode, page_by_key};
use super::records::DependentKind;
use super::siblings::KeptOrder;
use super::undo::Undo;
use super::{Data, MemoryStore};
use crate::model::pfid::Pfid;
use crate::store::{
    Kind, NewVersion, SCHEMA_KEYS, StoreError, VersionKind, VersionOrder, VersionQuery, VersionRow,
    Versions,
};

impl From<VersionKind> for DependentKind {
    fn from(kind: VersionKind) -> DependentKind {
        match kind {
            VersionKind::Agent => DependentKind::Version,
            VersionKind::Schema => DependentKind::SchemaVersion,
        }
    }
}

fn encode(version: &NewVersion<'_>) -> Box<[u8]> {
    let mut body = Writer::new();
    body.text(&version.external_identifier);
    body.option(version.name.as_deref(), Writer::text);
    body.option(version.description.as_deref(), Writer::text);
    for schema in &version.schemas {
        body.option(schema.as_deref(), Writer::text);
    }
    body.into_bytes().into()
}

impl Data {
    pub(super) fn version_row(
        &self,
        kind: DependentKind,
        slot: u32,
    ) -> Result<VersionRow<'_>, StoreError> {
        let record = self.dependents(kind).get(slot);
        let record = record.ok_or(StoreError::Corrupt("a version"))?;
        let (_, owner) = self.parent_of(kind, record)?;
        decode(&record.body, |from| VersionRow {
            id: record.id,
            owner,
            version: NewVersion {
                external_identifier: Cow::Borrowed(from.text()),
                name: from.option(Reader::text).map(Cow::Borrowed),
                description: from.option(Reader::text).map(Cow::Borrowed),
                schemas: SCHEMA_KEYS.map(|_| from.option(Reader::text).map(Cow::Borrowed)),
            },
            inserted_at: record.inserted_at,
        })
    }
}

impl Versions for MemoryStore {
    fn version(&self, kind: VersionKind, id: Pfid) -> Result<Option<VersionRow<'_>>, StoreError> {
        let slot = self.data.find(kind.into(), id);
        slot.map(|slot| self.data.version_row(kind.into(), slot))
            .transpose()
    }

    fn version_id(
        &self,
        kind: VersionKind,
        agent_id: Pfid,
        external_identifier: &str,
    ) -> Result<Option<Pfid>, StoreError> {
        let kind = DependentKind::from(kind);
        let table = self.data.dependents(kind);
        let parent = self.data.find(Kind::Agent, agent_id);
        let slot = parent.and_then(|parent| table.find_key(kind, parent, external_identifier));
        Ok(slot.and_then(|slot| table.id(slot)))
    }

    fn insert_version(
        &mut self,
        kind: VersionKind,
        row: &VersionRow<'_>,
    ) -> Result<(), StoreError> {
        let new = NewDependent {
            id: row.id,
            parent_id: row.owner.agent_id,
            inserted_at: row.inserted_at,
            started_at: row.inserted_at.micros(),
            body: encode(&row.version),
        };
        self.insert_dependent(kind.into(), new)
    }

    fn delete_versions(&mut self, kind: VersionKind, agent_id: Pfid) -> Result<(), StoreError> {
        let kind = DependentKind::from(kind);
        let parent = self.data.parent_slot(kind, agent_id)?;
        for slot in self.data.dependents(kind).of_parent(parent) {
            if let Some(record) = self.data.remove_dependent(kind, slot) {
                self.note(|| Undo::DependentDeleted(kind, Box::new(record)));
            }
        }
        Ok(())
    }

    fn list_versions(
        &mut self,
        kind: VersionKind,
        query: &VersionQuery,
        each: &mut dyn FnMut(&VersionRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let kind = DependentKind::from(kind);
        let parent = self.data.find(Kind::Agent, query.agent_id);
        let maintained = match query.order {
            VersionOrder::Id => Some(KeptOrder::Id),
            VersionOrder::InsertedAt => Some(KeptOrder::InsertedAt),
            VersionOrder::ExternalIdentifier => None,
        };
        let (slots, total) = match (maintained, parent) {
            (Some(order), _) => {
                let table = self.data.dependents_mut(kind);
                table.page(parent, order, &query.page, None)
            }
            (None, None) => (Vec::new(), 0),
            (None, Some(parent)) => {
                let table = self.data.dependents(kind);
                let slots = table.of_parent(parent).into_iter();
                let keyed = slots.filter_map(|slot| {
                    let record = table.get(slot)?;
                    Some((kind.key(&record.body), record.id, slot))
                });
                page_by_key(&keyed.collect::<Vec<_>>(), &query.page)
            }
        };
        for slot in slots {
            if each(&self.data.version_row(kind, slot)?).is_break() {
                break;
            }
        }
        Ok(total)
    }
}
