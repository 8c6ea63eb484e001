//! The operations on agents, from JSON to JSON.

use super::list::{ListWriter, Listing, query_pfid};
use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::{self, FieldReader};
use crate::api::write::encode::{self, JsonWriter};
use crate::model::lifecycle;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::registrar::agents::{self, AgentSort};
use crate::registrar::{Failure, Issue, Kind, Registrar};
use crate::rules::{CreateAgentFields, IssueReason, UpdateAgentFields};
use crate::store::AgentRow;

/// The operations under `/api/v1/agent`.
pub static OPERATIONS: &[Operation] = &[
    Operation::write(
        "agents/create",
        Method::Post,
        Path::Collection,
        Body::Required,
        create,
    ),
    Operation::read("agents/list", Path::Collection, list),
    Operation::read("agents/show", Path::Word("show"), show),
    Operation::read("agents/fetch", Path::Item, fetch),
    Operation::write(
        "agents/update",
        Method::Put,
        Path::Item,
        Body::Required,
        update,
    ),
    Operation::delete("agents/delete", delete),
    Operation::write(
        "agents/retire",
        Method::Post,
        Path::Action("retire"),
        Body::Optional,
        retire,
    ),
    Operation::write(
        "agents/reinstate",
        Method::Post,
        Path::Action("reinstate"),
        Body::Optional,
        reinstate,
    ),
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
    Failure::unless_valid(issues)?;
    let id = id.ok_or_else(Failure::unexpected)?;
    answer(out, &agents::fetch(registrar, &call.caller, id)?, call)
}

/// `GET /api/v1/agent`
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    const ORDERS: [&str; 5] = ["id", "name", "status", "inserted_at", "updated_at"];
    let mut issues = Vec::new();
    let environment_id = query_pfid(&call.query, "environment_id", &mut issues);
    let listing = Listing::read(&call.query, &ORDERS, &mut issues);
    Failure::unless_valid(issues)?;
    let sort = match listing.sorted_by {
        "name" => AgentSort::Name,
        "status" => AgentSort::Status,
        "inserted_at" => AgentSort::InsertedAt,
        "updated_at" => AgentSort::UpdatedAt,
        _ => AgentSort::Id,
    };
    let caller = &call.caller;
    let page = listing.page();
    let mut list = ListWriter::new(out);
    let mut each = |row: &AgentRow<'_>| list.item(|json| write(json, row, caller.now, false));
    let count = agents::list(registrar, caller, environment_id, sort, &page, &mut each)?;
    list.finish(count, &listing);
    Ok(())
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
    encode::details(out, |json| write(json, row, call.caller.now, true));
    Ok(())
}

/// An agent as the contract has it; without `instance_counts` in lists.
fn write(json: &mut JsonWriter<'_>, row: &AgentRow<'_>, now: Timestamp, counts: bool) {
    let status = row.status(now);
    let actions = lifecycle::available_actions(status, row.counts.total());
    json.raw(r#"{"type":"agent","id":"#)
        .pfid(row.id)
        .raw(r#","name":"#)
        .text(&row.name)
        .raw(r#","description":"#)
        .maybe_text(row.description.as_deref())
        .raw(r#","environment_id":"#)
        .pfid(row.environment_id)
        .raw(r#","status":""#)
        .raw(status.as_str());
    // Most agents have neither, and what is written in one piece is written faster.
    if row.current_version_id.is_none() && row.current_schema_version_id.is_none() {
        json.raw(r#"","current_version_id":null,"current_schema_version_id":null"#);
    } else {
        json.raw(r#"","current_version_id":"#)
            .maybe_pfid(row.current_version_id)
            .raw(r#","current_schema_version_id":"#)
            .maybe_pfid(row.current_schema_version_id);
    }
    let choose = |is: bool, yes, no| if is { yes } else { no };
    json.raw(r#","inserted_at":"#)
        .timestamp(row.inserted_at)
        .raw(r#","updated_at":"#)
        .timestamp(row.updated_at)
        .raw(choose(
            actions.update,
            r#","available_actions":{"update":true,"retire":"#,
            r#","available_actions":{"update":false,"retire":"#,
        ))
        .raw(choose(
            actions.retire,
            r#"true,"reinstate":"#,
            r#"false,"reinstate":"#,
        ))
        .raw(choose(
            actions.reinstate,
            r#"true,"delete":"#,
            r#"false,"delete":"#,
        ))
        .raw(choose(actions.delete, "true}", "false}"));
    if counts {
        json.raw(r#","instance_counts":"#);
        encode::counts(json, &row.counts);
    }
    json.raw("}");
}
