//! Bearer tokens.

use std::fmt;

use super::token_text::{same, token_partition};
use super::{Caller, Credential, Registrar};
use crate::digest::{Digest, sha256};
use crate::model::pfid::{Partition, Pfid};
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;
use crate::sort::sorted;
use crate::store::{StoreError, TokenDigest};

/// The scope of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its account.
    pub account_id: Pfid,
    /// The one environment that it covers; if absent, the whole account.
    pub environment_id: Option<Pfid>,
}

/// The secret that signs tokens if the configuration has none. It is a function of the seed, and does not reveal it. **\[ours\]**
pub(super) fn signing_secret(seed: &[u8; 32]) -> [u8; 32] {
    let mut digest = Digest::new();
    digest.add(b"signing secret of agent-registrar");
    digest.add(seed);
    digest.finish()
}

/// 32 bytes from which a host derives the default tokens. They are a function of the seed, and reveal neither the seed
/// nor the ids. **\[ours\]**
#[must_use]
pub fn default_token_secret(seed: &[u8; 32]) -> [u8; 32] {
    let mut digest = Digest::new();
    digest.add(b"default tokens of agent-registrar");
    digest.add(seed);
    digest.finish()
}

/// What a configured token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    /// What belongs to a scope.
    Scope(Scope),
    /// The operator's operations.
    Operator,
}

/// The token of the last request. Its digest, and what the store has of it, are not looked up again.
// PERF(bytes): one caller usually makes many requests in a row, and hashing costs as much as creating an agent.
struct LastToken {
    text: Vec<u8>,
    grant: Grant,
    managed: Option<ManagedToken>,
}

/// What authentication knows of a managed token.
#[derive(Clone, Copy)]
struct ManagedToken {
    id: Pfid,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

/// What the registrar holds of the store's tokens.
pub(super) struct TokenFacts {
    pub(super) has_managed: bool,
    pub(super) secret: Box<[u8]>,
}

/// The tokens of the configuration, as digests, and what is known of managed ones beside the store.
#[derive(Default)]
pub(super) struct Tokens {
    /// Sorted by digest, so that neither setting up nor a look-up grows with the square or the number of tokens.
    configured: Vec<(TokenDigest, Grant)>,
    /// The secret that signs the texts of managed tokens.
    pub(super) secret: Box<[u8]>,
    /// Whether the store has had managed tokens.
    pub(super) has_managed: bool,
    last: Option<LastToken>,
    /// The hour in which the use of a token could not be noted: until it is over, none is. Otherwise a store that takes no
    /// writes would fail every read.
    failed_hour: Option<Timestamp>,
}

/// Shows the number of tokens only: tokens and their digests do not belong in a log.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.configured.len())
    }
}

impl Tokens {
    /// Adds the configured tokens by their digests. Returns false where one of them is there twice.
    #[must_use]
    pub(super) fn add(&mut self, tokens: impl Iterator<Item = (TokenDigest, Scope)>) -> bool {
        let granted = tokens.map(|(digest, scope)| (digest, Grant::Scope(scope)));
        self.configured.extend(granted);
        let by_digest = sorted(&self.configured, |a, b| a.0.cmp(&b.0));
        self.configured = by_digest.into_iter().copied().collect();
        self.configured
            .windows(2)
            .all(|pair| pair[0].0 != pair[1].0)
    }

    /// Adds the operator's token. Returns false where it is one of the configured ones.
    #[must_use]
    pub(super) fn add_operator(&mut self, sha256: TokenDigest) -> bool {
        let found = self.find(&sha256);
        if let Err(place) = found {
            self.configured.insert(place, (sha256, Grant::Operator));
        }
        found.is_err()
    }

    fn find(&self, wanted: &TokenDigest) -> Result<usize, usize> {
        self.configured
            .binary_search_by(|(digest, _)| digest.cmp(wanted))
    }

    /// Moves the tokens of one environment to another.
    pub(super) fn move_environment(&mut self, old: Pfid, new: Pfid) {
        self.forget();
        for (_, grant) in &mut self.configured {
            if let Grant::Scope(scope) = grant
                && scope.environment_id == Some(old)
            {
                scope.environment_id = Some(new);
            }
        }
    }

    /// The digests of the configured tokens of an environment.
    pub(super) fn of_environment(&self, id: Pfid) -> Vec<TokenDigest> {
        let of_it = |grant: &Grant| match grant {
            Grant::Scope(scope) => scope.environment_id == Some(id),
            Grant::Operator => false,
        };
        let tokens = self.configured.iter().filter(|(_, grant)| of_it(grant));
        tokens.map(|(digest, _)| *digest).collect()
    }

    /// Whether there are none, configured or managed.
    pub(super) fn is_empty(&self) -> bool {
        self.configured.is_empty() && !self.has_managed
    }

    /// Takes over what the store has, all of which may be new.
    pub(super) fn take_over(&mut self, facts: TokenFacts) {
        self.forget();
        self.has_managed = facts.has_managed;
        self.secret = facts.secret;
    }

    /// Forgets what the store said of the last token: it may have changed.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// What a configured token of a digest opens. The time that the search takes depends on digests alone. A caller cannot
    /// choose the digest of a text, so the time brings no text closer to that of a token.
    fn configured(&self, wanted: &TokenDigest) -> Option<Grant> {
        let place = self.find(wanted).ok()?;
        self.configured.get(place).map(|(_, grant)| *grant)
    }
}

/// Where the records behind a token are, as far as its text says.
pub(crate) enum TokenPlace {
    /// In the account of this partition.
    Account(Partition),
    /// In all accounts: the operator's.
    Accounts,
}

/// A microsecond's hour.
const HOUR: i64 = 60 * 60 * 1_000_000;

/// The beginning of the hour of a moment.
fn hour_of(now: Timestamp) -> Timestamp {
    let micros = now.micros();
    Timestamp::from_micros(micros - micros.rem_euclid(HOUR)).unwrap_or(Timestamp::MIN)
}

impl Registrar {
    /// The caller of a token at a moment; `None` where the token opens nothing. Configured tokens are looked up first. A
    /// text that is neither one of them nor [signed](token_partition) reaches no store.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn caller(&mut self, token: &str, now: Timestamp) -> Result<Option<Caller>, StoreError> {
        let text = token.as_bytes();
        let is_last = |last: &LastToken| same(&last.text, text);
        if !self.tokens.last.as_ref().is_some_and(is_last) {
            let Some((grant, managed)) = self.find_token(token)? else {
                return Ok(None);
            };
            let text = text.to_vec();
            self.tokens.last = Some(LastToken {
                text,
                grant,
                managed,
            });
        }
        let Some(LastToken { grant, managed, .. }) = &self.tokens.last else {
            return Ok(None);
        };
        let is_over = |it: &ManagedToken| it.expires_at.is_some_and(|at| at <= now);
        if managed.as_ref().is_some_and(is_over) {
            return Ok(None);
        }
        Ok(Some(match grant {
            Grant::Operator => Caller {
                credential: Credential::Operator,
                ..Caller::nobody(now)
            },
            Grant::Scope(scope) => Caller {
                account_id: scope.account_id,
                environment_id: scope.environment_id,
                credential: managed.map_or(Credential::Configured, |it| Credential::Managed(it.id)),
                now,
            },
        }))
    }

    /// What a token opens, and its record where it is a managed one.
    fn find_token(&self, token: &str) -> Result<Option<(Grant, Option<ManagedToken>)>, StoreError> {
        let digest = sha256(token.as_bytes());
        match self.tokens.configured(&digest) {
            Some(Grant::Scope(scope)) if self.is_void(&digest, &scope)? => return Ok(None),
            Some(grant) => return Ok(Some((grant, None))),
            None => {}
        }
        let Some(partition) = token_partition(token, &self.tokens.secret) else {
            return Ok(None);
        };
        if !self.ids.has_partition(partition) {
            return Ok(None);
        }
        let row = self.store.api_token_of_digest(&digest)?;
        let active = row.filter(|row| row.state == TokenState::Active);
        Ok(active.map(|row| {
            let scope = Scope {
                account_id: row.account_id,
                environment_id: row.environment_id,
            };
            let managed = ManagedToken {
                id: row.id,
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
            };
            (Grant::Scope(scope), Some(managed))
        }))
    }

    /// Where the records behind a token are. No store is asked, so a signed token may have no record.
    pub(crate) fn token_place(&self, token: &str) -> Option<TokenPlace> {
        Some(match self.tokens.configured(&sha256(token.as_bytes())) {
            Some(Grant::Operator) => TokenPlace::Accounts,
            Some(Grant::Scope(scope)) => TokenPlace::Account(scope.account_id.partition()),
            None => TokenPlace::Account(token_partition(token, &self.tokens.secret)?),
        })
    }

    /// Whether the environment of a configured token is gone, or was gone since: another one of the same id has not its
    /// tokens. **\[ours\]**
    fn is_void(&self, digest: &TokenDigest, scope: &Scope) -> Result<bool, StoreError> {
        match scope.environment_id {
            None => Ok(false),
            Some(id) => {
                Ok(self.store.environment(id)?.is_none() || self.store.is_void_token(digest)?)
            }
        }
    }

    /// The API token of a caller, where its use is to be noted: at the first one in an hour.
    pub(crate) fn use_to_note(&self, caller: &Caller) -> Option<Pfid> {
        let token = self.tokens.last.as_ref()?.managed?;
        let hour = hour_of(caller.now);
        let is_noted = token.last_used_at.is_some_and(|last| last >= hour)
            || self.tokens.failed_hour == Some(hour);
        (!is_noted && caller.credential == Credential::Managed(token.id)).then_some(token.id)
    }

    /// Notes in the open unit that a token was used. The note is kept where the operation after it is refused, but not
    /// where it fails after it wrote something.
    pub(crate) fn note_use(&mut self, id: Pfid, now: Timestamp) -> Result<(), StoreError> {
        self.tokens.forget();
        match self.write_use().note_api_token_use(id, hour_of(now)) {
            // Removed since, by a request before this one in the same transaction.
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => {
                self.fail_unit();
                self.give_up_uses(now);
                Err(error)
            }
        }
    }

    /// Notes no uses until the next hour, because the store refused one.
    pub(crate) fn give_up_uses(&mut self, now: Timestamp) {
        self.tokens.failed_hour = Some(hour_of(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_token_is_accepted() {
        let scope = Scope {
            account_id: Pfid::parse(crate::registrar::config::DEFAULT_ACCOUNT).unwrap(),
            environment_id: None,
        };
        let mut tokens = Tokens::default();
        let many = (0..9).map(|number: u8| (sha256(&[number]), scope));
        assert!(tokens.add(many.chain([(sha256(b"secret"), scope)])));
        assert!(!tokens.add_operator(sha256(b"secret")));
        assert!(tokens.add_operator(sha256(b"operator")));
        assert!(!Tokens::default().add([(sha256(b"a"), scope); 2].into_iter()));
        let opens = |token: &[u8]| tokens.configured(&sha256(token));
        assert_eq!(opens(&[4]), Some(Grant::Scope(scope)));
        assert_eq!(opens(b"secret"), Some(Grant::Scope(scope)));
        assert_eq!(opens(b"operator"), Some(Grant::Operator));
        for other in [&b"secre"[..], b"secret2", b"Secret", b""] {
            assert_eq!(opens(other), None);
        }
    }

    #[test]
    fn hours_begin_before_every_moment_in_them() {
        let hour = |micros| hour_of(Timestamp::from_micros(micros).unwrap()).micros();
        for (micros, expected) in [(0, 0), (HOUR - 1, 0), (HOUR, HOUR), (-1, -HOUR)] {
            assert_eq!(hour(micros), expected);
        }
    }
}
