//! The binding for users of wasm-bindgen's output: the crate's functions under their JavaScript names, with typings.
//!
//! Values from outside are read through `Reflect` and never through serde (see [`read`]); values that Rust made are
//! converted by serde-wasm-bindgen. Exports with the same names are in `js/validator/`, on the numbers-only binding;
//! the corpus in `tests/corpus` checks that both give one verdict.

mod generate;
mod options;
mod read;
mod response;
mod typings;

use agent_registrar::rules::fields::FieldOfBody;
use agent_registrar::{
    CreateAgentFields, Invalid, Issue, UpdateAgentFields, Valid, ValidationErrors,
    validate_create_agent as create, validate_update_agent as update,
};
use js_sys::Array;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use read::Body;

pub use generate::{generate_pfid, is_pfid, parse_pfid};
pub use response::build_agent_response;

/// The exception of a call: an error of the library, or in [`build_agent_response`] and [`generate_pfid`] an invalid argument.
type Thrown = JsValue;

#[derive(Serialize)]
struct Accepted<'r, T> {
    ok: bool,
    value: &'r T,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    ignored: Array,
}

#[derive(Serialize)]
struct Refused<'r> {
    ok: bool,
    issues: &'r [Issue],
    error: &'r ValidationErrors,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    ignored: Array,
}

/// Converts a value of Rust to JavaScript, in the form of its JSON.
fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, Thrown> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}

/// The paths of ignored keys stay JavaScript strings, because keys may have lone surrogates.
fn answer<T: Serialize>(
    result: Result<Valid<T>, Invalid>,
    ignored: Array,
) -> Result<JsValue, Thrown> {
    match result {
        Ok(valid) => to_js(&Accepted {
            ok: true,
            value: &valid.value,
            ignored,
        }),
        Err(invalid) => to_js(&Refused {
            ok: false,
            issues: &invalid.issues,
            error: &invalid.error(),
            ignored,
        }),
    }
}

/// Validates a body of `POST /api/v1/agent`. Returns the normalised value, or all issues of
/// it. Never throws, whatever the value is. `options.environmentId` replaces an absent `environment_id`.
#[wasm_bindgen(js_name = validateCreateAgent, unchecked_return_type = "CreateAgentResult")]
pub fn validate_create_agent(
    #[wasm_bindgen(unchecked_param_type = "unknown")] input: &JsValue,
    #[wasm_bindgen(
        unchecked_optional_param_type = "{ readonly environmentId?: Pfid | undefined }"
    )]
    options: &JsValue,
) -> Result<JsValue, Thrown> {
    let known: &[FieldOfBody] = CreateAgentFields::FIELDS;
    let mut body = Body::read(input, known);
    options::default_environment(&mut body, options);
    let Body { input, ignored } = body;
    answer(create(input, None), ignored)
}

/// Validates a body of `PUT /api/v1/agent/{id}`, as `validateCreateAgent` does.
#[wasm_bindgen(js_name = validateUpdateAgent, unchecked_return_type = "UpdateAgentResult")]
pub fn validate_update_agent(
    #[wasm_bindgen(unchecked_param_type = "unknown")] input: &JsValue,
) -> Result<JsValue, Thrown> {
    let Body { input, ignored } = Body::read(input, UpdateAgentFields::FIELDS);
    answer(update(input), ignored)
}
