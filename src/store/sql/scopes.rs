//! Accounts and environments by row number: their ids are stored once in the database, in their own tables.

use super::Statement;
use super::host::SqlHost;
use super::scope_cache::EnvironmentScope;
use super::session::Session;
use super::statement::statements;
use super::value::{Row, Value};
use crate::model::pfid::Pfid;
use crate::store::{Kind, Located, StoreError};

statements! {
    after 0;
    ENVIRONMENT_BY_ID = "SELECT environment.number, environment.id, \
        account.number AS account, account.id AS account_id FROM object \
        JOIN environment ON environment.number = object.number JOIN account ON account.number = environment.account \
        WHERE object.id = ? AND object.kind = 1";
    ENVIRONMENT_BY_NUMBER = "SELECT environment.number, environment.id, \
        account.number AS account, account.id AS account_id FROM environment \
        JOIN account ON account.number = environment.account WHERE environment.number = ?";
    ACCOUNT_BY_NUMBER = "SELECT id FROM account WHERE number = ?";
    OBJECT = "SELECT kind, number, account, environment FROM object WHERE id = ?";
    HIGHEST_ID = "SELECT max(id) FROM object";
    INSERT_OBJECT = "INSERT INTO object (id, kind, number, account, environment) VALUES (?, ?, ?, ?, ?)";
    DELETE_OBJECT = "DELETE FROM object WHERE id = ?";
}

/// The location of an object: its kind, and its row in the table of the kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub(super) kind: i64,
    pub(super) number: i64,
    pub(super) account: i64,
    pub(super) environment: Option<i64>,
}

const CORRUPT: StoreError = StoreError::Corrupt("an object without its owner");

const KINDS: [Kind; 8] = [
    Kind::Account,
    Kind::Environment,
    Kind::Agent,
    Kind::AgentVersion,
    Kind::AgentSchemaVersion,
    Kind::AgentInstance,
    Kind::AgentSpan,
    Kind::ApiToken,
];

impl<H: SqlHost> Session<H> {
    fn environment_scope(
        &mut self,
        statement: Statement,
        value: Value<'_>,
    ) -> Result<Option<EnvironmentScope>, StoreError> {
        let rows = self.run(statement, &[value])?;
        if rows.is_empty() {
            return Ok(None);
        }
        let scope = EnvironmentScope::read(&mut rows.read())?;
        self.scopes.note(scope);
        Ok(Some(scope))
    }

    /// The environment of an id.
    pub(super) fn environment_by_id(
        &mut self,
        id: Pfid,
    ) -> Result<Option<EnvironmentScope>, StoreError> {
        match self.scopes.by_id(id) {
            Some(scope) => Ok(Some(scope)),
            None => self.environment_scope(ENVIRONMENT_BY_ID, id.into()),
        }
    }

    /// The environment with a row number that another record has.
    pub(super) fn environment_by_number(
        &mut self,
        number: i64,
    ) -> Result<EnvironmentScope, StoreError> {
        match self.scopes.by_number(number) {
            Some(scope) => Ok(scope),
            None => self
                .environment_scope(ENVIRONMENT_BY_NUMBER, number.into())?
                .ok_or(CORRUPT),
        }
    }

    /// The location of an id.
    pub(super) fn object(&mut self, id: Pfid) -> Result<Option<Object>, StoreError> {
        self.run(OBJECT, &[id.into()])?.first(|row| {
            Ok(Object {
                kind: row.number()?,
                number: row.number()?,
                account: row.number()?,
                environment: row.optional_number()?,
            })
        })
    }

    /// The location of an id of this kind.
    pub(super) fn object_of(&mut self, kind: Kind, id: Pfid) -> Result<Option<Object>, StoreError> {
        let object = self.object(id)?;
        Ok(object.filter(|object| object.kind == kind as i64))
    }

    /// Inserts the id of an object, and returns its row number, the next one of its table: `last` selects the highest one. The id
    /// must be free. The owners are row numbers; an account owns itself, and so does an environment.
    pub(super) fn insert_object(
        &mut self,
        last: Statement,
        kind: Kind,
        id: Pfid,
        account: Option<i64>,
        environment: Option<i64>,
    ) -> Result<i64, StoreError> {
        if self.is_taken(id)? {
            return Err(StoreError::Conflict("the id is taken"));
        }
        let place = match kind {
            // They share a table.
            Kind::AgentSchemaVersion => Kind::AgentVersion,
            kind => kind,
        } as usize;
        let highest = match self.highest[place] {
            Some(highest) => highest,
            None => self.number(last, &[])?.unwrap_or(0),
        };
        let number = highest + 1;
        let environment = match kind {
            Kind::Environment => Some(number),
            _ => environment,
        };
        let values = [
            id.into(),
            (kind as i64).into(),
            number.into(),
            account.unwrap_or(number).into(),
            environment.map_or(Value::Null, Value::Number),
        ];
        self.run(INSERT_OBJECT, &values)?;
        self.highest[place] = Some(number);
        Ok(number)
    }

    /// Whether an object has this id, which is about to be given to another one.
    ///
    /// PERF(durable): an id above all others is free. Generated ids begin with the time, so most creates need no look-up. A look-up is
    /// cheaper than `ON CONFLICT … RETURNING`, for which SQLite opens a temporary table.
    fn is_taken(&mut self, id: Pfid) -> Result<bool, StoreError> {
        let highest = match self.highest_id {
            Some(highest) => Some(highest),
            None => self
                .run(HIGHEST_ID, &[])?
                .first(Row::optional_id)?
                .flatten(),
        };
        let is_above = highest.is_none_or(|highest| highest < id);
        // If the insertion fails, this is still no lower than the highest one.
        self.highest_id = if is_above { Some(id) } else { highest };
        Ok(!is_above && self.object(id)?.is_some())
    }

    /// The row number of an account.
    pub(super) fn account_number(&mut self, id: Pfid) -> Result<Option<i64>, StoreError> {
        if let Some(number) = self.scopes.account(id) {
            return Ok(Some(number));
        }
        let account = self.object_of(Kind::Account, id)?;
        if let Some(account) = account {
            self.scopes.note_account(id, account.number);
        }
        Ok(account.map(|it| it.number))
    }

    /// Removes an id.
    pub(super) fn delete_object(&mut self, id: Pfid) -> Result<(), StoreError> {
        self.run(DELETE_OBJECT, &[id.into()]).map(drop)
    }

    /// The environment of an object that belongs to one.
    pub(super) fn scope_of(&mut self, object: &Object) -> Result<EnvironmentScope, StoreError> {
        self.environment_by_number(object.environment.ok_or(CORRUPT)?)
    }

    /// The id of the account with a row number.
    pub(super) fn account_id(&mut self, number: i64) -> Result<Pfid, StoreError> {
        let rows = self.run(ACCOUNT_BY_NUMBER, &[number.into()])?;
        rows.first(Row::id)?.ok_or(CORRUPT)
    }

    /// The kind and the owners of the object with an id.
    pub(super) fn locate(&mut self, id: Pfid) -> Result<Option<Located>, StoreError> {
        // PERF(durable): the environment of a create is in the cache.
        if let Some(scope) = self.scopes.by_id(id) {
            return Ok(Some(Located {
                kind: Kind::Environment,
                account_id: scope.account_id,
                environment_id: Some(id),
            }));
        }
        let Some(object) = self.object(id)? else {
            return Ok(None);
        };
        let place = usize::try_from(object.kind).map_err(|_| CORRUPT)?;
        let kind = *KINDS.get(place).ok_or(CORRUPT)?;
        Ok(Some(match object.environment {
            None => Located {
                kind,
                account_id: self.account_id(object.account)?,
                environment_id: None,
            },
            Some(number) => {
                let scope = self.environment_by_number(number)?;
                Located {
                    kind,
                    account_id: scope.account_id,
                    environment_id: Some(scope.id),
                }
            }
        }))
    }
}
