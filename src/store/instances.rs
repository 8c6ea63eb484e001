//! Instance records.

use std::ops::ControlFlow;

use super::{CountShift, Ownership, Page, RunOrder, StoreError};
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
    pub owner: Ownership,
    /// The version of the agent that it runs, if it is known.
    pub version_id: Option<Pfid>,
    /// Its status.
    pub status: RunStatus,
    /// When it was registered.
    pub inserted_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it was finished.
    pub finished_at: Option<Timestamp>,
    /// How many of its spans are in each status.
    pub span_counts: InstanceCounts,
}

/// One page of the instances of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceQuery {
    /// The agent.
    pub agent_id: Pfid,
    /// The order.
    pub order: RunOrder,
    /// The part of the list.
    pub page: Page,
}

/// Instances by id, and in order. The agent counts them by itself: see
/// [`Agents::record_activity`](super::Agents::record_activity).
pub trait Instances {
    /// The instance of an id.
    fn instance(&self, id: Pfid) -> Result<Option<InstanceRow>, StoreError>;

    /// Adds an instance. Its id must be free, and its agent must exist.
    fn insert_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError>;

    /// Replaces an instance. Its id, agent, `inserted_at` and `span_counts` keep their stored values.
    fn update_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError>;

    /// Shifts the counts of an instance's spans. `updated_at` stays. **\[ours\]**
    fn shift_span_counts(&mut self, id: Pfid, shift: CountShift) -> Result<(), StoreError>;

    /// Calls `each` with the rows of one page, in order, until it returns `Break`. Returns the length of the whole list.
    fn list_instances(
        &mut self,
        query: &InstanceQuery,
        each: &mut dyn FnMut(&InstanceRow) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;
}
