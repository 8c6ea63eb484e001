//! The effects of operations whose preconditions hold, and their answers.

use super::id::{Id, Micros};
use super::operation::{Kind, Operation, TokenAction};
use super::state::{Account, Agent, Environment, Token, Version};
use super::writer::details;
use super::{Caller, Finding, Model};

/// The id of the first member of this name in an answer.
pub(super) fn id_at(actual: &str, member: &str) -> Result<Id, Finding> {
    let text = text_at(actual, member).and_then(Id::parse);
    text.ok_or_else(|| format!("there is no id at {member} of the answer"))
}

/// The text of the first member of this name in an answer. It has no escapes.
fn text_at<'a>(actual: &'a str, member: &str) -> Option<&'a str> {
    let (_, rest) = actual.split_once(&format!("\"{member}\":\""))?;
    rest.split('"').next()
}

fn with_token(object: &str, text: &str) -> String {
    format!("{{\"status\":\"success\",\"details\":{object},\"token\":\"{text}\"}}")
}

/// The object that is not there, although the preconditions hold.
pub(super) fn gone() -> Finding {
    "the model has no such object".to_owned()
}

impl Model {
    /// Carries an operation out that nothing refuses. Ids that the service generated are taken from the answer. Returns the answer
    /// that it should be.
    pub(super) fn carry_out(
        &mut self,
        caller: &Caller,
        operation: &Operation,
        now: Micros,
        actual: &str,
    ) -> Result<String, Finding> {
        let Caller::Token {
            partition,
            environment,
            token,
        } = *caller
        else {
            return match operation {
                Operation::CreateAccount(name) => self.create_account(name, now, actual),
                Operation::List(_, page) => Ok(self.list_directory(page)),
                _ => Err(gone()),
            };
        };
        if let Operation::List(listed, page) = operation {
            return Ok(self.list(caller, *listed, page, now));
        }
        if let Operation::DeleteEnvironment(id) = operation {
            return self.delete_environment(partition, *id, now);
        }
        let account = self.accounts.get_mut(&partition).ok_or_else(gone)?;
        let object = match operation {
            Operation::Fetch(kind, id) => account.fetch(*kind, *id, token, now),
            Operation::ShowAgent(id) => account.agent(*id, true, now),
            Operation::Generate(count) => return account.generate(*count, actual),
            Operation::CreateToken(of, expires_at) => {
                let id = id_at(actual, "id")?;
                account.note_generated(id)?;
                account.tokens.insert(id, Token::new(*of, *expires_at, now));
                account.note(Kind::Token, id);
                let object = account.token(id, token, now);
                let text = text_at(actual, "token").unwrap_or_default().to_owned();
                if text.len() < 32 {
                    return Err("a new token has no text".to_owned());
                }
                self.add_token(&text, id);
                return Ok(with_token(&object, &text));
            }
            Operation::ActOnToken(id, action) => {
                let row = account.tokens.get_mut(id).ok_or_else(gone)?;
                row.state = match action {
                    TokenAction::Activate => "active",
                    TokenAction::Suspend => "suspended",
                    TokenAction::Revoke => "revoked",
                };
                row.updated = now;
                account.token(*id, token, now)
            }
            Operation::DeleteToken(id) => {
                let object = account.token(*id, token, now);
                account.tokens.remove(id);
                object
            }
            _ if operation.is_about_runs() => account.run(operation, now, actual)?,
            _ => account.change(environment, operation, now, actual)?,
        };
        Ok(details(&object))
    }

    fn create_account(&mut self, name: &str, now: Micros, actual: &str) -> Result<String, Finding> {
        let id = id_at(actual, "id")?;
        if self
            .directory
            .keys()
            .any(|it| it.partition() == id.partition())
        {
            return Err(format!(
                "the partition of the new account {id} is another account's"
            ));
        }
        let text = text_at(actual, "token").unwrap_or_default().to_owned();
        self.listed(id, name, now);
        self.made += 1;
        // With a directory, the account's own object makes the account and its first token.
        if !self.has_front {
            self.add_account(id, name, now);
            self.add_first_token(id, Some(&text), now);
        }
        let object = Account::object(id, name, now, now);
        Ok(with_token(&object, &text))
    }

    fn delete_environment(
        &mut self,
        partition: super::Partition,
        id: Id,
        now: Micros,
    ) -> Result<String, Finding> {
        let tokens = self.configured_tokens_of(id);
        let account = self.accounts.get_mut(&partition).ok_or_else(gone)?;
        let object = account.environment(id);
        account.environments.remove(&id);
        for text in tokens {
            account.void(&text);
        }
        for token in account.tokens.values_mut() {
            if token.environment == Some(id) && token.state != "revoked" {
                token.state = "revoked";
                token.updated = now;
            }
        }
        Ok(details(&object))
    }
}

impl Operation {
    fn is_about_runs(&self) -> bool {
        use Operation::*;
        matches!(
            self,
            Register { .. } | Start(..) | Finish(..) | CreateSpan { .. } | FinishSpan(..)
        )
    }
}

impl Account {
    fn fetch(&self, kind: Kind, id: Id, own: Option<Id>, now: Micros) -> String {
        match kind {
            Kind::Account => Account::object(self.id, &self.name, self.inserted, self.updated),
            Kind::Environment => self.environment(id),
            Kind::Agent => self.agent(id, true, now),
            Kind::Version | Kind::SchemaVersion => self.version(id),
            Kind::Instance => self.instance(id),
            Kind::Span => self.span(id),
            Kind::Token => self.token(id, own, now),
        }
    }

    /// The id of a new object: the chosen one, or a generated one of the answer.
    pub(super) fn new_id(
        &mut self,
        kind: Kind,
        chosen: Option<Id>,
        actual: &str,
    ) -> Result<Id, Finding> {
        let id = id_at(actual, "id")?;
        match chosen {
            None => self.note_generated(id)?,
            Some(chosen) if chosen != id => {
                return Err(format!("the new object is {id}, and should be {chosen}"));
            }
            Some(_) => {}
        }
        self.note(kind, id);
        Ok(id)
    }

    fn generate(&mut self, count: u64, actual: &str) -> Result<String, Finding> {
        let (_, rest) = actual
            .split_once("\"pfids\":[")
            .ok_or("there are no ids in the answer")?;
        let list = rest.split(']').next().unwrap_or_default();
        let mut number = 0;
        for id in list.split(',') {
            let id = Id::parse(id.trim_matches('"')).ok_or("a generated id is none")?;
            self.note_generated(id)?;
            number += 1;
        }
        if number != count {
            return Err(format!(
                "{number} ids were generated, and should be {count}"
            ));
        }
        let account = self.id;
        Ok(format!(
            "{{\"status\":\"success\",\"pfids\":[{list}],\"account_id\":\"{account}\",\"details\":{{\"pfids\":[{list}]}}}}"
        ))
    }

    /// Operations on the account, its environments, and its agents.
    fn change(
        &mut self,
        environment: Option<Id>,
        operation: &Operation,
        now: Micros,
        actual: &str,
    ) -> Result<String, Finding> {
        match operation {
            Operation::CreateAgent {
                environment: named,
                name,
                description,
                id,
            } => {
                let environment = named.or(environment).ok_or_else(gone)?;
                let id = self.new_id(Kind::Agent, *id, actual)?;
                let agent = Agent {
                    environment,
                    name: name.clone(),
                    description: description.clone(),
                    is_retired: false,
                    inserted: now,
                    updated: now,
                    last_activity: None,
                    current: [None, None],
                };
                self.agents.insert(id, agent);
                Ok(self.agent(id, true, now))
            }
            Operation::UpdateAgent {
                id,
                name,
                description,
                version,
            } => {
                let agent = self.agents.get_mut(id).ok_or_else(gone)?;
                if let Some(name) = name {
                    agent.name.clone_from(name);
                }
                if let Some(text) = description {
                    agent.description.clone_from(text);
                }
                if let Some(version) = version {
                    agent.current[0] = *version;
                }
                agent.updated = now;
                Ok(self.agent(*id, true, now))
            }
            Operation::DeleteAgent(id) => {
                let object = self.agent(*id, true, now);
                self.agents.remove(id);
                self.versions.retain(|_, it| it.agent != *id);
                Ok(object)
            }
            Operation::Retire(id) | Operation::Reinstate(id) => {
                let agent = self.agents.get_mut(id).ok_or_else(gone)?;
                agent.is_retired = matches!(operation, Operation::Retire(_));
                agent.updated = now;
                Ok(self.agent(*id, true, now))
            }
            Operation::CreateVersion(kind, agent, identifier) => {
                let id = self.new_id(*kind, None, actual)?;
                let version = Version {
                    kind: *kind,
                    agent: *agent,
                    identifier: identifier.clone(),
                    inserted: now,
                };
                self.versions.insert(id, version);
                Ok(self.version(id))
            }
            Operation::CreateEnvironment(_, name, id) => {
                let id = self.new_id(Kind::Environment, *id, actual)?;
                let environment = Environment {
                    name: name.clone(),
                    inserted: now,
                    updated: now,
                };
                self.environments.insert(id, environment);
                Ok(self.environment(id))
            }
            Operation::Rename(Kind::Account, _, name) => {
                self.name.clone_from(name);
                self.updated = now;
                Ok(Account::object(
                    self.id,
                    &self.name,
                    self.inserted,
                    self.updated,
                ))
            }
            Operation::Rename(_, id, name) => {
                let environment = self.environments.get_mut(id).ok_or_else(gone)?;
                environment.name.clone_from(name);
                environment.updated = now;
                Ok(self.environment(*id))
            }
            other => Err(format!("{other:?} has no effect in the model")),
        }
    }
}
