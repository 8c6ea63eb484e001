//! Descriptions, of agents and versions.

use super::characters::{Allowed, scan};
use super::issue::{Explanation, IssueReason, Reasons};
use super::text::{self, TextRule};

/// Longest description, in Unicode scalar values. **\[ours\]**
pub const LIMIT: usize = 10_000;

/// At most [`LIMIT`] characters; no control characters but tab, line feed and carriage return; stored as given.
/// **\[ours\]**
#[derive(Debug)]
pub struct Description;

impl TextRule for Description {
    const LIMIT: usize = LIMIT;
    const REASONS: Reasons = Reasons::of(&[IssueReason::TooLong, IssueReason::ControlCharacter]);

    fn check(text: &str) -> Reasons {
        let found = scan(text, LIMIT, Allowed::Lines);
        Reasons::NONE
            .with_if(found.too_long, IssueReason::TooLong)
            .with_if(found.refused, IssueReason::ControlCharacter)
    }

    fn explain(label: &str, reason: IssueReason) -> Explanation {
        match reason {
            IssueReason::TooLong => text::explain_too_long(label, LIMIT),
            IssueReason::ControlCharacter => Explanation::of(
                label,
                "must not contain control characters other than tabs and line breaks.",
            ),
            _ => text::explain(label, reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(text: &str) -> Vec<IssueReason> {
        Description::check(text).iter().collect()
    }

    #[test]
    fn a_description_may_have_tabs_and_line_breaks() {
        assert_eq!(description("a\tb\r\nc"), []);
        assert_eq!(description(""), []);
        for c in (0..=0x9f)
            .filter_map(char::from_u32)
            .filter(|c| c.is_control())
        {
            let expected: &[IssueReason] = match c {
                '\t' | '\n' | '\r' => &[],
                _ => &[IssueReason::ControlCharacter],
            };
            assert_eq!(description(&c.to_string()), expected, "{c:?}");
        }
    }

    #[test]
    fn a_description_counts_scalar_values() {
        assert_eq!(description(&"🦀".repeat(LIMIT)), []);
        assert_eq!(description(&"🦀".repeat(LIMIT + 1)), [IssueReason::TooLong]);
    }
}
