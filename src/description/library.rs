//! The schemas of the types that only the JavaScript API has: no body or answer of the HTTP API is one of them.
//! `scripts/types.mjs` generates TypeScript from them.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::wire::{AgentRecord, CreateAgentRequest, IssueReason, UpdateAgentRequest};

/// The text of `js/generated/library.json`.
pub(super) fn schemas() -> String {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|it| {
        it.definitions_path = "/components/schemas".into();
        it.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    generator.subschema_for::<AgentRecord>();
    generator.subschema_for::<CreateAgentRequest>();
    generator.subschema_for::<UpdateAgentRequest>();
    generator.subschema_for::<IssueReason>();
    let mut schemas = generator.take_definitions(true);
    if let Some(record) = schemas.get_mut("AgentRecord") {
        require(record);
    }
    schemas.sort_keys();
    let mut document = json!({"components": {"schemas": schemas}});
    super::tidy(&mut document);
    format!("{document:#}\n")
}

/// Makes every member required that has no default, and drops the defaults. `schemars` requires none that may be null.
fn require(schema: &mut Value) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    let mut required = Vec::new();
    for (key, member) in properties.iter_mut() {
        match member.as_object_mut().and_then(|it| it.remove("default")) {
            Some(_) => {}
            None => required.push(key.clone()),
        }
    }
    schema["required"] = json!(required);
}
