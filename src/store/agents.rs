//! What a store knows of agents.

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
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Whether it is retired.
    pub retired: bool,
    /// When something happened last to one of its instances.
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

    /// What belongs to the agent takes this from it.
    pub fn ownership(&self) -> Ownership {
        Ownership {
            account_id: self.account_id,
            environment_id: self.environment_id,
            agent_id: self.id,
        }
    }
}

/// What changes in an agent; what is absent stays.
#[derive(Clone, Copy, Debug)]
pub struct AgentChange<'a> {
    /// The moment of the change.
    pub updated_at: Timestamp,
    /// Its new name.
    pub name: Option<&'a str>,
    /// Its new description, or that it has none.
    pub description: Option<Option<&'a str>>,
    /// Whether it is retired.
    pub retired: Option<bool>,
    /// Its current version, or that it has none.
    pub current_version_id: Option<Option<Pfid>>,
    /// Its current schema version, or that it has none.
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
    /// Whether there is none.
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

/// Generates what goes over all nullable fields of [`AgentRow`] and [`AgentChange`], for stores and snapshots. They are
/// told apart by their names, which therefore never change; a new one comes last.
macro_rules! nullable {
    ($($field:ident: $kind:ident,)*) => {
        impl<'a> AgentRow<'a> {
            /// The names of the nullable fields but the description.
            pub const NULLABLE: &'static [&'static str] = &[$(stringify!($field)),*];

            /// The values of the fields of [`NULLABLE`](AgentRow::NULLABLE), in that order.
            pub fn nullable(&self) -> impl Iterator<Item = Nullable<'_>> {
                [$(Nullable::$kind(nullable!(@value $kind self.$field))),*].into_iter()
            }

            /// The places of the fields of [`NULLABLE`](AgentRow::NULLABLE), in that order.
            pub fn nullable_mut(&mut self) -> impl Iterator<Item = NullableMut<'_, 'a>> {
                [$(NullableMut::$kind(&mut self.$field)),*].into_iter()
            }

            /// Makes a change.
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
            /// That nothing changes but the moment.
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
    /// By the facts behind the status **\[ours\]**: those without instances, those with instances, the retired ones. In
    /// each of the three by last activity, the latest first, and those without any last. So dormant agents follow the
    /// active ones at every time, and no clock moves an agent.
    Status,
    /// By the moment they were made.
    InsertedAt,
    /// By the moment of their last change.
    UpdatedAt,
}

/// One page of agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentQuery {
    /// Whose agents.
    pub account_id: Pfid,
    /// Only those of one environment, which belongs to the account.
    pub environment_id: Option<Pfid>,
    /// In which order.
    pub order: AgentOrder,
    /// Which part.
    pub page: Page,
}

/// Agents by id, and in order.
pub trait Agents {
    /// The agent of an id.
    fn agent(&self, id: Pfid) -> Result<Option<AgentRow<'_>>, StoreError>;

    /// Adds an agent whose id is free, in an environment that exists and belongs to the row's account.
    fn insert_agent(&mut self, row: &AgentRow<'_>) -> Result<(), StoreError>;

    /// Changes an agent and gives the changed row.
    fn update_agent(
        &mut self,
        id: Pfid,
        change: &AgentChange<'_>,
    ) -> Result<AgentRow<'_>, StoreError>;

    /// Notes that something happened to one of an agent's instances: shifts their counts, and moves the last activity
    /// forward to `at`. A clock that stepped back does not move it back. `updated_at` stays.
    fn record_activity(
        &mut self,
        id: Pfid,
        shift: CountShift,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes an agent. One that has versions or instances is [`StoreError::Conflict`].
    fn delete_agent(&mut self, id: Pfid) -> Result<(), StoreError>;

    /// How many agents an account has, or one of its environments. A counter, not a count.
    fn count_agents(
        &self,
        account_id: Pfid,
        environment_id: Option<Pfid>,
    ) -> Result<u64, StoreError>;

    /// Gives the rows of one page to `each`, in order, until it breaks off; answers how many agents the list has
    /// in all. Mutable, because a store may make an order when it is first asked for.
    fn list_agents(
        &mut self,
        query: &AgentQuery,
        each: &mut dyn FnMut(&AgentRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError>;
}
