//! Agent records.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::{CountShift, Ownership, Page, StoreError};
use crate::model::agent::{AgentStatus, InstanceCounts};
use crate::model::lifecycle::{self, History};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// One agent. Its status is not in it, because that depends on the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The account of its environment.
    pub account_id: Pfid,
    /// Its environment; it never changes.
    pub environment_id: Pfid,
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its description, if it has one.
    pub description: Option<Cow<'a, str>>,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Whether it is retired.
    pub retired: bool,
    /// When one of its instances last changed.
    pub last_activity: Option<Timestamp>,
    /// How many of its instances are in each state.
    pub counts: InstanceCounts,
    /// Its current version.
    pub current_version_id: Option<Pfid>,
    /// Its current schema version.
    pub current_schema_version_id: Option<Pfid>,
}

impl<'a> AgentRow<'a> {
    /// A new agent: without instances, its nullable fields null.
    pub fn new(
        id: Pfid,
        account_id: Pfid,
        environment_id: Pfid,
        name: Cow<'a, str>,
        now: Timestamp,
    ) -> AgentRow<'a> {
        AgentRow {
            id,
            account_id,
            environment_id,
            name,
            description: None,
            inserted_at: now,
            updated_at: now,
            retired: false,
            last_activity: None,
            counts: InstanceCounts::default(),
            current_version_id: None,
            current_schema_version_id: None,
        }
    }

    /// Its status at a moment.
    pub fn status(&self, now: Timestamp) -> AgentStatus {
        let history = History {
            retired: self.retired,
            instances: self.counts.total(),
            last_activity: self.last_activity,
        };
        lifecycle::status(&history, now)
    }

    /// The owner of the agent's versions, instances and spans.
    pub fn ownership(&self) -> Ownership {
        Ownership {
            account_id: self.account_id,
            environment_id: self.environment_id,
            agent_id: self.id,
        }
    }
}

/// What determines what may be done with an agent: its row without names, texts and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentState {
    /// The owner of its versions, instances and spans.
    pub owner: Ownership,
    /// Whether it is retired.
    pub retired: bool,
    /// How many of its instances are in each state.
    pub counts: InstanceCounts,
    /// Its current version.
    pub current_version_id: Option<Pfid>,
    /// Its current schema version.
    pub current_schema_version_id: Option<Pfid>,
}

impl From<AgentRow<'_>> for AgentState {
    fn from(row: AgentRow<'_>) -> AgentState {
        AgentState {
            owner: row.ownership(),
            retired: row.retired,
            counts: row.counts,
            current_version_id: row.current_version_id,
            current_schema_version_id: row.current_schema_version_id,
        }
    }
}

/// A change of an agent. Absent fields keep their values.
#[derive(Clone, Copy, Debug)]
pub struct AgentChange<'a> {
    /// The time of the change.
    pub updated_at: Timestamp,
    /// Its new name.
    pub name: Option<&'a str>,
    /// Its new description; `Some(None)` removes it.
    pub description: Option<Option<&'a str>>,
    /// Whether it is retired.
    pub retired: Option<bool>,
    /// Its current version; `Some(None)` clears it.
    pub current_version_id: Option<Option<Pfid>>,
    /// Its current schema version; `Some(None)` clears it.
    pub current_schema_version_id: Option<Option<Pfid>>,
}

/// The value of a nullable field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nullable<'r> {
    /// An id.
    Id(Option<Pfid>),
    /// A text.
    Text(Option<&'r str>),
}

impl Nullable<'_> {
    /// Whether the field is null.
    pub fn is_null(self) -> bool {
        matches!(self, Nullable::Id(None) | Nullable::Text(None))
    }
}

/// The place of a nullable field in a row.
#[derive(Debug)]
pub enum NullableMut<'r, 'a> {
    /// An id.
    Id(&'r mut Option<Pfid>),
    /// A text.
    Text(&'r mut Option<Cow<'a, str>>),
}

/// Generates the code that treats all nullable fields of [`AgentRow`] and [`AgentChange`] alike, for stores and
/// snapshots. Names identify the fields, so they never change; a new field comes last.
macro_rules! nullable {
    ($($field:ident: $kind:ident,)*) => {
        impl<'a> AgentRow<'a> {
            /// The names of the nullable fields, except the description.
            pub const NULLABLE: &'static [&'static str] = &[$(stringify!($field)),*];

            /// The values of the fields of [`NULLABLE`](AgentRow::NULLABLE), in that order.
            pub fn nullable(&self) -> impl Iterator<Item = Nullable<'_>> {
                [$(Nullable::$kind(nullable!(@value $kind self.$field))),*].into_iter()
            }

            /// The places of the fields of [`NULLABLE`](AgentRow::NULLABLE), in that order.
            pub fn nullable_mut(&mut self) -> impl Iterator<Item = NullableMut<'_, 'a>> {
                [$(NullableMut::$kind(&mut self.$field)),*].into_iter()
            }

            /// Applies a change.
            pub fn apply(&mut self, change: &AgentChange<'a>) {
                self.updated_at = change.updated_at;
                if let Some(name) = change.name {
                    self.name = Cow::Borrowed(name);
                }
                if let Some(description) = change.description {
                    self.description = description.map(Cow::Borrowed);
                }
                self.retired = change.retired.unwrap_or(self.retired);
                $(if let Some(value) = change.$field {
                    self.$field = nullable!(@owned $kind value);
                })*
            }
        }

        impl AgentChange<'_> {
            /// A change of `updated_at` alone.
            pub fn at(updated_at: Timestamp) -> Self {
                AgentChange {
                    updated_at,
                    name: None,
                    description: None,
                    retired: None,
                    $($field: None,)*
                }
            }
        }
    };
    (@value Id $value:expr) => { $value };
    (@value Text $value:expr) => { $value.as_deref() };
    (@owned Id $value:expr) => { $value };
    (@owned Text $value:expr) => { $value.map(Cow::Borrowed) };
}

nullable! {
    current_version_id: Id,
    current_schema_version_id: Id,
}

/// The order of a list of agents; ties break by id, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentOrder {
    /// By id.
    Id,
    /// By name, by its UTF-8 bytes. **\[ours\]**
    Name,
    /// By the facts that determine the status **\[ours\]**: agents without instances, agents with instances, retired
    /// agents. Each group is sorted by last activity, the latest first; agents without any come last. So dormant agents
    /// always follow active ones, and the order does not depend on the clock.
    Status,
    /// By creation time.
    InsertedAt,
    /// By the time of the last change.
    UpdatedAt,
}

/// One page of agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentQuery {
    /// The account whose agents are listed.
    pub account_id: Pfid,
    /// If present, only the agents of this environment, which belongs to the account.
    pub environment_id: Option<Pfid>,
    /// The order.
    pub order: AgentOrder,
    /// The part of the list.
    pub page: Page,
}

/// Agents by id, and in order.
pub trait Agents {
    /// The agent of an id.
    fn agent(&self, id: Pfid) -> Result<Option<AgentRow<'_>>, StoreError>;

    /// The state of the agent of an id. A store that copies rows need not read the description for it, which can be long.
    fn agent_state(&self, id: Pfid) -> Result<Option<AgentState>, StoreError> {
        Ok(self.agent(id)?.map(AgentState::from))
    }

    /// Adds an agent whose id is free, in an environment that exists and belongs to the row's account.
    fn insert_agent(&mut self, row: &AgentRow<'_>) -> Result<(), StoreError>;

    /// Updates an agent.
    fn update_agent(&mut self, id: Pfid, change: &AgentChange<'_>) -> Result<(), StoreError>;

    /// Records a change of one of an agent's instances: shifts their counts, and moves the last activity forward to
    /// `at`. A clock that stepped back does not move it back. `updated_at` stays.
    fn record_activity(
        &mut self,
        id: Pfid,
        shift: CountShift,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes an agent. One that has versions or instances is [`StoreError::Conflict`].
    fn delete_agent(&mut self, id: Pfid) -> Result<(), StoreError>;

    /// The number of agents of an account, or of one of its environments. It is stored, not counted at each call.
    fn count_agents(
        &self,
        account_id: Pfid,
        environment_id: Option<Pfid>,
    ) -> Result<u64, StoreError>;

    /// Calls `each` with the rows of one page, in order, until it returns `Break`. Returns the length of the whole list.
    /// Mutable, because a store may build an order at its first use.
    fn list_agents(
        &mut self,
        query: &AgentQuery,
        each: &mut dyn FnMut(&AgentRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;
}
