//! What a store knows of versions and schema versions.

use std::borrow::Cow;

use super::StoreError;
use super::children::ChildQuery;
use super::codec::{Reader, Writer};
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

/// The schemas that a schema version may have, by their keys. **\[client\]**
pub const SCHEMA_KEYS: [&str; 4] = [
    "span_schemas",
    "span_result_schemas",
    "span_type_schemas",
    "quality_schemas",
];

/// One version or schema version of an agent. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The account of its agent. A store takes it from the agent, not from here.
    pub account_id: Pfid,
    /// The environment of its agent. A store takes it from the agent, not from here.
    pub environment_id: Pfid,
    /// Its agent.
    pub agent_id: Pfid,
    /// What its caller calls it: of one kind and one agent there is one of each.
    pub external_identifier: Cow<'a, str>,
    /// Its name.
    pub name: Option<Cow<'a, str>>,
    /// Its description.
    pub description: Option<Cow<'a, str>>,
    /// The texts of its schemas, as they were sent, in the order of [`SCHEMA_KEYS`]; all absent in
    /// a version of an agent.
    pub schemas: [Option<Cow<'a, str>>; SCHEMA_KEYS.len()],
    /// When it was made.
    pub inserted_at: Timestamp,
}

impl<'a> VersionRow<'a> {
    /// Writes the row into a snapshot.
    pub fn write(&self, out: &mut Writer) {
        out.pfid(self.id);
        out.pfid(self.account_id);
        out.pfid(self.environment_id);
        out.pfid(self.agent_id);
        out.text(&self.external_identifier);
        out.option(self.name.as_deref(), Writer::text);
        out.option(self.description.as_deref(), Writer::text);
        for schema in &self.schemas {
            out.option(schema.as_deref(), Writer::text);
        }
        out.timestamp(self.inserted_at);
    }

    /// Reads a row from a snapshot.
    pub fn read(from: &mut Reader<'a>) -> Option<VersionRow<'a>> {
        let text = |from: &mut Reader<'a>| Some(from.option(Reader::text)?.map(Cow::Borrowed));
        Some(VersionRow {
            id: from.pfid()?,
            account_id: from.pfid()?,
            environment_id: from.pfid()?,
            agent_id: from.pfid()?,
            external_identifier: Cow::Borrowed(from.text()?),
            name: text(from)?,
            description: text(from)?,
            schemas: [text(from)?, text(from)?, text(from)?, text(from)?],
            inserted_at: from.timestamp()?,
        })
    }
}

/// What a list of versions is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionOrder {
    /// The id.
    Id,
    /// The moment it was made.
    InsertedAt,
}

/// Versions and schema versions by id, by external identifier, and in order.
pub trait Versions {
    /// The version of an id.
    fn version(&self, kind: VersionKind, id: Pfid) -> Result<Option<VersionRow<'_>>, StoreError>;

    /// The agent's version of an external identifier.
    fn version_of(
        &self,
        kind: VersionKind,
        agent_id: Pfid,
        external_identifier: &str,
    ) -> Result<Option<Pfid>, StoreError>;

    /// Adds a version whose id does not exist yet, of an agent that does and has none of that
    /// external identifier.
    fn insert_version(&mut self, kind: VersionKind, row: &VersionRow<'_>)
    -> Result<(), StoreError>;

    /// Removes all versions of both kinds of an agent: before it is removed itself.
    fn delete_versions(&mut self, agent_id: Pfid) -> Result<(), StoreError>;

    /// Gives the rows of one page of an agent's versions to `each`, in order, and answers how many
    /// there are in all.
    fn list_versions(
        &mut self,
        kind: VersionKind,
        query: &ChildQuery<VersionOrder>,
        each: &mut dyn FnMut(VersionRow<'_>),
    ) -> Result<u64, StoreError>;
}
