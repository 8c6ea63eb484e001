//! The numbers of versions, instances and spans of an agent: a narrow row apart from the agent's wide one, updated in the
//! transaction of the rows that it counts.

use super::host::SqlHost;
use super::migration::Change;
use super::session::Session;
use super::statement::statements;
use crate::model::pfid::Pfid;
use crate::store::{StoreError, VersionKind};

statements! {
    after super::agent_table::END;
    CREATE = "CREATE TABLE agent_total (agent INTEGER PRIMARY KEY REFERENCES agent (number), \
        versions INTEGER NOT NULL CHECK (versions >= 0), schema_versions INTEGER NOT NULL CHECK (schema_versions >= 0), \
        instances INTEGER NOT NULL CHECK (instances >= 0), started INTEGER NOT NULL CHECK (started BETWEEN 0 AND instances), \
        spans INTEGER NOT NULL CHECK (spans >= 0)) STRICT";
    CLEAR = "DELETE FROM agent_total";
    SELECT = "SELECT object.number, object.account, object.environment, ifnull(versions, 0), \
        ifnull(schema_versions, 0), ifnull(instances, 0), ifnull(started, 0), ifnull(spans, 0) \
        FROM object LEFT JOIN agent_total ON agent_total.agent = object.number \
        WHERE object.id = ? AND object.kind = 2";
    ADD = "INSERT INTO agent_total (agent, versions, schema_versions, instances, started, spans) \
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (agent) DO UPDATE SET versions = versions + excluded.versions, \
        schema_versions = schema_versions + excluded.schema_versions, instances = instances + excluded.instances, \
        started = started + excluded.started, spans = spans + excluded.spans";
    SHIFT_STARTED = "UPDATE agent_total SET started = started + ? WHERE agent = ?";
    RESET_VERSIONS = "UPDATE agent_total SET versions = 0 WHERE agent = ?";
    RESET_SCHEMA_VERSIONS = "UPDATE agent_total SET schema_versions = 0 WHERE agent = ?";
    DELETE = "DELETE FROM agent_total WHERE agent = ?";
}

pub(super) const CHANGES: &[Change] = &[Change::new(1, CREATE)];

/// An agent and the number of its dependents of each kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Totals {
    /// The agent's row number.
    pub(super) agent: i64,
    /// The row number of its account.
    pub(super) account: i64,
    /// The row number of its environment.
    pub(super) environment: i64,
    pub(super) versions: u64,
    pub(super) schema_versions: u64,
    pub(super) instances: u64,
    /// The number of instances that have been started.
    pub(super) started: u64,
    pub(super) spans: u64,
}

impl Totals {
    pub(super) fn has_dependents(&self) -> bool {
        self.versions + self.schema_versions + self.instances > 0
    }

    pub(super) fn versions_of(&self, kind: VersionKind) -> u64 {
        match kind {
            VersionKind::Agent => self.versions,
            VersionKind::Schema => self.schema_versions,
        }
    }
}

/// A dependent to count.
#[derive(Clone, Copy, Debug)]
pub(super) enum Added {
    Version(VersionKind),
    /// Whether it has been started.
    Instance(bool),
    Span,
}

impl<H: SqlHost> Session<H> {
    /// The agent of an id, and its totals.
    pub(super) fn totals(&mut self, id: Pfid) -> Result<Option<Totals>, StoreError> {
        let rows = self.run(SELECT, &[id.into()])?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut row = rows.read();
        Ok(Some(Totals {
            agent: row.number()?,
            account: row.number()?,
            environment: row.number()?,
            versions: row.count()?,
            schema_versions: row.count()?,
            instances: row.count()?,
            started: row.count()?,
            spans: row.count()?,
        }))
    }

    /// Increments the count of a kind.
    pub(super) fn add_to_totals(&mut self, agent: i64, added: Added) -> Result<(), StoreError> {
        let is_version = |kind| matches!(added, Added::Version(it) if it == kind);
        let values = [
            agent.into(),
            is_version(VersionKind::Agent).into(),
            is_version(VersionKind::Schema).into(),
            matches!(added, Added::Instance(_)).into(),
            matches!(added, Added::Instance(true)).into(),
            matches!(added, Added::Span).into(),
        ];
        self.run(ADD, &values).map(drop)
    }

    /// Changes the number of started instances by one.
    pub(super) fn shift_started(&mut self, agent: i64, by: i64) -> Result<(), StoreError> {
        self.run(SHIFT_STARTED, &[by.into(), agent.into()])
            .map(drop)
    }

    /// Sets the number of versions of a kind to 0.
    pub(super) fn reset_versions(
        &mut self,
        agent: i64,
        kind: VersionKind,
    ) -> Result<(), StoreError> {
        let statement = match kind {
            VersionKind::Agent => RESET_VERSIONS,
            VersionKind::Schema => RESET_SCHEMA_VERSIONS,
        };
        self.run(statement, &[agent.into()]).map(drop)
    }

    /// Removes the totals of a deleted agent.
    pub(super) fn delete_totals(&mut self, agent: i64) -> Result<(), StoreError> {
        self.run(DELETE, &[agent.into()]).map(drop)
    }
}
