//! The operations: who may do what, to what, and what it changes.
//!
//! One file per kind of object, one function per operation. Each takes the [`Registrar`] and the
//! [`Caller`], checks everything before it writes anything, and so happens whole or not at all.
//! What the caller may not see does not exist for it: see [`Caller::sees`].

#![forbid(unsafe_code)]

pub mod accounts;
pub mod agents;
pub mod children;
pub mod config;
pub mod environments;
pub mod failure;
pub mod idempotency;
pub mod ids;
pub mod instances;
pub mod spans;
pub mod tokens;
pub mod versions;

use std::rc::Rc;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;

pub use crate::rules::Issue;
pub use config::{Config, ConfigError};
pub use failure::{Failure, Findings, Reason};
pub use ids::Kind;

use crate::digest::sha256;
use crate::model::pfid::{Generator, Pfid};
use crate::model::timestamp::Timestamp;
use crate::store::codec::{Reader, Writer};
use crate::store::{EnvironmentRow, MemoryStore, Store};
use tokens::{Scope, Tokens};

/// Accounts, their tokens, and all records: the whole state of the service.
pub struct Registrar {
    accounts: Vec<Account>,
    tokens: Tokens,
    /// For ids and for nothing else: the same operations give the same ids, whatever was asked between them. **\[ours\]**
    random: ChaCha8Rng,
    /// Where the ids of requests come from: not from the randomness of objects' ids, which must not depend on how many
    /// requests there were.
    requests: u64,
    store: Box<dyn Store>,
    /// The ids of those configured environments that have none of their own.
    made: Vec<Made>,
    config: Rc<Config>,
}

/// One account.
#[derive(Debug)]
pub struct Account {
    /// Its id.
    pub id: Pfid,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Makes the ids of everything in it, strictly increasing. **\[ours\]**
    generator: Generator,
    /// The highest id that somebody chose: no fresh id above it is taken.
    highest_chosen: Option<Pfid>,
}

/// An id that was made for a configured environment.
#[derive(Clone, Copy, Debug)]
struct Made {
    account_id: Pfid,
    /// Which of the account's configured environments it is, counted from 0.
    place: u64,
    id: Pfid,
}

impl Made {
    fn is_of(&self, account_id: Pfid, place: u64) -> bool {
        (self.account_id, self.place) == (account_id, place)
    }
}

/// On whose behalf an operation runs, and when.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The account of the token.
    pub account_id: Pfid,
    /// The environment of the token, if it is for one only.
    pub environment_id: Option<Pfid>,
    /// The moment of the request.
    pub now: Timestamp,
    /// The same in Unix milliseconds.
    pub now_ms: u64,
}

impl Caller {
    /// Who has no token, and sees nothing.
    pub fn nobody(now_ms: f64) -> Caller {
        let (now_ms, now) = moment(now_ms);
        Caller {
            account_id: Pfid::NIL,
            environment_id: None,
            now,
            now_ms,
        }
    }

    /// Whether an object of this account and environment exists for the caller.
    pub fn sees(&self, account_id: Pfid, environment_id: Pfid) -> bool {
        self.account_id == account_id
            && self
                .environment_id
                .is_none_or(|environment| environment == environment_id)
    }

    /// Refuses a token that is for one environment only.
    pub fn require_account_scope(&self) -> Result<(), Failure> {
        match self.environment_id {
            None => Ok(()),
            Some(_) => Err(Failure::not_permitted(
                "The token is for one environment; this takes a token of the account.",
            )),
        }
    }

    /// The id that tells this caller's scope from all others: its environment's or its account's.
    pub fn scope_id(&self) -> Pfid {
        self.environment_id.unwrap_or(self.account_id)
    }
}

/// How a snapshot begins. The number is that of its form: another form is not read.
const SNAPSHOT: &str = "agent-registrar snapshot 3";

/// The latest moment that both a PFID and RFC 3339 can say: the end of the year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

impl Registrar {
    /// A registrar in memory. `now_ms` is the moment of its set-up, in Unix milliseconds.
    pub fn new(config: Config, now_ms: f64) -> Result<Registrar, ConfigError> {
        let mut registrar = Registrar::bare(Rc::new(config));
        registrar.set_up(now_ms)?;
        registrar.admit()?;
        Ok(registrar)
    }

    /// Back to the configuration: every record is forgotten. An environment whose id was made at the set-up keeps it:
    /// tokens name it.
    pub fn reset(&mut self, now_ms: f64) -> Result<(), ConfigError> {
        let mut registrar = Registrar::bare(Rc::clone(&self.config));
        registrar.made.clone_from(&self.made);
        registrar.set_up(now_ms)?;
        registrar.tokens = std::mem::take(&mut self.tokens);
        *self = registrar;
        Ok(())
    }

    fn bare(config: Rc<Config>) -> Registrar {
        let [first_request, .., store_seed] = numbers(&config.seed);
        Registrar {
            accounts: Vec::new(),
            tokens: Tokens::default(),
            random: ChaCha8Rng::from_seed(config.seed),
            requests: first_request,
            store: Box::new(MemoryStore::new(store_seed)),
            made: Vec::new(),
            config,
        }
    }

    /// The whole state, but for the tokens: those are configuration. Its last 32 bytes are the SHA-256 of those before.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.text(SNAPSHOT);
        let position = self.random.get_word_pos();
        out.number((position >> 64) as u64);
        out.number(position as u64);
        out.number(self.requests);
        out.number(self.accounts.len() as u64);
        for account in &self.accounts {
            out.pfid(account.id);
            out.text(&account.name);
            out.timestamp(account.inserted_at);
            out.timestamp(account.updated_at);
            out.option(account.generator.last(), Writer::pfid);
            out.option(account.highest_chosen, Writer::pfid);
        }
        out.number(self.made.len() as u64);
        for made in &self.made {
            out.pfid(made.account_id);
            out.number(made.place);
            out.pfid(made.id);
        }
        self.store.save(&mut out);
        let mut bytes = out.into_bytes();
        let digest = sha256(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// Takes over the state of a snapshot of a registrar with the same accounts; says no, and
    /// changes nothing, where the bytes are anything else. Who makes up a snapshot, digest and all, is believed in what no
    /// operation depends on: that payloads and schemas are JSON is looked at when they arrive, and not here. **\[ours\]**
    #[must_use]
    pub fn restore(&mut self, snapshot: &[u8]) -> bool {
        let Some((content, digest)) = snapshot.split_last_chunk::<32>() else {
            return false;
        };
        sha256(content) == *digest && self.read_snapshot(&mut Reader::new(content)).is_some()
    }

    fn read_snapshot(&mut self, from: &mut Reader<'_>) -> Option<()> {
        if from.text() != SNAPSHOT {
            return None;
        }
        let position = u128::from(from.number()) << 64 | u128::from(from.number());
        let requests = from.number();
        let mut accounts = Vec::new();
        for _ in 0..from.number() {
            let account = Account {
                id: from.pfid(),
                name: from.text().to_owned(),
                inserted_at: from.timestamp(),
                updated_at: from.timestamp(),
                generator: match from.option(Reader::pfid) {
                    Some(last) => Generator::after(last),
                    None => Generator::new(),
                },
                highest_chosen: from.option(Reader::pfid),
            };
            accounts.push(from.sound(account)?);
        }
        let mut made = Vec::new();
        for _ in 0..from.number() {
            let one = Made {
                account_id: from.pfid(),
                place: from.number(),
                id: from.pfid(),
            };
            made.push(from.sound(one)?);
        }
        let ids = |accounts: &[Account]| accounts.iter().map(|it| it.id).collect::<Vec<_>>();
        if ids(&accounts) != ids(&self.accounts) {
            return None;
        }
        let [.., store_seed] = numbers(&self.config.seed);
        let mut kept = self.made.clone();
        for here in &mut kept {
            let there = made.iter().find(|it| it.is_of(here.account_id, here.place));
            here.id = there.map_or(here.id, |there| there.id);
        }
        // With these ids, a reset must succeed.
        let is_fit = |it: &Made| {
            self.config.can_have(it.account_id, it.id)
                && kept.iter().filter(|other| other.id == it.id).count() == 1
        };
        if !kept.iter().all(is_fit) {
            return None;
        }
        let mut store = MemoryStore::new(store_seed);
        store.load(from)?;
        if !from.is_finished() {
            return None;
        }
        // Environments without a configured id have another one in each registrar. Those of the snapshot are taken
        // over, and the tokens of the ones that were here become theirs: they are for the environment at that place
        // of the configuration. One that has none in the snapshot keeps what it has, for a reset.
        for (old, new) in self.made.iter().zip(&kept) {
            self.tokens.move_environment(old.id, new.id);
        }
        self.made = kept;
        self.random.set_word_pos(position);
        self.requests = requests;
        self.accounts = accounts;
        self.store = Box::new(store);
        Some(())
    }

    /// A number for the id of a request, by SplitMix64: requests must be told apart, and need not be hard to guess.
    pub fn request_number(&mut self) -> u64 {
        self.requests = self.requests.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.requests ^ self.requests >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// What the registrar was set up with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The first account and its first environment: where an unconfigured caller begins. Where that environment is gone,
    /// it is the oldest of those that there are.
    pub fn defaults(&self) -> Option<(Pfid, Option<Pfid>)> {
        let account = self.config.accounts.first()?;
        let made = self.made.iter().find(|it| it.is_of(account.id, 0));
        let first = account.environments.first();
        let first = first.and_then(|it| it.id.or(made.map(|it| it.id)));
        let first = first.filter(|id| matches!(self.store.environment(*id), Ok(Some(_))));
        if first.is_some() {
            return Some((account.id, first));
        }
        let mut oldest = None;
        for row in self.store.environments(account.id).unwrap_or_default() {
            if oldest.is_none_or(|id| row.id < id) {
                oldest = Some(row.id);
            }
        }
        Some((account.id, oldest))
    }

    /// Makes the configured accounts and environments, those with ids that were made for them before with these.
    fn set_up(&mut self, now_ms: f64) -> Result<(), ConfigError> {
        let (now_ms, now) = moment(now_ms);
        let config = Rc::clone(&self.config);
        for account in &config.accounts {
            if self.exists(account.id).unwrap_or(true) {
                return Err(ConfigError::Duplicate("accounts.id"));
            }
            // A partition routes to one account **\[client\]**; in a shared one, each could learn the other's ids.
            let partition = account.id.partition();
            if self
                .accounts
                .iter()
                .any(|it| it.id.partition() == partition)
            {
                return Err(ConfigError::Duplicate("the partition of accounts.id"));
            }
            let chosen = account.environments.iter().filter_map(|it| it.id);
            self.accounts.push(Account {
                id: account.id,
                name: account.name.clone(),
                inserted_at: now,
                updated_at: now,
                generator: Generator::new(),
                highest_chosen: chosen.chain([account.id]).max(),
            });
            let caller = Caller {
                account_id: account.id,
                environment_id: None,
                now,
                now_ms,
            };
            for (place, environment) in (0..).zip(&account.environments) {
                let id = match environment.id {
                    Some(id) => id,
                    None => {
                        // Made anew in a reset, too, so that the ids after it are those after a first set-up.
                        let fresh = self.new_id(&caller).map_err(|_| ConfigError::Store)?;
                        match self.made.iter().find(|it| it.is_of(account.id, place)) {
                            Some(before) => before.id,
                            None => {
                                self.made.push(Made {
                                    account_id: account.id,
                                    place,
                                    id: fresh,
                                });
                                fresh
                            }
                        }
                    }
                };
                if id.partition() != partition {
                    return Err(ConfigError::ForeignPartition);
                }
                if self.exists(id).unwrap_or(true) {
                    return Err(ConfigError::Duplicate("accounts.environments.id"));
                }
                let stored = self.store.insert_environment(&EnvironmentRow {
                    id,
                    account_id: account.id,
                    name: &environment.name,
                    inserted_at: now,
                    updated_at: now,
                });
                stored.map_err(|_| ConfigError::Store)?;
            }
        }
        Ok(())
    }

    /// Lets the configured tokens in.
    fn admit(&mut self) -> Result<(), ConfigError> {
        let config = Rc::clone(&self.config);
        for token in &config.tokens {
            let scope = Scope {
                account_id: token.account_id,
                environment_id: token.environment_id,
            };
            if !self.accounts.iter().any(|it| it.id == scope.account_id) {
                return Err(ConfigError::Unknown("tokens.account_id"));
            }
            if let Some(id) = scope.environment_id {
                let row = self.store.environment(id).ok().flatten();
                if row.is_none_or(|row| row.account_id != scope.account_id) {
                    return Err(ConfigError::Unknown("tokens.environment_id"));
                }
            }
            if !self.tokens.add(token.sha256, scope) {
                return Err(ConfigError::Token);
            }
        }
        Ok(())
    }

    /// Who calls with this token at this moment (Unix milliseconds).
    pub fn caller(&mut self, token: &str, now_ms: f64) -> Option<Caller> {
        let scope = self.tokens.scope(token.as_bytes())?;
        let (now_ms, now) = moment(now_ms);
        Some(Caller {
            account_id: scope.account_id,
            environment_id: scope.environment_id,
            now,
            now_ms,
        })
    }

    /// Whether any token is configured.
    pub fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// The caller's account.
    pub fn account(&self, caller: &Caller) -> Option<&Account> {
        self.accounts.iter().find(|it| it.id == caller.account_id)
    }

    /// The caller's account, to be changed.
    pub fn account_mut(&mut self, caller: &Caller) -> Option<&mut Account> {
        self.accounts
            .iter_mut()
            .find(|it| it.id == caller.account_id)
    }
}

/// Numbers from a digest of the seed: the first is where those of requests begin, and the last is the seed of the
/// store's indexes, a secret. None of them tells anything of the seed or of another.
fn numbers(seed: &[u8; 32]) -> [u64; 4] {
    let digest = sha256(seed);
    let (eights, _) = digest.as_chunks::<8>();
    let mut numbers = [0; 4];
    for (number, eight) in numbers.iter_mut().zip(eights) {
        *number = u64::from_le_bytes(*eight);
    }
    numbers
}

/// A moment in both forms. JavaScript's clock says any number: what PFIDs and RFC 3339 cannot say
/// becomes the nearest moment that they can.
fn moment(now_ms: f64) -> (u64, Timestamp) {
    let now_ms = (now_ms as i64).clamp(0, LAST_MS);
    let now = Timestamp::from_millis(now_ms).unwrap_or(Timestamp::EPOCH);
    (now_ms.unsigned_abs(), now)
}
