//! The table of instances: its columns, its statements, its orders.

use super::migration::Change;
use super::pages::{Form, Order};
use super::statement::{
    backwards, down, key_columns, key_marks, keys, keys_from, statements, up, wide, wide_mark,
};

macro_rules! columns {
    () => {
        concat!(
            "instance.id, instance.version_id, instance.status, ",
            wide!("instance.inserted_at"),
            ", ",
            wide!("instance.updated_at"),
            ", ",
            wide!("instance.started_at"),
            ", ",
            wide!("instance.finished_at"),
            ", instance.pending, instance.active, instance.complete, instance.failed, instance.cancelled"
        )
    };
}

macro_rules! list {
    (up, $name:literal, $order:ident) => {
        up!(columns!(), "instance", $name, "agent = ?", $order)
    };
    (down, $name:literal, $order:ident) => {
        down!(columns!(), "instance", $name, "agent = ?", $order)
    };
    (keys, $name:literal, $order:ident) => {
        keys_from!(key_columns!($order), "instance", $name, "agent = ?", $order)
    };
}

/// A page of an order without an index.
macro_rules! sorted {
    ($order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM instance WHERE agent = ? ORDER BY ",
            $order,
            " LIMIT ? OFFSET ?"
        )
    };
}

statements! {
    after super::versions::END;
    CREATE = "CREATE TABLE instance (number INTEGER PRIMARY KEY, id BLOB NOT NULL CHECK (length(id) = 20), \
        agent INTEGER NOT NULL REFERENCES agent (number), version_id BLOB CHECK (length(version_id) = 20), \
        status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4), inserted_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, \
        started_at INTEGER, finished_at INTEGER, pending INTEGER NOT NULL CHECK (pending >= 0), \
        active INTEGER NOT NULL CHECK (active >= 0), complete INTEGER NOT NULL CHECK (complete >= 0), \
        failed INTEGER NOT NULL CHECK (failed >= 0), cancelled INTEGER NOT NULL CHECK (cancelled >= 0), \
        spans INTEGER NOT NULL DEFAULT 0 CHECK (spans >= 0), \
        start_key INTEGER GENERATED ALWAYS AS (ifnull(started_at, 9223372036854775807)) VIRTUAL) STRICT";
    INDEX_ID = "CREATE INDEX instance_id ON instance (agent, id)";
    INDEX_INSERTED = "CREATE INDEX instance_inserted ON instance (agent, inserted_at, id)";
    INDEX_STARTED = "CREATE INDEX instance_started ON instance (agent, start_key, id)";
    CLEAR = "DELETE FROM instance";
    SELECT = concat!(
        "SELECT object.environment, (SELECT id FROM agent WHERE agent.number = instance.agent), instance.number, \
        instance.agent, ", columns!(),
        " FROM object JOIN instance ON instance.number = object.number WHERE object.id = ? AND object.kind = 5"
    );
    SELECT_PARENT = "SELECT instance.number, instance.agent, object.account, object.environment, instance.spans \
        FROM object JOIN instance ON instance.number = object.number WHERE object.id = ? AND object.kind = 5";
    LAST = "SELECT ifnull(max(number), 0) FROM instance";
    INSERT = concat!(
        "INSERT INTO instance (number, id, agent, version_id, status, inserted_at, updated_at, started_at, finished_at, \
        pending, active, complete, failed, cancelled) VALUES (?, ?, ?, ?, ?, ", wide_mark!(), ", ", wide_mark!(), ", ",
        wide_mark!(), ", ", wide_mark!(), ", ?, ?, ?, ?, ?)"
    );
    UPDATE = concat!(
        "UPDATE instance SET version_id = ?, status = ?, updated_at = ", wide_mark!(), ", started_at = ", wide_mark!(),
        ", finished_at = ", wide_mark!(), " WHERE number = ?"
    );
    UPDATE_COUNTS = "UPDATE instance SET pending = ?, active = ?, complete = ?, failed = ?, cancelled = ? \
        WHERE number = ?";
    COUNT_SPAN = "UPDATE instance SET spans = spans + 1 WHERE number = ?";
    ID_UP = list!(up, "instance_id", id);
    ID_DOWN = list!(down, "instance_id", id);
    ID_KEYS = list!(keys, "instance_id", id);
    INSERTED_UP = list!(up, "instance_inserted", inserted_at);
    INSERTED_DOWN = list!(down, "instance_inserted", inserted_at);
    INSERTED_KEYS = list!(keys, "instance_inserted", inserted_at);
    STARTED_UP = list!(up, "instance_started", start_key);
    STARTED_DOWN = list!(down, "instance_started", start_key);
    STARTED_KEYS = list!(keys, "instance_started", start_key);
    UPDATED_SORTED = sorted!("updated_at, id");
    UPDATED_SORTED_DOWN = sorted!("updated_at DESC, id DESC");
    FINISHED_SORTED = sorted!("finished_at IS NULL, finished_at, id");
    FINISHED_SORTED_DOWN = sorted!("finished_at IS NULL, finished_at DESC, id DESC");
    STATUS_SORTED = sorted!("status, id");
    STATUS_SORTED_DOWN = sorted!("status DESC, id DESC");
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(1, CREATE),
    Change::new(1, INDEX_ID),
    Change::new(1, INDEX_INSERTED),
    Change::new(1, INDEX_STARTED),
];

pub(super) const BY_ID: Order = Order::new(20, Form::Id, [ID_UP, ID_DOWN, ID_KEYS]);

pub(super) const BY_INSERTION: Order =
    Order::new(21, Form::Wide, [INSERTED_UP, INSERTED_DOWN, INSERTED_KEYS]);

/// Instances that have not started come last, by id.
pub(super) const BY_START: Order =
    Order::new(22, Form::Wide, [STARTED_UP, STARTED_DOWN, STARTED_KEYS]);
