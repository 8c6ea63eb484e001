//! Bearer tokens.

use std::fmt;

use crate::digest::{Digest, sha256};
use crate::model::pfid::Pfid;

/// The scope of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its account.
    pub account_id: Pfid,
    /// The one environment that it covers; if absent, the whole account.
    pub environment_id: Option<Pfid>,
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

/// The digests of all tokens.
#[derive(Default)]
pub struct Tokens {
    digests: Vec<([u8; 32], Scope)>,
    /// The token that was accepted last. A caller usually sends many requests in a row, and
    /// hashing a token takes as long as creating an agent.
    last: Option<(Vec<u8>, Scope)>,
}

/// Shows the number of tokens only: tokens and their digests do not belong in a log.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.digests.len())
    }
}

impl Tokens {
    /// Adds a token by its digest. Returns false if it is there already.
    #[must_use]
    pub fn add(&mut self, sha256: [u8; 32], scope: Scope) -> bool {
        let new = self.digests.iter().all(|(digest, _)| *digest != sha256);
        if new {
            self.digests.push((sha256, scope));
        }
        new
    }

    /// Moves the tokens of one environment to another.
    pub fn move_environment(&mut self, old: Pfid, new: Pfid) {
        self.last = None;
        for (_, scope) in &mut self.digests {
            if scope.environment_id == Some(old) {
                scope.environment_id = Some(new);
            }
        }
    }

    /// Whether there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// The scope of a token, if it is one of these. Comparisons take constant time, so that the time reveals nothing about how
    /// similar a wrong token is.
    pub fn scope(&mut self, token: &[u8]) -> Option<Scope> {
        if let Some((last, scope)) = &self.last
            && same(last, token)
        {
            return Some(*scope);
        }
        let wanted = sha256(token);
        let mut found = None;
        for (digest, scope) in &self.digests {
            if same(digest, &wanted) {
                found = Some(*scope);
            }
        }
        if let Some(scope) = found {
            self.last = Some((token.to_vec(), scope));
        }
        found
    }
}

/// Compares in constant time for equal lengths.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
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
        assert!(tokens.add(sha256(b"secret"), scope));
        assert!(!tokens.add(sha256(b"secret"), scope));
        assert_eq!(tokens.scope(b"secre"), None);
        assert_eq!(tokens.scope(b"secret"), Some(scope));
        assert_eq!(tokens.scope(b"secret"), Some(scope));
        assert_eq!(tokens.scope(b"secret2"), None);
        assert_eq!(tokens.scope(b"Secret"), None);
    }
}
