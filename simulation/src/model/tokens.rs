//! What the texts of tokens open.

use sha2::{Digest as _, Sha256};

use super::Model;
use super::id::{Id, Micros, Partition};
use super::state::{Given, Token};

/// Where a token belongs.
#[derive(Clone, Debug)]
pub(crate) struct TokenOf {
    pub(crate) partition: Partition,
    /// Of a configured token.
    pub(crate) environment: Option<Id>,
    /// Of a managed token.
    pub(crate) id: Option<Id>,
}

impl Model {
    /// The texts of configured tokens. They open nothing before their accounts exist.
    pub fn know_tokens(&mut self, accounts: &[Given]) {
        for given in accounts {
            for (text, environment) in &given.tokens {
                let partition = given.id.partition();
                let of = TokenOf {
                    partition,
                    environment: *environment,
                    id: None,
                };
                self.tokens.insert(text.clone(), of);
            }
        }
    }

    /// All ids that were ever given in an account, by kind.
    #[must_use]
    pub fn given(&self, account: Id) -> Vec<Vec<Id>> {
        let account = self.accounts.get(&account.partition());
        account.map(|it| it.given.to_vec()).unwrap_or_default()
    }

    /// Knows what the texts of tokens open that were given in another state.
    pub fn remember_tokens(&mut self, other: &Model) {
        for (text, of) in &other.tokens {
            if !self.tokens.contains_key(text) {
                self.tokens.insert(text.clone(), of.clone());
            }
        }
    }

    /// A first token of an account was made, whose id no answer tells. Its text is lost where the answer was.
    pub fn add_first_token(&mut self, account_id: Id, text: Option<&str>, now: Micros) {
        let partition = account_id.partition();
        self.first_tokens += 1;
        let id = Id::of(0, partition, self.first_tokens);
        let Some(account) = self.accounts.get_mut(&partition) else {
            return;
        };
        let id = account.unknown(id);
        account.tokens.insert(id, Token::new(None, None, now));
        if let Some(text) = text {
            self.add_token(text, id);
        }
    }

    /// A managed token has this text.
    pub(crate) fn add_token(&mut self, text: &str, id: Id) {
        let of = TokenOf {
            partition: id.partition(),
            environment: None,
            id: Some(id),
        };
        self.tokens.insert(text.to_owned(), of);
        let account = self.accounts.get_mut(&id.partition());
        if let Some(token) = account.and_then(|it| it.tokens.get_mut(&id)) {
            token.digest = Some(digest(text));
        }
    }

    /// The configured tokens of an environment.
    pub(crate) fn configured_tokens_of(&self, environment: Id) -> Vec<String> {
        let of_it = |(_, of): &(&String, &TokenOf)| of.environment == Some(environment);
        self.tokens
            .iter()
            .filter(of_it)
            .map(|(text, _)| text.clone())
            .collect()
    }
}

impl Token {
    pub(crate) fn new(environment: Option<Id>, expires_at: Option<Micros>, now: Micros) -> Token {
        Token {
            environment,
            state: "active",
            expires_at,
            used: [None, None],
            digest: None,
            inserted: now,
            updated: now,
        }
    }
}

/// The digest of the text of a token.
pub(crate) fn digest(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
