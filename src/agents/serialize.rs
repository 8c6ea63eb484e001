//! Serialisation of the public types. Their shapes are those of [`crate::wire`].

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::response::AgentResponse;
use super::validate::ValidationErrors;
use crate::model::agent::{AgentStatus, InstanceCounts};
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

/// Writes counts and the two sums, `finished` and `total`.
pub(super) fn with_sums<S: Serializer>(
    counts: &InstanceCounts,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    wire::InstanceCounts::from(counts).serialize(serializer)
}

impl Serialize for AgentResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        wire::Details::of(&self.details).serialize(serializer)
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

/// In the form of the JavaScript API: the path is a list of keys.
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
