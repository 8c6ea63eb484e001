//! What a store knows of API tokens: those that are managed over the API. Configured ones are not among them.

use std::borrow::Cow;
use std::fmt;

use super::StoreError;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;

/// SHA-256 of the text of a token.
pub type TokenDigest = [u8; 32];

/// One API token. `Debug` leaves its digest out.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiTokenRow<'a> {
    /// Its id.
    pub id: Pfid,
    /// The account it is for.
    pub account_id: Pfid,
    /// The one environment it is for; all of the account where absent. The environment may be gone.
    pub environment_id: Option<Pfid>,
    /// SHA-256 of its text, which is kept nowhere.
    pub digest: TokenDigest,
    /// Its name.
    pub name: Option<Cow<'a, str>>,
    /// Its state, but for its expiry.
    pub state: TokenState,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// The hour in which it was used last.
    pub last_used_at: Option<Timestamp>,
    /// When it was made.
    pub inserted_at: Timestamp,
    /// When it was changed last. Its use is no change.
    pub updated_at: Timestamp,
}

impl fmt::Debug for ApiTokenRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiTokenRow")
            .field("id", &self.id)
            .field("account_id", &self.account_id)
            .field("environment_id", &self.environment_id)
            .field("name", &self.name)
            .field("state", &self.state)
            .field("expires_at", &self.expires_at)
            .field("last_used_at", &self.last_used_at)
            .field("inserted_at", &self.inserted_at)
            .field("updated_at", &self.updated_at)
            .finish_non_exhaustive()
    }
}

/// API tokens by id and by digest.
pub trait ApiTokens {
    /// The token of an id.
    fn api_token(&self, id: Pfid) -> Result<Option<ApiTokenRow<'_>>, StoreError>;

    /// The token of a digest.
    fn api_token_of_digest(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<ApiTokenRow<'_>>, StoreError>;

    /// The tokens of an account, in no particular order: the registrar limits how many an account has.
    fn api_tokens(&self, account_id: Pfid) -> Result<Vec<ApiTokenRow<'_>>, StoreError>;

    /// Whether there is any token.
    fn has_api_tokens(&self) -> Result<bool, StoreError>;

    /// Adds a token whose id and digest are free, in an account that exists.
    fn insert_api_token(&mut self, row: &ApiTokenRow<'_>) -> Result<(), StoreError>;

    /// Changes the state of a token. Gives the changed row.
    fn update_api_token(
        &mut self,
        id: Pfid,
        state: TokenState,
        updated_at: Timestamp,
    ) -> Result<ApiTokenRow<'_>, StoreError>;

    /// Notes the hour in which a token was used last.
    fn note_api_token_use(&mut self, id: Pfid, hour: Timestamp) -> Result<(), StoreError>;

    /// Removes a token.
    fn delete_api_token(&mut self, id: Pfid) -> Result<(), StoreError>;

    /// Whether a configured token was [voided](ApiTokens::void_token).
    fn is_void_token(&self, digest: &TokenDigest) -> Result<bool, StoreError>;

    /// Notes that a configured token opens nothing any more, because its environment was deleted. Noting it twice is
    /// the same as once.
    fn void_token(&mut self, digest: &TokenDigest) -> Result<(), StoreError>;

    /// The secret under which the texts of tokens are signed, where the store keeps one.
    fn token_secret(&self) -> Result<Option<[u8; 32]>, StoreError>;

    /// Keeps the secret under which the texts of tokens are signed: the last one given.
    fn keep_token_secret(&mut self, secret: &[u8; 32]) -> Result<(), StoreError>;
}
