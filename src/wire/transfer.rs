//! Export and import. **\[ours\]** The records themselves are written by `api::operations::transfer`.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;

/// A page of an export. Each record is a line of its own; the lines of all pages are what an import takes.
#[cfg(feature = "description")]
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[schemars(deny_unknown_fields)]
pub struct ExportPage<'a> {
    /// The operation succeeded.
    pub status: literal::Success,
    /// The records, in an order in which they can be imported.
    pub records: Vec<ExportRecord<'a>>,
    /// Where the next page begins; null on the last one.
    pub next_cursor: Option<&'a str>,
}

/// A record of an export: the account, an environment, an API token (by its digest), an agent, a version, an instance or
/// a span.
#[cfg(feature = "description")]
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ExportRecord<'a> {
    /// `account`, `environment`, `api_token`, `agent`, `agent_version`, `agent_schema_version`, `agent_instance` or `agent_span`.
    pub kind: &'a str,
    /// Its id.
    pub id: super::Pfid,
    /// When it was created.
    pub inserted_at: super::Timestamp,
}

/// What becomes of a record that exists with other contents.
#[cfg(feature = "description")]
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictRule {
    Refuse,
    Keep,
}

/// How many records an import merged. If one is refused, none of the request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct ImportAnswer {
    /// The operation succeeded.
    pub status: literal::Success,
    /// Those that did not exist, and names of accounts and environments that nobody had chosen.
    pub added: u64,
    /// Those that existed with the same contents.
    pub unchanged: u64,
    /// Those that existed with other contents, which stayed.
    pub kept: u64,
}
