//! The derived parts of an agent: its status, its actions, its counts.

use crate::words::words;

words! {
    /// The status of an agent in its life cycle. **\[doc\]**
    ///
    /// ```
    /// use agent_registrar::AgentStatus;
    ///
    /// assert_eq!(AgentStatus::Dormant.as_str(), "dormant");
    /// ```
    pub enum AgentStatus {
        /// No instance was ever registered.
        Pending = "pending",
        /// It has instances, and one of them changed in the last 30 days.
        Active = "active",
        /// It has instances, and none of them changed for 30 days.
        Dormant = "dormant",
        /// Taken out of use by the retire operation.
        Retired = "retired",
    }
}

/// How many instances an agent has, by their status. **\[doc\]** `finished` and `total` follow from the others.
///
/// ```
/// use agent_registrar::InstanceCounts;
///
/// let counts = InstanceCounts { active: 1, failed: 2, ..InstanceCounts::default() };
/// assert_eq!((counts.finished(), counts.total()), (2, 3));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(schemars::JsonSchema),
    schemars(
        rename = "StoredCounts",
        description = "Instances of a stored agent, by status."
    )
)]
pub struct InstanceCounts {
    /// Registered, not started.
    pub pending: u32,
    /// Running.
    pub active: u32,
    /// Finished well.
    pub complete: u32,
    /// Finished badly.
    pub failed: u32,
    /// Cancelled before they started.
    pub cancelled: u32,
}

impl InstanceCounts {
    /// `complete` + `failed` + `cancelled`.
    pub fn finished(&self) -> u64 {
        self.complete as u64 + self.failed as u64 + self.cancelled as u64
    }

    /// All of them. No instance is ever removed, so this is also how many were ever registered.
    pub fn total(&self) -> u64 {
        self.pending as u64 + self.active as u64 + self.finished()
    }
}

/// The actions that are available on an agent now. **\[doc\]**, the rules for them **\[ours\]**
///
/// ```
/// use agent_registrar::AvailableActions;
///
/// let actions = AvailableActions { update: true, retire: true, reinstate: false, delete: false };
/// assert!(actions.update && !actions.delete);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields, description = "What can be done to an agent now.")
)]
pub struct AvailableActions {
    /// Its name, description or current version can be changed.
    pub update: bool,
    /// It can be taken out of use.
    pub retire: bool,
    /// It can be taken back into use.
    pub reinstate: bool,
    /// It can be removed altogether.
    pub delete: bool,
}
