//! Issues: the broken rules of fields.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::words::words;

words! {
    /// The issue codes that upstream documents. **\[doc\]** (`unknown` is never produced.)
    ///
    /// ```
    /// use agent_registrar::{IssueCode, IssueReason};
    ///
    /// assert_eq!(IssueReason::Missing.code(), IssueCode::RequiredValue);
    /// ```
    pub enum IssueCode {
        /// A required field is missing.
        RequiredValue = "required_value",
        /// A field breaks a rule.
        InvalidValue = "invalid_value",
    }
}

words! {
    /// The rule that a field breaks: finer than [`IssueCode`]. Issues of one field are reported in this order. **\[ours\]**
    ///
    /// ```
    /// use agent_registrar::IssueReason;
    ///
    /// assert_eq!(IssueReason::TooLong.as_str(), "too_long");
    /// ```
    pub enum IssueReason {
        /// A required field is absent or `null`.
        Missing = "missing",
        /// The value is of another type.
        WrongType = "wrong_type",
        /// Reading the value failed. Only the JavaScript validator reports it.
        Unreadable = "unreadable",
        /// The text has a lone surrogate.
        NotWellFormed = "not_well_formed",
        /// The text is empty, or the name has only white space.
        Blank = "blank",
        /// The text has too many characters; `limit` counts Unicode scalar values.
        TooLong = "too_long",
        /// The text has a control character.
        ControlCharacter = "control_character",
        /// The text has a character that is not printable ASCII.
        NotPrintableAscii = "not_printable_ascii",
        /// The text is not a PFID.
        NotAPfid = "not_a_pfid",
        /// The PFID does not have the partition of the account.
        ForeignPartition = "foreign_partition",
        /// The number, or the length of the text or list, is out of range; `limit` is the bound that it exceeds.
        OutOfRange = "out_of_range",
        /// The text is none of the allowed words.
        NotAnOption = "not_an_option",
        /// The text is not an RFC 3339 timestamp.
        NotATimestamp = "not_a_timestamp",
        /// The span has an end time, but not a final status.
        NotFinished = "not_finished",
        /// Another object has this id, key or identifier.
        Taken = "taken",
        /// No object of the right kind has this id.
        NotFound = "not_found",
        /// This build of the service does not know the parameter, and ignoring it would answer something else.
        NotSupported = "not_supported",
    }
}

impl IssueReason {
    /// The code of the API that it belongs to.
    pub fn code(self) -> IssueCode {
        match self {
            IssueReason::Missing => IssueCode::RequiredValue,
            _ => IssueCode::InvalidValue,
        }
    }
}

/// A set of [`IssueReason`]s: bit n stands for `IssueReason::ALL[n]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u32);

impl Reasons {
    /// The verdict on a value that breaks no rule.
    pub const NONE: Reasons = Reasons(0);

    /// The set of some reasons.
    pub const fn of(reasons: &[IssueReason]) -> Reasons {
        let (mut bits, mut rest) = (0, reasons);
        // A `for` loop cannot be evaluated in a constant.
        while let [first, after @ ..] = rest {
            bits |= 1 << *first as u32;
            rest = after;
        }
        Reasons(bits)
    }

    /// This set and `other`.
    pub const fn and(self, other: Reasons) -> Reasons {
        Reasons(self.0 | other.0)
    }

    /// This set, with `reason` where `condition` holds.
    pub fn with_if(self, condition: bool, reason: IssueReason) -> Reasons {
        Reasons(self.0 | u32::from(condition) << reason as u32)
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The number of reasons in the set.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether the set contains it.
    pub fn contains(self, reason: IssueReason) -> bool {
        self.0 >> reason as u32 & 1 == 1
    }

    /// The number of reasons in the set that come before that one in the order of reports.
    pub(super) fn position(self, reason: IssueReason) -> u32 {
        (self.0 & ((1 << reason as u32) - 1)).count_ones()
    }

    /// The reasons in the order of reports.
    pub fn iter(self) -> impl Iterator<Item = IssueReason> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let reason = IssueReason::ALL.get(rest.trailing_zeros() as usize);
            // Clears the lowest bit.
            rest &= rest.wrapping_sub(1);
            reason.copied()
        })
    }
}

impl From<IssueReason> for Reasons {
    fn from(reason: IssueReason) -> Reasons {
        Reasons(1 << reason as u32)
    }
}

/// The message about a broken rule, and the number in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// A sentence for a person, in terms of the field. It repeats nothing of the input.
    pub message: Cow<'static, str>,
    /// The number in the message, if it has one.
    pub limit: Option<u64>,
}

impl Explanation {
    /// A message without a number.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Explanation {
        Explanation {
            message: message.into(),
            limit: None,
        }
    }

    /// A message about a field: its label and a predicate.
    pub fn of(label: &str, predicate: &str) -> Explanation {
        Explanation::new([label, " ", predicate].concat())
    }

    /// A message with a number.
    pub fn with_limit(message: impl Into<Cow<'static, str>>, limit: u64) -> Explanation {
        Explanation {
            message: message.into(),
            limit: Some(limit),
        }
    }
}

impl From<&'static str> for Explanation {
    fn from(message: &'static str) -> Explanation {
        Explanation::new(message)
    }
}

impl From<String> for Explanation {
    fn from(message: String) -> Explanation {
        Explanation::new(message)
    }
}

/// The numbers in the message of an issue. [`IssueReason`] documents their units.
///
/// ```
/// use agent_registrar::{UpdateAgentFields, validate_update_agent};
///
/// let name = "a".repeat(5_000);
/// let fields = UpdateAgentFields { name: name.as_str().into(), ..UpdateAgentFields::default() };
/// let issue = &validate_update_agent(fields).unwrap_err().issues[0];
/// assert!(issue.params.is_some_and(|it| it.limit < 5_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueParams {
    /// The limit that the value exceeds.
    pub limit: u64,
}

/// One broken rule of one field, of a body or of a query.
///
/// ```
/// use agent_registrar::{UpdateAgentFields, validate_update_agent};
///
/// let fields = UpdateAgentFields { name: " ".into(), ..UpdateAgentFields::default() };
/// let issue = &validate_update_agent(fields).unwrap_err().issues[0];
/// assert_eq!(issue.path, "details.name");
/// assert_eq!(issue.message, "Name must not be blank.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The field, dotted from the body's root: `details.name`.
    pub path: Cow<'static, str>,
    /// The upstream code. **\[doc\]** It follows from the reason.
    pub code: IssueCode,
    /// The broken rule, for programs.
    pub reason: IssueReason,
    /// The broken rule, for people: a sentence that repeats nothing of the input.
    pub message: Cow<'static, str>,
    /// The numbers in the message, if there are any.
    pub params: Option<IssueParams>,
}

impl Issue {
    /// An issue with the field at `path`.
    #[doc(hidden)]
    #[cold]
    pub fn new(
        path: impl Into<Cow<'static, str>>,
        reason: IssueReason,
        explanation: impl Into<Explanation>,
    ) -> Issue {
        let Explanation { message, limit } = explanation.into();
        Issue {
            path: path.into(),
            code: reason.code(),
            reason,
            message,
            params: limit.map(|limit| IssueParams { limit }),
        }
    }
}

/// A number with commas between its thousands, as messages show it: `10,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The bound of a range that a number exceeds. For a value that is not a number it is the upper bound, if there is one.
pub fn broken_bound(range: &RangeInclusive<u64>, number: Option<u64>) -> u64 {
    let (least, most) = (*range.start(), *range.end());
    if most == u64::MAX || number.is_some_and(|number| number < least) {
        return least;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_a_set_in_the_order_of_reports() {
        use IssueReason::{Blank, Missing, TooLong};
        let set = Reasons::of(&[TooLong, Missing]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Missing, TooLong]);
        assert_eq!((set.len(), set.position(TooLong)), (2, 1));
        assert!(set.contains(Missing) && !set.contains(Blank));
        assert_eq!(Reasons::NONE.with_if(false, Blank), Reasons::NONE);
        assert_eq!(Reasons::NONE.with_if(true, Blank), Blank.into());
    }

    #[test]
    fn the_code_follows_from_the_reason() {
        for reason in IssueReason::ALL {
            let required = reason.code() == IssueCode::RequiredValue;
            assert_eq!(required, reason == IssueReason::Missing);
        }
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (255, "255"),
            (1_000, "1,000"),
            (10_000, "10,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
