//! Spans of instances: create, list, finish.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::sorting::RunSorting;
use super::{Caller, Failure, FreeId, Issue, Kind, Registrar, instances};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::rules::IssueReason;
use crate::store::{CountShift, Page, SpanChange, SpanParent, SpanQuery, SpanRow, Usage};

/// The content of a new span.
#[derive(Clone, Copy, Debug)]
pub struct NewSpan<'a> {
    /// Its instance.
    pub instance_id: Pfid,
    /// The kind of step, trimmed.
    pub schema_name: &'a str,
    /// Its status.
    pub status: RunStatus,
    /// The text of its payload.
    pub payload: &'a str,
    /// The text of its result.
    pub result_payload: Option<&'a str>,
    /// Its id, if the caller chose one.
    pub id: Option<FreeId>,
    /// Its parent span, in the same instance.
    pub parent_id: Option<Pfid>,
    /// The start time; now if absent.
    pub started_at: Option<Timestamp>,
    /// The end time; if absent and the status is a final one, now.
    pub finished_at: Option<Timestamp>,
}

/// The end of a span.
#[derive(Clone, Copy, Debug)]
pub struct SpanEnd<'a> {
    /// Its final status.
    pub status: RunStatus,
    /// The end time; now if absent.
    pub moment: Option<Timestamp>,
    /// The text of its result. If absent, the present result stays.
    pub result_payload: Option<&'a str>,
}

/// Creates a span of an instance that is not finished. It may be pending: a published client creates
/// spans before it reports the start of their instance. **\[client\]**
pub fn create<'n>(
    registrar: &mut Registrar,
    caller: &Caller,
    new: &NewSpan<'n>,
) -> Result<SpanRow<'n>, Failure> {
    let instance = instances::fetch(registrar, caller, new.instance_id)?;
    if let Some(parent_id) = new.parent_id
        && let Some(issue) = parent_issue(registrar, parent_id, new.instance_id)?
    {
        return Err(Failure::invalid(vec![issue]));
    }
    if instance.status.is_finished() {
        return Err(Failure::invalid_action(
            "A finished instance cannot have new spans.",
        ));
    }
    let is_finished = new.status.is_finished();
    let row = SpanRow {
        id: registrar.id_of_new(caller, new.id)?,
        owner: instance.owner,
        instance_id: new.instance_id,
        parent_id: new.parent_id,
        schema_name: Cow::Borrowed(new.schema_name),
        status: new.status,
        payload: Cow::Borrowed(new.payload),
        result_payload: new.result_payload.map(Cow::Borrowed),
        started_at: new.started_at.unwrap_or(caller.now),
        finished_at: new.finished_at.or(is_finished.then_some(caller.now)),
        inserted_at: caller.now,
        updated_at: caller.now,
    };
    registrar.charge(row.owner.account_id, Usage::of_span(&row))?;
    registrar.write_object(row.id).insert_span(&row)?;
    let store = registrar.write();
    store.shift_span_counts(row.instance_id, CountShift::added(new.status))?;
    store.record_activity(row.owner.agent_id, CountShift::NONE, caller.now)?;
    Ok(row)
}

/// The issue with a parent span of another instance.
pub fn parent_issue(
    registrar: &Registrar,
    parent_id: Pfid,
    instance_id: Pfid,
) -> Result<Option<Issue>, Failure> {
    let parent = match parent_id.partition() == instance_id.partition() {
        true => registrar.store.span(parent_id)?,
        false => None,
    };
    let is_sibling = parent.is_some_and(|parent| parent.instance_id == instance_id);
    Ok((!is_sibling).then(|| {
        Issue::new(
            "details.parent_span_id",
            IssueReason::NotFound,
            "Parent span ID must be the ID of a span of the same instance.",
        )
    }))
}

/// The selection and the order of a list of spans.
#[derive(Clone, Copy, Debug)]
pub struct SpanList {
    /// Those of this instance.
    pub instance_id: Option<Pfid>,
    /// Those of all instances of this agent. With an instance, the agent must be the instance's.
    pub agent_id: Option<Pfid>,
    /// Only spans that started at this time or later.
    pub from: Option<Timestamp>,
    /// Only spans that started at this time or earlier.
    pub until: Option<Timestamp>,
    /// The order.
    pub sorting: RunSorting,
    /// The part of the list.
    pub page: Page,
}

/// One page of spans, passed to `each` in order until it breaks off. Returns how many there are in all; 0 if the caller
/// sees no such instance or agent. One of the two is required. **\[client\]**
pub fn list(
    registrar: &mut Registrar,
    caller: &Caller,
    list: &SpanList,
    each: &mut dyn FnMut(&SpanRow<'_>) -> ControlFlow<()>,
) -> Result<u64, Failure> {
    let Some(parent) = parent_of(registrar, caller, list)? else {
        return Ok(0);
    };
    let store = &mut registrar.store;
    list.sorting
        .require_affordable(|| Ok(store.count_spans(parent)?))?;
    let query = SpanQuery {
        parent,
        order: list.sorting.order,
        page: list.page,
        from: list.from,
        until: list.until,
    };
    Ok(store.list_spans(&query, each)?)
}

/// The issue with a list of spans that names neither an instance nor an agent.
pub fn missing_parent() -> Issue {
    let message = "Agent instance ID is required, or else agent ID.";
    Issue::new("agent_instance_id", IssueReason::Missing, message)
}

/// The parent that a list names, if the caller sees it.
fn parent_of(
    registrar: &Registrar,
    caller: &Caller,
    list: &SpanList,
) -> Result<Option<SpanParent>, Failure> {
    let sees_agent = match list.agent_id {
        Some(id) => registrar.names(caller, id, Kind::Agent)?,
        None => false,
    };
    let Some(instance_id) = list.instance_id else {
        let Some(agent_id) = list.agent_id else {
            return Err(Failure::invalid(vec![missing_parent()]));
        };
        return Ok(sees_agent.then_some(SpanParent::Agent(agent_id)));
    };
    if !registrar.names(caller, instance_id, Kind::AgentInstance)? {
        return Ok(None);
    }
    let owner = instances::fetch(registrar, caller, instance_id)?.owner;
    if list.agent_id.is_some_and(|id| id != owner.agent_id) {
        let message = "Agent ID must be that of the instance's agent.";
        let issue = Issue::new("agent_id", IssueReason::NotFound, message);
        return Err(Failure::invalid(vec![issue]));
    }
    Ok(Some(SpanParent::Instance(instance_id)))
}

/// The span of an id, if it exists for the caller.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<SpanRow<'r>, Failure> {
    match registrar.find(caller, id, |store| store.span(id))? {
        Some(row) if caller.sees(row.owner.account_id, row.owner.environment_id) => Ok(row),
        _ => Err(registrar.missing(caller, id, Kind::AgentSpan)),
    }
}

/// Finishes a span, also after the end of its instance, because reports may arrive late. **\[ours\]**
pub fn finish<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    end: &SpanEnd<'_>,
) -> Result<SpanRow<'r>, Failure> {
    let row = fetch(registrar, caller, id)?;
    if row.status.is_finished() {
        return Err(Failure::invalid_action("The span is already finished."));
    }
    let (instance_id, agent_id, status) = (row.instance_id, row.owner.agent_id, row.status);
    // A result of up to `RESULT_BYTES` always fits. **\[ours\]**
    if let Some(result) = end.result_payload {
        let (before, account_id) = (Usage::of_span(&row), row.owner.account_id);
        let after = Usage::of_span(&SpanRow {
            result_payload: Some(Cow::Borrowed(result)),
            ..row
        });
        registrar.recharge(account_id, before, after)?;
    }
    let shift = CountShift::moved(status, end.status);
    let change = SpanChange {
        updated_at: caller.now,
        status: end.status,
        finished_at: end.moment.or(Some(caller.now)),
        result_payload: end.result_payload,
    };
    let store = registrar.write_object(id);
    store.shift_span_counts(instance_id, shift)?;
    store.record_activity(agent_id, CountShift::NONE, caller.now)?;
    Ok(store.update_span(id, &change)?)
}
