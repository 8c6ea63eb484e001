//! Versions and schema versions as a store has them.

use super::children::{ChildKind, ChildRow, NewChild, Owner};
use super::codec::{Reader, Writer};
use super::{StoreError, children};
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

impl From<VersionKind> for ChildKind {
    fn from(kind: VersionKind) -> ChildKind {
        match kind {
            VersionKind::Agent => ChildKind::AgentVersion,
            VersionKind::Schema => ChildKind::AgentSchemaVersion,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewVersion<'a> {
    /// What its caller calls it, trimmed: of one kind and one agent there is one of each.
    pub external_identifier: &'a str,
    /// Its name, trimmed.
    pub name: Option<&'a str>,
    /// Its description.
    pub description: Option<&'a str>,
    /// The texts of its schemas, as they were sent, in the order of [`SCHEMA_KEYS`]; all absent in
    /// a version of an agent.
    pub schemas: [Option<&'a str>; SCHEMA_KEYS.len()],
}

/// One version or schema version of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// Its agent.
    pub owner: Owner,
    /// What it was made from.
    pub version: NewVersion<'a>,
    /// When it was made.
    pub inserted_at: Timestamp,
}

impl<'a> NewVersion<'a> {
    /// Its body in a store.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Writer::new();
        body.text(self.external_identifier);
        body.option(self.name, Writer::text);
        body.option(self.description, Writer::text);
        for schema in self.schemas {
            body.option(schema, Writer::text);
        }
        body.into_bytes()
    }
}

impl<'a> VersionRow<'a> {
    /// The version that a store has as this child.
    pub fn read(row: &ChildRow<'a>) -> Result<VersionRow<'a>, StoreError> {
        let ChildRow { child, owner } = *row;
        let NewChild {
            id, inserted_at, ..
        } = child;
        children::read(child.body, |from| VersionRow {
            id,
            owner,
            version: NewVersion {
                external_identifier: from.text(),
                name: from.option(Reader::text),
                description: from.option(Reader::text),
                schemas: SCHEMA_KEYS.map(|_| from.option(Reader::text)),
            },
            inserted_at,
        })
    }
}
