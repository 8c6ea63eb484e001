//! Agents in SQL.

use std::ops::ControlFlow;

use super::SqlStore;
use super::agent_table::{OF_ACCOUNT, OF_ENVIRONMENT};
use super::hints::{Key, SortKey};
use super::host::SqlHost;
use super::pages::List;
use super::scope_cache::EnvironmentScope;
use super::session::Session;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{
    AgentChange, AgentOrder, AgentQuery, AgentRow, AgentState, Agents, CountShift, StoreError,
};

const MISSING: StoreError = StoreError::Conflict("there is no such agent");

/// The index of an order in [`OF_ACCOUNT`] and [`OF_ENVIRONMENT`].
fn place(order: AgentOrder) -> usize {
    match order {
        AgentOrder::Id => 0,
        AgentOrder::Name => 1,
        AgentOrder::Status => 2,
        AgentOrder::InsertedAt => 3,
        AgentOrder::UpdatedAt => 4,
    }
}

/// The keys of an agent in the five orders.
fn keys(row: &AgentRow<'_>) -> [Key; 5] {
    let phase = match (row.retired, row.counts.total()) {
        (true, _) => 2,
        (false, 0) => 0,
        (false, _) => 1,
    };
    let idle = row.last_activity.map_or(i64::MAX, |at| -at.micros());
    [
        SortKey::Id,
        SortKey::Text((&*row.name).into()),
        SortKey::Status(phase, idle),
        SortKey::Wide(row.inserted_at.micros()),
        SortKey::Wide(row.updated_at.micros()),
    ]
    .map(|sort| Key { sort, id: row.id })
}

impl<H: SqlHost> Session<H> {
    /// Updates the hints after an agent was added, removed or changed its position, and its row was written.
    fn shift_agent(
        &mut self,
        number: i64,
        scope: &EnvironmentScope,
        old: Option<&AgentRow<'_>>,
        new: Option<&AgentRow<'_>>,
    ) -> Result<(), StoreError> {
        let is_counted = number <= self.highest_counted()? || self.is_in_run(number);
        if self.hints.is_empty() && !is_counted {
            return Ok(());
        }
        let (old, new) = (old.map(keys), new.map(keys));
        self.change_recent(number, new.as_ref());
        self.shift_buckets(number, scope, old.as_ref(), new.as_ref())?;
        for (orders, parent) in [
            (&OF_ACCOUNT, scope.account),
            (&OF_ENVIRONMENT, scope.number),
        ] {
            for (place, order) in orders.iter().enumerate() {
                let [old, new] = [&old, &new].map(|keys| keys.as_ref().map(|it| &it[place]));
                self.hints.shift(order.number, parent, old, new);
            }
        }
        Ok(())
    }

    /// Removes a deleted environment from the caches and the hints.
    pub(super) fn forget_environment(&mut self, id: Pfid, number: i64) -> Result<(), StoreError> {
        self.scopes.forget(id);
        for order in &OF_ENVIRONMENT {
            self.hints.drop_list(order.number, number);
        }
        self.remove_buckets(number)
    }
}

impl<H: SqlHost> Agents for SqlStore<H> {
    fn agent(&self, id: Pfid) -> Result<Option<AgentRow<'_>>, StoreError> {
        let agent = self.session.borrow_mut().select_agent(id)?;
        Ok(agent.map(|agent| agent.row))
    }

    fn agent_state(&self, id: Pfid) -> Result<Option<AgentState>, StoreError> {
        let agent = self.session.borrow_mut().select_agent_briefly(id)?;
        Ok(agent.map(|agent| agent.row.into()))
    }

    fn insert_agent(&mut self, row: &AgentRow<'_>) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let scope = session.environment_by_id(row.environment_id)?;
            let scope = scope.ok_or(StoreError::Conflict("there is no such environment"))?;
            let number = session.insert_agent(&scope, row)?;
            session.count_agent(&scope, 1)?;
            session.shift_agent(number, &scope, None, Some(row))?;
            session.count_recent_agents(number)
        })
    }

    fn update_agent(&mut self, id: Pfid, change: &AgentChange<'_>) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let agent = session.select_agent_briefly(id)?.ok_or(MISSING)?;
            let mut row = agent.row.clone();
            row.apply(change);
            session.update_agent(agent.number, &row)?;
            if let Some(description) = change.description {
                session.describe_agent(agent.number, description)?;
            }
            session.shift_agent(agent.number, &agent.scope, Some(&agent.row), Some(&row))
        })
    }

    fn record_activity(
        &mut self,
        id: Pfid,
        shift: CountShift,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let agent = session.select_agent_briefly(id)?.ok_or(MISSING)?;
            let mut row = agent.row.clone();
            shift.apply(&mut row.counts);
            row.last_activity = row.last_activity.max(Some(at));
            session.update_agent_activity(agent.number, &row)?;
            session.shift_agent(agent.number, &agent.scope, Some(&agent.row), Some(&row))
        })
    }

    fn delete_agent(&mut self, id: Pfid) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let agent = session.select_agent_briefly(id)?.ok_or(MISSING)?;
            if session.totals(id)?.is_some_and(|it| it.has_dependents()) {
                return Err(StoreError::Conflict("the agent has versions or instances"));
            }
            session.delete_totals(agent.number)?;
            session.delete_agent(agent.number)?;
            session.delete_object(id)?;
            session.count_agent(&agent.scope, -1)?;
            session.shift_agent(agent.number, &agent.scope, Some(&agent.row), None)
        })
    }

    fn count_agents(
        &self,
        account_id: Pfid,
        environment_id: Option<Pfid>,
    ) -> Result<u64, StoreError> {
        let mut session = self.session.borrow_mut();
        let counted = match environment_id {
            Some(id) => session.environment_agents(id)?,
            None => session.account_agents(account_id)?,
        };
        Ok(counted.map_or(0, |(_, agents)| agents))
    }

    fn list_agents(
        &mut self,
        query: &AgentQuery,
        each: &mut dyn FnMut(&AgentRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let session = self.session.get_mut();
        let (orders, counted) = match query.environment_id {
            Some(id) => (&OF_ENVIRONMENT, session.environment_agents(id)?),
            None => (&OF_ACCOUNT, session.account_agents(query.account_id)?),
        };
        let Some((parent, total)) = counted else {
            return Ok(0);
        };
        let list = List {
            order: &orders[place(query.order)],
            parent,
            values: &[parent.into()],
            total,
        };
        let rows = session.page(&list, &query.page)?;
        let mut row = rows.read();
        while row.has_more() {
            if each(&session.read_agent(&mut row)?.row).is_break() {
                break;
            }
        }
        Ok(total)
    }
}
