//! The limit of the records of an account.

use super::operation::{Kind, Operation};
use super::refusal::Refusal;
use super::state::Account;
use super::{Caller, Model};

const FULL: Refusal = (409, "insufficient_storage");

impl Model {
    /// No account may have more records than this.
    pub fn limit(&mut self, account_records: Option<u64>) {
        self.account_records = account_records;
    }

    /// The refusal of an operation that would store too many records. Nothing else refuses it.
    pub(super) fn no_room(&self, caller: &Caller, operation: &Operation) -> Option<Refusal> {
        let Caller::Token { partition, .. } = caller else {
            return None;
        };
        let (limit, account) = (self.account_records?, self.accounts.get(partition)?);
        let added = account.added(operation);
        (added > 0 && account.records() + added > limit).then_some(FULL)
    }
}

impl Account {
    /// The account itself, and everything in it.
    fn records(&self) -> u64 {
        let parts = [
            self.environments.len(),
            self.agents.len(),
            self.versions.len(),
            self.instances.len(),
            self.spans.len(),
            self.tokens.len(),
        ];
        1 + parts.iter().sum::<usize>() as u64
    }

    /// How many records an operation adds.
    fn added(&self, operation: &Operation) -> u64 {
        match operation {
            Operation::CreateAgent { .. }
            | Operation::CreateVersion(..)
            | Operation::CreateSpan { .. }
            | Operation::CreateEnvironment(..)
            | Operation::CreateToken(..) => 1,
            Operation::Register {
                agent, versions, ..
            } => {
                let kinds = [Kind::Version, Kind::SchemaVersion];
                let is_new = |(kind, identifier): &(Kind, &Option<String>)| {
                    identifier.as_ref().is_some_and(|identifier| {
                        self.versions.values().all(|it| {
                            (it.kind, it.agent, &it.identifier) != (*kind, *agent, identifier)
                        })
                    })
                };
                1 + kinds.into_iter().zip(versions).filter(is_new).count() as u64
            }
            _ => 0,
        }
    }
}
