//! The configuration of a registrar.

use std::fmt;

use thiserror::Error;

use crate::digest::Sum;
use crate::model::pfid::Pfid;
use crate::registrar::Progress;
use crate::store::Limits;

/// The account of a registrar without configured accounts: an example id, so that the
/// examples of the documentation work unchanged.
pub const DEFAULT_ACCOUNT: &str = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
/// The environment of [`DEFAULT_ACCOUNT`].
pub const DEFAULT_ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

/// The configuration of a registrar. It never changes. `Debug` omits the seed and the tokens.
///
/// ```
/// use agent_registrar::{Config};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// assert_eq!(config.accounts.len(), 1);
/// assert!(!format!("{config:?}").contains("another"));
/// # Ok::<(), agent_registrar::ConfigError>(())
/// ```
pub struct Config {
    /// The accounts. Empty only with an operator's token.
    pub accounts: Vec<AccountConfig>,
    /// The bearer tokens. Without any, every request is refused.
    pub tokens: Vec<TokenConfig>,
    /// The seed of all its random numbers.
    pub seed: [u8; 32],
    /// The origins whose pages may read its answers (CORS); `*` allows any.
    pub cors: Vec<String>,
    /// The secret that signs the texts of managed tokens, at least [`MIN_SECRET`] bytes. Where it is absent, the store
    /// keeps one that was made from the seed when the store was first opened. See
    /// [`token_partition`](crate::token_partition).
    pub secret: Option<Box<[u8]>>,
    /// SHA-256 of the operator's token, which makes, lists, exports and imports accounts. Without one, nobody does.
    pub operator_token: Option<Sum>,
    /// 32 random bytes: the secret of the hash tables of a store in memory, so that nobody can choose keys that collide. Without
    /// it, the standard library's random numbers are taken. These do not exist on wasm32, where the seed must then be secret.
    /// Answers do not depend on it.
    pub hash_key: Option<[u8; 32]>,
    /// The limits of what is stored. Absent ones are those of the store.
    pub limits: Limits,
    /// How far a registrar had come that this one replaces.
    #[doc(hidden)]
    pub resume: Progress,
}

/// The shortest secret, in bytes. **\[ours\]**
pub const MIN_SECRET: usize = 16;

/// An account that exists from the start.
///
/// ```
/// use agent_registrar::{AccountConfig, Config};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let AccountConfig { name, environments, .. } = &config.accounts[0];
/// assert_eq!((name.as_str(), environments.len()), ("Default", 1));
/// # Ok::<(), agent_registrar::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct AccountConfig {
    /// Its id. All ids in the account have its partition.
    pub id: Pfid,
    /// Its name.
    pub name: String,
    /// Its environments.
    pub environments: Vec<EnvironmentConfig>,
}

/// An environment that exists from the start.
///
/// ```
/// use agent_registrar::{Config, EnvironmentConfig};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let EnvironmentConfig { name, .. } = &config.accounts[0].environments[0];
/// assert_eq!(name, "Default");
/// # Ok::<(), agent_registrar::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct EnvironmentConfig {
    /// Its id; generated if absent.
    pub id: Option<Pfid>,
    /// Its name.
    pub name: String,
}

/// A bearer token. `Debug` omits its digest.
///
/// ```
/// use agent_registrar::{Config, TokenConfig};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let TokenConfig { account_id, environment_id, .. } = config.tokens[0];
/// assert_eq!((account_id, environment_id), (config.accounts[0].id, None));
/// # Ok::<(), agent_registrar::ConfigError>(())
/// ```
pub struct TokenConfig {
    /// The SHA-256 of the token. The token itself is not stored.
    pub sha256: Sum,
    /// The account that it opens.
    pub account_id: Pfid,
    /// The one environment that it opens; if absent, the whole account.
    pub environment_id: Option<Pfid>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("accounts", &self.accounts)
            .field("tokens", &self.tokens)
            .field("cors", &self.cors)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenConfig")
            .field("account_id", &self.account_id)
            .field("environment_id", &self.environment_id)
            .finish_non_exhaustive()
    }
}

/// An error of a configuration. The messages name the option, never a token.
///
/// ```
/// use agent_registrar::{Config, ConfigError};
///
/// assert_eq!(Config::from_json(b"{}").err(), Some(ConfigError::Seed));
/// ```
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The configuration is not a JSON object.
    #[error("the configuration must be a JSON object")]
    Unreadable,
    /// An option is missing or has the wrong type.
    #[error("{0} is missing or of the wrong type")]
    WrongType(&'static str),
    /// An id is not a PFID.
    #[error("{0} must be a PFID: 32 characters of lowercase Crockford base 32, the first 0 to 7")]
    NotAPfid(&'static str),
    /// The configuration has neither or both of `seed` and `seed_text`.
    #[error("the configuration must have exactly one of seed and seed_text")]
    Seed,
    /// The seed or a digest is not 64 hexadecimal digits.
    #[error("{0} must be 64 hexadecimal digits")]
    NotHex(&'static str),
    /// A token is empty, is there twice, or does not have exactly one of `token` and `sha256`.
    #[error("each token must have exactly one of token (not empty) and sha256, and occur once")]
    Token,
    /// An id is there twice.
    #[error("{0} occurs twice")]
    Duplicate(&'static str),
    /// An account or environment is named that is not configured.
    #[error("{0} must be the id of a configured account, or of one of its environments")]
    Unknown(&'static str),
    /// The id of an environment has another partition than its account.
    #[error("accounts.environments.id must have the partition of its account")]
    ForeignPartition,
    /// The list of accounts is empty, and there is no operator who could make one.
    #[error("accounts must not be empty")]
    NoAccount,
    /// Both forms of the seed are there.
    #[error("seed and seed_text exclude each other")]
    TwoSeeds,
    /// A secret that is too short.
    #[error("secret must have at least 16 bytes")]
    Secret,
    /// An operator's token that is empty, one of tokens, or neither as text nor as digest.
    #[error("operator_token must have either token (not empty) or sha256, and be none of tokens")]
    OperatorToken,
    /// A limit that is not a whole number.
    #[error("{0} must be a whole number, at least 0")]
    Limit(&'static str),
}

impl Config {
    /// Whether the configuration allows an id for an environment of an account: it has the
    /// account's partition, and no other object has it.
    pub(super) fn can_have(&self, account_id: Pfid, id: Pfid) -> bool {
        id.partition() == account_id.partition()
            && self.accounts.iter().all(|account| {
                account.id != id && account.environments.iter().all(|it| it.id != Some(id))
            })
    }
}
