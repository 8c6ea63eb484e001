//! Versions and schema versions of agents: create, fetch, list.

use std::ops::ControlFlow;

use super::{Caller, Failure, Issue, Kind, Registrar, agents};
use crate::model::pfid::Pfid;
use crate::rules::IssueReason;
use crate::store::{
    NewVersion, Ownership, Page, Usage, VersionKind, VersionOrder, VersionQuery, VersionRow,
};

/// The issue with an external identifier that another version of the agent has.
pub fn identifier_issue(
    registrar: &Registrar,
    kind: VersionKind,
    agent_id: Pfid,
    identifier: &str,
) -> Result<Option<Issue>, Failure> {
    let known = registrar.store.version_id(kind, agent_id, identifier)?;
    Ok(known.map(|_| {
        Issue::new(
            "details.external_identifier",
            IssueReason::Taken,
            "External identifier must differ from those of the agent's other versions.",
        )
    }))
}

/// The version of an id, if it exists for the caller.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    kind: VersionKind,
    id: Pfid,
) -> Result<VersionRow<'r>, Failure> {
    match registrar.find(caller, id, |store| store.version(kind, id))? {
        Some(row) if caller.sees(row.owner.account_id, row.owner.environment_id) => Ok(row),
        _ => Err(registrar.missing(caller, id, kind.into())),
    }
}

/// One page of the versions of an agent, passed to `each` in order until it breaks off. Returns how many there are in
/// all; 0 if the caller sees no such agent.
pub fn list(
    registrar: &mut Registrar,
    caller: &Caller,
    kind: VersionKind,
    agent_id: Pfid,
    order: VersionOrder,
    page: &Page,
    each: &mut dyn FnMut(&VersionRow<'_>) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    if !registrar.names(caller, agent_id, Kind::Agent)? {
        return Ok(0);
    }
    let query = VersionQuery {
        agent_id,
        order,
        page: *page,
    };
    Ok(registrar.store.list_versions(kind, &query, each)?)
}

/// Creates a version of an agent that has none of this identifier. It does not become the current version; only
/// a registration or an update of the agent changes that. **\[ours\]**
pub fn create<'n>(
    registrar: &mut Registrar,
    caller: &Caller,
    kind: VersionKind,
    agent_id: Pfid,
    new: NewVersion<'n>,
) -> Result<VersionRow<'n>, Failure> {
    let owner = agents::state(registrar, caller, agent_id)?.owner;
    let taken = identifier_issue(registrar, kind, agent_id, &new.external_identifier)?;
    if let Some(issue) = taken {
        return Err(Failure::invalid(vec![issue]));
    }
    let row = VersionRow {
        id: registrar.new_id(caller)?,
        owner,
        version: new,
        inserted_at: caller.now,
    };
    registrar.charge(owner.account_id, Usage::of_version(&row))?;
    registrar.write_object(row.id).insert_version(kind, &row)?;
    Ok(row)
}

/// The version of an agent with an external identifier, created if it does not exist. `reserved` is an
/// id that another new object is going to have.
pub(super) fn at_first_sight(
    registrar: &mut Registrar,
    caller: &Caller,
    kind: VersionKind,
    owner: Ownership,
    new: &NewVersion<'_>,
    reserved: Option<Pfid>,
) -> Result<Pfid, Failure> {
    let key = &new.external_identifier;
    let known = registrar.store.version_id(kind, owner.agent_id, key)?;
    if let Some(id) = known {
        return Ok(id);
    }
    let mut id = registrar.new_id(caller)?;
    while Some(id) == reserved {
        id = registrar.new_id(caller)?;
    }
    let row = VersionRow {
        id,
        owner,
        version: new.clone(),
        inserted_at: caller.now,
    };
    registrar.charge(owner.account_id, Usage::of_version(&row))?;
    registrar.write().insert_version(kind, &row)?;
    Ok(id)
}

/// What all versions of one kind of an agent count for the limits.
pub(super) fn usage(
    registrar: &mut Registrar,
    kind: VersionKind,
    agent_id: Pfid,
) -> Result<Usage, Failure> {
    let mut usage = Usage::default();
    let mut page = Page {
        offset: 0,
        size: 100,
        descending: false,
    };
    loop {
        let query = VersionQuery {
            agent_id,
            order: VersionOrder::Id,
            page,
        };
        let mut count = 0;
        let total = registrar.store.list_versions(kind, &query, &mut |row| {
            usage = usage.plus(Usage::of_version(row));
            count += 1;
            ControlFlow::Continue(())
        })?;
        page.offset += count;
        if count == 0 || page.offset >= total {
            return Ok(usage);
        }
    }
}
