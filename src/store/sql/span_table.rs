//! The table of spans: its columns, its statements, its orders.

use super::Statement;
use super::migration::Change;
use super::pages::{Form, Order};
use super::statement::{
    backwards, down, key_columns, key_marks, keys, keys_from, statements, up, wide, wide_mark,
};
use crate::store::RunOrder;

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
        keys_from!(key_columns!($order), "span", $name, $parent, $order)
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

/// A page of an order without an index. Only the ids are sorted, because the rows are wide.
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
    after super::instance_table::END;
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
    LAST = "SELECT ifnull(max(number), 0) FROM span";
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

/// The orders by id, insertion and start of the spans of an instance.
#[rustfmt::skip]
pub(super) const OF_INSTANCE: [Order; 3] = [
    Order::new(30, Form::Id, [INSTANCE_ID_UP, INSTANCE_ID_DOWN, INSTANCE_ID_KEYS]),
    Order::new(31, Form::Wide, [INSTANCE_INSERTED_UP, INSTANCE_INSERTED_DOWN, INSTANCE_INSERTED_KEYS]),
    Order::new(32, Form::Wide, [INSTANCE_STARTED_UP, INSTANCE_STARTED_DOWN, INSTANCE_STARTED_KEYS]),
];

/// The same orders of the spans of an agent.
#[rustfmt::skip]
pub(super) const OF_AGENT: [Order; 3] = [
    Order::new(40, Form::Id, [AGENT_ID_UP, AGENT_ID_DOWN, AGENT_ID_KEYS]),
    Order::new(41, Form::Wide, [AGENT_INSERTED_UP, AGENT_INSERTED_DOWN, AGENT_INSERTED_KEYS]),
    Order::new(42, Form::Wide, [AGENT_STARTED_UP, AGENT_STARTED_DOWN, AGENT_STARTED_KEYS]),
];

/// The statements that sort the spans of an instance for each order, forwards and backwards.
#[rustfmt::skip]
pub(super) const SORTED_OF_INSTANCE: [[Statement; 2]; 6] = [
    [INSTANCE_SORTED_ID, INSTANCE_SORTED_ID_DOWN],
    [INSTANCE_SORTED_INSERTED, INSTANCE_SORTED_INSERTED_DOWN],
    [INSTANCE_SORTED_UPDATED, INSTANCE_SORTED_UPDATED_DOWN],
    [INSTANCE_SORTED_STARTED, INSTANCE_SORTED_STARTED_DOWN],
    [INSTANCE_SORTED_FINISHED, INSTANCE_SORTED_FINISHED_DOWN],
    [INSTANCE_SORTED_STATUS, INSTANCE_SORTED_STATUS_DOWN],
];

/// The same for the spans of an agent.
#[rustfmt::skip]
pub(super) const SORTED_OF_AGENT: [[Statement; 2]; 6] = [
    [AGENT_SORTED_ID, AGENT_SORTED_ID_DOWN],
    [AGENT_SORTED_INSERTED, AGENT_SORTED_INSERTED_DOWN],
    [AGENT_SORTED_UPDATED, AGENT_SORTED_UPDATED_DOWN],
    [AGENT_SORTED_STARTED, AGENT_SORTED_STARTED_DOWN],
    [AGENT_SORTED_FINISHED, AGENT_SORTED_FINISHED_DOWN],
    [AGENT_SORTED_STATUS, AGENT_SORTED_STATUS_DOWN],
];

/// The index of an order among the sorting statements, and among those of an index if there is one.
pub(super) fn places(order: RunOrder) -> (usize, Option<usize>) {
    match order {
        RunOrder::Id => (0, Some(0)),
        RunOrder::InsertedAt => (1, Some(1)),
        RunOrder::UpdatedAt => (2, None),
        RunOrder::StartedAt => (3, Some(2)),
        RunOrder::FinishedAt => (4, None),
        RunOrder::Status => (5, None),
    }
}
