//! The deployments that are simulated: in memory, in one database, and in Durable Objects.

mod core;
mod objects;
mod plant;
mod setup;

use std::collections::{BTreeMap, BTreeSet};

use agent_registrar::{Answer, Config, Request, Service, Timestamp};

use crate::model::{Given, Id, Micros, Operation, Partition, Reply, Sent};
use crate::storage::{Plan, Storage};
pub use core::Bracket;
use core::Object;
pub use setup::Setup;

/// What happened while requests were carried out, in this order.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The registrar of a configured account was opened.
    Opened(Given),
    /// The directory was opened, with its configured accounts.
    DirectoryOpened,
    /// The directory answered the request of this place, before the account's object was asked for its first token.
    DirectoryAnswered(usize, Reply),
    /// The object of a new account made its first token. The text is lost where it could not answer.
    FirstToken(Id, Option<String>),
    /// The request of this place was answered, or its answer was lost in a crash.
    Answered(usize, Reply, Lost),
    /// The request of this place got no answer, and has not happened.
    Unanswered(usize),
}

/// Whether an answer was lost in a crash after the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// It was given.
    No,
    /// Nobody got it.
    Yes,
}

/// The kinds of deployments. The names are those of the option `--home`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    /// Records in memory.
    Memory,
    /// One database whose transactions the store brackets: `Service::handle` in Rust.
    Handle,
    /// One database, with the requests of a turn in one transaction: `serve --db`.
    Serve,
    /// A front worker, a directory, and an object with a database for each account.
    Objects,
}

impl Home {
    /// All of them.
    pub const ALL: [Home; 4] = [Home::Memory, Home::Handle, Home::Serve, Home::Objects];

    /// Its name in reports and options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Home::Memory => "memory",
            Home::Handle => "handle",
            Home::Serve => "serve",
            Home::Objects => "objects",
        }
    }
}

/// Reads a configuration that the simulation wrote.
pub(crate) fn read(config: &str) -> Config {
    Config::from_json(config.as_bytes()).unwrap_or_else(|error| panic!("{error} in {config}"))
}

/// The moment that a service is told.
pub(crate) fn timestamp(now: Micros) -> Timestamp {
    Timestamp::from_micros(now).unwrap_or(Timestamp::MAX)
}

/// A request as the service takes it.
pub(crate) fn request<'a>(sent: &'a Sent, authorization: &'a str, now: Micros) -> Request<'a> {
    Request {
        authorization: Some(authorization),
        content_type: Some(match sent.operation {
            Operation::Import(..) => "application/x-ndjson",
            _ => "application/json",
        }),
        ..Request::new(
            sent.method,
            &sent.target,
            sent.body.as_bytes(),
            timestamp(now),
        )
    }
}

/// An answer as the model reads it.
pub(crate) fn reply(answer: &Answer) -> Reply {
    let head = String::from_utf8_lossy(answer.head());
    Reply {
        status: answer.status(),
        body: answer.body().to_vec(),
        is_replayed: head.contains("idempotency-replayed: true\n"),
        names_retry: head.contains("retry-after: "),
        kept_items: None,
    }
}

enum Records {
    Memory(Box<Service>),
    Single(Box<Object>),
    Objects {
        front: Box<Service>,
        directory: Box<Object>,
        accounts: BTreeMap<Partition, Object>,
        /// The accounts whose first token was not given yet.
        pending: BTreeSet<Id>,
    },
}

/// A deployment with its records.
pub struct Deployment {
    setup: Setup,
    records: Records,
    happened: Vec<Happening>,
    /// The planted bug's memory of an earlier answer.
    earlier: Option<(String, Reply)>,
    turns: u64,
}

impl Deployment {
    /// A new deployment without records.
    #[must_use]
    pub fn new(setup: Setup, now: Micros) -> Deployment {
        let records = match setup.home {
            Home::Memory => Records::Memory(Box::new(setup.in_memory(now))),
            Home::Handle => Records::Single(Box::new(setup.single(Bracket::Store))),
            Home::Serve => Records::Single(Box::new(setup.single(Bracket::Batch))),
            Home::Objects => Records::Objects {
                front: Box::new(setup.front(now)),
                directory: Box::new(setup.directory()),
                accounts: BTreeMap::new(),
                pending: BTreeSet::new(),
            },
        };
        let mut deployment = Deployment {
            setup,
            records,
            happened: Vec::new(),
            earlier: None,
            turns: 0,
        };
        if deployment.setup.home == Home::Memory {
            deployment.note_all_opened();
        }
        deployment
    }

    /// The configuration.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Another deployment with this configuration, without records.
    pub fn replace(&mut self, now: Micros) {
        let mut setup = self.setup.clone();
        setup.generation += 1;
        let happened = std::mem::take(&mut self.happened);
        *self = Deployment::new(setup, now);
        self.happened.splice(0..0, happened);
    }

    /// All that happened since the last call.
    pub fn take_happened(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happened)
    }

    fn note_all_opened(&mut self) {
        self.happened.push(Happening::DirectoryOpened);
        let opened = self.setup.accounts.iter().cloned().map(Happening::Opened);
        self.happened.extend(opened);
    }

    /// Carries out the requests that arrived in one turn.
    pub fn carry_out(&mut self, requests: &[&Sent], now: Micros) {
        match self.setup.bug {
            None => self.carry_out_all(requests, now),
            Some(bug) => self.carry_out_with(bug, requests, now),
        }
    }

    fn carry_out_all(&mut self, requests: &[&Sent], now: Micros) {
        match &mut self.records {
            Records::Memory(service) => {
                for (place, sent) in requests.iter().enumerate() {
                    let authorization = format!("Bearer {}", sent.token);
                    let mut answer = Answer::new();
                    service.handle(&request(sent, &authorization, now), &mut answer);
                    self.happened
                        .push(Happening::Answered(place, reply(&answer), Lost::No));
                }
            }
            Records::Single(object) => {
                let processed = object.carry_out(requests, now);
                if object.take_ensured() {
                    self.note_all_opened();
                }
                self.note_processed(processed);
            }
            Records::Objects { .. } => {
                for (place, sent) in requests.iter().enumerate() {
                    self.route(place, sent, now);
                }
            }
        }
    }

    fn note_processed(&mut self, processed: Vec<Option<(Reply, Lost)>>) {
        for (place, it) in processed.into_iter().enumerate() {
            self.happened.push(match it {
                Some((reply, lost)) => Happening::Answered(place, reply, lost),
                None => Happening::Unanswered(place),
            });
        }
    }

    /// The storages, in a fixed order.
    #[must_use]
    pub fn storages(&self) -> Vec<Storage> {
        match &self.records {
            Records::Memory(_) => Vec::new(),
            Records::Single(object) => vec![object.storage()],
            Records::Objects {
                directory,
                accounts,
                ..
            } => {
                let objects = accounts.values().map(Object::storage);
                [directory.storage()].into_iter().chain(objects).collect()
            }
        }
    }

    /// Plans a fault for the next requests in every storage: it comes in the first one that gets so far.
    pub fn plan(&self, plan: Option<Plan>) {
        for storage in self.storages() {
            storage.plan(plan);
        }
    }

    /// The faults that came since the last call.
    #[must_use]
    pub fn take_injected(&self) -> Vec<&'static str> {
        self.storages()
            .iter()
            .flat_map(Storage::take_injected)
            .collect()
    }

    /// Drops a core between two requests: that of the storage of this place, or the front worker. Records in memory are lost.
    pub fn evict(&mut self, place: usize, now: Micros) {
        let is_memory = matches!(self.records, Records::Memory(_));
        match &mut self.records {
            Records::Memory(service) => {
                self.setup.generation += 1;
                **service = self.setup.in_memory(now);
            }
            Records::Single(object) => object.close(),
            Records::Objects {
                front,
                directory,
                accounts,
                ..
            } => match place {
                0 => directory.close(),
                _ => match accounts.values_mut().nth(place - 1) {
                    Some(object) => object.close(),
                    None => **front = self.setup.front(now),
                },
            },
        }
        if is_memory {
            self.note_all_opened();
        }
    }

    /// Takes what opened since requests were carried out: by an alarm.
    pub fn take_opened(&mut self) -> Vec<Happening> {
        match &mut self.records {
            Records::Memory(_) => {}
            Records::Single(object) => {
                if object.take_ensured() {
                    self.note_all_opened();
                }
            }
            Records::Objects {
                directory,
                accounts,
                ..
            } => {
                if directory.take_ensured() {
                    self.happened.push(Happening::DirectoryOpened);
                }
                for given in &self.setup.accounts {
                    let object = accounts.get_mut(&given.id.partition());
                    if object.is_some_and(Object::take_ensured) {
                        self.happened.push(Happening::Opened(given.clone()));
                    }
                }
            }
        }
        self.take_happened()
    }

    /// Removes expired keys, as an alarm or an idle server does.
    pub fn forget(&mut self, place: usize, now: Micros, at_most: u32) {
        match &mut self.records {
            Records::Memory(service) => {
                // Memory does not fail.
                let _ = service
                    .registrar_mut()
                    .forget_answers(timestamp(now), at_most);
            }
            Records::Single(object) => object.forget(now, at_most),
            Records::Objects {
                directory,
                accounts,
                ..
            } => match accounts.values_mut().nth(place) {
                Some(object) => object.forget(now, at_most),
                None => directory.forget(now, at_most),
            },
        }
    }

    /// The state as bytes, if the records are in memory.
    #[must_use]
    pub fn snapshot(&self) -> Option<Vec<u8>> {
        match &self.records {
            Records::Memory(service) => service.registrar().snapshot().ok(),
            _ => None,
        }
    }

    /// Restores a state of [`snapshot`](Deployment::snapshot).
    ///
    /// # Errors
    ///
    /// The reason why it was refused.
    pub fn restore(&mut self, snapshot: &[u8]) -> Result<(), String> {
        match &mut self.records {
            Records::Memory(service) => {
                let restored = service.registrar_mut().restore(snapshot);
                restored.map_err(|error| format!("a snapshot was refused: {error}"))
            }
            _ => Ok(()),
        }
    }
}
