//! What a store knows of instances.

use super::StoreError;
use super::children::ChildQuery;
use super::codec::{Reader, Writer};
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One instance: one run of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceRow {
    /// Its id.
    pub id: Pfid,
    /// The account of its agent. A store takes it from the agent, not from here.
    pub account_id: Pfid,
    /// The environment of its agent. A store takes it from the agent, not from here.
    pub environment_id: Pfid,
    /// Its agent; it never changes.
    pub agent_id: Pfid,
    /// The agent's version that it runs, if one was ever named.
    pub version_id: Option<Pfid>,
    /// Its status.
    pub status: RunStatus,
    /// When it was registered.
    pub inserted_at: Timestamp,
    /// When its status changed last.
    pub updated_at: Timestamp,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it was finished.
    pub finished_at: Option<Timestamp>,
    /// How many of its spans are in each status.
    pub span_counts: InstanceCounts,
}

impl InstanceRow {
    /// Writes the row into a snapshot.
    pub fn write(&self, out: &mut Writer) {
        out.pfid(self.id);
        out.pfid(self.account_id);
        out.pfid(self.environment_id);
        out.pfid(self.agent_id);
        out.option(self.version_id, Writer::pfid);
        out.status(self.status);
        out.timestamp(self.inserted_at);
        out.timestamp(self.updated_at);
        out.option(self.started_at, Writer::timestamp);
        out.option(self.finished_at, Writer::timestamp);
        out.counts(&self.span_counts);
    }

    /// Reads a row from a snapshot.
    pub fn read(from: &mut Reader<'_>) -> Option<InstanceRow> {
        Some(InstanceRow {
            id: from.pfid()?,
            account_id: from.pfid()?,
            environment_id: from.pfid()?,
            agent_id: from.pfid()?,
            version_id: from.option(Reader::pfid)?,
            status: from.status()?,
            inserted_at: from.timestamp()?,
            updated_at: from.timestamp()?,
            started_at: from.option(Reader::timestamp)?,
            finished_at: from.option(Reader::timestamp)?,
            span_counts: from.counts()?,
        })
    }
}

/// What a list of instances is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceOrder {
    /// The id.
    Id,
    /// The moment it was registered.
    InsertedAt,
}

/// Instances by id, and in order. None is ever removed.
pub trait Instances {
    /// The instance of an id.
    fn instance(&self, id: Pfid) -> Result<Option<InstanceRow>, StoreError>;

    /// Adds an instance whose id does not exist yet, of an agent that does.
    fn insert_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError>;

    /// Puts a row in the place of the one with the same id. Only its version, agent and
    /// `inserted_at` stay what they were.
    fn update_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError>;

    /// Gives the rows of one page of an agent's instances to `each`, in order, and answers how many
    /// there are in all.
    fn list_instances(
        &mut self,
        query: &ChildQuery<InstanceOrder>,
        each: &mut dyn FnMut(InstanceRow),
    ) -> Result<u64, StoreError>;
}
