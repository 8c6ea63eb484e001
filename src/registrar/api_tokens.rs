//! API tokens: create, fetch, list, suspend, activate, revoke, delete. Only tokens of the account's scope manage them.
//! **\[ours\]**

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::sorting::{directed, page_of};
use super::token_text::{TokenRandomness, token_text};
use super::{Caller, Credential, Failure, Kind, Registrar};
use crate::digest::sha256;
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::{TokenActions, TokenState, TokenStatus, available_actions, status};
use crate::store::{ApiTokenRow, Page, TokenDigest, Usage};

/// The most API tokens that an account has, whatever their status. **\[ours\]**
pub const MAX_TOKENS: usize = 1_000;

/// What an API token is made from.
#[derive(Clone, Copy, Debug)]
pub struct NewApiToken<'n> {
    /// The one environment it is for; all of the account where absent.
    pub environment_id: Option<Pfid>,
    /// Its name, trimmed.
    pub name: Option<&'n str>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// A new API token: its record, and its text, which is told this once. `Debug` leaves the text out.
pub struct IssuedToken<'n> {
    /// The record.
    pub row: ApiTokenRow<'n>,
    /// The text.
    pub text: String,
}

impl std::fmt::Debug for IssuedToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken")
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

/// What changes the state of an API token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAction {
    /// A suspended one opens again.
    Activate,
    /// An active one opens nothing until it is activated.
    Suspend,
    /// It opens nothing any more.
    Revoke,
}

/// The status of a token, and what the caller may do with it.
pub fn standing(row: &ApiTokenRow<'_>, caller: &Caller) -> (TokenStatus, TokenActions) {
    let status = status(row.state, row.expires_at, caller.now);
    let is_own = caller.credential == Credential::Managed(row.id);
    (status, available_actions(status, is_own))
}

/// Makes a token of the caller's account. An environment must be one of the account's, and the expiry lie ahead: the
/// caller of this function has checked it.
pub fn create<'n>(
    registrar: &mut Registrar,
    caller: &Caller,
    new: &NewApiToken<'n>,
) -> Result<IssuedToken<'n>, Failure> {
    caller.require_account_scope()?;
    if let Some(id) = new.environment_id {
        let issue = registrar.named_environment(caller, "details.environment_id", id)?;
        Failure::unless_valid(issue.into_iter().collect())?;
    }
    if registrar.store.api_tokens(caller.account_id)?.len() >= MAX_TOKENS {
        return Err(Failure::refused(
            ErrorCode::InsufficientStorage,
            "The account has 1,000 API tokens, the most that it can have. Delete those that are not used any more.",
        ));
    }
    issue(registrar, caller, new)
}

/// Makes a token of the caller's account, without a look at what it has.
pub(super) fn issue<'n>(
    registrar: &mut Registrar,
    caller: &Caller,
    new: &NewApiToken<'n>,
) -> Result<IssuedToken<'n>, Failure> {
    let (text, digest) = free_text(registrar, caller)?;
    let id = registrar.new_id(caller)?;
    let row = ApiTokenRow {
        id,
        account_id: caller.account_id,
        environment_id: new.environment_id,
        digest,
        name: new.name.map(Cow::Borrowed),
        state: TokenState::Active,
        expires_at: new.expires_at,
        last_used_at: None,
        inserted_at: caller.now,
        updated_at: caller.now,
    };
    registrar.charge(caller.account_id, Usage::of_token(&row))?;
    registrar.write_object(id).insert_api_token(&row)?;
    registrar.tokens.has_managed = true;
    Ok(IssuedToken { row, text })
}

/// The text of a new token, and its digest. A text that exists is drawn again: a token of a registrar with the same seed may have been
/// imported.
fn free_text(registrar: &mut Registrar, caller: &Caller) -> Result<(String, TokenDigest), Failure> {
    loop {
        let randomness: TokenRandomness = registrar.ids.random();
        let text = token_text(caller.account_id, &randomness, &registrar.tokens.secret);
        let text = text.ok_or_else(Failure::unexpected)?;
        let digest = sha256(text.as_bytes());
        if registrar.store.api_token_of_digest(&digest)?.is_none() {
            return Ok((text, digest));
        }
    }
}

/// The token of an id, of the caller's account.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<ApiTokenRow<'r>, Failure> {
    caller.require_account_scope()?;
    match registrar.find(caller, id, |store| store.api_token(id))? {
        Some(row) if row.account_id == caller.account_id => Ok(row),
        _ => Err(registrar.missing(caller, id, Kind::ApiToken)),
    }
}

/// The order of a list of API tokens; ties break by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSort {
    /// By id.
    Id,
    /// By name, by its UTF-8 bytes; those without one come last in both directions. **\[ours\]**
    Name,
    /// By status, in the order of [`TokenStatus::ALL`].
    Status,
    /// By the moment they were made.
    InsertedAt,
    /// By the moment of their last change.
    UpdatedAt,
}

/// One page of the account's tokens, given to `each` in order, until it breaks off; answers how many there are in all.
/// `account_id` narrows them down to nothing where it is not the caller's. Configured tokens are not among them.
pub fn list(
    registrar: &Registrar,
    caller: &Caller,
    account_id: Option<Pfid>,
    sort: TokenSort,
    page: &Page,
    each: &mut dyn FnMut(&ApiTokenRow<'_>) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    caller.require_account_scope()?;
    if account_id.is_some_and(|id| id != caller.account_id) {
        return Ok(0);
    }
    let rows = registrar.store.api_tokens(caller.account_id)?;
    let status_of = |row: &ApiTokenRow<'_>| standing(row, caller).0;
    let is_nameless = |row: &ApiTokenRow<'_>| sort == TokenSort::Name && row.name.is_none();
    let compare = |a: &ApiTokenRow<'_>, b: &ApiTokenRow<'_>| {
        let first = match sort {
            TokenSort::Id => Ordering::Equal,
            TokenSort::Name => a.name.cmp(&b.name),
            TokenSort::Status => status_of(a).cmp(&status_of(b)),
            TokenSort::InsertedAt => a.inserted_at.cmp(&b.inserted_at),
            TokenSort::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        };
        let order = directed(page, first.then_with(|| a.id.cmp(&b.id)));
        is_nameless(a).cmp(&is_nameless(b)).then(order)
    };
    Ok(page_of(&rows, page, compare, each))
}

/// Changes the state of a token.
pub fn act<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    action: TokenAction,
) -> Result<ApiTokenRow<'r>, Failure> {
    let row = fetch(registrar, caller, id)?;
    let (_, actions) = standing(&row, caller);
    let (is_available, state, message) = match action {
        TokenAction::Activate => (
            actions.activate,
            TokenState::Active,
            "Only a suspended API token can be activated.",
        ),
        TokenAction::Suspend => (
            actions.suspend,
            TokenState::Suspended,
            "Only an active API token can be suspended, and none can suspend itself.",
        ),
        TokenAction::Revoke => (
            actions.revoke,
            TokenState::Revoked,
            "Only an active or a suspended API token can be revoked, and none can revoke itself.",
        ),
    };
    if !is_available {
        return Err(Failure::invalid_action(message));
    }
    registrar.tokens.forget();
    let store = registrar.write_object(id);
    Ok(store.update_api_token(id, state, caller.now)?)
}

/// Removes a token and gives it to `last` before.
pub fn delete(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    last: &mut dyn FnMut(&ApiTokenRow<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let row = fetch(registrar, caller, id)?;
    let (_, actions) = standing(&row, caller);
    if !actions.delete {
        return Err(Failure::invalid_action(
            "An API token cannot delete itself.",
        ));
    }
    last(&row)?;
    let usage = Usage::of_token(&row);
    drop(row);
    registrar.refund(caller.account_id, usage);
    registrar.tokens.forget();
    Ok(registrar.write_object(id).delete_api_token(id)?)
}

/// Takes everything from the tokens of an environment that is deleted, for good: managed ones are revoked, and configured
/// ones are void.
pub(super) fn void_environment(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<(), Failure> {
    registrar.tokens.forget();
    let tokens = registrar.store.api_tokens(caller.account_id)?;
    let of_it = tokens
        .iter()
        .filter(|row| row.environment_id == Some(id) && row.state != TokenState::Revoked);
    let ids: Vec<Pfid> = of_it.map(|row| row.id).collect();
    drop(tokens);
    for id in ids {
        let store = registrar.write();
        store.update_api_token(id, TokenState::Revoked, caller.now)?;
    }
    for digest in registrar.tokens.of_environment(id) {
        registrar.write().void_token(&digest)?;
    }
    Ok(())
}
