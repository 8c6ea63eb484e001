//! The operations: their permissions, their preconditions and their effects.
//!
//! One file per kind of object, one function per operation. Each takes the [`Registrar`] and the [`Caller`], and checks
//! everything that it depends on, tenancy included, before it writes anything. An object that the caller may not see does
//! not exist for it: see [`Caller::sees`]. The only precondition that an operation does not check is a type: [`FreeId`].
//!
//! An operation is part of a unit of work ([`Registrar::transact`]): if a write fails, the writes before it are undone.

#![forbid(unsafe_code)]

pub mod accounts;
pub mod agents;
pub mod api_tokens;
pub mod config;
pub mod environments;
pub mod failure;
pub mod idempotency;
pub mod ids;
pub mod instances;
pub(crate) mod limits;
mod setup;
mod snapshot;
pub mod sorting;
pub mod spans;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod token_text;
pub mod tokens;
pub mod transfer;
mod unit;
pub mod versions;

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

pub use crate::rules::Issue;
pub use crate::store::Kind;
pub use config::{Config, ConfigError};
pub use failure::{Failure, Findings, Reason};
pub use ids::{FreeId, Progress};
pub use setup::OpenError;
pub use snapshot::{SnapshotError, SnapshotRun};
pub use unit::Outcome;

use crate::digest::sha256;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{Limits, Store, StoreError};
use ids::Ids;
use tokens::Tokens;
use unit::Unit;

/// Accounts, their tokens, and all records: the whole state of the service.
///
/// ```
/// use agent_registrar::{Config, Registrar, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let mut registrar = Registrar::new(config, now)?;
/// assert!(registrar.caller("another", now)?.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Registrar {
    config: Arc<Config>,
    store: Box<dyn Store>,
    tokens: Tokens,
    ids: Ids,
    /// The state of the generator of request ids. It is separate from the random stream of objects' ids, which must not
    /// depend on the number of requests.
    requests: u64,
    unit: Unit,
    /// The number of rows that lists sorted because the store has no order of them, for the bound of bulk requests.
    sorted_rows: Cell<u64>,
    limits: Limits,
    /// How often it was changed.
    changes: u64,
}

/// Leaves out the records and all secrets.
impl fmt::Debug for Registrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrar")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// The scope in which an operation runs, and the time.
///
/// ```
/// use agent_registrar::{Caller, Config, Registrar, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let caller: Option<Caller> = Registrar::new(config, now)?.caller("another", now)?;
/// assert_eq!(caller.map(|it| it.environment_id), Some(None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The account of the token.
    pub account_id: Pfid,
    /// The environment of the token, if it is for one only.
    pub environment_id: Option<Pfid>,
    /// The kind of its token.
    pub credential: Credential,
    /// The time of the request.
    pub now: Timestamp,
}

/// The kind of a caller's token.
///
/// ```
/// use agent_registrar::{Caller, Credential, Timestamp};
///
/// assert_eq!(Caller::nobody(Timestamp::EPOCH).credential, Credential::None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// There is none.
    None,
    /// A token of the configuration.
    Configured,
    /// An API token, by its id.
    Managed(Pfid),
    /// The operator's token, which is for no account.
    Operator,
}

impl Caller {
    /// A caller without a token, who sees nothing.
    pub fn nobody(now: Timestamp) -> Caller {
        Caller {
            account_id: Pfid::NIL,
            environment_id: None,
            credential: Credential::None,
            now,
        }
    }

    /// A caller with the scope of an account, like that of a configured token.
    pub fn of_account(account_id: Pfid, now: Timestamp) -> Caller {
        Caller {
            account_id,
            environment_id: None,
            credential: Credential::Configured,
            now,
        }
    }

    /// Whether it is the operator.
    pub fn is_operator(&self) -> bool {
        self.credential == Credential::Operator
    }

    /// The time of the request in Unix milliseconds, as in ids. Times before 1970 count as 1970.
    pub fn unix_millis(&self) -> u64 {
        u64::try_from(self.now.micros()).unwrap_or(0) / 1000
    }

    /// Whether an object of this account and environment exists for the caller.
    pub fn sees(&self, account_id: Pfid, environment_id: Pfid) -> bool {
        self.account_id == account_id
            && self
                .environment_id
                .is_none_or(|environment| environment == environment_id)
    }

    /// Refuses a token that is for one environment only, and the operator's.
    pub(crate) fn require_account_scope(&self) -> Result<(), Failure> {
        match self.environment_id {
            Some(_) => Err(Failure::not_permitted(
                "The token is for one environment; this operation needs a token of the account.",
            )),
            None if self.is_operator() => Err(Failure::not_permitted(
                "The operator's token makes, lists, exports and imports accounts; this takes a token of the account.",
            )),
            None => Ok(()),
        }
    }

    /// Refuses every token but the operator's.
    pub(crate) fn require_operator(&self) -> Result<(), Failure> {
        match self.is_operator() {
            true => Ok(()),
            false => Err(Failure::not_permitted(
                "Only the operator's token makes accounts, exports and imports.",
            )),
        }
    }

    /// The id of this caller's scope: that of its environment, or of its account.
    pub fn scope_id(&self) -> Pfid {
        self.environment_id.unwrap_or(self.account_id)
    }
}

impl Registrar {
    /// A number for the id of a request, by SplitMix64: request ids must be distinct, but may be easy to guess.
    pub(crate) fn request_number(&mut self) -> u64 {
        self.requests = self.requests.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.requests ^ self.requests >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// How far it has come with what it never gives twice.
    #[doc(hidden)]
    pub fn progress(&self) -> Progress {
        Progress {
            requests: self.requests,
            position: self.ids.position() as u64,
            latest: self.ids.latest(),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The store, to be opened again.
    pub fn into_store(self) -> Box<dyn Store> {
        self.store
    }

    /// Asks the store for one record, to see whether it answers. For probes.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub(crate) fn check_store(&self) -> Result<(), StoreError> {
        let account = self.ids.accounts().next().unwrap_or(Pfid::NIL);
        self.store.locate(account).map(drop)
    }

    /// Whether there is any token, configured or managed.
    pub fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }
}

/// Numbers from a digest of the seed. The first is the initial state of the generator of request ids, the last is the
/// secret seed of the store's indexes. None of them reveals the seed or another number.
fn numbers(seed: &[u8; 32]) -> [u64; 4] {
    let digest = sha256(seed);
    let (eights, _) = digest.as_chunks::<8>();
    let mut numbers = [0; 4];
    for (number, eight) in numbers.iter_mut().zip(eights) {
        *number = u64::from_le_bytes(*eight);
    }
    numbers
}
