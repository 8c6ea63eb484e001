//! Instances of agents: register, fetch, list, start, finish.

use std::ops::ControlFlow;

use super::sorting::RunSorting;
use super::{Caller, Failure, FreeId, Kind, Registrar, agents, versions};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{
    AgentChange, CountShift, InstanceQuery, InstanceRow, NewVersion, Page, Usage, VersionKind,
};

/// The fields of a new instance.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    /// The agent that runs.
    pub agent_id: Pfid,
    /// Its version.
    pub version: Option<NewVersion<'a>>,
    /// Its schema version.
    pub schema_version: Option<NewVersion<'a>>,
    /// The instance's id, if the caller chose one.
    pub id: Option<FreeId>,
    /// Whether the versions become the agent's current ones.
    pub update_current_version: bool,
}

/// Registers an instance. It is `pending`. Versions with new identifiers are created. Without a version, the instance runs
/// the agent's current one, if there is one. **\[ours\]**
pub fn register(
    registrar: &mut Registrar,
    caller: &Caller,
    new: &Registration<'_>,
) -> Result<InstanceRow, Failure> {
    let agent_id = new.agent_id;
    let agent = agents::state(registrar, caller, agent_id)?;
    if agent.retired {
        return Err(Failure::invalid_action(
            "A retired agent cannot have new instances; reinstate it first.",
        ));
    }
    let owner = agent.owner;
    let current = (agent.current_version_id, agent.current_schema_version_id);

    let reserved = new.id.map(FreeId::get);
    let mut id_of = |kind, version: &Option<NewVersion<'_>>| match version {
        None => Ok(None),
        Some(version) => {
            versions::at_first_sight(registrar, caller, kind, owner, version, reserved).map(Some)
        }
    };
    let version_id = id_of(VersionKind::Agent, &new.version)?.or(current.0);
    let schema_version_id = id_of(VersionKind::Schema, &new.schema_version)?.or(current.1);
    let row = InstanceRow {
        id: registrar.id_of_new(caller, new.id)?,
        owner,
        version_id,
        status: RunStatus::Pending,
        inserted_at: caller.now,
        updated_at: caller.now,
        started_at: None,
        finished_at: None,
        span_counts: Default::default(),
    };
    registrar.charge(owner.account_id, Usage::of_instance())?;
    registrar.write_object(row.id).insert_instance(&row)?;
    if new.update_current_version && (version_id, schema_version_id) != current {
        let change = AgentChange {
            current_version_id: Some(version_id),
            current_schema_version_id: Some(schema_version_id),
            ..AgentChange::at(caller.now)
        };
        registrar.write().update_agent(agent_id, &change)?;
    }
    let shift = CountShift::added(RunStatus::Pending);
    let store = registrar.write();
    store.record_activity(agent_id, shift, caller.now)?;
    Ok(row)
}

/// The instance of an id, if it exists for the caller.
pub fn fetch(registrar: &Registrar, caller: &Caller, id: Pfid) -> Result<InstanceRow, Failure> {
    match registrar.find(caller, id, |store| store.instance(id))? {
        Some(row) if caller.sees(row.owner.account_id, row.owner.environment_id) => Ok(row),
        _ => Err(registrar.missing(caller, id, Kind::AgentInstance)),
    }
}

/// One page of the instances of an agent, passed to `each` in order until it breaks off. Returns how many there are in
/// all; 0 if the caller sees no such agent.
pub fn list(
    registrar: &mut Registrar,
    caller: &Caller,
    agent_id: Pfid,
    sorting: RunSorting,
    page: &Page,
    each: &mut dyn FnMut(&InstanceRow) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    if !registrar.names(caller, agent_id, Kind::Agent)? {
        return Ok(0);
    }
    sorting.require_affordable(|| {
        let agent = agents::state(registrar, caller, agent_id)?;
        Ok(agent.counts.total())
    })?;
    let query = InstanceQuery {
        agent_id,
        order: sorting.order,
        page: *page,
    };
    Ok(registrar.store.list_instances(&query, each)?)
}

/// Starts a pending instance, at `moment` or now.
pub fn start(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    moment: Option<Timestamp>,
) -> Result<InstanceRow, Failure> {
    let mut row = fetch(registrar, caller, id)?;
    if row.status != RunStatus::Pending {
        return Err(Failure::invalid_action(
            "Only a pending instance can be started.",
        ));
    }
    row.started_at = moment.or(Some(caller.now));
    change_status(registrar, caller, row, RunStatus::Active)
}

/// Finishes an instance, at `moment` or now.
pub fn finish(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    end: RunStatus,
    moment: Option<Timestamp>,
) -> Result<InstanceRow, Failure> {
    let mut row = fetch(registrar, caller, id)?;
    if !row.status.instance_may_finish_as(end) {
        return Err(Failure::invalid_action(
            "An active instance can only become complete or failed, and a pending one only cancelled.",
        ));
    }
    row.finished_at = moment.or(Some(caller.now));
    change_status(registrar, caller, row, end)
}

fn change_status(
    registrar: &mut Registrar,
    caller: &Caller,
    mut row: InstanceRow,
    status: RunStatus,
) -> Result<InstanceRow, Failure> {
    let shift = CountShift::moved(row.status, status);
    row.status = status;
    row.updated_at = caller.now;
    let store = registrar.write_object(row.id);
    store.update_instance(&row)?;
    store.record_activity(row.owner.agent_id, shift, caller.now)?;
    Ok(row)
}
