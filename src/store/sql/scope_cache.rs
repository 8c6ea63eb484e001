//! A cache of environments and their accounts, by row number and by id, and of the numbers of agents of accounts.

use std::collections::BTreeMap;

use super::value::Row;
use crate::model::pfid::Pfid;
use crate::store::{Ownership, StoreError};

/// The most environments in the cache, more than most accounts have. At the limit the cache is emptied.
const MOST: usize = 4096;

/// An environment and its account, by row number and by id.
#[derive(Clone, Copy, Debug)]
pub(super) struct EnvironmentScope {
    pub(super) number: i64,
    pub(super) id: Pfid,
    pub(super) account: i64,
    pub(super) account_id: Pfid,
}

impl EnvironmentScope {
    /// The owner of the dependents of an agent in this environment.
    pub(super) fn owner(&self, agent_id: Pfid) -> Ownership {
        Ownership {
            account_id: self.account_id,
            environment_id: self.id,
            agent_id,
        }
    }

    pub(super) fn read(row: &mut Row<'_>) -> Result<EnvironmentScope, StoreError> {
        Ok(EnvironmentScope {
            number: row.number()?,
            id: row.id()?,
            account: row.number()?,
            account_id: row.id()?,
        })
    }
}

/// A cache of environments and accounts.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    by_id: BTreeMap<Pfid, EnvironmentScope>,
    by_number: BTreeMap<i64, EnvironmentScope>,
    /// The row numbers of accounts.
    accounts: BTreeMap<Pfid, i64>,
    /// The numbers of agents, by the row numbers of accounts.
    agents: BTreeMap<i64, u64>,
}

impl Scopes {
    /// Adds an environment.
    pub(super) fn note(&mut self, scope: EnvironmentScope) {
        if self.by_id.len() >= MOST {
            *self = Scopes::default();
        }
        self.note_account(scope.account_id, scope.account);
        self.by_id.insert(scope.id, scope);
        self.by_number.insert(scope.number, scope);
    }

    /// Adds the row number of an account.
    pub(super) fn note_account(&mut self, id: Pfid, number: i64) {
        if self.accounts.len() >= MOST {
            self.accounts.clear();
        }
        self.accounts.insert(id, number);
    }

    /// The row number of an account, if it is in the cache.
    pub(super) fn account(&self, id: Pfid) -> Option<i64> {
        self.accounts.get(&id).copied()
    }

    /// The number of agents of an account, if it is in the cache.
    pub(super) fn agents(&self, account: i64) -> Option<u64> {
        self.agents.get(&account).copied()
    }

    /// Adds the number of agents of an account.
    pub(super) fn note_agents(&mut self, account: i64, agents: u64) {
        if self.agents.len() >= MOST {
            self.agents.clear();
        }
        self.agents.insert(account, agents);
    }

    /// Changes the number of agents of an account, if it is in the cache.
    pub(super) fn shift_agents(&mut self, account: i64, by: i64) {
        if let Some(agents) = self.agents.get_mut(&account) {
            *agents = agents.saturating_add_signed(by);
        }
    }

    /// Removes a deleted environment from the cache, because its row number may be reused.
    pub(super) fn forget(&mut self, id: Pfid) {
        if let Some(scope) = self.by_id.remove(&id) {
            self.by_number.remove(&scope.number);
        }
    }

    /// The environment with an id, if it is in the cache.
    pub(super) fn by_id(&self, id: Pfid) -> Option<EnvironmentScope> {
        self.by_id.get(&id).copied()
    }

    /// The environment with a row number, if it is in the cache.
    pub(super) fn by_number(&self, number: i64) -> Option<EnvironmentScope> {
        self.by_number.get(&number).copied()
    }
}
