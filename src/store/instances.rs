//! What a store knows of instances.

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

/// One page of the instances of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceQuery {
    /// Whose instances.
    pub agent_id: Pfid,
    /// In which order.
    pub order: RunOrder,
    /// Which part.
    pub page: Page,
}

/// Instances by id, and in order. The agent counts them by itself: see
/// [`Agents::record_activity`](super::Agents::record_activity).
pub trait Instances {
    /// The instance of an id.
    fn instance(&self, id: Pfid) -> Result<Option<InstanceRow>, StoreError>;

    /// Adds an instance whose id is free, to an agent that exists and is that of the row.
    fn insert_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError>;

    /// Replaces an instance; its id, its agent, `inserted_at` and `span_counts` stay as they are in the store.
    fn update_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError>;

    /// Shifts the counts of an instance's spans. `updated_at` stays. **\[ours\]**
    fn shift_span_counts(&mut self, id: Pfid, shift: CountShift) -> Result<(), StoreError>;

    /// Gives the rows of one page to `each`, in order, until it breaks off; answers how many the list has in all.
    fn list_instances(
        &mut self,
        query: &InstanceQuery,
        each: &mut dyn FnMut(&InstanceRow) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;
}
