//! Looks at everything that there is.

use std::rc::Rc;

use super::{Message, World};
use crate::choice::sorts;
use crate::model::{Id, Kind, Listed, Operation, Page, Sent};

impl World {
    /// Compares everything that the accounts' tokens see with the model, and checks the databases. No fault comes meanwhile.
    pub(super) fn audit(&mut self) -> Result<(), String> {
        for given in self.swarm.accounts.clone() {
            for (token, _) in &given.tokens {
                self.audit_as(token, given.id)?;
            }
            self.look("operator", Operation::Export(given.id))?;
        }
        for storage in self.deployment.storages() {
            storage.with(check)?;
        }
        Ok(())
    }

    fn audit_as(&mut self, token: &str, account: Id) -> Result<(), String> {
        let page = Page {
            sort: "id",
            descending: false,
            offset: 0,
            size: 100,
        };
        let mut operations = vec![Operation::Fetch(Kind::Account, account)];
        for listed in [
            Listed::Environments,
            Listed::Accounts,
            Listed::Tokens,
            Listed::Agents(None, true),
        ] {
            let sort = *self.random.one_of(sorts(listed));
            for descending in [false, true] {
                operations.push(Operation::List(
                    listed,
                    Page {
                        sort,
                        descending,
                        ..page
                    },
                ));
            }
        }
        // The more requests before, the more there is to see.
        let most = (self.swarm.steps / 40).clamp(4, 25) as usize;
        let given = self.model.given(account);
        let last = |kind: Kind| {
            let ids = given
                .get(kind as usize)
                .map(Vec::as_slice)
                .unwrap_or_default();
            ids[ids.len().saturating_sub(most)..].to_vec()
        };
        for kind in [
            Kind::Environment,
            Kind::Agent,
            Kind::Version,
            Kind::SchemaVersion,
            Kind::Instance,
            Kind::Token,
        ] {
            operations.extend(last(kind).into_iter().map(|id| Operation::Fetch(kind, id)));
        }
        for agent in last(Kind::Agent) {
            let sort = *self
                .random
                .one_of(&["id", "finished_at", "started_at", "status"]);
            for listed in [Listed::Instances(agent), Listed::SpansOfAgent(agent)] {
                operations.push(Operation::List(listed, Page { sort, ..page }));
            }
            for kind in [Kind::Version, Kind::SchemaVersion] {
                operations.push(Operation::List(Listed::Versions(kind, agent), page));
            }
        }
        for operation in operations {
            self.look(token, operation)?;
        }
        Ok(())
    }

    /// Carries an operation out for nobody who waits for the answer.
    fn look(&mut self, token: &str, operation: Operation) -> Result<(), String> {
        let message = Message {
            client: usize::MAX,
            attempt: 0,
            sent: Rc::new(Sent::new(token, operation, None)),
        };
        self.carry_out(&[message], false)
    }
}

fn check(database: &rusqlite::Connection) -> Result<(), String> {
    for pragma in ["PRAGMA integrity_check", "PRAGMA foreign_key_check"] {
        let mut statement = database
            .prepare(pragma)
            .map_err(|error| error.to_string())?;
        let mut rows = statement.query([]).map_err(|error| error.to_string())?;
        while let Some(row) = rows.next().map_err(|error| error.to_string())? {
            let text: String = row.get(0).map_err(|error| error.to_string())?;
            if text != "ok" {
                return Err(format!("{pragma}: {text}"));
            }
        }
    }
    Ok(())
}
