//! Long texts: split into chunks, because a database may refuse long values, and so that a row stays short.

use std::borrow::Cow;

use super::host::SqlHost;
use super::migration::Change;
use super::session::Session;
use super::statement::statements;
use super::value::{Row, Value};
use crate::store::StoreError;

/// The longest text that stays in its own row, in bytes.
const INLINE: usize = 16 * 1024;
/// The longest chunk, in bytes: below what a Durable Object takes as one value (2 MB).
const CHUNK: usize = 512 * 1024;

statements! {
    after super::migration::END;
    CREATE = "CREATE TABLE chunk (number INTEGER PRIMARY KEY, part INTEGER NOT NULL, owner INTEGER NOT NULL, \
        place INTEGER NOT NULL CHECK (place >= 0), data BLOB NOT NULL CHECK (length(data) <= 524288), \
        UNIQUE (part, owner, place)) STRICT";
    CLEAR = "DELETE FROM chunk";
    INSERT = "INSERT INTO chunk (part, owner, place, data) VALUES (?, ?, ?, ?)";
    SELECT = "SELECT data FROM chunk WHERE part = ? AND owner = ? ORDER BY place";
    DELETE = "DELETE FROM chunk WHERE part = ? AND owner = ?";
}

pub(super) const CHANGES: &[Change] = &[Change::new(1, CREATE)];

/// The part of a chunk: which text of which kind of record it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Payload = 0,
    ResultPayload = 1,
    Answer = 2,
    /// The first of four.
    Schema = 3,
}

/// A text in its row: inline, or as a number of chunks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Long<'t> {
    pub(super) inline: Option<&'t [u8]>,
    pub(super) chunks: i64,
}

impl<'t> Long<'t> {
    /// The form in which a text is stored.
    pub(super) fn of(text: Option<&'t [u8]>) -> Long<'t> {
        match text {
            Some(text) if text.len() > INLINE => Long {
                inline: None,
                chunks: text.len().div_ceil(CHUNK) as i64,
            },
            inline => Long { inline, chunks: 0 },
        }
    }

    /// The values of its two columns.
    pub(super) fn values(&self) -> [Value<'t>; 2] {
        [
            self.inline.map_or(Value::Null, Value::Blob),
            Value::Number(self.chunks),
        ]
    }

    /// Reads its two columns.
    pub(super) fn read(row: &mut Row<'t>) -> Result<Long<'t>, StoreError> {
        Ok(Long {
            inline: row.optional_blob()?,
            chunks: row.number()?,
        })
    }
}

impl<H: SqlHost> Session<H> {
    /// Writes the chunks of a text that is too long for its row.
    pub(super) fn save_long(
        &mut self,
        part: i64,
        owner: i64,
        text: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let Some(text) = text.filter(|text| text.len() > INLINE) else {
            return Ok(());
        };
        for (place, chunk) in (0_i64..).zip(text.chunks(CHUNK)) {
            let values = [part.into(), owner.into(), place.into(), chunk.into()];
            self.run(INSERT, &values)?;
        }
        Ok(())
    }

    /// Removes the chunks of a text.
    pub(super) fn delete_long(&mut self, part: i64, owner: i64) -> Result<(), StoreError> {
        self.run(DELETE, &[part.into(), owner.into()]).map(drop)
    }

    /// The bytes of a text.
    pub(super) fn load_long<'t>(
        &mut self,
        part: i64,
        owner: i64,
        long: Long<'t>,
    ) -> Result<Option<Cow<'t, [u8]>>, StoreError> {
        if long.chunks == 0 {
            return Ok(long.inline.map(Cow::Borrowed));
        }
        let rows = self.run(SELECT, &[part.into(), owner.into()])?;
        let mut row = rows.read();
        let mut bytes = Vec::new();
        let mut chunks = 0;
        while row.has_more() {
            bytes.extend_from_slice(row.optional_blob()?.unwrap_or_default());
            chunks += 1;
        }
        match chunks == long.chunks {
            true => Ok(Some(Cow::Owned(bytes))),
            false => Err(StoreError::Corrupt("a text without some of its parts")),
        }
    }

    /// The text.
    pub(super) fn load_long_text<'t>(
        &mut self,
        part: i64,
        owner: i64,
        long: Long<'t>,
    ) -> Result<Option<Cow<'t, str>>, StoreError> {
        const CORRUPT: StoreError = StoreError::Corrupt("a text that is not UTF-8");
        match self.load_long(part, owner, long)? {
            None => Ok(None),
            Some(Cow::Borrowed(bytes)) => {
                let text = str::from_utf8(bytes).map_err(|_| CORRUPT)?;
                Ok(Some(Cow::Borrowed(text)))
            }
            Some(Cow::Owned(bytes)) => {
                let text = String::from_utf8(bytes).map_err(|_| CORRUPT)?;
                Ok(Some(Cow::Owned(text)))
            }
        }
    }
}

/// An owned text, for a row that outlives the buffer of its statement.
pub(super) fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}
