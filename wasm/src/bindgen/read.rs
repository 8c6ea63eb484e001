//! Reads values of JavaScript that may be hostile.
//!
//! Everything that can run the caller's code (getters, the traps of proxies) is called through an import that catches.
//! Only own enumerable string keys of plain objects count. A text is copied up to a little more than its field's limit,
//! so that memory stays bounded.

use std::borrow::Cow;

use agent_registrar::Input;
use agent_registrar::rules::Field;
use agent_registrar::rules::fields::FieldOfBody;
use js_sys::{Array, JsString, Object, Reflect, TypeError};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn own_keys(value: &JsValue) -> Result<Array, JsValue>;

    #[wasm_bindgen(js_namespace = Object, js_name = hasOwn, catch)]
    fn object_has_own(value: &JsValue, key: &str) -> Result<bool, JsValue>;

    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;
}

/// The members of an object, by its keys that have a meaning.
pub(super) type Members = Vec<Member>;

/// A key and its value.
type Member = (Cow<'static, str>, Input<'static>);

/// The longest key that has a meaning; longer ones are not copied.
const LONGEST_KEY: u32 = 32;

/// UTF-16 code units that are copied at once.
const PIECE: u32 = 16_384;

pub(super) fn get(object: &JsValue, key: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &JsValue::from_str(key))
}

pub(super) fn has_own(object: &JsValue, key: &str) -> Result<bool, JsValue> {
    object_has_own(object, key)
}

/// A body as it was read.
pub(super) struct Body {
    /// Its keys that have a meaning.
    pub(super) input: Input<'static>,
    /// The dotted paths of the others, in their order.
    pub(super) ignored: Array,
}

impl Body {
    /// Reads a body, each property once.
    pub(super) fn read(value: &JsValue, known: &[FieldOfBody]) -> Body {
        let ignored = Array::new();
        let input = object_input(value, &mut |key| {
            if key.text == "details" {
                let details = match key.read() {
                    Ok(details) => details_input(&details, known, &ignored),
                    Err(_) => Input::Unreadable,
                };
                return Some(("details".into(), details));
            }
            let Some(field) = key.field(known, &[]) else {
                ignored.push(&key.key);
                return None;
            };
            Some((key.text.clone().into(), text_input(key.read(), field)))
        });
        Body { input, ignored }
    }
}

/// Reads the details of a body.
pub(super) fn details_input(
    details: &JsValue,
    known: &[FieldOfBody],
    ignored: &Array,
) -> Input<'static> {
    object_input(details, &mut |key| {
        let Some(field) = key.field(known, &["details"]) else {
            ignored.push(&JsString::from("details.").concat(&key.key));
            return None;
        };
        Some((key.text.clone().into(), text_input(key.read(), field)))
    })
}

/// A key of an object.
struct Key<'o> {
    object: &'o JsValue,
    key: JsValue,
    /// The key in Rust; empty if it is longer than every known key.
    text: String,
}

impl Key<'_> {
    /// The value, or the exception of its getter.
    fn read(&self) -> Result<JsValue, JsValue> {
        Reflect::get(self.object, &self.key)
    }

    /// The field of this key in the object at `parents`.
    fn field(&self, known: &[FieldOfBody], parents: &[&str]) -> Option<Field> {
        known
            .iter()
            .map(|it| it.field)
            .find(|field| field.path().split_last() == Some((&self.text.as_str(), parents)))
    }
}

/// Reads a value that should be an object. Calls `read` with each own enumerable string key of a plain object.
fn object_input(
    object: &JsValue,
    read: &mut dyn FnMut(&Key<'_>) -> Option<Member>,
) -> Input<'static> {
    if object.is_undefined() {
        return Input::Absent;
    }
    if object.is_null() {
        return Input::Null;
    }
    if !object.is_object() {
        return Input::WrongType;
    }
    let keys = match is_plain(object).and_then(|plain| plain.then(|| own_keys(object)).transpose())
    {
        Ok(Some(keys)) => keys,
        Ok(None) => return Input::WrongType,
        // A revoked proxy, or one whose traps throw.
        Err(_) => return Input::Unreadable,
    };
    let mut members = Members::new();
    for key in keys.iter() {
        let is_short = key
            .dyn_ref::<JsString>()
            .is_some_and(|key| key.length() <= LONGEST_KEY);
        let text = is_short.then(|| key.as_string()).flatten();
        members.extend(read(&Key {
            object,
            key,
            text: text.unwrap_or_default(),
        }));
    }
    Input::Object(members)
}

/// Whether a value is an object with the prototype `null` or `Object.prototype` of any realm, and not an array.
fn is_plain(object: &JsValue) -> Result<bool, JsValue> {
    if is_array(object)? {
        return Ok(false);
    }
    let prototype: JsValue = Reflect::get_prototype_of(object)?.into();
    if prototype.is_null() {
        return Ok(true);
    }
    let above: JsValue = Reflect::get_prototype_of(&prototype)?.into();
    Ok(above.is_null() && object_has_own(&prototype, "isPrototypeOf")?)
}

/// Reads a value that should be the text of a field.
pub(super) fn text_input(value: Result<JsValue, JsValue>, field: Field) -> Input<'static> {
    match value {
        Err(_) => Input::Unreadable,
        Ok(value) if value.is_undefined() => Input::Absent,
        Ok(value) if value.is_null() => Input::Null,
        Ok(value) => match value.dyn_ref::<JsString>() {
            None => Input::WrongType,
            Some(text) => match bounded_text(text, field) {
                Some(text) => Input::Text(text.into()),
                None => Input::NotWellFormed,
            },
        },
    }
}

/// A text; if it is too long, a beginning that is too long as well; `None` if it has a lone surrogate.
fn bounded_text(text: &JsString, field: Field) -> Option<String> {
    let length = text.length();
    // A character has at most two units.
    if length as usize <= 2 * field.limit() {
        return well_formed(text);
    }
    let mut kept = LongText::new(field.limit(), field.is_trimmed());
    let mut start = 0;
    while start < length {
        let mut end = length.min(start + PIECE);
        // A surrogate pair stays whole.
        let last = text.char_code_at(end - 1) as u32;
        if end < length && last & 0xfc00 == 0xd800 {
            end += 1;
        }
        kept.add(&well_formed(&text.slice(start, end))?);
        start = end;
    }
    Some(kept.text)
}

/// The beginning of a long text, after the white space before it if the field is trimmed.
struct LongText {
    text: String,
    /// The number of characters that can be added. The text gets at most one more than the limit.
    room: usize,
    trims: bool,
    /// White space that belongs to the text if another character follows. It leaves room for one character.
    pending: Vec<char>,
}

impl LongText {
    fn new(limit: usize, trims: bool) -> LongText {
        LongText {
            text: String::new(),
            room: limit + 1,
            trims,
            pending: Vec::new(),
        }
    }

    fn add(&mut self, piece: &str) {
        for character in piece.chars() {
            if self.room == 0 {
                return;
            }
            if !self.trims || !character.is_whitespace() {
                self.room -= self.pending.len() + 1;
                self.text.extend(self.pending.drain(..));
                self.text.push(character);
            } else if !self.text.is_empty() && self.pending.len() + 1 < self.room {
                self.pending.push(character);
            }
        }
    }
}

/// A text in Rust; `None` if it has a lone surrogate.
fn well_formed(text: &JsString) -> Option<String> {
    let copied = String::from(text);
    // A lone surrogate is converted to U+FFFD, and does not survive the conversion back.
    let may_be_lossy = copied.contains('\u{fffd}');
    let original: &JsValue = text.as_ref();
    (!may_be_lossy || JsValue::from_str(&copied) == *original).then_some(copied)
}

/// Whether an object has a property, its own or inherited, but not from `Object.prototype`.
pub(super) fn has(object: &JsValue, key: &str) -> Result<bool, JsValue> {
    let key_value = JsValue::from_str(key);
    if object_has_own(object, key)? {
        return Ok(true);
    }
    let root = Reflect::get_prototype_of(&Object::new())?;
    Ok(Reflect::has(object, &key_value)? && !Reflect::has(&root, &key_value)?)
}

/// A property that [`has`] sees; `undefined` otherwise. A `TypeError` that names `field` if the caller's code throws.
pub(super) fn property_of(object: &JsValue, key: &str, field: &str) -> Result<JsValue, JsValue> {
    let read = || match has(object, key)? {
        true => get(object, key),
        false => Ok(JsValue::UNDEFINED),
    };
    read().map_err(|_: JsValue| TypeError::new(&[field, " could not be read"].concat()).into())
}

/// [`property_of`] for a field with the name of its key.
pub(super) fn property(object: &JsValue, key: &str) -> Result<JsValue, JsValue> {
    property_of(object, key, key)
}

/// The value of a key that was read, if there is one.
pub(super) fn member<'m>(members: &'m mut [Member], key: &str) -> Option<&'m mut Input<'static>> {
    let member = members.iter_mut().find(|(known, _)| known == key);
    member.map(|(_, value)| value)
}
