//! Bodies before they are checked.

use std::borrow::Cow;

use crate::json::{self, BODY_LEVELS, Json, JsonError};
use crate::model::pfid::Pfid;
use crate::rules::{CreateAgentFields, Field, FieldOfBody, Given, Presence, UpdateAgentFields};

/// A body, or a value in one, before it is checked.
///
/// The rules look at texts and at the members of objects; every other value is of the wrong type. If a key occurs twice in
/// an object, the last member counts.
///
/// ```
/// use agent_registrar::{Input, validate_update_agent};
///
/// let body = Input::from_json(br#"{"details": {"description": null}}"#)?;
/// assert!(validate_update_agent(body).is_ok());
///
/// let body = Input::Object(vec![(
///     "details".into(),
///     Input::Object(vec![("name".into(), Input::Text("Ada".into()))]),
/// )]);
/// assert!(validate_update_agent(body).is_ok());
/// # Ok::<(), agent_registrar::JsonError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Input<'a> {
    /// There is no such key.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A text.
    Text(Cow<'a, str>),
    /// An object: its members in their order.
    Object(Vec<(Cow<'a, str>, Input<'a>)>),
    /// Anything else: a number, a boolean, a list.
    WrongType,
    /// A string with a lone surrogate, which UTF-8 cannot represent.
    NotWellFormed,
    /// Reading it failed. Only values of other languages have such members.
    Unreadable,
}

impl<'a> Input<'a> {
    /// Reads a body from JSON text in UTF-8. Texts are borrowed from `json` unless they have escapes.
    ///
    /// # Errors
    ///
    /// [`JsonError`] if the text is not JSON, is nested deeper than 32 levels, or has an object with the same key
    /// twice. The API answers these with 400 `bad_request`. **\[doc\]**
    pub fn from_json(json: &'a [u8]) -> Result<Input<'a>, JsonError> {
        json::read(json, BODY_LEVELS).map(Input::from_value)
    }

    fn from_value(value: Json<'a>) -> Input<'a> {
        match value {
            Json::Null => Input::Null,
            Json::Text(text) => Input::Text(text),
            Json::NotWellFormed(_) => Input::NotWellFormed,
            Json::Object(object) => Input::Object(
                object
                    .into_members()
                    .into_iter()
                    .map(|member| (key(member.key), Input::from_value(member.value)))
                    .collect(),
            ),
            // Values below the requested levels are of the wrong type for every field at those levels.
            Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Unread(_) => Input::WrongType,
        }
    }

    fn presence(&self) -> Presence {
        match self {
            Input::Absent => Presence::Absent,
            Input::Null => Presence::Null,
            Input::Object(_) => Presence::Present,
            Input::Text(_) | Input::WrongType | Input::NotWellFormed => Presence::WrongType,
            Input::Unreadable => Presence::Unreadable,
        }
    }

    fn given(&self) -> Given<'_> {
        match self {
            Input::Absent => Given::Absent,
            Input::Null => Given::Null,
            Input::Text(text) => Given::Text(text),
            Input::Object(_) | Input::WrongType => Given::WrongType,
            Input::NotWellFormed => Given::NotWellFormed,
            Input::Unreadable => Given::Unreadable,
        }
    }
}

/// A key as text. Lone surrogates, which no key of the API has, become U+FFFD.
fn key(key: Cow<'_, [u8]>) -> Cow<'_, str> {
    match key {
        Cow::Borrowed(key) => String::from_utf8_lossy(key),
        Cow::Owned(key) => match String::from_utf8(key) {
            Ok(key) => Cow::Owned(key),
            Err(error) => Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        },
    }
}

/// The fields of a body, and the paths of its unknown keys.
pub(super) struct Fields<'i> {
    pub(super) details: Presence,
    given: [Given<'i>; Field::ALL.len()],
    pub(super) ignored: Vec<String>,
}

impl<'i> Fields<'i> {
    /// Reads the fields of a body. A body that is no object counts as `details` that is none.
    pub(super) fn read(input: &'i Input<'_>, known: &[FieldOfBody]) -> Fields<'i> {
        let mut fields = Fields {
            details: Presence::Absent,
            given: [Given::Absent; Field::ALL.len()],
            ignored: Vec::new(),
        };
        let Input::Object(members) = input else {
            fields.details = input.presence();
            return fields;
        };
        for (key, value) in members {
            if key == "details" {
                fields.read_details(value, known);
            } else {
                fields.read_member(&[], key, value, known);
            }
        }
        fields
    }

    fn read_details(&mut self, details: &'i Input<'_>, known: &[FieldOfBody]) {
        self.details = details.presence();
        if let Input::Object(members) = details {
            for (key, value) in members {
                self.read_member(&["details"], key, value, known);
            }
        }
    }

    fn read_member(
        &mut self,
        parents: &[&str],
        key: &str,
        value: &'i Input<'_>,
        known: &[FieldOfBody],
    ) {
        let mut fields = known.iter().map(|it| it.field);
        let is_here = |field: &Field| field.path().split_last() == Some((&key, parents));
        match fields.find(is_here) {
            Some(field) => self.given[field as usize] = value.given(),
            None if parents.is_empty() => self.ignored.push(key.to_owned()),
            None => self
                .ignored
                .push([parents.concat().as_str(), ".", key].concat()),
        }
    }

    /// How a field arrived.
    pub(super) fn given(&self, field: Field) -> Given<'i> {
        self.given[field as usize]
    }
}

impl<'a> From<Given<'a>> for Input<'a> {
    fn from(given: Given<'a>) -> Input<'a> {
        match given {
            Given::Absent => Input::Absent,
            Given::Null => Input::Null,
            Given::Text(text) => Input::Text(Cow::Borrowed(text)),
            Given::WrongType => Input::WrongType,
            Given::NotWellFormed => Input::NotWellFormed,
            Given::Unreadable => Input::Unreadable,
        }
    }
}

/// The body that has these fields.
fn body<'a>(
    details: Presence,
    known: &[FieldOfBody],
    given: impl Fn(Field) -> Given<'a>,
) -> Input<'a> {
    let (mut root, mut within) = (Vec::new(), Vec::new());
    for field in known.iter().map(|it| it.field) {
        let Some((key, parents)) = field.path().split_last() else {
            continue;
        };
        let members = if parents.is_empty() {
            &mut root
        } else {
            &mut within
        };
        members.push((Cow::Borrowed(*key), given(field).into()));
    }
    let details = match details {
        Presence::Absent => Input::Absent,
        Presence::Null => Input::Null,
        Presence::Present => Input::Object(within),
        Presence::WrongType => Input::WrongType,
        Presence::Unreadable => Input::Unreadable,
    };
    root.insert(0, (Cow::Borrowed("details"), details));
    Input::Object(root)
}

impl<'a> From<CreateAgentFields<'a>> for Input<'a> {
    fn from(fields: CreateAgentFields<'a>) -> Input<'a> {
        body(fields.details, CreateAgentFields::FIELDS, |field| {
            fields.given(field)
        })
    }
}

impl<'a> From<UpdateAgentFields<'a>> for Input<'a> {
    fn from(fields: UpdateAgentFields<'a>) -> Input<'a> {
        body(fields.details, UpdateAgentFields::FIELDS, |field| {
            fields.given(field)
        })
    }
}

/// Texts and keys are borrowed. Two levels are read, because the rules look no deeper.
#[cfg(feature = "json")]
impl<'a> From<&'a serde_json::Value> for Input<'a> {
    fn from(value: &'a serde_json::Value) -> Input<'a> {
        /// Reads the first `levels` levels of objects.
        fn read(value: &serde_json::Value, levels: usize) -> Input<'_> {
            match value {
                serde_json::Value::Null => Input::Null,
                serde_json::Value::String(text) => Input::Text(Cow::Borrowed(text)),
                serde_json::Value::Object(members) if levels > 0 => Input::Object(
                    members
                        .iter()
                        .map(|(key, value)| (Cow::Borrowed(key.as_str()), read(value, levels - 1)))
                        .collect(),
                ),
                _ => Input::WrongType,
            }
        }
        read(value, BODY_LEVELS)
    }
}

/// An owned copy of a text.
pub(super) fn text(given: Given<'_>) -> Option<String> {
    given.text().map(str::to_owned)
}

/// The PFID of a text.
pub(super) fn pfid(given: Given<'_>) -> Option<Pfid> {
    given.text().and_then(|text| Pfid::parse(text).ok())
}

/// A value for which `null` is a value of its own.
pub(super) fn nullable<'a, T>(
    given: Given<'a>,
    read: fn(Given<'a>) -> Option<T>,
) -> Option<Option<T>> {
    match given {
        Given::Null => Some(None),
        given => read(given).map(Some),
    }
}
