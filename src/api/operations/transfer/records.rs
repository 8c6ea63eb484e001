//! Reads records from lines of JSON, which `lines.rs` writes, and merges them. Unknown members are ignored, so that a later
//! export of the same format version can have more.

use std::borrow::Cow;

use super::lines::TOKEN_STATES;
use crate::api::read::fields::FieldReader;
use crate::json::Object;
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;
use crate::registrar::Failure;
use crate::registrar::transfer::{Import, Merged};
use crate::rules::IssueReason;
use crate::store::{
    AccountRow, AgentRow, ApiTokenRow, EnvironmentRow, IdState, InstanceRow, NewVersion,
    NullableMut, Ownership, SCHEMA_KEYS, SpanRow, TokenDigest, Usage, VersionKind, VersionRow,
};

/// The kinds of records, by their words.
const KINDS: [&str; 9] = [
    "account",
    "environment",
    "api_token",
    "agent",
    "agent_version",
    "agent_schema_version",
    "agent_instance",
    "agent_span",
    "agent_span_result",
];

/// The greatest position in the random stream that is read, 2^53 - 1: the greatest whole number that every JSON reader keeps.
const MAX_POSITION: u64 = (1 << 53) - 1;

/// Merges the record that an object has.
pub(super) fn merge(import: &mut Import<'_>, object: &Object<'_>) -> Result<Merged, Failure> {
    let mut fields = FieldReader::of_record(object);
    fields.require("kind", "Kind");
    let Some(kind) = fields.word("kind", "Kind", &KINDS) else {
        return Err(fields.failure());
    };
    match kind {
        0 => account(import, fields),
        1 => environment(import, fields),
        2 => api_token(import, fields),
        3 => agent(import, fields),
        4 => version(import, fields, VersionKind::Agent),
        5 => version(import, fields, VersionKind::Schema),
        6 => instance(import, fields),
        7 => span(import, fields),
        _ => span_result(import, fields),
    }
}

/// The members that every record has.
struct Common {
    id: Option<Pfid>,
    inserted_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

impl Common {
    #[inline(never)]
    fn read(fields: &mut FieldReader<'_, '_>) -> Common {
        Common {
            id: required_id(fields, "id", "ID"),
            inserted_at: required_time(fields, "inserted_at", "Creation time"),
            updated_at: required_time(fields, "updated_at", "Time of the last change"),
        }
    }
}

#[inline(never)]
fn required_id(fields: &mut FieldReader<'_, '_>, key: &str, label: &str) -> Option<Pfid> {
    fields.require(key, label);
    fields.pfid(key, label)
}

#[inline(never)]
fn required_time(fields: &mut FieldReader<'_, '_>, key: &str, label: &str) -> Option<Timestamp> {
    fields.require(key, label);
    fields.timestamp(key, label)
}

#[inline(never)]
fn required_name<'b>(fields: &mut FieldReader<'b, '_>) -> Option<&'b str> {
    fields.require("name", "Name");
    fields.name("name", "Name")
}

/// The name of an account or an environment: no rule applies to those of the configuration.
#[inline(never)]
fn configurable_name<'b>(fields: &mut FieldReader<'b, '_>) -> Option<&'b str> {
    fields.require("name", "Name");
    fields.any_text("name", "Name")
}

fn account(import: &mut Import<'_>, mut fields: FieldReader<'_, '_>) -> Result<Merged, Failure> {
    let common = Common::read(&mut fields);
    let name = configurable_name(&mut fields);
    let ids = IdState {
        last_id: fields.pfid("last_id", "Last ID"),
        highest_chosen_id: fields.pfid("highest_chosen_id", "Highest chosen ID"),
        random_position: fields
            .whole_number("random_position", "Random position", 0..=MAX_POSITION)
            .unwrap_or(0),
    };
    let (Some(id), Some(inserted_at), Some(updated_at), Some(name)) =
        (common.id, common.inserted_at, common.updated_at, name)
    else {
        return Err(fields.failure());
    };
    let states = [
        ("last_id", "Last ID", ids.last_id),
        (
            "highest_chosen_id",
            "Highest chosen ID",
            ids.highest_chosen_id,
        ),
    ];
    for (key, label, state) in states {
        if state.is_some_and(|state| state.partition() != id.partition()) {
            let message = format!("{label} must have the partition of the account.");
            fields.invalid(key, IssueReason::ForeignPartition, message);
        }
    }
    fields.finish()?;
    import.account(&AccountRow {
        id,
        name: Cow::Borrowed(name),
        inserted_at,
        updated_at,
        ids,
        usage: Usage::default(),
    })
}

fn environment(
    import: &mut Import<'_>,
    mut fields: FieldReader<'_, '_>,
) -> Result<Merged, Failure> {
    let common = Common::read(&mut fields);
    let name = configurable_name(&mut fields);
    let (Some(id), Some(inserted_at), Some(updated_at), Some(name)) =
        (common.id, common.inserted_at, common.updated_at, name)
    else {
        return Err(fields.failure());
    };
    fields.finish()?;
    import.environment(&EnvironmentRow {
        id,
        account_id: import.account_id(),
        name: Cow::Borrowed(name),
        inserted_at,
        updated_at,
    })
}

fn api_token(import: &mut Import<'_>, mut fields: FieldReader<'_, '_>) -> Result<Merged, Failure> {
    let common = Common::read(&mut fields);
    let environment_id = fields.pfid("environment_id", "Environment ID");
    fields.require("sha256", "Digest");
    let digest = fields.any_text("sha256", "Digest").and_then(|text| {
        let digest = digest(text);
        if digest.is_none() {
            let message = "Digest must be 64 hexadecimal digits.";
            fields.invalid("sha256", IssueReason::NotAnOption, message);
        }
        digest
    });
    let name = fields.name("name", "Name");
    fields.require("state", "State");
    let state = fields.word("state", "State", &TOKEN_STATES);
    let state = state.and_then(|place| TokenState::ALL.get(place).copied());
    let expires_at = fields.timestamp("expires_at", "Expiry");
    let last_used_at = fields.timestamp("last_used_at", "Time of the last use");
    let (Some(id), Some(inserted_at), Some(updated_at), Some(digest), Some(state)) = (
        common.id,
        common.inserted_at,
        common.updated_at,
        digest,
        state,
    ) else {
        return Err(fields.failure());
    };
    fields.finish()?;
    import.api_token(&ApiTokenRow {
        id,
        account_id: import.account_id(),
        environment_id,
        digest,
        name: name.map(Cow::Borrowed),
        state,
        expires_at,
        last_used_at,
        inserted_at,
        updated_at,
    })
}

fn digest(text: &str) -> Option<TokenDigest> {
    let mut digest = TokenDigest::default();
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != digest.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        *byte = (digit(high)? << 4 | digit(low)?) as u8;
    }
    Some(digest)
}

fn agent(import: &mut Import<'_>, mut fields: FieldReader<'_, '_>) -> Result<Merged, Failure> {
    let common = Common::read(&mut fields);
    let environment_id = required_id(&mut fields, "environment_id", "Environment ID");
    let name = required_name(&mut fields);
    let description = fields.description("description", "Description");
    fields.require("retired", "Retired");
    let retired = fields.boolean("retired", "Retired");
    let last_activity = fields.timestamp("last_activity_at", "Last activity");
    let (Some(id), Some(inserted_at), Some(updated_at)) =
        (common.id, common.inserted_at, common.updated_at)
    else {
        return Err(fields.failure());
    };
    let (Some(environment_id), Some(name), Some(retired)) = (environment_id, name, retired) else {
        return Err(fields.failure());
    };
    let mut row = AgentRow::new(
        id,
        import.account_id(),
        environment_id,
        Cow::Borrowed(name),
        inserted_at,
    );
    row.description = description.map(Cow::Borrowed);
    row.updated_at = updated_at;
    row.retired = retired;
    row.last_activity = last_activity;
    for (key, value) in AgentRow::NULLABLE.iter().zip(row.nullable_mut()) {
        match value {
            NullableMut::Id(value) => *value = fields.pfid(key, key),
            NullableMut::Text(value) => *value = fields.any_text(key, key).map(Cow::Borrowed),
        }
    }
    fields.finish()?;
    import.agent(&row)
}

fn version(
    import: &mut Import<'_>,
    mut fields: FieldReader<'_, '_>,
    kind: VersionKind,
) -> Result<Merged, Failure> {
    let id = required_id(&mut fields, "id", "ID");
    let inserted_at = required_time(&mut fields, "inserted_at", "Creation time");
    let agent_id = required_id(&mut fields, "agent_id", "Agent ID");
    fields.require("external_identifier", "External identifier");
    let identifier = fields.name("external_identifier", "External identifier");
    let name = fields.name("name", "Name");
    let description = fields.description("description", "Description");
    let schemas = match kind {
        VersionKind::Agent => [const { None }; SCHEMA_KEYS.len()],
        VersionKind::Schema => SCHEMA_KEYS.map(|key| match key {
            "span_type_schemas" | "quality_schemas" => fields.raw_list(key, "Schemas"),
            _ => fields.raw_object(key, "Schemas"),
        }),
    };
    let (Some(id), Some(inserted_at), Some(agent_id), Some(identifier)) =
        (id, inserted_at, agent_id, identifier)
    else {
        return Err(fields.failure());
    };
    fields.finish()?;
    let row = VersionRow {
        id,
        owner: unknown_owner(import),
        version: NewVersion {
            external_identifier: Cow::Borrowed(identifier),
            name: name.map(Cow::Borrowed),
            description: description.map(Cow::Borrowed),
            schemas: schemas.map(|schema| schema.map(Cow::Borrowed)),
        },
        inserted_at,
    };
    import.version(kind, agent_id, row)
}

fn instance(import: &mut Import<'_>, mut fields: FieldReader<'_, '_>) -> Result<Merged, Failure> {
    let common = Common::read(&mut fields);
    let agent_id = required_id(&mut fields, "agent_id", "Agent ID");
    let version_id = fields.pfid("agent_version_id", "Agent version ID");
    fields.require("status", "Status");
    let status = fields.status("status", "Status", &RunStatus::ALL);
    let started_at = fields.timestamp("started_at", "Start time");
    let finished_at = fields.timestamp("finished_at", "Finish time");
    let (Some(id), Some(inserted_at), Some(updated_at), Some(agent_id), Some(status)) = (
        common.id,
        common.inserted_at,
        common.updated_at,
        agent_id,
        status,
    ) else {
        return Err(fields.failure());
    };
    fields.finish()?;
    let row = InstanceRow {
        id,
        owner: unknown_owner(import),
        version_id,
        status,
        inserted_at,
        updated_at,
        started_at,
        finished_at,
        span_counts: InstanceCounts::default(),
    };
    import.instance(agent_id, row)
}

fn span(import: &mut Import<'_>, mut fields: FieldReader<'_, '_>) -> Result<Merged, Failure> {
    let common = Common::read(&mut fields);
    let instance_id = required_id(&mut fields, "agent_instance_id", "Agent instance ID");
    let parent_id = fields.pfid("parent_span_id", "Parent span ID");
    fields.require("schema_name", "Schema name");
    let schema_name = fields.name("schema_name", "Schema name");
    fields.require("status", "Status");
    let status = fields.status("status", "Status", &RunStatus::ALL);
    let started_at = required_time(&mut fields, "started_at", "Start time");
    let finished_at = fields.timestamp("finished_at", "Finish time");
    fields.require("payload", "Payload");
    let payload = fields.raw_object("payload", "Payload");
    let result_payload = fields.raw_object("result_payload", "Result payload");
    let result_follows = fields.boolean("result_follows", "Result follows");
    let (Some(id), Some(inserted_at), Some(updated_at), Some(instance_id)) = (
        common.id,
        common.inserted_at,
        common.updated_at,
        instance_id,
    ) else {
        return Err(fields.failure());
    };
    let (Some(schema_name), Some(status), Some(started_at), Some(payload)) =
        (schema_name, status, started_at, payload)
    else {
        return Err(fields.failure());
    };
    fields.finish()?;
    let row = SpanRow {
        id,
        owner: unknown_owner(import),
        instance_id,
        parent_id,
        schema_name: Cow::Borrowed(schema_name),
        status,
        payload: Cow::Borrowed(payload),
        result_payload: result_payload.map(Cow::Borrowed),
        started_at,
        finished_at,
        inserted_at,
        updated_at,
    };
    import.span(row, result_follows.unwrap_or(false))
}

/// The second half of a span that is too long for one request.
fn span_result(
    import: &mut Import<'_>,
    mut fields: FieldReader<'_, '_>,
) -> Result<Merged, Failure> {
    let id = required_id(&mut fields, "id", "ID");
    fields.require("result_payload", "Result payload");
    let result = fields.raw_object("result_payload", "Result payload");
    let (Some(id), Some(result)) = (id, result) else {
        return Err(fields.failure());
    };
    fields.finish()?;
    import.span_result(id, result)
}

/// Stands for the owner, which the import looks up.
fn unknown_owner(import: &Import<'_>) -> Ownership {
    Ownership {
        account_id: import.account_id(),
        environment_id: Pfid::NIL,
        agent_id: Pfid::NIL,
    }
}
