//! PFIDs, and times that callers pass.

use std::cell::RefCell;

use agent_registrar::rules::Field;
use agent_registrar::{Input, Partition, Pfid, PfidError, PfidGenerator, Timestamp};
use js_sys::{Date, Function, JsString, Object, RangeError, Reflect, TypeError, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Thrown;
use super::read::{get, text_input};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn fill_with_random_values(bytes: &mut [u8]) -> Result<(), JsValue>;
}

thread_local! {
    static GENERATOR: RefCell<PfidGenerator> = const { RefCell::new(PfidGenerator::new()) };
}

/// A `TypeError` with a message that names the field and the rule.
pub(super) fn type_error(message: &str) -> Thrown {
    TypeError::new(message).into()
}

/// A value as a PFID, if it is one.
pub(super) fn pfid(value: &JsValue) -> Option<Pfid> {
    match text_input(Ok(value.clone()), Field::Id) {
        Input::Text(text) => Pfid::parse(&text).ok(),
        _ => None,
    }
}

/// Whole Unix milliseconds of a Date (of any realm) or a number.
pub(super) fn millis(field: &str, value: &JsValue, rule: &str) -> Result<f64, Thrown> {
    let time = match value.as_f64() {
        Some(number) => Some(number),
        // `getTime` throws if the value is not a Date.
        None => get(&Date::new_0(), "getTime")?
            .dyn_ref::<Function>()
            .and_then(|get_time| get_time.call0(value).ok())
            .and_then(|time| time.as_f64()),
    };
    time.filter(|it| it.is_finite())
        .map(f64::floor)
        .ok_or_else(|| type_error(&[field, " ", rule].concat()))
}

/// The option `now`, or the time of the clock if it is absent.
pub(super) fn now(options: &JsValue) -> Result<f64, Thrown> {
    let now = match options.is_undefined() || options.is_null() {
        true => JsValue::UNDEFINED,
        false => get(options, "now")?,
    };
    if now.is_undefined() || now.is_null() {
        return Ok(Date::now());
    }
    millis("now", &now, "must be a Date or Unix milliseconds")
}

/// The time of whole Unix milliseconds, if its year has four digits.
pub(super) fn timestamp(millis: f64) -> Option<Timestamp> {
    // The cast saturates. A value that it changes is out of range.
    Timestamp::from_millis(millis as i64)
}

/// Generates the next id of a partition, from fresh random values.
pub(super) fn next(partition: Partition, now_ms: f64) -> Result<Pfid, Thrown> {
    let mut random = [0; 10];
    fill_with_random_values(&mut random)?;
    let out_of_range = || RangeError::new("now is out of a PFID's range").into();
    if now_ms < 0.0 {
        return Err(out_of_range());
    }
    GENERATOR.with(|it| {
        let mut generator = it.try_borrow_mut().map_err(|_| out_of_range())?;
        // The cast saturates. A value that it changes is out of range.
        generator
            .next(now_ms as u64, partition, random)
            .map_err(|_: PfidError| out_of_range())
    })
}

/// Whether a value is a PFID: 32 characters of lowercase Crockford base 32, the first `0` to `7`.
#[wasm_bindgen(js_name = isPfid, unchecked_return_type = "value is Pfid")]
pub fn is_pfid(#[wasm_bindgen(unchecked_param_type = "unknown")] value: &JsValue) -> bool {
    pfid(value).is_some()
}

/// Parses a PFID: Unix milliseconds, a partition of 30 bits, and ten random bytes. Returns `null` for any other value.
#[wasm_bindgen(js_name = parsePfid, unchecked_return_type = "PfidParts | null")]
pub fn parse_pfid(
    #[wasm_bindgen(unchecked_param_type = "string")] value: &JsValue,
) -> Result<JsValue, Thrown> {
    let Some(id) = pfid(value) else {
        return Ok(JsValue::NULL);
    };
    let parts = Object::new();
    let random = Uint8Array::from(&id.randomness()[..]);
    for (key, value) in [
        ("timestamp", JsValue::from(id.timestamp() as f64)),
        ("partition", JsValue::from(id.partition().get())),
        ("randomness", random.into()),
    ] {
        Reflect::set(&parts, &JsString::from(key), &value)?;
    }
    Ok(parts.into())
}

/// Generates an id. Ids are strictly increasing within one instance of this module. `partition` is a number of 30 bits or
/// any id of the account; `now` is the clock's time unless given.
///
/// Throws a `TypeError` or `RangeError` if an option is invalid.
#[wasm_bindgen(js_name = generatePfid, unchecked_return_type = "Pfid")]
pub fn generate_pfid(
    #[wasm_bindgen(
        unchecked_param_type = "{ readonly partition: number | Pfid; readonly now?: Date | number | undefined }"
    )]
    options: &JsValue,
) -> Result<JsValue, Thrown> {
    let given = get(options, "partition")?;
    let now_ms = now(options)?;
    let partition = match (given.as_f64(), pfid(&given)) {
        (Some(number), _) => {
            let whole = number as u32;
            let is_whole = f64::from(whole) == number;
            let partition = Partition::new(whole).ok().filter(|_| is_whole);
            partition.ok_or_else(|| {
                JsValue::from(RangeError::new(
                    "partition must be an integer from 0 to 1073741823",
                ))
            })?
        }
        (None, Some(id)) => id.partition(),
        (None, None) => return Err(type_error("partition must be a number or a PFID")),
    };
    Ok(next(partition, now_ms)?.to_string().into())
}
