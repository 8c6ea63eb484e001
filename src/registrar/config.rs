//! The configuration of a registrar.

use std::fmt;

use thiserror::Error;

use crate::digest::{Sum, sha256};
use crate::json::{self, Json, Object};
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

const DEFAULT_NAME: &str = "Default";

const ACCOUNT_ID: &str = "accounts.id";
const ENVIRONMENT_ID: &str = "accounts.environments.id";

impl Config {
    /// Reads `{accounts?, tokens?, seed | seed_text, cors?, secret?, operator_token?, limits?, hash_key?}`: `accounts: [{id, name?, environments?: [{id?, name?}]}]`
    /// (if absent, an example account with one environment, "Default"), `tokens: [{token | sha256, account_id?,
    /// environment_id?}]` (if absent, the first account), `seed` as 64 hexadecimal digits, or `seed_text` as any text,
    /// whose SHA-256 is the seed, `secret` as any text, `operator_token: {token | sha256}`, `hash_key` as 64 hexadecimal digits,
    /// `limits: {bytes?, records?, account_bytes?, account_records?, keys?}` in whole numbers.
    pub fn from_json(json: &[u8]) -> Result<Config, ConfigError> {
        let root = json::read_object(json, json::MAX_DEPTH).map_err(|_| ConfigError::Unreadable)?;
        let mut config = Config {
            accounts: Vec::new(),
            tokens: Vec::new(),
            seed: seed(&root)?,
            cors: Vec::new(),
            secret: secret(&root)?,
            operator_token: operator_token(&root)?,
            hash_key: match text(&root, "hash_key", "hash_key")? {
                Some(digits) => Some(hex("hash_key", digits)?),
                None => None,
            },
            limits: limits(&root)?,
            resume: resume(&root)?,
        };
        let accounts = objects(&root, "accounts", "accounts", &mut |account| {
            config.accounts.push(AccountConfig::read(account)?);
            Ok(())
        })?;
        if !accounts {
            config.accounts.push(AccountConfig {
                id: pfid(ACCOUNT_ID, DEFAULT_ACCOUNT)?,
                name: DEFAULT_NAME.to_owned(),
                environments: vec![EnvironmentConfig {
                    id: Some(pfid(ENVIRONMENT_ID, DEFAULT_ENVIRONMENT)?),
                    name: DEFAULT_NAME.to_owned(),
                }],
            });
        }
        let first = match config.accounts.first() {
            Some(first) => first.id,
            // The operator makes or imports accounts. No account has this id.
            None if config.operator_token.is_some() => Pfid::NIL,
            None => return Err(ConfigError::NoAccount),
        };
        objects(&root, "tokens", "tokens", &mut |token| {
            config.tokens.push(TokenConfig::read(token, first)?);
            Ok(())
        })?;
        for origin in list(&root, "cors", "cors")?.unwrap_or_default() {
            let origin = origin.as_text().ok_or(ConfigError::WrongType("cors"))?;
            config.cors.push(origin.to_owned());
        }
        Ok(config)
    }
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

impl AccountConfig {
    fn read(object: &Object<'_>) -> Result<AccountConfig, ConfigError> {
        let id = optional_pfid(object, "id", ACCOUNT_ID)?;
        let mut account = AccountConfig {
            id: id.ok_or(ConfigError::NotAPfid(ACCOUNT_ID))?,
            name: name(object, "accounts.name")?,
            environments: Vec::new(),
        };
        let option = "accounts.environments";
        let environments = objects(object, "environments", option, &mut |environment| {
            account.environments.push(EnvironmentConfig {
                id: optional_pfid(environment, "id", ENVIRONMENT_ID)?,
                name: name(environment, "accounts.environments.name")?,
            });
            Ok(())
        })?;
        if !environments {
            account.environments.push(EnvironmentConfig {
                id: None,
                name: DEFAULT_NAME.to_owned(),
            });
        }
        Ok(account)
    }
}

impl TokenConfig {
    fn read(object: &Object<'_>, first_account: Pfid) -> Result<TokenConfig, ConfigError> {
        let sha256 = digest(object, ["tokens.token", "tokens.sha256"])?;
        let account_id = optional_pfid(object, "account_id", "tokens.account_id")?;
        Ok(TokenConfig {
            sha256: sha256.ok_or(ConfigError::Token)?,
            account_id: account_id.unwrap_or(first_account),
            environment_id: optional_pfid(object, "environment_id", "tokens.environment_id")?,
        })
    }
}

/// The digest of a token that is given as its text or as its digest; `None` where it is neither. `options` is how a person
/// calls the two.
fn digest(object: &Object<'_>, options: [&'static str; 2]) -> Result<Option<Sum>, ConfigError> {
    let token = text(object, "token", options[0])?;
    let digest = text(object, "sha256", options[1])?;
    match (token, digest) {
        (Some(token), None) if !token.is_empty() => Ok(Some(sha256(token.as_bytes()))),
        (None, Some(digest)) => hex(options[1], digest).map(Some),
        _ => Ok(None),
    }
}

fn secret(root: &Object<'_>) -> Result<Option<Box<[u8]>>, ConfigError> {
    match text(root, "secret", "secret")? {
        Some(secret) if secret.len() < MIN_SECRET => Err(ConfigError::Secret),
        secret => Ok(secret.map(|secret| secret.as_bytes().into())),
    }
}

fn operator_token(root: &Object<'_>) -> Result<Option<Sum>, ConfigError> {
    match member(root, "operator_token") {
        None => Ok(None),
        Some(Json::Object(token)) => {
            let options = ["operator_token.token", "operator_token.sha256"];
            let digest = digest(token, options)?;
            digest.map(Some).ok_or(ConfigError::OperatorToken)
        }
        Some(_) => Err(ConfigError::WrongType("operator_token")),
    }
}

/// `[requests, position, latest]`, each as two numbers of 32 bits, the lower one first.
fn resume(root: &Object<'_>) -> Result<Progress, ConfigError> {
    const WRONG: ConfigError = ConfigError::WrongType("resume");
    let Some(items) = list(root, "resume", "resume")? else {
        return Ok(Progress::default());
    };
    let mut halves = [0_u32; 6];
    for (half, item) in halves.iter_mut().zip(items) {
        let Json::Number(number) = item else {
            return Err(WRONG);
        };
        *half = number.parse().map_err(|_| WRONG)?;
    }
    let whole = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let [a, b, c, d, e, f] = halves;
    Ok(Progress {
        requests: whole(a, b),
        position: whole(c, d),
        latest: whole(e, f),
    })
}

fn limits(root: &Object<'_>) -> Result<Limits, ConfigError> {
    let limits = match member(root, "limits") {
        None => return Ok(Limits::NONE),
        Some(Json::Object(limits)) => limits,
        Some(_) => return Err(ConfigError::WrongType("limits")),
    };
    let limit = |key, option| match member(limits, key) {
        None => Ok(None),
        Some(Json::Number(number)) => {
            let number = number.parse().map_err(|_| ConfigError::Limit(option))?;
            Ok(Some(number))
        }
        Some(_) => Err(ConfigError::Limit(option)),
    };
    Ok(Limits {
        bytes: limit("bytes", "limits.bytes")?,
        records: limit("records", "limits.records")?,
        account_bytes: limit("account_bytes", "limits.account_bytes")?,
        account_records: limit("account_records", "limits.account_records")?,
        keys: limit("keys", "limits.keys")?,
    })
}

/// The seed, from its bytes or from a text to hash.
fn seed(root: &Object<'_>) -> Result<[u8; 32], ConfigError> {
    let digits = text(root, "seed", "seed")?;
    let any = text(root, "seed_text", "seed_text")?;
    match (digits, any) {
        (Some(digits), None) => hex("seed", digits),
        (None, Some(any)) => Ok(sha256(any.as_bytes())),
        _ => Err(ConfigError::Seed),
    }
}

fn name(object: &Object<'_>, option: &'static str) -> Result<String, ConfigError> {
    let name = text(object, "name", option)?;
    Ok(name.unwrap_or(DEFAULT_NAME).to_owned())
}

/// A member. `null` counts as absent.
fn member<'o, 'j>(object: &'o Object<'j>, key: &str) -> Option<&'o Json<'j>> {
    object.get(key).filter(|value| !matches!(value, Json::Null))
}

/// A member that must be a list. `option` is its name in messages.
fn list<'o, 'j>(
    object: &'o Object<'j>,
    key: &str,
    option: &'static str,
) -> Result<Option<&'o [Json<'j>]>, ConfigError> {
    match member(object, key) {
        None => Ok(None),
        Some(Json::Array(array)) => Ok(Some(array.items())),
        Some(_) => Err(ConfigError::WrongType(option)),
    }
}

/// A member that must be a text.
#[inline(never)]
fn text<'o>(
    object: &'o Object<'_>,
    key: &str,
    option: &'static str,
) -> Result<Option<&'o str>, ConfigError> {
    match member(object, key) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(ConfigError::WrongType(option)),
    }
}

/// Reads each object of a list. Returns whether there is a list.
#[inline(never)]
fn objects<'j>(
    object: &Object<'j>,
    key: &str,
    option: &'static str,
    read: &mut dyn FnMut(&Object<'j>) -> Result<(), ConfigError>,
) -> Result<bool, ConfigError> {
    let list = list(object, key, option)?;
    for item in list.unwrap_or_default() {
        let Json::Object(object) = item else {
            return Err(ConfigError::WrongType(option));
        };
        read(object)?;
    }
    Ok(list.is_some())
}

fn pfid(option: &'static str, text: &str) -> Result<Pfid, ConfigError> {
    Pfid::parse(text).map_err(|_| ConfigError::NotAPfid(option))
}

#[inline(never)]
fn optional_pfid(
    object: &Object<'_>,
    key: &str,
    option: &'static str,
) -> Result<Option<Pfid>, ConfigError> {
    let text = text(object, key, option)?;
    text.map(|text| pfid(option, text)).transpose()
}

#[inline(never)]
fn hex(option: &'static str, text: &str) -> Result<Sum, ConfigError> {
    let mut bytes = [0; 32];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut right = pairs.len() == bytes.len() && rest.is_empty();
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16);
            right &= value.is_some();
            *byte = *byte << 4 | value.unwrap_or(0) as u8;
        }
    }
    if right {
        Ok(bytes)
    } else {
        Err(ConfigError::NotHex(option))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::timestamp::Timestamp;
    use crate::registrar::{OpenError, Registrar};

    fn set_up(json: serde_json::Value) -> Result<Registrar, ConfigError> {
        let mut whole = serde_json::json!({"seed": "ab".repeat(32)});
        for (key, value) in json.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let config = Config::from_json(whole.to_string().as_bytes())?;
        let now = Timestamp::from_millis(1_778_148_000_000).unwrap();
        Registrar::new(config, now).map_err(|error| match error {
            OpenError::Config(error) => error,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn the_default_is_one_account_with_one_environment() {
        let registrar = set_up(serde_json::json!({})).unwrap();
        let (account, environment) = registrar.defaults().unwrap().unwrap();
        assert_eq!(account.to_string(), DEFAULT_ACCOUNT);
        assert_eq!(environment.unwrap().to_string(), DEFAULT_ENVIRONMENT);
        assert!(!registrar.has_tokens());
    }

    #[test]
    fn a_token_may_be_given_as_its_digest() {
        let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        let mut registrar = set_up(serde_json::json!({"tokens": [{"sha256": digest}]})).unwrap();
        let mut opens = |token| registrar.caller(token, Timestamp::EPOCH).unwrap().is_some();
        assert!(opens("secret"));
        assert!(!opens(digest));
    }

    #[test]
    fn a_seed_may_be_a_text_and_debug_omits_it() {
        let config = Config::from_json(br#"{"seed_text":"abc","tokens":[{"token":"abc"}]}"#);
        let config = config.unwrap();
        assert_eq!(config.seed, sha256(b"abc"));
        let bytes = format!("{:?}", &config.seed[..4]);
        assert!(!format!("{config:?}").contains(bytes.trim_matches(['[', ']'])));
        let both = Config::from_json(br#"{"seed_text":"abc","seed":"ab"}"#);
        assert_eq!(both.err(), Some(ConfigError::Seed));
    }

    #[test]
    fn invalid_options_are_refused_by_name() {
        let account = |id: &str| serde_json::json!({"id": id});
        let environment =
            |id: &str| serde_json::json!([{"id": DEFAULT_ACCOUNT, "environments": [{"id": id}]}]);
        for (config, error) in [
            (serde_json::json!({"accounts": []}), ConfigError::NoAccount),
            (
                serde_json::json!({"accounts": [account("x")]}),
                ConfigError::NotAPfid("accounts.id"),
            ),
            (
                serde_json::json!({"accounts": [account(DEFAULT_ACCOUNT), account(DEFAULT_ACCOUNT)]}),
                ConfigError::Duplicate("accounts.id"),
            ),
            (
                serde_json::json!({"accounts": [
                    {"id": DEFAULT_ACCOUNT, "environments": [{"id": DEFAULT_ENVIRONMENT}]},
                    {"id": DEFAULT_ENVIRONMENT},
                ]}),
                ConfigError::Duplicate("accounts.id"),
            ),
            (
                serde_json::json!({"accounts": [
                    {"id": DEFAULT_ACCOUNT},
                    account("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr"),
                ]}),
                ConfigError::Duplicate("the partition of accounts.id"),
            ),
            (
                serde_json::json!({"accounts": environment(DEFAULT_ACCOUNT)}),
                ConfigError::Duplicate("accounts.environments.id"),
            ),
            (
                serde_json::json!({"accounts": environment("013xrzp12g0000000000000000000000")}),
                ConfigError::ForeignPartition,
            ),
            (
                serde_json::json!({"tokens": [{"token": ""}]}),
                ConfigError::Token,
            ),
            (
                serde_json::json!({"tokens": [{"token": "a"}, {"token": "a"}]}),
                ConfigError::Token,
            ),
            (
                serde_json::json!({"tokens": [{"sha256": "ab"}]}),
                ConfigError::NotHex("tokens.sha256"),
            ),
            (
                serde_json::json!({"tokens": [{"token": "a", "account_id": DEFAULT_ENVIRONMENT}]}),
                ConfigError::Unknown("tokens.account_id"),
            ),
            (
                serde_json::json!({"tokens": [{"token": "a", "environment_id": DEFAULT_ACCOUNT}]}),
                ConfigError::Unknown("tokens.environment_id"),
            ),
            (
                serde_json::json!({"secret": "0123456789abcde"}),
                ConfigError::Secret,
            ),
            (
                serde_json::json!({"operator_token": {"token": ""}}),
                ConfigError::OperatorToken,
            ),
            (
                serde_json::json!({"operator_token": {"token": "a"}, "tokens": [{"token": "a"}]}),
                ConfigError::OperatorToken,
            ),
            (
                serde_json::json!({"operator_token": {"sha256": "a"}}),
                ConfigError::NotHex("operator_token.sha256"),
            ),
            (
                serde_json::json!({"seed": "é".repeat(32)}),
                ConfigError::NotHex("seed"),
            ),
        ] {
            assert_eq!(set_up(config).err(), Some(error));
        }
        for (config, option) in [
            (serde_json::json!({"seed": 1}), "seed"),
            (serde_json::json!({"cors": [1]}), "cors"),
            (serde_json::json!({"secret": 1}), "secret"),
            (serde_json::json!({"operator_token": "a"}), "operator_token"),
            (serde_json::json!({"tokens": {}}), "tokens"),
            (serde_json::json!({"accounts": [1]}), "accounts"),
            (
                serde_json::json!({"tokens": [{"token": 1}]}),
                "tokens.token",
            ),
        ] {
            assert_eq!(set_up(config).err(), Some(ConfigError::WrongType(option)));
        }
        assert_eq!(
            Config::from_json(b"[]").err(),
            Some(ConfigError::Unreadable)
        );
    }
}
