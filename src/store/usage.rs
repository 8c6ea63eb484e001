//! What a record counts for the limits of a registrar.
//!
//! Every store counts alike, so that a registrar answers alike on each. The bytes are those of the store in memory: a fixed
//! part for the record, its id and its places in lists, and its texts. The fixed parts are larger than what a record takes
//! (`npm run bench -- limits` prints that), because tables double as they grow. **\[ours\]**

use super::{AgentRow, ApiTokenRow, EnvironmentRow, SpanRow, VersionRow};

/// Records, and the bytes that they take.
///
/// ```
/// use agent_registrar::store::Usage;
///
/// let account = Usage::of_account("Default");
/// assert_eq!(account.records, 1);
/// assert!(account.bytes > 7);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The number of records: accounts, environments, API tokens, agents, versions, instances and spans.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The fixed part of an account, in bytes.
pub(super) const ACCOUNT: u64 = 512;
/// The fixed part of an environment, in bytes.
pub(super) const ENVIRONMENT: u64 = 256;
/// The fixed part of an API token, in bytes.
pub(super) const TOKEN: u64 = 384;
/// The fixed part of an agent, in bytes.
pub(super) const AGENT: u64 = 384;
/// The fixed part of a version or schema version, in bytes.
pub(super) const VERSION: u64 = 256;
/// The fixed part of an instance, in bytes.
pub(super) const INSTANCE: u64 = 384;
/// The fixed part of a span, in bytes.
pub(super) const SPAN: u64 = 384;

/// The bytes that a span has for its result from the start: so a span can be finished where no room is left, with a result of
/// this length.
pub const RESULT_BYTES: u64 = 256;

/// What the record of an idempotency key takes, without the answer, in bytes.
pub const KEY_BYTES: u64 = 256;

/// What a stored answer takes, in bytes.
pub fn answer_bytes(body: &[u8]) -> u64 {
    match body.len() {
        0 => 0,
        length => length as u64 + ANSWER_OVERHEAD,
    }
}

/// What a stored answer takes beside its own bytes.
pub(super) const ANSWER_OVERHEAD: u64 = 16;

fn text(text: &str) -> u64 {
    text.len() as u64
}

fn optional(it: Option<&str>) -> u64 {
    it.map_or(0, text)
}

impl Usage {
    /// One record.
    const fn one(bytes: u64) -> Usage {
        Usage { records: 1, bytes }
    }

    /// Bytes alone, of a record that grows or shrinks.
    pub const fn bytes(bytes: u64) -> Usage {
        Usage { records: 0, bytes }
    }

    /// An account with this name.
    pub fn of_account(name: &str) -> Usage {
        Usage::one(ACCOUNT + text(name))
    }

    /// An environment.
    pub fn of_environment(row: &EnvironmentRow<'_>) -> Usage {
        Usage::one(ENVIRONMENT + text(&row.name))
    }

    /// An API token.
    pub fn of_token(row: &ApiTokenRow<'_>) -> Usage {
        Usage::one(TOKEN + optional(row.name.as_deref()))
    }

    /// An agent.
    #[inline(never)]
    pub fn of_agent(row: &AgentRow<'_>) -> Usage {
        Usage::one(AGENT + text(&row.name) + optional(row.description.as_deref()))
    }

    /// A version or schema version.
    #[inline(never)]
    pub fn of_version(row: &VersionRow<'_>) -> Usage {
        let version = &row.version;
        let schemas = version.schemas.iter().map(|it| optional(it.as_deref()));
        Usage::one(
            VERSION
                + text(&version.external_identifier)
                + optional(version.name.as_deref())
                + optional(version.description.as_deref())
                + schemas.sum::<u64>(),
        )
    }

    /// An instance.
    pub const fn of_instance() -> Usage {
        Usage::one(INSTANCE)
    }

    /// A span.
    #[inline(never)]
    pub fn of_span(row: &SpanRow<'_>) -> Usage {
        let result = optional(row.result_payload.as_deref()).max(RESULT_BYTES);
        Usage::one(SPAN + text(&row.schema_name) + text(&row.payload) + result)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Usage) -> Usage {
        Usage {
            records: self.records.saturating_add(other.records),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// The rest without `other`.
    #[must_use]
    pub fn minus(self, other: Usage) -> Usage {
        Usage {
            records: self.records.saturating_sub(other.records),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}
