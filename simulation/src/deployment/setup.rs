//! The configurations of deployments.

use agent_registrar::Service;
use serde_json::json;

use super::core::{Bracket, Object};
use super::{Home, read, timestamp};
use crate::model::{Given, Id, Limits, Micros};
use crate::planted::Bug;

/// The secret that signs tokens, of the whole deployment.
const SECRET: &str = "the secret of the simulation";

/// The configuration of a deployment.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The kind of deployment.
    pub home: Home,
    /// The configured accounts.
    pub accounts: Vec<Given>,
    /// The token of the operator.
    pub operator: String,
    /// The seed of the ids.
    pub seed: u64,
    /// The number of the deployment: each has other ids and texts of tokens.
    pub generation: u64,
    /// The limits.
    pub limits: Limits,
    /// A defect.
    pub bug: Option<Bug>,
}

impl Setup {
    /// A configuration with these accounts and tokens.
    pub(super) fn config(
        &self,
        accounts: &[Given],
        tokens: &[(String, Id, Option<Id>)],
        seed: &str,
    ) -> String {
        let environments = |given: &Given| -> Vec<_> {
            given
                .environments
                .iter()
                .map(|(id, name)| json!({"id": id.as_str(), "name": name}))
                .collect()
        };
        let accounts: Vec<_> = accounts
            .iter()
            .map(|it| json!({"id": it.id.as_str(), "name": it.name, "environments": environments(it)}))
            .collect();
        let tokens: Vec<_> = tokens
            .iter()
            .map(|(text, account, environment)| {
                json!({"token": text, "account_id": account.as_str(), "environment_id": environment.map(|it| it.to_string())})
            })
            .collect();
        let mut limits = json!({});
        let more = u64::from(self.bug == Some(Bug::LimitOffByOne));
        if let Some(most) = self.limits.account_records {
            limits["account_records"] = json!(most + more);
        }
        let more = u64::from(self.bug == Some(Bug::TotalOffByOne));
        if let Some(most) = self.limits.records {
            limits["records"] = json!(most + more);
        }
        json!({
            "limits": limits,
            "accounts": accounts,
            "tokens": tokens,
            "seed_text": format!("{} {} {seed}", self.seed, self.generation),
            "secret": SECRET,
            "operator_token": {"token": self.operator},
        })
        .to_string()
    }

    /// The configuration of the registrar of some accounts with all their tokens.
    pub(crate) fn config_of(&self, accounts: &[Given], seed: &str) -> String {
        let mut tokens = Vec::new();
        for given in accounts {
            tokens.extend(
                given
                    .tokens
                    .iter()
                    .map(|(text, environment)| (text.clone(), given.id, *environment)),
            );
        }
        self.config(accounts, &tokens, seed)
    }
}

impl Setup {
    pub(super) fn in_memory(&self, now: Micros) -> Service {
        let config = read(&self.config_of(&self.accounts, ""));
        Service::new(config, timestamp(now)).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn single(&self, bracket: Bracket) -> Object {
        Object::new(self.config_of(&self.accounts, ""), bracket, self.bug)
    }
}
