//! Spans of instances: create, finish.

use super::instances::note_span;
use super::{Caller, Failure, Registrar};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{ChildKind, ChildRow, InstanceRow, NewChild, SpanRow};

const KIND: ChildKind = ChildKind::AgentSpan;

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

/// Makes a span of an instance that is not finished. It may be pending: a published client makes
/// spans before the start of their instance arrives. **\[client\]**
pub fn create<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    new: &NewSpan<'_>,
) -> Result<ChildRow<'r>, Failure> {
    let instance = registrar.stored(ChildKind::AgentInstance, new.instance_id)?;
    let InstanceRow { owner, status, .. } = InstanceRow::read(&instance)?;
    if status.is_finished() {
        return Err(Failure::invalid_action(
            "A finished instance takes no spans.",
        ));
    }
    let id = registrar.id_of_new(caller, new.id)?;
    let is_finished = new.status.is_finished();
    let row = SpanRow {
        id,
        owner,
        instance_id: new.instance_id,
        parent_id: new.parent_id,
        schema_name: new.schema_name,
        status: new.status,
        payload: new.payload,
        result_payload: new.result_payload,
        started_at: new.started_at.unwrap_or(caller.now),
        finished_at: new.finished_at.or(is_finished.then_some(caller.now)),
        inserted_at: caller.now,
        updated_at: caller.now,
    };
    let child = NewChild {
        id,
        parent_id: row.instance_id,
        inserted_at: row.inserted_at,
        started_at: row.started_at,
        body: &row.body(),
    };
    registrar.store.insert_child(KIND, &child)?;
    note_span(registrar, caller, new.instance_id, &|counts| {
        counts.add(new.status);
    })?;
    registrar.stored(KIND, id)
}

/// Whether a span that the caller sees is one of an instance.
pub fn is_of(registrar: &Registrar, id: Pfid, instance_id: Pfid) -> Result<bool, Failure> {
    Ok(registrar.stored(KIND, id)?.child.parent_id == instance_id)
}

/// Finishes a span, whatever became of its instance meanwhile: reports may arrive late. **\[ours\]**
pub fn finish<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    end: &SpanEnd<'_>,
) -> Result<ChildRow<'r>, Failure> {
    let row = SpanRow::read(&registrar.child(caller, KIND, id)?)?;
    if row.status.is_finished() {
        return Err(Failure::invalid_action("The span is finished already."));
    }
    let (from, instance_id) = (row.status, row.instance_id);
    let ended = SpanRow {
        status: end.status,
        finished_at: end.moment.or(Some(caller.now)),
        updated_at: caller.now,
        result_payload: end.result_payload.or(row.result_payload),
        ..row
    };
    let body = ended.body();
    registrar.store.update_child(KIND, id, &body)?;
    note_span(registrar, caller, instance_id, &|counts| {
        counts.shift(from, end.status);
    })?;
    registrar.stored(KIND, id)
}
