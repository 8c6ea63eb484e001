//! Applies the entries of the undo log to the tables.

use super::Data;
use super::undo::Undo;
use crate::store::{Kind, StoreError};

impl Undo {
    /// Undoes the write.
    pub(super) fn apply(self, data: &mut Data) -> Result<(), StoreError> {
        match self {
            Undo::AccountInserted(slot) => remove_account(data, slot),
            Undo::AccountUpdated(slot, record) => overwrite(data.accounts.get_mut(slot), *record),
            Undo::AccountState(slot, ids, usage) => {
                if let Some(record) = data.accounts.get_mut(slot) {
                    (record.ids, record.usage) = (ids, usage);
                }
            }
            Undo::Generated(before) => data.generated = before,
            Undo::EnvironmentInserted(slot) => {
                data.remove_environment(slot);
            }
            Undo::EnvironmentUpdated(slot, record) => {
                overwrite(data.environments.get_mut(slot), *record);
            }
            Undo::EnvironmentDeleted(record) => {
                data.add_environment(*record)?;
            }
            Undo::TokenInserted(slot) => {
                data.remove_token(slot);
            }
            Undo::TokenUpdated(slot, record) => data.tokens.replace(slot, *record),
            Undo::TokenDeleted(record) => {
                data.add_token(*record)?;
            }
            Undo::TokenVoided => {
                data.tokens.void.pop();
            }
            Undo::TokenSecret(before) => data.tokens.secret = before,
            Undo::AgentInserted(slot) => {
                data.remove_agent(slot);
            }
            Undo::AgentUpdated(slot, record) => {
                data.replace_agent(slot, *record)?;
            }
            Undo::AgentActivity(slot, counts, last_activity) => {
                data.set_activity(slot, counts, last_activity)?;
            }
            Undo::AgentDeleted(record) => {
                data.add_agent(*record)?;
            }
            Undo::DependentInserted(kind, slot) => {
                data.remove_dependent(kind, slot);
            }
            Undo::DependentUpdated(kind, slot, body, started_at) => {
                data.dependents_mut(kind)
                    .replace_body(slot, body, started_at);
            }
            Undo::DependentDeleted(kind, record) => {
                data.add_dependent(kind, *record)?;
            }
            Undo::AnswerKept(replaced) => data.answers.take_back(replaced),
            Undo::Cleared(before) => *data = *before,
        }
        Ok(())
    }
}

fn remove_account(data: &mut Data, slot: u32) {
    if let Some(record) = data.accounts.remove(slot) {
        data.ids.remove(record.id, Kind::Account, slot);
    }
}

fn overwrite<Record>(place: Option<&mut Record>, record: Record) {
    if let Some(place) = place {
        *place = record;
    }
}
