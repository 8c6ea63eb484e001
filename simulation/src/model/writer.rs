//! Writes expected answers as text, with their members in the contract's order.

use std::fmt::{Display, Write as _};

use super::id::{Id, Micros, moment};

/// An object of JSON in progress.
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn object() -> Writer {
        Writer("{".to_owned())
    }

    fn key(&mut self, key: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        self.put(format_args!("{comma}\"{key}\":"));
    }

    fn put(&mut self, value: impl Display) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "{value}");
    }

    /// A member that is JSON already: a number, a boolean, null, an object.
    pub(super) fn raw(mut self, key: &str, value: impl Display) -> Writer {
        self.key(key);
        self.put(value);
        self
    }

    /// A text in which nothing needs an escape.
    pub(super) fn plain(mut self, key: &str, value: impl Display) -> Writer {
        self.key(key);
        self.put(format_args!("\"{value}\""));
        self
    }

    /// Any text.
    pub(super) fn text(self, key: &str, value: &str) -> Writer {
        let value = serde_json::to_string(value).unwrap_or_default();
        self.raw(key, value)
    }

    pub(super) fn id(self, key: &str, value: Option<Id>) -> Writer {
        match value {
            Some(id) => self.plain(key, id),
            None => self.raw(key, "null"),
        }
    }

    pub(super) fn at(self, key: &str, value: Option<Micros>) -> Writer {
        match value {
            Some(at) => self.plain(key, moment(at)),
            None => self.raw(key, "null"),
        }
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// The answer with one object.
pub(super) fn details(object: &str) -> String {
    format!("{{\"status\":\"success\",\"details\":{object}}}")
}
