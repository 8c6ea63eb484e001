//! The limits of what is stored.

use super::operation::{Kind, Operation};
use super::refusal::Refusal;
use super::state::Account;
use super::{Caller, Model};

pub(super) const FULL: Refusal = (409, "insufficient_storage");

/// The limits of a deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most records of an account, itself included.
    pub account_records: Option<u64>,
    /// The most records of a registrar: of all accounts together, or of each object.
    pub records: Option<u64>,
}

impl Model {
    /// From now on, so much may be stored.
    pub fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The refusal of an operation that would store too many records. Nothing else refuses it.
    pub(super) fn no_room(&self, caller: &Caller, operation: &Operation) -> Option<Refusal> {
        let has_room = match (caller, operation) {
            (Caller::Token { partition, .. }, _) => {
                let account = self.accounts.get(partition)?;
                let (added, own) = (account.added(operation), account.records());
                added == 0 || self.has_room(self.records() - own, own, added)
            }
            // The account and its first token; the directory has those of each account that was made.
            (Caller::Operator, Operation::CreateAccount(_)) if self.has_front => {
                let records = self.directory.len() as u64 + self.made + 2;
                fits(self.limits.records, records)
            }
            (Caller::Operator, Operation::CreateAccount(_)) => self.has_room(self.records(), 0, 2),
            (Caller::Operator, _) => true,
        };
        (!has_room).then_some(FULL)
    }

    /// Whether an account with so many records may have more, beside the records of all other accounts.
    pub(super) fn has_room(&self, others: u64, own: u64, added: u64) -> bool {
        // Each object has the records of one account.
        let others = if self.has_front { 0 } else { others };
        fits(self.limits.account_records, own + added)
            && fits(self.limits.records, others + own + added)
    }

    /// The records of all accounts.
    pub(super) fn records(&self) -> u64 {
        self.accounts.values().map(Account::records).sum()
    }
}

fn fits(limit: Option<u64>, count: u64) -> bool {
    limit.is_none_or(|limit| count <= limit)
}

impl Account {
    /// The account itself, and everything in it.
    pub(super) fn records(&self) -> u64 {
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
