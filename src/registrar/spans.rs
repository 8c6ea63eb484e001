//! Spans of instances: create, finish, list.

use std::borrow::Cow;

use super::agents::note_activity;
use super::{Caller, Failure, Kind, Registrar};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{InstanceRow, SpanQuery, SpanRow, Store};

/// What a span is made from: the ids that it names are of what the caller sees, and its own is free.
#[derive(Clone, Copy, Debug)]
pub struct NewSpan<'a> {
    /// The instance that it is a step of.
    pub instance_id: Pfid,
    /// What kind of step it is, trimmed.
    pub schema_name: &'a str,
    /// Its status.
    pub status: RunStatus,
    /// The text of its payload.
    pub payload: &'a str,
    /// The text of its result.
    pub result_payload: Option<&'a str>,
    /// Its id, where the caller chose one.
    pub id: Option<Pfid>,
    /// The span that it is a part of.
    pub parent_id: Option<Pfid>,
    /// When it began; now where absent.
    pub started_at: Option<Timestamp>,
    /// When it was over; now where that is absent and the status says that it is over.
    pub finished_at: Option<Timestamp>,
}

/// How a span ends.
#[derive(Clone, Copy, Debug)]
pub struct SpanEnd<'a> {
    /// Its last status.
    pub status: RunStatus,
    /// When it was over; now where absent.
    pub moment: Option<Timestamp>,
    /// The text of its result; what it has already stays where absent.
    pub result_payload: Option<&'a str>,
}

fn stored(store: &dyn Store, id: Pfid) -> Result<SpanRow<'_>, Failure> {
    store.span(id)?.ok_or_else(Failure::unexpected)
}

/// Makes a span of an instance that is not finished. It may be pending: a published client makes
/// spans before the start of their instance arrives. **\[client\]**
pub fn create<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    new: &NewSpan<'_>,
) -> Result<SpanRow<'r>, Failure> {
    let instance = registrar.store.instance(new.instance_id)?;
    let mut instance = instance.ok_or_else(Failure::unexpected)?;
    if instance.status.is_finished() {
        return Err(Failure::invalid_action(
            "A finished instance takes no spans.",
        ));
    }
    let id = registrar.id_of_new(caller, new.id)?;
    registrar.store.insert_span(&SpanRow {
        id,
        account_id: instance.account_id,
        environment_id: instance.environment_id,
        agent_id: instance.agent_id,
        instance_id: instance.id,
        parent_id: new.parent_id,
        schema_name: Cow::Borrowed(new.schema_name),
        status: new.status,
        payload: Cow::Borrowed(new.payload),
        result_payload: new.result_payload.map(Cow::Borrowed),
        started_at: new.started_at.unwrap_or(caller.now),
        finished_at: new
            .finished_at
            .or(new.status.is_finished().then_some(caller.now)),
        inserted_at: caller.now,
        updated_at: caller.now,
    })?;
    instance.span_counts.add(new.status);
    note(registrar, caller, &instance)?;
    stored(&*registrar.store, id)
}

/// Whether a span that the caller sees is one of an instance.
pub fn is_of(registrar: &Registrar, id: Pfid, instance_id: Pfid) -> Result<bool, Failure> {
    Ok(stored(&*registrar.store, id)?.instance_id == instance_id)
}

/// Finishes a span, whatever became of its instance meanwhile: reports may arrive late. **\[ours\]**
pub fn finish<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    end: &SpanEnd<'_>,
) -> Result<SpanRow<'r>, Failure> {
    let row = match registrar.store.span(id)? {
        Some(row) if caller.sees(row.account_id, row.environment_id) => row,
        _ => return Err(registrar.missing(caller, id, Kind::AgentSpan)),
    };
    if row.status.is_finished() {
        return Err(Failure::invalid_action("The span is finished already."));
    }
    let mut row = row.into_owned();
    let from = row.status;
    row.status = end.status;
    row.finished_at = end.moment.or(Some(caller.now));
    row.updated_at = caller.now;
    if let Some(result) = end.result_payload {
        row.result_payload = Some(Cow::Owned(result.to_owned()));
    }
    let instance = registrar.store.instance(row.instance_id)?;
    let mut instance = instance.ok_or_else(Failure::unexpected)?;
    instance.span_counts.shift(from, end.status);
    registrar.store.update_span(&row)?;
    note(registrar, caller, &instance)?;
    stored(&*registrar.store, id)
}

/// Notes the counts of an instance's spans: the instance itself counts as unchanged. **\[ours\]**
fn note(registrar: &mut Registrar, caller: &Caller, instance: &InstanceRow) -> Result<(), Failure> {
    registrar.store.update_instance(instance)?;
    note_activity(registrar, caller, instance.agent_id, |_| {})
}

/// One page of an instance's spans, given to `each` in order; answers how many there are in all.
pub fn list(
    registrar: &mut Registrar,
    caller: &Caller,
    query: &SpanQuery,
    each: &mut dyn FnMut(SpanRow<'_>),
) -> Result<u64, Failure> {
    if !registrar.names(caller, query.page.parent, Kind::AgentInstance)? {
        return Ok(0);
    }
    Ok(registrar.store.list_spans(query, each)?)
}
