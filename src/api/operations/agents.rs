//! The operations on agents, from JSON to JSON.

use super::list::{self, Listing, query_pfid};
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::{self, FieldReader};
use crate::api::write;
use crate::model::lifecycle;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::validation::{CreateAgentFields, Text, UpdateAgentFields};
use crate::registrar::{Failure, Issue, Kind, Registrar, agents};
use crate::store::{AgentOrder, AgentQuery, AgentRow};
use crate::wire;

/// What agents can be sorted by.
const ORDERS: &[&str] = &["id", "name", "status", "inserted_at", "updated_at"];

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
        errors: [NotPermitted],
    }),
    Operation::read("agents/list", Path::Collection, list).described(describe! {
        "List agents" => wire::ListAnswer<wire::AgentSummary>,
        parameters: [environment_id: wire::Pfid, "Only those of this environment.";],
        sorted_by: ORDERS,
    }),
    Operation::read("agents/show", Path::Word("show"), show).described(describe! {
        "Look an agent up" => wire::Details<wire::Agent>,
        parameters: [required agent_id: wire::Pfid, "Which agent.";],
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
    let (presence, details) = fields::object(call.body, "details");
    let detail = |key| details.map_or(Text::Absent, |details| fields::text(details, key));
    let row = agents::create(
        registrar,
        &call.caller,
        &CreateAgentFields {
            details: presence,
            name: detail("name"),
            environment_id: detail("environment_id"),
            description: detail("description"),
            id: detail("id"),
            idempotency_key: fields::text(call.body, "idempotency_key"),
        },
    )?;
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
        issues.push(Issue::missing("agent_id", "Agent ID is required."));
    }
    Failure::unless_valid(issues)?;
    let id = id.ok_or_else(Failure::unexpected)?;
    answer(out, &agents::fetch(registrar, &call.caller, id)?, call)
}

/// `GET /api/v1/agent`
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let environment_id = query_pfid(&call.query, "environment_id", &mut issues);
    let listing = Listing::read(&call.query, ORDERS, &mut issues);
    Failure::unless_valid(issues)?;
    let query = AgentQuery {
        account_id: call.caller.account_id,
        environment_id,
        order: match listing.sorted_by {
            "name" => AgentOrder::Name,
            "status" => AgentOrder::Status,
            "inserted_at" => AgentOrder::InsertedAt,
            "updated_at" => AgentOrder::UpdatedAt,
            _ => AgentOrder::Id,
        },
        descending: listing.descending,
        offset: listing.offset,
        size: listing.size,
        now: call.caller.now,
    };
    list::answer(out, &listing, &mut |page| {
        let mut written = Ok(());
        let count = agents::list(registrar, &call.caller, query, &mut |row| {
            written = written.and(page.push(&summary(row, call.caller.now)));
        })?;
        written?;
        Ok(count)
    })
}

/// `PUT /api/v1/agent/{id}`
pub fn update(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Agent)?;
    let (presence, details) = fields::object(call.body, "details");
    let detail = |key| details.map_or(Text::Absent, |details| fields::text(details, key));
    let row = agents::update(
        registrar,
        &call.caller,
        id,
        &UpdateAgentFields {
            details: presence,
            name: detail("name"),
            description: detail("description"),
            current_version_id: detail("current_version_id"),
            idempotency_key: fields::text(call.body, "idempotency_key"),
        },
    )?;
    answer(out, &row, call)
}

/// `DELETE /api/v1/agent/{id}`
pub fn delete(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Agent)?;
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
    answer(
        out,
        &agents::retire(registrar, &call.caller, id, true)?,
        call,
    )
}

/// `POST /api/v1/agent/{id}/reinstate`
pub fn reinstate(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = action_id(call)?;
    answer(
        out,
        &agents::retire(registrar, &call.caller, id, false)?,
        call,
    )
}

fn action_id(call: &Call<'_>) -> Result<Pfid, Failure> {
    let id = parse_id(call.id, Kind::Agent)?;
    FieldReader::of_body(call.body).finish()?;
    Ok(id)
}

fn answer(out: &mut Vec<u8>, row: &AgentRow<'_>, call: &Call<'_>) -> Result<(), Failure> {
    let agent = wire::Agent {
        summary: summary(row, call.caller.now),
        instance_counts: (&row.counts).into(),
    };
    write::details(out, agent)
}

/// An agent as lists have it, as of now.
fn summary<'r>(row: &'r AgentRow<'_>, now: Timestamp) -> wire::AgentSummary<'r> {
    let status = row.status(now);
    wire::AgentSummary {
        r#type: wire::literal::Agent,
        id: row.id,
        name: row.name,
        description: row.description,
        environment_id: row.environment_id,
        status,
        current_version_id: row.current_version_id,
        current_schema_version_id: row.current_schema_version_id,
        inserted_at: row.inserted_at,
        updated_at: row.updated_at,
        available_actions: lifecycle::available_actions(status, row.counts.total()).into(),
    }
}
