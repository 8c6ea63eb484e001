//! The orders in which instances and spans can be listed.

use super::{Failure, Issue};
use crate::rules::IssueReason;
use crate::rules::issue::grouped;
use crate::store::RunOrder;

/// The most instances of an agent, or spans of an instance or agent, for which an order that the store does not maintain is
/// allowed. **\[ours\]**
pub const MAX_SORTED: u64 = 10_000;

/// The order of a list of instances or spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSorting {
    /// The order.
    pub order: RunOrder,
    /// The path of the parameter that named it, for the issue with it.
    pub path: &'static str,
}

impl RunSorting {
    /// By id, the order of a request that names none.
    pub const BY_ID: RunSorting = RunSorting {
        order: RunOrder::Id,
        path: "sorting",
    };

    /// Refuses an order that the store would have to sort for the request, if the parent has more than [`MAX_SORTED`] items.
    /// `count` returns their number.
    pub(super) fn require_affordable(
        self,
        count: impl FnOnce() -> Result<u64, Failure>,
    ) -> Result<(), Failure> {
        match self.order {
            RunOrder::Id | RunOrder::StartedAt | RunOrder::InsertedAt => return Ok(()),
            RunOrder::UpdatedAt | RunOrder::FinishedAt | RunOrder::Status => {}
        }
        if count()? <= MAX_SORTED {
            return Ok(());
        }
        let most = grouped(MAX_SORTED);
        let message = format!(
            "Sorting field must be id, started_at or inserted_at where there are more than {most} items."
        );
        let issue = Issue::new(self.path, IssueReason::NotAnOption, message);
        Err(Failure::invalid(vec![issue]))
    }
}
