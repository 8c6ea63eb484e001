//! The undo log, for rollbacks.

use super::Data;
use super::records::{
    AccountRecord, AgentRecord, AnswerRecord, DependentKind, DependentRecord, EnvironmentRecord,
    TokenRecord,
};
use crate::model::agent::InstanceCounts;
use crate::model::timestamp::Timestamp;
use crate::store::{GeneratedEnvironment, IdState, StoreError, Usage};

/// The inverse of one write.
///
/// *Invariant:* undone in reverse order, every record gets its former slot. A table assigns the slot that
/// was freed last, and grows only if none is free, so the slots that undoing growth frees are reused last.
pub(super) enum Undo {
    AccountInserted(u32),
    AccountUpdated(u32, Box<AccountRecord>),
    AccountState(u32, IdState, Usage),
    Generated(Vec<GeneratedEnvironment>),
    EnvironmentInserted(u32),
    EnvironmentUpdated(u32, Box<EnvironmentRecord>),
    EnvironmentDeleted(Box<EnvironmentRecord>),
    TokenInserted(u32),
    TokenUpdated(u32, Box<TokenRecord>),
    TokenDeleted(Box<TokenRecord>),
    TokenVoided,
    TokenSecret(Option<[u8; 32]>),
    AgentInserted(u32),
    AgentUpdated(u32, Box<AgentRecord>),
    AgentActivity(u32, InstanceCounts, Option<Timestamp>),
    AgentDeleted(Box<AgentRecord>),
    DependentInserted(DependentKind, u32),
    DependentUpdated(DependentKind, u32, Box<[u8]>, i64),
    DependentDeleted(DependentKind, Box<DependentRecord>),
    /// The number and contents of the record that a stored answer replaced.
    AnswerKept(Option<(u32, Box<AnswerRecord>)>),
    Cleared(Box<Data>),
}

/// The inverses of the writes of the open unit.
#[derive(Default)]
pub(super) struct Log {
    is_open: bool,
    /// Whether the last entry restores the whole store. Later writes then need no entries.
    is_cleared: bool,
    entries: Vec<Undo>,
}

impl Log {
    pub(super) fn open(&mut self) -> Result<(), StoreError> {
        if self.is_open {
            return Err(StoreError::Conflict("a unit of work is open already"));
        }
        self.is_open = true;
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Adds the inverse of a write. Outside of a unit it does nothing.
    pub(super) fn note(&mut self, undo: impl FnOnce() -> Undo) {
        if self.is_open && !self.is_cleared {
            let undo = undo();
            self.is_cleared = matches!(undo, Undo::Cleared(_));
            self.entries.push(undo);
        }
    }

    pub(super) fn commit(&mut self) {
        self.is_open = false;
        self.is_cleared = false;
        self.entries.clear();
    }

    /// Closes the unit and returns its entries, the last write first.
    pub(super) fn take_entries(&mut self) -> impl Iterator<Item = Undo> {
        self.is_open = false;
        self.is_cleared = false;
        std::mem::take(&mut self.entries).into_iter().rev()
    }
}
