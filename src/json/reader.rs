//! The recursive descent over a text.

use std::borrow::Cow;

use super::text::{Token, plain_len};
use super::{Array, Json, JsonError, MAX_DEPTH, Member, Object};
use crate::sort::sorted;

pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    levels: usize,
    /// The keys of all objects that are open, innermost last: one vector for all of them.
    keys: Vec<Cow<'a, [u8]>>,
}

impl<'a> Reader<'a> {
    /// Reads a text, building its first `levels` levels of arrays and objects.
    pub(super) fn new(text: &'a str, levels: usize) -> Reader<'a> {
        Reader {
            text,
            bytes: text.as_bytes(),
            at: 0,
            levels,
            keys: Vec::new(),
        }
    }

    /// The one value of the whole text.
    pub(super) fn read(mut self) -> Result<Json<'a>, JsonError> {
        self.skip_space();
        let value = self.value(0)?;
        self.skip_space();
        if self.at < self.bytes.len() {
            return Err(self.syntax());
        }
        Ok(value)
    }

    fn peek(&self) -> u8 {
        // NUL stands for the end: it is never valid JSON outside a string, nor raw inside one.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// The text from a place to here.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn syntax(&self) -> JsonError {
        JsonError::Syntax(self.at)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// The value that begins here, inside `depth` open arrays and objects.
    fn value(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        match self.peek() {
            b'"' => {
                let token = self.string()?;
                Ok(if depth > self.levels {
                    Json::Null
                } else {
                    token.into_value()
                })
            }
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b't' => self.literal("true", Json::Bool(true)),
            b'f' => self.literal("false", Json::Bool(false)),
            b'n' => self.literal("null", Json::Null),
            _ => self.number(),
        }
    }

    fn literal(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, JsonError> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.syntax())
        }
    }

    fn number(&mut self) -> Result<Json<'a>, JsonError> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        if self.peek() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Json::Number(self.since(start)))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.syntax());
        }
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        let start = self.at;
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == b']' {
            self.at += 1;
        } else {
            loop {
                let item = self.value(depth)?;
                if depth <= self.levels {
                    items.push(item);
                }
                if self.closes(b']')? {
                    break;
                }
            }
        }
        let raw = self.since(start);
        Ok(if depth <= self.levels {
            Json::Array(Array { raw, items })
        } else {
            Json::Unread(raw)
        })
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        let start = self.at;
        let first_key = self.keys.len();
        let mut members = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == b'}' {
            self.at += 1;
        } else {
            loop {
                if self.peek() != b'"' {
                    return Err(self.syntax());
                }
                let key = self.string()?.into_key();
                self.skip_space();
                if self.peek() != b':' {
                    return Err(self.syntax());
                }
                self.at += 1;
                self.skip_space();
                if self.keys.is_empty() {
                    self.keys.reserve(16);
                }
                self.keys.push(key.clone());
                let value = self.value(depth)?;
                if depth <= self.levels {
                    // Most objects have no more.
                    if members.is_empty() {
                        members.reserve(6);
                    }
                    members.push(Member { key, value });
                }
                if self.closes(b'}')? {
                    break;
                }
            }
        }
        if has_duplicates(&self.keys[first_key..]) {
            return Err(JsonError::DuplicateKey);
        }
        self.keys.truncate(first_key);
        let raw = self.since(start);
        Ok(if depth <= self.levels {
            Json::Object(Object { raw, members })
        } else {
            Json::Unread(raw)
        })
    }

    /// After a member or item: past `end` (true), or past a comma and on the next one (false).
    fn closes(&mut self, end: u8) -> Result<bool, JsonError> {
        self.skip_space();
        let byte = self.peek();
        if byte != end && byte != b',' {
            return Err(self.syntax());
        }
        self.at += 1;
        if byte == b',' {
            self.skip_space();
        }
        Ok(byte == end)
    }

    fn string(&mut self) -> Result<Token<'a>, JsonError> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain_len(&self.bytes[self.at..]);
            match self.peek() {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.syntax()),
            }
        }
        let raw = self.since(start);
        self.at += 1;
        Ok(Token { raw, escaped })
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(())
            }
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_ascii_hexdigit() {
                        return Err(self.syntax());
                    }
                    self.at += 1;
                }
                Ok(())
            }
            _ => Err(self.syntax()),
        }
    }
}

/// Whether a key occurs twice.
fn has_duplicates(keys: &[Cow<'_, [u8]>]) -> bool {
    // A handful of keys is compared pairwise; thousands, as an attacker would send, are sorted.
    const FEW: usize = 12;
    if keys.len() <= FEW {
        keys.iter()
            .enumerate()
            .any(|(index, key)| keys[..index].contains(key))
    } else {
        sorted(keys, Cow::cmp)
            .windows(2)
            .any(|pair| pair[0] == pair[1])
    }
}
