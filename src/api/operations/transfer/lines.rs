//! Writes records as lines of JSON. `records.rs` reads them.

use serde::Serialize;

use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::registrar::transfer::{Record, one_line};
use crate::store::{
    AgentRow, ApiTokenRow, Nullable, SCHEMA_KEYS, SpanRow, TokenDigest, VersionKind, VersionRow,
};
use crate::wire::Raw;
use crate::wire::json::{Object, Unsupported, append as append_value};

/// The words for the states of API tokens, in the order of [`TokenState::ALL`](crate::model::token::TokenState::ALL).
pub(super) const TOKEN_STATES: [&str; 3] = ["active", "suspended", "revoked"];

#[derive(Serialize)]
struct Account<'a> {
    kind: &'static str,
    id: Pfid,
    name: &'a str,
    inserted_at: Timestamp,
    updated_at: Timestamp,
    last_id: Option<Pfid>,
    highest_chosen_id: Option<Pfid>,
    random_position: u64,
}

#[derive(Serialize)]
struct Environment<'a> {
    kind: &'static str,
    id: Pfid,
    name: &'a str,
    inserted_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct ApiToken<'a> {
    kind: &'static str,
    id: Pfid,
    environment_id: Option<Pfid>,
    sha256: &'a str,
    name: Option<&'a str>,
    state: &'static str,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    inserted_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct Instance {
    kind: &'static str,
    id: Pfid,
    agent_id: Pfid,
    agent_version_id: Option<Pfid>,
    status: &'static str,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    inserted_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct Span<'a> {
    kind: &'static str,
    id: Pfid,
    agent_instance_id: Pfid,
    parent_span_id: Option<Pfid>,
    schema_name: &'a str,
    status: &'static str,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    inserted_at: Timestamp,
    updated_at: Timestamp,
    payload: Raw<'a>,
    result_payload: Option<Raw<'a>>,
}

/// Appends a record.
pub(super) fn append(out: &mut Vec<u8>, record: &Record<'_>) -> Result<(), Unsupported> {
    match record {
        Record::Account(row) => append_value(
            out,
            &Account {
                kind: "account",
                id: row.id,
                name: &row.name,
                inserted_at: row.inserted_at,
                updated_at: row.updated_at,
                last_id: row.ids.last_id,
                highest_chosen_id: row.ids.highest_chosen_id,
                random_position: row.ids.random_position,
            },
        ),
        Record::Environment(row) => append_value(
            out,
            &Environment {
                kind: "environment",
                id: row.id,
                name: &row.name,
                inserted_at: row.inserted_at,
                updated_at: row.updated_at,
            },
        ),
        Record::ApiToken(row) => append_token(out, row),
        Record::Agent(row) => append_agent(out, row),
        Record::Version(kind, row) => append_version(out, *kind, row),
        Record::Instance(row) => append_value(
            out,
            &Instance {
                kind: "agent_instance",
                id: row.id,
                agent_id: row.owner.agent_id,
                agent_version_id: row.version_id,
                status: row.status.as_str(),
                started_at: row.started_at,
                finished_at: row.finished_at,
                inserted_at: row.inserted_at,
                updated_at: row.updated_at,
            },
        ),
        Record::Span(row) => append_span(out, row),
    }
}

fn append_span(out: &mut Vec<u8>, row: &SpanRow<'_>) -> Result<(), Unsupported> {
    append_value(
        out,
        &Span {
            kind: "agent_span",
            id: row.id,
            agent_instance_id: row.instance_id,
            parent_span_id: row.parent_id,
            schema_name: &row.schema_name,
            status: row.status.as_str(),
            started_at: row.started_at,
            finished_at: row.finished_at,
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
            payload: Raw(&one_line(row.payload.as_ref().into())),
            result_payload: row
                .result_payload
                .as_ref()
                .map(|text| one_line(text.as_ref().into()))
                .as_deref()
                .map(Raw),
        },
    )
}

fn append_token(out: &mut Vec<u8>, row: &ApiTokenRow<'_>) -> Result<(), Unsupported> {
    append_value(
        out,
        &ApiToken {
            kind: "api_token",
            id: row.id,
            environment_id: row.environment_id,
            sha256: &hexadecimal(&row.digest),
            name: row.name.as_deref(),
            state: TOKEN_STATES
                .get(row.state as usize)
                .copied()
                .unwrap_or_default(),
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
        },
    )
}

fn append_agent(out: &mut Vec<u8>, row: &AgentRow<'_>) -> Result<(), Unsupported> {
    let mut object = Object::begin(out);
    object.member("kind", "agent")?;
    object.member("id", &row.id)?;
    object.member("environment_id", &row.environment_id)?;
    object.member("name", &*row.name)?;
    object.member("description", &row.description)?;
    object.member("retired", &row.retired)?;
    object.member("last_activity_at", &row.last_activity)?;
    for (name, value) in AgentRow::NULLABLE.iter().zip(row.nullable()) {
        match value {
            Nullable::Id(id) => object.member(name, &id)?,
            Nullable::Text(text) => object.member(name, &text)?,
        }
    }
    object.member("inserted_at", &row.inserted_at)?;
    object.member("updated_at", &row.updated_at)?;
    object.end();
    Ok(())
}

fn append_version(
    out: &mut Vec<u8>,
    kind: VersionKind,
    row: &VersionRow<'_>,
) -> Result<(), Unsupported> {
    let mut object = Object::begin(out);
    object.member(
        "kind",
        match kind {
            VersionKind::Agent => "agent_version",
            VersionKind::Schema => "agent_schema_version",
        },
    )?;
    object.member("id", &row.id)?;
    object.member("agent_id", &row.owner.agent_id)?;
    object.member("external_identifier", &*row.version.external_identifier)?;
    object.member("name", &row.version.name)?;
    object.member("description", &row.version.description)?;
    object.member("inserted_at", &row.inserted_at)?;
    for (key, schema) in SCHEMA_KEYS.iter().zip(&row.version.schemas) {
        if let Some(schema) = schema {
            object.member(key, &Raw(&one_line(schema.as_ref().into())))?;
        }
    }
    object.end();
    Ok(())
}

fn hexadecimal(digest: &TokenDigest) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}
