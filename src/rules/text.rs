//! The rules that all text fields share.

use super::given::{Given, Presence};
use super::issue::{Explanation, IssueReason, Reasons, grouped};

/// A rule for a text field.
pub trait TextRule {
    /// The longest text that obeys the rule, in Unicode scalar values.
    const LIMIT: usize;
    /// Whether white space around the text is trimmed.
    const TRIMMED: bool = false;
    /// The reasons that can be reported for this rule, beyond [`REASONS`].
    const REASONS: Reasons;

    /// The rules that a text breaks.
    fn check(text: &str) -> Reasons;

    /// The message for a reason; `label` is the name of the field in it.
    fn explain(label: &str, reason: IssueReason) -> Explanation;
}

/// Any text.
#[derive(Debug)]
pub struct AnyText;

impl TextRule for AnyText {
    const LIMIT: usize = usize::MAX;
    const REASONS: Reasons = Reasons::NONE;

    fn check(_: &str) -> Reasons {
        Reasons::NONE
    }

    fn explain(label: &str, reason: IssueReason) -> Explanation {
        explain(label, reason)
    }
}

/// The reasons that every text field can have.
pub const REASONS: Reasons = Reasons::of(&[
    IssueReason::WrongType,
    IssueReason::Unreadable,
    IssueReason::NotWellFormed,
]);

/// The reasons that `details` can have.
pub const OBJECT_REASONS: Reasons = Reasons::of(&[
    IssueReason::Missing,
    IssueReason::WrongType,
    IssueReason::Unreadable,
]);

/// The rules that a field breaks: by the way it arrived, or by its text.
pub fn check<R: TextRule>(given: &Given<'_>) -> Reasons {
    match *given {
        Given::Text(text) => R::check(text),
        Given::Absent | Given::Null => Reasons::NONE,
        Given::WrongType => IssueReason::WrongType.into(),
        Given::Unreadable => IssueReason::Unreadable.into(),
        Given::NotWellFormed => IssueReason::NotWellFormed.into(),
    }
}

/// The rules that a required object breaks.
pub fn check_object(presence: Presence) -> Reasons {
    match presence {
        Presence::Present => Reasons::NONE,
        Presence::Absent | Presence::Null => IssueReason::Missing.into(),
        Presence::WrongType => IssueReason::WrongType.into(),
        Presence::Unreadable => IssueReason::Unreadable.into(),
    }
}

/// The message for a reason of [`REASONS`], or for a missing field.
pub fn explain(label: &str, reason: IssueReason) -> Explanation {
    let predicate = match reason {
        IssueReason::Missing => "is required.",
        IssueReason::WrongType => "must be text.",
        IssueReason::Unreadable => "could not be read.",
        IssueReason::NotWellFormed => "must be well-formed Unicode.",
        _ => "is not acceptable.",
    };
    Explanation::of(label, predicate)
}

/// The message for a reason of [`OBJECT_REASONS`].
pub fn explain_object(label: &str, reason: IssueReason) -> Explanation {
    match reason {
        // A plural, because the only object is `details`.
        IssueReason::Missing => Explanation::of(label, "are required."),
        IssueReason::WrongType => Explanation::of(label, "must be an object."),
        _ => explain(label, reason),
    }
}

/// The message for a text with more than `limit` characters.
pub(super) fn explain_too_long(label: &str, limit: usize) -> Explanation {
    let limit = limit as u64;
    let message = [
        label,
        " must have at most ",
        &grouped(limit),
        " characters.",
    ]
    .concat();
    Explanation::with_limit(message, limit)
}
