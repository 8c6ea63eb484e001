//! One page of a list.

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many records to skip. It may lie past the end.
    pub offset: u64,
    /// How many records to give at most.
    pub size: u32,
    /// The whole order backwards, ids included. **\[ours\]**
    pub descending: bool,
}
