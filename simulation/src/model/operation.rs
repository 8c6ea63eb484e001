//! The requests that the simulation sends.

use agent_registrar::Method;
use serde_json::json;

use super::http::http;
use super::id::{Id, Micros};

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
    /// Exports the records of an account, as the operator.
    Export(Id),
    /// Imports lines of an export into an account, as the operator. With `true`, records that exist with other contents stay.
    Import(Id, Vec<String>, bool),
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
            Operation::Export(_) => "export",
            Operation::Import(..) => "import",
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
    /// The request of an operation. A read takes no key, and an import neither.
    #[must_use]
    pub fn new(token: &str, operation: Operation, key: Option<String>) -> Sent {
        let (method, path, mut body) = http(&operation);
        let takes_key = !matches!(operation, Operation::Broken | Operation::Import(..));
        let key = key.filter(|_| method != Method::Get && takes_key);
        if let Some(key) = &key {
            match operation {
                Operation::CreateSpan { .. } => body["details"]["idempotency_key"] = json!(key),
                _ => body["idempotency_key"] = json!(key),
            }
        }
        let body = match &operation {
            Operation::Broken => "{\"details\": ".to_owned(),
            Operation::Import(_, lines, _) => lines.join("\n"),
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
