//! Spans in memory, built for millions of them: about 120 bytes each beside their own text, with
//! their places in the indexes.

use std::borrow::Cow;

use super::MemoryStore;
use super::agents::Owner;
use super::children::{Child, Families};
use super::compact::{MaybeSlot, MaybeTimestamp, split};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::codec::{Reader, Writer};
use crate::store::table::{Record, Table};
use crate::store::{Instances, SpanOrder, SpanQuery, SpanRow, Spans, StoreError};

#[derive(Debug, Default)]
pub(super) struct SpanTable {
    records: Table<SpanRecord>,
    by_instance: Families,
}

#[derive(Debug)]
struct SpanRecord {
    inserted_at: Timestamp,
    updated_at: Timestamp,
    started_at: Timestamp,
    finished_at: MaybeTimestamp,
    texts: Texts,
    id: Pfid,
    /// The instance's slot.
    instance: u32,
    /// The parent's slot.
    parent: MaybeSlot,
    status: RunStatus,
}

/// Schema name, payload and result, one after another: one allocation instead of three.
#[derive(Debug)]
struct Texts {
    text: Box<str>,
    /// Where the schema name ends.
    name_end: u32,
    /// Where the payload ends.
    payload_end: u32,
    has_result: bool,
}

impl Texts {
    fn new(row: &SpanRow<'_>) -> Texts {
        let result = row.result_payload.as_deref();
        let name_end = row.schema_name.len();
        let payload_end = name_end + row.payload.len();
        let mut text = String::with_capacity(payload_end + result.map_or(0, str::len));
        text.push_str(&row.schema_name);
        text.push_str(&row.payload);
        text.push_str(result.unwrap_or_default());
        Texts {
            text: text.into_boxed_str(),
            // A request is far shorter than 4 GiB, and so is what it leaves here.
            name_end: name_end as u32,
            payload_end: payload_end as u32,
            has_result: result.is_some(),
        }
    }

    fn split(&self) -> (&str, &str, Option<&str>) {
        let (before, result) = split(&self.text, self.payload_end);
        let (name, payload) = split(before, self.name_end);
        (name, payload, self.has_result.then_some(result))
    }
}

impl Record for SpanRecord {
    fn id(&self) -> Pfid {
        self.id
    }
}

impl Child for SpanRecord {
    type Order = SpanOrder;
    const ORDERS: &[SpanOrder] = &[SpanOrder::Id, SpanOrder::StartedAt, SpanOrder::InsertedAt];

    fn moment(&self, order: SpanOrder) -> Option<Timestamp> {
        match order {
            SpanOrder::Id => None,
            SpanOrder::StartedAt => Some(self.started_at),
            SpanOrder::InsertedAt => Some(self.inserted_at),
        }
    }
}

impl MemoryStore {
    fn span_row<'s>(&'s self, record: &'s SpanRecord) -> Option<SpanRow<'s>> {
        let (instance_id, agent) = self.instances.parent(record.instance)?;
        let Owner {
            account_id,
            environment_id,
            agent_id,
        } = self.agents.owner(agent, &self.environments)?;
        let (schema_name, payload, result_payload) = record.texts.split();
        let parent = record.parent.get();
        let parent = parent.and_then(|slot| self.spans.records.get(slot));
        Some(SpanRow {
            id: record.id,
            account_id,
            environment_id,
            agent_id,
            instance_id,
            parent_id: parent.map(|parent| parent.id),
            schema_name: Cow::Borrowed(schema_name),
            status: record.status,
            payload: Cow::Borrowed(payload),
            result_payload: result_payload.map(Cow::Borrowed),
            started_at: record.started_at,
            finished_at: record.finished_at.get(),
            inserted_at: record.inserted_at,
            updated_at: record.updated_at,
        })
    }

    pub(super) fn save_spans(&self, out: &mut Writer) {
        out.number(self.spans.records.len() as u64);
        // In the order of their making: parents come before what belongs to them.
        for (_, record) in self.spans.records.iter() {
            if let Some(row) = self.span_row(record) {
                row.write(out);
            }
        }
    }

    pub(super) fn load_spans(&mut self, from: &mut Reader<'_>) -> Option<()> {
        for _ in 0..from.number()? {
            let row = SpanRow::read(from)?;
            let instance = self.instance(row.instance_id).ok()??;
            let same = (
                instance.account_id,
                instance.environment_id,
                instance.agent_id,
            ) == (row.account_id, row.environment_id, row.agent_id);
            if !same || self.spans.records.find(row.id).is_some() {
                return None;
            }
            self.insert_span(&row).ok()?;
        }
        Some(())
    }
}

impl Spans for MemoryStore {
    fn span(&self, id: Pfid) -> Result<Option<SpanRow<'_>>, StoreError> {
        let slot = self.spans.records.find(id);
        let record = slot.and_then(|slot| self.spans.records.get(slot));
        Ok(record.and_then(|record| self.span_row(record)))
    }

    fn insert_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError> {
        let instance = self.instances.find(row.instance_id);
        let instance = instance.ok_or(StoreError::Unavailable)?;
        let SpanTable {
            records,
            by_instance,
        } = &mut self.spans;
        let parent = match row.parent_id {
            None => None,
            Some(id) => Some(records.find(id).ok_or(StoreError::Unavailable)?),
        };
        let slot = records.insert(SpanRecord {
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
            started_at: row.started_at,
            finished_at: MaybeTimestamp::new(row.finished_at),
            texts: Texts::new(row),
            id: row.id,
            instance,
            parent: MaybeSlot::new(parent),
            status: row.status,
        })?;
        by_instance.add(records, instance, slot);
        Ok(())
    }

    fn update_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError> {
        let slot = self.spans.records.find(row.id);
        let record = slot.and_then(|slot| self.spans.records.get_mut(slot));
        let record = record.ok_or(StoreError::Unavailable)?;
        record.updated_at = row.updated_at;
        record.finished_at = MaybeTimestamp::new(row.finished_at);
        record.texts = Texts::new(row);
        record.status = row.status;
        Ok(())
    }

    fn list_spans(
        &mut self,
        query: &SpanQuery,
        each: &mut dyn FnMut(SpanRow<'_>),
    ) -> Result<u64, StoreError> {
        let instance = self.instances.find(query.page.parent);
        let SpanTable {
            records,
            by_instance,
        } = &mut self.spans;
        let within = |record: &SpanRecord| {
            query.from.is_none_or(|from| record.started_at >= from)
                && query.until.is_none_or(|until| record.started_at <= until)
        };
        let all = query.from.is_none() && query.until.is_none();
        let condition: Option<&dyn Fn(&SpanRecord) -> bool> =
            if all { None } else { Some(&within) };
        let (page, count) = by_instance.page(records, instance, &query.page, condition);
        for slot in page {
            let record = self.spans.records.get(slot);
            if let Some(row) = record.and_then(|record| self.span_row(record)) {
                each(row);
            }
        }
        Ok(count)
    }
}
