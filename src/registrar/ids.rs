//! Ids: making them, and finding out what they are of.

use std::borrow::Cow;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use thiserror::Error;

use super::{Caller, Failure, Issue, Registrar};
use crate::model::error::ErrorCode;
use crate::model::pfid::{Generator, Pfid, PfidError};
use crate::rules::pfid::ChosenId;
use crate::rules::{IssueReason, TextRule};
use crate::store::{IdState, Kind, Located, StoreError};

/// The most ids that one call makes.
pub const MAX_IDS: usize = 1_000;

/// Makes the ids of every account. The store holds what they are made from; this copy of it is ahead of the store until
/// the open unit is saved, and falls back to the last commit where the transaction is rolled back.
pub(super) struct Ids {
    /// For ids and for nothing else: the same operations give the same ids, whatever was asked between them. **\[ours\]**
    random: ChaCha8Rng,
    /// Sorted by the accounts' ids.
    accounts: Vec<(Pfid, IdState)>,
    /// The states at the last commit of those that changed since, the first change first; `None` of an account that was
    /// added.
    before: Vec<(Pfid, Option<IdState>)>,
    /// Where the random stream was at the last commit, where it moved since.
    position_before: Option<u128>,
    /// The account whose state the store does not have yet.
    unsaved: Option<Pfid>,
    /// How many states had changed, and where the random stream was, when the open unit began to make ids.
    unit: Option<(usize, u128)>,
}

/// Why no id could be made.
#[derive(Debug, Error)]
pub enum IdError {
    /// The moment lies beyond what an id can hold.
    #[error(transparent)]
    Time(#[from] PfidError),
    /// The store could not say whether an id is taken.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The caller's account does not exist.
    #[error("there is no such account")]
    NoAccount,
}

impl From<IdError> for Failure {
    fn from(error: IdError) -> Failure {
        match error {
            IdError::Store(error) => error.into(),
            IdError::Time(error) => error.into(),
            IdError::NoAccount => StoreError::Conflict("there is no such account").into(),
        }
    }
}

impl Ids {
    pub(super) fn new(seed: &[u8; 32]) -> Ids {
        Ids {
            random: ChaCha8Rng::from_seed(*seed),
            accounts: Vec::new(),
            before: Vec::new(),
            position_before: None,
            unsaved: None,
            unit: None,
        }
    }

    /// Forgets all accounts and begins the random stream again.
    pub(super) fn restart(&mut self, seed: &[u8; 32]) {
        *self = Ids::new(seed);
    }

    /// Adds an account, or replaces its state. The random stream moves to the position of the state if that is further.
    pub(super) fn set_account(&mut self, account_id: Pfid, state: IdState) {
        match self.find(account_id) {
            Ok(index) => self.accounts[index].1 = state,
            Err(index) => self.accounts.insert(index, (account_id, state)),
        }
        let position = u128::from(state.random_position);
        if position > self.random.get_word_pos() {
            self.random.set_word_pos(position);
        }
    }

    fn find(&self, account_id: Pfid) -> Result<usize, usize> {
        self.accounts.binary_search_by_key(&account_id, |it| it.0)
    }

    pub(super) fn has_account(&self, account_id: Pfid) -> bool {
        self.find(account_id).is_ok()
    }

    /// All accounts' ids.
    pub(super) fn accounts(&self) -> impl Iterator<Item = Pfid> {
        self.accounts.iter().map(|(id, _)| *id)
    }

    /// Where the random stream is, in words of 32 bits.
    pub(super) fn position(&self) -> u128 {
        self.random.get_word_pos()
    }

    /// Notes where the open unit and the transaction began, before the first change.
    fn note_beginning(&mut self) {
        if self.unit.is_none() {
            let position = self.random.get_word_pos();
            self.unit = Some((self.before.len(), position));
            self.position_before.get_or_insert(position);
        }
    }

    fn change(&mut self, account_id: Pfid) -> Option<&mut IdState> {
        self.note_beginning();
        let index = self.find(account_id).ok()?;
        let (_, state) = self.accounts.get_mut(index)?;
        if self.unsaved != Some(account_id) {
            self.unsaved = Some(account_id);
            self.before.push((account_id, Some(*state)));
        }
        Some(state)
    }

    /// Random bytes of the stream. The open unit must also make an id: its account's state says how far the stream has come.
    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        self.note_beginning();
        let mut bytes = [0; N];
        self.random.fill_bytes(&mut bytes);
        bytes
    }

    /// Adds an account in the open unit.
    pub(super) fn add_account(&mut self, account_id: Pfid) {
        self.note_beginning();
        self.before.push((account_id, None));
        self.set_account(account_id, IdState::default());
    }

    /// The next id of an account, whether it is taken or not.
    fn next(&mut self, account_id: Pfid, unix_millis: u64) -> Result<(Pfid, IdState), IdError> {
        self.change(account_id).ok_or(IdError::NoAccount)?;
        let mut bytes = [0; 10];
        self.random.fill_bytes(&mut bytes);
        let state = self.change(account_id).ok_or(IdError::NoAccount)?;
        let mut generator = state.last_id.map_or(Generator::new(), Generator::after);
        let id = generator.next(unix_millis, account_id.partition(), bytes)?;
        state.last_id = Some(id);
        Ok((id, *state))
    }

    /// Notes an id that a caller chose.
    pub(super) fn note_chosen(&mut self, account_id: Pfid, id: Pfid) {
        if let Some(state) = self.change(account_id) {
            state.highest_chosen_id = state.highest_chosen_id.max(Some(id));
        }
    }

    /// The state that the store does not have yet, if any; it counts as saved from now on.
    pub(super) fn take_unsaved(&mut self) -> Option<(Pfid, IdState)> {
        let account_id = self.unsaved.take()?;
        let (_, state) = self.accounts.get(self.find(account_id).ok()?)?;
        let random_position = self.random.get_word_pos() as u64;
        Some((
            account_id,
            IdState {
                random_position,
                ..*state
            },
        ))
    }

    /// Begins a unit of work.
    pub(super) fn begin_unit(&mut self) {
        self.unit = None;
        self.unsaved = None;
    }

    /// Puts back the changes of the open unit.
    pub(super) fn roll_back_unit(&mut self) {
        self.unsaved = None;
        if let Some((changed, position)) = self.unit.take() {
            self.put_back(changed, position);
        }
    }

    fn put_back(&mut self, changed: usize, position: u128) {
        while self.before.len() > changed
            && let Some((account_id, state)) = self.before.pop()
        {
            match (self.find(account_id), state) {
                (Ok(index), Some(state)) => self.accounts[index].1 = state,
                (Ok(index), None) => drop(self.accounts.remove(index)),
                (Err(_), _) => {}
            }
        }
        self.random.set_word_pos(position);
    }

    /// Takes over the changes since the last commit, or puts them back.
    pub(super) fn settle(&mut self, is_committed: bool) {
        self.begin_unit();
        if let Some(position) = self.position_before.take()
            && !is_committed
        {
            self.put_back(0, position);
        }
        self.before.clear();
    }
}

/// An id that a caller chose for a new object, found to be of the account's partition and free. Only
/// `Registrar::free_id` makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeId(Pfid);

impl FreeId {
    /// The id.
    pub fn get(self) -> Pfid {
        self.0
    }
}

impl Registrar {
    /// A fresh id for something in the caller's account, above all that were made for it before.
    pub(super) fn new_id(&mut self, caller: &Caller) -> Result<Pfid, IdError> {
        loop {
            let (id, state) = self.ids.next(caller.account_id, caller.unix_millis())?;
            // Only an id that somebody chose can be in the way.
            if Some(id) > state.highest_chosen_id || !self.exists(id)? {
                return Ok(id);
            }
        }
    }

    /// Makes ids ahead of their objects, in increasing order: at most [`MAX_IDS`].
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

    /// The id of a new object: the one that the caller chose, or a fresh one.
    pub(super) fn id_of_new(
        &mut self,
        caller: &Caller,
        chosen: Option<FreeId>,
    ) -> Result<Pfid, Failure> {
        let Some(FreeId(id)) = chosen else {
            return Ok(self.new_id(caller)?);
        };
        // It was found free for a caller of another account.
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

    /// Gives the store the ids that the open unit made and chose.
    pub(crate) fn save_ids(&mut self) -> Result<(), StoreError> {
        if let Some((account_id, state)) = self.ids.take_unsaved() {
            self.write().set_id_state(account_id, &state)?;
        }
        Ok(())
    }

    /// Checks an id that a caller chose for a new object. A taken id is so for everybody in the account: the token of
    /// one environment learns that something of another one has an id, and nothing else of it. **\[ours\]**
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

    /// Whether anything has this id, whoever may see it.
    fn exists(&self, id: Pfid) -> Result<bool, StoreError> {
        Ok(self.store.locate(id)?.is_some())
    }

    /// What an id is of, as far as the caller may see it. Everybody sees their account.
    fn kind_of(&self, caller: &Caller, id: Pfid) -> Result<Option<Kind>, Failure> {
        let sees = |it: &Located| match it.environment_id {
            // Tokens of an environment see no API tokens.
            None if it.kind == Kind::ApiToken => {
                it.account_id == caller.account_id && caller.environment_id.is_none()
            }
            None => it.account_id == caller.account_id,
            Some(environment_id) => caller.sees(it.account_id, environment_id),
        };
        let located = self.store.locate(id)?.filter(sees);
        Ok(located.map(|it| it.kind))
    }

    /// Whether anything that the caller may see has this id.
    pub(super) fn is_visible(&self, caller: &Caller, id: Pfid) -> Result<bool, Failure> {
        Ok(self.kind_of(caller, id)?.is_some())
    }

    /// Whether the object that a request names exists for the caller; a refusal where the id is
    /// that of something else of the caller's.
    pub(crate) fn names(&self, caller: &Caller, id: Pfid, wanted: Kind) -> Result<bool, Failure> {
        match self.kind_of(caller, id)? {
            None => Ok(false),
            Some(kind) if kind == wanted => Ok(true),
            Some(kind) => Err(other_kind(kind, wanted)),
        }
    }

    /// The issue with an id that a body names, if no object of the kind that is `wanted` has it.
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

    /// The refusal for an id under which the caller sees no object of the kind that is `wanted`:
    /// 422 when it is something else of the caller's, otherwise 404.
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
