//! Fields with an id.

use super::issue::{Explanation, IssueReason, Reasons};
use super::text::{self, TextRule};
use crate::model::pfid::Pfid;

/// A PFID. **\[doc\]**
#[derive(Debug)]
pub struct Id;

impl TextRule for Id {
    const LIMIT: usize = Pfid::TEXT_LEN;
    const REASONS: Reasons = Reasons::of(&[IssueReason::NotAPfid]);

    fn check(text: &str) -> Reasons {
        let valid = Pfid::is_valid(text.as_bytes());
        Reasons::NONE.with_if(!valid, IssueReason::NotAPfid)
    }

    fn explain(label: &str, reason: IssueReason) -> Explanation {
        match reason {
            IssueReason::NotAPfid => Explanation::of(label, "must be a PFID."),
            _ => text::explain(label, reason),
        }
    }
}

/// The id that a caller chooses for a new object: a PFID of the account's partition that no object has yet. **\[client\]**
///
/// The check of a text cannot know the account or the existing objects: callers add the reasons `foreign_partition` and `taken`.
#[derive(Debug)]
pub struct ChosenId;

impl TextRule for ChosenId {
    const LIMIT: usize = Id::LIMIT;
    const REASONS: Reasons = Id::REASONS.and(Reasons::of(&[IssueReason::ForeignPartition]));

    fn check(text: &str) -> Reasons {
        Id::check(text)
    }

    fn explain(label: &str, reason: IssueReason) -> Explanation {
        match reason {
            IssueReason::ForeignPartition => {
                Explanation::of(label, "must be in the account's partition.")
            }
            IssueReason::Taken => Explanation::of(label, "is already taken."),
            _ => Id::explain(label, reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_pfid() {
        let id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
        assert_eq!(Id::check(id), Reasons::NONE);
        assert_eq!(ChosenId::check(id), Reasons::NONE);
        for text in ["", "x", &id.to_uppercase(), &format!("{id} ")] {
            assert_eq!(Id::check(text), IssueReason::NotAPfid.into());
        }
    }
}
