//! What versions, instances and spans have in common: they are found by id and listed by what they belong to.

use super::{Caller, Failure, Kind, Registrar};
use crate::model::pfid::Pfid;
use crate::store::{ChildKind, ChildQuery, ChildRow, NewChild};

impl From<ChildKind> for Kind {
    fn from(kind: ChildKind) -> Kind {
        match kind {
            ChildKind::AgentVersion => Kind::AgentVersion,
            ChildKind::AgentSchemaVersion => Kind::AgentSchemaVersion,
            ChildKind::AgentInstance => Kind::AgentInstance,
            ChildKind::AgentSpan => Kind::AgentSpan,
        }
    }
}

impl Registrar {
    /// The child of an id, if it exists for the caller.
    pub fn child(
        &self,
        caller: &Caller,
        kind: ChildKind,
        id: Pfid,
    ) -> Result<ChildRow<'_>, Failure> {
        match self.store.child(kind, id)? {
            Some(row) if caller.sees(row.owner.account_id, row.owner.environment_id) => Ok(row),
            _ => Err(self.missing(caller, id, kind.into())),
        }
    }

    /// A child that is there: the caller has seen it before, or made it.
    pub(super) fn stored(&self, kind: ChildKind, id: Pfid) -> Result<ChildRow<'_>, Failure> {
        self.store.child(kind, id)?.ok_or_else(Failure::unexpected)
    }

    /// Adds a child of something that is there, made now.
    pub(super) fn insert_child(
        &mut self,
        caller: &Caller,
        kind: ChildKind,
        id: Pfid,
        parent_id: Pfid,
        body: &[u8],
    ) -> Result<(), Failure> {
        let child = NewChild {
            id,
            parent_id,
            inserted_at: caller.now,
            started_at: caller.now,
            body,
        };
        Ok(self.store.insert_child(kind, &child)?)
    }

    /// One page of what belongs to one object, given to `each` in order; answers how many there are in all.
    pub fn children(
        &mut self,
        caller: &Caller,
        kind: ChildKind,
        query: &ChildQuery,
        each: &mut dyn FnMut(&ChildRow<'_>),
    ) -> Result<u64, Failure> {
        let parent = kind.parent().map_or(Kind::Agent, Kind::from);
        if !self.names(caller, query.parent_id, parent)? {
            return Ok(0);
        }
        Ok(self.store.list_children(kind, query, each)?)
    }
}
