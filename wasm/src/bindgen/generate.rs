//! PFIDs, and times that callers pass.

use std::cell::RefCell;

use agent_registrar::rules::Field;
use agent_registrar::{Input, Partition, Pfid, PfidError, PfidGenerator, Timestamp};
use js_sys::{
    BigInt, Date, Function, JsString, Object, RangeError, Reflect, TypeError, Uint8Array,
};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use super::Thrown;
use super::read::{get, property, text_input};

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

/// The largest integer whose neighbours a number distinguishes, 2⁵³ − 1.
const MAX_SAFE: i64 = (1 << 53) - 1;

/// A safe bigint as its number: database drivers give such times. **\[ours\]**
fn safe_bigint(value: &JsValue) -> Option<f64> {
    let number = i64::try_from(value.dyn_ref::<BigInt>()?.clone()).ok()?;
    (-MAX_SAFE..=MAX_SAFE)
        .contains(&number)
        .then_some(number as f64)
}

/// Whole Unix milliseconds of a Date (of any realm), a number, or a safe bigint.
pub(super) fn millis(field: &str, value: &JsValue, rule: &str) -> Result<f64, Thrown> {
    let time = match value.as_f64().or_else(|| safe_bigint(value)) {
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
        false => property(options, "now")?,
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
    let range_error = |error: PfidError| {
        let message = match error {
            PfidError::Exhausted => "partition has no later ids",
            _ => "now is out of a PFID's range",
        };
        JsValue::from(RangeError::new(message))
    };
    if now_ms < 0.0 {
        return Err(range_error(PfidError::Time));
    }
    GENERATOR.with(|it| {
        let mut generator = it
            .try_borrow_mut()
            .map_err(|_| range_error(PfidError::Time))?;
        // The cast saturates, and what it changes is out of range.
        generator
            .next(now_ms as u64, partition, random)
            .map_err(range_error)
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

/// Makes an id. Ids of a partition are strictly increasing within one instance of this module, which remembers the last
/// 1,024 partitions. `partition` is a number of 30 bits or
/// any id of the account; `now` is the clock's time unless given.
///
/// Throws a `TypeError` or `RangeError` if an option is invalid.
#[wasm_bindgen(js_name = generatePfid, unchecked_return_type = "Pfid")]
pub fn generate_pfid(
    #[wasm_bindgen(
        unchecked_param_type = "{ readonly partition: number | bigint | Pfid; readonly now?: Date | number | undefined }"
    )]
    options: &JsValue,
) -> Result<JsValue, Thrown> {
    if !options.is_object() {
        return Err(type_error("options must be an object"));
    }
    let given = property(options, "partition")?;
    let now_ms = now(options)?;
    let partition = match (given.as_f64().or_else(|| safe_bigint(&given)), pfid(&given)) {
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
