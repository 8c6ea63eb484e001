//! What a registrar is set up with.

use thiserror::Error;

use super::sha256;
use crate::json::{self, Json, Object};
use crate::model::pfid::Pfid;

/// The account that a registrar has unless it is configured: an example id, so that the
/// documentation's examples work as they stand.
pub const DEFAULT_ACCOUNT: &str = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
/// The environment of [`DEFAULT_ACCOUNT`].
pub const DEFAULT_ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

/// What a registrar is set up with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its accounts; never empty.
    pub accounts: Vec<AccountConfig>,
    /// Its bearer tokens. Without any, every request is refused.
    pub tokens: Vec<TokenConfig>,
    /// Where all its randomness comes from.
    pub seed: [u8; 32],
    /// The origins that may call it from a browser; `*` stands for any.
    pub cors: Vec<String>,
    /// The moment of the set-up, in Unix milliseconds.
    pub now_ms: i64,
}

/// An account to begin with.
#[derive(Clone, Debug)]
pub struct AccountConfig {
    /// Its id; the partition of all its ids is that of this one.
    pub id: Pfid,
    /// Its name.
    pub name: String,
    /// Its environments.
    pub environments: Vec<EnvironmentConfig>,
}

/// An environment to begin with.
#[derive(Clone, Debug)]
pub struct EnvironmentConfig {
    /// Its id; a fresh one where absent.
    pub id: Option<Pfid>,
    /// The fresh one, once it is made.
    pub made: Option<Pfid>,
    /// Its name.
    pub name: String,
}

impl EnvironmentConfig {
    /// Its id, chosen or made.
    pub fn id(&self) -> Option<Pfid> {
        self.id.or(self.made)
    }
}

/// A bearer token.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// SHA-256 of the token: nothing else of it is configuration or goes into a snapshot.
    pub sha256: [u8; 32],
    /// The account it is for.
    pub account_id: Pfid,
    /// The one environment it is for; all of the account where absent.
    pub environment_id: Option<Pfid>,
}

/// Why a configuration is refused. The messages name the option, never a token.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Not the JSON that is expected.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(String),
    /// Something of another type than it must have.
    #[error("{0} is missing or of the wrong type")]
    WrongType(&'static str),
    /// No PFID where one is needed.
    #[error("{0} must be a PFID: 32 characters of lowercase Crockford base 32, the first 0 to 7")]
    NotAPfid(&'static str),
    /// The seed or a digest is not 64 hexadecimal digits.
    #[error("{0} must be 64 hexadecimal digits")]
    NotHex(&'static str),
    /// A token that is empty, given twice, or neither as text nor as digest.
    #[error("each of tokens must have either token (not empty) or sha256, and be there once")]
    Token,
    /// An id that is there twice.
    #[error("{0} is there twice")]
    Duplicate(&'static str),
    /// Something belongs to an account or environment that is not configured.
    #[error("{0} must be the id of a configured account or environment of it")]
    Unknown(&'static str),
    /// An environment's id of another partition than its account's.
    #[error("accounts.environments.id must have the partition of its account")]
    ForeignPartition,
    /// Not a single account.
    #[error("accounts must not be empty")]
    NoAccount,
}

const DEFAULT_NAME: &str = "Default";

impl Config {
    /// A registrar with the default account and environment and no token.
    pub fn new(seed: [u8; 32], now_ms: i64) -> Result<Config, ConfigError> {
        Ok(Config {
            accounts: vec![AccountConfig::default_one()?],
            tokens: Vec::new(),
            seed,
            cors: Vec::new(),
            now_ms,
        })
    }

    /// Reads `{accounts?, tokens?, seed, cors?, now}`:
    /// `accounts: [{id, name?, environments?: [{id?, name?}]}]` (one environment, "Default", where
    /// absent), `tokens: [{token | sha256, account_id?, environment_id?}]` (the first account
    /// where absent), `seed` as 64 hexadecimal digits, `now` in Unix milliseconds.
    pub fn from_json(json: &[u8]) -> Result<Config, ConfigError> {
        let root = json::read_object(json, json::MAX_DEPTH)
            .map_err(|_| ConfigError::Unreadable("it is no JSON object".to_owned()))?;
        let accounts = match list(&root, "accounts", "accounts")? {
            None => vec![AccountConfig::default_one()?],
            Some(accounts) => objects("accounts", accounts, AccountConfig::read)?,
        };
        let Some(first) = accounts.first() else {
            return Err(ConfigError::NoAccount);
        };
        let first = first.id;
        let tokens = list(&root, "tokens", "tokens")?.unwrap_or_default();
        let cors = list(&root, "cors", "cors")?.unwrap_or_default();
        Ok(Config {
            tokens: objects("tokens", tokens, |token| TokenConfig::read(token, first))?,
            accounts,
            seed: hex("seed", text(&root, "seed", "seed")?.unwrap_or_default())?,
            cors: cors
                .iter()
                .map(|origin| origin.as_text().map(str::to_owned))
                .collect::<Option<_>>()
                .ok_or(ConfigError::WrongType("cors"))?,
            now_ms: match root.get("now") {
                Some(Json::Number(number)) => whole(number),
                _ => return Err(ConfigError::WrongType("now")),
            },
        })
    }
}

impl Config {
    /// Puts another id in the place of one that was made for an environment.
    pub(super) fn move_environment(&mut self, old: Pfid, new: Pfid) {
        let environments = self.accounts.iter_mut().flat_map(|it| &mut it.environments);
        let made = environments.map(|it| &mut it.made);
        let tokens = self.tokens.iter_mut().map(|it| &mut it.environment_id);
        for id in made.chain(tokens) {
            if *id == Some(old) {
                *id = Some(new);
            }
        }
    }
}

impl AccountConfig {
    fn read(object: &Object<'_>) -> Result<AccountConfig, ConfigError> {
        const ENVIRONMENTS: &str = "accounts.environments";
        let environments = match list(object, "environments", ENVIRONMENTS)? {
            None => vec![EnvironmentConfig {
                id: None,
                made: None,
                name: DEFAULT_NAME.to_owned(),
            }],
            Some(environments) => objects(ENVIRONMENTS, environments, EnvironmentConfig::read)?,
        };
        Ok(AccountConfig {
            id: optional_pfid(object, "id", "accounts.id")?
                .ok_or(ConfigError::NotAPfid("accounts.id"))?,
            name: name(object, "accounts.name")?,
            environments,
        })
    }

    fn default_one() -> Result<AccountConfig, ConfigError> {
        Ok(AccountConfig {
            id: pfid("accounts.id", DEFAULT_ACCOUNT)?,
            name: DEFAULT_NAME.to_owned(),
            environments: vec![EnvironmentConfig {
                id: Some(pfid("accounts.environments.id", DEFAULT_ENVIRONMENT)?),
                made: None,
                name: DEFAULT_NAME.to_owned(),
            }],
        })
    }
}

impl EnvironmentConfig {
    fn read(object: &Object<'_>) -> Result<EnvironmentConfig, ConfigError> {
        Ok(EnvironmentConfig {
            id: optional_pfid(object, "id", "accounts.environments.id")?,
            made: None,
            name: name(object, "accounts.environments.name")?,
        })
    }
}

impl TokenConfig {
    fn read(object: &Object<'_>, first_account: Pfid) -> Result<TokenConfig, ConfigError> {
        let token = text(object, "token", "tokens.token")?;
        let digest = text(object, "sha256", "tokens.sha256")?;
        let sha256 = match (token, digest) {
            (Some(token), None) if !token.is_empty() => sha256(token.as_bytes()),
            (None, Some(digest)) => hex("tokens.sha256", digest)?,
            _ => return Err(ConfigError::Token),
        };
        Ok(TokenConfig {
            sha256,
            account_id: optional_pfid(object, "account_id", "tokens.account_id")?
                .unwrap_or(first_account),
            environment_id: optional_pfid(object, "environment_id", "tokens.environment_id")?,
        })
    }
}

fn name(object: &Object<'_>, option: &'static str) -> Result<String, ConfigError> {
    let name = text(object, "name", option)?;
    Ok(name.unwrap_or(DEFAULT_NAME).to_owned())
}

/// A member that is a list; `option` is what a person calls it.
fn list<'o, 'j>(
    object: &'o Object<'j>,
    key: &str,
    option: &'static str,
) -> Result<Option<&'o [Json<'j>]>, ConfigError> {
    match object.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(array)) => Ok(Some(array.items())),
        Some(_) => Err(ConfigError::WrongType(option)),
    }
}

/// A member that is text.
fn text<'o>(
    object: &'o Object<'_>,
    key: &str,
    option: &'static str,
) -> Result<Option<&'o str>, ConfigError> {
    match object.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(ConfigError::WrongType(option)),
    }
}

/// Reads each object of a list.
fn objects<'o, 'j, T>(
    option: &'static str,
    items: &'o [Json<'j>],
    read: impl Fn(&'o Object<'j>) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let Json::Object(object) = item else {
            return Err(ConfigError::WrongType(option));
        };
        all.push(read(object)?);
    }
    Ok(all)
}

/// The whole part of a JSON number; what is beyond all clocks is as far off as can be said.
fn whole(number: &str) -> i64 {
    let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, ""));
    let digits = digits.split_once('.').map_or(digits, |(whole, _)| whole);
    let far = match digits.starts_with('-') {
        true => i64::MIN,
        false => i64::MAX,
    };
    match exponent.starts_with('-') {
        // JavaScript writes so what is next to nothing.
        true => 0,
        false if exponent.is_empty() => digits.parse().unwrap_or(far),
        false => far,
    }
}

fn pfid(option: &'static str, text: &str) -> Result<Pfid, ConfigError> {
    Pfid::parse(text).map_err(|_| ConfigError::NotAPfid(option))
}

fn optional_pfid(
    object: &Object<'_>,
    key: &str,
    option: &'static str,
) -> Result<Option<Pfid>, ConfigError> {
    let text = text(object, key, option)?;
    text.map(|text| pfid(option, text)).transpose()
}

fn hex(option: &'static str, text: &str) -> Result<[u8; 32], ConfigError> {
    let digits: Vec<u8> = text
        .chars()
        .map_while(|character| character.to_digit(16).map(|digit| digit as u8))
        .collect();
    if text.len() != 64 || digits.len() != 64 {
        return Err(ConfigError::NotHex(option));
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registrar::Registrar;

    fn set_up(json: serde_json::Value) -> Result<Registrar, ConfigError> {
        let mut whole = serde_json::json!({"seed": "ab".repeat(32), "now": 1_778_148_000_000.5});
        for (key, value) in json.as_object().unwrap() {
            whole[key] = value.clone();
        }
        Registrar::new(Config::from_json(whole.to_string().as_bytes())?)
    }

    #[test]
    fn the_default_is_one_account_with_one_environment() {
        let registrar = set_up(serde_json::json!({})).unwrap();
        let (account, environment) = registrar.defaults().unwrap();
        assert_eq!(account.to_string(), DEFAULT_ACCOUNT);
        assert_eq!(environment.unwrap().to_string(), DEFAULT_ENVIRONMENT);
        assert!(!registrar.has_tokens());
    }

    #[test]
    fn a_token_may_come_as_its_digest() {
        let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        let mut registrar = set_up(serde_json::json!({"tokens": [{"sha256": digest}]})).unwrap();
        assert!(registrar.caller("secret", 0.0).is_some());
        assert!(registrar.caller(digest, 0.0).is_none());
    }

    #[test]
    fn the_clock_may_say_anything() {
        let mut registrar = set_up(serde_json::json!({"tokens": [{"token": "t"}]})).unwrap();
        for (now_ms, text) in [
            (f64::NAN, "1970-01-01T00:00:00.000000Z"),
            (-1e300, "1970-01-01T00:00:00.000000Z"),
            (f64::INFINITY, "9999-12-31T23:59:59.999000Z"),
        ] {
            let caller = registrar.caller("t", now_ms).unwrap();
            assert_eq!(caller.now.to_string(), text);
            assert!(registrar.new_id(&caller).is_ok());
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
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
                serde_json::json!({"seed": "é".repeat(32)}),
                ConfigError::NotHex("seed"),
            ),
        ] {
            assert_eq!(set_up(config).err(), Some(error));
        }
        for (config, option) in [
            (serde_json::json!({"now": "x"}), "now"),
            (serde_json::json!({"cors": [1]}), "cors"),
            (serde_json::json!({"tokens": {}}), "tokens"),
            (serde_json::json!({"accounts": [1]}), "accounts"),
            (
                serde_json::json!({"tokens": [{"token": 1}]}),
                "tokens.token",
            ),
        ] {
            assert_eq!(set_up(config).err(), Some(ConfigError::WrongType(option)));
        }
        assert!(matches!(
            Config::from_json(b"[]"),
            Err(ConfigError::Unreadable(_))
        ));
    }

    #[test]
    fn a_number_is_read_to_its_point() {
        for (number, whole_part) in [
            ("0", 0),
            ("-12.9", -12),
            ("1778148000000.5", 1_778_148_000_000),
            ("1e-7", 0),
            ("1e+300", i64::MAX),
            ("-1E300", i64::MIN),
            ("99999999999999999999", i64::MAX),
        ] {
            assert_eq!(whole(number), whole_part, "{number}");
        }
    }
}
