//! Environments: create, fetch, list, update, delete.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::{Caller, Failure, FreeId, Issue, Kind, Registrar, api_tokens};
use crate::model::pfid::Pfid;
use crate::rules::IssueReason;
use crate::sort::sorted;
use crate::store::{EnvironmentRow, Page};

impl Registrar {
    /// Checks that an environment which a body names is one in which the caller may act: an issue
    /// where the account has no such environment, a refusal where the token is for another one.
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
        if let Some(row) = self.store.environment(id)?
            && row.account_id == caller.account_id
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
    match registrar.store.environment(id)? {
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
    /// By the moment they were made.
    InsertedAt,
    /// By the moment of their last change.
    UpdatedAt,
}

/// One page of the environments that the caller sees, given to `each` in order, until it breaks off; answers how many there are in all.
/// `account_id` narrows them down to nothing where it is not the caller's.
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
    // An account has few, so a store keeps no order of them.
    let mut sorted = sorted(&rows, |a, b| {
        let first = match sort {
            EnvironmentSort::Id => Ordering::Equal,
            EnvironmentSort::Name => a.name.cmp(&b.name),
            EnvironmentSort::InsertedAt => a.inserted_at.cmp(&b.inserted_at),
            EnvironmentSort::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        };
        first.then_with(|| a.id.cmp(&b.id))
    });
    if page.descending {
        sorted.reverse();
    }
    let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let mut page = sorted.into_iter().skip(offset).take(page.size as usize);
    // Where it breaks off, the rest is not wanted.
    let _ = page.try_for_each(each);
    Ok(rows.len() as u64)
}

/// Makes an environment of a name that is trimmed. Only a token of the account's scope may. **\[ours\]**
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
    registrar.write_object(row.id).insert_environment(&row)?;
    Ok(row)
}

/// Renames an environment, where there is a new name.
pub fn update<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    name: Option<&str>,
) -> Result<EnvironmentRow<'r>, Failure> {
    fetch(registrar, caller, id)?;
    let store = registrar.write_object(id);
    Ok(store.update_environment(id, name, caller.now)?)
}

/// Removes an environment without agents, with all that its tokens open, and gives it to `last` before. Only a token of the account's scope may: a token
/// of the environment's would lose its own ground. **\[ours\]**
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
    api_tokens::void_environment(registrar, caller, id)?;
    Ok(registrar.write_object(id).delete_environment(id)?)
}
