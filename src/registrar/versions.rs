//! Versions and schema versions of agents: create.

use super::{Caller, Failure, Registrar};
use crate::model::pfid::Pfid;
use crate::store::{ChildRow, NewVersion, VersionKind};

/// Whether an agent has a version of an external identifier.
pub fn is_known(
    registrar: &Registrar,
    kind: VersionKind,
    agent_id: Pfid,
    identifier: &str,
) -> bool {
    let version = registrar
        .store
        .child_of_key(kind.into(), agent_id, identifier);
    version.is_ok_and(|it| it.is_some())
}

/// Makes a version of an agent that the caller sees and has none of this identifier. It does not become the agent's
/// current one: that is for register and for the agent's update. **\[ours\]**
pub fn create<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    kind: VersionKind,
    agent_id: Pfid,
    new: &NewVersion<'_>,
) -> Result<ChildRow<'r>, Failure> {
    let id = registrar.new_id(caller)?;
    registrar.insert_child(caller, kind.into(), id, agent_id, &new.body())?;
    registrar.stored(kind.into(), id)
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
    let key = new.external_identifier;
    let known = registrar.store.child_of_key(kind.into(), agent_id, key)?;
    if let Some(id) = known {
        return Ok(id);
    }
    let mut id = registrar.new_id(caller)?;
    while Some(id) == reserved {
        id = registrar.new_id(caller)?;
    }
    registrar.insert_child(caller, kind.into(), id, agent_id, &new.body())?;
    Ok(id)
}
