//! The bytes of each record in a snapshot: a writer and a reader for each kind of record.

use std::borrow::Cow;

use super::super::codec::{Reader, Writer};
use super::super::records::{AnswerRecord, DependentRecord};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;
use crate::store::{AgentRow, ApiTokenRow, EnvironmentRow};

pub(super) fn write_token(out: &mut Writer, row: &ApiTokenRow<'_>) {
    out.pfid(row.id);
    out.pfid(row.account_id);
    out.option(row.environment_id, Writer::pfid);
    out.bytes(&row.digest);
    out.option(row.name.as_deref(), Writer::text);
    out.number(row.state as u64);
    out.option(row.expires_at, Writer::timestamp);
    out.option(row.last_used_at, Writer::timestamp);
    out.timestamp(row.inserted_at);
    out.timestamp(row.updated_at);
}

pub(super) fn read_token<'a>(from: &mut Reader<'a>) -> Option<ApiTokenRow<'a>> {
    let row = ApiTokenRow {
        id: from.pfid(),
        account_id: from.pfid(),
        environment_id: from.option(Reader::pfid),
        digest: from.bytes().try_into().ok()?,
        name: from.option(Reader::text).map(Cow::Borrowed),
        state: *TokenState::ALL.get(usize::try_from(from.number()).ok()?)?,
        expires_at: from.option(Reader::timestamp),
        last_used_at: from.option(Reader::timestamp),
        inserted_at: from.timestamp(),
        updated_at: from.timestamp(),
    };
    from.sound(row)
}

pub(super) fn write_environment(out: &mut Writer, row: &EnvironmentRow<'_>) {
    out.pfid(row.id);
    out.pfid(row.account_id);
    out.text(&row.name);
    out.timestamp(row.inserted_at);
    out.timestamp(row.updated_at);
}

pub(super) fn read_environment<'a>(from: &mut Reader<'a>) -> Option<EnvironmentRow<'a>> {
    let row = EnvironmentRow {
        id: from.pfid(),
        account_id: from.pfid(),
        name: Cow::Borrowed(from.text()),
        inserted_at: from.timestamp(),
        updated_at: from.timestamp(),
    };
    from.sound(row)
}

pub(super) fn write_agent(out: &mut Writer, row: &AgentRow<'_>) {
    out.pfid(row.id);
    out.pfid(row.environment_id);
    out.text(&row.name);
    out.option(row.description.as_deref(), Writer::text);
    out.timestamp(row.inserted_at);
    out.timestamp(row.updated_at);
    out.flag(row.retired);
    out.option(row.last_activity, Writer::timestamp);
    out.counts(&row.counts);
    row.nullable().for_each(|value| out.nullable(value));
}

/// Reads the names of an agent's nullable fields. Returns their number. They are the first of the present names,
/// because names never change and new ones come last.
pub(super) fn read_names(from: &mut Reader<'_>) -> Option<usize> {
    let count = usize::try_from(from.number()).ok()?;
    let known = AgentRow::NULLABLE.get(..count)?;
    let are_known = known.iter().all(|name| from.text() == *name);
    from.sound(count).filter(|_| are_known)
}

/// Reads an agent and the first `nullable` of its nullable fields. The snapshot does not contain its account, which
/// is that of its environment.
pub(super) fn read_agent<'a>(from: &mut Reader<'a>, nullable: usize) -> Option<AgentRow<'a>> {
    let (id, account_id, environment_id) = (from.pfid(), Pfid::NIL, from.pfid());
    let name = Cow::Borrowed(from.text());
    let description = from.option(Reader::text).map(Cow::Borrowed);
    let inserted_at = from.timestamp();
    let mut row = AgentRow {
        description,
        updated_at: from.timestamp(),
        retired: from.flag(),
        last_activity: from.option(Reader::timestamp),
        counts: from.counts(),
        ..AgentRow::new(id, account_id, environment_id, name, inserted_at)
    };
    let fields = row.nullable_mut().take(nullable);
    fields.for_each(|field| from.nullable(field));
    from.sound(row)
}

pub(super) fn write_dependent(out: &mut Writer, record: &DependentRecord, parent_id: Pfid) {
    out.pfid(record.id);
    out.pfid(parent_id);
    out.timestamp(record.inserted_at);
    // The body of an instance has it, too, and is what is read.
    let started_at = Timestamp::from_micros(record.started_at);
    out.timestamp(started_at.unwrap_or(record.inserted_at));
    out.bytes(&record.body);
}

pub(super) fn write_answer(out: &mut Writer, record: &AnswerRecord) {
    out.pfid(record.scope);
    out.text(&record.key);
    out.bytes(&record.fingerprint);
    out.bytes(&record.body);
    out.number(record.kept_at.unsigned_abs());
    out.number(record.status.into());
    out.option(record.object_id, Writer::pfid);
}
