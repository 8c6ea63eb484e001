//! Instances as a store has them.

use super::children::{ChildRow, NewChild, Owner};
use super::codec::{Reader, Writer};
use super::{StoreError, children};
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One instance: one run of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceRow {
    /// Its id.
    pub id: Pfid,
    /// Its agent.
    pub owner: Owner,
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
    /// Its body in a store.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Writer::new();
        body.option(self.version_id, Writer::pfid);
        body.status(self.status);
        body.timestamp(self.updated_at);
        body.option(self.started_at, Writer::timestamp);
        body.option(self.finished_at, Writer::timestamp);
        body.counts(&self.span_counts);
        body.into_bytes()
    }

    /// The instance that a store has as this child.
    pub fn read(row: &ChildRow<'_>) -> Result<InstanceRow, StoreError> {
        let ChildRow { child, owner } = *row;
        let NewChild {
            id, inserted_at, ..
        } = child;
        children::read(child.body, |from| InstanceRow {
            id,
            owner,
            version_id: from.option(Reader::pfid),
            status: from.status(),
            inserted_at,
            updated_at: from.timestamp(),
            started_at: from.option(Reader::timestamp),
            finished_at: from.option(Reader::timestamp),
            span_counts: from.counts(),
        })
    }
}
