//! The requests that the simulation sends.

use agent_registrar::Method;
use serde_json::{Value, json};

use super::id::{Id, Micros, moment};

/// The statuses of instances and spans.
pub const STATUSES: [&str; 5] = ["pending", "active", "complete", "failed", "cancelled"];

/// Whether a run of this status is over.
pub(crate) fn is_over(status: &str) -> bool {
    STATUSES[2..].contains(&status)
}

/// The kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An account.
    Account,
    /// An environment.
    Environment,
    /// An agent.
    Agent,
    /// A version of an agent.
    Version,
    /// A schema version of an agent.
    SchemaVersion,
    /// An instance of an agent.
    Instance,
    /// A span of an instance.
    Span,
    /// An API token.
    Token,
}

impl Kind {
    /// All kinds, in the order of the enum.
    pub const ALL: [Kind; 8] = [
        Kind::Account,
        Kind::Environment,
        Kind::Agent,
        Kind::Version,
        Kind::SchemaVersion,
        Kind::Instance,
        Kind::Span,
        Kind::Token,
    ];

    /// Its resource in paths.
    #[must_use]
    pub fn resource(self) -> &'static str {
        match self {
            Kind::Account => "account",
            Kind::Environment => "environment",
            Kind::Agent => "agent",
            Kind::Version => "agent_version",
            Kind::SchemaVersion => "agent_schema_version",
            Kind::Instance => "agent_instance",
            Kind::Span => "agent_spans",
            Kind::Token => "api_token",
        }
    }

    /// Its `type` in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Span => "agent_span",
            other => other.resource(),
        }
    }
}

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// The agents that the caller sees, or those of one environment, with or without counts.
    Agents(Option<Id>, bool),
    /// The versions of a kind of an agent.
    Versions(Kind, Id),
    /// The instances of an agent.
    Instances(Id),
    /// The spans of an instance.
    SpansOfInstance(Id),
    /// The spans of an agent.
    SpansOfAgent(Id),
    /// The environments that the caller sees.
    Environments,
    /// The accounts that the caller sees.
    Accounts,
    /// The account's tokens.
    Tokens,
}

/// A part of a list in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The field of the order.
    pub sort: &'static str,
    /// Whether the order is reversed.
    pub descending: bool,
    /// How many items are skipped.
    pub offset: u64,
    /// The most items of the page.
    pub size: u64,
}

/// What happens to the state of an API token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAction {
    /// A suspended one opens again.
    Activate,
    /// An active one opens nothing until it is activated.
    Suspend,
    /// It opens nothing any more.
    Revoke,
}

/// An operation with its arguments, which have the names of the API.
#[allow(missing_docs)]
#[derive(Clone, Debug)]
pub enum Operation {
    /// A body that is no JSON.
    Broken,
    /// Fetches an object.
    Fetch(Kind, Id),
    /// Fetches an agent by a parameter.
    ShowAgent(Id),
    /// Lists objects.
    List(Listed, Page),
    /// Creates an agent. An empty name is invalid.
    CreateAgent {
        environment: Option<Id>,
        name: String,
        description: Option<String>,
        id: Option<Id>,
    },
    /// Changes the fields of an agent that are there.
    UpdateAgent {
        id: Id,
        name: Option<String>,
        description: Option<Option<String>>,
        version: Option<Option<Id>>,
    },
    /// Deletes an agent.
    DeleteAgent(Id),
    /// Retires an agent.
    Retire(Id),
    /// Reinstates an agent.
    Reinstate(Id),
    /// Creates a version of a kind.
    CreateVersion(Kind, Id, String),
    /// Registers an instance, with the identifiers of a version and a schema version.
    Register {
        agent: Id,
        versions: [Option<String>; 2],
        id: Option<Id>,
        update: bool,
    },
    /// Starts an instance.
    Start(Id, Option<Micros>),
    /// Finishes an instance.
    Finish(Id, Option<&'static str>, Option<Micros>),
    /// Creates a span. The payload has a text of this length.
    CreateSpan {
        instance: Id,
        parent: Option<Id>,
        status: &'static str,
        id: Option<Id>,
        started_at: Option<Micros>,
        size: usize,
    },
    /// Finishes a span, with a result of this length.
    FinishSpan(Id, Option<&'static str>, Option<usize>),
    /// Creates an environment of an account.
    CreateEnvironment(Id, String, Option<Id>),
    /// Renames an environment or an account.
    Rename(Kind, Id, String),
    /// Deletes an environment.
    DeleteEnvironment(Id),
    /// Creates a token, of an environment or of the account, that expires at a moment or never.
    CreateToken(Option<Id>, Option<Micros>),
    /// Changes the state of a token.
    ActOnToken(Id, TokenAction),
    /// Deletes a token.
    DeleteToken(Id),
    /// Generates ids.
    Generate(u64),
    /// Creates an account, as the operator.
    CreateAccount(String),
    /// Several operations, each with its key.
    Bulk(Vec<(String, Operation)>),
}

impl Operation {
    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Broken => "broken",
            Operation::Fetch(..) => "fetch",
            Operation::ShowAgent(_) => "agents/show",
            Operation::List(..) => "list",
            Operation::CreateAgent { .. } => "agents/create",
            Operation::UpdateAgent { .. } => "agents/update",
            Operation::DeleteAgent(_) => "agents/delete",
            Operation::Retire(_) => "agents/retire",
            Operation::Reinstate(_) => "agents/reinstate",
            Operation::CreateVersion(..) => "versions/create",
            Operation::Register { .. } => "instances/register",
            Operation::Start(..) => "instances/start",
            Operation::Finish(..) => "instances/finish",
            Operation::CreateSpan { .. } => "spans/create",
            Operation::FinishSpan(..) => "spans/finish",
            Operation::CreateEnvironment(..) => "environments/create",
            Operation::Rename(..) => "rename",
            Operation::DeleteEnvironment(_) => "environments/delete",
            Operation::CreateToken(..) => "tokens/create",
            Operation::ActOnToken(..) => "tokens/act",
            Operation::DeleteToken(_) => "tokens/delete",
            Operation::Generate(_) => "pfids/generate",
            Operation::CreateAccount(_) => "accounts/create",
            Operation::Bulk(_) => "bulk",
        }
    }
}

/// An operation as an HTTP request.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The token of the caller.
    pub token: String,
    /// The operation.
    pub operation: Operation,
    /// Its idempotency key.
    pub key: Option<String>,
    /// The method.
    pub method: Method,
    /// The path and the query.
    pub target: String,
    /// The body.
    pub body: String,
}

impl Sent {
    /// The request of an operation. A read takes no key.
    #[must_use]
    pub fn new(token: &str, operation: Operation, key: Option<String>) -> Sent {
        let (method, path, mut body) = http(&operation);
        let key = key.filter(|_| method != Method::Get && !matches!(operation, Operation::Broken));
        if let Some(key) = &key {
            match operation {
                Operation::CreateSpan { .. } => body["details"]["idempotency_key"] = json!(key),
                _ => body["idempotency_key"] = json!(key),
            }
        }
        let body = match &operation {
            Operation::Broken => "{\"details\": ".to_owned(),
            _ if body.is_null() => String::new(),
            _ => body.to_string(),
        };
        let target = format!("/api/v1/{path}");
        Sent {
            token: token.to_owned(),
            operation,
            key,
            method,
            target,
            body,
        }
    }
}

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
