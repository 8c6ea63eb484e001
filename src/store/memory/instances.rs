//! Instances in memory.

use std::ops::ControlFlow;

use super::codec::{Reader, Writer};
use super::dependents::{NewDependent, decode, page_by_key};
use super::records::{DependentKind, NOT_STARTED};
use super::siblings::KeptOrder;
use super::{Data, MemoryStore};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{CountShift, InstanceQuery, InstanceRow, Instances, Kind, RunOrder, StoreError};

const KIND: DependentKind = DependentKind::Instance;

/// The start time of an instance, in the form of its record.
pub(super) fn beginning(row: &InstanceRow) -> i64 {
    row.started_at.map_or(NOT_STARTED, Timestamp::micros)
}

fn encode(row: &InstanceRow) -> Box<[u8]> {
    let mut body = Writer::new();
    body.option(row.version_id, Writer::pfid);
    body.status(row.status);
    body.timestamp(row.updated_at);
    body.option(row.started_at, Writer::timestamp);
    body.option(row.finished_at, Writer::timestamp);
    body.counts(&row.span_counts);
    body.into_bytes().into()
}

/// The key of an order that is not maintained. Times count from 1970, statuses from `pending`.
fn key(row: &InstanceRow, order: RunOrder) -> Option<i64> {
    match order {
        RunOrder::UpdatedAt => Some(row.updated_at),
        RunOrder::FinishedAt => row.finished_at,
        RunOrder::Status => return Some(row.status as i64),
        RunOrder::Id | RunOrder::InsertedAt | RunOrder::StartedAt => Some(row.inserted_at),
    }
    .map(Timestamp::micros)
}

impl Data {
    pub(super) fn instance_row(&self, slot: u32) -> Result<InstanceRow, StoreError> {
        let record = self.instances.get(slot);
        let record = record.ok_or(StoreError::Corrupt("an instance"))?;
        let (_, owner) = self.parent_of(KIND, record)?;
        decode(&record.body, |from| InstanceRow {
            id: record.id,
            owner,
            version_id: from.option(Reader::pfid),
            status: from.status(),
            inserted_at: record.inserted_at,
            updated_at: from.timestamp(),
            started_at: from.option(Reader::timestamp),
            finished_at: from.option(Reader::timestamp),
            span_counts: from.counts(),
        })
    }
}

impl Instances for MemoryStore {
    fn instance(&self, id: Pfid) -> Result<Option<InstanceRow>, StoreError> {
        let slot = self.data.find(Kind::AgentInstance, id);
        slot.map(|slot| self.data.instance_row(slot)).transpose()
    }

    fn insert_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        let new = NewDependent {
            id: row.id,
            parent_id: row.owner.agent_id,
            inserted_at: row.inserted_at,
            started_at: beginning(row),
            body: encode(row),
        };
        self.insert_dependent(KIND, new)
    }

    fn update_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        let slot = self.data.dependent_slot(KIND, row.id)?;
        let span_counts = self.data.instance_row(slot)?.span_counts;
        let body = encode(&InstanceRow {
            span_counts,
            ..*row
        });
        self.update_dependent(KIND, slot, body, beginning(row));
        Ok(())
    }

    fn shift_span_counts(&mut self, id: Pfid, shift: CountShift) -> Result<(), StoreError> {
        let slot = self.data.dependent_slot(KIND, id)?;
        let mut row = self.data.instance_row(slot)?;
        shift.apply(&mut row.span_counts);
        self.update_dependent(KIND, slot, encode(&row), beginning(&row));
        Ok(())
    }

    fn list_instances(
        &mut self,
        query: &InstanceQuery,
        each: &mut dyn FnMut(&InstanceRow) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let parent = self.data.find(Kind::Agent, query.agent_id);
        let maintained = match query.order {
            RunOrder::Id => Some(KeptOrder::Id),
            RunOrder::InsertedAt => Some(KeptOrder::InsertedAt),
            RunOrder::StartedAt => Some(KeptOrder::StartedAt),
            _ => None,
        };
        let (slots, total) = match (maintained, parent) {
            (Some(order), _) => self.data.instances.page(parent, order, &query.page, None),
            (None, None) => (Vec::new(), 0),
            (None, Some(parent)) => {
                let mut keyed = Vec::new();
                for slot in self.data.instances.of_parent(parent) {
                    let row = self.data.instance_row(slot)?;
                    keyed.push((key(&row, query.order), row.id, slot));
                }
                page_by_key(&keyed, &query.page)
            }
        };
        for slot in slots {
            if each(&self.data.instance_row(slot)?).is_break() {
                break;
            }
        }
        Ok(total)
    }
}
