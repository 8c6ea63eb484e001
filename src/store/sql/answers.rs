//! Records of idempotency keys in SQL.
//!
//! Rows are only appended, and the index has 16 bytes of a digest for each: with random keys, every insertion would otherwise
//! dirty a page of a wide index. The oldest rows have the lowest numbers.

use std::borrow::Cow;

use super::SqlStore;
use super::chunks::{Long, Part};
use super::host::SqlHost;
use super::key_room::NewestKey;
use super::migration::Change;
use super::session::Session;
use super::statement::{statements, wide, wide_mark};
use super::value::Value;
use crate::digest::Digest;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::key_clock::is_over;
use crate::store::{Answers, KeyUsage, StoreError, StoredAnswer, answer_bytes};

statements! {
    after super::span_table::END;
    CREATE = "CREATE TABLE answer (number INTEGER PRIMARY KEY, digest BLOB NOT NULL CHECK (length(digest) = 16), \
        scope BLOB NOT NULL CHECK (length(scope) = 20), key TEXT NOT NULL, \
        fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32), \
        status INTEGER NOT NULL CHECK (status BETWEEN 100 AND 599), object_id BLOB CHECK (length(object_id) = 20), \
        kept_at INTEGER NOT NULL, chunks INTEGER NOT NULL, body BLOB, CHECK (chunks = 0 OR body IS NULL)) STRICT";
    INDEX_DIGEST = "CREATE UNIQUE INDEX answer_digest ON answer (digest)";
    CLEAR = "DELETE FROM answer";
    SELECT = concat!(
        "SELECT number, scope, key, fingerprint, status, object_id, ", wide!("kept_at"),
        ", body, chunks FROM answer WHERE digest = ?"
    );
    INSERT = concat!(
        "INSERT INTO answer (number, digest, scope, key, fingerprint, status, object_id, kept_at, body, chunks, upto) \
        VALUES (?, ?, ?, ?, ?, ?, ?, ", wide_mark!(), ", ?, ?, ?)"
    );
    DELETE = "DELETE FROM answer WHERE digest = ? RETURNING number";
    OLDEST = concat!("SELECT number, ", wide!("kept_at"), " FROM answer ORDER BY number LIMIT ?");
    FORGET_CHUNKS = "DELETE FROM chunk WHERE part = 2 AND owner <= ?";
    FORGET = "DELETE FROM answer WHERE number <= ?";
}

pub(super) const CHANGES: &[Change] = &[Change::new(1, CREATE), Change::new(1, INDEX_DIGEST)];

/// The maximum number of expired records that one statement removes.
const BATCH: u32 = 1_000;
/// After this many new records, twice as many expired ones are removed, so that the table stays short even if the host
/// never calls `forget_answers`.
const EVERY: u32 = 64;

pub(super) const PART: i64 = Part::Answer as i64;

/// The first 16 bytes of SHA-256 over scope and key.
fn digest(scope: Pfid, key: &str) -> [u8; 16] {
    let mut digest = Digest::new();
    digest.add(&scope.to_bytes());
    digest.add(key.as_bytes());
    let whole = digest.finish();
    let mut first = [0; 16];
    first.copy_from_slice(&whole[..16]);
    first
}

impl<H: SqlHost> Session<H> {
    fn stored_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer<'static>>, StoreError> {
        let digest = digest(scope, key);
        let rows = self.run(SELECT, &[Value::Blob(&digest)])?;
        if rows.is_empty() {
            self.absent_key = Some(digest);
            return Ok(None);
        }
        let mut row = rows.read();
        let number = row.number()?;
        if (row.id()?, row.text()?) != (scope, key) {
            return Err(StoreError::Corrupt("two keys of one digest"));
        }
        let fingerprint = row.array()?;
        let status = u16::try_from(row.number()?).map_err(|_| StoreError::Corrupt("a status"))?;
        let object_id = row.optional_id()?;
        if is_over(row.moment()?.micros(), now.micros()) {
            return Ok(None);
        }
        let body = self.load_long(PART, number, Long::read(&mut row)?)?;
        Ok(Some(StoredAnswer {
            fingerprint,
            status,
            object_id,
            body: body.map(|body| Cow::Owned(body.into_owned())),
        }))
    }

    fn keep_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        answer: &StoredAnswer<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let digest = digest(scope, key);
        let newest = self.newest_key()?;
        self.key_clock.observe(now.micros());
        let kept_at = self.key_clock.kept_at(now.micros(), newest.kept_at);
        let newest = self.delete_answer(&digest)?.unwrap_or(newest);
        let body = answer.body.as_deref();
        let bytes = body.map_or(0, answer_bytes);
        let [inline, chunks] = Long::of(body).values();
        let number = newest.number + 1;
        let upto = newest
            .upto
            .saturating_add(bytes.try_into().unwrap_or(i64::MAX));
        let values = [
            number.into(),
            Value::Blob(&digest),
            scope.into(),
            key.into(),
            Value::Blob(&answer.fingerprint),
            Value::Number(i64::from(answer.status)),
            answer.object_id.into(),
            Timestamp::from_micros(kept_at).unwrap_or(now).into(),
            inline,
            chunks,
            upto.into(),
        ];
        self.run(INSERT, &values)?;
        self.absent_key = None;
        self.newest_key = Some(NewestKey {
            number,
            upto,
            kept_at: Some(kept_at),
        });
        self.save_long(PART, number, body)?;
        self.kept += 1;
        if self.kept >= EVERY && self.key_clock.is_steady() {
            self.kept = 0;
            let clock = self.key_clock;
            self.forget_oldest(2 * EVERY, |kept_at| clock.is_over(kept_at, now.micros()))?;
        }
        Ok(())
    }

    /// Removes the record of a key, which has expired. Returns the newest record that is left, if there was one to remove.
    fn delete_answer(&mut self, digest: &[u8; 16]) -> Result<Option<NewestKey>, StoreError> {
        // PERF(durable): the key of a request was looked up before its answer is kept.
        if self.absent_key == Some(*digest) {
            return Ok(None);
        }
        let Some(number) = self.number(DELETE, &[Value::Blob(digest)])? else {
            return Ok(None);
        };
        self.delete_long(PART, number)?;
        self.newest_key = None;
        self.newest_key().map(Some)
    }

    fn press_keys(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let clock = self.key_clock;
        let now = now.micros();
        self.forget_oldest(2 * EVERY, |kept_at| {
            is_over(kept_at, now) || clock.is_over(kept_at, now)
        })
        .map(drop)
    }

    /// Removes the oldest records, up to the first that is not due.
    fn forget_oldest(
        &mut self,
        at_most: u32,
        is_due: impl Fn(i64) -> bool,
    ) -> Result<u32, StoreError> {
        let mut forgotten = 0;
        while forgotten < at_most {
            let batch = BATCH.min(at_most - forgotten);
            let rows = self.run(OLDEST, &[batch.into()])?;
            let mut row = rows.read();
            let (mut last, mut count) = (None, 0);
            while row.has_more() {
                let number = row.number()?;
                if !is_due(row.moment()?.micros()) {
                    break;
                }
                last = Some(number);
                count += 1;
            }
            let Some(last) = last else {
                break;
            };
            self.note_drop(last)?;
            self.run(FORGET_CHUNKS, &[last.into()])?;
            self.run(FORGET, &[last.into()])?;
            forgotten += count;
            if count < batch {
                break;
            }
        }
        Ok(forgotten)
    }
}

impl<H: SqlHost> Answers for SqlStore<H> {
    fn stored_answer(
        &self,
        scope: Pfid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer<'_>>, StoreError> {
        self.session.borrow_mut().stored_answer(scope, key, now)
    }

    fn keep_answer(
        &mut self,
        scope: Pfid,
        key: &str,
        answer: &StoredAnswer<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.keep_answer(scope, key, answer, now))
    }

    fn forget_answers(&mut self, now: Timestamp, at_most: u32) -> Result<u32, StoreError> {
        let session = self.session.get_mut();
        session.write(|session| {
            session.forget_oldest(at_most, |kept_at| is_over(kept_at, now.micros()))
        })
    }

    fn key_usage(&self) -> Result<KeyUsage, StoreError> {
        self.session.borrow_mut().key_usage()
    }

    fn first_key_over(&self) -> Result<Option<Timestamp>, StoreError> {
        self.session.borrow_mut().first_key_over()
    }

    fn press_keys(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.press_keys(now))
    }

    fn drop_bodies(&mut self, at_most: u64) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.drop_bodies(at_most))
    }
}
