//! The life cycle of an API token. **\[ours\]**, but for the words.

use crate::model::timestamp::Timestamp;
use crate::words::words;

words! {
    /// Where an API token is in its life.
    pub enum TokenStatus {
        /// It opens what it is for.
        Active = "active",
        /// It opens nothing until it is activated.
        Suspended = "suspended",
        /// It opens nothing any more.
        Revoked = "revoked",
        /// Its time is over.
        Expired = "expired",
    }
}

words! {
    /// What an API token is for.
    pub enum TokenScope {
        /// All of an account.
        Account = "account",
        /// One environment of it.
        Environment = "environment",
    }
}

/// The state of an API token as far as it is stored: `expired` follows from the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// Neither suspended nor revoked.
    Active,
    /// Suspended, until it is activated.
    Suspended,
    /// Revoked, for good.
    Revoked,
}

impl TokenState {
    /// All states, in the order of their numbers.
    pub const ALL: [TokenState; 3] = [
        TokenState::Active,
        TokenState::Suspended,
        TokenState::Revoked,
    ];
}

/// Which actions an API token takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenActions {
    /// Whether it can be activated.
    pub activate: bool,
    /// Whether it can be suspended.
    pub suspend: bool,
    /// Whether it can be revoked.
    pub revoke: bool,
    /// Whether it can be deleted.
    pub delete: bool,
}

/// The status at the time `now`. A revoked token stays revoked when its time is over; a suspended one expires.
pub fn status(state: TokenState, expires_at: Option<Timestamp>, now: Timestamp) -> TokenStatus {
    match state {
        TokenState::Revoked => TokenStatus::Revoked,
        _ if expires_at.is_some_and(|at| at <= now) => TokenStatus::Expired,
        TokenState::Suspended => TokenStatus::Suspended,
        TokenState::Active => TokenStatus::Active,
    }
}

/// The actions available on a token with this status. No token changes itself: `is_own` says whether it is the one that
/// asks.
pub fn available_actions(status: TokenStatus, is_own: bool) -> TokenActions {
    TokenActions {
        activate: !is_own && status == TokenStatus::Suspended,
        suspend: !is_own && status == TokenStatus::Active,
        revoke: !is_own && matches!(status, TokenStatus::Active | TokenStatus::Suspended),
        delete: !is_own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    #[test]
    fn the_status_follows_from_the_state_and_the_clock() {
        for (state, before, after) in [
            (
                TokenState::Active,
                TokenStatus::Active,
                TokenStatus::Expired,
            ),
            (
                TokenState::Suspended,
                TokenStatus::Suspended,
                TokenStatus::Expired,
            ),
            (
                TokenState::Revoked,
                TokenStatus::Revoked,
                TokenStatus::Revoked,
            ),
        ] {
            assert_eq!(status(state, Some(at(10)), at(9)), before);
            assert_eq!(status(state, Some(at(10)), at(10)), after);
            assert_eq!(status(state, None, at(10)), before);
        }
    }

    #[test]
    fn actions_follow_from_the_status_and_none_is_for_the_token_that_asks() {
        let flags = |it: TokenActions| [it.activate, it.suspend, it.revoke, it.delete];
        for (status, expected) in [
            (TokenStatus::Active, [false, true, true, true]),
            (TokenStatus::Suspended, [true, false, true, true]),
            (TokenStatus::Revoked, [false, false, false, true]),
            (TokenStatus::Expired, [false, false, false, true]),
        ] {
            assert_eq!(flags(available_actions(status, false)), expected);
            assert_eq!(flags(available_actions(status, true)), [false; 4]);
        }
    }
}
