//! The public types as they travel. Their shapes are those of [`crate::wire`].

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::response::{Agent, AgentResponse};
use super::validate::ValidationErrors;
use crate::model::agent::{AgentStatus, AvailableActions, InstanceCounts};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::rules::Issue;
use crate::wire;

/// Reads a member for which `null` is a value of its own: absent is `None`, `null` is `Some(None)`.
pub(super) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl Agent {
    fn wire(&self) -> wire::Agent<'_> {
        wire::Agent {
            summary: wire::AgentSummary {
                r#type: wire::literal::Agent,
                id: self.id,
                name: &self.name,
                description: self.description.as_deref(),
                environment_id: self.environment_id,
                status: self.status,
                current_version_id: self.current_version_id,
                current_schema_version_id: self.current_schema_version_id,
                inserted_at: self.inserted_at,
                updated_at: self.updated_at,
                available_actions: self.available_actions.into(),
            },
            instance_counts: (&self.instance_counts).into(),
        }
    }
}

impl Serialize for Agent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.wire().serialize(serializer)
    }
}

impl Serialize for AgentResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        wire::Details::of(self.details.wire()).serialize(serializer)
    }
}

impl Serialize for ValidationErrors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self
            .errors
            .iter()
            .flat_map(|(path, messages)| messages.iter().map(move |message| (&**path, &**message)));
        wire::ValidationErrors {
            status: wire::literal::Error,
            code: wire::literal::ValidationErrors,
            message: self.message.as_ref().into(),
            errors: pairs.collect(),
        }
        .serialize(serializer)
    }
}

/// As the JavaScript API shows it: the path as a list of keys.
impl Serialize for Issue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'i> {
            path: Vec<&'i str>,
            code: &'i str,
            reason: &'i str,
            message: &'i str,
            #[serde(skip_serializing_if = "Option::is_none")]
            params: Option<Params>,
        }

        #[derive(Serialize)]
        struct Params {
            limit: u64,
        }

        Shown {
            path: self.path.split('.').collect(),
            code: self.code.as_str(),
            reason: self.reason.as_str(),
            message: &self.message,
            params: self.params.map(|it| Params { limit: it.limit }),
        }
        .serialize(serializer)
    }
}

/// What is read of an answer. Keys without a field here follow from the others, or are of a later API.
#[derive(Deserialize)]
struct AgentFields {
    id: Pfid,
    name: String,
    description: Option<String>,
    environment_id: Pfid,
    status: AgentStatus,
    current_version_id: Option<Pfid>,
    current_schema_version_id: Option<Pfid>,
    inserted_at: Timestamp,
    updated_at: Timestamp,
    available_actions: Actions,
    instance_counts: InstanceCounts,
}

#[derive(Deserialize)]
struct Actions {
    update: bool,
    retire: bool,
    reinstate: bool,
    delete: bool,
}

impl<'de> Deserialize<'de> for Agent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Agent, D::Error> {
        let it = AgentFields::deserialize(deserializer)?;
        Ok(Agent {
            id: it.id,
            name: it.name,
            description: it.description,
            environment_id: it.environment_id,
            status: it.status,
            current_version_id: it.current_version_id,
            current_schema_version_id: it.current_schema_version_id,
            inserted_at: it.inserted_at,
            updated_at: it.updated_at,
            available_actions: AvailableActions {
                update: it.available_actions.update,
                retire: it.available_actions.retire,
                reinstate: it.available_actions.reinstate,
                delete: it.available_actions.delete,
            },
            instance_counts: it.instance_counts,
        })
    }
}

/// Reads a value from its text.
macro_rules! from_text {
    ($($type:ty, $parse:expr;)*) => {
        $(impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                $parse(&text).map_err(D::Error::custom)
            }
        })*
    };
}

from_text! {
    Pfid, Pfid::parse;
    Timestamp, Timestamp::parse_rfc3339;
    AgentStatus, |text: &str| {
        let named = |status: &AgentStatus| status.as_str() == text;
        AgentStatus::ALL.into_iter().find(named).ok_or("a status must be pending, active, dormant or retired")
    };
}
