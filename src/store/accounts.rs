//! What a store knows of accounts, and of the ids that are made in them.

use std::borrow::Cow;

use super::StoreError;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow<'a> {
    /// Its id; the partition of all its ids is that of this one.
    pub id: Pfid,
    /// Its name.
    pub name: Cow<'a, str>,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// What its next id is made from.
    pub ids: IdState,
}

/// What the next id of an account is made from. A registrar that starts again on the same store goes on from it, so that
/// no id is made twice and ids never fall back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdState {
    /// The last id that was made for the account.
    pub last_id: Option<Pfid>,
    /// The highest id that a caller chose in it: no fresh id above it can be taken.
    pub highest_chosen_id: Option<Pfid>,
    /// How far the registrar's random stream had come after `last_id`, in words of 32 bits. One stream serves all
    /// accounts: it continues from the highest position.
    pub random_position: u64,
}

/// The id that was made for a configured environment without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratedEnvironment {
    /// The account.
    pub account_id: Pfid,
    /// Which of the account's configured environments it is, counted from 0.
    pub place: u64,
    /// The id.
    pub id: Pfid,
}

/// Accounts by id.
pub trait Accounts {
    /// The account of an id.
    fn account(&self, id: Pfid) -> Result<Option<AccountRow<'_>>, StoreError>;

    /// All accounts, in no particular order. Read once, when a registrar opens the store.
    fn accounts(&self) -> Result<Vec<AccountRow<'_>>, StoreError>;

    /// Adds an account whose id is free.
    fn insert_account(&mut self, row: &AccountRow<'_>) -> Result<(), StoreError>;

    /// Changes an account: its name, where there is a new one. Gives the changed row.
    fn update_account(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<AccountRow<'_>, StoreError>;

    /// Replaces what an account's next id is made from. It is no change of the account.
    fn set_id_state(&mut self, id: Pfid, ids: &IdState) -> Result<(), StoreError>;

    /// The ids that were made for configured environments, in the order of their keeping.
    fn generated_environments(&self) -> Result<Vec<GeneratedEnvironment>, StoreError>;

    /// Keeps the id made for a configured environment: one for each account and place, the last one given.
    fn keep_generated_environment(&mut self, row: &GeneratedEnvironment) -> Result<(), StoreError>;
}
