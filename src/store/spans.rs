//! What a store knows of spans.

use std::borrow::Cow;

use super::StoreError;
use super::children::ChildQuery;
use super::codec::{Reader, Writer};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One span: one step of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The account of its instance. A store takes it from the instance, not from here.
    pub account_id: Pfid,
    /// The environment of its instance. A store takes it from the instance, not from here.
    pub environment_id: Pfid,
    /// The agent of its instance. A store takes it from the instance, not from here.
    pub agent_id: Pfid,
    /// Its instance; it never changes.
    pub instance_id: Pfid,
    /// The span that it is a part of, of the same instance.
    pub parent_id: Option<Pfid>,
    /// What kind of step it is.
    pub schema_name: Cow<'a, str>,
    /// Its status.
    pub status: RunStatus,
    /// What went in: the text of a JSON object, as it was sent.
    pub payload: Cow<'a, str>,
    /// What came out: the same.
    pub result_payload: Option<Cow<'a, str>>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl<'a> SpanRow<'a> {
    /// Writes the row into a snapshot.
    pub fn write(&self, out: &mut Writer) {
        out.pfid(self.id);
        out.pfid(self.account_id);
        out.pfid(self.environment_id);
        out.pfid(self.agent_id);
        out.pfid(self.instance_id);
        out.option(self.parent_id, Writer::pfid);
        out.text(&self.schema_name);
        out.status(self.status);
        out.text(&self.payload);
        out.option(self.result_payload.as_deref(), Writer::text);
        out.timestamp(self.started_at);
        out.option(self.finished_at, Writer::timestamp);
        out.timestamp(self.inserted_at);
        out.timestamp(self.updated_at);
    }

    /// Reads a row from a snapshot.
    pub fn read(from: &mut Reader<'a>) -> Option<SpanRow<'a>> {
        Some(SpanRow {
            id: from.pfid()?,
            account_id: from.pfid()?,
            environment_id: from.pfid()?,
            agent_id: from.pfid()?,
            instance_id: from.pfid()?,
            parent_id: from.option(Reader::pfid)?,
            schema_name: Cow::Borrowed(from.text()?),
            status: from.status()?,
            payload: Cow::Borrowed(from.text()?),
            result_payload: from.option(Reader::text)?.map(Cow::Borrowed),
            started_at: from.timestamp()?,
            finished_at: from.option(Reader::timestamp)?,
            inserted_at: from.timestamp()?,
            updated_at: from.timestamp()?,
        })
    }

    /// The same row without a hold on the store.
    pub fn into_owned(self) -> SpanRow<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        SpanRow {
            schema_name: owned(self.schema_name),
            payload: owned(self.payload),
            result_payload: self.result_payload.map(owned),
            ..self
        }
    }
}

/// What a list of spans is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanOrder {
    /// The id.
    Id,
    /// The moment it began.
    StartedAt,
    /// The moment it was made.
    InsertedAt,
}

/// One page of an instance's spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanQuery {
    /// Which page, of which instance.
    pub page: ChildQuery<SpanOrder>,
    /// Only those that began at this moment or later.
    pub from: Option<Timestamp>,
    /// Only those that began at this moment or earlier.
    pub until: Option<Timestamp>,
}

/// Spans by id, and in order. None is ever removed.
pub trait Spans {
    /// The span of an id.
    fn span(&self, id: Pfid) -> Result<Option<SpanRow<'_>>, StoreError>;

    /// Adds a span whose id does not exist yet, of an instance and a parent that do.
    fn insert_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError>;

    /// Puts a row in the place of the one with the same id. Its instance, its parent, `started_at`
    /// and `inserted_at` stay what they were.
    fn update_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError>;

    /// Gives the rows of one page to `each`, in order, and answers how many there are in all.
    fn list_spans(
        &mut self,
        query: &SpanQuery,
        each: &mut dyn FnMut(SpanRow<'_>),
    ) -> Result<u64, StoreError>;
}
