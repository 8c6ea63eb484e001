//! The rules of the API's fields: the check of a value, and the messages about an invalid one.
//!
//! Each rule has a file of its own, with its limit, its check, the reasons that the check can give, its sentences and
//! its tests. A limit is one number there; documentation, messages and the generated JavaScript take it from there.
//! [`fields`] is the table of the fields of an agent's create and update bodies. From it come the structs of the
//! fields, their issues and their order, here, in the wasm binding and in JavaScript.
//!
//! Checks read borrowed values and return a set of reasons, all of them at once, without allocating. They do
//! not know how a value arrived (as JSON, as a JavaScript value, from Rust): callers fill in a [`Given`].
//!
//! ```
//! use agent_registrar::rules::{CreateAgentFields, create_agent};
//!
//! let fields = CreateAgentFields {
//!     name: "  ".into(),
//!     environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1".into(),
//!     ..CreateAgentFields::default()
//! };
//! let issues: Vec<_> = create_agent(&fields, None).iter().map(|it| it.issue()).collect();
//! assert_eq!(issues[0].path, "details.name");
//! assert_eq!(issues[0].reason.as_str(), "blank");
//! ```

#![forbid(unsafe_code)]

pub mod characters;
pub mod description;
pub mod fields;
pub mod given;
pub mod idempotency_key;
pub mod issue;
pub(crate) mod issue_set;
pub mod name;
pub mod option;
pub mod pfid;
pub mod text;
pub mod timestamp;
pub mod whole_number;

pub use fields::{
    CreateAgentFields, Field, FieldOfBody, IssueKind, IssueSet, Need, UpdateAgentFields,
    create_agent, update_agent,
};
pub use given::{Given, Presence};
pub use issue::{Explanation, Issue, IssueCode, IssueParams, IssueReason, Reasons};
pub use text::TextRule;

/// The `message` of every `validation_errors` answer; its `errors` say what is wrong. **\[ours\]**
pub const VALIDATION_MESSAGE: &str = "The request breaks the rules of some of its fields.";
