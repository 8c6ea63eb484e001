//! Instances of agents: register, start, finish, fetch, list.

use super::agents::note_activity;
use super::versions::{self, NewVersion};
use super::{Caller, Failure, Kind, Registrar};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{AgentRow, ChildQuery, InstanceOrder, InstanceRow, VersionKind};

/// What an instance is registered with: an agent that the caller sees, and an id that is free.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// The agent that runs.
    pub agent_id: Pfid,
    /// Its version.
    pub version: Option<NewVersion<'a>>,
    /// Its schema version.
    pub schema_version: Option<NewVersion<'a>>,
    /// The instance's id, where the caller chose one.
    pub id: Option<Pfid>,
    /// Whether the versions become the agent's current ones.
    pub update_current_version: bool,
}

/// The instance of an id, if it exists for the caller.
pub fn fetch(registrar: &Registrar, caller: &Caller, id: Pfid) -> Result<InstanceRow, Failure> {
    match registrar.store.instance(id)? {
        Some(row) if caller.sees(row.account_id, row.environment_id) => Ok(row),
        _ => Err(registrar.missing(caller, id, Kind::AgentInstance)),
    }
}

/// Registers an instance, which is `pending` then. Versions of identifiers that were never seen are
/// made. Without a version it runs the agent's current one, if there is one. **\[ours\]**
pub fn register(
    registrar: &mut Registrar,
    caller: &Caller,
    new: &Registration<'_>,
) -> Result<InstanceRow, Failure> {
    let agent_id = new.agent_id;
    let agent = registrar.store.agent(agent_id)?;
    let agent = agent.ok_or_else(Failure::unexpected)?;
    if agent.retired {
        return Err(Failure::invalid_action(
            "A retired agent takes no instances; reinstate it first.",
        ));
    }
    let (account_id, environment_id) = (agent.account_id, agent.environment_id);
    let current = (agent.current_version_id, agent.current_schema_version_id);

    let mut seen = |kind, version: &Option<NewVersion<'_>>| match version {
        None => Ok(None),
        Some(version) => {
            versions::at_first_sight(registrar, caller, kind, agent_id, version, new.id).map(Some)
        }
    };
    let version_id = seen(VersionKind::Agent, &new.version)?.or(current.0);
    let schema_version_id = seen(VersionKind::Schema, &new.schema_version)?.or(current.1);
    let id = registrar.id_of_new(caller, new.id)?;
    let row = InstanceRow {
        id,
        account_id,
        environment_id,
        agent_id,
        version_id,
        status: RunStatus::Pending,
        inserted_at: caller.now,
        updated_at: caller.now,
        started_at: None,
        finished_at: None,
        span_counts: Default::default(),
    };
    registrar.store.insert_instance(&row)?;
    if new.update_current_version && (version_id, schema_version_id) != current {
        set_current(registrar, caller, agent_id, version_id, schema_version_id)?;
    }
    note_activity(registrar, caller, agent_id, |counts| {
        counts.add(RunStatus::Pending);
    })?;
    Ok(row)
}

fn set_current(
    registrar: &mut Registrar,
    caller: &Caller,
    agent_id: Pfid,
    current_version_id: Option<Pfid>,
    current_schema_version_id: Option<Pfid>,
) -> Result<(), Failure> {
    let agent = registrar.store.agent(agent_id)?;
    let agent = AgentRow {
        current_version_id,
        current_schema_version_id,
        updated_at: caller.now,
        ..agent.ok_or_else(Failure::unexpected)?.into_owned()
    };
    registrar.store.update_agent(&agent)?;
    Ok(())
}

/// Starts a pending instance: at `moment`, or now.
pub fn start(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    moment: Option<Timestamp>,
) -> Result<InstanceRow, Failure> {
    let row = fetch(registrar, caller, id)?;
    if row.status != RunStatus::Pending {
        return Err(Failure::invalid_action(
            "Only a pending instance can be started.",
        ));
    }
    change(
        registrar,
        caller,
        row.status,
        InstanceRow {
            status: RunStatus::Active,
            started_at: moment.or(Some(caller.now)),
            ..row
        },
    )
}

/// Finishes an instance: at `moment`, or now.
pub fn finish(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    end: RunStatus,
    moment: Option<Timestamp>,
) -> Result<InstanceRow, Failure> {
    let row = fetch(registrar, caller, id)?;
    if !row.status.instance_may_finish_as(end) {
        return Err(Failure::invalid_action(
            "An active instance can become complete or failed, and a pending one cancelled; nothing else.",
        ));
    }
    change(
        registrar,
        caller,
        row.status,
        InstanceRow {
            status: end,
            finished_at: moment.or(Some(caller.now)),
            ..row
        },
    )
}

fn change(
    registrar: &mut Registrar,
    caller: &Caller,
    from: RunStatus,
    row: InstanceRow,
) -> Result<InstanceRow, Failure> {
    let row = InstanceRow {
        updated_at: caller.now,
        ..row
    };
    registrar.store.update_instance(&row)?;
    note_activity(registrar, caller, row.agent_id, |counts| {
        counts.shift(from, row.status);
    })?;
    Ok(row)
}

/// One page of an agent's instances, given to `each` in order; answers how many there are in all.
pub fn list(
    registrar: &mut Registrar,
    caller: &Caller,
    query: &ChildQuery<InstanceOrder>,
    each: &mut dyn FnMut(InstanceRow),
) -> Result<u64, Failure> {
    if !registrar.names(caller, query.parent, Kind::Agent)? {
        return Ok(0);
    }
    Ok(registrar.store.list_instances(query, each)?)
}
