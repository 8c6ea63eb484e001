//! The objects of the model.

use std::collections::{BTreeMap, HashSet};

use super::id::{Id, Micros, Partition};
use super::operation::{Kind, Operation};
use super::{Model, Sent};

#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) name: String,
    pub(crate) inserted: Micros,
    pub(crate) updated: Micros,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) environment: Id,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) is_retired: bool,
    pub(crate) inserted: Micros,
    pub(crate) updated: Micros,
    pub(crate) last_activity: Option<Micros>,
    /// Its current version and schema version.
    pub(crate) current: [Option<Id>; 2],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) kind: Kind,
    pub(crate) agent: Id,
    pub(crate) identifier: String,
    pub(crate) inserted: Micros,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) agent: Id,
    pub(crate) environment: Id,
    pub(crate) version: Option<Id>,
    pub(crate) status: &'static str,
    pub(crate) inserted: Micros,
    pub(crate) updated: Micros,
    pub(crate) started: Option<Micros>,
    pub(crate) finished: Option<Micros>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) instance: Id,
    pub(crate) agent: Id,
    pub(crate) environment: Id,
    pub(crate) parent: Option<Id>,
    pub(crate) status: &'static str,
    pub(crate) size: usize,
    pub(crate) result: Option<usize>,
    pub(crate) inserted: Micros,
    pub(crate) updated: Micros,
    pub(crate) started: Micros,
    pub(crate) finished: Option<Micros>,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) environment: Option<Id>,
    pub(crate) state: &'static str,
    pub(crate) expires_at: Option<Micros>,
    /// The hour that the record has for sure, and the last one that it may have.
    pub(crate) used: [Option<Micros>; 2],
    /// The SHA-256 of its text, in hexadecimal digits, once it is known.
    pub(crate) digest: Option<String>,
    pub(crate) inserted: Micros,
    pub(crate) updated: Micros,
}

/// An account of the configuration.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Its environments, with their names.
    pub environments: Vec<(Id, String)>,
    /// Its tokens, each for the account or for an environment.
    pub tokens: Vec<(String, Option<Id>)>,
}

/// An account with everything in it.
#[derive(Clone, Debug)]
pub struct Account {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) inserted: Micros,
    pub(crate) updated: Micros,
    pub(crate) environments: BTreeMap<Id, Environment>,
    pub(crate) agents: BTreeMap<Id, Agent>,
    pub(crate) versions: BTreeMap<Id, Version>,
    pub(crate) instances: BTreeMap<Id, Instance>,
    pub(crate) spans: BTreeMap<Id, Span>,
    pub(crate) tokens: BTreeMap<Id, Token>,
    /// The configured tokens of environments that were deleted.
    void: HashSet<String>,
    /// The last id that was generated.
    last_id: Option<Id>,
    /// Ids that no answer has told. The true one of each sorts at the same place.
    unknown: HashSet<Id>,
    /// All ids that were ever given, by kind, for requests about them.
    pub(crate) given: [Vec<Id>; 8],
}

impl Account {
    pub(crate) fn new(id: Id, name: &str, now: Micros) -> Account {
        let mut account = Account {
            id,
            name: name.to_owned(),
            inserted: now,
            updated: now,
            environments: BTreeMap::new(),
            agents: BTreeMap::new(),
            versions: BTreeMap::new(),
            instances: BTreeMap::new(),
            spans: BTreeMap::new(),
            tokens: BTreeMap::new(),
            void: HashSet::new(),
            last_id: None,
            unknown: HashSet::new(),
            given: Default::default(),
        };
        account.note(Kind::Account, id);
        account
    }

    pub(crate) fn is_void(&self, token: &str) -> bool {
        self.void.contains(token)
    }

    pub(crate) fn void(&mut self, token: &str) {
        self.void.insert(token.to_owned());
    }

    /// Notes an id, so that later requests are about its object.
    pub(crate) fn note(&mut self, kind: Kind, id: Id) {
        self.given[kind as usize].push(id);
    }

    /// Notes an id that was generated: it is greater than all before it.
    pub(crate) fn note_generated(&mut self, id: Id) -> Result<(), String> {
        if id.partition() != self.id.partition() {
            return Err(format!("the new id {id} is not of the account's partition"));
        }
        if self.has(id) {
            return Err(format!("the new id {id} is that of another object"));
        }
        match self.last_id.replace(id) {
            Some(last) if last >= id => Err(format!("the new id {id} is not greater than {last}")),
            _ => Ok(()),
        }
    }

    /// All ids that are generated from now on are greater than this one, of an export.
    pub(crate) fn continue_after(&mut self, id: Option<Id>) {
        self.last_id = self.last_id.max(id);
    }

    /// An id in place of one that was generated now, after the last known one, and that no answer tells.
    pub(crate) fn unknown_after_last(&mut self, now: Micros) -> Id {
        let earliest = Id::of((now / 1_000) as u64, self.id.partition(), 0);
        let last = self.last_id.map_or(earliest, |last| last.max(earliest));
        let mut id = last.after();
        while self.has(id) {
            id = id.after();
        }
        self.unknown(id)
    }

    /// This id stands for one that no answer tells.
    pub(crate) fn unknown(&mut self, id: Id) -> Id {
        self.unknown.insert(id);
        id
    }

    /// Whether answers have told the ids of all objects.
    pub(crate) fn has_no_unknown(&self) -> bool {
        self.unknown.iter().all(|id| !self.has(*id))
    }

    /// Whether an agent has instances.
    pub(crate) fn has_instances(&self, agent: Id) -> bool {
        self.instances.values().any(|it| it.agent == agent)
    }

    /// Whether any object has an id.
    pub(crate) fn has(&self, id: Id) -> bool {
        self.id == id
            || self.environments.contains_key(&id)
            || self.agents.contains_key(&id)
            || self.versions.contains_key(&id)
            || self.instances.contains_key(&id)
            || self.spans.contains_key(&id)
            || self.tokens.contains_key(&id)
    }

    /// An API token was used in this hour, which is noted for sure or perhaps.
    pub(crate) fn note_use(&mut self, id: Id, hour: Micros, is_sure: bool) {
        if let Some(token) = self.tokens.get_mut(&id) {
            let [sure, latest] = &mut token.used;
            *latest = (*latest).max(Some(hour));
            if is_sure {
                *sure = (*sure).max(Some(hour));
            }
        }
    }
}

impl Model {
    /// The registrar of a configured account was opened. At the first time, its account and its environments come to be; those that
    /// are deleted later stay deleted.
    pub fn opened(&mut self, given: &Given, now: Micros) {
        self.know_tokens(std::slice::from_ref(given));
        let partition = given.id.partition();
        if self.accounts.contains_key(&partition) {
            return;
        }
        let mut account = Account::new(given.id, &given.name, now);
        for (id, name) in &given.environments {
            let environment = Environment {
                name: name.clone(),
                inserted: now,
                updated: now,
            };
            account.environments.insert(*id, environment);
            account.note(Kind::Environment, *id);
        }
        self.accounts.insert(partition, account);
    }

    /// The account whose object gets a request. `None` for the operator's requests about all accounts, and for those that no object gets.
    #[must_use]
    pub fn destination(&self, sent: &Sent) -> Option<Partition> {
        if let Operation::Export(id) | Operation::Import(id, ..) = &sent.operation {
            return (sent.token == self.operator).then(|| id.partition());
        }
        let of = self.tokens.get(&sent.token)?;
        (!self.is_foreign_to_front(sent)).then_some(of.partition)
    }

    /// The records are lost: only the configuration is left. The texts of tokens open what they opened once it is imported.
    pub fn lose_everything(&mut self) {
        let lost = std::mem::take(self);
        *self = Model::new(&lost.operator, lost.has_front);
        self.limits = lost.limits;
        self.remember_tokens(&lost);
    }

    /// The operator's directory has this account now.
    pub fn listed(&mut self, id: Id, name: &str, now: Micros) {
        self.directory
            .entry(id)
            .or_insert_with(|| (name.to_owned(), now));
    }

    /// A deployment without accounts, with the operator's token. With `has_front`, a front worker answers requests for ids of other
    /// partitions by itself.
    #[must_use]
    pub fn new(operator: &str, has_front: bool) -> Model {
        Model {
            operator: operator.to_owned(),
            has_front,
            ..Model::default()
        }
    }

    /// An account was made by the operator.
    pub(crate) fn add_account(&mut self, id: Id, name: &str, now: Micros) {
        self.accounts
            .entry(id.partition())
            .or_insert_with(|| Account::new(id, name, now));
    }

    /// The clock shows this moment, and keys that are over may be removed now: by an alarm, or because the clock has run steadily
    /// for an hour.
    pub fn keys_may_be_removed(&mut self, now: Micros) {
        self.keys.clock_has_shown(now);
    }

    /// Whether there are keys that a store may have or not: the clock stepped back.
    #[must_use]
    pub fn has_doubtful_keys(&self, now: Micros) -> bool {
        self.keys.has_doubtful(now)
    }

    /// Whether an id stands for one that no answer has told.
    pub(crate) fn is_unknown(&self, id: Id) -> bool {
        let account = self.accounts.get(&id.partition());
        account.is_some_and(|it| it.unknown.contains(&id))
    }

    /// An answer told an id that was unknown.
    pub(crate) fn bind(&mut self, unknown: Id, known: Id) {
        let Some(account) = self.accounts.get_mut(&known.partition()) else {
            return;
        };
        account.unknown.remove(&unknown);
        if let Some(token) = account.tokens.remove(&unknown) {
            account.tokens.insert(known, token);
            account.note(Kind::Token, known);
            for of in self.tokens.values_mut().filter(|of| of.id == Some(unknown)) {
                of.id = Some(known);
            }
        }
        if let Some(version) = account.versions.remove(&unknown) {
            for agent in account.agents.values_mut() {
                if agent.current[1] == Some(unknown) {
                    agent.current[1] = Some(known);
                }
            }
            account.note(version.kind, known);
            account.versions.insert(known, version);
        }
    }
}
