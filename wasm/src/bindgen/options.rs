//! The options of calls.

use agent_registrar::Input;
use agent_registrar::rules::Field;
use wasm_bindgen::prelude::JsValue;

use super::read::{Body, get, has_own, member, text_input};

/// Puts `options.environmentId` in the place of an absent `environment_id`. A default that is no PFID is judged as if
/// it had been sent.
pub(super) fn default_environment(body: &mut Body, options: &JsValue) {
    if options.is_null() || options.is_undefined() {
        return;
    }
    let Input::Object(members) = &mut body.input else {
        return;
    };
    let Some(Input::Object(details)) = member(members, "details") else {
        return;
    };
    let key = "environment_id";
    if !matches!(
        member(details, key),
        None | Some(Input::Absent | Input::Null)
    ) {
        return;
    }
    let default = match has_own(options, "environmentId") {
        Ok(false) => return,
        Ok(true) => get(options, "environmentId"),
        Err(thrown) => Err(thrown),
    };
    let value = text_input(default, Field::EnvironmentId);
    match member(details, key) {
        Some(absent) => *absent = value,
        None => details.push((key.into(), value)),
    }
}
