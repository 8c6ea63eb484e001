//! Creates the configured accounts and environments that the store does not have.

use std::borrow::Cow;
use std::sync::Arc;

use super::OpenError;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::registrar::config::{AccountConfig, EnvironmentConfig};
use crate::registrar::id_state::AccountState;
use crate::registrar::{Caller, ConfigError, Registrar};
use crate::sort::sorted;
use crate::store::{
    AccountRow, EnvironmentRow, GeneratedEnvironment, IdState, Kind, StoreError, Usage,
};

/// The configured ids. Each may occur once.
#[derive(Default)]
struct Ensured {
    accounts: Vec<Pfid>,
    environments: Vec<Pfid>,
}

impl Ensured {
    fn require_unique(&self) -> Result<(), ConfigError> {
        let is_unique = |ids: &[Pfid]| {
            let sorted = sorted(ids, Pfid::cmp);
            sorted.windows(2).all(|pair| pair[0] != pair[1])
        };
        for (ids, duplicate) in [
            (&self.accounts, DUPLICATE_ACCOUNT),
            (&self.environments, DUPLICATE_ENVIRONMENT),
        ] {
            if !is_unique(ids) {
                return Err(duplicate);
            }
        }
        Ok(())
    }
}

const DUPLICATE_ACCOUNT: ConfigError = ConfigError::Duplicate("accounts.id");
const DUPLICATE_ENVIRONMENT: ConfigError = ConfigError::Duplicate("accounts.environments.id");

/// Generated environments, sorted by account and place for look-ups.
struct Remembered<'g>(Vec<&'g GeneratedEnvironment>);

impl<'g> Remembered<'g> {
    fn new(generated: &'g [GeneratedEnvironment]) -> Remembered<'g> {
        Remembered(sorted(generated, |a, b| {
            (a.account_id, a.place).cmp(&(b.account_id, b.place))
        }))
    }

    fn id(&self, account_id: Pfid, place: u64) -> Option<Pfid> {
        let wanted = (account_id, place);
        let found = self
            .0
            .binary_search_by(|it| (it.account_id, it.place).cmp(&wanted));
        found
            .ok()
            .and_then(|index| self.0.get(index))
            .map(|it| it.id)
    }
}

impl Registrar {
    /// Creates the configured accounts and environments that the store does not have. `remembered` are ids of
    /// environments from before a reset.
    pub(super) fn ensure_configuration(
        &mut self,
        now: Timestamp,
        remembered: &[GeneratedEnvironment],
    ) -> Result<(), OpenError> {
        let config = Arc::clone(&self.config);
        let stored = self.store.generated_environments()?;
        let generated = [&stored, remembered].map(Remembered::new);
        let mut ensured = Ensured::default();
        for account in &config.accounts {
            self.ensure_account(account, now, &mut ensured)?;
            let caller = Caller::of_account(account.id, now);
            for (place, environment) in (0..).zip(&account.environments) {
                let (id, is_new) = match environment.id {
                    Some(id) => (id, !self.was_deleted(account.id, id)?),
                    None => self.generated_id(&caller, place, &generated)?,
                };
                self.ensure_environment(&caller, (id, is_new), environment, &mut ensured)?;
            }
            self.save_ids()?;
        }
        // Afterwards, because a generated id may be configured, too. The transaction is rolled back.
        ensured.require_unique()?;
        Ok(self.ensure_secret()?)
    }

    fn ensure_account(
        &mut self,
        account: &AccountConfig,
        now: Timestamp,
        ensured: &mut Ensured,
    ) -> Result<(), OpenError> {
        match self.store.locate(account.id)? {
            Some(located) if located.kind != Kind::Account => {
                return Err(DUPLICATE_ACCOUNT.into());
            }
            Some(_) => {}
            None => {
                // A partition routes to one account **\[client\]**; in a shared one, each could learn the other's ids.
                let partition = account.id.partition();
                if self.ids.has_partition(partition) {
                    return Err(ConfigError::Duplicate("the partition of accounts.id").into());
                }
                self.store.insert_account(&AccountRow {
                    id: account.id,
                    name: Cow::Borrowed(&account.name),
                    inserted_at: now,
                    updated_at: now,
                    ids: IdState::default(),
                    usage: Usage::default(),
                })?;
                self.ids.set_account(account.id, AccountState::default());
                self.count(account.id, Usage::of_account(&account.name));
            }
        }
        ensured.accounts.push(account.id);
        let chosen = account.environments.iter().filter_map(|it| it.id);
        for id in chosen.chain([account.id]) {
            self.ids.note_chosen(account.id, id);
        }
        Ok(())
    }

    /// Whether an environment of the configuration was deleted: it is not created again.
    pub(super) fn was_deleted(&self, account_id: Pfid, id: Pfid) -> Result<bool, StoreError> {
        let known = self.store.generated_environments()?;
        let is_it = |it: &GeneratedEnvironment| it.account_id == account_id && it.id == id;
        Ok(known.iter().any(is_it) && self.store.environment(id)?.is_none())
    }

    /// The id of a configured environment without one, and whether it is new. It is generated once, stored, and
    /// kept by a reset.
    fn generated_id(
        &mut self,
        caller: &Caller,
        place: u64,
        [stored, remembered]: &[Remembered<'_>; 2],
    ) -> Result<(Pfid, bool), OpenError> {
        let account_id = caller.account_id;
        if let Some(id) = stored.id(account_id, place) {
            return Ok((id, false));
        }
        // A reset generates one as well, so that the following ids are those of the first start.
        let fresh = self.new_id(caller)?;
        let id = remembered.id(account_id, place).unwrap_or(fresh);
        self.store
            .keep_generated_environment(&GeneratedEnvironment {
                account_id,
                place,
                id,
            })?;
        Ok((id, true))
    }

    fn ensure_environment(
        &mut self,
        caller: &Caller,
        (id, is_new): (Pfid, bool),
        environment: &EnvironmentConfig,
        ensured: &mut Ensured,
    ) -> Result<(), OpenError> {
        if id.partition() != caller.account_id.partition() {
            return Err(ConfigError::ForeignPartition.into());
        }
        match self.store.locate(id)? {
            Some(located)
                if located.kind != Kind::Environment || located.account_id != caller.account_id =>
            {
                return Err(DUPLICATE_ENVIRONMENT.into());
            }
            Some(_) => {}
            None if !is_new => {}
            None => {
                let row = EnvironmentRow {
                    id,
                    account_id: caller.account_id,
                    name: Cow::Borrowed(&environment.name),
                    inserted_at: caller.now,
                    updated_at: caller.now,
                };
                self.store.insert_environment(&row)?;
                self.count(caller.account_id, Usage::of_environment(&row));
            }
        }
        ensured.environments.push(id);
        Ok(())
    }
}
