//! Environments: create, fetch, list, update, delete.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::sorting::{directed, page_of};
use super::{Caller, Failure, FreeId, Issue, Kind, Registrar, api_tokens};
use crate::model::pfid::Pfid;
use crate::rules::IssueReason;
use crate::store::{EnvironmentRow, Page, Usage};

impl Registrar {
    /// Checks that the caller may act in an environment that a body names. Returns an issue if the account has no such
    /// environment, and a refusal if the token is for another one.
    pub(super) fn named_environment(
        &self,
        caller: &Caller,
        path: &'static str,
        id: Pfid,
    ) -> Result<Option<Issue>, Failure> {
        if caller.environment_id.is_some_and(|own| own != id) {
            return Err(Failure::not_permitted(
                "The token is for one environment, and the body names another one.",
            ));
        }
        if let Some(found) = self.find(caller, id, |store| store.locate(id))?
            && found.kind == Kind::Environment
            && found.account_id == caller.account_id
        {
            return Ok(None);
        }
        if self.is_visible(caller, id)? {
            return Err(self.missing(caller, id, Kind::Environment));
        }
        Ok(Some(Issue::new(
            path,
            IssueReason::NotFound,
            "Environment ID must be the ID of an environment of the account.",
        )))
    }
}

/// The environment of an id, if it exists for the caller.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<EnvironmentRow<'r>, Failure> {
    match registrar.find(caller, id, |store| store.environment(id))? {
        Some(row) if caller.sees(row.account_id, row.id) => Ok(row),
        _ => Err(registrar.missing(caller, id, Kind::Environment)),
    }
}

/// The order of a list of environments; ties break by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvironmentSort {
    /// By id.
    Id,
    /// By name, by its UTF-8 bytes. **\[ours\]**
    Name,
    /// By creation time.
    InsertedAt,
    /// By the time of the last change.
    UpdatedAt,
}

/// One page of the environments that the caller sees, passed to `each` in order until it breaks off. Returns how many
/// there are in all; 0 if `account_id` is not the caller's account.
pub fn list(
    registrar: &Registrar,
    caller: &Caller,
    account_id: Option<Pfid>,
    sort: EnvironmentSort,
    page: &Page,
    each: &mut dyn FnMut(&EnvironmentRow<'_>) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    if account_id.is_some_and(|id| id != caller.account_id) {
        return Ok(0);
    }
    let mut rows = registrar.store.environments(caller.account_id)?;
    rows.retain(|row| caller.sees(row.account_id, row.id));
    let compare = |a: &EnvironmentRow<'_>, b: &EnvironmentRow<'_>| {
        let first = match sort {
            EnvironmentSort::Id => Ordering::Equal,
            EnvironmentSort::Name => a.name.cmp(&b.name),
            EnvironmentSort::InsertedAt => a.inserted_at.cmp(&b.inserted_at),
            EnvironmentSort::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        };
        directed(page, first.then_with(|| a.id.cmp(&b.id)))
    };
    registrar.note_sorted(rows.len());
    Ok(page_of(&rows, page, compare, each))
}

/// Creates an environment with a name that is already trimmed. Requires a token of the account's scope. **\[ours\]**
pub fn create<'n>(
    registrar: &mut Registrar,
    caller: &Caller,
    name: &'n str,
    chosen_id: Option<FreeId>,
) -> Result<EnvironmentRow<'n>, Failure> {
    caller.require_account_scope()?;
    let row = EnvironmentRow {
        id: registrar.id_of_new(caller, chosen_id)?,
        account_id: caller.account_id,
        name: Cow::Borrowed(name),
        inserted_at: caller.now,
        updated_at: caller.now,
    };
    registrar.charge(caller.account_id, Usage::of_environment(&row))?;
    registrar.write_object(row.id).insert_environment(&row)?;
    Ok(row)
}

/// Renames an environment, if there is a new name.
pub fn update<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    name: Option<&str>,
) -> Result<EnvironmentRow<'r>, Failure> {
    let row = fetch(registrar, caller, id)?;
    if let Some(name) = name {
        let before = Usage::of_environment(&row);
        let after = Usage::of_environment(&EnvironmentRow {
            name: Cow::Borrowed(name),
            ..row
        });
        registrar.recharge(caller.account_id, before, after)?;
    }
    let store = registrar.write_object(id);
    Ok(store.update_environment(id, name, caller.now)?)
}

/// Deletes an environment without agents, and the tokens of its scope, and passes its row to `last` before. Requires a token
/// of the account's scope: a token of the environment's scope would delete its own scope. **\[ours\]**
pub fn delete(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    last: &mut dyn FnMut(&EnvironmentRow<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let row = fetch(registrar, caller, id)?;
    caller.require_account_scope()?;
    if registrar.store.count_agents(row.account_id, Some(id))? > 0 {
        return Err(Failure::invalid_action(
            "An environment that has agents cannot be deleted.",
        ));
    }
    last(&row)?;
    let usage = Usage::of_environment(&row);
    drop(row);
    registrar.refund(caller.account_id, usage);
    api_tokens::void_environment(registrar, caller, id)?;
    registrar.note_deleted(caller.account_id, id)?;
    Ok(registrar.write_object(id).delete_environment(id)?)
}
