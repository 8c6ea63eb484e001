//! The account of the token; and, for the operator, all accounts. Other accounts do not exist for a caller.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::api_tokens::{self, NewApiToken};
use super::sorting::{directed, page_of};
use super::{Caller, Credential, Failure, Issue, Kind, Registrar};
use crate::model::pfid::{Partition, Pfid};
use crate::rules::pfid::ChosenId;
use crate::rules::{IssueReason, TextRule};
use crate::store::{AccountRow, IdState, Page, Usage};

/// The caller's account. Only a token of the account's scope sees it. **\[ours\]**
pub fn own<'r>(registrar: &'r Registrar, caller: &Caller) -> Result<AccountRow<'r>, Failure> {
    caller.require_account_scope()?;
    let row = registrar.store.account(caller.account_id)?;
    row.ok_or_else(Failure::unexpected)
}

/// The account of an id, which must be the caller's.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<AccountRow<'r>, Failure> {
    if id != caller.account_id {
        return Err(registrar.missing(caller, id, Kind::Account));
    }
    own(registrar, caller)
}

/// The order of the operator's list of accounts; ties break by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountSort {
    /// By id.
    Id,
    /// By name, by its UTF-8 bytes. **\[ours\]**
    Name,
    /// By creation time.
    InsertedAt,
    /// By the time of the last change.
    UpdatedAt,
}

/// One page of the accounts that the caller sees, passed to `each` in order until it breaks off. Returns how many there are
/// in all. A caller sees its own account **\[client\]**, the operator all **\[ours\]**.
pub fn list(
    registrar: &Registrar,
    caller: &Caller,
    sort: AccountSort,
    page: &Page,
    each: &mut dyn FnMut(&AccountRow<'_>) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let rows = match caller.is_operator() {
        true => registrar.store.accounts()?,
        false => vec![own(registrar, caller)?],
    };
    let compare = |a: &AccountRow<'_>, b: &AccountRow<'_>| {
        let first = match sort {
            AccountSort::Id => Ordering::Equal,
            AccountSort::Name => a.name.cmp(&b.name),
            AccountSort::InsertedAt => a.inserted_at.cmp(&b.inserted_at),
            AccountSort::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        };
        directed(page, first.then_with(|| a.id.cmp(&b.id)))
    };
    Ok(page_of(&rows, page, compare, each))
}

/// Creates an account with a name that is already trimmed, and its first token, for the whole account. Returns the token's text,
/// which is shown only once. Without an id, a random partition that no account has is chosen. Requires the operator. **\[ours\]**
pub fn create<'n>(
    registrar: &mut Registrar,
    caller: &Caller,
    name: &'n str,
    chosen_id: Option<Pfid>,
) -> Result<(AccountRow<'n>, String), Failure> {
    caller.require_operator()?;
    let id = match chosen_id {
        Some(id) => {
            let issue = registrar.free_account_id(id)?;
            Failure::unless_valid(issue.into_iter().collect())?;
            id
        }
        None => registrar.new_account_id(caller)?,
    };
    let row = AccountRow {
        id,
        name: Cow::Borrowed(name),
        inserted_at: caller.now,
        updated_at: caller.now,
        ids: IdState::default(),
        usage: Usage::default(),
    };
    registrar.ids.add_account(id);
    registrar.ids.note_chosen(id, id);
    registrar.charge(id, Usage::of_account(name))?;
    registrar.write().insert_account(&row)?;
    let owner = Caller {
        account_id: id,
        credential: Credential::Operator,
        ..*caller
    };
    let first = NewApiToken {
        environment_id: None,
        name: None,
        expires_at: None,
    };
    let text = api_tokens::issue(registrar, &owner, &first)?.text;
    // The unit is about the account, not about its token.
    registrar.write_object(id);
    Ok((row, text))
}

impl Registrar {
    /// The issue with an id that the operator chose for an account, if its partition is in use: a partition routes to one account
    /// **\[client\]**.
    pub(crate) fn free_account_id(&self, id: Pfid) -> Result<Option<Issue>, Failure> {
        let is_taken = self.ids.has_partition(id.partition()) || self.store.locate(id)?.is_some();
        Ok(is_taken.then(|| {
            let reason = IssueReason::Taken;
            Issue::new("details.id", reason, ChosenId::explain("ID", reason))
        }))
    }

    /// A random id of a partition that no account has.
    fn new_account_id(&mut self, caller: &Caller) -> Result<Pfid, Failure> {
        loop {
            let number = u32::from_le_bytes(self.ids.random()) & Partition::MAX.get();
            let partition = Partition::new(number)?;
            let id = Pfid::from_parts(caller.unix_millis(), partition, self.ids.random())?;
            if !self.ids.has_partition(partition) {
                return Ok(id);
            }
        }
    }
}

/// Renames the account, if there is a new name.
pub fn update<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    name: Option<&str>,
) -> Result<AccountRow<'r>, Failure> {
    if id != caller.account_id {
        return Err(registrar.missing(caller, id, Kind::Account));
    }
    let before = Usage::of_account(&own(registrar, caller)?.name);
    if let Some(name) = name {
        registrar.recharge(id, before, Usage::of_account(name))?;
    }
    let store = registrar.write_object(id);
    Ok(store.update_account(id, name, caller.now)?)
}
