//! Bearer tokens: who calls.

use std::fmt;

use crate::digest::{Digest, sha256};
use crate::model::pfid::Pfid;

/// Whose objects a token covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its account.
    pub account_id: Pfid,
    /// The one environment it is for, where it is not for all of the account.
    pub environment_id: Option<Pfid>,
}

/// 32 bytes from which a host makes the default tokens: the same for the same seed. The seed does not follow from them,
/// nor do the ids. **\[ours\]**
#[must_use]
pub fn default_token_secret(seed: &[u8; 32]) -> [u8; 32] {
    let mut digest = Digest::new();
    digest.add(b"default tokens of agent-registrar");
    digest.add(seed);
    digest.finish()
}

/// All tokens, as digests.
#[derive(Default)]
pub struct Tokens {
    digests: Vec<([u8; 32], Scope)>,
    /// The token that was last accepted. One caller usually makes many requests in a row, and
    /// hashing would cost as much as creating an agent.
    last: Option<(Vec<u8>, Scope)>,
}

/// Says how many there are: neither a token nor a digest of one belongs into a log.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.digests.len())
    }
}

impl Tokens {
    /// Adds a token by its digest; says no when it is there already.
    #[must_use]
    pub fn add(&mut self, sha256: [u8; 32], scope: Scope) -> bool {
        let new = self.digests.iter().all(|(digest, _)| *digest != sha256);
        if new {
            self.digests.push((sha256, scope));
        }
        new
    }

    /// Makes the tokens of one environment those of another.
    pub fn move_environment(&mut self, old: Pfid, new: Pfid) {
        self.last = None;
        for (_, scope) in &mut self.digests {
            if scope.environment_id == Some(old) {
                scope.environment_id = Some(new);
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// What a token covers, if it is one of these. The time it takes says nothing of how nearly a
    /// wrong one was right.
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

/// Compares all bytes, whatever the first difference.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_token_opens() {
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
