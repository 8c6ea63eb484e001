//! Environments in SQL.

use std::borrow::Cow;

use super::SqlStore;
use super::chunks::owned;
use super::host::SqlHost;
use super::migration::Change;
use super::scope_cache::EnvironmentScope;
use super::session::Session;
use super::statement::{statements, wide, wide_mark};
use super::value::Row;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{EnvironmentRow, Environments, Kind, StoreError};

macro_rules! columns {
    () => {
        concat!(
            "environment.id, (SELECT id FROM account WHERE account.number = environment.account), environment.name, ",
            wide!("environment.inserted_at"),
            ", ",
            wide!("environment.updated_at")
        )
    };
}

statements! {
    after super::accounts::END;
    CREATE = "CREATE TABLE environment (number INTEGER PRIMARY KEY, id BLOB NOT NULL CHECK (length(id) = 20), \
        account INTEGER NOT NULL REFERENCES account (number), name TEXT NOT NULL, inserted_at INTEGER NOT NULL, \
        updated_at INTEGER NOT NULL, agents INTEGER NOT NULL DEFAULT 0 CHECK (agents >= 0)) STRICT";
    CREATE_INDEX = "CREATE INDEX environment_account ON environment (account)";
    CLEAR = "DELETE FROM environment";
    SELECT = concat!(
        "SELECT ", columns!(), " FROM object JOIN environment ON environment.number = object.number \
        WHERE object.id = ? AND object.kind = 1"
    );
    SELECT_OF_ACCOUNT = concat!(
        "SELECT ", columns!(), " FROM environment WHERE account = ? ORDER BY number"
    );
    LAST = "SELECT ifnull(max(number), 0) FROM environment";
    INSERT = concat!(
        "INSERT INTO environment (number, id, account, name, inserted_at, updated_at) VALUES (?, ?, ?, ?, ",
        wide_mark!(), ", ", wide_mark!(), ")"
    );
    UPDATE = concat!(
        "UPDATE environment SET name = ifnull(?, name), updated_at = ", wide_mark!(),
        " WHERE number = (SELECT number FROM object WHERE id = ? AND kind = 1) RETURNING ", columns!()
    );
    DELETE = "DELETE FROM environment WHERE number = ?";
    COUNT = "UPDATE environment SET agents = agents + ? WHERE number = ?";
    AGENTS = "SELECT environment.number, environment.agents FROM object \
        JOIN environment ON environment.number = object.number WHERE object.id = ? AND object.kind = 1";
}

pub(super) const CHANGES: &[Change] = &[Change::new(1, CREATE), Change::new(1, CREATE_INDEX)];

const MISSING: &str = "there is no such environment";

fn read(row: &mut Row<'_>) -> Result<EnvironmentRow<'static>, StoreError> {
    Ok(EnvironmentRow {
        id: row.id()?,
        account_id: row.id()?,
        name: owned(Cow::Borrowed(row.text()?)),
        inserted_at: row.moment()?,
        updated_at: row.moment()?,
    })
}

impl<H: SqlHost> Session<H> {
    /// Changes the number of agents of an environment, by row number.
    pub(super) fn write_agents(&mut self, environment: i64, by: i64) -> Result<(), StoreError> {
        self.run(COUNT, &[by.into(), environment.into()]).map(drop)
    }

    /// Changes the number of agents of an environment, and so of its account, by one.
    pub(super) fn count_agent(
        &mut self,
        scope: &EnvironmentScope,
        by: i64,
    ) -> Result<(), StoreError> {
        self.shift_agents(scope.number, by)?;
        self.scopes.shift_agents(scope.account, by);
        Ok(())
    }

    /// The row number of an environment, and the number of its agents.
    pub(super) fn environment_agents(
        &mut self,
        id: Pfid,
    ) -> Result<Option<(i64, u64)>, StoreError> {
        self.write_group()?;
        let rows = self.run(AGENTS, &[id.into()])?;
        rows.first(|row| Ok((row.number()?, row.count()?)))
    }
}

impl<H: SqlHost> Environments for SqlStore<H> {
    fn environment(&self, id: Pfid) -> Result<Option<EnvironmentRow<'_>>, StoreError> {
        let rows = self.session.borrow_mut().run(SELECT, &[id.into()])?;
        rows.first(read)
    }

    fn environments(&self, account_id: Pfid) -> Result<Vec<EnvironmentRow<'_>>, StoreError> {
        let mut session = self.session.borrow_mut();
        let Some(account) = session.object_of(Kind::Account, account_id)? else {
            return Ok(Vec::new());
        };
        let rows = session.run(SELECT_OF_ACCOUNT, &[account.number.into()])?;
        rows.all(read)
    }

    fn insert_environment(&mut self, row: &EnvironmentRow<'_>) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let account = session.object_of(Kind::Account, row.account_id)?;
            let account = account.ok_or(StoreError::Conflict("there is no such account"))?;
            let owner = Some(account.number);
            let number = session.insert_object(LAST, Kind::Environment, row.id, owner, None)?;
            let values = [
                number.into(),
                row.id.into(),
                account.number.into(),
                (&*row.name).into(),
                row.inserted_at.into(),
                row.updated_at.into(),
            ];
            session.run(INSERT, &values).map(drop)
        })
    }

    fn update_environment(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<EnvironmentRow<'_>, StoreError> {
        self.session.get_mut().write(|session| {
            let rows = session.run(UPDATE, &[name.into(), updated_at.into(), id.into()])?;
            rows.first(read)?.ok_or_else(|| session.refuse(MISSING))
        })
    }

    fn delete_environment(&mut self, id: Pfid) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let found = session.environment_agents(id)?;
            let (number, agents) = found.ok_or(StoreError::Conflict(MISSING))?;
            if agents > 0 {
                return Err(StoreError::Conflict("the environment has agents"));
            }
            session.run(DELETE, &[number.into()])?;
            session.delete_object(id)?;
            session.forget_environment(id, number)
        })
    }
}
