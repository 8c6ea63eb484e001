//! Span records.

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
    /// Its parent span, in the same instance.
    pub parent_id: Option<Pfid>,
    /// The kind of step, as a text.
    pub schema_name: Cow<'a, str>,
    /// Its status.
    pub status: RunStatus,
    /// Its input: the text of a JSON object, as the request had it.
    pub payload: Cow<'a, str>,
    /// Its output, likewise.
    pub result_payload: Option<Cow<'a, str>>,
    /// When it started. Never changes.
    pub started_at: Timestamp,
    /// When it finished.
    pub finished_at: Option<Timestamp>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An update of a span.
#[derive(Clone, Copy, Debug)]
pub struct SpanChange<'a> {
    /// The time of the update.
    pub updated_at: Timestamp,
    /// Its new status.
    pub status: RunStatus,
    /// When it finished.
    pub finished_at: Option<Timestamp>,
    /// Its new output. If absent, the output stays.
    pub result_payload: Option<&'a str>,
}

/// The instance or agent whose spans are listed.
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
    /// The instance or agent whose spans are listed.
    pub parent: SpanParent,
    /// The order.
    pub order: RunOrder,
    /// The part of the list.
    pub page: Page,
    /// The earliest start time, inclusive.
    pub from: Option<Timestamp>,
    /// The latest start time, inclusive.
    pub until: Option<Timestamp>,
}

/// Spans by id, and in order. The instance counts them by itself: see
/// [`Instances::shift_span_counts`](super::Instances::shift_span_counts).
pub trait Spans {
    /// The span of an id.
    fn span(&self, id: Pfid) -> Result<Option<SpanRow<'_>>, StoreError>;

    /// Adds a span. Its id must be free, and its instance must exist.
    fn insert_span(&mut self, row: &SpanRow<'_>) -> Result<(), StoreError>;

    /// Updates a span and returns the updated row.
    fn update_span(&mut self, id: Pfid, change: &SpanChange<'_>)
    -> Result<SpanRow<'_>, StoreError>;

    /// The number of spans of an instance or an agent.
    fn count_spans(&self, parent: SpanParent) -> Result<u64, StoreError>;

    /// Calls `each` with the rows of one page, in order, until it returns `Break`. Returns the length of the whole list.
    fn list_spans(
        &mut self,
        query: &SpanQuery,
        each: &mut dyn FnMut(&SpanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;
}
