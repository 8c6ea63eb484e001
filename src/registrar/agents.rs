//! Agents: create, fetch, list, update, delete, retire, reinstate.

use super::{Caller, Failure, Findings, Issue, Kind, Registrar};
use crate::model::agent::InstanceCounts;
use crate::model::lifecycle;
use crate::model::pfid::Pfid;
use crate::rules::characters::trim;
use crate::rules::{
    self, CreateAgentFields, Field, Given, IssueReason, Presence, UpdateAgentFields,
};
use crate::store::{AgentChange, AgentQuery, AgentRow, ChildKind, Store};

/// The agent of an id, if it exists for the caller.
fn find<'s>(registrar: &'s Registrar, caller: &Caller, id: Pfid) -> Result<AgentRow<'s>, Failure> {
    match registrar.store.agent(id)? {
        Some(row) if caller.sees(row.account_id, row.environment_id) => Ok(row),
        _ => Err(registrar.missing(caller, id, Kind::Agent)),
    }
}

/// A row as it stands in the store now.
fn stored(store: &dyn Store, id: Pfid) -> Result<AgentRow<'_>, Failure> {
    store.agent(id)?.ok_or_else(Failure::unexpected)
}

/// Makes an agent. It is `pending`: nothing has run yet.
pub fn create<'f>(
    registrar: &mut Registrar,
    caller: &Caller,
    fields: &CreateAgentFields<'f>,
) -> Result<AgentRow<'f>, Failure> {
    let mut verdict = rules::create_agent(fields, caller.environment_id);
    // The rules assume the environment's partition. Here the account is known, so that issue is worked out below.
    verdict.remove(Field::Id, IssueReason::ForeignPartition);
    let mut found = Findings {
        issues: verdict.issues(),
        refusal: None,
    };
    let environment_id = match fields.environment_id {
        Given::Absent | Given::Null if fields.details == Presence::Present => caller.environment_id,
        text => pfid(text),
    };
    if let Some(id) = environment_id {
        let later = ["details.description", "details.id", "idempotency_key"];
        let issue = registrar.named_environment(caller, "details.environment_id", id);
        found.add(issue, &later);
    }
    let chosen_id = pfid(fields.id);
    if let Some(id) = chosen_id {
        let issue = registrar.chosen_id_issue(caller, &|| "details.id".into(), id);
        found.add(issue, &["idempotency_key"]);
    }
    found.finish()?;
    let (Given::Text(name), Some(environment_id)) = (fields.name, environment_id) else {
        return Err(Failure::unexpected());
    };

    let row = AgentRow {
        id: registrar.id_of_new(caller, chosen_id)?,
        account_id: caller.account_id,
        environment_id,
        name: trim(name),
        description: fields.description.text(),
        inserted_at: caller.now,
        updated_at: caller.now,
        retired: false,
        last_activity: None,
        counts: Default::default(),
        current_version_id: None,
        current_schema_version_id: None,
    };
    registrar.store.insert_agent(&row)?;
    Ok(row)
}

/// The agent of an id.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<AgentRow<'r>, Failure> {
    find(registrar, caller, id)
}

/// One page of the agents that the caller sees, given to `each` in order; answers how many there
/// are in all. `environment_id` in the query narrows it down further: to nothing, where the
/// caller does not see that environment.
pub fn list(
    registrar: &mut Registrar,
    caller: &Caller,
    query: AgentQuery,
    each: &mut dyn FnMut(&AgentRow<'_>),
) -> Result<u64, Failure> {
    let query = AgentQuery {
        environment_id: query.environment_id.or(caller.environment_id),
        ..query
    };
    // The token's own, too: its environment may be gone.
    if let Some(id) = query.environment_id {
        let row = registrar.store.environment(id)?;
        if row.is_none_or(|row| !caller.sees(row.account_id, row.id)) {
            return Ok(0);
        }
    }
    Ok(registrar.store.list_agents(&query, each)?)
}

/// Changes what the body names; what it does not name stays. An agent that is retired stays as it is.
pub fn update<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    fields: &UpdateAgentFields<'_>,
) -> Result<AgentRow<'r>, Failure> {
    let row = find(registrar, caller, id)?;
    let mut found = Findings {
        issues: rules::update_agent(fields).issues(),
        refusal: None,
    };
    let version_id = pfid(fields.current_version_id);
    if let Some(version) = version_id {
        let issue = version_issue(registrar, caller, row.id, version);
        found.add(issue, &["idempotency_key"]);
    }
    found.finish()?;
    if !actions(&row, caller).update {
        return Err(Failure::invalid_action(
            "A retired agent cannot be updated.",
        ));
    }
    let change = AgentChange {
        name: fields.name.text().map(trim),
        description: match fields.description {
            Given::Text(text) => Some(Some(text)),
            Given::Null => Some(None),
            _ => None,
        },
        current_version_id: match fields.current_version_id {
            Given::Absent => None,
            _ => Some(version_id),
        },
        ..AgentChange::at(caller.now)
    };
    registrar.store.update_agent(id, &change)?;
    stored(&*registrar.store, id)
}

/// The issue with a version that an update names, if it is none of the agent.
fn version_issue(
    registrar: &Registrar,
    caller: &Caller,
    agent_id: Pfid,
    id: Pfid,
) -> Result<Option<Issue>, Failure> {
    let path = "details.current_version_id";
    if let Some(version) = registrar.store.child(ChildKind::AgentVersion, id)?
        && version.child.parent_id != agent_id
    {
        let message = "Current version ID must be that of a version of the agent.";
        return Ok(Some(Issue::new(path, IssueReason::NotFound, message)));
    }
    registrar.named_issue(caller, &|| path.into(), id, Kind::AgentVersion)
}

/// Removes an agent that never had an instance, and gives it to `last` before.
pub fn delete(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    last: &mut dyn FnMut(&AgentRow<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let row = find(registrar, caller, id)?;
    if !actions(&row, caller).delete {
        return Err(Failure::invalid_action(
            "An agent that has had an instance cannot be deleted; retire it instead.",
        ));
    }
    last(&row)?;
    for kind in [ChildKind::AgentVersion, ChildKind::AgentSchemaVersion] {
        registrar.store.delete_children(kind, id)?;
    }
    Ok(registrar.store.delete_agent(id)?)
}

/// Retires an agent, which keeps its records and takes no more instances; or takes that back.
pub fn retire<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    retired: bool,
) -> Result<AgentRow<'r>, Failure> {
    let actions = actions(&find(registrar, caller, id)?, caller);
    let (may, message) = match retired {
        true => (actions.retire, "The agent is retired already."),
        false => (actions.reinstate, "The agent is not retired."),
    };
    if !may {
        return Err(Failure::invalid_action(message));
    }
    let change = AgentChange {
        retired: Some(retired),
        ..AgentChange::at(caller.now)
    };
    registrar.store.update_agent(id, &change)?;
    stored(&*registrar.store, id)
}

fn actions(row: &AgentRow<'_>, caller: &Caller) -> crate::model::agent::AvailableActions {
    lifecycle::available_actions(row.status(caller.now), row.counts.total())
}

/// Notes that something happened to one of an agent's instances; `change` says what it did to their
/// counts.
pub(super) fn note_activity(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    change: &dyn Fn(&mut InstanceCounts),
) -> Result<(), Failure> {
    let row = stored(&*registrar.store, id)?;
    let mut counts = row.counts;
    change(&mut counts);
    // A clock that steps back makes nothing younger.
    let last = row
        .last_activity
        .map_or(caller.now, |it| it.max(caller.now));
    registrar.store.set_activity(id, &counts, last)?;
    Ok(())
}

/// The id in a field, where it is one.
fn pfid(field: Given<'_>) -> Option<Pfid> {
    field.text().and_then(|text| Pfid::parse(text).ok())
}
