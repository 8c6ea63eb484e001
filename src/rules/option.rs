//! Fields with one of several words.

use super::issue::Explanation;

/// The message for a text that is none of the allowed words.
pub fn explain(label: &str, words: &[&str]) -> Explanation {
    format!("{label} must be one of {}.", words.join(", ")).into()
}
