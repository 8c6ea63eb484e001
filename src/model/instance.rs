//! The status of instances and spans, and counts by status.

use super::agent::InstanceCounts;
use crate::words::words;

words! {
    /// The status of an instance or a span. **\[doc\]**
    ///
    /// ```
    /// use agent_registrar::RunStatus;
    ///
    /// assert_eq!(RunStatus::Complete.as_str(), "complete");
    /// assert!(!RunStatus::Active.is_finished());
    /// ```
    pub enum RunStatus {
        /// Known, not started.
        Pending = "pending",
        /// Running.
        Active = "active",
        /// Finished well.
        Complete = "complete",
        /// Finished badly.
        Failed = "failed",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

impl RunStatus {
    /// The statuses that something can be finished with.
    pub const FINISHED: [RunStatus; 3] =
        [RunStatus::Complete, RunStatus::Failed, RunStatus::Cancelled];

    /// Whether it is finished.
    pub fn is_finished(self) -> bool {
        matches!(
            self,
            RunStatus::Complete | RunStatus::Failed | RunStatus::Cancelled
        )
    }

    /// Whether an instance of this status may be finished with status `end`: an active one completes or fails, a
    /// pending one is cancelled. **\[ours\]**
    pub fn instance_may_finish_as(self, end: RunStatus) -> bool {
        matches!(
            (self, end),
            (RunStatus::Active, RunStatus::Complete | RunStatus::Failed)
                | (RunStatus::Pending, RunStatus::Cancelled)
        )
    }
}

impl InstanceCounts {
    fn of_mut(&mut self, status: RunStatus) -> &mut u32 {
        match status {
            RunStatus::Pending => &mut self.pending,
            RunStatus::Active => &mut self.active,
            RunStatus::Complete => &mut self.complete,
            RunStatus::Failed => &mut self.failed,
            RunStatus::Cancelled => &mut self.cancelled,
        }
    }

    /// Counts one more in this status.
    pub fn add(&mut self, status: RunStatus) {
        let count = self.of_mut(status);
        *count = count.saturating_add(1);
    }

    /// Counts one less in this status.
    pub fn remove(&mut self, status: RunStatus) {
        let count = self.of_mut(status);
        *count = count.saturating_sub(1);
    }

    /// Moves one from a status to another.
    pub fn shift(&mut self, from: RunStatus, to: RunStatus) {
        let count = self.of_mut(from);
        *count = count.saturating_sub(1);
        self.add(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_finish_in_three_ways() {
        let mut ways = Vec::new();
        for from in RunStatus::ALL {
            for to in RunStatus::ALL {
                if from.instance_may_finish_as(to) {
                    ways.push((from.as_str(), to.as_str()));
                }
            }
        }
        assert_eq!(
            ways,
            [
                ("pending", "cancelled"),
                ("active", "complete"),
                ("active", "failed")
            ]
        );
    }

    #[test]
    fn shifting_counts_keeps_the_total() {
        for from in RunStatus::ALL {
            for to in RunStatus::ALL {
                let mut counts = InstanceCounts::default();
                counts.add(from);
                counts.shift(from, to);
                assert_eq!(counts.total(), 1);
                assert_eq!(counts.finished() == 1, to.is_finished());
            }
        }
    }
}
