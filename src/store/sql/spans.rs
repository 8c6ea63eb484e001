//! Spans in SQL.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::SqlStore;
use super::chunks::{Long, Part, owned};
use super::hints::{Key, SortKey};
use super::host::SqlHost;
use super::pages::{List, rows_of_page};
use super::session::Session;
use super::span_table::{
    COUNT_OF_AGENT, COUNT_OF_INSTANCE, INSERT, LAST, OF_AGENT, OF_INSTANCE, SELECT,
    SORTED_OF_AGENT, SORTED_OF_INSTANCE, UPDATE, UPDATE_RESULT, places,
};
use super::totals::Added;
use super::value::{Row, Rows, Value};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{
    Kind, Ownership, SpanChange, SpanParent, SpanQuery, SpanRow, Spans, StoreError,
};

/// The keys of a span in the three orders with an index.
fn keys(row: &SpanRow<'_>) -> [Key; 3] {
    [
        SortKey::Id,
        SortKey::Wide(row.inserted_at.micros()),
        SortKey::Wide(row.started_at.micros()),
    ]
    .map(|sort| Key { sort, id: row.id })
}

const PAYLOAD: i64 = Part::Payload as i64;
const RESULT: i64 = Part::ResultPayload as i64;

/// The parent whose spans are listed.
struct Listed {
    owner: Ownership,
    parent: i64,
    is_agent: bool,
    total: u64,
}

impl<H: SqlHost> Session<H> {
    /// Reads the columns of a span. Returns the row number, too.
    fn read_span<'b>(
        &mut self,
        owner: Ownership,
        row: &mut Row<'b>,
    ) -> Result<(i64, SpanRow<'b>), StoreError> {
        let number = row.number()?;
        let mut span = SpanRow {
            id: row.id()?,
            owner,
            instance_id: row.id()?,
            parent_id: row.optional_id()?,
            schema_name: Cow::Borrowed(row.text()?),
            status: row.status()?,
            started_at: row.moment()?,
            finished_at: row.optional_moment()?,
            inserted_at: row.moment()?,
            updated_at: row.moment()?,
            payload: Cow::Borrowed(""),
            result_payload: None,
        };
        let payload = self.load_long_text(PAYLOAD, number, Long::read(row)?)?;
        span.payload = payload.ok_or(StoreError::Corrupt("a span without payload"))?;
        span.result_payload = self.load_long_text(RESULT, number, Long::read(row)?)?;
        Ok((number, span))
    }

    fn select_span(&mut self, id: Pfid) -> Result<Option<(i64, SpanRow<'static>)>, StoreError> {
        let rows = self.run(SELECT, &[id.into()])?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut row = rows.read();
        let scope = self.environment_by_number(row.number()?)?;
        let owner = scope.owner(row.id()?);
        let (number, span) = self.read_span(owner, &mut row)?;
        let span = SpanRow {
            id: span.id,
            owner,
            instance_id: span.instance_id,
            parent_id: span.parent_id,
            schema_name: owned(span.schema_name),
            status: span.status,
            payload: owned(span.payload),
            result_payload: span.result_payload.map(owned),
            started_at: span.started_at,
            finished_at: span.finished_at,
            inserted_at: span.inserted_at,
            updated_at: span.updated_at,
        };
        Ok(Some((number, span)))
    }

    fn insert_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError> {
        let instance = self.span_parent(row.instance_id)?;
        let instance = instance.ok_or(StoreError::Conflict("there is no such instance"))?;
        let (account, environment) = (Some(instance.account), Some(instance.environment));
        let number = self.insert_object(LAST, Kind::AgentSpan, row.id, account, environment)?;
        let payload = Some(row.payload.as_bytes());
        let result = row.result_payload.as_deref().map(str::as_bytes);
        let mut values = vec![
            number.into(),
            row.id.into(),
            instance.agent.into(),
            instance.number.into(),
            row.parent_id.into(),
            (&*row.schema_name).into(),
            row.status.into(),
            row.started_at.into(),
            row.finished_at.into(),
            row.inserted_at.into(),
            row.updated_at.into(),
        ];
        values.extend(Long::of(payload).values());
        values.extend(Long::of(result).values());
        self.run(INSERT, &values)?;
        self.save_long(PAYLOAD, number, payload)?;
        self.save_long(RESULT, number, result)?;
        self.count_span(instance.number)?;
        self.add_to_totals(instance.agent, Added::Span)?;
        for (place, key) in keys(row).into_iter().enumerate() {
            let (of_instance, of_agent) = (OF_INSTANCE[place].number, OF_AGENT[place].number);
            let hints = &mut self.hints;
            hints.shift(of_instance, instance.number, None, Some(&key));
            hints.shift(of_agent, instance.agent, None, Some(&key));
        }
        Ok(())
    }

    fn update_span(
        &mut self,
        id: Pfid,
        change: &SpanChange<'_>,
    ) -> Result<SpanRow<'static>, StoreError> {
        let found = self.select_span(id)?;
        let (number, row) = found.ok_or(StoreError::Conflict("there is no such span"))?;
        let values = [
            change.status.into(),
            change.finished_at.into(),
            change.updated_at.into(),
            number.into(),
        ];
        self.run(UPDATE, &values)?;
        if let Some(result) = change.result_payload {
            if row.result_payload.is_some() {
                self.delete_long(RESULT, number)?;
            }
            let [inline, chunks] = Long::of(Some(result.as_bytes())).values();
            self.run(UPDATE_RESULT, &[inline, chunks, number.into()])?;
            self.save_long(RESULT, number, Some(result.as_bytes()))?;
        }
        let result = change
            .result_payload
            .map(|text| Cow::Owned(text.to_owned()));
        Ok(SpanRow {
            status: change.status,
            finished_at: change.finished_at,
            updated_at: change.updated_at,
            result_payload: result.or(row.result_payload),
            ..row
        })
    }

    fn listed(&mut self, parent: SpanParent) -> Result<Option<Listed>, StoreError> {
        match parent {
            SpanParent::Agent(id) => {
                let Some(agent) = self.totals(id)? else {
                    return Ok(None);
                };
                let scope = self.environment_by_number(agent.environment)?;
                Ok(Some(Listed {
                    owner: scope.owner(id),
                    parent: agent.agent,
                    is_agent: true,
                    total: agent.spans,
                }))
            }
            SpanParent::Instance(id) => {
                let Some(instance) = self.span_parent(id)? else {
                    return Ok(None);
                };
                let scope = self.environment_by_number(instance.environment)?;
                let agent_id = self.agent_id(instance.agent)?;
                Ok(Some(Listed {
                    owner: scope.owner(agent_id),
                    parent: instance.number,
                    is_agent: false,
                    total: instance.spans,
                }))
            }
        }
    }

    /// The rows of a page, and the length of the list.
    fn page_of_spans(
        &mut self,
        listed: &Listed,
        query: &SpanQuery,
    ) -> Result<(Rows, u64), StoreError> {
        let (orders, sorted, count) = match listed.is_agent {
            true => (&OF_AGENT, &SORTED_OF_AGENT, COUNT_OF_AGENT),
            false => (&OF_INSTANCE, &SORTED_OF_INSTANCE, COUNT_OF_INSTANCE),
        };
        let (place, indexed) = places(query.order);
        let is_whole = query.from.is_none() && query.until.is_none();
        if let Some(indexed) = indexed
            && is_whole
        {
            let list = List {
                order: &orders[indexed],
                parent: listed.parent,
                values: &[listed.parent.into()],
                total: listed.total,
            };
            return Ok((self.page(&list, &query.page)?, listed.total));
        }
        let range = [
            listed.parent.into(),
            Value::Wide(query.from.map_or(i64::MIN, Timestamp::micros)),
            Value::Wide(query.until.map_or(i64::MAX, Timestamp::micros)),
        ];
        let total = match is_whole {
            true => listed.total,
            false => self.run(count, &range)?.read().count()?,
        };
        let rows = rows_of_page(&query.page, total);
        if rows == 0 {
            return Ok((Rows::default(), total));
        }
        let [parent, from, until] = range;
        let (limit, offset) = (rows as i64, query.page.offset as i64);
        let values = [parent, from, until, limit.into(), offset.into()];
        let statement = sorted[place][usize::from(query.page.descending)];
        Ok((self.run(statement, &values)?, total))
    }
}

impl<H: SqlHost> Spans for SqlStore<H> {
    fn span(&self, id: Pfid) -> Result<Option<SpanRow<'_>>, StoreError> {
        let span = self.session.borrow_mut().select_span(id)?;
        Ok(span.map(|(_, row)| row))
    }

    fn insert_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.insert_span(row))
    }

    fn update_span(
        &mut self,
        id: Pfid,
        change: &SpanChange<'_>,
    ) -> Result<SpanRow<'_>, StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.update_span(id, change))
    }

    fn count_spans(&self, parent: SpanParent) -> Result<u64, StoreError> {
        let listed = self.session.borrow_mut().listed(parent)?;
        Ok(listed.map_or(0, |listed| listed.total))
    }

    fn list_spans(
        &mut self,
        query: &SpanQuery,
        each: &mut dyn FnMut(&SpanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let session = self.session.get_mut();
        let Some(listed) = session.listed(query.parent)? else {
            return Ok(0);
        };
        let (rows, total) = session.page_of_spans(&listed, query)?;
        let mut row = rows.read();
        while row.has_more() {
            let (_, span) = session.read_span(listed.owner, &mut row)?;
            if each(&span).is_break() {
                break;
            }
        }
        Ok(total)
    }
}
