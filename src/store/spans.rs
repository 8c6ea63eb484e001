//! Spans as a store has them.

use super::children::{ChildRow, NewChild, Owner};
use super::codec::{Reader, Writer};
use super::{StoreError, children};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One span: one step of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The agent of its instance.
    pub owner: Owner,
    /// Its instance; it never changes.
    pub instance_id: Pfid,
    /// The span that it is a part of, of the same instance.
    pub parent_id: Option<Pfid>,
    /// What kind of step it is.
    pub schema_name: &'a str,
    /// Its status.
    pub status: RunStatus,
    /// What went in: the text of a JSON object, as it was sent.
    pub payload: &'a str,
    /// What came out: the same.
    pub result_payload: Option<&'a str>,
    /// When it began; it never changes.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl<'a> SpanRow<'a> {
    /// Its body in a store.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Writer::new();
        body.option(self.parent_id, Writer::pfid);
        body.text(self.schema_name);
        body.status(self.status);
        body.text(self.payload);
        body.option(self.result_payload, Writer::text);
        body.option(self.finished_at, Writer::timestamp);
        body.timestamp(self.updated_at);
        body.into_bytes()
    }

    /// The span that a store has as this child.
    pub fn read(row: &ChildRow<'a>) -> Result<SpanRow<'a>, StoreError> {
        let ChildRow { child, owner } = *row;
        let NewChild {
            id,
            parent_id: instance_id,
            inserted_at,
            started_at,
            ..
        } = child;
        children::read(child.body, |from| SpanRow {
            id,
            owner,
            instance_id,
            parent_id: from.option(Reader::pfid),
            schema_name: from.text(),
            status: from.status(),
            payload: from.text(),
            result_payload: from.option(Reader::text),
            started_at,
            finished_at: from.option(Reader::timestamp),
            inserted_at,
            updated_at: from.timestamp(),
        })
    }
}
