//! Fields that hold one of some words.

use super::issue::Explanation;

/// The sentence for a text that is none of the words that are possible.
pub fn explain(label: &str, words: &[&str]) -> Explanation {
    format!("{label} must be one of {}.", words.join(", ")).into()
}
