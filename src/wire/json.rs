//! Appends serialisable values to a buffer as JSON.
//!
//! Objects and lists can be written part by part with [`Object`] and [`List`], so that a
//! page of rows is never held as values. Control characters are escaped as `\u00XX`, but for `\n`, `\r` and `\t`.

use std::ops::ControlFlow;

use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct};

use super::text::{number, plain_text, text};

/// The error for a value of a type that answers never have: a fraction, bytes, an enum variant with fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value has a part that is not written as JSON here")]
pub struct Unsupported;

impl ser::Error for Unsupported {
    fn custom<T: core::fmt::Display>(_: T) -> Unsupported {
        Unsupported
    }
}

/// Appends a value as JSON.
pub fn append<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), Unsupported> {
    value.serialize(Serializer {
        out,
        form: Form::Text,
    })
}

/// The name of the newtype structs whose text is JSON already: see [`Raw`](super::Raw).
pub(super) const RAW: &str = "agent_registrar::wire::Raw";
/// The name of the newtype structs whose text has nothing to escape: ids, times, words.
// PERF(bytes): saves the search for characters to escape in most texts of an answer.
pub(super) const PLAIN: &str = "agent_registrar::wire::Plain";

/// The kind of a text.
#[derive(Clone, Copy)]
enum Form {
    /// A text that may have characters to escape.
    Text,
    /// A text that has none.
    Plain,
    /// JSON.
    Raw,
}

/// An object or the entries of a map, written member by member.
#[derive(Debug)]
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl<'o> Object<'o> {
    /// Begins an object.
    pub fn begin(out: &'o mut Vec<u8>) -> Object<'o> {
        out.push(b'{');
        Object {
            out,
            is_empty: true,
        }
    }

    /// Continues an object that was begun before. `is_empty` tells whether it has no member yet.
    pub fn resume(out: &'o mut Vec<u8>, is_empty: bool) -> Object<'o> {
        Object { out, is_empty }
    }

    /// Writes a key; its value is appended to the buffer.
    #[inline(never)]
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.separate();
        text(self.out, key);
        self.out.push(b':');
        self.out
    }

    /// Writes a member.
    pub fn member<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), Unsupported> {
        append(self.key(key), value)
    }

    /// Ends the object.
    pub fn end(self) {
        self.out.push(b'}');
    }

    /// Writes the name of a Rust field, or its `rename`. It has nothing to escape.
    #[inline(never)]
    fn field_name(&mut self, key: &'static str) {
        self.separate();
        plain_text(self.out, key);
        self.out.push(b':');
    }

    fn separate(&mut self) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
    }
}

/// A list, written element by element.
#[derive(Debug)]
pub struct List<'o> {
    out: &'o mut Vec<u8>,
    len: u64,
    /// The first element that failed, if any.
    written: Result<(), Unsupported>,
}

impl<'o> List<'o> {
    /// Begins a list.
    pub fn begin(out: &'o mut Vec<u8>) -> List<'o> {
        out.push(b'[');
        List {
            out,
            len: 0,
            written: Ok(()),
        }
    }

    /// Writes an element. An error is returned by [`end`](List::end), so that callbacks for rows need not carry it.
    pub fn push<T: Serialize + ?Sized>(&mut self, value: &T) {
        if self.len > 0 {
            self.out.push(b',');
        }
        self.len += 1;
        self.written = self.written.and(append(self.out, value));
    }

    /// Writes an element, unless the buffer would then be longer than `limit` bytes: then it breaks and writes nothing. The
    /// first element is written in any case.
    pub fn push_within<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        limit: usize,
    ) -> ControlFlow<()> {
        let before = self.out.len();
        self.push(value);
        if self.len > 1 && self.out.len() > limit {
            self.len -= 1;
            self.out.truncate(before);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Ends the list and returns the number of its elements, or the error of the first that failed.
    pub fn end(self) -> Result<u64, Unsupported> {
        self.out.push(b']');
        self.written.map(|()| self.len)
    }
}

struct Serializer<'o> {
    out: &'o mut Vec<u8>,
    form: Form,
}

/// Implements methods of [`ser::Serializer`] for values that answers never have.
macro_rules! unsupported {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, Unsupported> {
            Err(Unsupported)
        })*
    };
}

/// Implements methods of [`ser::Serializer`] for whole numbers that fit an unsigned number of 64 bits.
macro_rules! unsigned {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, value: $type) -> Result<(), Unsupported> {
            number(self.out, value.into());
            Ok(())
        })*
    };
}

impl<'o> ser::Serializer for Serializer<'o> {
    type Ok = ();
    type Error = Unsupported;
    type SerializeSeq = List<'o>;
    type SerializeTuple = Impossible<(), Unsupported>;
    type SerializeTupleStruct = Impossible<(), Unsupported>;
    type SerializeTupleVariant = Impossible<(), Unsupported>;
    type SerializeMap = Object<'o>;
    type SerializeStruct = Object<'o>;
    type SerializeStructVariant = Impossible<(), Unsupported>;

    unsigned! {
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    unsupported! {
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unsupported> {
        match value {
            true => self.out.extend_from_slice(b"true"),
            false => self.out.extend_from_slice(b"false"),
        }
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Unsupported> {
        match self.form {
            Form::Text => text(self.out, value),
            Form::Plain => plain_text(self.out, value),
            Form::Raw => self.out.extend_from_slice(value.as_bytes()),
        }
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unsupported> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unsupported> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unsupported> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unsupported> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Unsupported> {
        plain_text(self.out, variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unsupported> {
        let form = match name {
            PLAIN => Form::Plain,
            RAW => Form::Raw,
            _ => Form::Text,
        };
        value.serialize(Serializer { form, ..self })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unsupported> {
        Err(Unsupported)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'o>, Unsupported> {
        Ok(List::begin(self.out))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'o>, Unsupported> {
        Ok(Object::begin(self.out))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'o>, Unsupported> {
        Ok(Object::begin(self.out))
    }
}

impl SerializeStruct for Object<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unsupported> {
        self.field_name(key);
        append(self.out, value)
    }

    fn end(self) -> Result<(), Unsupported> {
        Object::end(self);
        Ok(())
    }
}

impl SerializeMap for Object<'_> {
    type Ok = ();
    type Error = Unsupported;

    /// Keys are texts.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unsupported> {
        self.separate();
        append(self.out, key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.out.push(b':');
        append(self.out, value)
    }

    fn end(self) -> Result<(), Unsupported> {
        Object::end(self);
        Ok(())
    }
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.push(value);
        Ok(())
    }

    fn end(self) -> Result<(), Unsupported> {
        List::end(self).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{self, Write};

    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::Value;
    use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

    use super::*;
    use crate::wire::Raw;

    fn written<T: Serialize + ?Sized>(value: &T) -> String {
        let mut out = Vec::new();
        append(&mut out, value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[derive(Debug, Serialize)]
    struct Everything {
        #[serde(rename = "type")]
        text: String,
        map: BTreeMap<String, Option<String>>,
        numbers: Vec<u64>,
        is: bool,
        nothing: Option<u8>,
    }

    /// serde_json writes `\b` and `\f` where this module writes `\u0008` and `\u000c`.
    struct Escapes;

    impl Formatter for Escapes {
        fn write_char_escape<W: ?Sized + Write>(
            &mut self,
            writer: &mut W,
            escape: CharEscape,
        ) -> io::Result<()> {
            match escape {
                CharEscape::Backspace => writer.write_all(b"\\u0008"),
                CharEscape::FormFeed => writer.write_all(b"\\u000c"),
                other => CompactFormatter.write_char_escape(writer, other),
            }
        }
    }

    proptest! {
        #[test]
        fn serde_json_writes_the_same_values(
            text in ".*",
            map: BTreeMap<String, Option<String>>,
            numbers: Vec<u64>,
            is: bool,
        ) {
            let value = Everything { text, map, numbers, is, nothing: None };
            let ours = written(&value);
            let parsed: Value = serde_json::from_str(&ours).unwrap();
            prop_assert_eq!(&parsed, &serde_json::to_value(&value).unwrap());
            let mut theirs = Vec::new();
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut theirs, Escapes)).unwrap();
            prop_assert_eq!(ours.into_bytes(), theirs);
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            written("a\"\\\n\r\t\u{0}\u{8}\u{c}\u{1f}\u{7f}é"),
            "\"a\\\"\\\\\\n\\r\\t\\u0000\\u0008\\u000c\\u001f\u{7f}é\""
        );
    }

    #[test]
    fn raw_json_is_written_as_it_is() {
        assert_eq!(written(&[Raw("{ \"a\": 1e2 }")][..]), "[{ \"a\": 1e2 }]");
        assert_eq!(written(&Some(Raw("[]"))), "[]");
    }

    #[test]
    fn unsupported_types_are_an_error() {
        let mut out = Vec::new();
        assert_eq!(append(&mut out, &1.5), Err(Unsupported));
        assert_eq!(append(&mut out, &(1, 2)), Err(Unsupported));
    }
}
