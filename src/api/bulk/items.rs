//! The items of a bulk request: checked all together before the first runs, then read one by one.

use std::borrow::Cow;

use super::{MAX_ITEMS, TYPES};
use crate::api::operation::Operation;
use crate::api::operations;
use crate::api::read::fields::{self, FieldReader};
use crate::api::read::query::Query;
use crate::json::{Json, Object};
use crate::registrar::Failure;
use crate::rules::idempotency_key::{self, ItemKey};
use crate::rules::issue::{broken_bound, grouped};
use crate::rules::text::{AnyText, check};
use crate::rules::{Explanation, Given, Issue, IssueReason, TextRule, whole_number};

/// The issues with items after which the rest of a request is not checked: an answer lists them all, so its length has a bound.
/// **\[ours\]**
const MAX_ISSUES: usize = 100;

/// One item.
pub(super) struct Item<'b, 'a> {
    pub(super) operation: &'static Operation,
    pub(super) key: &'b str,
    pub(super) body: &'b Object<'a>,
}

/// The position of the member with the items.
pub(super) fn items_at(body: &Object<'_>) -> usize {
    let mut members = body.members().iter();
    members
        .position(|member| *member.key == *b"items")
        .unwrap_or(usize::MAX)
}

/// The items of a checked request, from the member at [`items_at`].
pub(super) fn items<'b, 'a>(body: &'b Object<'a>, at: usize) -> &'b [Json<'a>] {
    match body.members().get(at).map(|member| &member.value) {
        Some(Json::Array(array)) => array.items(),
        _ => &[],
    }
}

/// An item of a checked request.
pub(super) fn item<'b, 'a>(json: &'b Json<'a>) -> Option<Item<'b, 'a>> {
    let Json::Object(body) = json else {
        return None;
    };
    match fields::text(body, "idempotency_key") {
        Given::Text(key) => Some(Item {
            operation: operation(body).ok()?,
            key,
            body,
        }),
        _ => None,
    }
}

/// The id of the object that an item is about: `agent_id` for an agent and so on, or else `id`. **\[ours\]**
pub(super) fn item_id<'b>(operation: &Operation, body: &'b Object<'_>) -> Result<&'b str, Failure> {
    let resource = operation.name.split('/').next().unwrap_or_default();
    let own = match resource {
        "agents" => "agent_id",
        "environments" => "environment_id",
        "agent_instances" => "agent_instance_id",
        _ => "agent_span_id",
    };
    let issue = |key: &'static str, reason| Issue::new(key, reason, AnyText::explain("ID", reason));
    let mut problem = issue(own, IssueReason::Missing);
    let mut found = None;
    for key in ["id", own] {
        match fields::text(body, key) {
            Given::Absent | Given::Null => {}
            Given::Text(text) => found = Some(text),
            // Even if the other one is valid: a caller that sends both means both.
            _ => {
                problem = issue(key, IssueReason::WrongType);
                found = None;
                break;
            }
        }
    }
    found.ok_or_else(|| Failure::invalid(vec![problem]))
}

/// A value that no parameter accepts.
const NO_VALUE: &str = "[]";

/// The members of an item as query parameters: `"pagination": {"offset": 1}` becomes `pagination[offset]=1`. Arrays
/// and other objects become a value that no known parameter accepts, so they are refused instead of ignored. `null`
/// counts as absent. **\[ours\]**
pub(super) fn parameters<'b>(body: &'b Object<'_>) -> Query<'b> {
    fn add<'b>(query: &mut Query<'b>, name: Cow<'b, str>, json: &'b Json<'_>) {
        let value = match json {
            Json::Null => return,
            Json::Text(text) => &**text,
            // As in bodies, `5e1` and `50.0` are the number 50.
            Json::Number(digits) => match whole_number::read(digits) {
                Some(number) => return query.add(name, number.to_string()),
                None => digits,
            },
            Json::Bool(true) => "true",
            Json::Bool(false) => "false",
            _ => NO_VALUE,
        };
        query.add(name, value);
    }
    let mut query = Query::default();
    for member in body.members() {
        let Ok(outer) = core::str::from_utf8(&member.key) else {
            continue;
        };
        match (outer, &member.value) {
            ("pagination" | "sorting", Json::Object(object)) => {
                for member in object.members() {
                    if let Ok(inner) = core::str::from_utf8(&member.key) {
                        let name = Cow::Owned(format!("{outer}[{inner}]"));
                        add(&mut query, name, &member.value);
                    }
                }
            }
            ("pagination", Json::Null) => {}
            ("pagination", _) => query.add("pagination[offset]", NO_VALUE),
            (_, value) => add(&mut query, Cow::Borrowed(outer), value),
        }
    }
    query
}

/// Checks a whole request.
pub(super) fn read(body: &Object<'_>) -> Result<(), Failure> {
    let mut reader = FieldReader::of_body(body);
    reader.require("items", "List of items");
    let Some(json) = reader.json("items") else {
        return Err(reader.failure());
    };
    let list = match list(json) {
        Ok(list) => list,
        Err((reason, explanation)) => {
            reader.invalid("items", reason, explanation);
            return Err(reader.failure());
        }
    };
    let mut keys = KeySet::default();
    // The request's own key is stored next to those of its items.
    if let Given::Text(key) = fields::text(body, "idempotency_key") {
        keys.insert(key);
    }
    for (index, json) in list.iter().enumerate() {
        if reader.issue_count() >= MAX_ISSUES {
            let message = "More items may be invalid: the list of errors ends here.";
            reader.invalid("items", IssueReason::OutOfRange, message);
            break;
        }
        let mut refuse = |member: &str, (reason, explanation): Problem| {
            reader.invalid(&format!("items.{index}{member}"), reason, explanation);
        };
        let Json::Object(body) = json else {
            let message = "An item must be an object.";
            refuse("", (IssueReason::WrongType, message.into()));
            continue;
        };
        if let Err(problem) = operation(body) {
            refuse("._type", problem);
        }
        if let Err(problem) = key(body, &mut keys) {
            refuse(".idempotency_key", problem);
        }
    }
    reader.finish()
}

/// The reason and the sentence about an invalid member.
type Problem = (IssueReason, Explanation);

fn list<'b, 'a>(json: &'b Json<'a>) -> Result<&'b [Json<'a>], Problem> {
    let Json::Array(array) = json else {
        return Err((IssueReason::WrongType, "Items must be a list.".into()));
    };
    let (range, number) = (1..=MAX_ITEMS as u64, array.items().len() as u64);
    if range.contains(&number) {
        return Ok(array.items());
    }
    let message = format!("Items must be 1 to {}.", grouped(MAX_ITEMS as u64));
    let limit = broken_bound(&range, Some(number));
    Err((
        IssueReason::OutOfRange,
        Explanation::with_limit(message, limit),
    ))
}

fn operation(body: &Object<'_>) -> Result<&'static Operation, Problem> {
    let given = fields::text(body, "_type");
    if let Given::Text(name) = given {
        let known = TYPES.into_iter().find(|known| *known == name);
        let message = "Type must be an operation that bulk requests can carry out.";
        return known
            .and_then(operations::named)
            .ok_or_else(|| (IssueReason::NotAnOption, message.into()));
    }
    let reason = match given {
        Given::Absent | Given::Null => IssueReason::Missing,
        _ => IssueReason::WrongType,
    };
    Err((reason, AnyText::explain("Type", reason)))
}

/// The keys of a request so far, sorted, so that a thousand keys are compared quickly.
#[derive(Default)]
struct KeySet<'b>(Vec<&'b str>);

impl<'b> KeySet<'b> {
    /// Adds a key. Returns false if it is a duplicate.
    fn insert(&mut self, key: &'b str) -> bool {
        match self.0.binary_search(&key) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, key);
                true
            }
        }
    }
}

/// Checks an item's key: an [`ItemKey`] that no other item of the request has. **\[client\]**
fn key<'b>(body: &'b Object<'_>, keys: &mut KeySet<'b>) -> Result<(), Problem> {
    let label = "Idempotency key";
    let given = fields::text(body, "idempotency_key");
    let reason = match (check::<ItemKey>(&given).iter().next(), given) {
        (Some(IssueReason::OutOfRange), Given::Text(key)) => {
            let explanation = idempotency_key::explain_item_length(label, key.len());
            return Err((IssueReason::OutOfRange, explanation));
        }
        (Some(reason), _) => reason,
        (None, Given::Text(key)) if keys.insert(key) => return Ok(()),
        (None, Given::Text(_)) => IssueReason::Taken,
        (None, _) => IssueReason::Missing,
    };
    Err((reason, ItemKey::explain(label, reason)))
}
