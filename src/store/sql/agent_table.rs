//! The table of agents. No other file names its columns.
//!
//! To add a field, add an `ALTER TABLE … ADD COLUMN` with a version of its own to [`CHANGES`], and the column to `columns!`,
//! [`read`], [`INSERT`] with `insert_agent`, and, if an update can change it, [`UPDATE`] with `update_agent`.

use std::borrow::Cow;

use super::Statement;
use super::host::SqlHost;
use super::migration::Change;
use super::pages::{Form, Order};
use super::scope_cache::EnvironmentScope;
use super::session::Session;
use super::statement::{
    backwards, down, key_columns, key_marks, keys, keys_from, statements, text_or_blob,
    text_or_blob_mark, up, wide, wide_mark,
};
use super::value::{Row, Value};
use crate::model::pfid::Pfid;
use crate::store::{AgentRow, Kind, StoreError};

macro_rules! columns {
    () => {
        columns!(text_or_blob!("agent.description"))
    };
    ($description:expr) => {
        concat!(
            "agent.number, agent.environment, agent.id, agent.name, ",
            $description,
            ", ",
            wide!("agent.inserted_at"),
            ", ",
            wide!("agent.updated_at"),
            ", agent.retired, ",
            wide!("agent.last_activity"),
            ", agent.pending, agent.active, agent.complete, agent.failed, agent.cancelled, agent.current_version_id, \
            agent.current_schema_version_id"
        )
    };
}

/// A statement that lists the agents of an account or an environment.
macro_rules! list {
    (up, $scope:ident, $name:literal, $order:ident) => {
        up!(
            columns!(),
            "agent",
            concat!("agent_", stringify!($scope), "_", $name),
            concat!(stringify!($scope), " = ?"),
            $order
        )
    };
    (down, $scope:ident, $name:literal, $order:ident) => {
        down!(
            columns!(),
            "agent",
            concat!("agent_", stringify!($scope), "_", $name),
            concat!(stringify!($scope), " = ?"),
            $order
        )
    };
    (keys, $scope:ident, $name:literal, $order:ident) => {
        keys_from!(
            key_columns!($order),
            "agent",
            concat!("agent_", stringify!($scope), "_", $name),
            concat!(stringify!($scope), " = ?"),
            $order
        )
    };
}

macro_rules! index {
    ($scope:ident, $name:literal, $order:ident) => {
        concat!(
            "CREATE INDEX agent_",
            stringify!($scope),
            "_",
            $name,
            " ON agent (",
            stringify!($scope),
            ", ",
            keys!($order),
            ")"
        )
    };
}

statements! {
    after super::environments::END;
    // The description is last, because it can be long.
    CREATE = "CREATE TABLE agent (number INTEGER PRIMARY KEY, id BLOB NOT NULL CHECK (length(id) = 20), \
        account INTEGER NOT NULL REFERENCES account (number), \
        environment INTEGER NOT NULL REFERENCES environment (number), name TEXT NOT NULL, \
        inserted_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, \
        retired INTEGER NOT NULL CHECK (retired IN (0, 1)), last_activity INTEGER, \
        pending INTEGER NOT NULL CHECK (pending >= 0), active INTEGER NOT NULL CHECK (active >= 0), \
        complete INTEGER NOT NULL CHECK (complete >= 0), failed INTEGER NOT NULL CHECK (failed >= 0), \
        cancelled INTEGER NOT NULL CHECK (cancelled >= 0), \
        current_version_id BLOB CHECK (length(current_version_id) = 20), \
        current_schema_version_id BLOB CHECK (length(current_schema_version_id) = 20), description TEXT, \
        phase INTEGER GENERATED ALWAYS AS (CASE WHEN retired = 1 THEN 2 \
        WHEN pending + active + complete + failed + cancelled = 0 THEN 0 ELSE 1 END) VIRTUAL, \
        idle INTEGER GENERATED ALWAYS AS (ifnull(-last_activity, 9223372036854775807)) VIRTUAL) STRICT";
    INDEX_ACCOUNT_ID = index!(account, "id", id);
    INDEX_ACCOUNT_NAME = index!(account, "name", name);
    INDEX_ACCOUNT_STATUS = index!(account, "status", status);
    INDEX_ACCOUNT_INSERTED = index!(account, "inserted", inserted_at);
    INDEX_ACCOUNT_UPDATED = index!(account, "updated", updated_at);
    INDEX_ENVIRONMENT_ID = index!(environment, "id", id);
    INDEX_ENVIRONMENT_NAME = index!(environment, "name", name);
    INDEX_ENVIRONMENT_STATUS = index!(environment, "status", status);
    INDEX_ENVIRONMENT_INSERTED = index!(environment, "inserted", inserted_at);
    INDEX_ENVIRONMENT_UPDATED = index!(environment, "updated", updated_at);
    CLEAR = "DELETE FROM agent";
    SELECT = concat!(
        "SELECT ", columns!(), " FROM object JOIN agent ON agent.number = object.number \
        WHERE object.id = ? AND object.kind = 2"
    );
    // PERF(turns): for callers that do not need the description, which can be long. 1,000 spans take a fifth of the time.
    SELECT_BRIEF = concat!(
        "SELECT ", columns!("NULL"), " FROM object JOIN agent ON agent.number = object.number \
        WHERE object.id = ? AND object.kind = 2"
    );
    LAST = "SELECT ifnull(max(number), 0) FROM agent";
    INSERT = concat!(
        "INSERT INTO agent (number, id, account, environment, name, description, inserted_at, updated_at, retired, \
        last_activity, pending, active, complete, failed, cancelled, current_version_id, current_schema_version_id) \
        VALUES (?, ?, ?, ?, ?, ", text_or_blob_mark!(), ", ", wide_mark!(), ", ", wide_mark!(), ", ?, ", wide_mark!(),
        ", ?, ?, ?, ?, ?, ?, ?)"
    );
    UPDATE = concat!(
        "UPDATE agent SET name = ?, updated_at = ", wide_mark!(),
        ", retired = ?, current_version_id = ?, current_schema_version_id = ? WHERE number = ?"
    );
    UPDATE_DESCRIPTION = concat!("UPDATE agent SET description = ", text_or_blob_mark!(), " WHERE number = ?");
    UPDATE_ACTIVITY = concat!(
        "UPDATE agent SET last_activity = ", wide_mark!(),
        ", pending = ?, active = ?, complete = ?, failed = ?, cancelled = ? WHERE number = ?"
    );
    DELETE = "DELETE FROM agent WHERE number = ?";
    SELECT_ID = "SELECT id FROM agent WHERE number = ?";
    // The keys of all orders, of the rows after a number.
    RECENT = concat!(
        "SELECT number, account, environment, id, name, phase, ", wide!("idle"), ", ", wide!("inserted_at"), ", ",
        wide!("updated_at"), " FROM agent WHERE number > ? ORDER BY number LIMIT ?"
    );
    ACCOUNT_ID_UP = list!(up, account, "id", id);
    ACCOUNT_ID_DOWN = list!(down, account, "id", id);
    ACCOUNT_ID_KEYS = list!(keys, account, "id", id);
    ACCOUNT_NAME_UP = list!(up, account, "name", name);
    ACCOUNT_NAME_DOWN = list!(down, account, "name", name);
    ACCOUNT_NAME_KEYS = list!(keys, account, "name", name);
    ACCOUNT_STATUS_UP = list!(up, account, "status", status);
    ACCOUNT_STATUS_DOWN = list!(down, account, "status", status);
    ACCOUNT_STATUS_KEYS = list!(keys, account, "status", status);
    ACCOUNT_INSERTED_UP = list!(up, account, "inserted", inserted_at);
    ACCOUNT_INSERTED_DOWN = list!(down, account, "inserted", inserted_at);
    ACCOUNT_INSERTED_KEYS = list!(keys, account, "inserted", inserted_at);
    ACCOUNT_UPDATED_UP = list!(up, account, "updated", updated_at);
    ACCOUNT_UPDATED_DOWN = list!(down, account, "updated", updated_at);
    ACCOUNT_UPDATED_KEYS = list!(keys, account, "updated", updated_at);
    ENVIRONMENT_ID_UP = list!(up, environment, "id", id);
    ENVIRONMENT_ID_DOWN = list!(down, environment, "id", id);
    ENVIRONMENT_ID_KEYS = list!(keys, environment, "id", id);
    ENVIRONMENT_NAME_UP = list!(up, environment, "name", name);
    ENVIRONMENT_NAME_DOWN = list!(down, environment, "name", name);
    ENVIRONMENT_NAME_KEYS = list!(keys, environment, "name", name);
    ENVIRONMENT_STATUS_UP = list!(up, environment, "status", status);
    ENVIRONMENT_STATUS_DOWN = list!(down, environment, "status", status);
    ENVIRONMENT_STATUS_KEYS = list!(keys, environment, "status", status);
    ENVIRONMENT_INSERTED_UP = list!(up, environment, "inserted", inserted_at);
    ENVIRONMENT_INSERTED_DOWN = list!(down, environment, "inserted", inserted_at);
    ENVIRONMENT_INSERTED_KEYS = list!(keys, environment, "inserted", inserted_at);
    ENVIRONMENT_UPDATED_UP = list!(up, environment, "updated", updated_at);
    ENVIRONMENT_UPDATED_DOWN = list!(down, environment, "updated", updated_at);
    ENVIRONMENT_UPDATED_KEYS = list!(keys, environment, "updated", updated_at);
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(1, CREATE),
    Change::new(1, INDEX_ACCOUNT_ID),
    Change::new(1, INDEX_ACCOUNT_NAME),
    Change::new(1, INDEX_ACCOUNT_STATUS),
    Change::new(1, INDEX_ACCOUNT_INSERTED),
    Change::new(1, INDEX_ACCOUNT_UPDATED),
    Change::new(1, INDEX_ENVIRONMENT_ID),
    Change::new(1, INDEX_ENVIRONMENT_NAME),
    Change::new(1, INDEX_ENVIRONMENT_STATUS),
    Change::new(1, INDEX_ENVIRONMENT_INSERTED),
    Change::new(1, INDEX_ENVIRONMENT_UPDATED),
];

/// The orders of the agents of an account: by id, name, status, creation time, time of the last change.
#[rustfmt::skip]
pub(super) const OF_ACCOUNT: [Order; 5] = [
    Order::new(0, Form::Id, [ACCOUNT_ID_UP, ACCOUNT_ID_DOWN, ACCOUNT_ID_KEYS]),
    Order::new(1, Form::Text, [ACCOUNT_NAME_UP, ACCOUNT_NAME_DOWN, ACCOUNT_NAME_KEYS]),
    Order::new(2, Form::Status, [ACCOUNT_STATUS_UP, ACCOUNT_STATUS_DOWN, ACCOUNT_STATUS_KEYS]),
    Order::new(3, Form::Wide, [ACCOUNT_INSERTED_UP, ACCOUNT_INSERTED_DOWN, ACCOUNT_INSERTED_KEYS]),
    Order::new(4, Form::Wide, [ACCOUNT_UPDATED_UP, ACCOUNT_UPDATED_DOWN, ACCOUNT_UPDATED_KEYS]),
];

/// The same orders of the agents of an environment.
#[rustfmt::skip]
pub(super) const OF_ENVIRONMENT: [Order; 5] = [
    Order::new(5, Form::Id, [ENVIRONMENT_ID_UP, ENVIRONMENT_ID_DOWN, ENVIRONMENT_ID_KEYS]),
    Order::new(6, Form::Text, [ENVIRONMENT_NAME_UP, ENVIRONMENT_NAME_DOWN, ENVIRONMENT_NAME_KEYS]),
    Order::new(7, Form::Status, [ENVIRONMENT_STATUS_UP, ENVIRONMENT_STATUS_DOWN, ENVIRONMENT_STATUS_KEYS]),
    Order::new(8, Form::Wide, [ENVIRONMENT_INSERTED_UP, ENVIRONMENT_INSERTED_DOWN, ENVIRONMENT_INSERTED_KEYS]),
    Order::new(9, Form::Wide, [ENVIRONMENT_UPDATED_UP, ENVIRONMENT_UPDATED_DOWN, ENVIRONMENT_UPDATED_KEYS]),
];

/// The row of an agent in the database.
pub(super) struct StoredAgent<'t> {
    pub(super) number: i64,
    pub(super) scope: EnvironmentScope,
    pub(super) row: AgentRow<'t>,
}

/// Reads `columns!`. `text` converts a text of the buffer to one of the row.
fn read<'b, 't, H: SqlHost>(
    session: &mut Session<H>,
    row: &mut Row<'b>,
    text: fn(&'b str) -> Cow<'t, str>,
) -> Result<StoredAgent<'t>, StoreError> {
    let number = row.number()?;
    let scope = session.environment_by_number(row.number()?)?;
    let row = AgentRow {
        id: row.id()?,
        account_id: scope.account_id,
        environment_id: scope.id,
        name: text(row.text()?),
        description: row.optional_text_or_blob()?.map(text),
        inserted_at: row.moment()?,
        updated_at: row.moment()?,
        retired: row.is()?,
        last_activity: row.optional_moment()?,
        counts: row.counts()?,
        current_version_id: row.optional_id()?,
        current_schema_version_id: row.optional_id()?,
    };
    Ok(StoredAgent { number, scope, row })
}

impl<H: SqlHost> Session<H> {
    /// Reads an agent of a list.
    pub(super) fn read_agent<'b>(
        &mut self,
        row: &mut Row<'b>,
    ) -> Result<StoredAgent<'b>, StoreError> {
        read(self, row, Cow::Borrowed)
    }

    /// The agent of an id.
    pub(super) fn select_agent(
        &mut self,
        id: Pfid,
    ) -> Result<Option<StoredAgent<'static>>, StoreError> {
        self.agent_by(SELECT, id)
    }

    /// The agent of an id, with no description, whether or not it has one.
    pub(super) fn select_agent_briefly(
        &mut self,
        id: Pfid,
    ) -> Result<Option<StoredAgent<'static>>, StoreError> {
        self.agent_by(SELECT_BRIEF, id)
    }

    fn agent_by(
        &mut self,
        statement: Statement,
        id: Pfid,
    ) -> Result<Option<StoredAgent<'static>>, StoreError> {
        let rows = self.run(statement, &[id.into()])?;
        match rows.is_empty() {
            true => Ok(None),
            false => read(self, &mut rows.read(), |text| Cow::Owned(text.to_owned())).map(Some),
        }
    }

    /// Adds an agent, whose id is free, to the table. Returns its row number.
    pub(super) fn insert_agent(
        &mut self,
        scope: &EnvironmentScope,
        row: &AgentRow<'_>,
    ) -> Result<i64, StoreError> {
        let (account, environment) = (Some(scope.account), Some(scope.number));
        let number = self.insert_object(LAST, Kind::Agent, row.id, account, environment)?;
        let values = [
            number.into(),
            row.id.into(),
            scope.account.into(),
            scope.number.into(),
            (&*row.name).into(),
            Value::TextOrBlob(row.description.as_deref()),
            row.inserted_at.into(),
            row.updated_at.into(),
            row.retired.into(),
            row.last_activity.into(),
            row.counts.into(),
            row.current_version_id.into(),
            row.current_schema_version_id.into(),
        ];
        self.run(INSERT, &values)?;
        Ok(number)
    }

    /// Writes the fields that an update can change, except the description.
    pub(super) fn update_agent(
        &mut self,
        number: i64,
        row: &AgentRow<'_>,
    ) -> Result<(), StoreError> {
        let values = [
            (&*row.name).into(),
            row.updated_at.into(),
            row.retired.into(),
            row.current_version_id.into(),
            row.current_schema_version_id.into(),
            number.into(),
        ];
        self.run(UPDATE, &values).map(drop)
    }

    /// Writes the description.
    pub(super) fn describe_agent(
        &mut self,
        number: i64,
        description: Option<&str>,
    ) -> Result<(), StoreError> {
        let values = [Value::TextOrBlob(description), number.into()];
        self.run(UPDATE_DESCRIPTION, &values).map(drop)
    }

    /// Writes the last activity and the counts.
    pub(super) fn update_agent_activity(
        &mut self,
        number: i64,
        row: &AgentRow<'_>,
    ) -> Result<(), StoreError> {
        let values = [row.last_activity.into(), row.counts.into(), number.into()];
        self.run(UPDATE_ACTIVITY, &values).map(drop)
    }

    /// Removes an agent from the table.
    pub(super) fn delete_agent(&mut self, number: i64) -> Result<(), StoreError> {
        self.run(DELETE, &[number.into()]).map(drop)
    }

    /// The id of the agent with a row number that another record has.
    pub(super) fn agent_id(&mut self, number: i64) -> Result<Pfid, StoreError> {
        let rows = self.run(SELECT_ID, &[number.into()])?;
        rows.first(Row::id)?
            .ok_or(StoreError::Corrupt("an object without its agent"))
    }
}
