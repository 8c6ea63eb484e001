//! The handlers for agents: they read requests and write answers.

use super::list::{self, Listing, query_flag, query_pfid, refuse_parameters};
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::{self, FieldReader};
use crate::api::write;
use crate::model::pfid::Pfid;
use crate::registrar::agents::{self, AgentSort};
use crate::registrar::{Failure, Issue, Kind, Registrar};
use crate::rules::{CreateAgentFields, IssueReason, UpdateAgentFields};
use crate::store::AgentRow;
use crate::wire;

/// The sort fields of agents.
const ORDERS: &[&str] = &["id", "name", "status", "inserted_at", "updated_at"];

/// The filters of upstream's list of agents that this build does not know. **\[client\]**
const UNKNOWN_FILTERS: &[&str] = &["team_id", "owner_person_id", "risk_profile_id"];

/// The operations under `/api/v1/agent`.
pub static OPERATIONS: &[Operation] = &[
    Operation::write(
        "agents/create",
        Method::Post,
        Path::Collection,
        Body::Required,
        create,
    )
    .described(describe! {
        "Create a new agent" => wire::Details<wire::Agent>,
        body: wire::DetailsBody<wire::CreateAgent>,
    }),
    Operation::read("agents/list", Path::Collection, list).described(describe! {
        "List agents" => wire::ListAnswer<wire::ListedAgent>,
        parameters: [
            environment_id: wire::Pfid, "The environment to which the list is limited.";
            include_counts: bool, "Whether to count the instances of each agent.";
        ],
        sorted_by: ORDERS,
    }),
    Operation::read("agents/show", Path::Word("show"), show).described(describe! {
        "Look an agent up" => wire::Details<wire::Agent>,
        parameters: [required agent_id: wire::Pfid, "The agent.";],
        errors: [NotFound, UnexpectedRefType],
    }),
    Operation::read("agents/fetch", Path::Item, fetch).described(describe! {
        "Fetch an agent" => wire::Details<wire::Agent>,
    }),
    Operation::write(
        "agents/update",
        Method::Put,
        Path::Item,
        Body::Required,
        update,
    )
    .described(describe! {
        "Update an agent" => wire::Details<wire::Agent>,
        body: wire::DetailsBody<wire::UpdateAgent>,
        errors: [InvalidAction],
    }),
    Operation::delete("agents/delete", delete).described(describe! {
        "Delete an agent that never had an instance" => wire::Details<wire::Agent>,
        body: wire::KeyBody,
        errors: [InvalidAction],
    }),
    Operation::write(
        "agents/retire",
        Method::Post,
        Path::Action("retire"),
        Body::Optional,
        retire,
    )
    .described(describe! {
        "Retire an agent" => wire::Details<wire::Agent>,
        body: wire::KeyBody,
        errors: [InvalidAction],
    }),
    Operation::write(
        "agents/reinstate",
        Method::Post,
        Path::Action("reinstate"),
        Body::Optional,
        reinstate,
    )
    .described(describe! {
        "Reinstate a retired agent" => wire::Details<wire::Agent>,
        body: wire::KeyBody,
        errors: [InvalidAction],
    }),
];

/// `POST /api/v1/agent`
pub fn create(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let (details, given) = fields::agent(call.body);
    let fields = CreateAgentFields::read(details, given);
    let row = agents::create(registrar, &call.caller, &fields)?;
    answer(out, &row, call)
}

/// `GET /api/v1/agent/{id}`
pub fn fetch(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Agent)?;
    answer(out, &agents::fetch(registrar, &call.caller, id)?, call)
}

/// `GET /api/v1/agent/show?agent_id=…`
pub fn show(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let id = query_pfid(&call.query, "agent_id", &mut issues);
    if id.is_none() && issues.is_empty() {
        issues.push(Issue::new(
            "agent_id",
            IssueReason::Missing,
            "Agent ID is required.",
        ));
    }
    refuse_parameters(&call.query, &["external_identifier"], &mut issues);
    Failure::unless_valid(issues)?;
    let id = id.ok_or_else(Failure::unexpected)?;
    answer(out, &agents::fetch(registrar, &call.caller, id)?, call)
}

/// `GET /api/v1/agent`
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let environment_id = query_pfid(&call.query, "environment_id", &mut issues);
    refuse_parameters(&call.query, UNKNOWN_FILTERS, &mut issues);
    let has_counts = query_flag(&call.query, "include_counts", &mut issues);
    let listing = Listing::read(&call.query, ORDERS, &mut issues);
    Failure::unless_valid(issues)?;
    let sort = match listing.sorted_by {
        "name" => AgentSort::Name,
        "status" => AgentSort::Status,
        "inserted_at" => AgentSort::InsertedAt,
        "updated_at" => AgentSort::UpdatedAt,
        _ => AgentSort::Id,
    };
    let caller = &call.caller;
    list::answer(out, &listing, &mut |items| {
        let page = listing.page();
        let mut each = |row: &AgentRow<'_>| {
            let agent = wire::Agent::of(row.into(), caller.now);
            match has_counts {
                false => items.push(&wire::AgentSummary::from(agent)),
                true => items.push(&agent),
            }
        };
        agents::list(registrar, caller, environment_id, sort, &page, &mut each)
    })
}

/// `PUT /api/v1/agent/{id}`
pub fn update(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Agent)?;
    let (details, given) = fields::agent(call.body);
    let fields = UpdateAgentFields::read(details, given);
    let row = agents::update(registrar, &call.caller, id, &fields)?;
    answer(out, &row, call)
}

/// `DELETE /api/v1/agent/{id}`
pub fn delete(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = action_id(call)?;
    agents::delete(registrar, &call.caller, id, &mut |row| {
        answer(out, row, call)
    })
}

/// `POST /api/v1/agent/{id}/retire`
pub fn retire(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = action_id(call)?;
    answer(out, &agents::retire(registrar, &call.caller, id)?, call)
}

/// `POST /api/v1/agent/{id}/reinstate`
pub fn reinstate(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = action_id(call)?;
    answer(out, &agents::reinstate(registrar, &call.caller, id)?, call)
}

fn action_id(call: &Call<'_>) -> Result<Pfid, Failure> {
    let id = parse_id(call.id, Kind::Agent)?;
    FieldReader::of_body(call.body).finish()?;
    Ok(id)
}

fn answer(out: &mut Vec<u8>, row: &AgentRow<'_>, call: &Call<'_>) -> Result<(), Failure> {
    write::details(out, wire::Agent::of(row.into(), call.caller.now))
}
