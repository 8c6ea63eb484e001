//! Ids: generation, and the kind of the object with an id.

use std::borrow::Cow;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use thiserror::Error;

use super::{Caller, Failure, Issue, Registrar};
use crate::model::error::ErrorCode;
use crate::model::generator::Generator;
use crate::model::pfid::{Partition, Pfid, PfidError};
use crate::rules::pfid::ChosenId;
use crate::rules::{IssueReason, TextRule};
use crate::store::{IdState, Kind, Located, Store, StoreError, Usage};

/// The maximum number of ids per call.
pub const MAX_IDS: usize = 1_000;

/// Generates the ids of every account. The store holds the state; this copy is ahead of the store until
/// the open unit is saved, and returns to the last commit if the transaction is rolled back.
pub(super) struct Ids {
    /// Used for ids only: the same operations give the same ids, whatever was read between them. **\[ours\]**
    random: ChaCha8Rng,
    /// Sorted by account id.
    accounts: Vec<(Pfid, AccountState)>,
    /// What all accounts count for the limits.
    total: Usage,
    /// The partitions of the accounts, sorted.
    partitions: Vec<Partition>,
    /// The states at the last commit of the accounts that changed since, in the order of the first change. `None` for an
    /// account that was added.
    before: Vec<(Pfid, Option<AccountState>)>,
    /// The position of the random stream at the last commit, if it moved since.
    position_before: Option<u128>,
    /// The account whose state the store does not have yet.
    unsaved: Option<Pfid>,
    /// The number of changed states and the position of the random stream when the open unit began to generate ids.
    unit: Option<(usize, u128)>,
    /// The latest time of a generated id, in Unix milliseconds.
    latest: u64,
    /// What the ids of each account must exceed, because earlier ones were lost or removed.
    floor: Floor,
}

/// What new ids must exceed.
#[derive(Clone, Debug, Default)]
struct Floor {
    /// The last ids of accounts before a reset.
    last_ids: Vec<(Pfid, Option<Pfid>)>,
    /// A time that no id of an account has yet, in Unix milliseconds.
    millis: Option<u64>,
}

/// How far a registrar has come with what it never gives twice: for a host that has to start another one in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The state of the generator of request ids.
    pub requests: u64,
    /// The position of the random stream.
    pub position: u64,
    /// The latest time of a generated id, in Unix milliseconds.
    pub latest: u64,
}

/// The state of an account that a registrar holds beside its record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AccountState {
    pub(super) ids: IdState,
    pub(super) usage: Usage,
}

/// An error of the generation of an id.
#[derive(Debug, Error)]
pub enum IdError {
    /// The time does not fit in an id.
    #[error(transparent)]
    Time(#[from] PfidError),
    /// The store failed to look up an id.
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
            partitions: Vec::new(),
            total: Usage::default(),
            before: Vec::new(),
            position_before: None,
            unsaved: None,
            unit: None,
            latest: 0,
            floor: Floor::default(),
        }
    }

    /// Ids without accounts that go on after those of another registrar.
    pub(super) fn after(seed: &[u8; 32], before: &Progress) -> Ids {
        let mut ids = Ids::new(seed);
        if before.position > 0 {
            ids.random.set_word_pos(before.position.into());
        }
        ids.latest = before.latest;
        ids.floor.millis = (before.latest > 0).then(|| before.latest + 1);
        ids
    }

    /// Ids without accounts that go on after these.
    pub(super) fn go_on(&self, seed: &[u8; 32]) -> Ids {
        let mut ids = Ids::new(seed);
        ids.random.set_word_pos(self.position());
        ids.latest = self.latest;
        let last_ids = self
            .accounts
            .iter()
            .map(|(id, state)| (*id, state.ids.last_id));
        ids.floor = Floor {
            last_ids: last_ids.collect(),
            millis: self.floor.millis,
        };
        ids
    }

    /// The id that the next one of an account must exceed.
    fn floor_of(&self, account_id: Pfid) -> Option<Pfid> {
        let millis = self.floor.millis;
        let time = millis.and_then(|it| Pfid::from_parts(it, account_id.partition(), [0; 10]).ok());
        let mut last_ids = self.floor.last_ids.iter();
        let last_id = last_ids.find(|(id, _)| *id == account_id);
        last_id.and_then(|(_, last)| *last).max(time)
    }

    /// Adds an account, or replaces its state. The random stream advances to the position of the state if that is higher.
    #[inline(never)]
    pub(super) fn set_account(&mut self, account_id: Pfid, mut state: AccountState) {
        state.ids.last_id = state.ids.last_id.max(self.floor_of(account_id));
        self.total = self.total.plus(state.usage);
        match self.find(account_id) {
            Ok(index) => {
                self.total = self.total.minus(self.accounts[index].1.usage);
                self.accounts[index].1 = state;
            }
            Err(index) => {
                self.accounts.insert(index, (account_id, state));
                let partition = account_id.partition();
                if let Err(place) = self.partitions.binary_search(&partition) {
                    self.partitions.insert(place, partition);
                }
            }
        }
        let position = u128::from(state.ids.random_position);
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

    /// The latest time of a generated id, in Unix milliseconds.
    pub(super) fn latest(&self) -> u64 {
        self.latest
    }

    /// Whether an account has this partition. No two have the same.
    pub(super) fn has_partition(&self, partition: Partition) -> bool {
        self.partitions.binary_search(&partition).is_ok()
    }

    /// The position of the random stream, in words of 32 bits.
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

    fn change(&mut self, account_id: Pfid) -> Option<&mut AccountState> {
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
        self.set_account(account_id, AccountState::default());
    }

    /// The next id of an account. It may be taken.
    fn next(&mut self, account_id: Pfid, unix_millis: u64) -> Result<(Pfid, IdState), IdError> {
        self.change(account_id).ok_or(IdError::NoAccount)?;
        let mut bytes = [0; 10];
        self.random.fill_bytes(&mut bytes);
        let state = &mut self.change(account_id).ok_or(IdError::NoAccount)?.ids;
        let mut generator = state.last_id.map_or(Generator::new(), Generator::after);
        let id = generator.next(unix_millis, account_id.partition(), bytes)?;
        state.last_id = Some(id);
        let state = *state;
        self.latest = self.latest.max(id.timestamp());
        Ok((id, state))
    }

    /// What all accounts count for the limits.
    pub(super) fn total_usage(&self) -> Usage {
        self.total
    }

    /// What an account counts for the limits.
    pub(super) fn usage(&self, account_id: Pfid) -> Usage {
        let index = self.find(account_id).ok();
        let state = index.and_then(|index| self.accounts.get(index));
        state.map(|(_, state)| state.usage).unwrap_or_default()
    }

    /// Replaces what an account counts for the limits.
    #[inline(never)]
    pub(super) fn set_usage(&mut self, account_id: Pfid, usage: Usage) {
        if let Some(state) = self.change(account_id) {
            let before = std::mem::replace(&mut state.usage, usage);
            self.total = self.total.plus(usage).minus(before);
        }
    }

    /// Records an id that a caller chose.
    pub(super) fn note_chosen(&mut self, account_id: Pfid, id: Pfid) {
        if let Some(state) = self.change(account_id) {
            state.ids.highest_chosen_id = state.ids.highest_chosen_id.max(Some(id));
        }
    }

    /// Records an id of another registrar, unless all ids that are generated later are greater anyway.
    pub(super) fn note_imported(&mut self, account_id: Pfid, id: Pfid) {
        let last_id = self
            .find(account_id)
            .ok()
            .and_then(|at| self.accounts.get(at));
        if last_id.is_none_or(|(_, state)| Some(id) > state.ids.last_id) {
            self.note_chosen(account_id, id);
        }
    }

    /// Makes the following ids of an account greater than those of another registrar, and continues behind its place in
    /// the random stream.
    pub(super) fn advance(&mut self, account_id: Pfid, ids: &IdState) {
        if let Some(AccountState { ids: state, .. }) = self.change(account_id) {
            state.last_id = state.last_id.max(ids.last_id);
            state.highest_chosen_id = state.highest_chosen_id.max(ids.highest_chosen_id);
        }
        let position = u128::from(ids.random_position);
        if position > self.random.get_word_pos() {
            self.random.set_word_pos(position);
        }
    }

    /// Takes the state that the store does not have yet, if any.
    pub(super) fn take_unsaved(&mut self) -> Option<(Pfid, AccountState)> {
        let account_id = self.unsaved.take()?;
        let (_, state) = self.accounts.get(self.find(account_id).ok()?)?;
        let random_position = self.random.get_word_pos() as u64;
        Some((
            account_id,
            AccountState {
                ids: IdState {
                    random_position,
                    ..state.ids
                },
                usage: state.usage,
            },
        ))
    }

    /// Begins a unit of work.
    pub(super) fn begin_unit(&mut self) {
        self.unit = None;
        self.unsaved = None;
    }

    /// Reverts the changes of the open unit.
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
            let Ok(index) = self.find(account_id) else {
                continue;
            };
            self.total = self.total.minus(self.accounts[index].1.usage);
            match state {
                Some(state) => {
                    self.total = self.total.plus(state.usage);
                    self.accounts[index].1 = state;
                }
                None => {
                    self.accounts.remove(index);
                    if let Ok(place) = self.partitions.binary_search(&account_id.partition()) {
                        self.partitions.remove(place);
                    }
                }
            }
        }
        self.random.set_word_pos(position);
    }

    /// Accepts or reverts the changes since the last commit.
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
