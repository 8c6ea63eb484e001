//! What a store knows of versions and schema versions.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::{Kind, Ownership, Page, StoreError};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// Of what something is a version. The two kinds are kept apart, and are alike in all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionKind {
    /// Of an agent.
    Agent,
    /// Of the schemas of an agent's spans.
    Schema,
}

impl From<VersionKind> for Kind {
    fn from(kind: VersionKind) -> Kind {
        match kind {
            VersionKind::Agent => Kind::AgentVersion,
            VersionKind::Schema => Kind::AgentSchemaVersion,
        }
    }
}

/// The schemas that a schema version may have, by their keys. **\[client\]**
pub const SCHEMA_KEYS: [&str; 4] = [
    "span_schemas",
    "span_result_schemas",
    "span_type_schemas",
    "quality_schemas",
];

/// What a version is made from. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVersion<'a> {
    /// The caller's name for it, trimmed: unique among the agent's versions of its kind.
    pub external_identifier: Cow<'a, str>,
    /// Its name, trimmed.
    pub name: Option<Cow<'a, str>>,
    /// Its description.
    pub description: Option<Cow<'a, str>>,
    /// The texts of its schemas, as they were sent, in the order of [`SCHEMA_KEYS`]; all absent in
    /// a version of an agent.
    pub schemas: [Option<Cow<'a, str>>; SCHEMA_KEYS.len()],
}

/// One version or schema version of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// Its agent.
    pub owner: Ownership,
    /// What it was made from.
    pub version: NewVersion<'a>,
    /// When it was made.
    pub inserted_at: Timestamp,
}

/// The order of a list of versions; ties break by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionOrder {
    /// By id.
    Id,
    /// By the moment they were made.
    InsertedAt,
    /// By external identifier, by its UTF-8 bytes.
    ExternalIdentifier,
}

/// One page of the versions of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionQuery {
    /// Whose versions.
    pub agent_id: Pfid,
    /// In which order.
    pub order: VersionOrder,
    /// Which part.
    pub page: Page,
}

/// Versions and schema versions: by id, by external identifier, and in order.
pub trait Versions {
    /// The version of an id.
    fn version(&self, kind: VersionKind, id: Pfid) -> Result<Option<VersionRow<'_>>, StoreError>;

    /// The id of an agent's version of an external identifier.
    fn version_id(
        &self,
        kind: VersionKind,
        agent_id: Pfid,
        external_identifier: &str,
    ) -> Result<Option<Pfid>, StoreError>;

    /// Adds a version whose id is free, to an agent that exists and has no version of its kind and identifier:
    /// [`StoreError::Conflict`] otherwise.
    fn insert_version(&mut self, kind: VersionKind, row: &VersionRow<'_>)
    -> Result<(), StoreError>;

    /// Removes all versions of a kind of an agent.
    fn delete_versions(&mut self, kind: VersionKind, agent_id: Pfid) -> Result<(), StoreError>;

    /// Gives the rows of one page to `each`, in order, until it breaks off; answers how many the list has in all.
    fn list_versions(
        &mut self,
        kind: VersionKind,
        query: &VersionQuery,
        each: &mut dyn FnMut(&VersionRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;
}
