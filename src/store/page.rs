//! One page of a list.

/// The part of a list that is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The number of records to skip. May exceed the length of the list.
    pub offset: u64,
    /// The maximum number of records.
    pub size: u32,
    /// Whether the whole order is reversed, ids included. **\[ours\]**
    pub descending: bool,
}
