//! Instances of agents: register, start, finish.

use super::agents::note_activity;
use super::{Caller, Failure, Registrar, versions};
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{AgentChange, ChildKind, ChildRow, InstanceRow, NewVersion, Owner, VersionKind};

const KIND: ChildKind = ChildKind::AgentInstance;

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

/// Registers an instance, which is `pending` then. Versions of identifiers that were never seen are
/// made. Without a version it runs the agent's current one, if there is one. **\[ours\]**
pub fn register<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    new: &Registration<'_>,
) -> Result<ChildRow<'r>, Failure> {
    let agent_id = new.agent_id;
    let agent = registrar.store.agent(agent_id)?;
    let agent = agent.ok_or_else(Failure::unexpected)?;
    if agent.retired {
        return Err(Failure::invalid_action(
            "A retired agent takes no instances; reinstate it first.",
        ));
    }
    let owner = Owner {
        account_id: agent.account_id,
        environment_id: agent.environment_id,
        agent_id,
    };
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
        owner,
        version_id,
        status: RunStatus::Pending,
        inserted_at: caller.now,
        updated_at: caller.now,
        started_at: None,
        finished_at: None,
        span_counts: Default::default(),
    };
    registrar.insert_child(caller, KIND, id, agent_id, &row.body())?;
    if new.update_current_version && (version_id, schema_version_id) != current {
        let change = AgentChange {
            current_version_id: Some(version_id),
            current_schema_version_id: Some(schema_version_id),
            ..AgentChange::at(caller.now)
        };
        registrar.store.update_agent(agent_id, &change)?;
    }
    note_activity(registrar, caller, agent_id, &|counts| {
        counts.add(RunStatus::Pending);
    })?;
    registrar.stored(KIND, id)
}

/// Starts a pending instance: at `moment`, or now.
pub fn start<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    moment: Option<Timestamp>,
) -> Result<ChildRow<'r>, Failure> {
    let mut row = InstanceRow::read(&registrar.child(caller, KIND, id)?)?;
    if row.status != RunStatus::Pending {
        return Err(Failure::invalid_action(
            "Only a pending instance can be started.",
        ));
    }
    row.started_at = moment.or(Some(caller.now));
    change(registrar, caller, row, RunStatus::Active)
}

/// Finishes an instance: at `moment`, or now.
pub fn finish<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    end: RunStatus,
    moment: Option<Timestamp>,
) -> Result<ChildRow<'r>, Failure> {
    let mut row = InstanceRow::read(&registrar.child(caller, KIND, id)?)?;
    if !row.status.instance_may_finish_as(end) {
        return Err(Failure::invalid_action(
            "An active instance can become complete or failed, and a pending one cancelled; nothing else.",
        ));
    }
    row.finished_at = moment.or(Some(caller.now));
    change(registrar, caller, row, end)
}

fn change<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    mut row: InstanceRow,
    status: RunStatus,
) -> Result<ChildRow<'r>, Failure> {
    let from = row.status;
    row.status = status;
    row.updated_at = caller.now;
    registrar.store.update_child(KIND, row.id, &row.body())?;
    note_activity(registrar, caller, row.owner.agent_id, &|counts| {
        counts.shift(from, status);
    })?;
    registrar.stored(KIND, row.id)
}

/// Notes a change of the counts of an instance's spans: the instance itself counts as unchanged. **\[ours\]**
pub(super) fn note_span(
    registrar: &mut Registrar,
    caller: &Caller,
    id: Pfid,
    change: &dyn Fn(&mut InstanceCounts),
) -> Result<(), Failure> {
    let mut row = InstanceRow::read(&registrar.stored(KIND, id)?)?;
    change(&mut row.span_counts);
    registrar.store.update_child(KIND, id, &row.body())?;
    note_activity(registrar, caller, row.owner.agent_id, &|_| {})
}
