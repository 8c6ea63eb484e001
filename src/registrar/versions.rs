//! Versions and schema versions of agents: create, fetch, list.

use std::borrow::Cow;

use super::{Caller, Failure, Kind, Registrar};
use crate::model::pfid::Pfid;
use crate::store::versions::SCHEMA_KEYS;
use crate::store::{ChildQuery, VersionKind, VersionOrder, VersionRow};

/// What a version is made from.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    /// What the caller calls it, trimmed.
    pub external_identifier: &'a str,
    /// Its name, trimmed.
    pub name: Option<&'a str>,
    /// Its description.
    pub description: Option<&'a str>,
    /// The texts of its schemas in the order of [`SCHEMA_KEYS`].
    pub schemas: [Option<&'a str>; SCHEMA_KEYS.len()],
}

impl VersionKind {
    /// The kind of object that it is a version of this kind.
    pub fn object(self) -> Kind {
        match self {
            VersionKind::Agent => Kind::AgentVersion,
            VersionKind::Schema => Kind::AgentSchemaVersion,
        }
    }
}

/// Whether an agent has a version of an external identifier.
pub fn is_known(
    registrar: &Registrar,
    kind: VersionKind,
    agent_id: Pfid,
    identifier: &str,
) -> bool {
    let version = registrar.store.version_of(kind, agent_id, identifier);
    version.is_ok_and(|it| it.is_some())
}

/// Makes a version of an agent that the caller sees and has none of this identifier. It does not become the agent's current one: that is for register and for the
/// agent's update. **\[ours\]**
pub fn create<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    kind: VersionKind,
    agent_id: Pfid,
    new: &NewVersion<'_>,
) -> Result<VersionRow<'r>, Failure> {
    let id = registrar.new_id(caller)?;
    insert(registrar, caller, kind, agent_id, id, new)?;
    fetch(registrar, caller, kind, id)
}

/// The agent's version of an external identifier, made now if it was never seen. `reserved` is an
/// id that something else is about to get.
pub(super) fn at_first_sight(
    registrar: &mut Registrar,
    caller: &Caller,
    kind: VersionKind,
    agent_id: Pfid,
    new: &NewVersion<'_>,
    reserved: Option<Pfid>,
) -> Result<Pfid, Failure> {
    let known = registrar
        .store
        .version_of(kind, agent_id, new.external_identifier)?;
    if let Some(id) = known {
        return Ok(id);
    }
    let mut id = registrar.new_id(caller)?;
    while Some(id) == reserved {
        id = registrar.new_id(caller)?;
    }
    insert(registrar, caller, kind, agent_id, id, new)?;
    Ok(id)
}

fn insert(
    registrar: &mut Registrar,
    caller: &Caller,
    kind: VersionKind,
    agent_id: Pfid,
    id: Pfid,
    new: &NewVersion<'_>,
) -> Result<(), Failure> {
    let agent = registrar.store.agent(agent_id)?;
    let agent = agent.ok_or_else(Failure::unexpected)?;
    let (account_id, environment_id) = (agent.account_id, agent.environment_id);
    registrar.store.insert_version(
        kind,
        &VersionRow {
            id,
            account_id,
            environment_id,
            agent_id,
            external_identifier: Cow::Borrowed(new.external_identifier),
            name: new.name.map(Cow::Borrowed),
            description: new.description.map(Cow::Borrowed),
            schemas: new.schemas.map(|schema| schema.map(Cow::Borrowed)),
            inserted_at: caller.now,
        },
    )?;
    Ok(())
}

/// The version of an id.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    kind: VersionKind,
    id: Pfid,
) -> Result<VersionRow<'r>, Failure> {
    match registrar.store.version(kind, id)? {
        Some(row) if caller.sees(row.account_id, row.environment_id) => Ok(row),
        _ => Err(registrar.missing(caller, id, kind.object())),
    }
}

/// One page of an agent's versions, given to `each` in order; answers how many there are in all.
pub fn list(
    registrar: &mut Registrar,
    caller: &Caller,
    kind: VersionKind,
    query: &ChildQuery<VersionOrder>,
    each: &mut dyn FnMut(VersionRow<'_>),
) -> Result<u64, Failure> {
    if !registrar.names(caller, query.parent, Kind::Agent)? {
        return Ok(0);
    }
    Ok(registrar.store.list_versions(kind, query, each)?)
}
