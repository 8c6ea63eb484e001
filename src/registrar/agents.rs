//! Agents: create, fetch, list, update, delete, retire, reinstate.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::{Caller, Failure, Findings, FreeId, Issue, Kind, Registrar, versions};
use crate::model::agent::AvailableActions;
use crate::model::lifecycle;
use crate::model::pfid::Pfid;
use crate::rules::characters::trim;
use crate::rules::{
    self, CreateAgentFields, Field, Given, IssueReason, Presence, UpdateAgentFields,
};
use crate::store::{
    AgentChange, AgentOrder, AgentQuery, AgentRow, AgentState, Located, Page, Usage, VersionKind,
};

/// Creates an agent. It is `pending`, because it has no instances yet.
pub fn create<'f>(
    registrar: &mut Registrar,
    caller: &Caller,
    fields: &CreateAgentFields<'f>,
) -> Result<AgentRow<'f>, Failure> {
    let mut verdict = rules::create_agent(fields, caller.environment_id);
    // The rules assume the environment's partition. Here the account is known, so that issue is recomputed below.
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
        let issue = registrar.named_environment(caller, "details.environment_id", id);
        found.add(issue, Field::EnvironmentId.later());
    }
    let mut chosen_id: Option<FreeId> = None;
    if let Some(id) = pfid(fields.id) {
        let free = registrar.free_id(caller, &|| "details.id".into(), id);
        let issue = free.map(|free| match free {
            Ok(free) => {
                chosen_id = Some(free);
                None
            }
            Err(issue) => Some(issue),
        });
        found.add(issue, Field::Id.later());
    }
    found.finish()?;
    let (Given::Text(name), Some(environment_id)) = (fields.name, environment_id) else {
        return Err(Failure::unexpected());
    };

    let row = AgentRow {
        description: fields.description.text().map(Cow::Borrowed),
        ..AgentRow::new(
            registrar.id_of_new(caller, chosen_id)?,
            caller.account_id,
            environment_id,
            Cow::Borrowed(trim(name)),
            caller.now,
        )
    };
    registrar.charge(caller.account_id, Usage::of_agent(&row))?;
    registrar.write_object(row.id).insert_agent(&row)?;
    Ok(row)
}

/// The agent of an id, if it exists for the caller.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<AgentRow<'r>, Failure> {
    match registrar.find(caller, id, |store| store.agent(id))? {
        Some(row) if caller.sees(row.account_id, row.environment_id) => Ok(row),
        _ => Err(registrar.missing(caller, id, Kind::Agent)),
    }
}

/// The state of the agent of an id, if it exists for the caller.
pub(super) fn state(
    registrar: &Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<AgentState, Failure> {
    match registrar.find(caller, id, |store| store.agent_state(id))? {
        Some(state) if caller.sees(state.owner.account_id, state.owner.environment_id) => Ok(state),
        _ => Err(registrar.missing(caller, id, Kind::Agent)),
    }
}

/// The order of a list of agents; ties break by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentSort {
    /// By id.
    Id,
    /// By name, by its UTF-8 bytes. **\[ours\]**
    Name,
    /// By status: pending, active, dormant, retired. Agents of one status are sorted by last activity, the latest first;
    /// agents without any come last. **\[ours\]**
    Status,
    /// By creation time.
    InsertedAt,
    /// By the time of the last change.
    UpdatedAt,
}

impl AgentSort {
    fn order(self) -> AgentOrder {
        match self {
            AgentSort::Id => AgentOrder::Id,
            AgentSort::Name => AgentOrder::Name,
            AgentSort::Status => AgentOrder::Status,
            AgentSort::InsertedAt => AgentOrder::InsertedAt,
            AgentSort::UpdatedAt => AgentOrder::UpdatedAt,
        }
    }
}

/// One page of the agents that the caller sees, passed to `each` in order until it breaks off. Returns how many there are
/// in all. With `environment_id`, only the agents of that environment; none if the caller does not see it.
pub fn list(
    registrar: &mut Registrar,
    caller: &Caller,
    environment_id: Option<Pfid>,
    sort: AgentSort,
    page: &Page,
    each: &mut dyn FnMut(&AgentRow<'_>) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let query = AgentQuery {
        account_id: caller.account_id,
        environment_id: environment_id.or(caller.environment_id),
        order: sort.order(),
        page: *page,
    };
    // Also for the token's own environment, which may have been deleted.
    if let Some(id) = query.environment_id {
        let found = registrar.find(caller, id, |store| store.locate(id))?;
        let sees =
            |found: Located| found.kind == Kind::Environment && caller.sees(found.account_id, id);
        if !found.is_some_and(sees) {
            return Ok(0);
        }
    }
    Ok(registrar.store.list_agents(&query, each)?)
}

/// Updates the fields that the body names. A retired agent cannot be updated.
pub fn update<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    fields: &UpdateAgentFields<'_>,
) -> Result<AgentRow<'r>, Failure> {
    let row = fetch(registrar, caller, id)?;
    let may_update = actions(&row, caller).update;
    let before = Usage::of_agent(&row);
    let mut found = Findings {
        issues: rules::update_agent(fields).issues(),
        refusal: None,
    };
    let version_id = pfid(fields.current_version_id);
    if let Some(version) = version_id {
        let issue = version_issue(registrar, caller, id, version);
        found.add(issue, Field::CurrentVersionId.later());
    }
    found.finish()?;
    if !may_update {
        return Err(Failure::invalid_action(
            "A retired agent cannot be updated; reinstate it first.",
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
    if change.name.is_some() || change.description.is_some() {
        let mut row = fetch(registrar, caller, id)?;
        row.apply(&change);
        let after = Usage::of_agent(&row);
        registrar.recharge(caller.account_id, before, after)?;
    }
    registrar.write_object(id).update_agent(id, &change)?;
    fetch(registrar, caller, id)
}

/// The issue with a version that an update names, if it is not one of the agent.
fn version_issue(
    registrar: &Registrar,
    caller: &Caller,
    agent_id: Pfid,
    id: Pfid,
) -> Result<Option<Issue>, Failure> {
    let path = "details.current_version_id";
    if let Some(version) =
        registrar.find(caller, id, |store| store.version(VersionKind::Agent, id))?
        && version.owner.agent_id != agent_id
    {
        let message = "Current version ID must be the ID of a version of the agent.";
        return Ok(Some(Issue::new(path, IssueReason::NotFound, message)));
    }
    registrar.named_issue(caller, &|| path.into(), id, Kind::AgentVersion)
}

/// Deletes an agent that never had an instance, and passes its row to `last` before.
pub fn delete(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    last: &mut dyn FnMut(&AgentRow<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let row = fetch(registrar, caller, id)?;
    if !actions(&row, caller).delete {
        return Err(Failure::invalid_action(
            "An agent that has had an instance cannot be deleted; retire it instead.",
        ));
    }
    last(&row)?;
    let mut usage = Usage::of_agent(&row);
    drop(row);
    for kind in [VersionKind::Agent, VersionKind::Schema] {
        usage = usage.plus(versions::usage(registrar, kind, id)?);
    }
    registrar.refund(caller.account_id, usage);
    let store = registrar.write_object(id);
    for kind in [VersionKind::Agent, VersionKind::Schema] {
        store.delete_versions(kind, id)?;
    }
    Ok(store.delete_agent(id)?)
}

/// Retires an agent. It keeps its records and accepts no new instances.
pub fn retire<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<AgentRow<'r>, Failure> {
    if !actions(&fetch(registrar, caller, id)?, caller).retire {
        return Err(Failure::invalid_action("The agent is already retired."));
    }
    set_retired(registrar, caller, id, true)
}

/// Reinstates a retired agent.
pub fn reinstate<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<AgentRow<'r>, Failure> {
    if !actions(&fetch(registrar, caller, id)?, caller).reinstate {
        return Err(Failure::invalid_action("The agent is not retired."));
    }
    set_retired(registrar, caller, id, false)
}

fn set_retired<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    retired: bool,
) -> Result<AgentRow<'r>, Failure> {
    let change = AgentChange {
        retired: Some(retired),
        ..AgentChange::at(caller.now)
    };
    registrar.write_object(id).update_agent(id, &change)?;
    fetch(registrar, caller, id)
}

fn actions(row: &AgentRow<'_>, caller: &Caller) -> AvailableActions {
    lifecycle::available_actions(row.status(caller.now), row.counts.total())
}

/// The id in a field, if it is valid.
fn pfid(field: Given<'_>) -> Option<Pfid> {
    field.text().and_then(|text| Pfid::parse(text).ok())
}
