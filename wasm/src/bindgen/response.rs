//! `buildAgentResponse`: the API's answer for a new agent or a stored record.

use agent_registrar::rules::Field;
use agent_registrar::rules::fields::FieldOfBody;
use agent_registrar::{
    AgentRecord, AgentSource, CreateAgentDetails, CreateAgentFields, Input, InstanceCounts, Pfid,
    ResponseOptions, Timestamp, build_agent_response as build, validate_create_agent,
};
use js_sys::{Array, BigInt};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::generate::{millis, next, now, pfid, timestamp, type_error};
use super::read::{details_input, has, member, property, property_of, text_input};
use super::{Thrown, to_js};

/// Keys that a record has and details have not, beside [`AgentRecord::nullable_ids`].
const STORED: [&str; 5] = [
    "inserted_at",
    "updated_at",
    "retired",
    "last_activity_at",
    "instance_counts",
];

const TIME_RULE: &str =
    "must be an RFC 3339 text, a Date or Unix milliseconds, of the years 0000 to 9999";

/// Builds the whole answer of the API for an agent: `{ status: "success", details: Agent }`.
///
/// Throws a `TypeError` that names the field and the rule if the agent breaks the contract.
#[wasm_bindgen(js_name = buildAgentResponse, unchecked_return_type = "AgentResponse")]
pub fn build_agent_response(
    #[wasm_bindgen(unchecked_param_type = "NewAgent | AgentRecord")] agent: &JsValue,
    #[wasm_bindgen(
        unchecked_optional_param_type = "{ readonly now?: Date | number | undefined; readonly id?: Pfid | undefined }"
    )]
    options: &JsValue,
) -> Result<JsValue, Thrown> {
    if !agent.is_object() {
        return Err(type_error("agent must be an object"));
    }
    let now_ms = now(options)?;
    if now_ms < 0.0 {
        return Err(type_error("now must not be before 1970"));
    }
    let moment = timestamp(now_ms).ok_or_else(|| type_error(&["now ", TIME_RULE].concat()))?;
    let id = match options.is_undefined() || options.is_null() {
        true => JsValue::UNDEFINED,
        false => property(options, "id")?,
    };
    if is_stored(agent)? {
        let record = record(agent, &id)?;
        return answer(&record, moment);
    }
    let details = new_details(agent, &id)?;
    let details = CreateAgentDetails {
        id: match details.id {
            Some(id) => Some(id),
            None => Some(next(details.environment_id.partition(), now_ms)?),
        },
        ..details
    };
    answer(&details, moment)
}

/// Whether an agent is a stored row, rather than the details of a new one.
fn is_stored(agent: &JsValue) -> Result<bool, Thrown> {
    let mut none = AgentRecord::new(Pfid::NIL, "", Pfid::NIL, Timestamp::EPOCH);
    let ids = none.nullable_ids().map(|(key, _)| key);
    for key in STORED.into_iter().chain(ids) {
        if has(agent, key)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn answer<'a>(agent: impl Into<AgentSource<'a>>, now: Timestamp) -> Result<JsValue, Thrown> {
    let response = build(agent, &ResponseOptions::at(now));
    to_js(&response.map_err(|error| type_error(&error.to_string()))?)
}

/// The validated details of a new agent.
fn new_details(agent: &JsValue, id: &JsValue) -> Result<CreateAgentDetails, Thrown> {
    let is_request = has(agent, "details")?;
    let details = match is_request {
        true => property(agent, "details")?,
        false => agent.clone(),
    };
    let mut input = details_input(&details, CreateAgentFields::FIELDS, &Array::new());
    if let (false, Input::Object(members)) = (id.is_undefined(), &mut input) {
        let id = text_input(Ok(id.clone()), Field::Id);
        match member(members, "id") {
            Some(known) => *known = id,
            None => members.push(("id".into(), id)),
        }
    }
    checked(input, if is_request { "details." } else { "" })
}

/// Validates details by the rules of a create. The error names the field below `root`.
fn checked(details: Input<'static>, root: &str) -> Result<CreateAgentDetails, Thrown> {
    let body = Input::Object(vec![("details".into(), details)]);
    match validate_create_agent(body, None) {
        Ok(valid) => Ok(valid.value.details),
        Err(invalid) => Err(match invalid.issues.first() {
            None => type_error("details are invalid"),
            Some(issue) => {
                let field = match issue.path.split_once('.') {
                    Some((_, key)) => [root, key].concat(),
                    None => issue.path.to_string(),
                };
                type_error(&[&field, ": ", &issue.message].concat())
            }
        }),
    }
}

/// Reads a stored record.
fn record(agent: &JsValue, id: &JsValue) -> Result<AgentRecord, Thrown> {
    let id = match id.is_undefined() || id.is_null() {
        true => property(agent, "id")?,
        false => id.clone(),
    };
    // A record needs an id: an absent one counts as not a PFID.
    let id = match text_input(Ok(id), Field::Id) {
        Input::Absent | Input::Null => Input::Text("".into()),
        id => id,
    };
    let mut members = vec![("id".into(), id)];
    for FieldOfBody { field, .. } in CreateAgentFields::FIELDS {
        if let (["details", key], false) = (field.path(), *field == Field::Id) {
            let value = text_input(Ok(property(agent, key)?), *field);
            members.push(((*key).into(), value));
        }
    }
    let details = checked(Input::Object(members), "")?;
    let inserted_at = instant("inserted_at", &property(agent, "inserted_at")?)?;
    let updated_at = instant("updated_at", &property(agent, "updated_at")?)?;
    let id = details
        .id
        .ok_or_else(|| type_error("id: ID must be a PFID."))?;
    let mut record = AgentRecord {
        updated_at,
        retired: retired(&property(agent, "retired")?)?,
        last_activity_at: match property(agent, "last_activity_at")? {
            absent if absent.is_undefined() || absent.is_null() => None,
            given => Some(instant("last_activity_at", &given)?),
        },
        instance_counts: counts(&property(agent, "instance_counts")?)?,
        ..AgentRecord::made_from(details, id, inserted_at)
    };
    for (key, id) in record.nullable_ids() {
        *id = nullable_id(agent, key)?;
    }
    Ok(record)
}

fn nullable_id(agent: &JsValue, key: &str) -> Result<Option<Pfid>, Thrown> {
    let value = property(agent, key)?;
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    let id = pfid(&value).ok_or_else(|| type_error(&[key, " must be a PFID or null"].concat()))?;
    Ok(Some(id))
}

fn retired(value: &JsValue) -> Result<bool, Thrown> {
    if value.is_undefined() || value.is_null() {
        return Ok(false);
    }
    value
        .as_bool()
        .ok_or_else(|| type_error("retired must be a boolean"))
}

/// Reads a time that the caller passed.
fn instant(field: &str, value: &JsValue) -> Result<Timestamp, Thrown> {
    let wrong = || type_error(&[field, " ", TIME_RULE].concat());
    if value.is_string() {
        // The limit of a description is longer than every time.
        let Input::Text(text) = text_input(Ok(value.clone()), Field::Description) else {
            return Err(wrong());
        };
        return Timestamp::parse_rfc3339(&text).map_err(|_| wrong());
    }
    timestamp(millis(field, value, TIME_RULE)?).ok_or_else(wrong)
}

fn counts(given: &JsValue) -> Result<InstanceCounts, Thrown> {
    let mut counts = InstanceCounts::default();
    if given.is_undefined() {
        return Ok(counts);
    }
    for (key, count) in [
        ("pending", &mut counts.pending),
        ("active", &mut counts.active),
        ("complete", &mut counts.complete),
        ("failed", &mut counts.failed),
        ("cancelled", &mut counts.cancelled),
    ] {
        let value = match given.is_object() {
            true => property_of(given, key, &["instance_counts.", key].concat())?,
            false => return Err(type_error("instance_counts must be an object")),
        };
        *count = whole(&value).ok_or_else(|| {
            let rule = " must be an integer from 0 to 4294967295";
            type_error(&["instance_counts.", key, rule].concat())
        })?;
    }
    Ok(counts)
}

/// A whole number of 32 bits. A bigint is accepted, because database drivers return such counts. **\[ours\]**
fn whole(value: &JsValue) -> Option<u32> {
    if let Some(number) = value.as_f64() {
        let whole = number as u32;
        return (f64::from(whole) == number).then_some(whole);
    }
    let number = value.dyn_ref::<BigInt>()?;
    u64::try_from(number.clone()).ok()?.try_into().ok()
}
