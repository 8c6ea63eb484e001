//! Operations as HTTP requests.

use agent_registrar::Method;
use serde_json::{Value, json};

use super::id::{Micros, moment};
use super::operation::{Kind, Listed, Operation, Page, TokenAction};

fn page(listed: Listed, page: &Page) -> String {
    let path = match listed {
        Listed::Agents(None, false) => "agent?".to_owned(),
        Listed::Agents(None, true) => "agent?include_counts=true&".to_owned(),
        Listed::Agents(Some(id), counts) => {
            format!("agent?environment_id={id}&include_counts={counts}&")
        }
        Listed::Versions(kind, id) => format!("{}?agent_id={id}&", kind.resource()),
        Listed::Instances(id) => format!("agent_instance?agent_id={id}&"),
        Listed::SpansOfInstance(id) => format!("agent_spans?agent_instance_id={id}&"),
        Listed::SpansOfAgent(id) => format!("agent_spans?agent_id={id}&"),
        Listed::Environments => "environment?".to_owned(),
        Listed::Accounts => "account?".to_owned(),
        Listed::Tokens => "api_token?".to_owned(),
    };
    let sign = if page.descending { "-" } else { "" };
    format!(
        "{path}sorting={sign}{}&pagination[offset]={}&pagination[page_size]={}",
        page.sort, page.offset, page.size
    )
}

/// The payload of a span with a text of this length.
pub(crate) fn payload(size: usize) -> Value {
    json!({"text": "é".repeat(size / 2)})
}

/// A version in the body of a registration.
fn version(identifier: Option<&String>) -> Value {
    identifier.map_or(Value::Null, |it| json!({"external_identifier": it}))
}

/// The method, the path after `/api/v1/`, and the body without its key.
pub(super) fn http(operation: &Operation) -> (Method, String, Value) {
    use Operation::*;
    let (get, post, put) = (Method::Get, Method::Post, Method::Put);
    let at = |at: &Option<Micros>| at.map(moment);
    match operation {
        Broken => (post, "agent".to_owned(), Value::Null),
        Fetch(kind, id) => (get, format!("{}/{id}", kind.resource()), Value::Null),
        ShowAgent(id) => (get, format!("agent/show?agent_id={id}"), Value::Null),
        List(listed, part) => (get, page(*listed, part), Value::Null),
        CreateAgent {
            environment,
            name,
            description,
            id,
        } => {
            let mut details =
                json!({"name": name, "environment_id": environment.map(|it| it.to_string())});
            if let Some(text) = description {
                details["description"] = json!(text);
            }
            if let Some(id) = id {
                details["id"] = json!(id.as_str());
            }
            (post, "agent".to_owned(), json!({"details": details}))
        }
        UpdateAgent {
            id,
            name,
            description,
            version,
        } => {
            let mut details = json!({});
            if let Some(name) = name {
                details["name"] = json!(name);
            }
            if let Some(text) = description {
                details["description"] = json!(text);
            }
            if let Some(version) = version {
                details["current_version_id"] = json!(version.map(|it| it.to_string()));
            }
            (put, format!("agent/{id}"), json!({"details": details}))
        }
        DeleteAgent(id) => (Method::Delete, format!("agent/{id}"), json!({})),
        Retire(id) => (post, format!("agent/{id}/retire"), json!({})),
        Reinstate(id) => (post, format!("agent/{id}/reinstate"), json!({})),
        CreateVersion(kind, agent, identifier) => {
            let details = json!({"agent_id": agent.as_str(), "external_identifier": identifier});
            (
                post,
                kind.resource().to_owned(),
                json!({"details": details}),
            )
        }
        Register {
            agent,
            versions,
            id,
            update,
        } => {
            let body = json!({
                "agent_id": agent.as_str(),
                "agent_version": version(versions[0].as_ref()),
                "agent_schema_version": version(versions[1].as_ref()),
                "id": id.map(|it| it.to_string()),
                "update_current_version": update,
            });
            (post, "agent_instance/register".to_owned(), body)
        }
        Start(id, moment) => {
            let body = json!({"timestamp": at(moment)});
            (post, format!("agent_instance/{id}/start"), body)
        }
        Finish(id, status, moment) => {
            let body = json!({"status": status, "timestamp": at(moment)});
            (post, format!("agent_instance/{id}/finish"), body)
        }
        CreateSpan {
            instance,
            parent,
            status,
            id,
            started_at,
            size,
        } => {
            let details = json!({
                "agent_instance_id": instance.as_str(),
                "schema_name": "step",
                "status": status,
                "payload": payload(*size),
                "id": id.map(|it| it.to_string()),
                "parent_span_id": parent.map(|it| it.to_string()),
                "started_at": at(started_at),
            });
            (post, "agent_spans".to_owned(), json!({"details": details}))
        }
        FinishSpan(id, status, result) => {
            let body = json!({"status": status, "result_payload": result.map(payload)});
            (post, format!("agent_spans/{id}/finish"), body)
        }
        _ => of_account(operation),
    }
}

/// The rest of [`http`]: accounts, environments, tokens, and requests about several objects.
fn of_account(operation: &Operation) -> (Method, String, Value) {
    use Operation::*;
    let (post, put, delete) = (Method::Post, Method::Put, Method::Delete);
    match operation {
        CreateEnvironment(account, name, id) => {
            let details = json!({"account_id": account.as_str(), "name": name, "id": id.map(|it| it.to_string())});
            (post, "environment".to_owned(), json!({"details": details}))
        }
        Rename(kind, id, name) => {
            let body = json!({"details": {"name": name}});
            (put, format!("{}/{id}", kind.resource()), body)
        }
        DeleteEnvironment(id) => (delete, format!("environment/{id}"), json!({})),
        CreateToken(environment, expires_at) => {
            let mut details =
                json!({"token_scope": "account", "expires_at": expires_at.map(moment)});
            if let Some(id) = environment {
                details["token_scope"] = json!("environment");
                details["environment_id"] = json!(id.as_str());
            }
            (post, "api_token".to_owned(), json!({"details": details}))
        }
        ActOnToken(id, action) => {
            let word = match action {
                TokenAction::Activate => "activate",
                TokenAction::Suspend => "suspend",
                TokenAction::Revoke => "revoke",
            };
            (post, format!("api_token/{id}/{word}"), json!({}))
        }
        DeleteToken(id) => (delete, format!("api_token/{id}"), json!({})),
        Generate(count) => (post, "pfid/generate".to_owned(), json!({"count": count})),
        CreateAccount(name) => (
            post,
            "account".to_owned(),
            json!({"details": {"name": name}}),
        ),
        Export(account) => (
            Method::Get,
            format!("export?account_id={account}"),
            Value::Null,
        ),
        Import(account, _, keeps) => {
            let conflicts = if *keeps { "keep" } else { "refuse" };
            let path = format!("import?account_id={account}&conflicts={conflicts}");
            (post, path, Value::Null)
        }
        Bulk(items) => {
            let items: Vec<Value> = items.iter().map(|(key, it)| item(key, it)).collect();
            (post, "bulk".to_owned(), json!({"items": items}))
        }
        other => unreachable!("{other:?} is an operation on agents"),
    }
}

/// An item of a bulk request. Its id stands beside its other members.
pub(super) fn item(key: &str, operation: &Operation) -> Value {
    use Operation::*;
    let (_, _, mut body) = http(operation);
    if !body.is_object() {
        body = json!({});
    }
    let (name, id) = match operation {
        Fetch(Kind::Agent, id) => ("agents/show", Some(("agent_id", *id))),
        List(Listed::Agents(..), _) => ("agents/list", None),
        CreateAgent { .. } => ("agents/create", None),
        UpdateAgent { id, .. } => ("agents/update", Some(("agent_id", *id))),
        DeleteAgent(id) => ("agents/delete", Some(("agent_id", *id))),
        Retire(id) => ("agents/retire", Some(("agent_id", *id))),
        Reinstate(id) => ("agents/reinstate", Some(("agent_id", *id))),
        Register { .. } => ("agent_instances/register", None),
        Start(id, _) => ("agent_instances/start", Some(("agent_instance_id", *id))),
        Finish(id, ..) => ("agent_instances/finish", Some(("agent_instance_id", *id))),
        CreateSpan { .. } => ("agent_spans/create", None),
        FinishSpan(id, ..) => ("agent_spans/finish", Some(("agent_span_id", *id))),
        other => unreachable!("{other:?} is no item"),
    };
    if let List(_, page) = operation {
        body["pagination"] = json!({"offset": page.offset, "page_size": page.size});
    }
    if let Some((member, id)) = id {
        body[member] = json!(id.as_str());
    }
    body["_type"] = json!(name);
    body["idempotency_key"] = json!(key);
    body
}
