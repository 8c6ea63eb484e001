//! The changes of all tables, in their order, and the order in which the tables are emptied.

use super::group::Group;
use super::host::SqlHost;
use super::migration::Change;
use super::session::Session;
use super::{Statement, accounts, agent_table, answers, buckets, chunks, counting, environments};
use super::{instance_table, key_room, migration, span_table, tokens, totals, usage, versions};
use crate::store::StoreError;

/// All changes; those of one version run in this order.
pub(super) const CHANGES: &[&[Change]] = &[
    migration::CHANGES,
    chunks::CHANGES,
    accounts::CHANGES,
    environments::CHANGES,
    agent_table::CHANGES,
    totals::CHANGES,
    versions::CHANGES,
    instance_table::CHANGES,
    span_table::CHANGES,
    answers::CHANGES,
    tokens::CHANGES,
    usage::CHANGES,
    key_room::CHANGES,
    buckets::CHANGES,
    counting::CHANGES,
];

/// The statements that empty the tables, dependents first.
const CLEAR: &[Statement] = &[
    chunks::CLEAR,
    answers::CLEAR,
    key_room::CLEAR,
    tokens::CLEAR,
    tokens::CLEAR_VOID,
    tokens::CLEAR_SECRET,
    span_table::CLEAR,
    instance_table::CLEAR,
    versions::CLEAR,
    totals::CLEAR,
    buckets::CLEAR,
    counting::CLEAR,
    agent_table::CLEAR,
    environments::CLEAR,
    accounts::CLEAR_GENERATED,
    accounts::CLEAR,
    migration::CLEAR_OBJECT,
];

impl<H: SqlHost> Session<H> {
    /// Removes all records.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        for statement in CLEAR {
            self.run(*statement, &[])?;
        }
        // The group is of rows that are gone.
        if let Some(group) = &mut self.group {
            *group = Group::default();
        }
        self.forget();
        Ok(())
    }
}
