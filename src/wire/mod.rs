//! The values that travel: the bodies of requests and of answers, as serialisable types.
//!
//! Answers are written from these types, in the order of their fields ([`json::append`]). Under the feature `description`
//! they also have JSON Schemas, from which come the OpenAPI document, the TypeScript types and `createAgentSchema`: the
//! doc comments here are the descriptions there.
//!
//! Types of requests describe what a caller sends. The service reads bodies with [`crate::json`] and not into these types,
//! because it reports all issues at once and drops unknown keys.

#![forbid(unsafe_code)]

mod account;
mod agent;
mod api_token;
mod bulk;
mod envelope;
mod environment;
mod error;
mod instance;
pub mod json;
mod pfid;
mod scalar;
mod schema;
mod span;
mod text;
mod transfer;
mod version;
mod words;

pub use account::{Account, CreateAccount};
#[cfg(feature = "description")]
pub use agent::ListedAgent;
#[cfg(feature = "description")]
pub(crate) use agent::tag;
pub use agent::{
    Agent, AgentRecord, AgentStatus, AgentSummary, AvailableActions, CreateAgent,
    CreateAgentDetails, CreateAgentRequest, InstanceCounts, UpdateAgent, UpdateAgentDetails,
    UpdateAgentRequest,
};
pub use api_token::{ApiToken, ApiTokenActions, CreateApiToken};
pub use bulk::{Bulk, BulkAnswer, BulkItem};
pub use envelope::{
    Details, DetailsBody, Direction, FieldsBody, IssuedDetails, KeyBody, ListAnswer, Pagination,
    Sorting,
};
pub use environment::{CreateEnvironment, Environment, Rename};
pub use error::{ErrorBody, FieldErrors, Problem, ProblemIssue, ValidationErrors, status_title};
pub use instance::{AgentInstance, FinishInstance, RegisterInstance, StartInstance};
pub use pfid::{GeneratePfids, GeneratedPfids, PfidList, TokenType};
#[cfg(feature = "description")]
pub(crate) use scalar::sentence;
pub use scalar::{
    BulkKey, BulkType, DescriptionText, FinishedStatus, GivenTimestamp, IdempotencyKey, JsonList,
    JsonObject, NameText, PfidCount, Raw, Time,
};
pub use span::{AgentSpan, CreateSpan, FinishSpan};
pub use transfer::ImportAnswer;
#[cfg(feature = "description")]
pub use transfer::{ConflictRule, ExportPage, ExportRecord};
pub use version::{AgentSchemaVersion, AgentVersion, NewSchemaVersion, NewVersion, OfAgent};
pub use words::literal;

// Values of the model that travel as they are.
pub use crate::model::error::ErrorCode;
pub use crate::model::instance::RunStatus;
pub use crate::model::pfid::Pfid;
pub use crate::model::timestamp::Timestamp;
pub use crate::model::token::{TokenScope, TokenStatus};
pub use crate::rules::{IssueCode, IssueReason};
