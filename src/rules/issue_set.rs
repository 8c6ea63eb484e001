//! The issues that the fields of an agent's bodies can have, as a set of bits.

use super::fields::Field;
use super::issue::{Issue, IssueReason, Reasons};

/// One possible issue: a field and a rule that it can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueKind {
    /// The field.
    pub field: Field,
    /// The rule.
    pub reason: IssueReason,
}

impl IssueKind {
    /// Every possible issue, in the order of reports.
    pub fn all() -> impl Iterator<Item = IssueKind> {
        Field::ALL.into_iter().flat_map(|field| {
            field
                .reasons()
                .iter()
                .map(move |reason| IssueKind { field, reason })
        })
    }

    /// [`Field::dotted_path`].
    pub fn path(self) -> String {
        self.field.dotted_path()
    }

    /// The issue, with its message.
    #[cold]
    pub fn issue(self) -> Issue {
        Issue::new(self.path(), self.reason, self.field.explain(self.reason))
    }
}

/// A set of [`IssueKind`]s: the verdict on a body. Bit n stands for the nth of [`IssueKind::all`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IssueSet(u64);

impl IssueSet {
    /// No issue: the verdict on a valid body.
    pub const NONE: IssueSet = IssueSet(0);

    /// The number of possible issues.
    pub const SIZE: u32 = FIRST_BITS[Field::ALL.len()];

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as bits.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The set of these bits, as [`bits`](IssueSet::bits) gives them; others are dropped.
    pub fn from_bits(bits: u64) -> IssueSet {
        IssueSet(bits & ((1 << Self::SIZE) - 1))
    }

    fn bit(field: Field, reason: IssueReason) -> u64 {
        1 << (FIRST_BITS[field as usize] + field.reasons().position(reason))
    }

    /// Whether the set contains it.
    pub fn contains(self, field: Field, reason: IssueReason) -> bool {
        field.reasons().contains(reason) && self.0 & Self::bit(field, reason) != 0
    }

    /// Adds one. A reason that the field cannot have is not added.
    pub fn insert(&mut self, field: Field, reason: IssueReason) {
        if field.reasons().contains(reason) {
            self.0 |= Self::bit(field, reason);
        }
    }

    /// Removes one.
    pub fn remove(&mut self, field: Field, reason: IssueReason) {
        if field.reasons().contains(reason) {
            self.0 &= !Self::bit(field, reason);
        }
    }

    /// Adds these reasons of a field.
    #[inline]
    pub(super) fn add(&mut self, field: Field, reasons: Reasons) {
        // Most fields break no rule.
        if !reasons.is_empty() {
            reasons.iter().for_each(|reason| self.insert(field, reason));
        }
    }

    /// The issues in the order of reports.
    pub fn iter(self) -> impl Iterator<Item = IssueKind> {
        IssueKind::all()
            .enumerate()
            .filter(move |(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, kind)| kind)
    }

    /// The issues with their messages, in the order of reports.
    pub fn issues(self) -> Vec<Issue> {
        if self.is_empty() {
            return Vec::new();
        }
        self.iter().map(IssueKind::issue).collect()
    }
}

/// The bit of each field's first reason, and then the number of all bits.
const FIRST_BITS: [u32; Field::ALL.len() + 1] = {
    let mut bits = [0; Field::ALL.len() + 1];
    let mut index = 0;
    while index < Field::ALL.len() {
        bits[index + 1] = bits[index] + Field::ALL[index].reasons().len();
        index += 1;
    }
    bits
};
