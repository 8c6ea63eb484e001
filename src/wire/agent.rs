//! Agents. The types of their bodies and answers are those of the crate's users.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::agent;

pub use crate::agents::{
    Agent, AgentRecord, AgentSummary, CreateAgentDetails, CreateAgentRequest, UpdateAgentDetails,
    UpdateAgentRequest,
};
pub use crate::model::agent::{AgentStatus, AvailableActions};

// Only a schema: lists are written from `AgentSummary` or `Agent`.
/// An agent in a list.
#[cfg(feature = "description")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "AgentSummary")]
pub struct ListedAgent {
    /// The fields that every list has.
    #[serde(flatten)]
    pub summary: AgentSummary,
    /// How many instances it has, by status. Only with `include_counts=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_counts: Option<InstanceCounts>,
}

/// How many instances or spans there are, by status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct InstanceCounts {
    /// All of them.
    pub total: u64,
    /// Not started.
    pub pending: u32,
    /// Running.
    pub active: u32,
    /// Completed.
    pub complete: u32,
    /// Failed.
    pub failed: u32,
    /// Cancelled.
    pub cancelled: u32,
    /// Complete, failed and cancelled.
    pub finished: u64,
}

impl From<&agent::InstanceCounts> for InstanceCounts {
    fn from(counts: &agent::InstanceCounts) -> InstanceCounts {
        InstanceCounts {
            total: counts.total(),
            pending: counts.pending,
            active: counts.active,
            complete: counts.complete,
            failed: counts.failed,
            cancelled: counts.cancelled,
            finished: counts.finished(),
        }
    }
}

/// Adds the tag `type` to the schema of an agent: `schemars` does not see the tags of structs.
#[cfg(feature = "description")]
pub(crate) fn tag(schema: &mut schemars::Schema) {
    let mut properties = serde_json::Map::new();
    let tag = serde_json::json!({"const": "agent", "description": "What kind of object it is."});
    properties.insert("type".into(), tag);
    if let Some(serde_json::Value::Object(members)) = schema.get_mut("properties") {
        properties.append(members);
        *members = properties;
    }
    if let Some(serde_json::Value::Array(required)) = schema.get_mut("required") {
        required.insert(0, "type".into());
    }
}

/// The details of a new agent as callers send them: [`CreateAgentDetails`] before they are checked and normalised.
#[derive(Clone, Copy, Debug)]
pub struct CreateAgent;

/// The changes of an update of an agent as callers send them: [`UpdateAgentDetails`] before they are checked and
/// normalised.
#[derive(Clone, Copy, Debug)]
pub struct UpdateAgent;

/// The schemas of details as callers send them. The table of fields says which fields there are and which may be absent or
/// null; the normalised details describe them.
#[cfg(feature = "description")]
mod sent {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde_json::{Map, Value, json};

    use super::{CreateAgent, CreateAgentDetails, UpdateAgent, UpdateAgentDetails};
    use crate::registrar::config::DEFAULT_ENVIRONMENT;
    use crate::rules::fields::{FieldOfBody, Need};
    use crate::rules::{CreateAgentFields, UpdateAgentFields};
    use crate::wire::scalar::sentence;
    use crate::wire::{DescriptionText, NameText, Pfid};

    impl JsonSchema for CreateAgent {
        fn schema_name() -> Cow<'static, str> {
            "CreateAgent".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let normalised = CreateAgentDetails::json_schema(generator);
            let mut schema = schema(generator, &normalised, CreateAgentFields::FIELDS, &|_| {
                String::new()
            });
            schema.insert("description".into(), "The details of a new agent.".into());
            // A token may have a default.
            schema.insert("required".into(), json!(["name"]));
            let mut environment_id = generator.subschema_for::<Option<Pfid>>();
            let doc = "The environment that it will belong to. A token of an environment's scope may leave it out.";
            environment_id.insert("description".into(), doc.into());
            environment_id.insert("examples".into(), json!([DEFAULT_ENVIRONMENT]));
            if let Some(properties) = schema.get_mut("properties") {
                properties["environment_id"] = environment_id.into();
            }
            schema
        }
    }

    impl JsonSchema for UpdateAgent {
        fn schema_name() -> Cow<'static, str> {
            "UpdateAgent".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let normalised = UpdateAgentDetails::json_schema(generator);
            let mut schema =
                schema(
                    generator,
                    &normalised,
                    UpdateAgentFields::FIELDS,
                    &|need| match need {
                        Need::Nullable => " Absent: it stays; null clears it.".into(),
                        _ => " Absent: it stays.".into(),
                    },
                );
            schema.insert(
                "description".into(),
                "The changes of an update of an agent.".into(),
            );
            schema
        }
    }

    /// The details with these fields. `addition` returns the sentence that a field's description adds about its need.
    fn schema(
        generator: &mut SchemaGenerator,
        normalised: &Schema,
        fields: &[FieldOfBody],
        addition: &dyn Fn(Need) -> String,
    ) -> Schema {
        let mut properties = Map::new();
        for &FieldOfBody { field, need } in fields {
            let ["details", key] = *field.path() else {
                continue;
            };
            let doc = || {
                let doc = normalised.pointer(&format!("/properties/{key}/description"));
                doc.and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            let (mut member, doc) = match field.rule() {
                "Name" => (
                    text::<NameText<'_>>(generator, need),
                    sentence::given_name(),
                ),
                "Description" => (
                    text::<DescriptionText<'_>>(generator, need),
                    sentence::given_description(),
                ),
                "Id" | "ChosenId" => (text::<Pfid>(generator, need), doc()),
                _ => (text::<String>(generator, need), doc()),
            };
            member.insert("description".into(), (doc + &addition(need)).into());
            properties.insert(key.into(), member.into());
        }
        json_schema!({"type": "object", "properties": properties})
    }

    /// The schema of a text, or of that or null.
    fn text<T: JsonSchema>(generator: &mut SchemaGenerator, need: Need) -> Schema {
        match need {
            Need::Required | Need::NotNull => generator.subschema_for::<T>(),
            Need::Optional | Need::Nullable => generator.subschema_for::<Option<T>>(),
        }
    }
}
