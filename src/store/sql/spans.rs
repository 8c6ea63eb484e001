//! Spans in SQL.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::SqlStore;
use super::chunks::{Long, Part, owned};
use super::hints::{Key, SortKey};
use super::host::SqlHost;
use super::pages::{Form, List, Order, rows_of_page};
use super::schema::Change;
use super::session::Session;
use super::statement::{
    backwards, down, key_columns, key_marks, keys, statements, up, wide, wide_mark,
};
use super::totals::Added;
use super::value::{Row, Rows, Value};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{
    Ownership, RunOrder, SpanChange, SpanParent, SpanQuery, SpanRow, Spans, StoreError,
};

macro_rules! columns {
    () => {
        concat!(
            "span.number, span.id, (SELECT id FROM instance WHERE instance.number = span.instance), span.parent_id, \
            span.schema_name, span.status, ",
            wide!("span.started_at"),
            ", ",
            wide!("span.finished_at"),
            ", ",
            wide!("span.inserted_at"),
            ", ",
            wide!("span.updated_at"),
            ", span.payload, span.payload_chunks, span.result_payload, span.result_chunks"
        )
    };
}

macro_rules! list {
    (up, $parent:literal, $name:literal, $order:ident) => {
        up!(columns!(), "span", $name, $parent, $order)
    };
    (down, $parent:literal, $name:literal, $order:ident) => {
        down!(columns!(), "span", $name, $parent, $order)
    };
    (keys, $parent:literal, $name:literal, $order:ident) => {
        up!(key_columns!($order), "span", $name, $parent, $order)
    };
}

macro_rules! in_range {
    ($parent:literal) => {
        concat!(
            $parent,
            " AND started_at BETWEEN ",
            wide_mark!(),
            " AND ",
            wide_mark!()
        )
    };
}

/// A page that is sorted for it. The ids are sorted alone, because the rows are wide.
macro_rules! sorted {
    ($parent:literal, $order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM (SELECT number AS wanted FROM span WHERE ",
            in_range!($parent),
            " ORDER BY ",
            $order,
            " LIMIT ? OFFSET ?) CROSS JOIN span ON span.number = wanted ORDER BY ",
            $order
        )
    };
}

statements! {
    after super::instances::END;
    // The payloads are last, because they can be long.
    CREATE = "CREATE TABLE span (number INTEGER PRIMARY KEY, id BLOB NOT NULL CHECK (length(id) = 20), \
        agent INTEGER NOT NULL REFERENCES agent (number), instance INTEGER NOT NULL REFERENCES instance (number), \
        parent_id BLOB CHECK (length(parent_id) = 20), schema_name TEXT NOT NULL, \
        status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4), started_at INTEGER NOT NULL, finished_at INTEGER, \
        inserted_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, payload_chunks INTEGER NOT NULL, \
        result_chunks INTEGER NOT NULL, payload BLOB, result_payload BLOB, \
        CHECK ((payload IS NULL) = (payload_chunks > 0)), CHECK (result_chunks = 0 OR result_payload IS NULL)) STRICT";
    INDEX_INSTANCE_ID = "CREATE INDEX span_instance_id ON span (instance, id)";
    INDEX_INSTANCE_INSERTED = "CREATE INDEX span_instance_inserted ON span (instance, inserted_at, id)";
    INDEX_INSTANCE_STARTED = "CREATE INDEX span_instance_started ON span (instance, started_at, id)";
    INDEX_AGENT_ID = "CREATE INDEX span_agent_id ON span (agent, id)";
    INDEX_AGENT_INSERTED = "CREATE INDEX span_agent_inserted ON span (agent, inserted_at, id)";
    INDEX_AGENT_STARTED = "CREATE INDEX span_agent_started ON span (agent, started_at, id)";
    CLEAR = "DELETE FROM span";
    SELECT = concat!(
        "SELECT object.environment, (SELECT id FROM agent WHERE agent.number = span.agent), ", columns!(),
        " FROM object JOIN span ON span.number = object.number WHERE object.id = ? AND object.kind = 6"
    );
    INSERT_OBJECT = "INSERT INTO object (id, kind, number, account, environment) \
        VALUES (?, 6, ifnull((SELECT max(number) FROM span), 0) + 1, ?, ?) \
        ON CONFLICT (id) DO NOTHING RETURNING number";
    INSERT = concat!(
        "INSERT INTO span (number, id, agent, instance, parent_id, schema_name, status, started_at, finished_at, \
        inserted_at, updated_at, payload, payload_chunks, result_payload, result_chunks) VALUES (?, ?, ?, ?, ?, ?, ?, ",
        wide_mark!(), ", ", wide_mark!(), ", ", wide_mark!(), ", ", wide_mark!(), ", ?, ?, ?, ?)"
    );
    UPDATE = concat!(
        "UPDATE span SET status = ?, finished_at = ", wide_mark!(), ", updated_at = ", wide_mark!(), " WHERE number = ?"
    );
    UPDATE_RESULT = "UPDATE span SET result_payload = ?, result_chunks = ? WHERE number = ?";
    COUNT_OF_INSTANCE = concat!("SELECT count(*) FROM span WHERE ", in_range!("instance = ?"));
    COUNT_OF_AGENT = concat!("SELECT count(*) FROM span WHERE ", in_range!("agent = ?"));
    INSTANCE_ID_UP = list!(up, "instance = ?", "span_instance_id", id);
    INSTANCE_ID_DOWN = list!(down, "instance = ?", "span_instance_id", id);
    INSTANCE_ID_KEYS = list!(keys, "instance = ?", "span_instance_id", id);
    INSTANCE_INSERTED_UP = list!(up, "instance = ?", "span_instance_inserted", inserted_at);
    INSTANCE_INSERTED_DOWN = list!(down, "instance = ?", "span_instance_inserted", inserted_at);
    INSTANCE_INSERTED_KEYS = list!(keys, "instance = ?", "span_instance_inserted", inserted_at);
    INSTANCE_STARTED_UP = list!(up, "instance = ?", "span_instance_started", started_at);
    INSTANCE_STARTED_DOWN = list!(down, "instance = ?", "span_instance_started", started_at);
    INSTANCE_STARTED_KEYS = list!(keys, "instance = ?", "span_instance_started", started_at);
    AGENT_ID_UP = list!(up, "agent = ?", "span_agent_id", id);
    AGENT_ID_DOWN = list!(down, "agent = ?", "span_agent_id", id);
    AGENT_ID_KEYS = list!(keys, "agent = ?", "span_agent_id", id);
    AGENT_INSERTED_UP = list!(up, "agent = ?", "span_agent_inserted", inserted_at);
    AGENT_INSERTED_DOWN = list!(down, "agent = ?", "span_agent_inserted", inserted_at);
    AGENT_INSERTED_KEYS = list!(keys, "agent = ?", "span_agent_inserted", inserted_at);
    AGENT_STARTED_UP = list!(up, "agent = ?", "span_agent_started", started_at);
    AGENT_STARTED_DOWN = list!(down, "agent = ?", "span_agent_started", started_at);
    AGENT_STARTED_KEYS = list!(keys, "agent = ?", "span_agent_started", started_at);
    INSTANCE_SORTED_ID = sorted!("instance = ?", "id");
    INSTANCE_SORTED_ID_DOWN = sorted!("instance = ?", "id DESC");
    INSTANCE_SORTED_INSERTED = sorted!("instance = ?", "inserted_at, id");
    INSTANCE_SORTED_INSERTED_DOWN = sorted!("instance = ?", "inserted_at DESC, id DESC");
    INSTANCE_SORTED_UPDATED = sorted!("instance = ?", "updated_at, id");
    INSTANCE_SORTED_UPDATED_DOWN = sorted!("instance = ?", "updated_at DESC, id DESC");
    INSTANCE_SORTED_STARTED = sorted!("instance = ?", "started_at, id");
    INSTANCE_SORTED_STARTED_DOWN = sorted!("instance = ?", "started_at DESC, id DESC");
    INSTANCE_SORTED_FINISHED = sorted!("instance = ?", "finished_at IS NULL, finished_at, id");
    INSTANCE_SORTED_FINISHED_DOWN = sorted!("instance = ?", "finished_at IS NULL, finished_at DESC, id DESC");
    INSTANCE_SORTED_STATUS = sorted!("instance = ?", "status, id");
    INSTANCE_SORTED_STATUS_DOWN = sorted!("instance = ?", "status DESC, id DESC");
    AGENT_SORTED_ID = sorted!("agent = ?", "id");
    AGENT_SORTED_ID_DOWN = sorted!("agent = ?", "id DESC");
    AGENT_SORTED_INSERTED = sorted!("agent = ?", "inserted_at, id");
    AGENT_SORTED_INSERTED_DOWN = sorted!("agent = ?", "inserted_at DESC, id DESC");
    AGENT_SORTED_UPDATED = sorted!("agent = ?", "updated_at, id");
    AGENT_SORTED_UPDATED_DOWN = sorted!("agent = ?", "updated_at DESC, id DESC");
    AGENT_SORTED_STARTED = sorted!("agent = ?", "started_at, id");
    AGENT_SORTED_STARTED_DOWN = sorted!("agent = ?", "started_at DESC, id DESC");
    AGENT_SORTED_FINISHED = sorted!("agent = ?", "finished_at IS NULL, finished_at, id");
    AGENT_SORTED_FINISHED_DOWN = sorted!("agent = ?", "finished_at IS NULL, finished_at DESC, id DESC");
    AGENT_SORTED_STATUS = sorted!("agent = ?", "status, id");
    AGENT_SORTED_STATUS_DOWN = sorted!("agent = ?", "status DESC, id DESC");
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(1, CREATE),
    Change::new(1, INDEX_INSTANCE_ID),
    Change::new(1, INDEX_INSTANCE_INSERTED),
    Change::new(1, INDEX_INSTANCE_STARTED),
    Change::new(1, INDEX_AGENT_ID),
    Change::new(1, INDEX_AGENT_INSERTED),
    Change::new(1, INDEX_AGENT_STARTED),
];

const fn order(number: u8, form: Form, statements: [super::Statement; 3]) -> Order {
    let [up, down, keys] = statements;
    Order {
        number,
        form,
        up,
        down,
        keys,
    }
}

/// The orders by id, insertion and start of the spans of an instance.
#[rustfmt::skip]
const OF_INSTANCE: [Order; 3] = [
    order(30, Form::Id, [INSTANCE_ID_UP, INSTANCE_ID_DOWN, INSTANCE_ID_KEYS]),
    order(31, Form::Wide, [INSTANCE_INSERTED_UP, INSTANCE_INSERTED_DOWN, INSTANCE_INSERTED_KEYS]),
    order(32, Form::Wide, [INSTANCE_STARTED_UP, INSTANCE_STARTED_DOWN, INSTANCE_STARTED_KEYS]),
];

/// The same orders of the spans of an agent.
#[rustfmt::skip]
const OF_AGENT: [Order; 3] = [
    order(40, Form::Id, [AGENT_ID_UP, AGENT_ID_DOWN, AGENT_ID_KEYS]),
    order(41, Form::Wide, [AGENT_INSERTED_UP, AGENT_INSERTED_DOWN, AGENT_INSERTED_KEYS]),
    order(42, Form::Wide, [AGENT_STARTED_UP, AGENT_STARTED_DOWN, AGENT_STARTED_KEYS]),
];

/// The statements that sort the spans of an instance for each order, forwards and backwards.
#[rustfmt::skip]
const SORTED_OF_INSTANCE: [[super::Statement; 2]; 6] = [
    [INSTANCE_SORTED_ID, INSTANCE_SORTED_ID_DOWN],
    [INSTANCE_SORTED_INSERTED, INSTANCE_SORTED_INSERTED_DOWN],
    [INSTANCE_SORTED_UPDATED, INSTANCE_SORTED_UPDATED_DOWN],
    [INSTANCE_SORTED_STARTED, INSTANCE_SORTED_STARTED_DOWN],
    [INSTANCE_SORTED_FINISHED, INSTANCE_SORTED_FINISHED_DOWN],
    [INSTANCE_SORTED_STATUS, INSTANCE_SORTED_STATUS_DOWN],
];

/// The same for the spans of an agent.
#[rustfmt::skip]
const SORTED_OF_AGENT: [[super::Statement; 2]; 6] = [
    [AGENT_SORTED_ID, AGENT_SORTED_ID_DOWN],
    [AGENT_SORTED_INSERTED, AGENT_SORTED_INSERTED_DOWN],
    [AGENT_SORTED_UPDATED, AGENT_SORTED_UPDATED_DOWN],
    [AGENT_SORTED_STARTED, AGENT_SORTED_STARTED_DOWN],
    [AGENT_SORTED_FINISHED, AGENT_SORTED_FINISHED_DOWN],
    [AGENT_SORTED_STATUS, AGENT_SORTED_STATUS_DOWN],
];

/// The place of an order among the sorting statements, and among those of an index where there is one.
fn places(order: RunOrder) -> (usize, Option<usize>) {
    match order {
        RunOrder::Id => (0, Some(0)),
        RunOrder::InsertedAt => (1, Some(1)),
        RunOrder::UpdatedAt => (2, None),
        RunOrder::StartedAt => (3, Some(2)),
        RunOrder::FinishedAt => (4, None),
        RunOrder::Status => (5, None),
    }
}

/// The keys of a span in the three orders that an index has.
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

/// Whose spans are listed.
struct Listed {
    owner: Ownership,
    parent: i64,
    is_agent: bool,
    total: u64,
}

impl<H: SqlHost> Session<H> {
    /// Reads `columns!`; gives the number, too.
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
        let values = [
            row.id.into(),
            instance.account.into(),
            instance.environment.into(),
        ];
        let number = self.number(INSERT_OBJECT, &values)?;
        let number = number.ok_or_else(|| self.refuse("the id is taken"))?;
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
            hints.shift(of_instance, instance.number, None, Some(key.clone()));
            hints.shift(of_agent, instance.agent, None, Some(key));
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

    /// The rows of a page, and how many spans the list has.
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
