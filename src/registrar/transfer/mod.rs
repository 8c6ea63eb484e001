//! Moving records between registrars: the operator's export and import of an account. **\[ours\]**
//!
//! An export has everything of an account but secrets: of API tokens it has the digests. An import merges by id: a record
//! that the target does not have is added, an equal one stays, and one that differs is refused. So an import that
//! failed in the middle can be repeated from the beginning, and one that is repeated changes nothing.

mod export;
mod import;

pub use export::{Cursor, Phase, Sink, export};
pub(crate) use import::one_line;
pub use import::{Conflicts, Import, Merged};

use crate::store::{
    AccountRow, AgentRow, ApiTokenRow, EnvironmentRow, InstanceRow, SpanRow, VersionKind,
    VersionRow,
};

/// One record of an export.
#[derive(Clone, Copy, Debug)]
pub enum Record<'r> {
    /// The account, which is the first record.
    Account(&'r AccountRow<'r>),
    /// An environment.
    Environment(&'r EnvironmentRow<'r>),
    /// An API token.
    ApiToken(&'r ApiTokenRow<'r>),
    /// An agent. Its versions, its instances and their spans follow.
    Agent(&'r AgentRow<'r>),
    /// A version of the agent before it.
    Version(VersionKind, &'r VersionRow<'r>),
    /// An instance of the agent before it.
    Instance(&'r InstanceRow),
    /// A span of the instance before it.
    Span(&'r SpanRow<'r>),
}
