//! The JSON Schemas of `createAgentSchema` and `updateAgentSchema`.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::wire::{CreateAgent, CreateAgentRequest, DetailsBody, UpdateAgent, UpdateAgentRequest};

/// The text of `js/generated/schemas.ts`: schemas without references and descriptions, as they are part of what pages
/// download.
pub(super) fn json_schemas() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|it| {
        it.inline_subschemas = true;
        it.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut out = super::constants::header();
    for (name, doc, schema) in [
        (
            "createAgentInput",
            "What `createAgentSchema` takes.",
            without_token(schema::<DetailsBody<CreateAgent>>(&mut generator)),
        ),
        (
            "createAgentOutput",
            "What `createAgentSchema` gives.",
            schema::<CreateAgentRequest>(&mut generator),
        ),
        (
            "updateAgentInput",
            "What `updateAgentSchema` takes.",
            schema::<DetailsBody<UpdateAgent>>(&mut generator),
        ),
        (
            "updateAgentOutput",
            "What `updateAgentSchema` gives.",
            schema::<UpdateAgentRequest>(&mut generator),
        ),
    ] {
        out += &format!("\n/** {doc} */\nexport const {name} = {schema:#};\n");
    }
    out
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    let mut schema = generator.root_schema_for::<T>().to_value();
    strip(&mut schema);
    super::tidy(&mut schema);
    schema
}

/// The schema of a create without a token whose environment would be the default.
fn without_token(mut body: Value) -> Value {
    let details = &mut body["properties"]["details"];
    details["required"] = json!(["name", "environment_id"]);
    details["properties"]["environment_id"]["type"] = json!("string");
    body
}

/// Drops descriptions, which only people read.
fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, value| match key.as_str() {
                "title" | "description" | "examples" => value.is_object(),
                _ => true,
            });
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
