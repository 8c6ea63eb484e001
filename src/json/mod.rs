//! Reads a request body, strictly and in one pass.
//!
//! A reader of our own, because the contract asks for four things at once that a serde visitor cannot give: a lone
//! surrogate escape is an error of *its field* and not of the document, duplicate keys are refused at every level,
//! nesting is bounded before anything below is read, and payloads keep their exact text. A property test compares its
//! verdicts with those of serde_json.

mod reader;
mod text;

use std::borrow::Cow;

use thiserror::Error;

use reader::Reader;
#[cfg(feature = "serde")]
pub(crate) use text::plain_len;

/// The deepest nesting of arrays and objects, including the body itself. **\[ours\]**
pub const MAX_DEPTH: usize = 32;

/// How many levels are built for an ordinary body: its members, and the members of `details` or `agent_version`.
/// Deeper levels are checked and kept as text ([`Json::Unread`]).
pub const BODY_LEVELS: usize = 2;

/// Why a body could not be read.
///
/// ```
/// use agent_registrar::{Input, JsonError};
///
/// assert_eq!(Input::from_json(br#"{"a": 1, "a": 2}"#), Err(JsonError::DuplicateKey));
/// ```
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonError {
    /// The bytes are not UTF-8.
    #[error("The body is not valid UTF-8.")]
    NotUtf8,
    /// The bytes are UTF-16 or UTF-32.
    #[error("The body is in UTF-16 or UTF-32; it must be in UTF-8.")]
    WideCharacters,
    /// The text breaks JSON's grammar here (a byte offset).
    #[error("The body is not valid JSON (at byte {0}).")]
    Syntax(usize),
    /// Nested deeper than 32 levels.
    #[error("The body is nested deeper than 32 levels.")]
    TooDeep,
    /// An object has the same key twice.
    #[error("An object in the body has the same key twice.")]
    DuplicateKey,
    /// Valid JSON, but no object.
    #[error("The body is not a JSON object.")]
    NotAnObject,
}

/// A JSON value that borrows from the body where possible.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(&'a str),
    /// A string.
    Text(Cow<'a, str>),
    /// A string with a lone surrogate escape, which UTF-8 cannot represent; as it was written.
    NotWellFormed(&'a str),
    /// An array.
    Array(Array<'a>),
    /// An object.
    Object(Object<'a>),
    /// An array or object below the requested levels: checked, but not built.
    Unread(&'a str),
}

/// An array and the text it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<'a> {
    raw: &'a str,
    items: Vec<Json<'a>>,
}

/// An object and the text it was read from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a> {
    raw: &'a str,
    members: Vec<Member<'a>>,
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member<'a> {
    /// The key: UTF-8, unless it has a lone surrogate escape. Then the surrogate has its three-byte form (WTF-8), so
    /// that different keys stay different.
    pub key: Cow<'a, [u8]>,
    /// Its value.
    pub value: Json<'a>,
}

impl<'a> Json<'a> {
    /// The text, if the value is a well-formed string.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The exact text of an array or object.
    pub fn raw(&self) -> Option<&'a str> {
        match self {
            Json::Array(array) => Some(array.raw),
            Json::Object(object) => Some(object.raw),
            Json::Unread(raw) => Some(raw),
            _ => None,
        }
    }

    /// Whether the value is an object, built or not.
    pub fn is_object(&self) -> bool {
        self.raw().is_some_and(|raw| raw.starts_with('{'))
    }
}

impl<'a> Array<'a> {
    /// The items in order.
    pub fn items(&self) -> &[Json<'a>] {
        &self.items
    }
}

impl<'a> Object<'a> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.members
            .iter()
            .find(|member| *member.key == *key.as_bytes())
            .map(|member| &member.value)
    }

    /// The members in their order.
    pub fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    /// The members in their order, by value.
    pub fn into_members(self) -> Vec<Member<'a>> {
        self.members
    }

    /// The exact text of the object; empty for the object that represents an absent body.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// A text that is not read as one object: [`raw`](Object::raw) is all of it.
    pub fn unread(raw: &'a str) -> Object<'a> {
        Object {
            raw,
            members: Vec::new(),
        }
    }

    /// The members of both objects. The first of two equal keys counts.
    pub fn with(mut self, other: Object<'a>) -> Object<'a> {
        self.members.extend(other.members);
        self
    }
}

/// Reads a body, whose root must be an object, and builds its first `levels` levels.
pub fn read_object(body: &[u8], levels: usize) -> Result<Object<'_>, JsonError> {
    match read(body, levels)? {
        Json::Object(object) => Ok(object),
        _ => Err(JsonError::NotAnObject),
    }
}

/// Reads any JSON text and builds its first `levels` levels of arrays and objects. A byte order mark before it is
/// skipped.
pub fn read(body: &[u8], levels: usize) -> Result<Json<'_>, JsonError> {
    if has_wide_characters(body) {
        return Err(JsonError::WideCharacters);
    }
    let text = without_byte_order_mark(body);
    let start = body.len() - text.len();
    let text = str::from_utf8(text).map_err(|_| JsonError::NotUtf8)?;
    Reader::new(text, levels)
        .read()
        .map_err(|error| match error {
            JsonError::Syntax(at) => JsonError::Syntax(start + at),
            other => other,
        })
}

/// A body without the UTF-8 byte order mark before it.
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// Whether bytes look like UTF-16 or UTF-32: they begin with a byte order mark of one of them, or one of the first two
/// is zero, which it is where the first character is ASCII, as JSON's is.
fn has_wide_characters(body: &[u8]) -> bool {
    matches!(
        body,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Json<'_>, JsonError> {
        read(text.as_bytes(), MAX_DEPTH)
    }

    #[test]
    fn values_borrow_and_decode() {
        let object = read_object(
            br#" {"a":"x","b":"\u00e9\n\ud83d\ude00","c":[1,-2.5e+3,true,false,null],"d":{}} "#,
            2,
        )
        .unwrap();
        assert!(matches!(
            object.get("a"),
            Some(Json::Text(Cow::Borrowed("x")))
        ));
        assert_eq!(object.get("b").unwrap().as_text(), Some("é\n😀"));
        assert_eq!(
            object.get("c").unwrap().raw(),
            Some("[1,-2.5e+3,true,false,null]")
        );
        assert!(object.get("d").unwrap().is_object());
        assert!(object.get("e").is_none());
    }

    #[test]
    fn a_lone_surrogate_is_an_issue_of_its_field_only() {
        for text in [
            r#""\ud800""#,
            r#""\udc00x""#,
            r#""\ud800\ud800""#,
            r#""\ud800\n""#,
        ] {
            assert!(
                matches!(parse(text), Ok(Json::NotWellFormed(_))),
                "{text} was accepted"
            );
        }
        assert_eq!(
            parse(r#""\uD83D\uDE00""#),
            Ok(Json::Text(Cow::Owned("😀".to_owned())))
        );
    }

    #[test]
    fn the_same_key_twice_is_refused_at_every_level_and_in_every_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"x":[{"a":1,"b":2,"a":3}]}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"\ud800":1,"\uD800":1}"#,
        ] {
            assert_eq!(parse(text), Err(JsonError::DuplicateKey), "{text}");
            assert_eq!(
                read(text.as_bytes(), 0),
                Err(JsonError::DuplicateKey),
                "{text} unread"
            );
        }
        assert!(parse(r#"{"a":{"a":1},"b":{"a":1}}"#).is_ok());
        let many = |last: usize| {
            let keys: Vec<String> = (0..5_000).map(|n| format!("\"k{n}\":0")).collect();
            format!("{{{},\"k{last}\":0}}", keys.join(","))
        };
        assert_eq!(parse(&many(17)), Err(JsonError::DuplicateKey));
        assert!(parse(&many(5_000)).is_ok());
    }

    #[test]
    fn nesting_is_bounded_whether_built_or_not() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(32)).is_ok());
        assert_eq!(parse(&nested(33)), Err(JsonError::TooDeep));
        assert_eq!(
            read("[".repeat(1_000_000).as_bytes(), 1),
            Err(JsonError::TooDeep)
        );
    }

    #[test]
    fn deeper_levels_are_checked_but_not_built() {
        let object = read_object(br#"{"details":{"payload":{"a": [1]},"n":1}}"#, 2).unwrap();
        let Some(Json::Object(details)) = object.get("details") else {
            panic!("details was not built");
        };
        assert_eq!(details.get("payload"), Some(&Json::Unread(r#"{"a": [1]}"#)));
        assert!(read_object(br#"{"details":{"payload":{"a": [1,]}}}"#, 2).is_err());
    }

    #[test]
    fn a_body_that_is_no_json_object_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "{}}",
            "{} x",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{'a':1}",
            "[1,]",
            "{\"a\":1,}",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "NaN",
            "tru",
            "\"\u{1}\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"abc",
            "\u{feff}",
            "\u{feff}\u{feff}{}",
            " \u{feff}{}",
            "{}\u{feff}",
            "{}\u{0}",
            "\"a\u{0}b\"",
        ] {
            assert!(
                matches!(parse(text), Err(JsonError::Syntax(_))),
                "{text:?} was accepted"
            );
        }
        assert_eq!(parse("\u{feff}{]"), Err(JsonError::Syntax(4)));
        assert_eq!(read(b"\"\xff\"", 2), Err(JsonError::NotUtf8));
        assert_eq!(read_object(b"[]", 2), Err(JsonError::NotAnObject));
        assert_eq!(read_object(b"null", 2), Err(JsonError::NotAnObject));
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_other_encodings_are_named() {
        assert_eq!(
            read_object(b"\xef\xbb\xbf{\"a\":1}", 2).unwrap().raw(),
            r#"{"a":1}"#
        );
        assert_eq!(without_byte_order_mark(b"\xef\xbb\xbf"), b"");
        for wide in [
            &b"\xff\xfe{\0}\0"[..],
            b"\xfe\xff\0{\0}",
            b"{\0}\0",
            b"\0{\0}",
            b"\xff\xfe\0\0{\0\0\0",
            b"\0\0\0{\0\0\0}",
            b"{\0\0\0}\0\0\0",
            b"\xff\xfe",
        ] {
            assert_eq!(read(wide, 2), Err(JsonError::WideCharacters), "{wide:?}");
        }
        assert_eq!(read(b"\0", 2), Err(JsonError::Syntax(0)));
    }

    /// The same document as serde_json sees it, numbers as text.
    fn same(ours: &Json<'_>, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Json::Null, serde_json::Value::Null) => true,
            (Json::Bool(a), serde_json::Value::Bool(b)) => a == b,
            (Json::Number(a), serde_json::Value::Number(b)) => a.parse::<f64>().ok() == b.as_f64(),
            (Json::Text(a), serde_json::Value::String(b)) => a == b,
            (Json::Array(a), serde_json::Value::Array(b)) => {
                a.items.len() == b.len() && a.items.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Json::Object(a), serde_json::Value::Object(b)) => {
                a.members.len() == b.len()
                    && a.members.iter().all(|member| {
                        str::from_utf8(&member.key)
                            .ok()
                            .and_then(|key| b.get(key))
                            .is_some_and(|value| same(&member.value, value))
                    })
            }
            _ => false,
        }
    }

    proptest! {
        /// Strings made of JSON's own alphabet reach far more of the grammar than random text.
        #[test]
        fn accepts_what_serde_json_accepts(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ":", ",", "\"a\"", "\"b\"", "\"\"", "\"\\n\"", "\"\\u0041\"",
                    "\"\\ud83d\\ude00\"", "\"é\"", "1", "-0", "0.5", "1e3", "00", "true", "null", " ", "\n", "\"",
                ]),
                0..12,
            )
        ) {
            let text = parts.concat();
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match (parse(&text), theirs) {
                (Ok(ours), Ok(theirs)) => prop_assert!(same(&ours, &theirs), "{}", text),
                // serde_json keeps the last of two equal keys; we refuse them.
                (Err(JsonError::DuplicateKey), Ok(_)) | (Err(_), Err(_)) => {}
                // Numbers are kept as they are written; serde_json's must fit.
                (Ok(_), Err(error)) if error.to_string().starts_with("number out of range") => {}
                (ours, theirs) => prop_assert!(false, "{text}: {ours:?} and {theirs:?}"),
            }
        }

        #[test]
        fn reads_back_what_serde_json_writes(
            texts in prop::collection::hash_map(".{0,8}", ".{0,20}", 0..20)
        ) {
            let text = serde_json::to_string(&texts).unwrap();
            let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert!(same(&parse(&text).unwrap(), &theirs));
        }

        #[test]
        fn never_panics(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&body, 2);
        }
    }
}
