//! Assembles the description of the API from where its parts are defined: paths, parameters, bodies and errors from the
//! route table, shapes from the types in [`crate::wire`], limits and words from the rules. Nothing is stated here alone
//! but what goes for every operation: headers, and which statuses follow from a path, a token, a body or a key.
//!
//! Only for building: `npm run describe` writes the files; `tests/description.rs` fails if they are out of date, and
//! compares the described statuses with real answers.

#![forbid(unsafe_code)]

mod constants;
mod json_schema;
mod library;
mod openapi;
mod rules;

pub use openapi::openapi;
pub use rules::{readme, rules};

use serde_json::Value;

/// The files that are generated here: their paths from the root of the repository, and their texts.
pub fn files() -> [(&'static str, String); 6] {
    let document = openapi();
    [
        ("docs/openapi.json", format!("{document:#}\n")),
        ("src/api/openapi.min.json", document.to_string()),
        ("js/generated/constants.ts", constants::constants()),
        ("js/generated/library.json", library::schemas()),
        ("js/generated/rules.ts", rules()),
        ("js/generated/schemas.ts", json_schema::json_schemas()),
    ]
}

/// Makes descriptions one paragraph, and drops the formats of Rust's numbers, which JSON Schema does not know.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .replace("**\\[", "[")
                    .replace("\\]**", "]");
            }
            let is_rusts = |format: &Value| {
                let format = format.as_str().unwrap_or_default();
                format.starts_with("uint") || format.starts_with("int")
            };
            if members.get("format").is_some_and(is_rusts) {
                members.remove("format");
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}
