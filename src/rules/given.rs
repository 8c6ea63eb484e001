//! How a value arrived: the input of the rules.

/// A field that should be a text, as it arrived.
///
/// ```
/// use agent_registrar::Given;
///
/// assert_eq!(Given::from("Ada"), Given::Text("Ada"));
/// assert_eq!(Given::from(None), Given::Absent);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given<'a> {
    /// There is no such key.
    #[default]
    Absent,
    /// It is `null`.
    Null,
    /// It is this text.
    Text(&'a str),
    /// It is something else: a number, a list, an object.
    WrongType,
    /// It is a string with a lone surrogate, which UTF-8 cannot represent.
    NotWellFormed,
    /// Reading it failed: a getter that throws. Only JavaScript has such fields.
    Unreadable,
}

impl<'a> Given<'a> {
    /// The text, if it is one.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Given::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is absent or `null`.
    pub fn is_empty(self) -> bool {
        matches!(self, Given::Absent | Given::Null)
    }
}

impl<'a> From<&'a str> for Given<'a> {
    fn from(text: &'a str) -> Given<'a> {
        Given::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Given<'a> {
    fn from(text: Option<&'a str>) -> Given<'a> {
        text.map_or(Given::Absent, Given::Text)
    }
}

/// A field that should be an object, as it arrived.
///
/// ```
/// use agent_registrar::{IssueReason, Presence, UpdateAgentFields, validate_update_agent};
///
/// let fields = UpdateAgentFields { details: Presence::Absent, ..UpdateAgentFields::default() };
/// let invalid = validate_update_agent(fields).unwrap_err();
/// assert_eq!(invalid.issues[0].reason, IssueReason::Missing);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// There is no such key.
    Absent,
    /// It is `null`.
    Null,
    /// It is an object, and its fields are given separately. The default, because fields that are built in Rust have no object
    /// around them.
    #[default]
    Present,
    /// It is something else.
    WrongType,
    /// Reading it failed.
    Unreadable,
}
