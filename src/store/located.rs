//! The kind and the owner of the object with an id.

use crate::model::pfid::Pfid;

/// The kinds of objects that have ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account.
    Account,
    /// An environment.
    Environment,
    /// An agent.
    Agent,
    /// A version of an agent.
    AgentVersion,
    /// A schema version of an agent.
    AgentSchemaVersion,
    /// An instance of an agent.
    AgentInstance,
    /// A span of an instance.
    AgentSpan,
    /// An API token of an account.
    ApiToken,
}

impl Kind {
    /// The name of the kind in messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Account => "account",
            Kind::Environment => "environment",
            Kind::Agent => "agent",
            Kind::AgentVersion => "agent version",
            Kind::AgentSchemaVersion => "agent schema version",
            Kind::AgentInstance => "agent instance",
            Kind::AgentSpan => "agent span",
            Kind::ApiToken => "API token",
        }
    }
}

/// The kind of an object, and its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// Its kind.
    pub kind: Kind,
    /// The account it belongs to; an account belongs to itself.
    pub account_id: Pfid,
    /// The environment it belongs to; an environment belongs to itself, an account or an API token to none.
    pub environment_id: Option<Pfid>,
}
