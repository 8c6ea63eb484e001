//! Idempotency keys.

use super::characters::{Allowed, scan};
use super::issue::{Explanation, IssueReason, Reasons, broken_bound};
use super::text::{self, TextRule};

/// Longest idempotency key, in characters of printable ASCII. **\[ours\]**
pub const LIMIT: usize = 128;
/// Shortest key of an item of a bulk request. **\[client\]**
pub const LEAST_OF_ITEM: usize = 8;

/// 1 to [`LIMIT`] characters of printable ASCII. **\[ours\]**
#[derive(Debug)]
pub struct IdempotencyKey;

impl TextRule for IdempotencyKey {
    const LIMIT: usize = LIMIT;
    const REASONS: Reasons = Reasons::of(&[
        IssueReason::Blank,
        IssueReason::TooLong,
        IssueReason::NotPrintableAscii,
    ]);

    fn check(text: &str) -> Reasons {
        if text.is_empty() {
            return IssueReason::Blank.into();
        }
        let found = scan(text, LIMIT, Allowed::PrintableAscii);
        Reasons::NONE
            .with_if(found.too_long, IssueReason::TooLong)
            .with_if(found.refused, IssueReason::NotPrintableAscii)
    }

    fn explain(label: &str, reason: IssueReason) -> Explanation {
        match reason {
            IssueReason::Blank => Explanation::of(label, "must not be blank."),
            IssueReason::TooLong => text::explain_too_long(label, LIMIT),
            IssueReason::NotPrintableAscii => Explanation::of(label, "must be printable ASCII."),
            _ => text::explain(label, reason),
        }
    }
}

/// The key of an item of a bulk request: [`LEAST_OF_ITEM`] to [`LIMIT`] characters of printable ASCII. **\[client\]**
/// One reason at a time is reported: characters before length. **\[ours\]**
#[derive(Debug)]
pub struct ItemKey;

impl TextRule for ItemKey {
    const LIMIT: usize = LIMIT;
    const REASONS: Reasons =
        Reasons::of(&[IssueReason::NotPrintableAscii, IssueReason::OutOfRange]);

    fn check(text: &str) -> Reasons {
        if scan(text, usize::MAX, Allowed::PrintableAscii).refused {
            return IssueReason::NotPrintableAscii.into();
        }
        let fits = (LEAST_OF_ITEM..=LIMIT).contains(&text.len());
        Reasons::NONE.with_if(!fits, IssueReason::OutOfRange)
    }

    fn explain(label: &str, reason: IssueReason) -> Explanation {
        match reason {
            IssueReason::Taken => {
                Explanation::of(label, "must differ from that of every other item.")
            }
            _ => IdempotencyKey::explain(label, reason),
        }
    }
}

/// The message for the key of an item with too few or too many characters.
pub fn explain_item_length(label: &str, length: usize) -> Explanation {
    let range = LEAST_OF_ITEM as u64..=LIMIT as u64;
    let message = format!("{label} must have {LEAST_OF_ITEM} to {LIMIT} characters.");
    Explanation::with_limit(message, broken_bound(&range, Some(length as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Vec<IssueReason> {
        IdempotencyKey::check(text).iter().collect()
    }

    #[test]
    fn a_key_is_printable_ascii() {
        assert_eq!(key(" ~"), []);
        assert_eq!(key(&"k".repeat(LIMIT)), []);
        assert_eq!(key(&"k".repeat(LIMIT + 1)), [IssueReason::TooLong]);
        assert_eq!(key(""), [IssueReason::Blank]);
        for bad in ["\t", "\u{7f}", "é"] {
            assert_eq!(key(bad), [IssueReason::NotPrintableAscii]);
        }
        assert_eq!(
            key(&"é".repeat(LIMIT + 1)),
            [IssueReason::TooLong, IssueReason::NotPrintableAscii]
        );
    }

    #[test]
    fn the_key_of_an_item_is_longer_and_has_one_issue() {
        let key = |text: &str| ItemKey::check(text).iter().collect::<Vec<_>>();
        assert_eq!(key(&"k".repeat(LEAST_OF_ITEM)), []);
        assert_eq!(key(&"k".repeat(LIMIT)), []);
        for length in [0, LEAST_OF_ITEM - 1, LIMIT + 1] {
            assert_eq!(key(&"k".repeat(length)), [IssueReason::OutOfRange]);
        }
        for bad in ["é".to_owned(), "\t".to_owned(), "k".repeat(LIMIT) + "\0"] {
            assert_eq!(key(&bad), [IssueReason::NotPrintableAscii]);
        }
    }
}
