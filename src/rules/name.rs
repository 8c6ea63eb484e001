//! Names: of agents, environments, accounts and versions; external identifiers and span schemas too.

use super::characters::{Allowed, scan, trim};
use super::issue::{Explanation, IssueReason, Reasons};
use super::text::{self, TextRule};

/// Longest name after trimming, in Unicode scalar values. **\[ours\]**
pub const LIMIT: usize = 255;

/// 1 to [`LIMIT`] characters after trimming Unicode white space; no control characters; stored trimmed. **\[ours\]**
#[derive(Debug)]
pub struct Name;

impl TextRule for Name {
    const LIMIT: usize = LIMIT;
    const TRIMMED: bool = true;
    const REASONS: Reasons = Reasons::of(&[
        IssueReason::Blank,
        IssueReason::TooLong,
        IssueReason::ControlCharacter,
    ]);

    fn check(text: &str) -> Reasons {
        let text = trim(text);
        if text.is_empty() {
            return IssueReason::Blank.into();
        }
        let found = scan(text, LIMIT, Allowed::Printable);
        Reasons::NONE
            .with_if(found.too_long, IssueReason::TooLong)
            .with_if(found.refused, IssueReason::ControlCharacter)
    }

    fn explain(label: &str, reason: IssueReason) -> Explanation {
        match reason {
            IssueReason::Blank => Explanation::of(label, "must not be blank."),
            IssueReason::TooLong => text::explain_too_long(label, LIMIT),
            IssueReason::ControlCharacter => {
                Explanation::of(label, "must not contain control characters.")
            }
            _ => text::explain(label, reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Vec<IssueReason> {
        Name::check(text).iter().collect()
    }

    #[test]
    fn a_name_counts_scalar_values_after_trimming() {
        for unit in ["a", "é", "€", "🦀"] {
            assert_eq!(name(&unit.repeat(LIMIT)), []);
            assert_eq!(name(&unit.repeat(LIMIT + 1)), [IssueReason::TooLong]);
            let padded = format!("\u{85}\u{3000} {} \t\n", unit.repeat(LIMIT));
            assert_eq!(name(&padded), []);
        }
    }

    #[test]
    fn a_name_of_white_space_is_blank_and_other_controls_are_refused() {
        for blank in [
            "",
            " ",
            "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}",
        ] {
            assert_eq!(name(blank), [IssueReason::Blank]);
        }
        for text in ["a\tb", "\0", "a\u{7f}", "a\u{9f}b", "a\u{85}b"] {
            assert_eq!(name(text), [IssueReason::ControlCharacter], "{text:?}");
        }
        for text in ["\u{feff}", "\u{200b}", "\u{180e}", "\u{ad}"] {
            assert_eq!(name(text), [], "{text:?} is neither");
        }
    }

    #[test]
    fn a_text_beyond_its_limit_is_not_examined_further() {
        let long = "a".repeat(LIMIT) + "\0";
        assert_eq!(name(&long), [IssueReason::TooLong]);
        let both = "\0".to_owned() + &"a".repeat(LIMIT);
        assert_eq!(
            name(&both),
            [IssueReason::TooLong, IssueReason::ControlCharacter]
        );
    }

    #[test]
    fn its_message_has_the_limit() {
        let explanation = Name::explain("Name", IssueReason::TooLong);
        assert_eq!(explanation.limit, Some(LIMIT as u64));
        assert_eq!(
            explanation.message,
            format!("Name must have at most {LIMIT} characters.")
        );
    }

    proptest! {
        #[test]
        fn the_name_rule_says_what_the_contract_says(text in "[ \\t\u{85}\u{a0}a-c🦀\u{0}\u{feff}]{0,12}|\\PC{240,270}") {
            let trimmed = text.trim();
            let count = trimmed.chars().count();
            let found = Name::check(&text);
            prop_assert_eq!(found.contains(IssueReason::Blank), count == 0);
            prop_assert_eq!(found.contains(IssueReason::TooLong), count > LIMIT);
            prop_assert_eq!(found.contains(IssueReason::ControlCharacter), trimmed.chars().take(LIMIT).any(char::is_control));
        }
    }
}
