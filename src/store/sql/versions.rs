//! Versions in SQL.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::SqlStore;
use super::chunks::{Long, Part, owned};
use super::hints::{Key, SortKey};
use super::host::SqlHost;
use super::migration::Change;
use super::pages::{Form, List, Order};
use super::session::Session;
use super::statement::{
    backwards, down, key_columns, key_marks, keys, keys_from, statements, text_or_blob,
    text_or_blob_mark, up, wide, wide_mark,
};
use super::totals::Added;
use super::value::{Row, Value};
use crate::model::pfid::Pfid;
use crate::store::{
    Kind, NewVersion, Ownership, SCHEMA_KEYS, StoreError, VersionKind, VersionOrder, VersionQuery,
    VersionRow, Versions,
};

macro_rules! columns {
    () => {
        concat!(
            "version.number, version.id, version.external_identifier, version.name, ",
            text_or_blob!("version.description"),
            ", ",
            wide!("version.inserted_at"),
            ", version.schema_0, version.chunks_0, version.schema_1, version.chunks_1, version.schema_2, \
            version.chunks_2, version.schema_3, version.chunks_3"
        )
    };
}

macro_rules! list {
    (up, $name:literal, $order:ident) => {
        up!(
            columns!(),
            "version",
            $name,
            "agent = ? AND kind = ?",
            $order
        )
    };
    (down, $name:literal, $order:ident) => {
        down!(
            columns!(),
            "version",
            $name,
            "agent = ? AND kind = ?",
            $order
        )
    };
    (keys, $name:literal, $order:ident) => {
        keys_from!(
            key_columns!($order),
            "version",
            $name,
            "agent = ? AND kind = ?",
            $order
        )
    };
}

statements! {
    after super::totals::END;
    CREATE = "CREATE TABLE version (number INTEGER PRIMARY KEY, id BLOB NOT NULL CHECK (length(id) = 20), \
        agent INTEGER NOT NULL REFERENCES agent (number), kind INTEGER NOT NULL CHECK (kind IN (0, 1)), \
        external_identifier TEXT NOT NULL, name TEXT, description TEXT, inserted_at INTEGER NOT NULL, \
        chunks_0 INTEGER NOT NULL, chunks_1 INTEGER NOT NULL, chunks_2 INTEGER NOT NULL, chunks_3 INTEGER NOT NULL, \
        schema_0 BLOB, schema_1 BLOB, schema_2 BLOB, schema_3 BLOB, \
        CHECK (chunks_0 = 0 OR schema_0 IS NULL), CHECK (chunks_1 = 0 OR schema_1 IS NULL), \
        CHECK (chunks_2 = 0 OR schema_2 IS NULL), CHECK (chunks_3 = 0 OR schema_3 IS NULL)) STRICT";
    INDEX_IDENTIFIER = "CREATE UNIQUE INDEX version_identifier ON version (agent, kind, external_identifier)";
    INDEX_ID = "CREATE INDEX version_id ON version (agent, kind, id)";
    INDEX_INSERTED = "CREATE INDEX version_inserted ON version (agent, kind, inserted_at, id)";
    CLEAR = "DELETE FROM version";
    SELECT = concat!(
        "SELECT object.environment, (SELECT id FROM agent WHERE agent.number = version.agent), ", columns!(),
        " FROM object JOIN version ON version.number = object.number WHERE object.id = ? AND object.kind = ?"
    );
    SELECT_ID = "SELECT id FROM version WHERE agent = ? AND kind = ? AND external_identifier = ?";
    LAST = "SELECT ifnull(max(number), 0) FROM version";
    INSERT = concat!(
        "INSERT INTO version (number, id, agent, kind, external_identifier, name, description, inserted_at, schema_0, \
        chunks_0, schema_1, chunks_1, schema_2, chunks_2, schema_3, chunks_3) VALUES (?, ?, ?, ?, ?, ?, ",
        text_or_blob_mark!(), ", ", wide_mark!(), ", ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    DELETE_CHUNKS = "DELETE FROM chunk WHERE part BETWEEN 3 AND 6 \
        AND owner IN (SELECT number FROM version WHERE agent = ? AND kind = ?)";
    DELETE_OBJECTS = "DELETE FROM object WHERE id IN (SELECT id FROM version WHERE agent = ? AND kind = ?)";
    DELETE = "DELETE FROM version WHERE agent = ? AND kind = ?";
    ID_UP = list!(up, "version_id", id);
    ID_DOWN = list!(down, "version_id", id);
    ID_KEYS = list!(keys, "version_id", id);
    INSERTED_UP = list!(up, "version_inserted", inserted_at);
    INSERTED_DOWN = list!(down, "version_inserted", inserted_at);
    INSERTED_KEYS = list!(keys, "version_inserted", inserted_at);
    IDENTIFIER_UP = list!(up, "version_identifier", external_identifier);
    IDENTIFIER_DOWN = list!(down, "version_identifier", external_identifier);
    IDENTIFIER_KEYS = list!(keys, "version_identifier", external_identifier);
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(1, CREATE),
    Change::new(1, INDEX_IDENTIFIER),
    Change::new(1, INDEX_ID),
    Change::new(1, INDEX_INSERTED),
];

const BY_ID: Order = Order::new(10, Form::Id, [ID_UP, ID_DOWN, ID_KEYS]);

const BY_INSERTION: Order = Order::new(11, Form::Wide, [INSERTED_UP, INSERTED_DOWN, INSERTED_KEYS]);

const BY_IDENTIFIER: Order = Order::new(
    12,
    Form::Unique,
    [IDENTIFIER_UP, IDENTIFIER_DOWN, IDENTIFIER_KEYS],
);

fn order(order: VersionOrder) -> &'static Order {
    match order {
        VersionOrder::Id => &BY_ID,
        VersionOrder::InsertedAt => &BY_INSERTION,
        VersionOrder::ExternalIdentifier => &BY_IDENTIFIER,
    }
}

/// The versions of each kind of an agent are a list of their own.
fn parent(agent: i64, kind: VersionKind) -> i64 {
    agent * 2 + kind as i64
}

impl<H: SqlHost> Session<H> {
    /// Reads `columns!`.
    fn read_version<'b>(
        &mut self,
        owner: Ownership,
        row: &mut Row<'b>,
    ) -> Result<VersionRow<'b>, StoreError> {
        let number = row.number()?;
        let mut version = VersionRow {
            id: row.id()?,
            owner,
            version: NewVersion {
                external_identifier: Cow::Borrowed(row.text()?),
                name: row.optional_text()?.map(Cow::Borrowed),
                description: row.optional_text_or_blob()?.map(Cow::Borrowed),
                schemas: SCHEMA_KEYS.map(|_| None),
            },
            inserted_at: row.moment()?,
        };
        for (part, schema) in (Part::Schema as i64..).zip(&mut version.version.schemas) {
            let long = Long::read(row)?;
            *schema = self.load_long_text(part, number, long)?;
        }
        Ok(version)
    }

    fn select_version(
        &mut self,
        kind: VersionKind,
        id: Pfid,
    ) -> Result<Option<VersionRow<'static>>, StoreError> {
        let values = [id.into(), Value::Number(Kind::from(kind) as i64)];
        let rows = self.run(SELECT, &values)?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut row = rows.read();
        let scope = self.environment_by_number(row.number()?)?;
        let owner = scope.owner(row.id()?);
        let read = self.read_version(owner, &mut row)?;
        let version = NewVersion {
            external_identifier: owned(read.version.external_identifier),
            name: read.version.name.map(owned),
            description: read.version.description.map(owned),
            schemas: read.version.schemas.map(|schema| schema.map(owned)),
        };
        Ok(Some(VersionRow {
            id: read.id,
            owner,
            version,
            inserted_at: read.inserted_at,
        }))
    }

    fn insert_version(
        &mut self,
        kind: VersionKind,
        row: &VersionRow<'_>,
    ) -> Result<(), StoreError> {
        let agent = self.totals(row.owner.agent_id)?;
        let agent = agent.ok_or(StoreError::Conflict("there is no such agent"))?;
        let version = &row.version;
        let identifier = &*version.external_identifier;
        let values = [agent.agent.into(), (kind as i64).into(), identifier.into()];
        if !self.run(SELECT_ID, &values)?.is_empty() {
            return Err(StoreError::Conflict("the agent has a version of this name"));
        }
        let (account, environment) = (Some(agent.account), Some(agent.environment));
        let number = self.insert_object(LAST, kind.into(), row.id, account, environment)?;
        let mut values = vec![
            number.into(),
            row.id.into(),
            agent.agent.into(),
            (kind as i64).into(),
            identifier.into(),
            version.name.as_deref().into(),
            Value::TextOrBlob(version.description.as_deref()),
            row.inserted_at.into(),
        ];
        let schemas = version.schemas.each_ref();
        let schemas = schemas.map(|schema| schema.as_deref().map(str::as_bytes));
        values.extend(schemas.iter().flat_map(|schema| Long::of(*schema).values()));
        self.run(INSERT, &values)?;
        for (part, schema) in (Part::Schema as i64..).zip(schemas) {
            self.save_long(part, number, schema)?;
        }
        self.add_to_totals(agent.agent, Added::Version(kind))?;
        let keys = [
            (&BY_ID, SortKey::Id, row.id),
            (
                &BY_INSERTION,
                SortKey::Wide(row.inserted_at.micros()),
                row.id,
            ),
            (
                &BY_IDENTIFIER,
                SortKey::Unique(identifier.into()),
                Pfid::NIL,
            ),
        ];
        for (order, sort, id) in keys {
            let parent = parent(agent.agent, kind);
            let key = Key { sort, id };
            self.hints.shift(order.number, parent, None, Some(&key));
        }
        Ok(())
    }
}

impl<H: SqlHost> Versions for SqlStore<H> {
    fn version(&self, kind: VersionKind, id: Pfid) -> Result<Option<VersionRow<'_>>, StoreError> {
        self.session.borrow_mut().select_version(kind, id)
    }

    fn version_id(
        &self,
        kind: VersionKind,
        agent_id: Pfid,
        external_identifier: &str,
    ) -> Result<Option<Pfid>, StoreError> {
        let mut session = self.session.borrow_mut();
        let Some(agent) = session.object_of(Kind::Agent, agent_id)? else {
            return Ok(None);
        };
        let values = [
            agent.number.into(),
            (kind as i64).into(),
            external_identifier.into(),
        ];
        let rows = session.run(SELECT_ID, &values)?;
        match rows.is_empty() {
            true => Ok(None),
            false => rows.read().id().map(Some),
        }
    }

    fn insert_version(
        &mut self,
        kind: VersionKind,
        row: &VersionRow<'_>,
    ) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.insert_version(kind, row))
    }

    fn delete_versions(&mut self, kind: VersionKind, agent_id: Pfid) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let Some(agent) = session.totals(agent_id)? else {
                return Ok(());
            };
            if agent.versions_of(kind) == 0 {
                return Ok(());
            }
            let values = [agent.agent.into(), (kind as i64).into()];
            for statement in [DELETE_CHUNKS, DELETE_OBJECTS, DELETE] {
                session.run(statement, &values)?;
            }
            session.reset_versions(agent.agent, kind)?;
            for order in [&BY_ID, &BY_INSERTION, &BY_IDENTIFIER] {
                let parent = parent(agent.agent, kind);
                session.hints.drop_list(order.number, parent);
            }
            Ok(())
        })
    }

    fn list_versions(
        &mut self,
        kind: VersionKind,
        query: &VersionQuery,
        each: &mut dyn FnMut(&VersionRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let session = self.session.get_mut();
        let Some(agent) = session.totals(query.agent_id)? else {
            return Ok(0);
        };
        let owner = session
            .environment_by_number(agent.environment)?
            .owner(query.agent_id);
        let list = List {
            order: order(query.order),
            parent: parent(agent.agent, kind),
            values: &[agent.agent.into(), (kind as i64).into()],
            total: agent.versions_of(kind),
        };
        let rows = session.page(&list, &query.page)?;
        let mut row = rows.read();
        while row.has_more() {
            if each(&session.read_version(owner, &mut row)?).is_break() {
                break;
            }
        }
        Ok(list.total)
    }
}
