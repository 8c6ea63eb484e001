//! Passes the members of a body to the rules.

use std::ops::RangeInclusive;

use crate::api::operation::Call;
use crate::json::{Json, Object};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::registrar::{Failure, Findings, FreeId, Kind, Registrar};
use crate::rules::characters::trim;
use crate::rules::description::Description;
use crate::rules::fields::idempotency_key;
use crate::rules::name::Name;
use crate::rules::pfid::Id;
use crate::rules::text::{AnyText, check, check_object};
use crate::rules::timestamp::Time;
use crate::rules::{
    Explanation, Field, Given, Issue, IssueKind, IssueReason, Presence, Reasons, TextRule, option,
    whole_number,
};

/// A member that should be a string.
pub fn text<'b>(object: &'b Object<'_>, key: &str) -> Given<'b> {
    object.get(key).map_or(Given::Absent, given)
}

fn given<'b>(json: &'b Json<'_>) -> Given<'b> {
    match json {
        Json::Null => Given::Null,
        Json::Text(text) => Given::Text(text),
        Json::NotWellFormed(_) => Given::NotWellFormed,
        _ => Given::WrongType,
    }
}

/// A member that should be an object, and its members if it is one.
pub fn object<'b, 'a>(parent: &'b Object<'a>, key: &str) -> (Presence, Option<&'b Object<'a>>) {
    match parent.get(key) {
        None => (Presence::Absent, None),
        Some(Json::Null) => (Presence::Null, None),
        Some(Json::Object(object)) => (Presence::Present, Some(object)),
        Some(_) => (Presence::WrongType, None),
    }
}

/// The fields of an agent in a create or update body: whether `details` is present, and each field.
pub fn agent<'b>(body: &'b Object<'_>) -> (Presence, impl Fn(Field) -> Given<'b>) {
    let (presence, details) = object(body, "details");
    let given = move |field: Field| match field.path() {
        [_, key] => details.map_or(Given::Absent, |details| text(details, key)),
        [key] => text(body, key),
        _ => Given::Absent,
    };
    (presence, given)
}

/// The idempotency key of a body that may also have it in `details`. The root's key wins: in a bulk item it is the
/// item's. **\[ours\]**
pub fn inner_key<'b>(body: &'b Object<'_>) -> Given<'b> {
    match text(body, "idempotency_key") {
        Given::Absent | Given::Null => object(body, "details")
            .1
            .map_or(Given::Absent, |it| text(it, "idempotency_key")),
        key => key,
    }
}

/// Whether a body is a bulk item with its parameters next to `_type`, where the operation itself has them in
/// `details`. **\[client\]**
pub fn is_flat_item(body: &Object<'_>) -> bool {
    body.get("_type").is_some() && body.get("details").is_none()
}

/// Reads the members of one object and collects their issues, for operations other than those on agents. An invalid
/// member reads as absent, with an issue.
pub struct FieldReader<'b, 'a> {
    object: Option<&'b Object<'a>>,
    /// The prefix of paths: empty, or `details.`.
    prefix: &'static str,
    found: Findings,
}

impl<'b, 'a> FieldReader<'b, 'a> {
    /// Reads the members of the body itself, its idempotency key first.
    pub fn of_body(body: &'b Object<'a>) -> FieldReader<'b, 'a> {
        FieldReader {
            object: Some(body),
            prefix: "",
            found: Findings {
                issues: idempotency_key(text(body, "idempotency_key")),
                refusal: None,
            },
        }
    }

    /// Reads the members of an object that has no idempotency key.
    pub fn of_record(record: &'b Object<'a>) -> FieldReader<'b, 'a> {
        FieldReader {
            object: Some(record),
            prefix: "",
            found: Findings::default(),
        }
    }

    /// Reads the members of `details`, which is required.
    pub fn of_details(body: &'b Object<'a>) -> FieldReader<'b, 'a> {
        let mut reader = FieldReader::of_body(body);
        let (presence, details) = object(body, "details");
        for reason in check_object(presence).iter() {
            let field = Field::Details;
            reader.issue(IssueKind { field, reason }.issue());
        }
        reader.object = details;
        reader.prefix = "details.";
        reader
    }

    /// Reads the idempotency key in `details`.
    pub fn inner_key(&mut self) {
        if let Some(details) = self.object {
            for issue in idempotency_key(text(details, "idempotency_key")) {
                let path = self.path(&issue.path).into();
                self.issue(Issue { path, ..issue });
            }
        }
    }

    /// Reads a member that is an object. `prefix` is its key with a dot.
    pub fn nested<T>(
        &mut self,
        key: &str,
        prefix: &'static str,
        label: &str,
        read: impl FnOnce(&mut FieldReader<'b, 'a>) -> T,
    ) -> Option<T> {
        let Json::Object(inner) = self.json(key)? else {
            self.wrong_type(key, label, "an object");
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

    /// Adds an issue of a member.
    #[cold]
    pub fn invalid(&mut self, key: &str, reason: IssueReason, explanation: impl Into<Explanation>) {
        let path = self.path(key);
        self.issue(Issue::new(path, reason, explanation));
    }

    fn wrong_type(&mut self, key: &str, label: &str, wanted: &str) {
        let explanation = Explanation::of(label, &["must be ", wanted, "."].concat());
        self.invalid(key, IssueReason::WrongType, explanation);
    }

    /// The member, or `None` if it is absent or `null`.
    pub fn json(&self, key: &str) -> Option<&'b Json<'a>> {
        self.object?
            .get(key)
            .filter(|value| !matches!(value, Json::Null))
    }

    /// Adds an issue if a required member is absent. `label` is its name in sentences.
    #[inline(never)]
    pub fn require(&mut self, key: &str, label: &str) {
        // If `details` itself is missing or invalid, nothing in it is reported.
        if self.object.is_some() && self.json(key).is_none() {
            let reason = IssueReason::Missing;
            self.invalid(key, reason, AnyText::explain(label, reason));
        }
    }

    /// A text that obeys a rule, trimmed if the rule trims.
    fn text<R: TextRule>(&mut self, key: &str, label: &str) -> Option<&'b str> {
        let given = given(self.json(key)?);
        let reasons = check::<R>(&given);
        if !reasons.is_empty() {
            self.explain(key, label, reasons, R::explain);
            return None;
        }
        let text = given.text()?;
        Some(if R::TRIMMED { trim(text) } else { text })
    }

    #[cold]
    fn explain(
        &mut self,
        key: &str,
        label: &str,
        reasons: Reasons,
        explain: fn(&str, IssueReason) -> Explanation,
    ) {
        for reason in reasons.iter() {
            self.invalid(key, reason, explain(label, reason));
        }
    }

    /// An id.
    #[inline(never)]
    pub fn pfid(&mut self, key: &str, label: &str) -> Option<Pfid> {
        Pfid::parse(self.text::<Id>(key, label)?).ok()
    }

    /// The id of an object that must exist for the caller. For an account, it must be the token's; whether another
    /// one exists makes no difference.
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

    /// Adds the issue that a look-up found.
    pub fn check(&mut self, found: Result<Option<Issue>, Failure>) {
        self.found.add(found, &[]);
    }

    /// A [`Name`].
    #[inline(never)]
    pub fn name(&mut self, key: &str, label: &str) -> Option<&'b str> {
        self.text::<Name>(key, label)
    }

    /// A [`Description`].
    #[inline(never)]
    pub fn description(&mut self, key: &str, label: &str) -> Option<&'b str> {
        self.text::<Description>(key, label)
    }

    /// A text without a rule.
    #[inline(never)]
    pub fn any_text(&mut self, key: &str, label: &str) -> Option<&'b str> {
        self.text::<AnyText>(key, label)
    }

    /// The new name in an update. Absent keeps the old one; `null` is refused, because a name cannot be cleared.
    pub fn new_name(mut self) -> Result<Option<&'b str>, Failure> {
        let cleared = self
            .object
            .is_some_and(|it| it.get("name") == Some(&Json::Null));
        if cleared {
            self.require("name", "Name");
        }
        let name = self.name("name", "Name");
        self.finish()?;
        Ok(name)
    }

    /// An RFC 3339 time.
    #[inline(never)]
    pub fn timestamp(&mut self, key: &str, label: &str) -> Option<Timestamp> {
        Timestamp::parse_rfc3339(self.text::<Time>(key, label)?).ok()
    }

    /// A whole number in a range, in any notation: see [`whole_number::read`].
    #[inline(never)]
    pub fn whole_number(
        &mut self,
        key: &str,
        label: &str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let Json::Number(digits) = self.json(key)? else {
            self.wrong_type(key, label, "a number");
            return None;
        };
        let number = whole_number::read(digits);
        if number.is_some_and(|it| range.contains(&it)) {
            return number;
        }
        let explanation = whole_number::explain(label, &range, number);
        self.invalid(key, IssueReason::OutOfRange, explanation);
        None
    }

    /// `true` or `false`.
    #[inline(never)]
    pub fn boolean(&mut self, key: &str, label: &str) -> Option<bool> {
        match self.json(key)? {
            Json::Bool(value) => Some(*value),
            _ => {
                self.wrong_type(key, label, "true or false");
                None
            }
        }
    }

    /// One of these statuses.
    #[inline(never)]
    pub fn status(&mut self, key: &str, label: &str, options: &[RunStatus]) -> Option<RunStatus> {
        let words: Vec<&str> = options.iter().map(|it| it.as_str()).collect();
        let place = self.word(key, label, &words)?;
        options.get(place).copied()
    }

    /// The place of one of these words.
    #[inline(never)]
    pub fn word(&mut self, key: &str, label: &str, words: &[&str]) -> Option<usize> {
        let text = self.text::<AnyText>(key, label)?;
        let place = words.iter().position(|it| *it == text);
        if place.is_none() {
            let explanation = option::explain(label, words);
            self.invalid(key, IssueReason::NotAnOption, explanation);
        }
        place
    }

    /// The exact text of a list with any items.
    pub fn raw_list(&mut self, key: &str, label: &str) -> Option<&'a str> {
        let value = self.json(key)?;
        let raw = value.raw().filter(|_| !value.is_object());
        if raw.is_none() {
            self.wrong_type(key, label, "a list");
        }
        raw
    }

    /// The exact text of an object, for payloads and schemas.
    #[inline(never)]
    pub fn raw_object(&mut self, key: &str, label: &str) -> Option<&'a str> {
        let value = self.json(key)?;
        if !value.is_object() {
            self.wrong_type(key, label, "an object");
            return None;
        }
        value.raw()
    }

    /// The number of issues so far.
    pub fn issue_count(&self) -> usize {
        self.found.issues.len()
    }

    /// Adds an issue of a rule that only the operation knows.
    pub fn issue(&mut self, issue: Issue) {
        self.found.issues.push(issue);
    }

    /// Fails if there is any issue. The key's issues come last, as in the contract's table of create.
    #[inline(never)]
    pub fn finish(mut self) -> Result<(), Failure> {
        let of_key = |issue: &Issue| issue.path == "idempotency_key";
        let (last, mut issues): (Vec<Issue>, _) = self.found.issues.into_iter().partition(of_key);
        issues.extend(last);
        self.found.issues = issues;
        self.found.finish()
    }

    /// The failure with all issues, for the `else` of `let Some(…)`.
    #[inline(never)]
    pub fn failure(self) -> Failure {
        match self.finish() {
            Err(failure) => failure,
            Ok(()) => Failure::unexpected(),
        }
    }
}
