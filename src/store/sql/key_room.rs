//! How much the records of idempotency keys take, and the bodies that were dropped for room.
//!
//! The oldest bodies are dropped first, and the oldest records are removed first, so that one row says how far that went
//! (`answer_drop`), and each record how much had been stored up to it (`upto`). Neither takes a statement when a key is stored.

use super::answers::PART;
use super::host::SqlHost;
use super::migration::Change;
use super::session::Session;
use super::statement::{statements, wide};
use super::value::Row;
use crate::model::timestamp::Timestamp;
use crate::store::{KEPT_MICROS, KeyUsage, StoreError};

statements! {
    after super::usage::END;
    ADD_UPTO = "ALTER TABLE answer ADD COLUMN upto INTEGER NOT NULL DEFAULT 0";
    FILL_UPTO = "UPDATE answer SET upto = total.upto FROM (SELECT number, sum(bytes) OVER (ORDER BY number) AS upto FROM (\
        SELECT number, CASE WHEN body IS NULL AND chunks = 0 THEN 0 ELSE 16 + ifnull(length(body), \
        ifnull((SELECT sum(length(data)) FROM chunk WHERE part = 2 AND owner = answer.number), 0)) END AS bytes FROM answer)) \
        AS total WHERE total.number = answer.number";
    CREATE = "CREATE TABLE answer_drop (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, \
        upto INTEGER NOT NULL) STRICT";
    CLEAR = "DELETE FROM answer_drop";
    USAGE = "SELECT ifnull((SELECT max(number) FROM answer) - (SELECT min(number) FROM answer) + 1, 0), \
        ifnull((SELECT upto FROM answer ORDER BY number DESC LIMIT 1) - ifnull((SELECT upto FROM answer_drop), 0), 0)";
    FIRST = concat!("SELECT ", wide!("kept_at"), " FROM answer ORDER BY number LIMIT 1");
    NEWEST = concat!("SELECT number, upto, ", wide!("kept_at"), " FROM answer ORDER BY number DESC LIMIT 1");
    DROPPED = "SELECT number, upto FROM answer_drop";
    // The records after those whose bodies were dropped, with how much was stored after each.
    WITH_BODY = "SELECT number, (SELECT upto FROM answer ORDER BY number DESC LIMIT 1) - upto FROM answer \
        WHERE number > ifnull((SELECT number FROM answer_drop), 0) ORDER BY number LIMIT 64";
    DROP_CHUNKS = "DELETE FROM chunk WHERE part = ? AND owner <= ?";
    DROP = "UPDATE answer SET body = NULL, chunks = 0 \
        WHERE number > ifnull((SELECT number FROM answer_drop), 0) AND number <= ?";
    NOTE_DROP = "INSERT INTO answer_drop (one, number, upto) SELECT 1, number, upto FROM answer WHERE number = ? \
        ON CONFLICT (one) DO UPDATE SET number = excluded.number, upto = excluded.upto WHERE excluded.number > answer_drop.number";
}

/// The newest record of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NewestKey {
    pub(super) number: i64,
    /// How much was stored up to it, in bytes.
    pub(super) upto: i64,
    /// Its time, in microseconds; `None` if it was removed.
    pub(super) kept_at: Option<i64>,
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(2, ADD_UPTO),
    Change::new(2, FILL_UPTO),
    Change::new(2, CREATE),
];

impl<H: SqlHost> Session<H> {
    pub(super) fn key_usage(&mut self) -> Result<KeyUsage, StoreError> {
        let rows = self.run(USAGE, &[])?;
        let usage = rows.first(|row| {
            Ok(KeyUsage {
                keys: row.count()?,
                body_bytes: u64::try_from(row.number()?).unwrap_or(0),
            })
        })?;
        Ok(usage.unwrap_or_default())
    }

    pub(super) fn first_key_over(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let first = self.run(FIRST, &[])?.first(Row::moment)?;
        let over = first.map(|first| first.micros().saturating_add(KEPT_MICROS));
        Ok(over.map(|over| Timestamp::from_micros(over).unwrap_or(Timestamp::MAX)))
    }

    /// The newest record; without any, the newest of those that were removed.
    pub(super) fn newest_key(&mut self) -> Result<NewestKey, StoreError> {
        if let Some(newest) = self.newest_key {
            return Ok(newest);
        }
        let newest = self.run(NEWEST, &[])?.first(|row| {
            Ok(NewestKey {
                number: row.number()?,
                upto: row.number()?,
                kept_at: Some(row.wide()?),
            })
        })?;
        let newest = match newest {
            Some(newest) => newest,
            None => self
                .run(DROPPED, &[])?
                .first(|row| {
                    Ok(NewestKey {
                        number: row.number()?,
                        upto: row.number()?,
                        kept_at: None,
                    })
                })?
                .unwrap_or_default(),
        };
        self.newest_key = Some(newest);
        Ok(newest)
    }

    pub(super) fn drop_bodies(&mut self, at_most: u64) -> Result<(), StoreError> {
        while self.key_usage()?.body_bytes > at_most {
            let rows = self.run(WITH_BODY, &[])?;
            let mut row = rows.read();
            let mut last = None;
            while row.has_more() {
                last = Some(row.number()?);
                if row.count()? <= at_most {
                    break;
                }
            }
            let Some(last) = last else {
                return Ok(());
            };
            self.run(DROP_CHUNKS, &[PART.into(), last.into()])?;
            self.run(DROP, &[last.into()])?;
            self.note_drop(last)?;
        }
        Ok(())
    }

    /// Notes that no record up to this one has a body, before it is removed or after its body was dropped.
    pub(super) fn note_drop(&mut self, number: i64) -> Result<(), StoreError> {
        self.run(NOTE_DROP, &[number.into()]).map(drop)
    }
}
