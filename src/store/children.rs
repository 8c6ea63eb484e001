//! What belongs to another object and is found through it: versions and instances of an agent, spans of an instance.
//!
//! A store knows little of them: whose they are, and what lists of them are ordered by. All else is a body of bytes that
//! only their own kind reads ([`VersionRow`], [`InstanceRow`], [`SpanRow`]), so one table serves them all.

use super::codec::Reader;
use super::{InstanceRow, SpanRow, StoreError, VersionRow};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// The kinds of objects that belong to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildKind {
    /// Versions, of agents. Their keys are their external identifiers.
    AgentVersion,
    /// Schema versions, of agents. The same.
    AgentSchemaVersion,
    /// Instances, of agents.
    AgentInstance,
    /// Spans, of instances.
    AgentSpan,
}

impl ChildKind {
    /// All kinds; what others belong to comes before them.
    pub const ALL: [ChildKind; 4] = [
        ChildKind::AgentVersion,
        ChildKind::AgentSchemaVersion,
        ChildKind::AgentInstance,
        ChildKind::AgentSpan,
    ];

    /// The kind of the parents; `None`: agents.
    pub const fn parent(self) -> Option<ChildKind> {
        match self {
            ChildKind::AgentSpan => Some(ChildKind::AgentInstance),
            _ => None,
        }
    }

    /// The key in the body of a child of this kind: of the same key, a parent has at most one. Bodies begin with it.
    pub fn key(self, body: &[u8]) -> Option<&str> {
        match self {
            ChildKind::AgentVersion | ChildKind::AgentSchemaVersion => {
                Some(Reader::new(body).text())
            }
            ChildKind::AgentInstance | ChildKind::AgentSpan => None,
        }
    }

    /// Whether this kind can read a child's body.
    pub fn reads(self, child: &ChildRow<'_>) -> bool {
        match self {
            ChildKind::AgentVersion | ChildKind::AgentSchemaVersion => {
                VersionRow::read(child).is_ok()
            }
            ChildKind::AgentInstance => InstanceRow::read(child).is_ok(),
            ChildKind::AgentSpan => SpanRow::read(child).is_ok(),
        }
    }
}

/// What everything that belongs to an agent takes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its account.
    pub account_id: Pfid,
    /// Its environment.
    pub environment_id: Pfid,
    /// The agent itself.
    pub agent_id: Pfid,
}

/// What a store knows of a child by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewChild<'a> {
    /// Its id.
    pub id: Pfid,
    /// What it belongs to.
    pub parent_id: Pfid,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it began, where lists can be ordered by that; otherwise when it was made.
    pub started_at: Timestamp,
    /// All else.
    pub body: &'a [u8],
}

/// A child, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildRow<'a> {
    /// What it is by itself.
    pub child: NewChild<'a>,
    /// The agent that it belongs to in the end.
    pub owner: Owner,
}

/// What a list of children is ordered by; what is equal in it is ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildOrder {
    /// The id.
    Id,
    /// When they were made.
    InsertedAt,
    /// When they began.
    StartedAt,
}

/// One page of the children of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildQuery {
    /// Whose children.
    pub parent_id: Pfid,
    /// In which order.
    pub order: ChildOrder,
    /// The whole order backwards, ids included. **\[ours\]**
    pub descending: bool,
    /// How many to skip.
    pub offset: u64,
    /// How many at most.
    pub size: u32,
    /// Only those that began at this moment or later.
    pub from: Option<Timestamp>,
    /// Only those that began at this moment or earlier.
    pub until: Option<Timestamp>,
}

/// Children by id, by key, and in order.
pub trait Children {
    /// The child of an id.
    fn child(&self, kind: ChildKind, id: Pfid) -> Result<Option<ChildRow<'_>>, StoreError>;

    /// The id of the child of a key, for kinds that have keys.
    fn child_of_key(
        &self,
        kind: ChildKind,
        parent_id: Pfid,
        key: &str,
    ) -> Result<Option<Pfid>, StoreError>;

    /// Adds a child whose id does not exist yet, of a parent that does and has none of its key.
    fn insert_child(&mut self, kind: ChildKind, child: &NewChild<'_>) -> Result<(), StoreError>;

    /// Gives the child of an id another body, of the same key.
    fn update_child(&mut self, kind: ChildKind, id: Pfid, body: &[u8]) -> Result<(), StoreError>;

    /// Removes all children of a kind, which have none themselves, from their parent.
    fn delete_children(&mut self, kind: ChildKind, parent_id: Pfid) -> Result<(), StoreError>;

    /// Gives the rows of one page to `each`, in order, and answers how many there are in all.
    fn list_children(
        &mut self,
        kind: ChildKind,
        query: &ChildQuery,
        each: &mut dyn FnMut(&ChildRow<'_>),
    ) -> Result<u64, StoreError>;
}

/// Reads all of a body. What cannot be read is nothing that this version wrote.
pub(super) fn read<'a, T>(
    body: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> T,
) -> Result<T, StoreError> {
    let mut from = Reader::new(body);
    let value = read(&mut from);
    if from.is_finished() {
        Ok(value)
    } else {
        Err(StoreError::Unavailable)
    }
}
