//! Accounts in SQL.

use std::borrow::Cow;

use super::SqlStore;
use super::chunks::owned;
use super::host::SqlHost;
use super::migration::Change;
use super::session::Session;
use super::statement::{statements, wide, wide_mark};
use super::value::{Row, Value};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{AccountRow, Accounts, GeneratedEnvironment, IdState, Kind, StoreError, Usage};

macro_rules! columns {
    () => {
        concat!(
            "account.id, account.name, ",
            wide!("account.inserted_at"),
            ", ",
            wide!("account.updated_at"),
            ", account.last_id, account.highest_chosen_id, account.random_position, account.records, account.bytes"
        )
    };
}

statements! {
    after super::chunks::END;
    CREATE = "CREATE TABLE account (number INTEGER PRIMARY KEY, id BLOB NOT NULL CHECK (length(id) = 20), \
        name TEXT NOT NULL, inserted_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, \
        last_id BLOB CHECK (length(last_id) = 20), highest_chosen_id BLOB CHECK (length(highest_chosen_id) = 20), \
        random_position BLOB NOT NULL CHECK (length(random_position) = 8), \
        agents INTEGER NOT NULL DEFAULT 0 CHECK (agents >= 0)) STRICT";
    CREATE_GENERATED = "CREATE TABLE generated_environment (number INTEGER PRIMARY KEY, \
        account_id BLOB NOT NULL CHECK (length(account_id) = 20), place INTEGER NOT NULL CHECK (place >= 0), \
        id BLOB NOT NULL CHECK (length(id) = 20), UNIQUE (account_id, place)) STRICT";
    CLEAR = "DELETE FROM account";
    CLEAR_GENERATED = "DELETE FROM generated_environment";
    SELECT = concat!(
        "SELECT ", columns!(), " FROM object JOIN account ON account.number = object.number \
        WHERE object.id = ? AND object.kind = 0"
    );
    SELECT_ALL = concat!("SELECT ", columns!(), " FROM account ORDER BY number");
    LAST = "SELECT ifnull(max(number), 0) FROM account";
    INSERT = concat!(
        "INSERT INTO account (number, id, name, inserted_at, updated_at, last_id, highest_chosen_id, random_position, \
        records, bytes) VALUES (?, ?, ?, ", wide_mark!(), ", ", wide_mark!(), ", ?, ?, ?, ?, ?)"
    );
    UPDATE = concat!(
        "UPDATE account SET name = ifnull(?, name), updated_at = ", wide_mark!(),
        " WHERE number = (SELECT number FROM object WHERE id = ? AND kind = 0) RETURNING ", columns!()
    );
    SET_STATE = "UPDATE account SET last_id = ?, highest_chosen_id = ?, random_position = ?, records = ?, bytes = ? \
        WHERE number = ?";
    // Its environments count the same: one statement less in each creation.
    DROP_AGENTS = "ALTER TABLE account DROP COLUMN agents";
    AGENTS = "SELECT ifnull(sum(agents), 0) FROM environment WHERE account = ?";
    GENERATED = "SELECT account_id, place, id FROM generated_environment ORDER BY number";
    KEEP_GENERATED = "INSERT INTO generated_environment (account_id, place, id) VALUES (?, ?, ?) \
        ON CONFLICT (account_id, place) DO UPDATE SET id = excluded.id";
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(1, CREATE),
    Change::new(1, CREATE_GENERATED),
    Change::new(3, DROP_AGENTS),
];

const MISSING: &str = "there is no such account";

/// A count. No database holds 2^53 of anything.
fn number_of(count: u64) -> Value<'static> {
    Value::Number(i64::try_from(count).unwrap_or(i64::MAX).min(MOST))
}

/// The highest number that crosses to the host exactly.
const MOST: i64 = (1 << 53) - 1;

fn read(row: &mut Row<'_>) -> Result<AccountRow<'static>, StoreError> {
    Ok(AccountRow {
        id: row.id()?,
        name: owned(Cow::Borrowed(row.text()?)),
        inserted_at: row.moment()?,
        updated_at: row.moment()?,
        ids: IdState {
            last_id: row.optional_id()?,
            highest_chosen_id: row.optional_id()?,
            random_position: u64::from_be_bytes(row.array()?),
        },
        usage: Usage {
            records: row.count()?,
            bytes: row.count()?,
        },
    })
}

impl<H: SqlHost> Session<H> {
    /// Writes the id state and the usage of an account, by row number.
    pub(super) fn write_state(
        &mut self,
        account: i64,
        ids: &IdState,
        usage: &Usage,
    ) -> Result<(), StoreError> {
        let position = ids.random_position.to_be_bytes();
        let values = [
            ids.last_id.into(),
            ids.highest_chosen_id.into(),
            Value::Blob(&position),
            number_of(usage.records),
            number_of(usage.bytes),
            account.into(),
        ];
        self.run(SET_STATE, &values).map(drop)
    }

    /// The row number of an account, and the number of its agents: the sum over its environments.
    ///
    /// PERF(durable): the sum is kept in memory, because an account may have many environments.
    pub(super) fn account_agents(&mut self, id: Pfid) -> Result<Option<(i64, u64)>, StoreError> {
        let Some(account) = self.account_number(id)? else {
            return Ok(None);
        };
        if let Some(agents) = self.scopes.agents(account) {
            return Ok(Some((account, agents)));
        }
        self.write_group()?;
        let rows = self.run(AGENTS, &[account.into()])?;
        let agents = rows.first(Row::count)?.unwrap_or(0);
        self.scopes.note_agents(account, agents);
        Ok(Some((account, agents)))
    }
}

impl<H: SqlHost> Accounts for SqlStore<H> {
    fn account(&self, id: Pfid) -> Result<Option<AccountRow<'_>>, StoreError> {
        let mut session = self.session.borrow_mut();
        session.write_group()?;
        let rows = session.run(SELECT, &[id.into()])?;
        rows.first(read)
    }

    fn accounts(&self) -> Result<Vec<AccountRow<'_>>, StoreError> {
        let mut session = self.session.borrow_mut();
        session.write_group()?;
        let rows = session.run(SELECT_ALL, &[])?;
        rows.all(read)
    }

    fn insert_account(&mut self, row: &AccountRow<'_>) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let number = session.insert_object(LAST, Kind::Account, row.id, None, None)?;
            let position = row.ids.random_position.to_be_bytes();
            let values = [
                number.into(),
                row.id.into(),
                (&*row.name).into(),
                row.inserted_at.into(),
                row.updated_at.into(),
                row.ids.last_id.into(),
                row.ids.highest_chosen_id.into(),
                Value::Blob(&position),
                number_of(row.usage.records),
                number_of(row.usage.bytes),
            ];
            session.run(INSERT, &values).map(drop)
        })
    }

    fn update_account(
        &mut self,
        id: Pfid,
        name: Option<&str>,
        updated_at: Timestamp,
    ) -> Result<AccountRow<'_>, StoreError> {
        self.session.get_mut().write(|session| {
            session.write_group()?;
            let rows = session.run(UPDATE, &[name.into(), updated_at.into(), id.into()])?;
            rows.first(read)?.ok_or_else(|| session.refuse(MISSING))
        })
    }

    fn set_account_state(
        &mut self,
        id: Pfid,
        ids: &IdState,
        usage: &Usage,
    ) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let account = session.account_number(id)?;
            let account = account.ok_or(StoreError::Conflict(MISSING))?;
            session.replace_state(account, ids, usage)
        })
    }

    fn generated_environments(&self) -> Result<Vec<GeneratedEnvironment>, StoreError> {
        let rows = self.session.borrow_mut().run(GENERATED, &[])?;
        let mut row = rows.read();
        let mut generated = Vec::new();
        while row.has_more() {
            generated.push(GeneratedEnvironment {
                account_id: row.id()?,
                place: row.count()?,
                id: row.id()?,
            });
        }
        Ok(generated)
    }

    fn keep_generated_environment(&mut self, row: &GeneratedEnvironment) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let place = i64::try_from(row.place)
                .map_err(|_| StoreError::Conflict("the place of an environment is too high"))?;
            let values = [row.account_id.into(), place.into(), row.id.into()];
            session.run(KEEP_GENERATED, &values).map(drop)
        })
    }
}
