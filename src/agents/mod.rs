//! The rules of an agent's bodies and answers as functions: [`validate_create_agent`], [`validate_update_agent`] and
//! [`build_agent_response`]. They need no store, no clock and no randomness of their own.

#![forbid(unsafe_code)]

mod agent;
mod input;
mod request;
mod response;
#[cfg(feature = "serde")]
mod serialize;
mod validate;

pub use agent::{Agent, AgentRecord, AgentSummary, CreateAgentDetails, UpdateAgentDetails};
pub use input::Input;
pub use request::{CreateAgentRequest, UpdateAgentRequest};
pub use response::{
    AgentResponse, AgentSource, ResponseError, ResponseOptions, build_agent_response,
};
pub use validate::{
    Invalid, Valid, ValidationErrors, validate_create_agent, validate_update_agent,
};
