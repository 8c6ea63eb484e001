//! API tokens in SQL.

use std::borrow::Cow;

use super::SqlStore;
use super::chunks::owned;
use super::host::SqlHost;
use super::migration::Change;
use super::statement::{statements, wide, wide_mark};
use super::value::{Row, Value};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;
use crate::store::{ApiTokenRow, ApiTokens, Kind, StoreError, TokenDigest};

macro_rules! columns {
    () => {
        concat!(
            "api_token.id, (SELECT id FROM account WHERE account.number = api_token.account), api_token.environment_id, \
            api_token.digest, api_token.name, api_token.state, ",
            wide!("api_token.expires_at"),
            ", ",
            wide!("api_token.last_used_at"),
            ", ",
            wide!("api_token.inserted_at"),
            ", ",
            wide!("api_token.updated_at")
        )
    };
}

statements! {
    after super::answers::END;
    CREATE = "CREATE TABLE api_token (number INTEGER PRIMARY KEY, id BLOB NOT NULL CHECK (length(id) = 20), \
        account INTEGER NOT NULL REFERENCES account (number), environment_id BLOB CHECK (length(environment_id) = 20), \
        digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32), name TEXT, \
        state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2), expires_at INTEGER, last_used_at INTEGER, \
        inserted_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT";
    CREATE_INDEX = "CREATE INDEX api_token_account ON api_token (account)";
    CREATE_VOID = "CREATE TABLE void_token (digest BLOB PRIMARY KEY CHECK (length(digest) = 32)) STRICT, WITHOUT ROWID";
    CREATE_SECRET = "CREATE TABLE token_secret (number INTEGER PRIMARY KEY CHECK (number = 1), \
        secret BLOB NOT NULL CHECK (length(secret) = 32)) STRICT";
    CLEAR = "DELETE FROM api_token";
    CLEAR_VOID = "DELETE FROM void_token";
    CLEAR_SECRET = "DELETE FROM token_secret";
    SELECT = concat!(
        "SELECT ", columns!(), " FROM object JOIN api_token ON api_token.number = object.number \
        WHERE object.id = ? AND object.kind = 7"
    );
    SELECT_OF_DIGEST = concat!("SELECT ", columns!(), " FROM api_token WHERE digest = ?");
    SELECT_OF_ACCOUNT = concat!("SELECT ", columns!(), " FROM api_token WHERE account = ? ORDER BY number");
    ANY = "SELECT number FROM api_token LIMIT 1";
    LAST = "SELECT ifnull(max(number), 0) FROM api_token";
    INSERT = concat!(
        "INSERT INTO api_token (number, id, account, environment_id, digest, name, state, expires_at, last_used_at, \
        inserted_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ",
        wide_mark!(), ", ", wide_mark!(), ", ", wide_mark!(), ", ", wide_mark!(), ")"
    );
    UPDATE = concat!(
        "UPDATE api_token SET state = ?, updated_at = ", wide_mark!(),
        " WHERE number = (SELECT number FROM object WHERE id = ? AND kind = 7) RETURNING ", columns!()
    );
    NOTE_USE = concat!(
        "UPDATE api_token SET last_used_at = ", wide_mark!(),
        " WHERE number = (SELECT number FROM object WHERE id = ? AND kind = 7) RETURNING number"
    );
    DELETE = "DELETE FROM api_token WHERE number = ?";
    IS_VOID = "SELECT digest FROM void_token WHERE digest = ?";
    VOID = "INSERT INTO void_token (digest) VALUES (?) ON CONFLICT (digest) DO NOTHING";
    SECRET = "SELECT secret FROM token_secret WHERE number = 1";
    KEEP_SECRET = "INSERT INTO token_secret (number, secret) VALUES (1, ?) \
        ON CONFLICT (number) DO UPDATE SET secret = excluded.secret";
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(1, CREATE),
    Change::new(1, CREATE_INDEX),
    Change::new(1, CREATE_VOID),
    Change::new(1, CREATE_SECRET),
];

const MISSING: &str = "there is no such API token";
const UNREADABLE: StoreError = StoreError::Corrupt("an API token");

fn read(row: &mut Row<'_>) -> Result<ApiTokenRow<'static>, StoreError> {
    Ok(ApiTokenRow {
        id: row.id()?,
        account_id: row.id()?,
        environment_id: row.optional_id()?,
        digest: row.array()?,
        name: row.optional_text()?.map(|it| owned(Cow::Borrowed(it))),
        state: {
            let place = usize::try_from(row.number()?).map_err(|_| UNREADABLE)?;
            *TokenState::ALL.get(place).ok_or(UNREADABLE)?
        },
        expires_at: row.optional_moment()?,
        last_used_at: row.optional_moment()?,
        inserted_at: row.moment()?,
        updated_at: row.moment()?,
    })
}

impl<H: SqlHost> ApiTokens for SqlStore<H> {
    fn api_token(&self, id: Pfid) -> Result<Option<ApiTokenRow<'_>>, StoreError> {
        let rows = self.session.borrow_mut().run(SELECT, &[id.into()])?;
        rows.first(read)
    }

    fn api_token_of_digest(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<ApiTokenRow<'_>>, StoreError> {
        let mut session = self.session.borrow_mut();
        let rows = session.run(SELECT_OF_DIGEST, &[Value::Blob(digest)])?;
        rows.first(read)
    }

    fn api_tokens(&self, account_id: Pfid) -> Result<Vec<ApiTokenRow<'_>>, StoreError> {
        let mut session = self.session.borrow_mut();
        let Some(account) = session.object_of(Kind::Account, account_id)? else {
            return Ok(Vec::new());
        };
        let rows = session.run(SELECT_OF_ACCOUNT, &[account.number.into()])?;
        rows.all(read)
    }

    fn has_api_tokens(&self) -> Result<bool, StoreError> {
        let rows = self.session.borrow_mut().run(ANY, &[])?;
        Ok(!rows.is_empty())
    }

    fn insert_api_token(&mut self, row: &ApiTokenRow<'_>) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let account = session.object_of(Kind::Account, row.account_id)?;
            let account = account.ok_or(StoreError::Conflict("there is no such account"))?;
            let taken = session.run(SELECT_OF_DIGEST, &[Value::Blob(&row.digest)])?;
            if !taken.is_empty() {
                return Err(StoreError::Conflict("the digest is taken"));
            }
            let owner = Some(account.number);
            let number = session.insert_object(LAST, Kind::ApiToken, row.id, owner, None)?;
            let values = [
                number.into(),
                row.id.into(),
                account.number.into(),
                row.environment_id.into(),
                Value::Blob(&row.digest),
                row.name.as_deref().into(),
                (row.state as i64).into(),
                row.expires_at.into(),
                row.last_used_at.into(),
                row.inserted_at.into(),
                row.updated_at.into(),
            ];
            session.run(INSERT, &values).map(drop)
        })
    }

    fn update_api_token(
        &mut self,
        id: Pfid,
        state: TokenState,
        updated_at: Timestamp,
    ) -> Result<ApiTokenRow<'_>, StoreError> {
        self.session.get_mut().write(|session| {
            let values = [(state as i64).into(), updated_at.into(), id.into()];
            let rows = session.run(UPDATE, &values)?;
            rows.first(read)?.ok_or_else(|| session.refuse(MISSING))
        })
    }

    fn note_api_token_use(&mut self, id: Pfid, hour: Timestamp) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            match session.number(NOTE_USE, &[hour.into(), id.into()])? {
                None => Err(session.refuse(MISSING)),
                Some(_) => Ok(()),
            }
        })
    }

    fn delete_api_token(&mut self, id: Pfid) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let object = session.object_of(Kind::ApiToken, id)?;
            let object = object.ok_or(StoreError::Conflict(MISSING))?;
            session.run(DELETE, &[object.number.into()])?;
            session.delete_object(id)
        })
    }

    fn is_void_token(&self, digest: &TokenDigest) -> Result<bool, StoreError> {
        let mut session = self.session.borrow_mut();
        Ok(!session.run(IS_VOID, &[Value::Blob(digest)])?.is_empty())
    }

    fn void_token(&mut self, digest: &TokenDigest) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.run(VOID, &[Value::Blob(digest)]).map(drop))
    }

    fn token_secret(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let rows = self.session.borrow_mut().run(SECRET, &[])?;
        match rows.is_empty() {
            true => Ok(None),
            false => rows.read().array().map(Some),
        }
    }

    fn keep_token_secret(&mut self, secret: &[u8; 32]) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.run(KEEP_SECRET, &[Value::Blob(secret)]).map(drop))
    }
}
