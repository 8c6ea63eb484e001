//! Lists of what belongs to one object: instances and versions of an agent, spans of an instance.

use crate::model::pfid::Pfid;

/// One page of the children of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildQuery<O> {
    /// Whose children.
    pub parent: Pfid,
    /// In which order; what is equal in it is ordered by id.
    pub order: O,
    /// The whole order backwards, ids included. **\[ours\]**
    pub descending: bool,
    /// How many to skip.
    pub offset: u64,
    /// How many at most.
    pub size: u32,
}
