//! Version and schema version records.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::{Kind, Ownership, Page, StoreError};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// The two kinds of versions. They are stored separately and have the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionKind {
    /// A version of an agent.
    Agent,
    /// A version of the schemas of an agent's spans.
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

/// The content of a version. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVersion<'a> {
    /// The identifier that the caller gave it, trimmed. Unique among the agent's versions of this kind.
    pub external_identifier: Cow<'a, str>,
    /// Its name, trimmed.
    pub name: Option<Cow<'a, str>>,
    /// Its description.
    pub description: Option<Cow<'a, str>>,
    /// The texts of its schemas, as the request had them, in the order of [`SCHEMA_KEYS`]. All are absent in
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
    /// Its content.
    pub version: NewVersion<'a>,
    /// When it was created.
    pub inserted_at: Timestamp,
}

/// The order of a list of versions; ties break by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionOrder {
    /// By id.
    Id,
    /// By creation time.
    InsertedAt,
    /// By external identifier, by its UTF-8 bytes.
    ExternalIdentifier,
}

/// One page of the versions of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionQuery {
    /// The agent.
    pub agent_id: Pfid,
    /// The order.
    pub order: VersionOrder,
    /// The part of the list.
    pub page: Page,
}

/// Versions and schema versions: by id, by external identifier, and in order.
pub trait Versions {
    /// The version of an id.
    fn version(&self, kind: VersionKind, id: Pfid) -> Result<Option<VersionRow<'_>>, StoreError>;

    /// The id of the version of an agent with an external identifier.
    fn version_id(
        &self,
        kind: VersionKind,
        agent_id: Pfid,
        external_identifier: &str,
    ) -> Result<Option<Pfid>, StoreError>;

    /// Adds a version. Its id must be free, and its agent must exist and have no version of this kind and identifier:
    /// [`StoreError::Conflict`] otherwise.
    fn insert_version(&mut self, kind: VersionKind, row: &VersionRow<'_>)
    -> Result<(), StoreError>;

    /// Removes all versions of one kind of an agent.
    fn delete_versions(&mut self, kind: VersionKind, agent_id: Pfid) -> Result<(), StoreError>;

    /// Calls `each` with the rows of one page, in order, until it returns `Break`. Returns the length of the whole list.
    fn list_versions(
        &mut self,
        kind: VersionKind,
        query: &VersionQuery,
        each: &mut dyn FnMut(&VersionRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;
}
