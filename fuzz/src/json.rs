//! The JSON reader against serde_json: the same texts are JSON, and they mean the same.

use std::borrow::Cow;
use std::fmt;

use agent_registrar::JsonError;
use agent_registrar::json::{Array, Json, MAX_DEPTH, Object, read, without_byte_order_mark};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Reads the input itself, or JSON's own tokens in the order of its bytes: those reach far more of the grammar.
pub(crate) fn run(data: &[u8]) {
    let Some((&mode, rest)) = data.split_first() else {
        return;
    };
    let levels = usize::from(mode >> 1) % (MAX_DEPTH + 2);
    match mode & 1 {
        0 => check(rest, levels),
        _ => check(&tokens(rest), levels),
    }
}

/// Pieces of JSON. Those at the end open and close many levels, or are ill-formed.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\"a\"",
    "\"b\"",
    "\"\\u0061\"",
    "\"\"",
    "\"é\"",
    "\\n",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\\ud800",
    "\\uDFFF",
    "\\uD83D",
    "\\/",
    "\\\"",
    "\\\\",
    "\\b\\f\\r\\t",
    "a",
    "\u{1f600}",
    "1",
    "-0",
    "0.5",
    "1e3",
    "-1.5E-7",
    "1e999",
    "18446744073709551616",
    "0",
    ".",
    "e",
    "-",
    "+",
    "true",
    "false",
    "null",
    " ",
    "\t",
    "\r\n",
    "\"a\":",
    "\"b\":",
    "\"\\ud800\":",
    "\"\\uD800\":",
    "{\"a\":1}",
    "[[[[[[[[",
    "]]]]]]]]",
    "\u{feff}",
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{2028}",
    "nul",
    "\\u12",
    "\\x",
    "{\"a\":{\"a\":{\"a\":{\"a\":",
    "}}}}",
    "\"01234567\"",
    "NaN",
    "00",
    "/",
    "'",
];

fn tokens(data: &[u8]) -> Vec<u8> {
    let token = |byte: &u8| TOKENS[usize::from(*byte) % TOKENS.len()];
    data.iter().flat_map(|it| token(it).bytes()).collect()
}

fn check(body: &[u8], levels: usize) {
    let ours = read(body, levels);
    let text = str::from_utf8(without_byte_order_mark(body));
    let theirs = text
        .ok()
        .and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
    let Some(theirs) = theirs else {
        let Err(error) = &ours else {
            panic!("{body:?} is not JSON, and was read as {ours:?}");
        };
        if let JsonError::Syntax(at) = error {
            assert!(*at <= body.len(), "{error:?} is beyond the end of {body:?}");
        }
        assert!(
            text.is_ok() || *error == JsonError::NotUtf8 || *error == JsonError::WideCharacters
        );
        return;
    };
    let is_too_deep = depth(theirs.get()) > MAX_DEPTH;
    match ours {
        Ok(ours) => {
            assert!(!is_too_deep, "{body:?} is too deep");
            compare(&ours, theirs, levels);
        }
        Err(JsonError::TooDeep) => assert!(is_too_deep, "{body:?} is not too deep"),
        Err(JsonError::DuplicateKey) => {
            assert!(is_too_deep || has_duplicate_key(theirs), "{body:?}");
        }
        Err(error) => panic!("{body:?} is JSON, and was refused with {error:?}"),
    }
}

/// How deep a JSON text is nested.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth -= 1,
            _ => {}
        }
    }
    deepest
}

/// The content of a string as WTF-8: lone surrogates have their three-byte form.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Wtf8(Vec<u8>);

impl<'de> Deserialize<'de> for Wtf8 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Wtf8, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Wtf8;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Wtf8, E> {
                Ok(Wtf8(bytes.to_vec()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Wtf8, E> {
                Ok(Wtf8(text.as_bytes().to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// The members of an object in their order, repeated keys included.
struct Members<'a>(Vec<(Wtf8, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'a>, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

fn items(value: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(value.get()).expect("an array")
}

fn members(value: &RawValue) -> Vec<(Wtf8, &RawValue)> {
    let members: Members<'_> = serde_json::from_str(value.get()).expect("an object");
    members.0
}

fn has_duplicate_key(value: &RawValue) -> bool {
    match value.get().as_bytes().first() {
        Some(b'[') => items(value).into_iter().any(has_duplicate_key),
        Some(b'{') => {
            let members = members(value);
            let mut keys: Vec<&Wtf8> = members.iter().map(|it| &it.0).collect();
            keys.sort();
            keys.windows(2).any(|pair| pair[0] == pair[1])
                || members.iter().any(|it| has_duplicate_key(it.1))
        }
        _ => false,
    }
}

/// Compares a value with what serde_json says of its text.
fn compare(ours: &Json<'_>, theirs: &RawValue, levels: usize) {
    let text = theirs.get();
    match ours {
        Json::Null => assert_eq!(text, "null"),
        Json::Bool(value) => assert_eq!(text, value.to_string()),
        Json::Number(number) => assert_eq!(text, *number),
        Json::Text(ours) => {
            let theirs: Cow<'_, str> = serde_json::from_str(text).expect(text);
            assert_eq!(*ours, theirs);
        }
        Json::NotWellFormed(_) => {
            assert!(serde_json::from_str::<String>(text).is_err(), "{text}");
            assert!(serde_json::from_str::<Wtf8>(text).is_ok(), "{text}");
        }
        Json::Array(array) => compare_items(array, theirs, levels),
        Json::Object(object) => compare_members(object, theirs, levels),
        Json::Unread(raw) => {
            assert_eq!(levels, 0, "{text} is above the levels that are built");
            assert_eq!(text, *raw);
            assert!(!has_duplicate_key(theirs), "{text}");
        }
    }
}

fn compare_items(array: &Array<'_>, theirs: &RawValue, levels: usize) {
    assert!(levels > 0, "{array:?} is below the levels that are built");
    assert_eq!(Json::Array(array.clone()).raw(), Some(theirs.get()));
    let theirs = items(theirs);
    assert_eq!(array.items().len(), theirs.len());
    for (ours, theirs) in array.items().iter().zip(theirs) {
        compare(ours, theirs, levels - 1);
    }
}

fn compare_members(object: &Object<'_>, theirs: &RawValue, levels: usize) {
    assert!(levels > 0, "{object:?} is below the levels that are built");
    assert_eq!(object.raw(), theirs.get());
    let theirs = members(theirs);
    assert_eq!(object.members().len(), theirs.len());
    for (index, (ours, (key, value))) in object.members().iter().zip(&theirs).enumerate() {
        assert_eq!(*ours.key, *key.0);
        assert!(
            theirs[..index].iter().all(|it| it.0 != *key),
            "{key:?} is there twice",
            key = key.0
        );
        compare(&ours.value, value, levels - 1);
    }
}
