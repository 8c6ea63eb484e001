//! What the records count for the limits, counted anew after a snapshot was loaded.

use super::Data;
use super::records::DependentKind;
use crate::model::pfid::Pfid;
use crate::store::{Kind, StoreError, Usage};

const CORRUPT: StoreError = StoreError::Corrupt("an object without its account");

impl Data {
    /// Sets the usage of every account to what its records count.
    pub(super) fn recount(&mut self) -> Result<(), StoreError> {
        let mut usage: Vec<(Pfid, Usage)> = self
            .accounts
            .iter()
            .map(|(_, account)| (account.id, Usage::of_account(&account.name)))
            .collect();
        usage.sort_unstable_by_key(|it| it.0);
        let mut add = |account_id: Pfid, added: Usage| -> Result<(), StoreError> {
            let index = usage.binary_search_by_key(&account_id, |it| it.0);
            let (_, it) = index
                .ok()
                .and_then(|index| usage.get_mut(index))
                .ok_or(CORRUPT)?;
            *it = it.plus(added);
            Ok(())
        };
        for (_, record) in self.environments.iter() {
            add(record.account_id, Usage::of_environment(&record.row()))?;
        }
        for record in self.tokens.iter() {
            add(record.account_id, Usage::of_token(&record.row()))?;
        }
        for slot in self.agents.slots() {
            let row = self.agent_row(slot)?;
            add(row.account_id, Usage::of_agent(&row))?;
        }
        for kind in DependentKind::ALL {
            for slot in self.dependents(kind).slots() {
                let owner = self.dependent_owner(kind, slot).ok_or(CORRUPT)?;
                let one = match kind {
                    DependentKind::Version | DependentKind::SchemaVersion => {
                        Usage::of_version(&self.version_row(kind, slot)?)
                    }
                    DependentKind::Instance => Usage::of_instance(),
                    DependentKind::Span => Usage::of_span(&self.span_row(slot)?),
                };
                add(owner.account_id, one)?;
            }
        }
        for (account_id, usage) in usage {
            let slot = self.find(Kind::Account, account_id).ok_or(CORRUPT)?;
            self.accounts.get_mut(slot).ok_or(CORRUPT)?.usage = usage;
        }
        Ok(())
    }
}
