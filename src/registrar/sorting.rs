//! The orders in which instances and spans can be listed, and pages of rows that a store keeps in no order.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::{Failure, Issue, Registrar};
use crate::rules::IssueReason;
use crate::rules::issue::grouped;
use crate::sort::sorted;
use crate::store::{Page, RunOrder};

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

/// Passes one page of rows to `each`, sorted by `compare`, until it breaks off. Returns how many rows there are. For
/// rows of which an account has so few that stores keep no order of them; `compare` takes the page's direction into account.
pub(super) fn page_of<T>(
    rows: &[T],
    page: &Page,
    compare: impl Fn(&T, &T) -> Ordering,
    each: impl FnMut(&T) -> ControlFlow<()>,
) -> u64 {
    let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let sorted = sorted(rows, compare);
    // After a break the rest is not wanted.
    let _ = sorted
        .into_iter()
        .skip(offset)
        .take(page.size as usize)
        .try_for_each(each);
    rows.len() as u64
}

impl Registrar {
    /// Notes that a list sorts this many rows.
    pub(super) fn note_sorted(&self, rows: usize) {
        let sorted = self.sorted_rows.get().wrapping_add(rows as u64);
        self.sorted_rows.set(sorted);
    }

    /// How many rows all lists together sorted so far.
    pub(crate) fn sorted_rows(&self) -> u64 {
        self.sorted_rows.get()
    }
}

/// An order in the direction of a page.
pub(super) fn directed(page: &Page, ascending: Ordering) -> Ordering {
    match page.descending {
        true => ascending.reverse(),
        false => ascending,
    }
}
