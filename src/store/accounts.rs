//! Account records, and the state from which the ids of an account are generated.

use std::borrow::Cow;

use super::{StoreError, Usage};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow<'a> {
    /// Its id; the partition of all its ids is that of this one.
    pub id: Pfid,
    /// Its name.
    pub name: Cow<'a, str>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The state from which its next id is generated.
    pub ids: IdState,
    /// What its records count for the limits, itself among them.
    pub usage: Usage,
}

/// The state from which the next id of an account is generated. A registrar that is opened again on the same store continues from it, so that
/// no id is generated twice and ids always increase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdState {
    /// The last id that was generated for the account.
    pub last_id: Option<Pfid>,
    /// The highest id that a caller chose in it. A generated id above it is free.
    pub highest_chosen_id: Option<Pfid>,
    /// The position of the registrar's random stream after `last_id`, in words of 32 bits. One stream serves all
    /// accounts and continues from the highest position.
    pub random_position: u64,
}

/// The id that was generated for a configured environment without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratedEnvironment {
    /// The account.
    pub account_id: Pfid,
    /// The index of the environment in the account's configuration; from [`DELETED`](GeneratedEnvironment::DELETED) on, a
    /// configured id whose environment was deleted.
    pub place: u64,
    /// The id.
    pub id: Pfid,
}

impl GeneratedEnvironment {
    /// The first place of configured ids whose environments were deleted. No configuration has so many environments.
    pub const DELETED: u64 = 1 << 32;

    /// Whether it is the id of an environment without a configured one.
    pub fn is_generated(&self) -> bool {
        self.place < GeneratedEnvironment::DELETED
    }
}

/// Accounts by id.
pub trait Accounts {
    /// The account of an id.
    fn account(&self, id: Pfid) -> Result<Option<AccountRow<'_>>, StoreError>;

    /// All accounts, in no particular order. Read once, when a registrar opens the store.
    fn accounts(&self) -> Result<Vec<AccountRow<'_>>, StoreError>;

    /// Adds an account whose id is free.
    fn insert_account(&mut self, row: &AccountRow<'_>) -> Result<(), StoreError>;

    /// Updates an account: its name, if there is a new one. Returns the updated row.
    fn update_account(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<AccountRow<'_>, StoreError>;

    /// Replaces the id state and the usage of an account. `updated_at` stays.
    fn set_account_state(
        &mut self,
        id: Pfid,
        ids: &IdState,
        usage: &Usage,
    ) -> Result<(), StoreError>;

    /// The ids that were generated for configured environments, in the order of insertion.
    fn generated_environments(&self) -> Result<Vec<GeneratedEnvironment>, StoreError>;

    /// Stores the id of a configured environment: one per account and place; the last one counts.
    fn keep_generated_environment(&mut self, row: &GeneratedEnvironment) -> Result<(), StoreError>;
}
