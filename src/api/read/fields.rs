//! Hands the members of a body to the rules.

use crate::api::operation::Call;
use crate::json::{Json, Object};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::validation::{self, Text};
use crate::registrar::failure::issues_of;
use crate::registrar::{Failure, Findings, FreeId, Issue, Kind, Registrar};

/// A member that should be a string.
pub fn text<'b>(object: &'b Object<'_>, key: &str) -> Text<'b> {
    match object.get(key) {
        None => Text::Absent,
        Some(Json::Null) => Text::Null,
        Some(Json::Text(text)) => Text::Is(text),
        Some(Json::NotWellFormed(_)) => Text::NotWellFormed,
        Some(_) => Text::WrongType,
    }
}

/// A member that should be an object, as the rules see it, and its members: none where it is no
/// object.
pub fn object<'b, 'a>(
    parent: &'b Object<'a>,
    key: &str,
) -> (validation::Object, Option<&'b Object<'a>>) {
    match parent.get(key) {
        None => (validation::Object::Absent, None),
        Some(Json::Null) => (validation::Object::Null, None),
        Some(Json::Object(object)) => (validation::Object::Present, Some(object)),
        Some(_) => (validation::Object::WrongType, None),
    }
}

/// The idempotency key of a body that may have it in its `details`, too. The root's goes first: in an item of a bulk
/// request it is the item's. **\[ours\]**
pub fn inner_key<'b>(body: &'b Object<'_>) -> Text<'b> {
    match text(body, "idempotency_key") {
        Text::Absent | Text::Null => object(body, "details")
            .1
            .map_or(Text::Absent, |it| text(it, "idempotency_key")),
        key => key,
    }
}

/// Whether a body is an item of a bulk request that has its parameters beside its type, where the
/// operation by itself has them in `details`. **\[client\]**
pub fn is_flat_item(body: &Object<'_>) -> bool {
    body.get("_type").is_some() && body.get("details").is_none()
}

/// A JSON number that is whole; to JSON Schema, and so here, `5.0`, `5e0` and `50e-1` are. **\[ours\]**
fn whole(number: &str) -> Option<u64> {
    let (mut value, mut zeros, mut scale, mut negative, mut fraction) = (0_u64, 0, 0, false, false);
    let mut bytes = number.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'0'..=b'9' => {
                scale -= i32::from(fraction);
                // Zeros count once something follows them.
                zeros += 1;
                if byte != b'0' {
                    for _ in 0..zeros {
                        value = value.checked_mul(10)?;
                    }
                    value = value.checked_add(u64::from(byte - b'0'))?;
                    zeros = 0;
                }
            }
            b'-' => negative = true,
            b'.' => fraction = true,
            _ => {
                let (mut exponent, mut sign) = (0_i32, 1);
                for byte in bytes.by_ref() {
                    match byte {
                        b'-' => sign = -1,
                        b'+' => {}
                        // Far beyond what any number here has.
                        _ => exponent = (exponent * 10 + i32::from(byte & 15)).min(1 << 24),
                    }
                }
                scale += sign * exponent;
            }
        }
    }
    scale += zeros;
    if value == 0 {
        return Some(0);
    }
    for _ in 0..scale {
        value = value.checked_mul(10)?;
    }
    // The last digit that counts is none of zero, so that nothing can be divided.
    (scale >= 0 && !negative).then_some(value)
}

/// Reads the members of one object, for operations whose rules are not in the model, and gathers
/// what is wrong with them. A member that is there but wrong reads as absent, with an issue.
pub struct FieldReader<'b, 'a> {
    object: Option<&'b Object<'a>>,
    /// What stands before the keys in paths: empty, or `details.`.
    prefix: &'static str,
    found: Findings,
}

impl<'b, 'a> FieldReader<'b, 'a> {
    /// Reads the body's own members, its idempotency key first.
    pub fn of_body(body: &'b Object<'a>) -> FieldReader<'b, 'a> {
        FieldReader {
            object: Some(body),
            prefix: "",
            found: Findings {
                issues: issues_of(validation::idempotency_key(text(body, "idempotency_key"))),
                refusal: None,
            },
        }
    }

    /// Reads the members of `details`, which is required.
    pub fn of_details(body: &'b Object<'a>) -> FieldReader<'b, 'a> {
        let mut reader = FieldReader::of_body(body);
        let (presence, details) = object(body, "details");
        match presence {
            validation::Object::Present => {}
            validation::Object::Absent | validation::Object::Null => {
                reader.issue(Issue::missing("details", "Details are required."));
            }
            _ => reader.issue(Issue::invalid(
                "details",
                "wrong_type",
                "Details must be an object.",
            )),
        }
        reader.object = details;
        reader.prefix = "details.";
        reader
    }

    /// Reads the idempotency key in `details`.
    pub fn inner_key(&mut self) {
        if let Some(details) = self.object {
            let faults = validation::idempotency_key(text(details, "idempotency_key"));
            for issue in issues_of(faults) {
                let path = self.path(&issue.path).into();
                self.issue(Issue { path, ..issue });
            }
        }
    }

    /// Reads a member that is an object itself; `prefix` is its key with a dot.
    pub fn nested<T>(
        &mut self,
        key: &str,
        prefix: &'static str,
        label: &str,
        read: impl FnOnce(&mut FieldReader<'b, 'a>) -> T,
    ) -> Option<T> {
        let Json::Object(inner) = self.json(key)? else {
            self.invalid(key, "wrong_type", format!("{label} must be an object."));
            return None;
        };
        let outer = (self.object.replace(inner), self.prefix);
        self.prefix = prefix;
        let value = read(self);
        (self.object, self.prefix) = outer;
        Some(value)
    }

    fn path(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Adds an issue with a member.
    pub fn invalid(&mut self, key: &str, reason: &'static str, message: String) {
        let path = self.path(key);
        self.issue(Issue::invalid(path, reason, message));
    }

    /// The member, `null` counting as absent.
    pub fn json(&self, key: &str) -> Option<&'b Json<'a>> {
        self.object?
            .get(key)
            .filter(|value| !matches!(value, Json::Null))
    }

    /// Adds an issue where a required member is absent. `label` is how sentences name it.
    pub fn require(&mut self, key: &str, label: &str) {
        // Where `details` itself is missing or wrong, nothing in it is reported.
        if self.object.is_some() && self.json(key).is_none() {
            let path = self.path(key);
            self.issue(Issue::missing(path, format!("{label} is required.")));
        }
    }

    /// An id.
    pub fn pfid(&mut self, key: &str, label: &str) -> Option<Pfid> {
        let text = self.well_formed(key, label)?;
        let id = Pfid::parse(text).ok();
        if id.is_none() {
            self.invalid(key, "not_a_pfid", format!("{label} must be a PFID."));
        }
        id
    }

    /// The id of something that must exist for the caller. Where the account is wanted, it is the token's; it makes no
    /// difference whether there is another one.
    pub fn named(
        &mut self,
        registrar: &Registrar,
        call: &Call<'_>,
        key: &str,
        label: &str,
        wanted: Kind,
    ) -> Option<Pfid> {
        let id = self.pfid(key, label)?;
        let path = || self.path(key).into();
        let found = registrar.named_issue(&call.caller, &path, id, wanted);
        let there = matches!(found, Ok(None));
        self.found.add(found, &[]);
        there.then_some(id)
    }

    /// The id that the caller chose for a new object.
    pub fn chosen_id(&mut self, registrar: &Registrar, call: &Call<'_>) -> Option<FreeId> {
        let id = self.pfid("id", "ID")?;
        let path = || self.path("id").into();
        match registrar.free_id(&call.caller, &path, id) {
            Ok(Ok(id)) => return Some(id),
            Ok(Err(issue)) => self.check(Ok(Some(issue))),
            Err(failure) => self.check(Err(failure)),
        }
        None
    }

    /// Adds what a look-up found wrong.
    pub fn check(&mut self, found: Result<Option<Issue>, Failure>) {
        self.found.add(found, &[]);
    }

    /// A text of 1 to `limit` characters without control characters; white space around it is
    /// trimmed.
    pub fn name(&mut self, key: &str, label: &str, limit: usize) -> Option<&'b str> {
        let text = validation::trim(self.well_formed(key, label)?);
        if text.is_empty() {
            self.invalid(key, "blank", format!("{label} must not be blank."));
            return None;
        }
        self.scan(key, label, text, limit, "", char::is_control)
    }

    /// Both faults that a text can have at once, as an agent's name has them: what comes after the first `limit`
    /// characters is not looked at. `but` ends the sentence about `refused` characters.
    fn scan(
        &mut self,
        key: &str,
        label: &str,
        text: &'b str,
        limit: usize,
        but: &str,
        refused: fn(char) -> bool,
    ) -> Option<&'b str> {
        let (mut breaks, mut too_long) = (false, false);
        for (index, character) in text.chars().enumerate() {
            too_long = index == limit;
            if too_long {
                break;
            }
            breaks |= refused(character);
        }
        if too_long {
            let message = format!("{label} must have at most {limit} characters.");
            self.invalid(key, "too_long", message);
        }
        if breaks {
            let message = format!("{label} must not contain control characters{but}.");
            self.invalid(key, "control_character", message);
        }
        (!too_long && !breaks).then_some(text)
    }

    /// The new name in an update: absent keeps the old one, and `null` is refused, since a name cannot be cleared.
    pub fn new_name(mut self) -> Result<Option<&'b str>, Failure> {
        let cleared = self
            .object
            .is_some_and(|it| it.get("name") == Some(&Json::Null));
        if cleared {
            self.require("name", "Name");
        }
        let name = self.name("name", "Name", validation::NAME_LIMIT);
        self.finish()?;
        Ok(name)
    }

    /// A text of at most `limit` characters, kept as it is.
    pub fn text(&mut self, key: &str, label: &str, limit: usize) -> Option<&'b str> {
        let text = self.well_formed(key, label)?;
        let but = " other than tabs and line breaks";
        self.scan(key, label, text, limit, but, |character| {
            character.is_control() && !matches!(character, '\t' | '\n' | '\r')
        })
    }

    /// A moment in RFC 3339.
    pub fn timestamp(&mut self, key: &str, label: &str) -> Option<Timestamp> {
        let text = self.well_formed(key, label)?;
        let moment = Timestamp::parse_rfc3339(text).ok();
        if moment.is_none() {
            let message = format!("{label} must be a timestamp as in RFC 3339.");
            self.invalid(key, "not_a_timestamp", message);
        }
        moment
    }

    /// A whole number from `least` to `most`, however it is written: see [`whole`].
    pub fn whole_number(&mut self, key: &str, label: &str, least: u64, most: u64) -> Option<u64> {
        let Json::Number(digits) = self.json(key)? else {
            self.invalid(key, "wrong_type", format!("{label} must be a number."));
            return None;
        };
        let number = whole(digits).filter(|it| (least..=most).contains(it));
        if number.is_none() {
            let message = format!("{label} must be a whole number from {least} to {most}.");
            self.invalid(key, "out_of_range", message);
        }
        number
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &str, label: &str) -> Option<bool> {
        match self.json(key)? {
            Json::Bool(value) => Some(*value),
            _ => {
                self.invalid(key, "wrong_type", format!("{label} must be true or false."));
                None
            }
        }
    }

    /// One of some statuses.
    pub fn status(&mut self, key: &str, label: &str, options: &[RunStatus]) -> Option<RunStatus> {
        let text = self.well_formed(key, label)?;
        let status = options.iter().find(|it| it.as_str() == text);
        if status.is_none() {
            let words: Vec<&str> = options.iter().map(|it| it.as_str()).collect();
            let message = format!("{label} must be one of {}.", words.join(", "));
            self.invalid(key, "not_an_option", message);
        }
        status.copied()
    }

    /// The exact text of a list, whatever is in it.
    pub fn raw_list(&mut self, key: &str, label: &str) -> Option<&'a str> {
        let value = self.json(key)?;
        let raw = value.raw().filter(|_| !value.is_object());
        if raw.is_none() {
            self.invalid(key, "wrong_type", format!("{label} must be a list."));
        }
        raw
    }

    /// The exact text of an object: payloads and schemas are kept as they were sent.
    pub fn raw_object(&mut self, key: &str, label: &str) -> Option<&'a str> {
        let value = self.json(key)?;
        if !value.is_object() {
            self.invalid(key, "wrong_type", format!("{label} must be an object."));
            return None;
        }
        value.raw()
    }

    fn well_formed(&mut self, key: &str, label: &str) -> Option<&'b str> {
        match self.json(key)? {
            Json::Text(text) => Some(text),
            Json::NotWellFormed(_) => {
                let message = format!("{label} must be well-formed Unicode.");
                self.invalid(key, "not_well_formed", message);
                None
            }
            _ => {
                self.invalid(key, "wrong_type", format!("{label} must be text."));
                None
            }
        }
    }

    /// Adds an issue of a rule that only the operation knows.
    pub fn issue(&mut self, issue: Issue) {
        self.found.issues.push(issue);
    }

    /// Refuses if anything was wrong. The key's issues come last, as in the contract's table of create.
    pub fn finish(mut self) -> Result<(), Failure> {
        let of_key = |issue: &Issue| issue.path == "idempotency_key";
        let (last, mut issues): (Vec<Issue>, _) = self.found.issues.into_iter().partition(of_key);
        issues.extend(last);
        self.found.issues = issues;
        self.found.finish()
    }

    /// The refusal for what was wrong: for the `else` of `let Some(…)`.
    pub fn failure(self) -> Failure {
        match self.finish() {
            Err(failure) => failure,
            Ok(()) => Failure::unexpected(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        for (text, number) in [
            ("0", Some(0)),
            ("-0.0", Some(0)),
            ("0e99", Some(0)),
            ("5", Some(5)),
            ("5.0", Some(5)),
            ("5e0", Some(5)),
            ("1e1", Some(10)),
            ("1.50E+2", Some(150)),
            ("50e-1", Some(5)),
            ("1000", Some(1_000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("5.5", None),
            ("1e-1", None),
            ("-5", None),
            ("1e20", None),
            ("1e99999999999999999999", None),
            ("1e9223372036854775807", None),
            ("1e-9223372036854775808", None),
        ] {
            assert_eq!(whole(text), number, "{text}");
        }
    }
}
