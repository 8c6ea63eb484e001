//! Spans in memory.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::codec::{Reader, Writer};
use super::dependent_table::DependentTable;
use super::dependents::{NewDependent, decode, page_by_key, range};
use super::records::DependentKind;
use super::siblings::KeptOrder;
use super::{Data, MemoryStore};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{Kind, RunOrder, SpanChange, SpanParent, SpanQuery, SpanRow, Spans, StoreError};

const KIND: DependentKind = DependentKind::Span;

fn encode(row: &SpanRow<'_>) -> Box<[u8]> {
    let mut body = Writer::new();
    body.option(row.parent_id, Writer::pfid);
    body.text(&row.schema_name);
    body.status(row.status);
    body.text(&row.payload);
    body.option(row.result_payload.as_deref(), Writer::text);
    body.option(row.finished_at, Writer::timestamp);
    body.timestamp(row.updated_at);
    body.into_bytes().into()
}

/// The key of an order. Times count from 1970, statuses from `pending`.
fn key(row: &SpanRow<'_>, order: RunOrder) -> Option<i64> {
    match order {
        RunOrder::Id => return Some(0),
        RunOrder::InsertedAt => Some(row.inserted_at),
        RunOrder::UpdatedAt => Some(row.updated_at),
        RunOrder::StartedAt => Some(row.started_at),
        RunOrder::FinishedAt => row.finished_at,
        RunOrder::Status => return Some(row.status as i64),
    }
    .map(Timestamp::micros)
}

impl Data {
    pub(super) fn span_row(&self, slot: u32) -> Result<SpanRow<'_>, StoreError> {
        let record = self.spans.get(slot).ok_or(StoreError::Corrupt("a span"))?;
        let (instance_id, owner) = self.parent_of(KIND, record)?;
        decode(&record.body, |from| SpanRow {
            id: record.id,
            owner,
            instance_id,
            parent_id: from.option(Reader::pfid),
            schema_name: Cow::Borrowed(from.text()),
            status: from.status(),
            payload: Cow::Borrowed(from.text()),
            result_payload: from.option(Reader::text).map(Cow::Borrowed),
            started_at: Timestamp::from_micros(record.started_at).unwrap_or(record.inserted_at),
            finished_at: from.option(Reader::timestamp),
            inserted_at: record.inserted_at,
            updated_at: from.timestamp(),
        })
    }

    /// The slots of the instances whose spans are listed.
    fn instances_of(&self, parent: SpanParent) -> Vec<u32> {
        match parent {
            SpanParent::Instance(id) => self.find(Kind::AgentInstance, id).into_iter().collect(),
            SpanParent::Agent(id) => self
                .find(Kind::Agent, id)
                .map(|agent| self.instances.of_parent(agent))
                .unwrap_or_default(),
        }
    }

    /// A page that is sorted for this request.
    fn sorted_spans(&self, query: &SpanQuery) -> Result<(Vec<u32>, u64), StoreError> {
        let range = range(query.from, query.until);
        let mut keyed = Vec::new();
        for instance in self.instances_of(query.parent) {
            for slot in self.spans.of_parent(instance) {
                let row = self.span_row(slot)?;
                if range.as_ref().is_none_or(|range| range(row.started_at)) {
                    keyed.push((key(&row, query.order), row.id, slot));
                }
            }
        }
        Ok(page_by_key(&keyed, &query.page))
    }
}

impl Spans for MemoryStore {
    fn span(&self, id: Pfid) -> Result<Option<SpanRow<'_>>, StoreError> {
        let slot = self.data.find(Kind::AgentSpan, id);
        slot.map(|slot| self.data.span_row(slot)).transpose()
    }

    fn insert_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError> {
        let new = NewDependent {
            id: row.id,
            parent_id: row.instance_id,
            inserted_at: row.inserted_at,
            started_at: row.started_at.micros(),
            body: encode(row),
        };
        self.insert_dependent(KIND, new)
    }

    fn update_span(
        &mut self,
        id: Pfid,
        change: &SpanChange<'_>,
    ) -> Result<SpanRow<'_>, StoreError> {
        let slot = self.data.dependent_slot(KIND, id)?;
        let row = self.data.span_row(slot)?;
        let started_at = row.started_at.micros();
        let body = encode(&SpanRow {
            status: change.status,
            finished_at: change.finished_at,
            updated_at: change.updated_at,
            result_payload: change
                .result_payload
                .map(Cow::Borrowed)
                .or(row.result_payload),
            ..row
        });
        self.update_dependent(KIND, slot, body, started_at);
        self.data.span_row(slot)
    }

    fn count_spans(&self, parent: SpanParent) -> Result<u64, StoreError> {
        let instances = self.data.instances_of(parent).into_iter();
        let counts = instances.map(|instance| self.data.spans.count(instance) as u64);
        Ok(counts.sum())
    }

    fn list_spans(
        &mut self,
        query: &SpanQuery,
        each: &mut dyn FnMut(&SpanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let maintained = match query.order {
            RunOrder::Id => Some(KeptOrder::Id),
            RunOrder::InsertedAt => Some(KeptOrder::InsertedAt),
            RunOrder::StartedAt => Some(KeptOrder::StartedAt),
            _ => None,
        };
        let range = range(query.from, query.until);
        let wanted = range
            .as_ref()
            .map(|range| range as &dyn Fn(Timestamp) -> bool);
        let (slots, total) = match (maintained, query.parent) {
            (Some(order), SpanParent::Instance(id)) => {
                let parent = self.data.find(Kind::AgentInstance, id);
                self.data.spans.page(parent, order, &query.page, wanted)
            }
            (Some(order), SpanParent::Agent(id)) => match self.data.find(Kind::Agent, id) {
                None => (Vec::new(), 0),
                Some(agent) => {
                    let instances = self.data.instances.of_parent(agent);
                    let all = |spans: &DependentTable| {
                        let slots = instances.iter().flat_map(|it| spans.of_parent(*it));
                        slots.collect()
                    };
                    let spans = &mut self.data.spans;
                    spans.page_of_agent(agent, all, order, &query.page, wanted)
                }
            },
            (None, _) => self.data.sorted_spans(query)?,
        };
        for slot in slots {
            if each(&self.data.span_row(slot)?).is_break() {
                break;
            }
        }
        Ok(total)
    }
}
