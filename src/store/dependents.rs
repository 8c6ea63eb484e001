//! What versions, instances and spans have in common: they belong to an agent.

use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;

/// The agent that something belongs to, and where that agent lives.
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
    /// By the moment they were made.
    InsertedAt,
    /// By the moment of their last change.
    UpdatedAt,
    /// By the moment they began; those that did not come last.
    StartedAt,
    /// By the moment they ended; those that did not come last.
    FinishedAt,
    /// By status, in the order of [`RunStatus::ALL`].
    Status,
}

/// How counts by status change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountShift {
    /// One less in this status.
    pub from: Option<RunStatus>,
    /// One more in this status.
    pub to: Option<RunStatus>,
}

impl CountShift {
    /// No count changes.
    pub const NONE: CountShift = CountShift {
        from: None,
        to: None,
    };

    /// A new one of this status.
    pub fn added(to: RunStatus) -> CountShift {
        CountShift {
            from: None,
            to: Some(to),
        }
    }

    /// One goes from a status to another.
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
