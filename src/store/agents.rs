//! What a store knows of agents.

use super::StoreError;
use super::codec::{Reader, Writer};
use crate::model::agent::{AgentStatus, InstanceCounts};
use crate::model::lifecycle::{self, History};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One agent: what is known of it. Its status is not in it, because that depends on the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgentRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The account of its environment. A store takes it from the environment, not from here.
    pub account_id: Pfid,
    /// Its environment; it never changes.
    pub environment_id: Pfid,
    /// Its name.
    pub name: &'a str,
    /// Its description, if it has one.
    pub description: Option<&'a str>,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Whether it is retired.
    pub retired: bool,
    /// When something happened last to one of its instances.
    pub last_activity: Option<Timestamp>,
    /// How many of its instances are in each state.
    pub counts: InstanceCounts,
    /// Its current version.
    pub current_version_id: Option<Pfid>,
    /// Its current schema version.
    pub current_schema_version_id: Option<Pfid>,
}

impl AgentRow<'_> {
    /// Its status at a moment.
    pub fn status(&self, now: Timestamp) -> AgentStatus {
        let history = History {
            retired: self.retired,
            instances: self.counts.total(),
            last_activity: self.last_activity,
        };
        lifecycle::status(&history, now)
    }

    /// Writes the row into a snapshot.
    pub fn write(&self, out: &mut Writer) {
        out.pfid(self.id);
        out.pfid(self.environment_id);
        out.text(self.name);
        out.option(self.description, Writer::text);
        out.timestamp(self.inserted_at);
        out.timestamp(self.updated_at);
        out.flag(self.retired);
        out.option(self.last_activity, Writer::timestamp);
        out.counts(&self.counts);
        out.option(self.current_version_id, Writer::pfid);
        out.option(self.current_schema_version_id, Writer::pfid);
    }
}

impl<'a> AgentRow<'a> {
    /// Reads a row from a snapshot, which leaves the account to the environment.
    pub fn read(from: &mut Reader<'a>) -> Option<AgentRow<'a>> {
        let row = AgentRow {
            id: from.pfid(),
            account_id: Pfid::NIL,
            environment_id: from.pfid(),
            name: from.text(),
            description: from.option(Reader::text),
            inserted_at: from.timestamp(),
            updated_at: from.timestamp(),
            retired: from.flag(),
            last_activity: from.option(Reader::timestamp),
            counts: from.counts(),
            current_version_id: from.option(Reader::pfid),
            current_schema_version_id: from.option(Reader::pfid),
        };
        from.sound(row)
    }
}

/// What changes in an agent; what is absent stays.
#[derive(Clone, Copy, Debug)]
pub struct AgentChange<'a> {
    /// The moment of the change.
    pub updated_at: Timestamp,
    /// Its new name.
    pub name: Option<&'a str>,
    /// Its new description, or that it has none.
    pub description: Option<Option<&'a str>>,
    /// Whether it is retired.
    pub retired: Option<bool>,
    /// Its current version, or that it has none.
    pub current_version_id: Option<Option<Pfid>>,
    /// Its current schema version, or that it has none.
    pub current_schema_version_id: Option<Option<Pfid>>,
}

impl AgentChange<'_> {
    /// That nothing changes but the moment.
    pub const fn at(updated_at: Timestamp) -> AgentChange<'static> {
        AgentChange {
            updated_at,
            name: None,
            description: None,
            retired: None,
            current_version_id: None,
            current_schema_version_id: None,
        }
    }
}

/// What a list of agents is ordered by; agents that are equal in it are ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentOrder {
    /// The id.
    Id,
    /// The name, by its UTF-8 bytes. **\[ours\]**
    Name,
    /// The status: pending, active, dormant, retired. **\[ours\]**
    Status,
    /// The moment it was made.
    InsertedAt,
    /// The moment of its last change.
    UpdatedAt,
}

/// One page of agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentQuery {
    /// Whose agents.
    pub account_id: Pfid,
    /// Only those of one environment of the account.
    pub environment_id: Option<Pfid>,
    /// In which order.
    pub order: AgentOrder,
    /// The whole order backwards, ids included. **\[ours\]**
    pub descending: bool,
    /// How many to skip.
    pub offset: u64,
    /// How many at most.
    pub size: u32,
    /// The moment at which a status is asked for.
    pub now: Timestamp,
}

/// Agents by id, and in order.
pub trait Agents {
    /// The agent of an id.
    fn agent(&self, id: Pfid) -> Result<Option<AgentRow<'_>>, StoreError>;

    /// Adds an agent whose id does not exist yet, in an environment that does.
    fn insert_agent(&mut self, row: &AgentRow<'_>) -> Result<(), StoreError>;

    /// Changes the agent of an id.
    fn update_agent(&mut self, id: Pfid, change: &AgentChange<'_>) -> Result<(), StoreError>;

    /// Notes what happened to an agent's instances: how many are in each state now, and when
    /// something happened last.
    fn set_activity(
        &mut self,
        id: Pfid,
        counts: &InstanceCounts,
        last_activity: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes an agent that has neither instances nor versions.
    fn delete_agent(&mut self, id: Pfid) -> Result<(), StoreError>;

    /// Gives the rows of one page to `each`, in order, and answers how many there are in all.
    fn list_agents(
        &mut self,
        query: &AgentQuery,
        each: &mut dyn FnMut(&AgentRow<'_>),
    ) -> Result<u64, StoreError>;
}
