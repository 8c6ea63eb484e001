//! Environments: create, fetch, list, update, delete.

use super::{Caller, Failure, Issue, Kind, Registrar};
use crate::model::pfid::Pfid;
use crate::rules::IssueReason;
use crate::store::{AgentOrder, AgentQuery, EnvironmentRow};

impl Registrar {
    /// Checks that an environment which a body names is one in which the caller may act: an issue
    /// where the account has no such environment, a refusal where the token is for another one.
    pub fn named_environment(
        &self,
        caller: &Caller,
        path: &'static str,
        id: Pfid,
    ) -> Result<Option<Issue>, Failure> {
        if caller.environment_id.is_some_and(|own| own != id) {
            return Err(Failure::not_permitted(
                "The token is for another environment than the one that the body names.",
            ));
        }
        if let Some(row) = self.store.environment(id)?
            && row.account_id == caller.account_id
        {
            return Ok(None);
        }
        match self.kind_of(caller, id)? {
            Some(_) => Err(self.missing(caller, id, Kind::Environment)),
            None => Ok(Some(Issue::new(
                path,
                IssueReason::NotFound,
                "Environment ID must be that of an environment of the account.",
            ))),
        }
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

/// All environments that the caller sees, in no particular order. `account_id` narrows them down to
/// nothing where it is not the caller's.
pub fn list<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    account_id: Option<Pfid>,
) -> Result<Vec<EnvironmentRow<'r>>, Failure> {
    if account_id.is_some_and(|id| id != caller.account_id) {
        return Ok(Vec::new());
    }
    let mut rows = registrar.store.environments(caller.account_id)?;
    rows.retain(|row| caller.sees(row.account_id, row.id));
    Ok(rows)
}

/// Makes an environment of a name that is trimmed and an id that is free. Only a token of the account's scope may.
/// **\[ours\]**
pub fn create<'n>(
    registrar: &mut Registrar,
    caller: &Caller,
    name: &'n str,
    chosen_id: Option<Pfid>,
) -> Result<EnvironmentRow<'n>, Failure> {
    caller.require_account_scope()?;
    let row = EnvironmentRow {
        id: registrar.id_of_new(caller, chosen_id)?,
        account_id: caller.account_id,
        name,
        inserted_at: caller.now,
        updated_at: caller.now,
    };
    registrar.store.insert_environment(&row)?;
    Ok(row)
}

/// Renames an environment that the caller sees, where there is a new name.
pub fn update<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    name: Option<&str>,
) -> Result<EnvironmentRow<'r>, Failure> {
    fetch(registrar, caller, id)?;
    registrar.store.update_environment(id, name, caller.now)?;
    fetch(registrar, caller, id)
}

/// Removes an environment without agents and gives it to `last` before. Only a token of the account's scope may: a token
/// of the environment's would lose its own ground. **\[ours\]**
pub fn delete(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    last: &mut dyn FnMut(&EnvironmentRow<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    fetch(registrar, caller, id)?;
    caller.require_account_scope()?;
    let agents = AgentQuery {
        account_id: caller.account_id,
        environment_id: Some(id),
        order: AgentOrder::Id,
        descending: false,
        offset: 0,
        size: 0,
        now: caller.now,
    };
    if registrar.store.list_agents(&agents, &mut |_| {})? > 0 {
        return Err(Failure::invalid_action(
            "An environment that has agents cannot be deleted.",
        ));
    }
    last(&fetch(registrar, caller, id)?)?;
    Ok(registrar.store.delete_environment(id)?)
}
