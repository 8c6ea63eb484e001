//! The agent resource of Prefactor's public API: the rules of its fields, its answers, and the whole service.
//!
//! - **Validate** a body with [`validate_create_agent`] or [`validate_update_agent`]: they return its normalised value, or
//!   all its issues and the exact body of the API's 422.
//! - **Answer** with [`build_agent_response`]: the API's whole answer for a new or a stored agent.
//! - **Serve** with [`Service`]: every route of the API on a [`Registrar`], bytes in and bytes out, on a [`store::Store`] of
//!   your choice. It opens no socket and starts no thread.
//!
//! The crate reads no clock and generates no random numbers: callers pass both in. It knows no JavaScript, sets no allocator and
//! compiles for `wasm32-unknown-unknown` as it is.
//!
//! ```
//! use agent_registrar::{Input, validate_create_agent};
//!
//! let body = br#"{"details": {"name": " ", "environment_id": "nowhere"}}"#;
//! let invalid = validate_create_agent(Input::from_json(body)?, None).unwrap_err();
//! let found: Vec<_> = invalid.issues.iter().map(|it| (&*it.path, it.reason.as_str())).collect();
//! assert_eq!(found, [("details.name", "blank"), ("details.environment_id", "not_a_pfid")]);
//! # Ok::<(), agent_registrar::JsonError>(())
//! ```
//!
//! Marks say where a rule comes from: **\[doc\]** published by the API's documentation,
//! **\[client\]** required by a published client, **\[ours\]** decided here where both are silent.
//!
//! # Features
//!
//! | feature | default | gives |
//! | --- | --- | --- |
//! | `service` | yes | [`Registrar`], [`Service`], [`store`] |
//! | `serde` | with `service` | `Serialize` and `Deserialize` on the types that travel |
//! | `json` | | `Input` from a `&serde_json::Value` |
//! | `http` | | `Service::respond`: requests and responses of the `http` crate |
//! | `sql` | | `store::sql::SqlStore`: the store on a database behind a host of your own |
//! | `sqlite` | | `store::sql::SqliteStore`: the same with SQLite compiled in, in a file or in memory |
//! | `conformance` | | the suite that every store must pass, for stores of your own |
//! | `description` | | for this project's own build: the OpenAPI document and the TypeScript types |
//!
//! # Stability
//!
//! The documented items are the public API. Modules that are hidden from the documentation are public because the
//! project's own WebAssembly bindings, tests and benchmarks reach into them; they may change in any release.

#![forbid(unsafe_code)]

mod agents;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod rules;
mod sort;
mod words;

#[cfg(feature = "service")]
#[doc(hidden)]
pub mod api;
#[cfg(feature = "description")]
#[doc(hidden)]
pub mod description;
#[cfg(feature = "service")]
mod digest;
#[cfg(feature = "service")]
#[doc(hidden)]
pub mod registrar;
#[cfg(feature = "service")]
pub mod store;
#[cfg(feature = "serde")]
#[doc(hidden)]
pub mod wire;

// Their examples are here, because their own comments are the descriptions in the OpenAPI document.
/// ```
/// use agent_registrar::{CreateAgentDetails, Pfid, ResponseOptions, Timestamp, build_agent_response};
///
/// let environment_id = Pfid::parse("013xrzp12g3nqk8nzxvq7jm2arsfg5h1")?;
/// let details = CreateAgentDetails {
///     id: Some(Pfid::parse("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr")?),
///     ..CreateAgentDetails::new("Ada".to_owned(), environment_id)
/// };
/// let response = build_agent_response(&details, &ResponseOptions::at(Timestamp::EPOCH))?;
/// assert_eq!(Some(response.details.id), details.id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub use agents::CreateAgentDetails;
/// ```
/// use agent_registrar::{CreateAgentFields, CreateAgentRequest, validate_create_agent};
///
/// let fields = CreateAgentFields {
///     name: "Ada".into(),
///     environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1".into(),
///     ..CreateAgentFields::default()
/// };
/// let request: CreateAgentRequest = validate_create_agent(fields, None)?.value;
/// assert_eq!(request.idempotency_key, None);
/// # Ok::<(), agent_registrar::Invalid>(())
/// ```
pub use agents::CreateAgentRequest;
/// ```
/// use agent_registrar::UpdateAgentDetails;
///
/// let cleared = UpdateAgentDetails { description: Some(None), ..UpdateAgentDetails::default() };
/// assert_ne!(cleared, UpdateAgentDetails::default());
/// ```
pub use agents::UpdateAgentDetails;
/// ```
/// use agent_registrar::{UpdateAgentFields, UpdateAgentRequest, validate_update_agent};
///
/// let request: UpdateAgentRequest = validate_update_agent(UpdateAgentFields::default())?.value;
/// assert_eq!(request, UpdateAgentRequest::default());
/// # Ok::<(), agent_registrar::Invalid>(())
/// ```
pub use agents::UpdateAgentRequest;
pub use agents::{
    Agent, AgentRecord, AgentResponse, AgentSource, AgentSummary, Input, Invalid, ResponseError,
    ResponseOptions, Valid, ValidationErrors, build_agent_response, validate_create_agent,
    validate_update_agent,
};
#[doc(inline)]
pub use json::JsonError;
#[doc(inline)]
pub use model::agent::{AgentStatus, AvailableActions, InstanceCounts};
#[doc(inline)]
pub use model::error::ErrorCode;
#[doc(inline)]
pub use model::generator::PfidGenerator;
#[doc(inline)]
pub use model::instance::RunStatus;
#[doc(inline)]
pub use model::pfid::{Partition, Pfid, PfidError};
#[doc(inline)]
pub use model::timestamp::{Timestamp, TimestampError};
#[doc(inline)]
pub use rules::{
    CreateAgentFields, Given, Issue, IssueCode, IssueParams, IssueReason, Presence,
    UpdateAgentFields,
};

#[cfg(feature = "service")]
#[doc(inline)]
pub use api::{
    Answer, Destination, HostRefusal, MAX_BODY, Method, Request, Run, Service, Step, Trace,
};
#[cfg(feature = "service")]
#[doc(inline)]
pub use registrar::config::{AccountConfig, EnvironmentConfig, TokenConfig};
#[cfg(feature = "service")]
#[doc(inline)]
pub use registrar::token_text::token_partition;
#[cfg(feature = "service")]
#[doc(inline)]
pub use registrar::{
    Caller, Config, ConfigError, Credential, OpenError, Outcome, Registrar, SnapshotError,
};
#[cfg(feature = "service")]
#[doc(inline)]
pub use store::Limits;

/// Makes the Rust in the README a doc test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
