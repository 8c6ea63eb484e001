//! Types that versions, instances and spans share: they belong to an agent.

use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;

/// The owner of a version, instance or span: its agent, with the environment and the account of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The agent's account.
    pub account_id: Pfid,
    /// The agent's environment.
    pub environment_id: Pfid,
    /// The agent.
    pub agent_id: Pfid,
}

/// The order of a list of instances or spans; ties break by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOrder {
    /// By id.
    Id,
    /// By creation time.
    InsertedAt,
    /// By the time of the last change.
    UpdatedAt,
    /// By start time. Those without one come last.
    StartedAt,
    /// By end time. Those without one come last.
    FinishedAt,
    /// By status, in the order of [`RunStatus::ALL`].
    Status,
}

/// A change of counts by status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountShift {
    /// The status whose count decreases by one.
    pub from: Option<RunStatus>,
    /// The status whose count increases by one.
    pub to: Option<RunStatus>,
}

impl CountShift {
    /// No count changes.
    pub const NONE: CountShift = CountShift {
        from: None,
        to: None,
    };

    /// A new object of this status.
    pub fn added(to: RunStatus) -> CountShift {
        CountShift {
            from: None,
            to: Some(to),
        }
    }

    /// An object changes its status.
    pub fn moved(from: RunStatus, to: RunStatus) -> CountShift {
        CountShift {
            from: Some(from),
            to: Some(to),
        }
    }

    /// Applies the change. A count never falls below 0.
    pub fn apply(self, counts: &mut InstanceCounts) {
        match (self.from, self.to) {
            (None, None) => {}
            (None, Some(to)) => counts.add(to),
            (Some(from), Some(to)) => counts.shift(from, to),
            (Some(from), None) => counts.remove(from),
        }
    }
}
