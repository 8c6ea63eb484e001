//! Opening a registrar: the configuration is ensured in the store.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use thiserror::Error;

use super::config::{AccountConfig, EnvironmentConfig, TokenConfig};
use super::ids::{AccountState, IdError, Ids};
use super::tokens::{Scope, TokenFacts, Tokens, signing_secret};
use super::unit::Unit;
use super::{Caller, Config, ConfigError, Outcome, Registrar, numbers};
use crate::model::pfid::{Pfid, PfidError};
use crate::model::timestamp::Timestamp;
use crate::sort::sorted;
use crate::store::{
    AccountRow, EnvironmentRow, GeneratedEnvironment, IdState, Kind, MemoryStore, Store,
    StoreError, Usage,
};

/// An error of opening a registrar.
///
/// ```
/// use agent_registrar::{Config, OpenError, Registrar, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a", "tokens": [{"token": "b"}, {"token": "b"}]}"#)?;
/// let error = Registrar::new(config, Timestamp::EPOCH).err();
/// assert!(matches!(error, Some(OpenError::Config(_))));
/// # Ok::<(), agent_registrar::ConfigError>(())
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration is invalid, or contradicts the records in the store.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No id could be generated for an environment.
    #[error(transparent)]
    Id(#[from] PfidError),
}

impl From<IdError> for OpenError {
    fn from(error: IdError) -> OpenError {
        match error {
            IdError::Time(error) => error.into(),
            IdError::Store(error) => error.into(),
            IdError::NoAccount => StoreError::Conflict("there is no such account").into(),
        }
    }
}

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
    /// Creates a registrar with its own store in memory.
    pub fn new(config: Config, now: Timestamp) -> Result<Registrar, OpenError> {
        let store = MemoryStore::new(memory_seed(&config));
        Registrar::open(config, Box::new(store), now)
    }

    /// Opens a registrar on a store, which may have records. Configured accounts and environments that the
    /// store has stay unchanged, with their current names. The others are created, but a configured
    /// environment that was deleted stays deleted, and its tokens open nothing. **\[ours\]**
    pub fn open(
        config: Config,
        store: Box<dyn Store>,
        now: Timestamp,
    ) -> Result<Registrar, OpenError> {
        let [first_request, ..] = numbers(&config.seed);
        let limits = config.limits.or(store.default_limits());
        let first_request = match config.resume.requests {
            0 => first_request,
            requests => requests,
        };
        let mut registrar = Registrar {
            ids: Ids::after(&config.seed, &config.resume),
            config: Arc::new(config),
            store,
            tokens: Tokens::default(),
            requests: first_request,
            unit: Unit::default(),
            sorted_rows: Cell::new(0),
            limits,
            changes: 0,
        };
        for row in registrar.store.accounts()? {
            let AccountRow { ids, usage, .. } = row;
            registrar
                .ids
                .set_account(row.id, AccountState { ids, usage });
        }
        registrar.store.begin()?;
        let ensured = registrar.ensure_configuration(now, &[]);
        registrar.end_set_up(ensured)?;
        registrar.admit_tokens()?;
        Ok(registrar)
    }

    /// Removes every record and applies the configuration again. Ids and request ids go on. An environment whose id was
    /// generated keeps the id, because tokens refer to it.
    pub fn reset(&mut self, now: Timestamp) -> Result<(), OpenError> {
        let ids = self.ids.go_on(&self.config.seed);
        self.clear(now, ids)
    }

    /// As [`reset`](Registrar::reset), but ids and request ids start again: those of a new registrar follow.
    pub fn restart(&mut self, now: Timestamp) -> Result<(), OpenError> {
        let [first_request, ..] = numbers(&self.config.seed);
        self.clear(now, Ids::new(&self.config.seed))?;
        self.requests = first_request;
        Ok(())
    }

    fn clear(&mut self, now: Timestamp, ids: Ids) -> Result<(), OpenError> {
        let remembered = self.store.generated_environments()?;
        self.changes += 1;
        self.store.begin()?;
        let ids = std::mem::replace(&mut self.ids, ids);
        let cleared = self.store.clear().map_err(OpenError::from);
        let ensured = cleared.and_then(|()| self.ensure_configuration(now, &remembered));
        let ended = self.end_set_up(ensured);
        if ended.is_err() {
            self.ids = ids;
        }
        ended
    }

    fn end_set_up(&mut self, ensured: Result<(), OpenError>) -> Result<(), OpenError> {
        let ensured = ensured.and_then(|()| Ok(self.token_facts()?));
        let outcome = match &ensured {
            Ok(_) => Outcome::Commit,
            Err(_) => Outcome::Rollback,
        };
        // A failed rollback is the error to report, because the store may have changed.
        self.end_transaction(outcome)?;
        self.tokens.take_over(ensured?);
        Ok(())
    }

    /// Creates the configured accounts and environments that the store does not have. `remembered` are ids of
    /// environments from before a reset.
    fn ensure_configuration(
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

    /// Sees to a secret that signs tokens: the configured one, or the store's.
    pub(super) fn ensure_secret(&mut self) -> Result<(), StoreError> {
        if self.config.secret.is_none() && self.store.token_secret()?.is_none() {
            let secret = signing_secret(&self.config.seed);
            self.store.keep_token_secret(&secret)?;
        }
        Ok(())
    }

    /// The registrar's state of the store's tokens.
    pub(super) fn token_facts(&self) -> Result<TokenFacts, StoreError> {
        Ok(TokenFacts {
            has_managed: self.store.has_api_tokens()?,
            secret: match &self.config.secret {
                Some(secret) => secret.clone(),
                None => self.store.token_secret()?.unwrap_or_default().into(),
            },
        })
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
    fn was_deleted(&self, account_id: Pfid, id: Pfid) -> Result<bool, StoreError> {
        let known = self.store.generated_environments()?;
        let is_it = |it: &GeneratedEnvironment| it.account_id == account_id && it.id == id;
        Ok(known.iter().any(is_it) && self.store.environment(id)?.is_none())
    }

    /// Notes that an environment is deleted, if the configuration has its id.
    pub(super) fn note_deleted(&mut self, account_id: Pfid, id: Pfid) -> Result<(), StoreError> {
        let config = Arc::clone(&self.config);
        let mut accounts = config.accounts.iter().filter(|it| it.id == account_id);
        let is_configured =
            accounts.any(|account| account.environments.iter().any(|it| it.id == Some(id)));
        let known = self.store.generated_environments()?;
        let is_noted = |it: &GeneratedEnvironment| it.account_id == account_id && it.id == id;
        if !is_configured || known.iter().any(is_noted) {
            return Ok(());
        }
        let deleted = known.iter().filter(|it| !it.is_generated());
        let place = GeneratedEnvironment::DELETED + deleted.count() as u64;
        self.write()
            .keep_generated_environment(&GeneratedEnvironment {
                account_id,
                place,
                id,
            })
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

    /// Adds the configured tokens.
    fn admit_tokens(&mut self) -> Result<(), OpenError> {
        let config = Arc::clone(&self.config);
        let scope_of = |token: &TokenConfig| Scope {
            account_id: token.account_id,
            environment_id: token.environment_id,
        };
        for token in &config.tokens {
            let scope = scope_of(token);
            if !self.ids.has_account(scope.account_id) {
                return Err(ConfigError::Unknown("tokens.account_id").into());
            }
            if let Some(id) = scope.environment_id {
                let row = self.store.environment(id)?;
                let is_gone = row.is_none()
                    && (self.store.is_void_token(&token.sha256)?
                        || self.was_deleted(scope.account_id, id)?);
                if !is_gone && row.is_none_or(|row| row.account_id != scope.account_id) {
                    return Err(ConfigError::Unknown("tokens.environment_id").into());
                }
            }
        }
        let tokens = config.tokens.iter();
        if !self
            .tokens
            .add(tokens.map(|token| (token.sha256, scope_of(token))))
        {
            return Err(ConfigError::Token.into());
        }
        if let Some(digest) = config.operator_token
            && !self.tokens.add_operator(digest)
        {
            return Err(ConfigError::OperatorToken.into());
        }
        Ok(())
    }

    /// The first account and its first environment, the defaults of a caller. If that environment was deleted,
    /// it is the oldest one.
    pub fn defaults(&self) -> Result<Option<(Pfid, Option<Pfid>)>, StoreError> {
        let Some(account) = self.config.accounts.first() else {
            return Ok(None);
        };
        let first = match account.environments.first().map(|it| it.id) {
            None => None,
            Some(Some(id)) => Some(id),
            Some(None) => {
                let generated = self.store.generated_environments()?;
                let of_first =
                    |it: &&GeneratedEnvironment| (it.account_id, it.place) == (account.id, 0);
                generated.iter().find(of_first).map(|it| it.id)
            }
        };
        if let Some(id) = first
            && self.store.environment(id)?.is_some()
        {
            return Ok(Some((account.id, first)));
        }
        let environments = self.store.environments(account.id)?;
        Ok(Some((
            account.id,
            environments.iter().map(|row| row.id).min(),
        )))
    }
}

/// The secret of the indexes of a store in memory. The seed alone may be published, so the configured hash key is added, or else
/// the random numbers of the standard library, which on wasm32 has none.
fn memory_seed(config: &Config) -> u64 {
    let [.., seed] = numbers(&config.seed);
    let key = config.hash_key.map(|key| numbers(&key));
    seed ^ key.map_or_else(host_randomness, |[number, ..]| number)
}

#[cfg(not(target_arch = "wasm32"))]
fn host_randomness() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

#[cfg(target_arch = "wasm32")]
fn host_randomness() -> u64 {
    0
}
