//! Ids: new ones, and the kind of the object with an id.

use std::borrow::Cow;

use super::id_state::AccountState;
use super::{Caller, Failure, Issue, Registrar};
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::rules::pfid::ChosenId;
use crate::rules::{IssueReason, TextRule};
use crate::store::{Kind, Located, Store, StoreError};

pub use super::id_state::{IdError, Progress};

/// The maximum number of ids per call.
pub const MAX_IDS: usize = 1_000;

/// An id that a caller chose for a new object. It has the account's partition and is free. Only
/// `Registrar::free_id` creates one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeId(Pfid);

impl FreeId {
    /// The id.
    pub fn get(self) -> Pfid {
        self.0
    }
}

impl Registrar {
    /// Generates an id in the caller's account, greater than all ids generated there before.
    pub(super) fn new_id(&mut self, caller: &Caller) -> Result<Pfid, IdError> {
        loop {
            let (id, state) = self.ids.next(caller.account_id, caller.unix_millis())?;
            // Only an id that a caller chose can be taken.
            if Some(id) > state.highest_chosen_id || !self.exists(id)? {
                return Ok(id);
            }
        }
    }

    /// Generates ids without objects, in increasing order: at most [`MAX_IDS`].
    pub(crate) fn generate_ids(
        &mut self,
        caller: &Caller,
        count: usize,
    ) -> Result<Vec<Pfid>, Failure> {
        if count > MAX_IDS {
            let message = "Count must be a whole number from 1 to 1000.";
            return Err(Failure::invalid(vec![Issue::new(
                "count",
                IssueReason::OutOfRange,
                message,
            )]));
        }
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            ids.push(self.new_id(caller)?);
        }
        Ok(ids)
    }

    /// The id of a new object: the one that the caller chose, or a generated one.
    pub(super) fn id_of_new(
        &mut self,
        caller: &Caller,
        chosen: Option<FreeId>,
    ) -> Result<Pfid, Failure> {
        let Some(FreeId(id)) = chosen else {
            return Ok(self.new_id(caller)?);
        };
        // The id was checked for a caller of another account.
        if id.partition() != caller.account_id.partition() {
            return Err(Failure::invalid(vec![Issue::new(
                "id",
                IssueReason::ForeignPartition,
                ChosenId::explain("ID", IssueReason::ForeignPartition),
            )]));
        }
        self.ids.note_chosen(caller.account_id, id);
        Ok(id)
    }

    /// Writes the id state of the open unit to the store.
    pub(crate) fn save_ids(&mut self) -> Result<(), StoreError> {
        if let Some((account_id, state)) = self.ids.take_unsaved() {
            let AccountState { ids, usage } = state;
            self.write().set_account_state(account_id, &ids, &usage)?;
        }
        Ok(())
    }

    /// Checks an id that a caller chose for a new object. An id is taken for the whole account: the token of
    /// one environment learns that an object of another environment has the id, and nothing else. **\[ours\]**
    pub(crate) fn free_id(
        &self,
        caller: &Caller,
        path: &dyn Fn() -> Cow<'static, str>,
        id: Pfid,
    ) -> Result<Result<FreeId, Issue>, Failure> {
        let chosen = |reason| Issue::new(path(), reason, ChosenId::explain("ID", reason));
        Ok(if id.partition() != caller.account_id.partition() {
            Err(chosen(IssueReason::ForeignPartition))
        } else if self.exists(id)? {
            Err(chosen(IssueReason::Taken))
        } else {
            Ok(FreeId(id))
        })
    }

    /// Looks an object up by an id that a caller gave. An id of another partition than the caller's is of no object that it can see, so
    /// the store is not asked: neither the answer nor its time depends on the objects of others.
    pub(super) fn find<'r, T>(
        &'r self,
        caller: &Caller,
        id: Pfid,
        look_up: impl FnOnce(&'r dyn Store) -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match id.partition() == caller.account_id.partition() {
            true => look_up(&*self.store),
            false => Ok(None),
        }
    }

    /// Whether any object has this id, visible or not.
    fn exists(&self, id: Pfid) -> Result<bool, StoreError> {
        Ok(self.store.locate(id)?.is_some())
    }

    /// The kind of the object with an id, if the caller sees it. Every caller sees its account.
    pub(crate) fn kind_of(&self, caller: &Caller, id: Pfid) -> Result<Option<Kind>, Failure> {
        let sees = |it: &Located| match it.environment_id {
            // Tokens of an environment see no API tokens.
            None if it.kind == Kind::ApiToken => {
                it.account_id == caller.account_id && caller.environment_id.is_none()
            }
            None => it.account_id == caller.account_id,
            Some(environment_id) => caller.sees(it.account_id, environment_id),
        };
        let located = self.find(caller, id, |store| store.locate(id))?;
        Ok(located.filter(sees).map(|it| it.kind))
    }

    /// Whether an object that the caller sees has this id.
    pub(super) fn is_visible(&self, caller: &Caller, id: Pfid) -> Result<bool, Failure> {
        Ok(self.kind_of(caller, id)?.is_some())
    }

    /// Whether the object that a request names exists for the caller; a refusal if the id is
    /// that of a visible object of another kind.
    pub(crate) fn names(&self, caller: &Caller, id: Pfid, wanted: Kind) -> Result<bool, Failure> {
        match self.kind_of(caller, id)? {
            None => Ok(false),
            Some(kind) if kind == wanted => Ok(true),
            Some(kind) => Err(other_kind(kind, wanted)),
        }
    }

    /// The issue with an id in a body, if no visible object of the kind `wanted` has it.
    /// **\[ours\]**
    pub(crate) fn named_issue(
        &self,
        caller: &Caller,
        path: &dyn Fn() -> Cow<'static, str>,
        id: Pfid,
        wanted: Kind,
    ) -> Result<Option<Issue>, Failure> {
        let named = self.names(caller, id, wanted)?;
        Ok((!named).then(|| {
            let message = format!("There is no {} with this ID.", wanted.name());
            Issue::new(path(), IssueReason::NotFound, message)
        }))
    }

    /// The refusal for an id of which the caller sees no object of the kind `wanted`:
    /// 422 if it sees one of another kind, otherwise 404.
    pub(super) fn missing(&self, caller: &Caller, id: Pfid, wanted: Kind) -> Failure {
        match self.kind_of(caller, id) {
            Ok(Some(kind)) if kind != wanted => other_kind(kind, wanted),
            Ok(_) => not_found(wanted),
            Err(failure) => failure,
        }
    }
}

#[cold]
#[inline(never)]
fn other_kind(kind: Kind, wanted: Kind) -> Failure {
    Failure::refused(
        ErrorCode::UnexpectedRefType,
        format!(
            "The ID names another kind of object: {} instead of {}.",
            kind.name(),
            wanted.name()
        ),
    )
}

/// The refusal for an object that does not exist for the caller.
#[cold]
#[inline(never)]
pub fn not_found(wanted: Kind) -> Failure {
    Failure::refused(
        ErrorCode::NotFound,
        format!("There is no such {}.", wanted.name()),
    )
}
