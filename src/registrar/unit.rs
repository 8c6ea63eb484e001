//! Units of work: the writes of one request, or of one item of a bulk request, are atomic.

use super::{Failure, Registrar};
use crate::model::pfid::Pfid;
use crate::store::{Store, StoreError};

/// How a unit of work ended. The host ends the transaction around it accordingly: see [`store`](crate::store).
///
/// ```
/// use agent_registrar::Outcome;
///
/// let statement = |outcome: Outcome| match outcome {
///     Outcome::Commit | Outcome::Unchanged => "COMMIT",
///     Outcome::Rollback => "ROLLBACK",
/// };
/// assert_eq!(statement(Outcome::Commit), "COMMIT");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Nothing was written: commit and rollback have the same effect.
    Unchanged,
    /// Everything was written: commit.
    Commit,
    /// It failed after it had written something: roll back.
    Rollback,
}

/// The open unit.
#[derive(Debug, Default)]
pub(super) struct Unit {
    has_written: bool,
    /// Whether it has noted the use of a token, which is kept where the operation is refused.
    has_noted_use: bool,
    /// The object that the unit is about.
    object_id: Option<Pfid>,
    /// The answer to keep for the idempotency key instead of the one that is given.
    replayed_answer: Option<Vec<u8>>,
}

impl Registrar {
    /// Runs one unit of work between [`begin`](Store::begin) and [`commit`](Store::commit) or
    /// [`rollback`](Store::rollback) of the store.
    ///
    /// # Errors
    ///
    /// Those of `work`, and those of the store. Nothing is changed then.
    #[doc(hidden)]
    pub fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Registrar) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.store.begin()?;
        self.begin_unit();
        let worked = work(self);
        let result =
            worked.and_then(|value| self.save_ids().map(|()| value).map_err(Failure::from));
        let outcome = self.end_unit(result.is_ok());
        self.end_transaction(outcome)?;
        result
    }

    /// Ends the transaction that [`begin`](Store::begin) opened, as the outcome of the unit says.
    pub(crate) fn end_transaction(&mut self, outcome: Outcome) -> Result<(), StoreError> {
        let ended = match outcome {
            Outcome::Commit | Outcome::Unchanged => self.store.commit(),
            Outcome::Rollback => self.store.rollback(),
        };
        let ended = match ended {
            // The error of the commit is reported, even if the rollback fails too.
            Err(error) if outcome != Outcome::Rollback => {
                let _ = self.store.rollback();
                Err(error)
            }
            ended => ended,
        };
        self.settle(ended.is_ok() && outcome != Outcome::Rollback);
        ended
    }

    /// Opens the store's transaction.
    pub(crate) fn begin_transaction(&mut self) -> Result<(), StoreError> {
        self.store.begin()
    }

    /// Begins a group of units in one transaction of the host.
    pub(crate) fn begin_group(&mut self) {
        self.store.begin_group();
    }

    /// Ends a group of units: its transaction is committed next.
    pub(crate) fn end_group(&mut self) -> Result<(), StoreError> {
        self.store.end_group()
    }

    /// Accepts or reverts the state outside of the store, after the transaction of one or more
    /// units was committed or rolled back.
    pub(crate) fn settle(&mut self, is_committed: bool) {
        self.ids.settle(is_committed);
        self.store.settle(is_committed);
        if !is_committed {
            self.tokens.forget();
        }
    }

    /// Begins a unit of work.
    pub(crate) fn begin_unit(&mut self) {
        self.unit = Unit::default();
        self.ids.begin_unit();
    }

    /// Ends a unit of work. Its ids must be [saved](Registrar::save_ids) before.
    pub(crate) fn end_unit(&mut self, is_done: bool) -> Outcome {
        if !is_done {
            self.ids.roll_back_unit();
        }
        match (self.unit.has_written, is_done) {
            (false, _) if self.unit.has_noted_use => Outcome::Commit,
            (false, _) => Outcome::Unchanged,
            (true, true) => Outcome::Commit,
            (true, false) => Outcome::Rollback,
        }
    }

    /// The store, for the note that a token was used.
    pub(super) fn write_use(&mut self) -> &mut dyn Store {
        self.unit.has_noted_use = true;
        self.changes += 1;
        &mut *self.store
    }

    /// Has the open unit rolled back.
    pub(super) fn fail_unit(&mut self) {
        self.unit.has_written = true;
    }

    /// Keeps this answer for the idempotency key instead of the one that is given, which shows something once.
    pub(crate) fn replay_instead(&mut self, answer: Vec<u8>) {
        self.unit.replayed_answer = Some(answer);
    }

    /// The answer of [`replay_instead`](Registrar::replay_instead).
    pub(crate) fn take_replayed_answer(&mut self) -> Option<Vec<u8>> {
        self.unit.replayed_answer.take()
    }

    /// The store, for a write.
    pub(super) fn write(&mut self) -> &mut dyn Store {
        self.unit.has_written = true;
        self.changes += 1;
        &mut *self.store
    }

    /// The store, for the write of the object that the unit is about.
    pub(super) fn write_object(&mut self, id: Pfid) -> &mut dyn Store {
        self.unit.object_id = Some(id);
        self.write()
    }

    /// The object that the unit is about, if it wrote one.
    pub(super) fn object_id(&self) -> Option<Pfid> {
        self.unit.object_id
    }
}
