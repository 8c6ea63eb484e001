//! The records of each kind in memory. The tables are in the files of their kinds.

use std::borrow::Cow;

use super::codec::{Reader, Writer};
use crate::model::agent::InstanceCounts;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;
use crate::store::{
    AccountRow, AgentRow, ApiTokenRow, EnvironmentRow, IdState, Kind, Nullable, TokenDigest, Usage,
};

#[derive(Clone, Debug)]
pub(super) struct AccountRecord {
    pub(super) id: Pfid,
    pub(super) name: Box<str>,
    pub(super) inserted_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) ids: IdState,
    pub(super) usage: Usage,
}

impl AccountRecord {
    pub(super) fn row(&self) -> AccountRow<'_> {
        AccountRow {
            id: self.id,
            name: Cow::Borrowed(&self.name),
            inserted_at: self.inserted_at,
            updated_at: self.updated_at,
            ids: self.ids,
            usage: self.usage,
        }
    }
}

/// An environment. Agents refer to it by its slot.
#[derive(Clone, Debug)]
pub(super) struct EnvironmentRecord {
    pub(super) id: Pfid,
    pub(super) account_id: Pfid,
    pub(super) name: Box<str>,
    pub(super) inserted_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl EnvironmentRecord {
    pub(super) fn row(&self) -> EnvironmentRow<'_> {
        EnvironmentRow {
            id: self.id,
            account_id: self.account_id,
            name: Cow::Borrowed(&self.name),
            inserted_at: self.inserted_at,
            updated_at: self.updated_at,
        }
    }
}

/// An API token. It has no `Debug`, which would show the digest.
#[derive(Clone)]
pub(super) struct TokenRecord {
    pub(super) id: Pfid,
    pub(super) account_id: Pfid,
    pub(super) environment_id: Option<Pfid>,
    pub(super) digest: TokenDigest,
    pub(super) name: Option<Box<str>>,
    pub(super) state: TokenState,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) last_used_at: Option<Timestamp>,
    pub(super) inserted_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl TokenRecord {
    pub(super) fn new(row: &ApiTokenRow<'_>) -> TokenRecord {
        TokenRecord {
            id: row.id,
            account_id: row.account_id,
            environment_id: row.environment_id,
            digest: row.digest,
            name: row.name.as_deref().map(Box::from),
            state: row.state,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
        }
    }

    pub(super) fn row(&self) -> ApiTokenRow<'_> {
        ApiTokenRow {
            id: self.id,
            account_id: self.account_id,
            environment_id: self.environment_id,
            digest: self.digest,
            name: self.name.as_deref().map(Cow::Borrowed),
            state: self.state,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            inserted_at: self.inserted_at,
            updated_at: self.updated_at,
        }
    }
}

#[derive(Debug)]
pub(super) struct AgentRecord {
    pub(super) id: Pfid,
    /// The environment's slot.
    pub(super) environment: u32,
    pub(super) inserted_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) last_activity: Option<Timestamp>,
    pub(super) counts: InstanceCounts,
    pub(super) retired: bool,
    pub(super) has_description: bool,
    /// The length of the name, with which `text` begins, in bytes.
    pub(super) name_len: u32,
    /// The name, then the description: one allocation instead of two.
    pub(super) text: Box<str>,
    /// The values of [`AgentRow::NULLABLE`], written one after another; most agents have none.
    pub(super) nullable: Option<Box<[u8]>>,
}

impl AgentRecord {
    pub(super) fn new(row: &AgentRow<'_>, environment: u32) -> AgentRecord {
        let text = match &row.description {
            None => row.name.as_ref().into(),
            Some(description) => {
                let mut text = String::with_capacity(row.name.len() + description.len());
                text.push_str(&row.name);
                text.push_str(description);
                text.into_boxed_str()
            }
        };
        AgentRecord {
            id: row.id,
            environment,
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
            last_activity: row.last_activity,
            counts: row.counts,
            retired: row.retired,
            has_description: row.description.is_some(),
            name_len: row.name.len() as u32,
            text,
            nullable: nullable(row),
        }
    }

    pub(super) fn name(&self) -> &str {
        self.text.get(..self.name_len as usize).unwrap_or_default()
    }

    /// Its group in [`AgentOrder::Status`](crate::store::AgentOrder::Status), 0 to 2.
    pub(super) fn group(&self) -> u8 {
        match (self.retired, self.counts.total()) {
            (true, _) => 2,
            (false, 0) => 0,
            (false, _) => 1,
        }
    }
}

fn nullable(row: &AgentRow<'_>) -> Option<Box<[u8]>> {
    if row.nullable().all(Nullable::is_null) {
        return None;
    }
    let mut out = Writer::new();
    row.nullable().for_each(|value| out.nullable(value));
    Some(out.into_bytes().into_boxed_slice())
}

#[derive(Debug)]
pub(super) struct AnswerRecord {
    /// The id of the account or environment to whose tokens the key belongs.
    pub(super) scope: Pfid,
    pub(super) key: Box<str>,
    pub(super) fingerprint: [u8; 32],
    pub(super) status: u16,
    pub(super) object_id: Option<Pfid>,
    /// Empty if it was dropped.
    pub(super) body: Box<[u8]>,
    /// In microseconds.
    pub(super) kept_at: i64,
    /// Whether a later record has its key. It has none itself then.
    pub(super) is_replaced: bool,
}

/// The kinds of dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DependentKind {
    /// Versions, of agents. Their keys are their external identifiers.
    Version,
    /// Schema versions, of agents. Their keys are their external identifiers.
    SchemaVersion,
    /// Instances, of agents.
    Instance,
    /// Spans, of instances.
    Span,
}

impl DependentKind {
    /// All kinds; parents come before their dependents.
    pub(super) const ALL: [DependentKind; 4] = [
        DependentKind::Version,
        DependentKind::SchemaVersion,
        DependentKind::Instance,
        DependentKind::Span,
    ];

    /// The kind in the interface of the store.
    pub(super) fn kind(self) -> Kind {
        match self {
            DependentKind::Version => Kind::AgentVersion,
            DependentKind::SchemaVersion => Kind::AgentSchemaVersion,
            DependentKind::Instance => Kind::AgentInstance,
            DependentKind::Span => Kind::AgentSpan,
        }
    }

    /// The kind of the parents.
    pub(super) fn parent(self) -> Kind {
        match self {
            DependentKind::Span => Kind::AgentInstance,
            _ => Kind::Agent,
        }
    }

    /// The key in a body of this kind; among the dependents of one parent it is unique. Bodies begin with it.
    pub(super) fn key(self, body: &[u8]) -> Option<&str> {
        match self {
            DependentKind::Version | DependentKind::SchemaVersion => Some(Reader::new(body).text()),
            DependentKind::Instance | DependentKind::Span => None,
        }
    }
}

/// The start time of an instance that was never started: it sorts after every time.
pub(super) const NOT_STARTED: i64 = i64::MAX;

#[derive(Debug)]
pub(super) struct DependentRecord {
    pub(super) inserted_at: Timestamp,
    /// The start time of an instance or span, in microseconds; [`NOT_STARTED`] if it has not started. The creation time of
    /// a version.
    pub(super) started_at: i64,
    pub(super) body: Box<[u8]>,
    pub(super) id: Pfid,
    /// The parent's slot.
    pub(super) parent: u32,
}
