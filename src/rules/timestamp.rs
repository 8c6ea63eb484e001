//! Fields with a time.

use super::issue::{Explanation, IssueReason, Reasons};
use super::text::{self, TextRule};
use crate::model::timestamp::Timestamp;

/// RFC 3339 with any offset and up to nanoseconds, as [`Timestamp::parse_rfc3339`] reads it. **\[client\]**
#[derive(Debug)]
pub struct Time;

impl TextRule for Time {
    const LIMIT: usize = Timestamp::MAX_GIVEN_LEN;
    const REASONS: Reasons = Reasons::of(&[IssueReason::NotATimestamp]);

    fn check(text: &str) -> Reasons {
        let valid = Timestamp::parse_rfc3339(text).is_ok();
        Reasons::NONE.with_if(!valid, IssueReason::NotATimestamp)
    }

    fn explain(label: &str, reason: IssueReason) -> Explanation {
        match reason {
            IssueReason::NotATimestamp => {
                Explanation::of(label, "must be a timestamp as in RFC 3339.")
            }
            _ => text::explain(label, reason),
        }
    }
}
