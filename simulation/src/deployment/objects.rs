//! The front worker, the directory, and the objects of accounts: as `js/cloudflare/durable`.

use agent_registrar::{Answer, Destination, Method, Service};
use serde_json::Value;

use super::core::{Bracket, Object};
use super::{Deployment, Happening, Lost, Records, Setup, read, reply, request, timestamp};
use crate::model::{Given, Id, Micros, Operation, Partition, Reply, Sent};

impl Setup {
    /// The configured accounts, without what only their own objects have.
    fn bare_accounts(&self) -> Vec<Given> {
        let bare = |it: &Given| Given {
            environments: Vec::new(),
            tokens: Vec::new(),
            ..it.clone()
        };
        self.accounts.iter().map(bare).collect()
    }

    /// The front worker's registrar, which holds no records.
    pub(super) fn front(&self, now: Micros) -> Service {
        let accounts = self.bare_accounts();
        let mut tokens = Vec::new();
        for given in &self.accounts {
            tokens.extend(
                given
                    .tokens
                    .iter()
                    .map(|(text, _)| (text.clone(), given.id, None)),
            );
        }
        let config = read(&self.config(&accounts, &tokens, "front"));
        Service::new(config, timestamp(now)).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn directory(&self) -> Object {
        let accounts = self.bare_accounts();
        Object::new(
            self.config_of(&accounts, "directory"),
            Bracket::Steps,
            self.bug,
        )
    }

    /// The configuration of the object of an account.
    pub(crate) fn config_of_account(&self, given: &Given) -> String {
        self.config_of(std::slice::from_ref(given), given.id.as_str())
    }
}

impl Deployment {
    /// Carries out one request where it belongs.
    pub(super) fn route(&mut self, place: usize, sent: &Sent, now: Micros) {
        let Records::Objects { front, .. } = &mut self.records else {
            return;
        };
        let authorization = format!("Bearer {}", sent.token);
        let mut answer = Answer::new();
        let destination = front.destination(&request(sent, &authorization, now), &mut answer);
        match destination {
            Destination::Here => {
                front.handle(&request(sent, &authorization, now), &mut answer);
                self.happened
                    .push(Happening::Answered(place, reply(&answer), Lost::No));
            }
            Destination::Answered => {
                self.happened
                    .push(Happening::Answered(place, reply(&answer), Lost::No));
            }
            Destination::Account(partition) => {
                self.ask_account(place, sent, Partition::of(u64::from(partition.get())), now);
            }
            Destination::Accounts => self.ask_directory(place, sent, now),
        }
    }

    fn ask_account(&mut self, place: usize, sent: &Sent, partition: Partition, now: Micros) {
        let Records::Objects {
            front, accounts, ..
        } = &mut self.records
        else {
            return;
        };
        let configured = self
            .setup
            .accounts
            .iter()
            .find(|it| it.id.partition() == partition);
        if let Some(given) = configured
            && !accounts.contains_key(&partition)
        {
            let config = self.setup.config_of_account(given);
            accounts.insert(
                partition,
                Object::new(config, Bracket::Steps, self.setup.bug),
            );
        }
        let Some(object) = accounts.get_mut(&partition) else {
            let mut answer = Answer::new();
            match sent.operation {
                // The front worker has no account of this id: 404 for the operator, 401 for others.
                Operation::Export(id) | Operation::Import(id, ..) => {
                    let export = Sent::new(&sent.token, Operation::Export(id), None);
                    let authorization = format!("Bearer {}", sent.token);
                    front.handle(&request(&export, &authorization, now), &mut answer);
                }
                // The token is signed, but its account does not exist: as for any token that is not valid.
                _ => front.handle(&request(sent, "Bearer none", now), &mut answer),
            }
            self.happened
                .push(Happening::Answered(place, reply(&answer), Lost::No));
            return;
        };
        let processed = object.carry_out(&[sent], now);
        if object.take_ensured()
            && let Some(given) = configured
        {
            self.happened.push(Happening::Opened(given.clone()));
        }
        match processed.into_iter().next().flatten() {
            Some((reply, lost)) => self.happened.push(Happening::Answered(place, reply, lost)),
            None => self.happened.push(Happening::Unanswered(place)),
        }
    }

    fn ask_directory(&mut self, place: usize, sent: &Sent, now: Micros) {
        let Records::Objects { directory, .. } = &mut self.records else {
            return;
        };
        let processed = directory.carry_out(&[sent], now);
        if directory.take_ensured() {
            self.happened.push(Happening::DirectoryOpened);
        }
        let Some((reply, lost)) = processed.into_iter().next().flatten() else {
            self.happened.push(Happening::Unanswered(place));
            return;
        };
        let is_create = matches!(sent.operation, Operation::CreateAccount(_));
        if !is_create || reply.status != 200 {
            self.happened.push(Happening::Answered(place, reply, lost));
            return;
        }
        self.happened
            .push(Happening::DirectoryAnswered(place, reply.clone()));
        let reply = self.with_token(reply, lost, now);
        self.happened.push(match reply {
            Some(reply) => Happening::Answered(place, reply, Lost::No),
            None => Happening::Unanswered(place),
        });
    }

    /// The answer to the create of an account, once the account's own object has made its first token.
    fn with_token(&mut self, mut reply: Reply, lost: Lost, now: Micros) -> Option<Reply> {
        let Records::Objects { pending, .. } = &mut self.records else {
            return None;
        };
        let mut body: Value = serde_json::from_slice(&reply.body).ok()?;
        let id = Id::parse(body["details"]["id"].as_str()?)?;
        let name = body["details"]["name"].as_str()?.to_owned();
        if body["token"].is_string() {
            pending.insert(id);
        } else if !pending.contains(&id) {
            return (lost == Lost::No).then_some(reply);
        }
        if lost == Lost::Yes {
            return None;
        }
        let token = self.establish(id, name, now)?;
        if let Records::Objects { pending, .. } = &mut self.records {
            pending.remove(&id);
        }
        body["token"] = Value::Null;
        let text = String::from_utf8(reply.body).ok()?;
        let end = text.rfind(",\"token\":\"").unwrap_or(text.len() - 1);
        reply.body = format!("{},\"token\":\"{token}\"}}", &text[..end]).into_bytes();
        Some(reply)
    }

    /// The object of an account becomes it, and makes a token.
    fn establish(&mut self, id: Id, name: String, now: Micros) -> Option<String> {
        let Records::Objects { accounts, .. } = &mut self.records else {
            return None;
        };
        let given = Given {
            id,
            name,
            environments: Vec::new(),
            tokens: Vec::new(),
        };
        let first = "a token for one request";
        let config = self.setup.config(
            std::slice::from_ref(&given),
            &[(first.to_owned(), id, None)],
            id.as_str(),
        );
        let object = accounts
            .entry(id.partition())
            .or_insert_with(|| Object::new(config.clone(), Bracket::Steps, self.setup.bug));
        object.set_config(config);
        let sent = Sent::new(first, Operation::CreateToken(None, None), None);
        debug_assert_eq!(sent.method, Method::Post);
        let processed = object.carry_out(&[&sent], now);
        let is_ensured = object.take_ensured();
        object.set_config(self.setup.config_of_account(&given));
        if is_ensured {
            self.happened.push(Happening::Opened(given));
        }
        let (reply, lost) = processed.into_iter().next().flatten()?;
        let body: Value = serde_json::from_slice(&reply.body).ok()?;
        let text = body["token"].as_str()?.to_owned();
        let is_given = lost == Lost::No;
        self.happened
            .push(Happening::FirstToken(id, is_given.then(|| text.clone())));
        is_given.then_some(text)
    }
}
