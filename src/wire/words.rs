//! Words: values that are one of a few texts.

use serde::{Serialize, Serializer};

use super::json::PLAIN;
use super::schema::named_schema;
use crate::model::agent::AgentStatus;
use crate::model::error::ErrorCode;
use crate::model::instance::RunStatus;
use crate::model::token::{TokenScope, TokenStatus};
use crate::rules::{IssueCode, IssueReason};

/// Writes the words of an enum, and lists them in its schema.
macro_rules! words {
    ($($type:ident, $doc:literal, $words:expr;)*) => {
        $(
            impl Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_newtype_struct(PLAIN, self.as_str())
                }
            }

            named_schema!($type, stringify!($type), json_schema!({
                "description": $doc,
                "type": "string",
                "enum": $words,
            }));
        )*
    };
}

words! {
    AgentStatus,
    "Where an agent is in its life: without instances, with something happening, without for 30 days, out of use.",
    AgentStatus::ALL.map(AgentStatus::as_str);

    RunStatus,
    "Where an instance or a span is in its life.",
    RunStatus::ALL.map(RunStatus::as_str);

    TokenStatus,
    "Where an API token is in its life. Only an active one opens anything.",
    TokenStatus::ALL.map(TokenStatus::as_str);

    TokenScope,
    "What an API token is for: all of the account, or one environment of it.",
    TokenScope::ALL.map(TokenScope::as_str);

    ErrorCode,
    "What kind of error it is. Where fields break rules, the code is `validation_errors` and the body has `errors`.",
    ErrorCode::ALL.map(ErrorCode::as_str);

    IssueCode,
    "What is wrong with a field.",
    [IssueCode::RequiredValue.as_str(), IssueCode::InvalidValue.as_str()];

    IssueReason,
    "Which rule a field breaks.",
    IssueReason::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>();
}

/// Defines types that have one value each, which is a word.
macro_rules! literals {
    ($($name:ident = $word:literal;)*) => {
        /// Types with one value each: the word that marks a body or an object.
        pub mod literal {
            use serde::{Serialize, Serializer};

            use super::super::json::PLAIN;
            use super::super::schema::inline_schema;

            $(
                #[doc = concat!("`\"", $word, "\"`")]
                #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
                pub struct $name;

                impl Serialize for $name {
                    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                        serializer.serialize_newtype_struct(PLAIN, $word)
                    }
                }

                inline_schema!($name, stringify!($name), json_schema!({"type": "string", "const": $word}));
            )*
        }
    };
}

literals! {
    Success = "success";
    Error = "error";
    ValidationErrors = "validation_errors";
    AboutBlank = "about:blank";
    Agent = "agent";
    AgentInstance = "agent_instance";
    AgentSpan = "agent_span";
    AgentVersion = "agent_version";
    AgentSchemaVersion = "agent_schema_version";
    Environment = "environment";
    Account = "account";
    ApiToken = "api_token";
    Api = "api";
}
