//! The fields of an agent's create and update bodies, in one table.
//!
//! To add a field, add a row. From the table come [`CreateAgentFields`] and [`UpdateAgentFields`], the possible issues
//! with their order and their sentences, the order of the fields in the wasm binding's header, and
//! `js/generated/rules.ts`. Rules between fields stand in [`create_agent`].

use super::description::Description;
use super::given::{Given, Presence};
use super::idempotency_key::IdempotencyKey;
use super::issue::{Explanation, Issue, IssueReason, Reasons};
pub use super::issue_set::{IssueKind, IssueSet};
use super::name::Name;
use super::pfid::{ChosenId, Id};
use super::text::{self, OBJECT_REASONS, TextRule};
use crate::model::pfid::{Partition, Pfid};

/// Whether a body needs a field, and what `null` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Absent and `null` are [`IssueReason::Missing`].
    Required,
    /// Absent keeps the stored value; `null` is [`IssueReason::Missing`], because it cannot be cleared.
    NotNull,
    /// May be absent; `null` counts as absent.
    Optional,
    /// May be absent; `null` is a value of its own: no description, or in an update "clear it".
    Nullable,
}

/// A row of the table, for a body that has the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldOfBody {
    /// The field.
    pub field: Field,
    /// Whether the body needs it.
    pub need: Need,
}

/// Generates everything from the table. `-` stands for a body that does not have the field.
macro_rules! fields {
    ($(
        $(#[$doc:meta])*
        $variant:ident $key:ident [$($path:literal)+] $label:literal $rule:ident $create:tt $update:tt;
    )*) => {
        /// A field of an agent's bodies, in the order of the contract's table, which is the order of reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field {
            /// The object that contains the other fields.
            Details,
            $($(#[$doc])* $variant,)*
        }

        impl Field {
            /// Every field, in order.
            pub const ALL: [Field; 1 + [$($label),*].len()] = [Field::Details, $(Field::$variant),*];

            /// Where the field is, from the body's root.
            pub fn path(self) -> &'static [&'static str] {
                match self {
                    Field::Details => &["details"],
                    $(Field::$variant => &[$($path),+],)*
                }
            }

            /// [`path`](Field::path) in one text: `details.name`.
            pub fn dotted_path(self) -> String {
                self.path().join(".")
            }

            /// The fields that come after it.
            pub fn later(self) -> &'static [Field] {
                let all: &'static [Field] = &Field::ALL;
                all.get(self as usize + 1..).unwrap_or_default()
            }

            /// The name of the field in messages.
            pub fn label(self) -> &'static str {
                match self {
                    Field::Details => "Details",
                    $(Field::$variant => $label,)*
                }
            }

            /// The name of the rule of its text; empty for an object.
            pub fn rule(self) -> &'static str {
                match self {
                    Field::Details => "",
                    $(Field::$variant => stringify!($rule),)*
                }
            }

            /// The longest valid text, in Unicode scalar values; 0 for an object.
            pub const fn limit(self) -> usize {
                match self {
                    Field::Details => 0,
                    $(Field::$variant => $rule::LIMIT,)*
                }
            }

            /// Whether white space around the text is trimmed.
            pub const fn is_trimmed(self) -> bool {
                match self {
                    Field::Details => false,
                    $(Field::$variant => $rule::TRIMMED,)*
                }
            }

            /// The reasons that can be reported for it, in any body.
            pub(super) const fn reasons(self) -> Reasons {
                match self {
                    Field::Details => OBJECT_REASONS,
                    $(Field::$variant => {
                        let reasons = text::REASONS.and($rule::REASONS);
                        match (need!($create), need!($update)) {
                            (Some(Need::Required | Need::NotNull), _)
                            | (_, Some(Need::Required | Need::NotNull)) => {
                                reasons.and(Reasons::of(&[IssueReason::Missing]))
                            }
                            _ => reasons,
                        }
                    })*
                }
            }

            /// The message for one of its reasons.
            pub(super) fn explain(self, reason: IssueReason) -> Explanation {
                match self {
                    Field::Details => text::explain_object(self.label(), reason),
                    $(Field::$variant => $rule::explain(self.label(), reason),)*
                }
            }
        }

        body! {
            /// The body of `POST /api/v1/agent`. **\[client\]**
            ///
            /// ```
            /// use agent_registrar::{CreateAgentFields, validate_create_agent};
            ///
            /// let fields = CreateAgentFields { name: "Ada".into(), ..CreateAgentFields::default() };
            /// let invalid = validate_create_agent(fields, None).unwrap_err();
            /// assert_eq!(invalid.issues[0].path, "details.environment_id");
            /// ```
            CreateAgentFields []
            $([$create $(#[$doc])* $variant $key $rule])*
        }

        body! {
            /// The body of `PUT /api/v1/agent/{id}`. **\[client\]**
            ///
            /// ```
            /// use agent_registrar::{UpdateAgentFields, validate_update_agent};
            ///
            /// let fields = UpdateAgentFields { name: "Ada".into(), ..UpdateAgentFields::default() };
            /// assert!(validate_update_agent(fields).is_ok());
            /// ```
            UpdateAgentFields []
            $([$update $(#[$doc])* $variant $key $rule])*
        }
    };
}

/// The need of a field in a body, if the body has it.
macro_rules! need {
    (-) => {
        None::<Need>
    };
    ($need:ident) => {
        Some(Need::$need)
    };
}

/// The fields of one body: keeps the rows without `-`, then writes the struct.
macro_rules! body {
    ($(#[$meta:meta])* $name:ident [$($kept:tt)*] [- $($row:tt)*] $($rest:tt)*) => {
        body! { $(#[$meta])* $name [$($kept)*] $($rest)* }
    };
    ($(#[$meta:meta])* $name:ident [$($kept:tt)*] [$need:ident $($row:tt)*] $($rest:tt)*) => {
        body! { $(#[$meta])* $name [$($kept)* [$need $($row)*]] $($rest)* }
    };
    (
        $(#[$meta:meta])*
        $name:ident [$([$need:ident $(#[$doc:meta])* $variant:ident $key:ident $rule:ident])*]
    ) => {
        $(#[$meta])*
        ///
        /// By default `details` is present and each field is absent.
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name<'a> {
            /// `details`. If it is not an object, the fields in it are not checked.
            pub details: Presence,
            $($(#[$doc])* pub $key: Given<'a>,)*
        }

        impl<'a> $name<'a> {
            /// The text fields of this body, in order.
            #[doc(hidden)]
            pub const FIELDS: &'static [FieldOfBody] = &[$(FieldOfBody {
                field: Field::$variant,
                need: Need::$need,
            }),*];

            /// Builds it from `details` and a function that gives each field.
            #[doc(hidden)]
            #[inline(always)]
            pub fn read(details: Presence, mut given: impl FnMut(Field) -> Given<'a>) -> Self {
                $name {
                    details,
                    $($key: given(Field::$variant),)*
                }
            }

            /// How a field arrived; absent if this body does not have it.
            #[doc(hidden)]
            pub fn given(&self, field: Field) -> Given<'a> {
                match field {
                    $(Field::$variant => self.$key,)*
                    _ => Given::Absent,
                }
            }

            /// Checks each field by its own rule.
            fn check(&self) -> IssueSet {
                let mut issues = IssueSet::NONE;
                let within = text::check_object(self.details);
                issues.add(Field::Details, within);
                $(if within.is_empty() || Field::$variant.path().len() == 1 {
                    let missing = match Need::$need {
                        Need::Required => self.$key.is_empty(),
                        Need::NotNull => self.$key == Given::Null,
                        Need::Optional | Need::Nullable => false,
                    };
                    let reasons = text::check::<$rule>(&self.$key);
                    issues.add(Field::$variant, reasons.with_if(missing, IssueReason::Missing));
                })*
                issues
            }
        }
    };
}

/// The result of the binding has room for the white space of one field, so only one field may be trimmed.
const _: () = {
    let (mut trimmed, mut index) = (0, 0);
    while index < Field::ALL.len() {
        trimmed += Field::ALL[index].is_trimmed() as usize;
        index += 1;
    }
    assert!(trimmed == 1, "exactly one field is trimmed");
};

//  variant           key                  path                              label                 rule            create    update
fields! {
    /// `details.name`: what people call the agent.
    Name              name                 ["details" "name"]                "Name"                Name            Required  NotNull;
    /// `details.environment_id`: the PFID of the environment. Required unless there is a default.
    EnvironmentId     environment_id       ["details" "environment_id"]      "Environment ID"      Id              Required  -;
    /// `details.description`: a text for people.
    Description       description          ["details" "description"]         "Description"         Description     Nullable  Nullable;
    /// `details.id`: a PFID that the caller chooses.
    Id                id                   ["details" "id"]                  "ID"                  ChosenId        Optional  -;
    /// `details.current_version_id`: the PFID of the version that the agent runs.
    CurrentVersionId  current_version_id   ["details" "current_version_id"]  "Current version ID"  Id              -         Nullable;
    /// `idempotency_key`: a text that the caller chooses for the request.
    IdempotencyKey    idempotency_key      ["idempotency_key"]               "Idempotency key"     IdempotencyKey  Optional  Optional;
}

/// The verdict on a create body. `default_environment` stands in for an absent `environment_id`: the environment of the
/// token, where its scope is one environment. **\[ours\]**
///
/// The account's partition is assumed to be that of the environment. **\[client\]**
pub fn create_agent(fields: &CreateAgentFields<'_>, default_environment: Option<Pfid>) -> IssueSet {
    let mut issues = fields.check();
    let default = default_environment.filter(|_| fields.environment_id.is_empty());
    if default.is_some() {
        issues.remove(Field::EnvironmentId, IssueReason::Missing);
    }
    if fields.details == Presence::Present
        && let Some(id) = partition(fields.id)
        && let Some(environment) = default
            .map(Pfid::partition)
            .or_else(|| partition(fields.environment_id))
        && id != environment
    {
        issues.insert(Field::Id, IssueReason::ForeignPartition);
    }
    issues
}

/// The partition of the id in a field, if it is an id.
fn partition(given: Given<'_>) -> Option<Partition> {
    given
        .text()
        .and_then(|text| Pfid::parse(text).ok())
        .map(Pfid::partition)
}

/// The verdict on an update body.
pub fn update_agent(fields: &UpdateAgentFields<'_>) -> IssueSet {
    fields.check()
}

/// The verdict on the `idempotency_key` of any other operation.
pub fn idempotency_key(key: Given<'_>) -> Vec<Issue> {
    let reasons = text::check::<IdempotencyKey>(&key);
    let mut issues = Vec::new();
    if !reasons.is_empty() {
        for reason in reasons.iter() {
            let field = Field::IdempotencyKey;
            issues.push(IssueKind { field, reason }.issue());
        }
    }
    issues
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
    const FOREIGN: &str = "013xrzp12g00000000y2vfkg4s3jp2qr";

    fn valid() -> CreateAgentFields<'static> {
        CreateAgentFields {
            name: "Ada".into(),
            environment_id: ENVIRONMENT.into(),
            ..CreateAgentFields::default()
        }
    }

    fn kinds(issues: IssueSet) -> Vec<(Field, IssueReason)> {
        issues.iter().map(|it| (it.field, it.reason)).collect()
    }

    fn created(fields: CreateAgentFields<'_>) -> Vec<(Field, IssueReason)> {
        kinds(create_agent(&fields, None))
    }

    #[test]
    fn the_smallest_body_is_valid() {
        assert_eq!(created(valid()), []);
    }

    #[test]
    fn every_issue_is_reported_at_once_in_the_order_of_the_table() {
        let all = CreateAgentFields {
            name: Given::Null,
            environment_id: "nowhere".into(),
            description: "\0".into(),
            id: Given::WrongType,
            idempotency_key: "".into(),
            ..CreateAgentFields::default()
        };
        assert_eq!(
            created(all),
            [
                (Field::Name, IssueReason::Missing),
                (Field::EnvironmentId, IssueReason::NotAPfid),
                (Field::Description, IssueReason::ControlCharacter),
                (Field::Id, IssueReason::WrongType),
                (Field::IdempotencyKey, IssueReason::Blank),
            ]
        );
    }

    #[test]
    fn without_details_the_fields_in_it_are_not_checked() {
        for (details, reason) in [
            (Presence::Absent, IssueReason::Missing),
            (Presence::Null, IssueReason::Missing),
            (Presence::WrongType, IssueReason::WrongType),
            (Presence::Unreadable, IssueReason::Unreadable),
        ] {
            let fields = CreateAgentFields {
                details,
                name: Given::WrongType,
                id: FOREIGN.into(),
                idempotency_key: "ü".into(),
                ..valid()
            };
            assert_eq!(
                created(fields),
                [
                    (Field::Details, reason),
                    (Field::IdempotencyKey, IssueReason::NotPrintableAscii)
                ]
            );
        }
    }

    #[test]
    fn an_id_must_be_of_the_environments_partition() {
        let with = |id: &'static str| {
            created(CreateAgentFields {
                id: id.into(),
                ..valid()
            })
        };
        assert_eq!(with(ENVIRONMENT), []);
        assert_eq!(with(FOREIGN), [(Field::Id, IssueReason::ForeignPartition)]);
        assert_eq!(with("x"), [(Field::Id, IssueReason::NotAPfid)]);
    }

    #[test]
    fn a_default_stands_in_for_an_absent_environment_only() {
        let default = Pfid::parse(FOREIGN).ok();
        let with = |environment_id| {
            let fields = CreateAgentFields {
                environment_id,
                id: FOREIGN.into(),
                ..valid()
            };
            kinds(create_agent(&fields, default))
        };
        assert_eq!(with(Given::Absent), []);
        assert_eq!(with(Given::Null), []);
        assert_eq!(
            with(ENVIRONMENT.into()),
            [(Field::Id, IssueReason::ForeignPartition)]
        );
        assert_eq!(
            with("".into()),
            [(Field::EnvironmentId, IssueReason::NotAPfid)]
        );
        assert_eq!(
            with(Given::WrongType),
            [(Field::EnvironmentId, IssueReason::WrongType)]
        );
    }

    #[test]
    fn an_update_may_leave_everything_out_but_not_clear_the_name() {
        let nothing = UpdateAgentFields::default();
        assert_eq!(update_agent(&nothing), IssueSet::NONE);
        let cleared = UpdateAgentFields {
            name: Given::Null,
            description: Given::Null,
            current_version_id: Given::Null,
            ..nothing
        };
        assert_eq!(
            kinds(update_agent(&cleared)),
            [(Field::Name, IssueReason::Missing)]
        );
        let wrong = UpdateAgentFields {
            current_version_id: "v1".into(),
            ..nothing
        };
        assert_eq!(
            kinds(update_agent(&wrong)),
            [(Field::CurrentVersionId, IssueReason::NotAPfid)]
        );
    }

    #[test]
    fn each_possible_issue_has_a_bit_and_a_sentence() {
        let mut all = IssueSet::NONE;
        for (bit, kind) in IssueKind::all().enumerate() {
            let mut one = IssueSet::NONE;
            one.insert(kind.field, kind.reason);
            assert_eq!(one.bits(), 1 << bit);
            assert!(one.contains(kind.field, kind.reason));
            assert_eq!(IssueSet::from_bits(one.bits()), one);
            all.insert(kind.field, kind.reason);
            let issue = kind.issue();
            assert!(issue.message.starts_with(kind.field.label()), "{issue:?}");
            assert!(issue.message.ends_with('.'));
            assert!(!issue.message.contains("not acceptable"), "{issue:?}");
            let says_a_number = issue.message.bytes().any(|byte| byte.is_ascii_digit());
            assert_eq!(issue.params.is_some(), says_a_number, "{issue:?}");
        }
        assert_eq!(all.bits().count_ones(), IssueSet::SIZE);
    }
}
