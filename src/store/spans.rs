//! What a store knows of spans.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::{Ownership, Page, RunOrder, StoreError};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One span: one step of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The agent of its instance.
    pub owner: Ownership,
    /// Its instance; it never changes.
    pub instance_id: Pfid,
    /// The span that it is a part of, of the same instance.
    pub parent_id: Option<Pfid>,
    /// What kind of step it is.
    pub schema_name: Cow<'a, str>,
    /// Its status.
    pub status: RunStatus,
    /// Its input: the text of a JSON object, as it was sent.
    pub payload: Cow<'a, str>,
    /// Its output: the same.
    pub result_payload: Option<Cow<'a, str>>,
    /// When it began; it never changes.
    pub started_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// What changes in a span.
#[derive(Clone, Copy, Debug)]
pub struct SpanChange<'a> {
    /// The moment of the change.
    pub updated_at: Timestamp,
    /// Its new status.
    pub status: RunStatus,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// Its new output; the one that it has stays where this is absent.
    pub result_payload: Option<&'a str>,
}

/// Whose spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanParent {
    /// Those of an instance.
    Instance(Pfid),
    /// Those of all instances of an agent.
    Agent(Pfid),
}

/// One page of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanQuery {
    /// Whose spans.
    pub parent: SpanParent,
    /// In which order.
    pub order: RunOrder,
    /// Which part.
    pub page: Page,
    /// Only those that began at this moment or later.
    pub from: Option<Timestamp>,
    /// Only those that began at this moment or earlier.
    pub until: Option<Timestamp>,
}

/// Spans by id, and in order. The instance counts them by itself: see
/// [`Instances::shift_span_counts`](super::Instances::shift_span_counts).
pub trait Spans {
    /// The span of an id.
    fn span(&self, id: Pfid) -> Result<Option<SpanRow<'_>>, StoreError>;

    /// Adds a span whose id is free, to an instance that exists and is that of the row.
    fn insert_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError>;

    /// Changes a span and gives the changed row.
    fn update_span(&mut self, id: Pfid, change: &SpanChange<'_>)
    -> Result<SpanRow<'_>, StoreError>;

    /// How many spans an instance or an agent has.
    fn count_spans(&self, parent: SpanParent) -> Result<u64, StoreError>;

    /// Gives the rows of one page to `each`, in order, until it breaks off; answers how many the list has in all.
    fn list_spans(
        &mut self,
        query: &SpanQuery,
        each: &mut dyn FnMut(&SpanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;
}
