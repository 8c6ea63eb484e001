//! The types of an agent: [`AgentRecord`] as it is stored, [`Agent`] as it is shown, [`CreateAgentDetails`] and
//! [`UpdateAgentDetails`] as they are sent. Each is defined here alone: [`crate::wire`] has the same types, and
//! `npm run describe` generates those of JavaScript from them.

#[cfg(feature = "description")]
use schemars::JsonSchema;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::input::{Fields, nullable, pfid, text};
use crate::model::agent::{AgentStatus, AvailableActions, InstanceCounts};
use crate::model::lifecycle::{self, History};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::rules::characters::trim;
#[cfg(feature = "description")]
use crate::rules::name::LIMIT as NAME_LIMIT;
use crate::rules::{CreateAgentFields, Field, Given, Presence};
#[cfg(feature = "service")]
use crate::store::AgentRow;
#[cfg(feature = "description")]
use crate::wire::{self, DescriptionText, NameText, Time, sentence};

/// The details of a new agent, normalised: the name is trimmed, other keys are dropped, and absent values stay absent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct CreateAgentDetails {
    /// Its name, trimmed.
    #[cfg_attr(feature = "description", schemars(length(min = 1, max = NAME_LIMIT), description = sentence::name()))]
    pub name: String,
    /// The environment that it will belong to.
    pub environment_id: Pfid,
    /// Its description.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "super::serialize::nullable"
        )
    )]
    #[cfg_attr(feature = "description", schemars(with = "Option<DescriptionText>", description = sentence::description()))]
    pub description: Option<Option<String>>,
    /// Its id, if the caller chooses it. It has the account's partition.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(feature = "description", schemars(with = "Pfid"))]
    pub id: Option<Pfid>,
}

impl CreateAgentDetails {
    /// The details of an agent with this name in this environment, and nothing else.
    pub fn new(name: String, environment_id: Pfid) -> CreateAgentDetails {
        CreateAgentDetails {
            name,
            environment_id,
            description: None,
            id: None,
        }
    }

    /// The details of a body, if it has the required ones.
    pub(super) fn read(
        fields: &Fields<'_>,
        default_environment: Option<Pfid>,
    ) -> Option<CreateAgentDetails> {
        let name = trim(fields.given(Field::Name).text()?).to_owned();
        let environment_id = pfid(fields.given(Field::EnvironmentId)).or(default_environment)?;
        Some(CreateAgentDetails {
            description: nullable(fields.given(Field::Description), text),
            id: pfid(fields.given(Field::Id)),
            ..CreateAgentDetails::new(name, environment_id)
        })
    }
}

/// The changes of an update, normalised. An absent field keeps its value; null clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct UpdateAgentDetails {
    /// Its name, trimmed.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    #[cfg_attr(feature = "description", schemars(with = "NameText", description = sentence::name()))]
    pub name: Option<String>,
    /// Its description.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "super::serialize::nullable"
        )
    )]
    #[cfg_attr(feature = "description", schemars(with = "Option<DescriptionText>", description = sentence::description()))]
    pub description: Option<Option<String>>,
    /// Its current version.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "super::serialize::nullable"
        )
    )]
    #[cfg_attr(feature = "description", schemars(with = "Option<Pfid>"))]
    pub current_version_id: Option<Option<Pfid>>,
}

impl UpdateAgentDetails {
    /// The details of a body.
    pub(super) fn read(fields: &Fields<'_>) -> UpdateAgentDetails {
        let name = fields.given(Field::Name);
        UpdateAgentDetails {
            name: name.text().map(|name| trim(name).to_owned()),
            description: nullable(fields.given(Field::Description), text),
            current_version_id: nullable(fields.given(Field::CurrentVersionId), pfid),
        }
    }
}

/// An agent as it is stored. Its status, actions and sums follow from these facts, and are computed on reading.
///
/// ```
/// use agent_registrar::{AgentRecord, InstanceCounts, Pfid, Timestamp};
///
/// let created = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z").unwrap();
/// let record = AgentRecord {
///     instance_counts: InstanceCounts { active: 1, ..InstanceCounts::default() },
///     ..AgentRecord::new(
///         Pfid::parse("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr")?,
///         "Support bot".to_owned(),
///         Pfid::parse("013xrzp12g3nqk8nzxvq7jm2arsfg5h1")?,
///         created,
///     )
/// };
/// assert_eq!(record.updated_at, created);
/// # Ok::<(), agent_registrar::PfidError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(rename = "AgentRecord", description = "An agent as it is stored.")
)]
pub struct AgentRecord<Text = String> {
    /// Its id.
    pub id: Pfid,
    /// Its name.
    pub name: Text,
    /// Its description.
    pub description: Option<Text>,
    /// The environment that it belongs to.
    pub environment_id: Pfid,
    /// When it was created.
    #[cfg_attr(feature = "description", schemars(with = "Time"))]
    pub inserted_at: Timestamp,
    /// When it was last changed.
    #[cfg_attr(feature = "description", schemars(with = "Time"))]
    pub updated_at: Timestamp,
    /// Whether it is retired. False by default.
    #[cfg_attr(feature = "serde", serde(default))]
    pub retired: bool,
    /// When something last happened to one of its instances. An agent with instances and without this time is active.
    #[cfg_attr(feature = "serde", serde(default))]
    #[cfg_attr(feature = "description", schemars(with = "Option<Time>"))]
    pub last_activity_at: Option<Timestamp>,
    /// Its current version.
    #[cfg_attr(feature = "serde", serde(default))]
    pub current_version_id: Option<Pfid>,
    /// Its current schema version.
    #[cfg_attr(feature = "serde", serde(default))]
    pub current_schema_version_id: Option<Pfid>,
    /// Its instances by their status. None by default.
    #[cfg_attr(feature = "serde", serde(default))]
    pub instance_counts: InstanceCounts,
}

impl<Text> AgentRecord<Text> {
    /// The record of a new agent.
    pub fn new(id: Pfid, name: Text, environment_id: Pfid, now: Timestamp) -> AgentRecord<Text> {
        AgentRecord {
            id,
            name,
            description: None,
            environment_id,
            inserted_at: now,
            updated_at: now,
            retired: false,
            last_activity_at: None,
            current_version_id: None,
            current_schema_version_id: None,
            instance_counts: InstanceCounts::default(),
        }
    }

    /// The ids that may be null and that no create body has, with their keys: the bindings for JavaScript read them in a
    /// loop.
    #[doc(hidden)]
    pub fn nullable_ids(&mut self) -> [(&'static str, &mut Option<Pfid>); 2] {
        [
            ("current_version_id", &mut self.current_version_id),
            (
                "current_schema_version_id",
                &mut self.current_schema_version_id,
            ),
        ]
    }
}

impl AgentRecord {
    /// The record of a new agent with these details and this id.
    pub fn made_from(details: CreateAgentDetails, id: Pfid, now: Timestamp) -> AgentRecord {
        AgentRecord {
            description: details.description.flatten(),
            ..AgentRecord::new(id, details.name, details.environment_id, now)
        }
    }

    /// Its fields in the form of a create body, for the rules. `ids` are its own and that of its environment. Ids that are a
    /// [`Pfid`] already are absent.
    pub(super) fn given<'a>(&'a self, ids: &'a [String; 2]) -> CreateAgentFields<'a> {
        let [id, environment_id] = ids;
        CreateAgentFields {
            details: Presence::Present,
            name: Given::Text(&self.name),
            environment_id: Given::Text(environment_id),
            description: self.description.as_deref().into(),
            id: Given::Text(id),
            idempotency_key: Given::Absent,
        }
    }
}

#[cfg(feature = "service")]
impl<'r> From<&'r AgentRow<'_>> for AgentRecord<&'r str> {
    fn from(row: &'r AgentRow<'_>) -> AgentRecord<&'r str> {
        AgentRecord {
            id: row.id,
            name: &row.name,
            description: row.description.as_deref(),
            environment_id: row.environment_id,
            inserted_at: row.inserted_at,
            updated_at: row.updated_at,
            retired: row.retired,
            last_activity_at: row.last_activity,
            current_version_id: row.current_version_id,
            current_schema_version_id: row.current_schema_version_id,
            instance_counts: row.counts,
        }
    }
}

/// Defines [`Agent`], and [`AgentSummary`] with the same fields but the last.
macro_rules! agent {
    (
        $(#[$agent:meta])*
        pub struct Agent<Text = String> {
            $($(#[$meta:meta])* pub $field:ident: $type:ty,)*
            ..
            $(#[$last_meta:meta])* pub $last:ident: $last_type:ty,
        }
    ) => {
        $(#[$agent])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(tag = "type", rename = "agent"))]
        #[cfg_attr(
            feature = "description",
            derive(JsonSchema),
            schemars(deny_unknown_fields, rename = "Agent", description = "An agent.", transform = wire::tag)
        )]
        pub struct Agent<Text = String> {
            $($(#[$meta])* pub $field: $type,)*
            $(#[$last_meta])* pub $last: $last_type,
        }

        /// An agent in a list.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(Serialize), serde(tag = "type", rename = "agent"))]
        #[cfg_attr(
            feature = "description",
            derive(JsonSchema),
            schemars(deny_unknown_fields, rename = "AgentSummary", transform = wire::tag)
        )]
        pub struct AgentSummary<Text = String> {
            $($(#[$meta])* pub $field: $type,)*
        }

        impl<Text> From<Agent<Text>> for AgentSummary<Text> {
            fn from(agent: Agent<Text>) -> AgentSummary<Text> {
                AgentSummary { $($field: agent.$field,)* }
            }
        }
    };
}

agent! {
    /// An agent as the API shows it. **\[doc\]**
    ///
    /// With the feature `serde` it serialises with the keys and in the order of the API, `type`, `instance_counts.total`
    /// and `instance_counts.finished` among them.
    ///
    /// ```
    /// use agent_registrar::{Agent, AgentRecord, AgentStatus, Pfid, Timestamp};
    ///
    /// let agent = Agent::of(
    ///     AgentRecord::new(
    ///         Pfid::parse("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr")?,
    ///         "Support bot".to_owned(),
    ///         Pfid::parse("013xrzp12g3nqk8nzxvq7jm2arsfg5h1")?,
    ///         Timestamp::EPOCH,
    ///     ),
    ///     Timestamp::EPOCH,
    /// );
    /// assert_eq!(agent.status, AgentStatus::Pending);
    /// assert!(agent.available_actions.delete);
    /// # Ok::<(), agent_registrar::PfidError>(())
    /// ```
    pub struct Agent<Text = String> {
        /// Its id.
        pub id: Pfid,
        /// Its name, trimmed.
        #[cfg_attr(feature = "description", schemars(description = sentence::name()))]
        pub name: Text,
        /// Its description.
        #[cfg_attr(feature = "description", schemars(description = sentence::description()))]
        pub description: Option<Text>,
        /// The environment that it belongs to.
        pub environment_id: Pfid,
        /// Its status in the life cycle.
        pub status: AgentStatus,
        /// Its current version.
        pub current_version_id: Option<Pfid>,
        /// Its current schema version.
        pub current_schema_version_id: Option<Pfid>,
        /// When it was created.
        pub inserted_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// The actions that are available on it now.
        pub available_actions: AvailableActions,
        ..
        /// The number of its instances, by status.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serialize::with_sums"))]
        #[cfg_attr(feature = "description", schemars(with = "wire::InstanceCounts"))]
        pub instance_counts: InstanceCounts,
    }
}

impl<Text> Agent<Text> {
    /// The agent of a record at the time `now`. Nothing is checked.
    pub fn of(record: AgentRecord<Text>, now: Timestamp) -> Agent<Text> {
        let instances = record.instance_counts.total();
        let history = History {
            retired: record.retired,
            instances,
            last_activity: record.last_activity_at,
        };
        let status = lifecycle::status(&history, now);
        Agent {
            id: record.id,
            name: record.name,
            description: record.description,
            environment_id: record.environment_id,
            status,
            current_version_id: record.current_version_id,
            current_schema_version_id: record.current_schema_version_id,
            inserted_at: record.inserted_at,
            updated_at: record.updated_at,
            available_actions: lifecycle::available_actions(status, instances),
            instance_counts: record.instance_counts,
        }
    }
}
